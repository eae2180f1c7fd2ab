//! Style sheets in parts: one file a component in the sources, one request in the browser.

/// The sheet `name` with the text of another in place of each `@import "path";`, a line of its own whose path is
/// relative to the sheet. `read` returns the text of an asset. `None` if a sheet does not exist.
pub fn joined(name: &str, read: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut sheet = String::new();
    for line in read(name)?.lines() {
        let import = line.strip_prefix("@import \"");
        match import.and_then(|rest| rest.strip_suffix("\";")) {
            Some(path) => sheet.push_str(&joined(&format!("{folder}/{path}"), read)?),
            None => {
                sheet.push_str(line);
                sheet.push('\n');
            }
        }
    }
    Some(sheet)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn a_sheet_has_its_parts_in_the_order_of_its_imports() {
        let read = |name: &str| {
            let text = match name {
                "css/all.css" => {
                    "/* All */\n@import \"tokens.css\";\n@import \"all/b.css\";\np {}\n"
                }
                "css/tokens.css" => "a {}\n",
                "css/all/b.css" => "b {}\n",
                "css/broken.css" => "@import \"none.css\";\n",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let sheet = joined("css/all.css", &read);
        assert_eq!(sheet.as_deref(), Some("/* All */\na {}\nb {}\np {}\n"));
        assert_eq!(joined("css/broken.css", &read), None);
    }
}
