//! Words that nobody reads on a page, in a help text, in an error or in a document: `docs/glossary.md` has those that
//! are used instead.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Server, binary::Folder};

/// Own words of earlier texts, and British spellings.
const FORBIDDEN: &[&str] = &[
    "whoever",
    "whomever",
    "anybody",
    "everybody",
    "somebody",
    "mend",
    "mends",
    "mended",
    "counts",
    "count any more",
    "stands",
    "stand beside",
    "hangs on",
    "hang on",
    "take out",
    "takes out",
    "took out",
    "taken out",
    "let go",
    "lets go",
    "living",
    "once more",
    "anew",
    "to be had",
    "can be had",
    "the last word",
    "acted for",
    "good once",
    "made up",
    "so far as",
    "e-mail",
    "e-mails",
    "colour",
    "colours",
    "behaviour",
    "cancelled",
    "set-up",
    "wants the",
];

/// The same in Bokmål: what is no Norwegian of today, or is translated word by word.
const FORBIDDEN_IN_BOKMAL: &[&str] = &[
    "den som driver",
    "dem som driver",
    "den som sendte",
    "har det travelt",
    "virker ikke lenger",
    "spurt fra",
    "forløp",
    "forløpet",
    "spørredelen",
    "ikke i det siste",
    "én gang til",
    "konsoll",
    "konsollen",
    "oppsettlenken",
    "besvares",
    "ingenting er tapt",
    "hører ikke hjemme",
    "si fra",
    "fikk avslag",
    "feil forsøk",
    "feil koder",
    "herfra",
    "ulik her",
    "ulikt her",
    "ulike her",
    "som systemet",
    "som nettleseren sier",
    "ta tilbake",
    "mens du ikke er der",
    "så langt",
    "til bruk hos",
    "går tilbake til",
    "døgn",
    "handler den på vegne",
    "opplysningene dine",
    "e-mail",
    "login",
    "logge på",
    "vedkommende",
];

/// The forbidden words of a text, whatever their case: whole words, not parts of names or of attributes.
fn forbidden_in(words: &'static [&'static str], text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase().replace(['\n', '\t'], " ");
    let begins = |before: &str| before.is_empty() || before.ends_with([' ', '(', '>', '“', '*']);
    let ends = |after: &str| {
        after.is_empty()
            || after.starts_with([' ', '.', ',', ':', ';', '!', '?', ')', '<', '”', '*'])
    };
    let has = |word: &&&str| {
        let mut places = text.match_indices(**word);
        places.any(|(at, _)| begins(&text[..at]) && ends(&text[at + word.len()..]))
    };
    words.iter().filter(has).copied().collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder of the repository that has one of the endings.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("vendor") {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has no .{ending}");
    found
}

fn check(found: &mut Vec<String>, at: &str, text: &str) {
    for word in forbidden_in(FORBIDDEN, text) {
        found.push(format!("{at}: {word:?} in {:?}", text.trim()));
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// A document without its code.
fn prose(markdown: &str) -> String {
    let mut is_code = false;
    let lines = markdown.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        is_code ^= fence;
        !is_code && !fence
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    text.split('`').step_by(2).collect::<Vec<_>>().join("…")
}

/// The string literals with a space in Rust or JavaScript, and the text of JavaScript's templates.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let chars: Vec<char> = source.chars().collect();
    let (mut found, mut i) = (Vec::new(), 0);
    // One entry for each open `${`: the text of its template so far, and the braces that are open inside.
    let mut open: Vec<(String, usize)> = Vec::new();
    let starts = |i: usize, text: &str| {
        text.chars()
            .enumerate()
            .all(|(k, c)| chars.get(i + k) == Some(&c))
    };
    while i < chars.len() {
        let mut template = None;
        match chars[i] {
            '/' if starts(i, "//") => {
                while i < chars.len() && chars[i] != '\n' {
                    i += 1;
                }
            }
            '\'' if chars.get(i + 1) == Some(&'\\') => i += 3,
            '\'' if chars.get(i + 2) == Some(&'\'') => i += 2,
            'r' if starts(i, "r#\"") && !chars[i - 1].is_alphanumeric() => {
                let start = i + 3;
                i = start;
                while !starts(i, "\"#") {
                    i += 1;
                }
                found.push(chars[start..i].iter().collect());
                i += 1;
            }
            '"' => {
                let mut text = String::new();
                i += 1;
                while i < chars.len() && chars[i] != '"' {
                    if chars[i] == '\\' {
                        i += 1;
                        // A backslash at the end of a line joins it with the next.
                        while chars[i] == '\n' || text.ends_with(' ') && chars[i] == ' ' {
                            i += 1;
                        }
                    }
                    text.push(chars[i]);
                    i += 1;
                }
                found.push(text);
            }
            '{' => open
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|(_, braces)| *braces += 1),
            '}' => match open.pop() {
                Some((text, 0)) => template = Some(text),
                Some((text, braces)) => open.push((text, braces - 1)),
                None => {}
            },
            '`' => template = Some(String::new()),
            _ => {}
        }
        i += 1;
        let Some(mut text) = template else { continue };
        while i < chars.len() && chars[i] != '`' && !starts(i, "${") {
            i += usize::from(chars[i] == '\\');
            text.push(chars[i]);
            i += 1;
        }
        if starts(i, "${") {
            open.push((text + "…", 0));
            i += 1;
        } else {
            found.push(text);
        }
        i += 1;
    }
    found.retain(|text: &String| text.contains(' '));
    found
}

