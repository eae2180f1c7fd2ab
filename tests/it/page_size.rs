//! A hosted page, with all that it links, is small.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use keyfob::branding::Accent;
use serde_json::json;

use crate::support::{
    Answer, Server,
    browser::{AUTHORIZE, Browser, authorize_path, challenge},
};

/// Bytes, gzip.
const LIMIT: usize = 8 * 1024;

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

/// The page and every asset that it names, each gzipped by itself, as they are sent.
fn weight(server: &Server, page: &Answer) -> usize {
    let mut assets: Vec<&str> = page
        .text
        .split(['"', '\''])
        .filter(|value| value.starts_with("/_a/") || value.starts_with("/_branding/"))
        .collect();
    assets.sort_unstable();
    assets.dedup();
    // All parts of the style sheet come with one request.
    let sheets = assets.iter().filter(|asset| asset.contains("/css/"));
    assert!(matches!(&sheets.collect::<Vec<_>>()[..], [one] if one.ends_with("/css/hosted.css")));
    let linked = assets.iter().map(|asset| {
        let asset = server.get(asset, &[]);
        assert_eq!(asset.status, 200);
        assert!(!asset.text.contains("@import"));
        gzip(asset.text.as_bytes())
    });
    gzip(page.text.as_bytes()) + linked.sum::<usize>()
}

#[test]
fn every_hosted_page_and_all_it_links_is_within_8_kb() {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
               "token_endpoint_auth_method": "none", "client_name": "Notes",
               "redirect_uris": ["https://app.example/cb"],
               "scope": "openid profile email address phone offline_access keyfob:delegate keyfob:principal"}),
    );
    let mut pages = Vec::new();
    let mut fresh = Browser::new(&server);
    pages.push(("setup".to_owned(), fresh.get("/setup?ui_locales=nb")));
    server.person("ola");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    for tag in ["en", "nb"] {
        let mut browser = Browser::new(&server);
        let mut add = |name: &str, page: Answer| pages.push((format!("{name} {tag}"), page));
        let lang = ("ui_locales", tag);
        let challenge = challenge();
        let request = |more: &[(&str, &str)]| {
            let mut parameters = vec![
                ("response_type", "code"),
                ("client_id", "web"),
                ("redirect_uri", "https://app.example/cb"),
                (
                    "scope",
                    "openid profile email address phone offline_access keyfob:delegate keyfob:principal",
                ),
                ("code_challenge", challenge.as_str()),
                ("code_challenge_method", "S256"),
                lang,
            ];
            parameters.extend_from_slice(more);
            authorize_path(&parameters)
        };
        for path in ["/", "/login", "/device", "/logout/done"] {
            add(path, browser.get(&format!("{path}?ui_locales={tag}")));
        }
        add(
            "error",
            browser.get(&format!("{AUTHORIZE}?client_id=nobody&ui_locales={tag}")),
        );
        let to_login = browser.get(&request(&[("prompt", "consent")]));
        add("login of a client", browser.follow(&to_login));
        let to_consent = browser.sign_in(&to_login, "ola");
        add("consent", browser.follow(&to_consent));
        browser.decide(&to_consent, "allow");
        let to_login = browser.get(&request(&[("response_mode", "form_post")]));
        add("form_post", browser.sign_in(&to_login, "ola"));
        let device = [
            ("client_id", "web"),
            ("scope", "openid profile email offline_access"),
        ];
        let device = server
            .form("/api/v1/oauth/device_authorization", None, &device)
            .json();
        let code = device["user_code"].as_str().unwrap();
        let to_device = browser.get(&format!("/device?user_code={code}"));
        add("device", browser.follow(&to_device));
        let mut guest = Browser::new(&server);
        let page = guest.get(&format!("/password?ui_locales={tag}"));
        let (csrf, code) = (page.field("csrf"), server.link_code("root"));
        add("password", page);
        let fields = [("csrf", csrf.as_str()), ("token", &code)];
        let path = format!("/password?ui_locales={tag}");
        add("password of somebody", guest.post(&path, &fields));
        for path in [
            "/logout",
            "/account",
            "/account/password",
            "/account/sessions",
            "/account/apps",
        ] {
            add(path, browser.get(&format!("{path}?ui_locales={tag}")));
        }
    }
    let mut found: Vec<(usize, String)> = Vec::new();
    for (name, page) in &pages {
        assert!(page.text.contains("<html"), "{name}: {}", page.status);
        found.push((weight(&server, page), name.clone()));
    }
    found.sort();
    let (heaviest, name) = found.last().unwrap();
    assert!(*heaviest <= LIMIT, "{name}: {heaviest} bytes");
}

#[test]
fn a_name_and_a_color_of_ones_own_are_within_it_too() {
    let server = Server::start_with(|told| {
        let color = "#0a7d4f".parse().unwrap();
        told.live.server_name = Some("The single sign-on of Acme, for all who work there".into());
        told.live.accent_color = Some(std::sync::Arc::new(Accent::new(color)));
    });
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let mut browser = Browser::new(&server);
    let login = browser.get("/login");
    assert!(login.text.contains("/accent.css"), "{}", login.text);
    assert!(weight(&server, &login) <= LIMIT);
}
