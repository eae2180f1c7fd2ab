//! A Rust file as the rules see it: its layer, its imports, its code without comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A Rust file, with comments blanked out so that line numbers stay.
pub struct Source {
    pub path: String,
    pub text: String,
    pub code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let blank = |line: &str| match line.find("//") {
            // `//` inside a string, as in a URL, follows a colon or a quote.
            Some(at) if !line[..at].ends_with([':', '"']) => line[..at].to_owned(),
            _ => line.to_owned(),
        };
        let code = text.lines().map(blank).collect::<Vec<_>>().join("\n");
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    /// The layer a file belongs to: its folder below `src`, or its own name.
    pub fn layer(&self) -> &str {
        let below = self.path.trim_start_matches("src/");
        below
            .split('/')
            .next()
            .unwrap_or(below)
            .trim_end_matches(".rs")
    }

    /// How many modules lie between the crate's root and what a `super` in this file starts from.
    fn depth(&self) -> usize {
        let below = self
            .path
            .trim_start_matches("src/")
            .trim_end_matches(".rs")
            .trim_end_matches("/mod");
        below.split('/').count()
    }

    /// Where the module of tests begins, or the file's end.
    pub fn tests_begin(&self) -> usize {
        if self.path.ends_with("tests.rs") {
            return 0;
        }
        let inline = self.code.find("#[cfg(test)]\nmod tests {");
        inline.unwrap_or(self.code.len())
    }

    /// The modules of a layer that the file names, with where it does: `users` in `store::{Tx, users}`.
    pub fn modules_of(&self, layer: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let lead = format!("{layer}::");
        for at in self.words(&lead) {
            let rest = &self.code[at + lead.len()..];
            let names = match rest.strip_prefix('{') {
                None => vec![rest],
                Some(group) => {
                    let mut depth = 0;
                    let mut names = vec![group];
                    for (place, c) in group.char_indices() {
                        match c {
                            '{' => depth += 1,
                            '}' if depth == 0 => break,
                            '}' => depth -= 1,
                            ',' if depth == 0 => names.push(&group[place + 1..]),
                            _ => {}
                        }
                    }
                    names
                }
            };
            let module = |name: &&str| {
                let end = name
                    .trim_start()
                    .find(|c: char| !c.is_alphanumeric() && c != '_');
                let name = &name.trim_start()[..end.unwrap_or(0)];
                name.starts_with(|c: char| c.is_ascii_lowercase())
                    .then(|| (at, name.to_owned()))
            };
            found.extend(
                names
                    .iter()
                    .filter_map(module)
                    .filter(|(_, name)| name != "self"),
            );
        }
        found
    }

    pub fn finding(&self, at: usize, what: &str) -> String {
        let line = self.code[..at].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }

    pub fn places<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(at, _)| at)
    }

    /// Places where `word` stands for itself and is not the end of a longer name.
    pub fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let before = |at: usize| at.checked_sub(1).map(|at| self.code.as_bytes()[at]);
        self.places(word)
            .filter(move |at| !before(*at).is_some_and(is_name))
    }

    /// Places where `word` begins a path.
    pub fn roots<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.words(word)
            .filter(|at| !self.code[..*at].ends_with("::"))
    }

    /// The layers that this file names through `crate::` or through `super`, and where.
    pub fn imports(&self) -> Vec<(usize, String)> {
        let mut imports = Vec::new();
        for at in self.roots("crate::") {
            let rest = &self.code[at + "crate::".len()..];
            for name in first_names(rest) {
                imports.push((at, name));
            }
        }
        for at in self.roots("super::") {
            let rest = self.code[at..].trim_start_matches("super::");
            let steps = (self.code.len() - at - rest.len()) / "super::".len();
            let inner = usize::from(at > self.tests_begin());
            if steps >= self.depth() + inner {
                imports.extend(first_names(rest).into_iter().map(|name| (at, name)));
            }
        }
        imports
    }
}

/// The first segments of a path: of `a::b` it is `a`, of `{a::b, c}` they are `a` and `c`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        text.trim_start().chars().take_while(is_name).collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Every Rust file below a folder of the repository, in order.
pub fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join(folder), &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        Source::new(name, &fs::read_to_string(path).unwrap())
    };
    files.iter().map(read).collect()
}
