//! Sentences with markup in them: a name or a command within the words. One text a sentence, since each language
//! has its own order of words.

use std::fmt::{Display, Formatter, Result};

use askama::filters::{Html, HtmlSafe, escape};

/// A name: in bold, and with its own direction of writing.
pub(super) struct Name<'a>(pub &'a str);

/// A command, an id or a part of an address.
pub(super) struct Code<'a>(pub &'a str);

/// A sentence as HTML, with escaped values.
pub struct Markup(pub(super) String);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Ok(name) = escape(self.0, Html);
        write!(f, "<b><bdi>{name}</bdi></b>")
    }
}

impl Display for Code<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Ok(code) = escape(self.0, Html);
        write!(f, "<code>{code}</code>")
    }
}

impl Display for Markup {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;

    #[test]
    fn a_name_stands_where_the_language_has_it_and_is_no_markup() {
        for language in [Language::English, Language::Bokmal] {
            let sentence = language.asks_for_access("<i>Søn & Co</i>").to_string();
            let name = "<b><bdi>&#60;i&#62;Søn &#38; Co&#60;/i&#62;</bdi></b>";
            assert!(sentence.starts_with(name), "{sentence}");
        }
    }
}
