//! A logo: a picture of one of four kinds, known by its bytes.

use std::{fmt, path::PathBuf};

use crate::crypto::hash;

/// Largest file, in bytes.
pub const LARGEST_LOGO: usize = 64 * 1024;

/// A picture, and where it came from.
#[derive(Clone)]
pub struct Logo {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    /// Of the bytes, for its address.
    pub hash: String,
    /// The file that holds it; without one it was uploaded.
    pub file: Option<PathBuf>,
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.media_type, self.hash)
    }
}

impl Logo {
    /// Image in a base64 `data:` URL (RFC 2397), as browsers create it from a file. Its declared type is ignored.
    pub fn from_data_url(url: &str) -> Result<Self, String> {
        let data = url
            .strip_prefix("data:")
            .and_then(|url| url.split_once(";base64,"));
        let bytes = data.and_then(|(_, data)| hash::from_base64(data));
        Self::new(bytes.ok_or("must be a base64 data: URL")?)
    }

    /// The picture that a file holds, which is known by its bytes and not by its name.
    pub fn new(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.len() > LARGEST_LOGO {
            return Err(format!("must be at most {} KB", LARGEST_LOGO / 1024));
        }
        let media_type = media_type(&bytes).ok_or("must be a PNG, WebP, JPEG or SVG image")?;
        Ok(Self {
            hash: hash::base64url(&hash::sha256(&bytes)[..9]),
            bytes,
            media_type,
            file: None,
        })
    }
}

fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        bytes => is_svg(bytes).then_some("image/svg+xml"),
    }
}

/// Whether it is an XML document whose root is the `svg` of SVG 2 §5.1.1: without its namespace no browser
/// shows it.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    // Content that is allowed before the root (XML 1.0 §2.8). A document type with declarations of its own is not
    // accepted.
    for (begin, end) in [
        ("<?", "?>"),
        ("<!--", "-->"),
        ("<!DOCTYPE", ">"),
        ("<!--", "-->"),
    ] {
        while let Some(inside) = rest.strip_prefix(begin) {
            let Some((inside, after)) = inside.split_once(end) else {
                return false;
            };
            if begin == "<!DOCTYPE" && inside.contains('[') {
                return false;
            }
            rest = after.trim_start();
        }
    }
    let root = rest
        .strip_prefix("<svg")
        .and_then(|root| root.split_once('>'));
    root.is_some_and(|(root, _)| {
        root.starts_with(|c: char| c.is_ascii_whitespace())
            && root.contains("http://www.w3.org/2000/svg")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    #[test]
    fn a_picture_is_known_by_its_bytes() {
        let svg = |before: &str| Vec::from(format!("{before}{SVG}"));
        let rows: &[(Vec<u8>, Option<&str>)] = &[
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".into(), Some("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF".into(), Some("image/jpeg")),
            (b"RIFF\x24\0\0\0WEBPVP8 ".into(), Some("image/webp")),
            (svg(""), Some("image/svg+xml")),
            (
                svg("\u{feff}<?xml version=\"1.0\"?>\n<!-- by hand -->\n"),
                Some("image/svg+xml"),
            ),
            (
                svg("<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"svg11.dtd\">\n"),
                Some("image/svg+xml"),
            ),
            (svg("<!DOCTYPE svg [<!ENTITY a \"b\">]>"), None),
            (svg("<!-- never ends "), None),
            (svg("<html>"), None),
            (svg("hello "), None),
            (b"<svg></svg>".into(), None),
            (b"<svgx xmlns=\"http://www.w3.org/2000/svg\"/>".into(), None),
            (b"<!DOCTYPE html><script>alert(1)</script>".into(), None),
            (b"GIF89a\x01\0\x01\0".into(), None),
            (b"RIFF\x24\0\0\0WAVEfmt ".into(), None),
            (b"\x89PNG".into(), None),
            (b"".into(), None),
        ];
        for (bytes, expected) in rows {
            let found = Logo::new(bytes.clone()).map(|logo| logo.media_type);
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(found.ok(), *expected, "{shown}");
        }
    }

    #[test]
    fn a_picture_is_small() {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.resize(LARGEST_LOGO, 0);
        assert!(Logo::new(png.clone()).is_ok());
        png.push(0);
        assert_eq!(Logo::new(png).unwrap_err(), "must be at most 64 KB");
    }

    #[test]
    fn an_upload_is_a_data_url_and_its_word_is_not_taken_for_its_type() {
        let url = |kind: &str| format!("data:{kind};base64,{}", hash::base64(SVG.as_bytes()));
        for kind in ["image/svg+xml", "image/png", "text/html", ""] {
            let logo = Logo::from_data_url(&url(kind)).unwrap();
            assert_eq!((logo.media_type, logo.file), ("image/svg+xml", None));
        }
        for wrong in [
            SVG,
            "/etc/passwd",
            "data:image/svg+xml,<svg/>",
            "data:image/png;base64,%%",
            "data:text/html;base64,PGh0bWw+",
        ] {
            assert!(Logo::from_data_url(wrong).is_err(), "{wrong}");
        }
    }
}
