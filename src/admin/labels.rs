//! Labels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    AdminError,
    commands::{Commands, Flag},
    line,
    listing::{Asked, List, Mark, Rows, is_in},
    object::{Described, Managed, members},
};
use crate::{
    domain::object::object_header,
    store::{Tx, objects::Document},
};

/// A label as it is stored and shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    pub id: String,
    pub name: String,
    pub note: Option<String>,
    pub managed_by: Option<String>,
}

object_header!(Label: "label", "label", id);

impl Document for Label {}

/// What can be said of a label. An empty text clears the note.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelInput {
    pub id: Option<String>,
    pub name: Option<String>,
    pub note: Option<String>,
}

impl Managed for Label {
    const NAME: &'static str = "id";
    const DESCRIBED: Described = Described {
        required: Some("id"),
        ..Described::NOTHING
    };
    const LIST: List = List {
        name: "labels",
        orders: &["id"],
    };
    const COMMANDS: Option<Commands<Self>> = Some(Commands {
        command: "label",
        about: "Manage labels",
        name: "ID",
        name_help: "",
        deletion: "",
        flags: &[
            Flag::text("name", "name", "NAME", "Name [default: the ID]"),
            Flag::text("note", "note", "TEXT", "Note; use \"\" to clear it"),
        ],
        columns: &["ID", "NAME", "NOTE"],
        cells: |label| {
            vec![
                Some(label.id.clone()),
                Some(label.name.clone()),
                label.note.clone(),
            ]
        },
    });

    type Input = LabelInput;
    type Checked = LabelInput;
    type View = Self;

    fn check(input: LabelInput, _known: Option<&Self>) -> Result<LabelInput, AdminError> {
        Ok(LabelInput {
            id: input.id.map(|id| line("id", &id, 60)).transpose()?,
            name: input
                .name
                .map(|name| line("name", &name, 200))
                .transpose()?,
            note: input.note,
        })
    }

    fn name_in(input: &LabelInput) -> Option<&str> {
        input.id.as_deref()
    }

    fn new(_tx: &Tx, input: &LabelInput) -> Result<Self, AdminError> {
        let id = input.id.clone();
        let id = id.ok_or_else(|| AdminError::invalid("id", "is required"))?;
        Ok(Self {
            name: id.clone(),
            id,
            note: None,
            managed_by: None,
        })
    }

    fn reset(&self) -> Self {
        Self {
            name: self.id.clone(),
            note: None,
            ..self.clone()
        }
    }

    fn apply(self, input: LabelInput) -> Result<Self, AdminError> {
        Ok(Self {
            name: input.name.unwrap_or(self.name),
            note: match input.note {
                Some(note) => Some(note).filter(|note| !note.is_empty()),
                None => self.note,
            },
            ..self
        })
    }

    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<Self>, AdminError> {
        let found = Self::all(tx)?.into_iter();
        let found = found.filter(|label| is_in(text, [&label.id, &label.name]));
        Ok(asked.sorted(found, |label| Mark::new("", &label.id)))
    }

    fn shown(&self) -> Self {
        self.clone()
    }

    fn defaults(&self) -> Map<String, Value> {
        members([("name", json!(self.id)), ("note", Value::Null)])
    }
}
