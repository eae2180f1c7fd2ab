//! Documents name files, tests, functions and settings: each of them exists, and is where the document says.

use std::{collections::HashSet, fs, path::Path};

/// Folders with code, and the kinds of file in them that hold names.
const CODE: &[&str] = &["src", "tests", "assets", "bench", "fuzz"];
const KINDS: &[&str] = &["rs", "js", "mjs", "py", "html", "css", "sql", "json"];
/// Where a path begins.
const ROOTS: &[&str] = &[
    "src/", "tests/", "assets/", "docs/", "bench/", "fuzz/", ".ci/",
];
/// Names with at least this many parts are tests.
const PARTS_OF_A_TEST: usize = 6;

fn walk(folder: &Path, kinds: &[&str], found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = path.extension().and_then(|kind| kind.to_str());
        let is_ours = !["node_modules", "vendor", "target", "corpus"].contains(&&*name);
        if path.is_dir() && is_ours && !name.starts_with('.') {
            walk(&path, kinds, found);
        } else if kind.is_some_and(|kind| kinds.contains(&kind)) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The words of all files, and the names of all functions.
struct Code<'a> {
    words: HashSet<&'a str>,
    functions: HashSet<&'a str>,
}

impl<'a> Code<'a> {
    fn read(files: &'a [(String, String)]) -> Self {
        let (mut words, mut functions) = (HashSet::new(), HashSet::new());
        for (_, text) in files {
            let mut before = "";
            for word in text.split(|c| !is_word(c)).filter(|word| !word.is_empty()) {
                words.insert(word);
                if before == "fn" || before == "def" {
                    functions.insert(word);
                }
                before = word;
            }
        }
        Self { words, functions }
    }

    /// What is wrong with a name, if it is one of code: `a_b`, `A::b`, `f()`, `m!`.
    fn fault(&self, span: &str) -> Option<String> {
        let name = span.trim_end_matches("()").trim_end_matches('!');
        let parts: Vec<_> = name.split("::").collect();
        let is_name = |part: &&str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.chars().all(is_word)
        };
        let is_of_code = name != span || parts.len() > 1 || name.contains('_');
        if !is_of_code || !parts.iter().all(is_name) || span.starts_with("KEYFOB_") {
            return None;
        }
        if name.split('_').count() >= PARTS_OF_A_TEST {
            let is_there = self.functions.contains(name);
            return (!is_there).then(|| format!("there is no test {name}"));
        }
        let missing = parts.iter().find(|part| !self.words.contains(**part))?;
        Some(format!("{missing} is nowhere in the code"))
    }
}

/// Every part of a document that is set as code, with the line where it begins and the text before it.
fn spans(text: &str) -> Vec<(usize, &str, &str)> {
    let mut spans = Vec::new();
    let (mut line, mut is_block) = (1, false);
    for paragraph in text.split_inclusive("\n\n") {
        if !is_block && !paragraph.trim_start().starts_with("```") {
            let pieces: Vec<_> = paragraph.split('`').collect();
            let mut at = line;
            for pair in pieces.chunks_exact(2) {
                at += pair[0].matches('\n').count();
                spans.push((at, pair[1], pair[0]));
                at += pair[1].matches('\n').count();
            }
        }
        if paragraph.matches("```").count() % 2 == 1 {
            is_block = !is_block;
        }
        line += paragraph.matches('\n').count();
    }
    spans
}

fn documents(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&root.join("docs"), &["md"], &mut found);
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let path = root.join(name);
        found.push((
            path.display().to_string(),
            fs::read_to_string(path).unwrap(),
        ));
    }
    found
}

fn faults(root: &Path, code: &Code, document: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named: Option<&str> = None;
    for (line, span, before) in spans(document) {
        let path = span.split(' ').next().unwrap_or_default();
        if ROOTS.iter().any(|folder| path.starts_with(folder)) && !path.contains('<') {
            let file = root.join(path);
            if !file.exists() {
                faults.push(format!("{line}: there is no {path}"));
            } else if let (Some(name), " in ") = (named, before) {
                // `name` in `path`
                let text = fs::read_to_string(&file).unwrap_or_default();
                let last = name.rsplit("::").next().unwrap_or(name);
                if file.is_file() && !text.split(|c| !is_word(c)).any(|word| word == last) {
                    faults.push(format!("{line}: {name} is not in {path}"));
                }
            }
            named = None;
            continue;
        }
        faults.extend(code.fault(span).map(|fault| format!("{line}: {fault}")));
        named = span.chars().all(|c| is_word(c) || c == ':').then_some(span);
    }
    faults
}

#[test]
fn what_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in CODE {
        walk(&root.join(folder), KINDS, &mut files);
    }
    files.push((
        "schema.sql".into(),
        fs::read_to_string(root.join("schema.sql")).unwrap(),
    ));
    let code = Code::read(&files);
    let mut found = Vec::new();
    for (name, text) in documents(root) {
        let faults = faults(root, &code, &text);
        found.extend(faults.iter().map(|fault| format!("{name}:{fault}")));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_name_that_is_nowhere_is_found() {
    let files = [(
        "a.rs".to_owned(),
        "fn a_b() {} fn a_test_whose_name_is_a_sentence() {} FOO".to_owned(),
    )];
    let code = Code::read(&files);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (document, expected) in [
        (
            "`src/lib.rs` and `src/nothing.rs`",
            &["1: there is no src/nothing.rs"][..],
        ),
        ("`src/oauth/<name>.rs`, `plain`, `POST /token`, `a-b`", &[]),
        (
            "One.\n\nTwo `a_b`\n`a_c`.",
            &["4: a_c is nowhere in the code"],
        ),
        (
            "`FOO::a_b()`, `FOO::bar`",
            &["1: bar is nowhere in the code"],
        ),
        ("`a_test_whose_name_is_a_sentence`", &[]),
        (
            "`a_test_whose_name_was_a_sentence`",
            &["1: there is no test a_test_whose_name_was_a_sentence"],
        ),
        ("`domain` in `src/lib.rs`", &[]),
        ("`a_b` in `src/lib.rs`", &["1: a_b is not in src/lib.rs"]),
        ("```\n`x_y`\n```\n", &[]),
    ] {
        assert_eq!(faults(root, &code, document), expected, "{document}");
    }
}
