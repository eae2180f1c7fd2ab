//! JSON Schemas of Rust types. OpenAPI 3.1 takes them as they are (§4.8.24: the dialect of JSON Schema 2020-12).

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

/// Path of the components.
const COMPONENTS: &str = "#/components/schemas/";

/// Schema of a type, generated with the document.
pub type Shape = fn(&mut Schemas) -> Value;

/// Schema of data sent to clients.
pub fn answer<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    schemas.answers.of::<T>()
}

/// Schema of JSON from clients.
pub fn body<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    schemas.bodies.of::<T>()
}

/// Schema of a form from clients.
pub fn form<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    schemas.forms.of::<T>()
}

/// A schema of the contract, which has the name of the type.
pub struct Contracted<T>(PhantomData<T>);

impl<T> JsonSchema for Contracted<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        let name = std::any::type_name::<T>();
        name.rsplit("::").next().unwrap_or(name).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "$ref": format!("{COMPONENTS}{}", Self::schema_name()) })
    }
}

/// Schemas of one document. serde accepts more than it writes (defaults, `null`, other names), so a type for both
/// directions has one schema for each.
pub struct Schemas {
    answers: Way,
    bodies: Way,
    forms: Way,
}

struct Way {
    generator: SchemaGenerator,
    /// Keeps the names of the ways apart until the document is done.
    prefix: &'static str,
    /// Suffix of the name of a type with another schema for the other direction.
    suffix: &'static str,
    /// Whether an optional member can also be `null`.
    has_null: bool,
}

impl Way {
    fn new(
        settings: SchemaSettings,
        prefix: &'static str,
        suffix: &'static str,
        has_null: bool,
    ) -> Self {
        let settings = settings.with(|settings| {
            settings.meta_schema = None;
            settings.definitions_path = prefix.into();
        });
        Self {
            generator: settings.into_generator(),
            prefix,
            suffix,
            has_null,
        }
    }

    fn of<T: JsonSchema>(&mut self) -> Value {
        let mut schema = self.generator.subschema_for::<T>().to_value();
        self.tidy(&mut schema);
        schema
    }

    /// Removes parts of schemars that no reader needs, and adds what it cannot know.
    fn tidy(&self, schema: &mut Value) {
        match schema {
            Value::Array(items) => items.iter_mut().for_each(|item| self.tidy(item)),
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    match (name.as_str(), &mut *member) {
                        // The lines of a comment are one paragraph.
                        ("description", Value::String(text)) => *text = text.replace('\n', " "),
                        ("enum" | "const" | "default" | "examples", _) => {}
                        _ => self.tidy(member),
                    }
                }
                let is_integer = members.get("format").and_then(Value::as_str);
                let is_integer = is_integer
                    .is_some_and(|text| text.starts_with("uint") || text.starts_with("int"));
                members.retain(|name, value| match name.as_str() {
                    "default" => !value.is_null(),
                    // Formats of Rust's integers, and their maximum.
                    "format" | "maximum" => !is_integer,
                    _ => true,
                });
                join_texts(members);
                match self.has_null {
                    true => with_null(members),
                    false => without_null(members),
                }
            }
            _ => {}
        }
    }

    fn definitions(&mut self) -> Map<String, Value> {
        let mut definitions = self.generator.take_definitions(true);
        definitions
            .values_mut()
            .for_each(|schema| self.tidy(schema));
        definitions
    }
}

/// An enum of texts with a comment on each is an enum of texts.
fn join_texts(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else {
        return;
    };
    let texts = |variant: &Value| match (&variant["type"], &variant["const"], &variant["enum"]) {
        (Value::String(kind), Value::String(text), _) if kind == "string" => {
            Some(vec![json!(text)])
        }
        (Value::String(kind), _, Value::Array(texts)) if kind == "string" => Some(texts.clone()),
        _ => None,
    };
    let all: Option<Vec<_>> = variants.iter().map(texts).collect();
    if let Some(all) = all {
        schema.shift_remove("oneOf");
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), all.concat().into());
    }
}

