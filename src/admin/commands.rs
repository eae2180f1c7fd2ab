//! Commands of a kind of managed object whose verbs are list, show, create, update and delete.

/// Texts, flags and columns of such a kind. `V` is the view of the object.
#[derive(Clone, Copy, Debug)]
pub struct Commands<V> {
    /// `trusted-issuer` in `keyfob trusted-issuer list`.
    pub command: &'static str,
    pub about: &'static str,
    /// The argument that identifies an object, in help texts and errors: `URI`.
    pub name: &'static str,
    /// Help of this argument where an object is created.
    pub name_help: &'static str,
    /// Other effects of a deletion, as the end of a sentence after the object's name.
    pub deletion: &'static str,
    pub flags: &'static [Flag],
    pub columns: &'static [&'static str],
    pub cells: fn(&V) -> Vec<Option<String>>,
}

/// Flag that gives a member of the input.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    pub member: &'static str,
    pub flag: &'static str,
    pub value: &'static str,
    pub help: &'static str,
    pub takes: Takes,
}

/// Form of a member on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Text,
    /// Repeated, a text each time.
    List,
    /// JSON in a file.
    Json,
}

impl Flag {
    pub const fn text(
        member: &'static str,
        flag: &'static str,
        value: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            member,
            flag,
            value,
            help,
            takes: Takes::Text,
        }
    }

    pub const fn taking(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }
}
