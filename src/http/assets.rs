//! The embedded assets, served under a prefix that changes with them.

use std::{borrow::Cow, collections::HashMap, io::Write, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;

use crate::{
    crypto::hash,
    http::{documents, respond, stylesheet},
};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Templates, shells, the API description and the parts of style sheets are embedded too, but are not served as files.
fn is_public(name: &str) -> bool {
    let (folder, rest) = name.split_once('/').unwrap_or_default();
    match folder {
        "css" => !rest.contains('/'),
        "js" | "admin" | "docs" => !name.ends_with(".html"),
        "vendor" => name.ends_with(".js") || name.ends_with(".svg"),
        _ => name == "logo.svg",
    }
}

/// `/_a/<hash>`: the hash of all embedded files.
pub static PREFIX: LazyLock<String> = LazyLock::new(|| {
    let mut hashes = Vec::new();
    for name in Assets::iter() {
        if let Some(file) = Assets::get(&name) {
            hashes.extend_from_slice(name.as_bytes());
            hashes.extend_from_slice(&file.metadata.sha256_hash());
        }
    }
    let digest = hash::sha256(&hashes);
    format!(
        "/_a/{}",
        digest[..4]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    )
});

/// The texts, compressed once. A debug build reads its assets from disk and compresses none.
static COMPRESSED: LazyLock<HashMap<String, web::Bytes>> = LazyLock::new(|| {
    if cfg!(debug_assertions) {
        return HashMap::new();
    }
    let compress = |name: Cow<'static, str>| {
        let body = Served::find(&name)?.body;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&body).ok()?;
        let compressed = encoder.finish().ok()?;
        (compressed.len() < body.len()).then(|| (name.into_owned(), compressed.into()))
    };
    Assets::iter().filter_map(compress).collect()
});

/// An embedded text, such as a shell.
pub fn text(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// A file as browsers get it.
struct Served {
    body: Cow<'static, [u8]>,
    digest: [u8; 32],
    media_type: String,
}

impl Served {
    fn find(name: &str) -> Option<Self> {
        let file = Assets::get(name).filter(|_| is_public(name))?;
        let media_type = file.metadata.mimetype().to_owned();
        if !name.ends_with(".css") {
            let digest = file.metadata.sha256_hash();
            return Some(Self {
                body: file.data,
                digest,
                media_type,
            });
        }
        let body = stylesheet::joined(name, &text)?.into_bytes();
        Some(Self {
            digest: hash::sha256(&body),
            body: body.into(),
            media_type,
        })
    }
}

pub async fn get(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (folder, name) = path.into_inner();
    // A file cached for a year under a hash must match the hash. A page opened before an upgrade gets an error for its
    // old files, and shows it.
    let is_ours = PREFIX.rsplit('/').next() == Some(&folder);
    let Some(file) = Served::find(&name).filter(|_| is_ours) else {
        return respond::not_found().await;
    };
    let tag = format!("\"{}\"", hash::base64url(&file.digest[..12]));
    let is_known = documents::has_it(&request, &tag);
    let mut response = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "Accept-Encoding"));
    if is_known {
        return response.finish();
    }
    response.content_type(file.media_type);
    let takes_gzip = respond::header_text(&request, "accept-encoding").is_some_and(|encodings| {
        encodings
            .split(',')
            .any(|name| name.trim().starts_with("gzip"))
    });
    match COMPRESSED.get(&name).filter(|_| takes_gzip) {
        Some(compressed) => response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(compressed.clone()),
        None => response.body(file.body.into_owned()),
    }
}
