//! Branding of the hosted pages, and its two files: the style sheet with the accent color, and the logo. Their
//! addresses change with their content; without the setting there is no file.

use actix_web::{HttpResponse, http::header, web};

use crate::{app::App, config::Live, http::respond};

/// Before the hash.
const BASE: &str = "/_branding";
const STYLE: &str = "accent.css";
const LOGO: &str = "logo";

/// An SVG is a document that can hold scripts: opened by itself it can do nothing, and is of no origin.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Name, style and logo, as far as they are set.
#[derive(Default)]
pub struct Branding {
    pub name: Option<String>,
    /// Path of the style sheet.
    pub style: Option<String>,
    pub logo: Option<Picture>,
}

pub struct Picture {
    pub address: String,
    pub media_type: &'static str,
}

impl Branding {
    pub fn of(live: &Live) -> Self {
        let accent = live.accent_color.as_ref();
        let logo = live.logo.as_ref();
        Self {
            name: live.server_name.clone(),
            style: accent.map(|accent| format!("{BASE}/{}/{STYLE}", accent.hash)),
            logo: logo.map(|logo| Picture {
                address: format!("{BASE}/{}/{LOGO}", logo.hash),
                media_type: logo.media_type,
            }),
        }
    }
}

pub async fn get(app: web::Data<App>, path: web::Path<(String, String)>) -> HttpResponse {
    let (hash, name) = path.into_inner();
    let live = app.live();
    let (accent, logo) = (live.accent_color.as_ref(), live.logo.as_ref());
    let found = match &*name {
        STYLE => accent
            .filter(|accent| accent.hash == hash)
            .map(|accent| ("text/css; charset=utf-8", accent.style.clone().into_bytes())),
        LOGO => logo
            .filter(|logo| logo.hash == hash)
            .map(|logo| (logo.media_type, logo.bytes.clone())),
        _ => None,
    };
    let Some((media_type, bytes)) = found else {
        return respond::not_found().await;
    };
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
        .content_type(media_type)
        .body(bytes)
}
