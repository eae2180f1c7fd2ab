//! What the admin page weighs: computed from the very files that its first paint loads.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

use crate::support::Server;

/// Of the first paint of `/admin`: shell, style sheet, icons, and every module that comes before it.
const FIRST_PAINT: usize = 40 * 1024;
fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

/// Every quoted text that follows `before`.
fn quoted_after<'t>(text: &'t str, before: &str) -> Vec<&'t str> {
    let rest = text.split(before).skip(1);
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

/// The file that `reference` in the module `from` stands for.
fn resolve(from: &str, reference: &str) -> String {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The module and all it imports before it runs, with their texts.
fn graph(module: &str, known: &mut BTreeMap<String, String>) {
    if known.contains_key(module) {
        return;
    }
    let text = fs::read_to_string(assets().join(module)).unwrap();
    let imports = [
        quoted_after(&text, " from \""),
        quoted_after(&text, "from\""),
    ]
    .concat();
    let imports: Vec<_> = imports
        .into_iter()
        .filter(|path| path.starts_with('.'))
        .map(|path| resolve(module, path))
        .collect();
    known.insert(module.to_owned(), text);
    for import in imports {
        graph(&import, known);
    }
}

/// A file under the address that the admin page gives it.
fn served(path: &str) -> String {
    let server = Server::start();
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let shell = server.get("/admin", &[]).text;
    let prefix = quoted_after(&shell, "src=\"")[0];
    let (prefix, _) = prefix.split_once("/admin/").unwrap();
    let answer = server.get(&format!("{prefix}/{path}"), &[]);
    assert_eq!(answer.status, 200, "{path}");
    assert!(!answer.text.contains("@import"), "{path}");
    answer.text
}

/// What a browser loads before the overview is to be seen.
fn first_paint() -> BTreeMap<String, String> {
    let shell = fs::read_to_string(assets().join("admin/index.html")).unwrap();
    let mut loaded = BTreeMap::new();
    for script in quoted_after(&shell, "src=\"{assets}/") {
        graph(script, &mut loaded);
    }
    // The table of pages names the overview first.
    let table = loaded["admin/routes.js"].clone();
    let overview = resolve("admin/routes.js", quoted_after(&table, "import(\"")[0]);
    graph(&overview, &mut loaded);
    let links = quoted_after(&shell, "href=\"{assets}/").into_iter();
    for link in links.filter(|link| !link.ends_with(".js")) {
        // The server puts the parts of a style sheet together.
        loaded.insert(link.to_owned(), served(link));
    }
    let icons = fs::read_to_string(assets().join("vendor/icons.svg")).unwrap();
    loaded.insert("vendor/icons.svg".into(), icons);
    loaded.insert("admin/index.html".into(), shell);
    loaded
}

#[test]
fn the_first_paint_of_the_admin_page_is_small() {
    let sizes: Vec<_> = first_paint()
        .into_iter()
        .map(|(name, text)| (gzip(text.as_bytes()), name))
        .collect();
    assert!(sizes.len() > 10, "{sizes:?}");
    let total: usize = sizes.iter().map(|(size, _)| size).sum();
    println!("{total} bytes in {} files", sizes.len());
    assert!(total <= FIRST_PAINT, "{total} bytes: {sizes:?}");
}

/// So that the browser asks for all of them at once, instead of finding one in the other.
#[test]
fn every_module_of_the_first_paint_is_announced_by_the_shell() {
    let loaded = first_paint();
    let shell = &loaded["admin/index.html"];
    let announced: Vec<_> = quoted_after(shell, "{assets}/");
    let missing: Vec<_> = loaded
        .keys()
        .filter(|name| name.ends_with(".js") && !announced.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    // One that nothing imports would be loaded for nothing.
    for module in announced.iter().filter(|name| name.ends_with(".js")) {
        assert!(loaded.contains_key(*module), "{module}");
    }
}