#[test]
fn a_word_is_found_as_a_whole_word_only() {
    assert_eq!(
        forbidden_in(FORBIDDEN, "Whoever has it\ncounts."),
        ["whoever", "counts"]
    );
    assert_eq!(
        forbidden_in(FORBIDDEN, "An account, id=\"mend\" and user.mend"),
        [""; 0]
    );
    let source = "// somebody\nlet a = \"say \\\"no\\\" \\\n    anew\"; let b = '\"'; html`<p>${x ? `a ${y}` : \"c d\"} e</p>`";
    assert_eq!(
        literals(source),
        ["say \"no\" anew", "a …", "c d", "<p>… e</p>"]
    );
    assert_eq!(prose("a `b` c\n```sh\nd\n```\ne"), "a … c\ne");
}

#[test]
fn no_document_says_it() {
    let mut found = Vec::new();
    let mut documents = files("docs", "md");
    documents.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    for path in documents {
        for paragraph in prose(&fs::read_to_string(&path).unwrap()).split("\n\n") {
            check(&mut found, &shown(&path), paragraph);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_page_error_or_log_line_says_it() {
    let mut found = Vec::new();
    for path in files("assets/pages", "html") {
        let page = fs::read_to_string(&path).unwrap();
        // What is between the braces of the template language is no text.
        let texts = page.split('{').map(|part| part.rsplit('}').next().unwrap());
        texts.for_each(|text| check(&mut found, &shown(&path), text));
    }
    for path in files("src", "rs")
        .into_iter()
        .chain(files("assets/docs", "js"))
        .chain(files("assets/admin", "js"))
    {
        for text in literals(&fs::read_to_string(&path).unwrap()) {
            check(&mut found, &shown(&path), &text);
            // Attributes in templates: `lead="Keys that sign tokens."`
            let values = text.split('"').skip(1).step_by(2);
            values.for_each(|value| check(&mut found, &shown(&path), value));
        }
    }
    let api = Server::start().get("/openapi.json", &[]).text;
    literals(&api)
        .iter()
        .for_each(|text| check(&mut found, "openapi.json", text));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_hosted_page_says_it_in_bokmal() {
    let (mut found, mut seen) = (Vec::new(), 0);
    for path in files("src/http/pages/texts", "rs") {
        for text in literals(&fs::read_to_string(&path).unwrap()) {
            seen += 1;
            for word in forbidden_in(FORBIDDEN_IN_BOKMAL, &text) {
                found.push(format!("{}: {word:?} in {text:?}", shown(&path)));
            }
        }
    }
    assert!(seen > 300, "{seen} texts");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_help_says_it() {
    let folder = Folder::new();
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut commands = vec![Vec::new()];
    while let Some(command) = commands.pop() {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let help = folder.run(&args);
        assert_eq!(help.code, 0, "{args:?}");
        check(&mut found, &args.join(" "), &help.stdout);
        seen += 1;
        let (_, list) = help.stdout.split_once("\nCommands:\n").unwrap_or_default();
        let names = list.lines().take_while(|line| !line.is_empty());
        let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()) {
            if name != "help" {
                commands.push([&command[..], &[name.to_owned()]].concat());
            }
        }
    }
    assert!(seen > 50, "{seen} commands");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
