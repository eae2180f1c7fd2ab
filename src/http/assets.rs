//! The embedded assets, served under a prefix that changes with them.

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web};
use rust_embed::RustEmbed;

use crate::{crypto::hash, http::respond};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Templates and the API description are embedded too, but are not served as files.
fn is_public(name: &str) -> bool {
    name == "logo.svg" || name.starts_with("css/") || name.starts_with("js/")
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

pub async fn get(path: web::Path<(String, String)>) -> HttpResponse {
    let (_, name) = path.into_inner();
    match Assets::get(&name).filter(|_| is_public(&name)) {
        Some(file) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .content_type(file.metadata.mimetype())
            .body(file.data.into_owned()),
        None => respond::not_found().await,
    }
}