/// A closed list of texts holds `null` where the type does.
fn with_null(schema: &mut Map<String, Value>) {
    let is_nullable = schema
        .get("type")
        .and_then(Value::as_array)
        .is_some_and(|kinds| kinds.contains(&json!("null")));
    if is_nullable
        && let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// serde leaves such a member out where it would be `null`.
fn without_null(schema: &mut Map<String, Value>) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        let names = required.as_array();
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    let optional = properties.iter_mut().filter(|(name, _)| !is_required(name));
    optional.for_each(|(_, property)| strip_null(property));
}

fn strip_null(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    if let Some(Value::Array(kinds)) = members.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(either)) = members.get_mut("anyOf") {
        either.retain(|one| one["type"] != "null");
        if let [Value::Object(only)] = either.as_slice() {
            let only = only.clone();
            members.shift_remove("anyOf");
            for (name, value) in only {
                members.entry(name).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(values)) = members.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

impl Schemas {
    pub fn new() -> Self {
        let sent = SchemaSettings::draft2020_12().for_serialize();
        let read = || SchemaSettings::draft2020_12().for_deserialize();
        Self {
            answers: Way::new(sent, "/components/answers", "", false),
            bodies: Way::new(read(), "/components/bodies", "Input", true),
            forms: Way::new(read(), "/components/forms", "Form", false),
        }
    }

    /// The members of `T` as parameters of a query (OpenAPI 3.1 §4.8.12).
    pub fn query<T: JsonSchema>(&mut self) -> Value {
        let mut schema = T::json_schema(&mut self.forms.generator).to_value();
        self.forms.tidy(&mut schema);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let Value::Object(properties) = schema["properties"].take() else {
            return json!([]);
        };
        let parameters = properties.into_iter().map(|(name, mut schema)| {
            let mut parameter = json!({ "name": name, "in": "query" });
            if required.contains(&parameter["name"]) {
                parameter["required"] = true.into();
            }
            let said = schema.as_object_mut();
            if let Some(description) = said.and_then(|said| said.shift_remove("description")) {
                parameter["description"] = description;
            }
            // Such a parameter is repeated (RFC 8707 §2).
            if schema["type"] == "array" {
                parameter["style"] = "form".into();
                parameter["explode"] = true.into();
            }
            parameter["schema"] = schema;
            parameter
        });
        parameters.collect()
    }

    /// Adds the schemas of all named types to the document, and rewrites references to them.
    pub fn finish(mut self, document: &mut Value) {
        let mut renamed = Vec::new();
        for way in [&mut self.answers, &mut self.bodies, &mut self.forms] {
            let definitions = way.definitions();
            for (name, schema) in definitions {
                let components = &mut document["components"]["schemas"];
                if let Some(contracted) = components.get_mut(&name)
                    && contracted["title"] == *name
                {
                    add_members(contracted, schema);
                    renamed.push((
                        format!("#{}/{name}", way.prefix),
                        format!("{COMPONENTS}{name}"),
                    ));
                    continue;
                }
                let own = match components.get(&name) {
                    // References in them differ by direction, which does not matter here.
                    Some(other) if unlike(other, &schema) => format!("{name}{}", way.suffix),
                    _ => name.clone(),
                };
                renamed.push((
                    format!("#{}/{name}", way.prefix),
                    format!("{COMPONENTS}{own}"),
                ));
                if components.get(&own).is_none() {
                    components[own] = schema;
                }
            }
        }
        rename(document, &renamed);
    }
}

/// Members that the contract's schema does not have. Only schemas of the contract have a title.
fn add_members(contracted: &mut Value, own: Value) {
    let Some(known) = contracted["properties"].as_object_mut() else {
        return;
    };
    if let Some(Value::Object(members)) = own.get("properties").cloned() {
        for (name, member) in members {
            known.entry(name).or_insert(member);
        }
    }
}

fn unlike(a: &Value, b: &Value) -> bool {
    let plain = |schema: &Value| {
        let text = schema.to_string();
        ["answers", "bodies", "forms"]
            .iter()
            .fold(text, |text, way| {
                text.replace(&format!("#/components/{way}/"), COMPONENTS)
            })
    };
    plain(a) != plain(b)
}

fn rename(value: &mut Value, renamed: &[(String, String)]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match (name.as_str(), &mut *member) {
                    ("$ref", Value::String(text)) => {
                        if let Some((_, to)) = renamed.iter().find(|(from, _)| from == text) {
                            text.clone_from(to);
                        }
                    }
                    _ => rename(member, renamed),
                }
            }
        }
        _ => {}
    }
}
