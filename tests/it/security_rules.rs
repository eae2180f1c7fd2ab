//! The rules that code and tests cite (`rule B30`) are in docs/security-rules.md, each once.

use std::{collections::BTreeSet, fs, path::Path};

/// What a rule's id looks like: the letter of its section, and a number.
fn id(word: &str) -> Option<&str> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let (section, number) = word.split_at_checked(1)?;
    let is_id = "DHBCPF".contains(section)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then_some(word)
}

/// The ids behind the word `rule` or `rules`: they end at the first word that is neither an id nor joins two.
fn cited(line: &str) -> Vec<&str> {
    let words: Vec<_> = line.split_whitespace().collect();
    let mut ids = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let word = word.trim_start_matches('(').to_ascii_lowercase();
        if word == "rule" || word == "rules" {
            let behind = words[at + 1..].iter();
            let behind =
                behind.take_while(|word| id(word).is_some() || ["and", "to"].contains(word));
            ids.extend(behind.filter_map(|word| id(word)));
        }
    }
    ids
}

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = path.extension().and_then(|kind| kind.to_str());
        if path.is_dir() && name != "node_modules" && !name.starts_with('.') {
            files(&path, found);
        } else if matches!(kind, Some("rs" | "py" | "mjs" | "sql")) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn every_rule_that_is_cited_is_written_down_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/security-rules.md")).unwrap();
    let mut rules = BTreeSet::new();
    for line in document.lines() {
        if let Some(rule) = line.strip_prefix("- **") {
            let rule = rule.split("**").next().unwrap();
            assert_eq!(id(rule), Some(rule), "{line}");
            assert!(rules.insert(rule), "{rule} is there twice");
        }
    }
    let mut all = Vec::new();
    files(&root.join("src"), &mut all);
    files(&root.join("tests"), &mut all);
    let mut count = 0;
    for (path, text) in &all {
        for line in text.lines() {
            for id in cited(line) {
                assert!(
                    rules.contains(id),
                    "{path} cites rule {id}, which is not written down"
                );
                count += 1;
            }
            // The names of documents that are not in this repository.
            let foreign = ["SECURITY", "PRODUCT", "UX"].map(|name| format!("{name} §"));
            assert!(
                !foreign.iter().any(|name| line.contains(name)),
                "{path}: {line}"
            );
        }
    }
    // Where nothing is read, nothing is wrong.
    assert!(count > 80, "only {count} rules are cited");
}
