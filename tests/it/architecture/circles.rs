//! No file of `src` imports, over however many others, a file that imports it.
//!
//! An import is a path that begins with `crate`, `super`, `self`, a child module or an imported module, in a `use`
//! or in the middle of code; tests do not count. It leads to the file that defines what it names: through
//! re-exports to the file behind them, and from a module that is imported as a whole to what is used of it. So a
//! folder's own file that re-exports what is below it imports none of it by that.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, sources};

type Module = Vec<String>;

/// A path as it is written, from the module where it begins.
#[derive(Clone)]
struct Path {
    /// Place in the code.
    at: usize,
    base: Module,
    names: Vec<String>,
    /// The name by which the code calls it.
    alias: String,
    is_public: bool,
}

struct File<'a> {
    source: &'a Source,
    module: Module,
    uses: Vec<Path>,
    /// The code without its `use` lines and its tests.
    rest: String,
}

struct Crate<'a> {
    files: BTreeMap<Module, File<'a>>,
}

fn module_of(path: &str) -> Module {
    let below = path.trim_start_matches("src/").trim_end_matches(".rs");
    let below = below.trim_end_matches("/mod");
    match below {
        "lib" | "mod" => Vec::new(),
        _ => below.split('/').map(str::to_owned).collect(),
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The name at the beginning of the text, and what follows it.
fn name(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()))
}

/// The paths of a tree such as `a::{b, c::d as e}`: their names and aliases. Answers with what follows it.
fn tree<'a>(
    mut text: &'a str,
    mut names: Vec<String>,
    found: &mut Vec<(Vec<String>, String)>,
) -> &'a str {
    loop {
        text = text.trim_start();
        if let Some(group) = text.strip_prefix('{') {
            let mut rest = group.trim_start();
            while !rest.starts_with('}') && !rest.is_empty() {
                rest = tree(rest, names.clone(), found).trim_start();
                rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            }
            return rest.strip_prefix('}').unwrap_or(rest);
        }
        if let Some(rest) = text.strip_prefix('*') {
            return rest;
        }
        let (first, rest) = name(text);
        if first.is_empty() {
            // Something that cannot be in a path ends the tree; it is stepped over so that it does come to an end.
            return rest.get(1..).unwrap_or_default();
        }
        if first != "self" || names.is_empty() {
            names.push(first.to_owned());
        }
        if let Some(below) = rest.strip_prefix("::") {
            text = below;
            continue;
        }
        let (alias, rest) = match rest.trim_start().strip_prefix("as ") {
            Some(renamed) => name(renamed),
            None => (names.last().map_or("", String::as_str), rest),
        };
        found.push((names.clone(), alias.to_owned()));
        return rest;
    }
}

/// Where a path begins: the module that its first name stands for, and the names after that.
fn begin(file: &Module, children: &BTreeSet<String>, names: &[String]) -> Option<(Module, usize)> {
    match names.first()?.as_str() {
        "crate" => Some((Vec::new(), 1)),
        "self" => Some((file.clone(), 1)),
        "super" => {
            let steps = names.iter().take_while(|name| *name == "super").count();
            let kept = file.len().checked_sub(steps)?;
            Some((file[..kept].to_vec(), steps))
        }
        first if children.contains(first) => Some((file.clone(), 0)),
        _ => None,
    }
}

impl<'a> File<'a> {
    fn read(source: &'a Source, children: &BTreeSet<String>) -> Self {
        let module = module_of(&source.path);
        let code = &source.code[..source.tests_begin()];
        let (mut uses, mut rest) = (Vec::new(), code.to_owned());
        for (at, _) in code.match_indices("use ") {
            let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
            let is_statement = line.is_empty() || (line.starts_with("pub") && !line.contains(';'));
            let Some(length) = code[at..].find(';').filter(|_| is_statement) else {
                continue;
            };
            let mut found = Vec::new();
            tree(&code[at + 4..at + length], Vec::new(), &mut found);
            for (names, alias) in found {
                if let Some((base, from)) = begin(&module, children, &names) {
                    uses.push(Path {
                        at,
                        base,
                        names: names[from..].to_vec(),
                        alias,
                        is_public: line.starts_with("pub"),
                    });
                }
            }
            let blank = code[at..at + length].replace(|c| c != '\n', " ");
            // Characters of more than one byte stand in comments alone, which are gone.
            if blank.len() == length {
                rest.replace_range(at..at + length, &blank);
            }
        }
        Self {
            source,
            module,
            uses,
            rest,
        }
    }

