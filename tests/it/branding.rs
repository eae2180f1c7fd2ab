//! A name, a color and a logo of one's own on the pages that people see.

use keyfob::{
    branding::{Accent, LARGEST_LOGO, Logo},
    crypto::hash,
};
use serde_json::{Value, json};

use crate::{
    admin_api::Console,
    support::{
        Answer, Server,
        browser::{AUTHORIZE, Browser},
    },
};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\">\
     <script>alert(document.domain)</script><rect width=\"1\" height=\"1\"/></svg>";

fn data_url(bytes: &[u8]) -> String {
    format!(
        "data:application/octet-stream;base64,{}",
        hash::base64(bytes)
    )
}

fn set(console: &Console, changes: Value) {
    let answer = console.patch("/settings", &changes);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn login(server: &Server) -> Answer {
    server.get("/login", &[])
}

/// What the page loads from where branding is served.
fn loaded(page: &Answer) -> Vec<String> {
    let quoted = page
        .text
        .split('"')
        .filter(|text| text.starts_with("/_branding/"));
    let mut loaded: Vec<_> = quoted.map(str::to_owned).collect();
    loaded.dedup();
    loaded
}

#[test]
fn a_page_loads_nothing_for_branding_that_is_not_set() {
    let console = Console::start();
    let page = login(&console.server);
    assert!(
        !page.text.contains("/_branding/") && !page.text.contains("<b>"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("<title>Sign in</title>"),
        "{}",
        page.text
    );
    for path in ["/_branding/x/accent.css", "/_branding/x/logo"] {
        assert_eq!(console.server.get(path, &[]).status, 404);
    }
}

#[test]
fn every_page_has_the_name_the_color_and_the_logo_at_once() {
    let console = Console::start();
    let server = &console.server;
    server.person("ola");
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid email"}),
    );
    set(
        &console,
        json!({"server_name": "Søn & <Co>", "accent_color": "#0A7D4F", "logo": data_url(SVG.as_bytes())}),
    );
    let mut browser = Browser::new(server);
    let to_login = browser.get(&format!(
        "{AUTHORIZE}?response_type=code&client_id=web&redirect_uri=https://app.example/cb&scope=openid%20email\
         &code_challenge={}&code_challenge_method=S256&prompt=consent",
        crate::support::browser::challenge()
    ));
    let mut pages = vec![("a login", browser.follow(&to_login))];
    let to_consent = browser.sign_in(&to_login, "ola");
    pages.push(("a consent", browser.follow(&to_consent)));
    for path in [
        "/",
        "/device",
        "/logout",
        "/logout/done",
        "/account",
        "/account/password",
    ] {
        pages.push((path, browser.get(path)));
    }
    pages.push((
        "an error",
        browser.get(&format!("{AUTHORIZE}?client_id=nobody")),
    ));
    let accent = Accent::new("#0a7d4f".parse().unwrap());
    for (name, page) in pages {
        let title = page
            .text
            .split("<title>")
            .nth(1)
            .unwrap()
            .split("</title>")
            .next()
            .unwrap();
        assert!(title.ends_with("Søn &#38; &#60;Co&#62;"), "{name}: {title}");
        assert!(
            page.text
                .contains("<b><bdi>Søn &#38; &#60;Co&#62;</bdi></b>"),
            "{name}"
        );
        let loaded = loaded(&page);
        let [icon, style, logo] = &loaded[..] else {
            panic!("{name}: {loaded:?}");
        };
        assert_eq!(
            (icon, style.as_str()),
            (logo, &*format!("/_branding/{}/accent.css", accent.hash))
        );
        assert!(
            !page.text.contains("style="),
            "{name}: the CSP allows no inline style"
        );
    }
}

#[test]
fn the_style_sheet_and_the_logo_may_be_kept_for_ever_under_their_addresses() {
    let console = Console::start();
    let server = &console.server;
    set(
        &console,
        json!({"accent_color": "#ffcc00", "logo": data_url(SVG.as_bytes())}),
    );
    let [icon, style, _] = &loaded(&login(server))[..] else {
        panic!("two files");
    };
    let (style, icon) = (server.get(style, &[]), server.get(icon, &[]));
    for (file, media_type) in [
        (&style, "text/css; charset=utf-8"),
        (&icon, "image/svg+xml"),
    ] {
        assert_eq!(file.status, 200);
        let headers = ["content-type", "cache-control", "x-content-type-options"];
        let expected = [media_type, "public, max-age=31536000, immutable", "nosniff"];
        assert_eq!(headers.map(|name| file.header(name).unwrap()), expected);
    }
    assert!(style.text.contains("--ink:#000000"), "{}", style.text);
    // A script in it runs nowhere, also where somebody opens it by itself.
    let policy = icon.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.ends_with("; sandbox"),
        "{policy}"
    );
    assert_eq!(icon.text, SVG);
    // Others have other addresses, and the old ones are gone.
    let old = loaded(&login(server));
    set(
        &console,
        json!({"accent_color": "#000000", "logo": data_url(SVG.replace("0 0 1 1", "0 0 2 2").as_bytes())}),
    );
    let status = |paths: &[String]| -> Vec<u16> {
        let status = paths.iter().map(|path| server.get(path, &[]).status);
        status.collect()
    };
    assert_eq!(status(&old), [404, 404, 404]);
    assert_eq!(status(&loaded(&login(server))), [200, 200, 200]);
    set(&console, json!({"accent_color": null, "logo": null}));
    assert_eq!(loaded(&login(server)), [""; 0]);
}

