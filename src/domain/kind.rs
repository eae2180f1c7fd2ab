//! Kinds of what administrators act on, and their names.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Kind of object that an operation is about. Kinds of managed objects are in
/// [`Object::KIND`](super::object::Object::KIND).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    name: &'static str,
    noun: &'static str,
}

impl Kind {
    pub const KEY: Kind = Kind::new("key", "key");
    pub const SESSION: Kind = Kind::new("session", "session");
    pub const DEVICE: Kind = Kind::new("device", "device");
    pub const TOKEN: Kind = Kind::new("token", "token");
    pub const GRANT: Kind = Kind::new("grant", "grant");

    /// A kind with its name in events, files and JSON, and its noun in texts.
    pub const fn new(name: &'static str, noun: &'static str) -> Self {
        Self { name, noun }
    }

    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// Noun for an object of this kind in texts.
    pub const fn noun(self) -> &'static str {
        self.noun
    }

    /// Path of the kind in the admin API: `/trusted-issuers`.
    pub fn path(self) -> String {
        format!("/{}s", self.name.replace('_', "-"))
    }

    /// `a scope`, `an API`, `a user`: the `u` of the nouns sounds like `you`.
    pub fn with_article(self) -> String {
        let is_vowel = self
            .noun
            .starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
        match is_vowel {
            true => format!("an {}", self.noun),
            false => format!("a {}", self.noun),
        }
    }

    /// Word for the kind at the start of a sentence.
    pub fn label(self) -> String {
        let (first, rest) = self.noun.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl JsonSchema for Kind {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_article_follows_the_sound() {
        let with_article = |noun| Kind::new("kind", noun).with_article();
        assert_eq!(
            ["scope", "API", "user"].map(with_article),
            ["a scope", "an API", "a user"]
        );
    }
}