    /// The paths in the code that begin with this name.
    fn paths(&self, first: &str) -> Vec<(usize, Vec<String>)> {
        let start = format!("{first}::");
        let before = |at: usize| self.rest[..at].chars().next_back();
        let begins = |at: &usize| !before(*at).is_some_and(|c| is_name(c) || c == ':');
        let places = self.rest.match_indices(&start).map(|(at, _)| at);
        let mut paths = Vec::new();
        for at in places.filter(begins) {
            let mut found = Vec::new();
            tree(&self.rest[at..], Vec::new(), &mut found);
            paths.extend(found.into_iter().map(|(names, _)| (at, names)));
        }
        paths
    }
}

impl<'a> Crate<'a> {
    fn read(sources: &'a [Source]) -> Self {
        let is_code = |source: &&Source| source.path != "src/main.rs" && source.tests_begin() > 0;
        let modules: Vec<_> = sources
            .iter()
            .map(|source| module_of(&source.path))
            .collect();
        let children = |of: &Module| -> BTreeSet<String> {
            let below = modules.iter().filter(|module| module.len() == of.len() + 1);
            let below = below.filter(|module| module.starts_with(of));
            below.filter_map(|module| module.last().cloned()).collect()
        };
        let files = sources.iter().filter(is_code).map(|source| {
            let module = module_of(&source.path);
            let file = File::read(source, &children(&module));
            (module, file)
        });
        Self {
            files: files.collect(),
        }
    }

    /// The module that defines what the path names, and how many of its names lead there.
    fn resolve(&self, base: &Module, names: &[String], depth: u32) -> (Module, usize) {
        let mut at = base.clone();
        for (step, name) in names.iter().enumerate() {
            let below = [at.as_slice(), std::slice::from_ref(name)].concat();
            if self.files.contains_key(&below) {
                at = below;
                continue;
            }
            let exported = self.files.get(&at).and_then(|file| {
                let mut public = file.uses.iter().filter(|path| path.is_public);
                public.find(|path| path.alias == *name)
            });
            return match exported {
                Some(path) if depth < 8 => {
                    let through = [&path.names, &names[step + 1..]].concat();
                    let (module, used) = self.resolve(&path.base, &through, depth + 1);
                    // All of it, if nothing is left of what was asked for either.
                    let left = through.len() - used;
                    (module, names.len().saturating_sub(left))
                }
                _ => (at, step),
            };
        }
        (at, names.len())
    }

    /// The files that a file imports, each with the place of one import.
    fn imports(&self, file: &File) -> BTreeMap<Module, usize> {
        let mut found = BTreeMap::new();
        let mut add = |at: usize, module: Module| {
            if module != file.module {
                found.entry(module).or_insert(at);
            }
        };
        let mut modules: Vec<(String, Module)> = Vec::new();
        for path in &file.uses {
            let (module, used) = self.resolve(&path.base, &path.names, 0);
            if path.is_public {
                if !module.starts_with(&file.module) {
                    add(path.at, module);
                }
            } else if used == path.names.len() {
                let by_name = file.paths(&path.alias);
                if by_name.is_empty() {
                    add(path.at, module.clone());
                }
                modules.push((path.alias.clone(), module));
            } else {
                add(path.at, module);
            }
        }
        let children = self.files.keys().filter(|module| {
            module.len() == file.module.len() + 1 && module.starts_with(&file.module)
        });
        modules
            .extend(children.filter_map(|module| Some((module.last()?.clone(), module.clone()))));
        for (alias, module) in modules {
            for (at, names) in file.paths(&alias) {
                add(at, self.resolve(&module, &names[1..], 0).0);
            }
        }
        for first in ["crate", "self", "super"] {
            for (at, names) in file.paths(first) {
                if let Some((base, from)) = begin(&file.module, &BTreeSet::new(), &names) {
                    add(at, self.resolve(&base, &names[from..], 0).0);
                }
            }
        }
        found
    }

