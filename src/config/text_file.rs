//! Text files of users: settings, secrets, certificates, lists. Editors and shells of any system write them, so all are
//! accepted: UTF-8 with or without a byte order mark, with line ends of Unix or Windows.

use std::{fmt::Display, path::Path};

use super::input_file;
use crate::domain::secret::Secret;

const NOT_UTF_8: &str = "the file is not UTF-8 text";
const MARK: char = '\u{feff}';

/// The text of a file. The error names the file.
pub fn read(path: &Path) -> Result<String, String> {
    let at = |reason: &dyn Display| format!("{}: {reason}", path.display());
    let bytes = input_file::read(path).map_err(|error| at(&error))?;
    let line = line_of_first_fault(&bytes);
    decode(bytes).map_err(|reason| match line {
        Some(line) if reason == NOT_UTF_8 => format!("{}:{line}: {reason}", path.display()),
        _ => at(&reason),
    })
}

/// Position of the first byte that is not UTF-8, counted from 1.
fn line_of_first_fault(bytes: &[u8]) -> Option<usize> {
    let fault = std::str::from_utf8(bytes).err()?;
    let before = bytes.get(..fault.valid_up_to())?;
    Some(1 + before.iter().filter(|byte| **byte == b'\n').count())
}

/// The secret that is the content of a file. The error names the file.
pub fn read_secret(path: &Path) -> Result<Secret, String> {
    let text = read(path)?;
    match value(&text) {
        "" => Err(format!("{} is empty", path.display())),
        secret => Ok(Secret::new(secret)),
    }
}

/// Text from bytes, without a byte-order mark.
pub fn decode(bytes: Vec<u8>) -> Result<String, &'static str> {
    // Windows PowerShell writes UTF-16 by default.
    if has_utf_16_mark(&bytes) {
        return Err("the file is UTF-16; save it as UTF-8");
    }
    if looks_like_utf_16(&bytes) {
        return Err("the file looks like UTF-16; save it as UTF-8");
    }
    let text = String::from_utf8(bytes).map_err(|_| NOT_UTF_8)?;
    Ok(match text.strip_prefix(MARK) {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Detects UTF-16 by its byte order mark or a heuristic.
pub fn is_utf_16(bytes: &[u8]) -> bool {
    has_utf_16_mark(bytes) || looks_like_utf_16(bytes)
}

fn has_utf_16_mark(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

/// Whether every other byte is zero, as in UTF-16 text of Latin letters without a byte-order mark. Such bytes are also
/// valid UTF-8, but not text.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    let zeros = |first: usize| {
        let mut every_other = start.iter().skip(first).step_by(2).peekable();
        every_other.peek().is_some() && every_other.all(|byte| *byte == 0)
    };
    start.len() >= 2 && zeros(0) != zeros(1)
}

/// Text without a byte-order mark, where it came in another way than from a file.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Single value of a text: without the final line end that editors and `echo` add.
pub fn value(text: &str) -> &str {
    let without = text
        .strip_suffix('\n')
        .map(|rest| rest.strip_suffix('\r').unwrap_or(rest));
    without.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_loses_a_mark_and_one_line_end() {
        for (bytes, expected) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            ("\u{feff}secret\r\n", "secret"),
            ("secret\n\n", "secret\n"),
            ("secret\r", "secret\r"),
            (" s \u{feff}", " s \u{feff}"),
            ("\u{feff}", ""),
            ("\n", ""),
        ] {
            let text = decode(bytes.as_bytes().to_vec()).unwrap();
            assert_eq!(value(&text), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_utf_8_is_said() {
        for (bytes, reason) in [
            (&b"\xff\xfes\0"[..], "the file is UTF-16; save it as UTF-8"),
            (b"\xfe\xff\0s", "the file is UTF-16; save it as UTF-8"),
            (b"s\0e\0c\0", "the file looks like UTF-16; save it as UTF-8"),
            (b"\0s\0e", "the file looks like UTF-16; save it as UTF-8"),
            (b"caf\xe9", "the file is not UTF-8 text"),
        ] {
            assert_eq!(decode(bytes.to_vec()), Err(reason));
        }
        for bytes in ["", "s", "\0", "s\0ec"] {
            assert!(decode(bytes.as_bytes().to_vec()).is_ok(), "{bytes:?}");
        }
    }
}