#[test]
fn a_logo_is_known_by_its_bytes_and_small_and_what_is_none_changes_nothing() {
    let console = Console::start();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    set(&console, json!({"logo": data_url(&png)}));
    let shown = console.get("/settings").json()["logo"].clone();
    let logo = console
        .server
        .send("HEAD", shown.as_str().unwrap(), &[], None);
    assert_eq!(logo.header("content-type"), Some("image/png"));
    let mut large = png.clone();
    large.resize(LARGEST_LOGO + 1, 0);
    for (what, bytes) in [
        ("a page", &b"<!DOCTYPE html><script>alert(1)</script>"[..]),
        ("a GIF", b"GIF89a\x01\0\x01\0"),
        ("(empty)", b""),
        ("64 KB and a byte", &large),
    ] {
        let refused = console.patch("/settings", &json!({"logo": data_url(bytes)}));
        assert_eq!(
            refused.problem(),
            (422, "invalid".into(), Some("logo".into())),
            "{what}"
        );
    }
    assert_eq!(console.get("/settings").json()["logo"], shown);
    large.truncate(LARGEST_LOGO);
    set(&console, json!({"logo": data_url(&large)}));
    let event = console.get("/events?event=settings.updated").json()["items"][0].clone();
    assert_eq!(event["detail"], json!({"changed": ["logo"]}));
}

#[test]
fn branding_is_kept_over_a_restart_and_a_file_is_above_the_page() {
    let console = Console::start();
    set(
        &console,
        json!({"server_name": "Acme", "logo": data_url(SVG.as_bytes())}),
    );
    let Console { server, .. } = console;
    let server = server.restart();
    let page = login(&server);
    assert!(
        page.text.contains("<bdi>Acme</bdi>") && loaded(&page).len() == 1,
        "{}",
        page.text
    );
    // What of `keyfob.toml` names a picture is read from that file.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/logo.svg");
    let console = Console::over(Server::start_with(|told| {
        told.live.logo = Some(std::sync::Arc::new(Logo {
            file: Some(path.into()),
            ..Logo::new(std::fs::read(path).unwrap()).unwrap()
        }));
        let place = keyfob::config::settings::Origin::File("keyfob.toml:1".into());
        told.origins.insert("logo", place);
    }));
    let refused = console.patch("/settings", &json!({"logo": null}));
    assert_eq!(
        refused.problem(),
        (422, "invalid".into(), Some("logo".into()))
    );
    let address = console.get("/settings").json()["logo"].clone();
    let shown = console.server.get(address.as_str().unwrap(), &[]);
    assert_eq!(shown.text, std::fs::read_to_string(path).unwrap());
}

#[test]
fn the_settings_page_is_told_what_would_be_made_of_a_color() {
    let console = Console::start();
    let shades = console.get("/settings/accent/%23ffffff").json();
    assert_eq!(shades["light"]["ink"], "#000000");
    assert_eq!(shades["light"]["edge"], "#6e6e6e");
    assert_eq!(shades["dark"]["link"], "#ffffff");
    let refused = console.get("/settings/accent/white");
    assert_eq!(
        refused.problem(),
        (422, "invalid".into(), Some("color".into()))
    );
}