    /// Each circle: its files, and what each of them imports of the others.
    fn circles(&self) -> Vec<String> {
        let imports: BTreeMap<_, _> = self
            .files
            .iter()
            .map(|(module, file)| (module, self.imports(file)))
            .collect();
        let reached = |from: &Module| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(module) = next.pop() {
                for target in imports.get(module).into_iter().flat_map(BTreeMap::keys) {
                    if seen.insert(target) {
                        next.push(target);
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<_, _> = imports.keys().map(|from| (*from, reached(from))).collect();
        let mut lines = Vec::new();
        for (module, targets) in &imports {
            for (target, at) in targets {
                let comes_back = reached
                    .get(target)
                    .is_some_and(|seen| seen.contains(module));
                if let (true, Some(to)) = (comes_back, self.files.get(target)) {
                    let what = format!("imports {}, which imports it", to.source.path);
                    lines.push(self.files[*module].source.finding(*at, &what));
                }
            }
        }
        lines
    }
}

#[test]
fn no_file_imports_a_file_that_imports_it() {
    let sources = sources("src");
    let found = Crate::read(&sources).circles();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Every way to write an import closes a circle, and what is no import closes none.
#[test]
fn each_import_is_found_and_nothing_else() {
    let a_and_b = "pub mod a;\npub mod b;";
    let rows: &[(&[(&str, &str)], usize)] = &[
        (
            &[
                ("lib", a_and_b),
                ("a", "use crate::b::B;"),
                ("b", "use super::a::A;"),
            ],
            2,
        ),
        (
            &[
                ("lib", a_and_b),
                (
                    "a",
                    "use crate::{\n    b::{self, C},\n    std::D,\n};\nfn f() { b::g() }",
                ),
                ("b", "fn g() -> crate::a::A {}"),
            ],
            2,
        ),
        (
            &[
                ("lib", a_and_b),
                ("a", "use crate::b as other;\nfn f() { other::g() }"),
                ("b", "use crate::a::A;"),
            ],
            2,
        ),
        // Over a third one.
        (
            &[
                ("lib", "mod a;"),
                ("a", "use crate::b::B;"),
                ("b", "use crate::c::C;"),
                ("c", "use crate::a::A;"),
            ],
            3,
        ),
        // A folder and what is in it.
        (
            &[
                ("a/mod", "mod b;\nfn f() { b::g() }"),
                ("a/b", "use super::A;"),
            ],
            2,
        ),
        (
            &[
                ("a", "mod b;\nuse self::b::B;"),
                ("a/b", "use crate::a::A;"),
            ],
            2,
        ),
        // A re-export leads to what is behind it, and is no import by itself.
        (
            &[
                (
                    "a/mod",
                    "mod b;\nmod c;\npub use self::{\n    b::{B, C as D},\n    c::E,\n};",
                ),
                ("a/b", "use super::c::E;"),
                ("a/c", "use super::B;"),
            ],
            2,
        ),
        (
            &[
                ("a/mod", "mod b;\nmod c;\npub use self::{b::B, c::E};"),
                ("a/b", "use super::E;"),
                ("a/c", ""),
            ],
            0,
        ),
        (
            &[
                ("a/mod", "mod b;\npub use self::b::B;\nstruct A;"),
                ("a/b", "use super::A;"),
            ],
            0,
        ),
        (
            &[
                ("a", "use crate::b;\nfn f() { b::g() }"),
                ("b/mod", "mod c;\nmod d;\npub use self::{c::g, d::h};"),
                ("b/c", ""),
                ("b/d", "use crate::a::A;"),
            ],
            0,
        ),
        // A re-export of what is not below is one.
        (
            &[("a", "pub use crate::b::B;"), ("b", "use crate::a::A;")],
            2,
        ),
        // Tests, comments, and names that only look alike.
        (
            &[
                ("a", "use crate::b::B;"),
                (
                    "b",
                    "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}",
                ),
            ],
            0,
        ),
        (
            &[
                ("a", "use crate::b::B;"),
                ("b", "// See crate::a::A.\nfn f() -> other::a::A {}"),
            ],
            0,
        ),
        (
            &[
                ("a", "use crate::b::B;"),
                ("b", ""),
                ("b/tests", "use crate::a::A;"),
            ],
            0,
        ),
    ];
    for (files, expected) in rows {
        let source = |(path, code): &(&str, &str)| Source::new(&format!("src/{path}.rs"), code);
        let sources: Vec<_> = files.iter().map(source).collect();
        let found = Crate::read(&sources).circles();
        assert_eq!(found.len(), *expected, "{files:?}: {found:?}");
    }
}
