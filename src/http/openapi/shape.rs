//! JSON Schemas from one line of text each, so that a route and its bodies are described on a line.
//!
//! | notation | what it stands for |
//! |---|---|
//! | `string`, `int`, `number`, `bool`, `time`, `any` | one value; `time` is RFC 3339 |
//! | `one\|another` | one of these texts |
//! | `{a, b: int, c?, d~: bool}` | an object; a member is a `string` if it does not say, `?` may be `null`, `~` may be left out |
//! | `[T]` | an array |
//! | `page T` | one page of a list |
//! | `Name` | a schema of the admin API; `#Name` one of the OAuth API |
//! | `A & B` | both |

use serde_json::{Map, Value, json};

/// What stands before the names of the admin API's schemas, so that none meets one of the contract's.
pub const PREFIX: &str = "Admin";

/// The schema that the text stands for.
pub fn schema(text: &str) -> Value {
    let mut rest = text.trim();
    both(&mut rest)
}

/// The texts' own order is kept. A text that is no notation ends as a reference that leads nowhere, which
/// `tests/it/admin_api/described.rs` refuses.
fn both(rest: &mut &str) -> Value {
    let mut parts = vec![one(rest)];
    while take(rest, "&") {
        parts.push(one(rest));
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({ "allOf": parts }),
    }
}

fn one(rest: &mut &str) -> Value {
    if take(rest, "[") {
        let items = both(rest);
        take(rest, "]");
        return json!({ "type": "array", "items": items });
    }
    if take(rest, "{") {
        return object(rest);
    }
    match word(rest) {
        "page" => json!({
            "type": "object",
            "properties": {
                "items": { "type": "array", "items": one(rest) },
                "next": { "type": ["string", "null"], "description": "The cursor of the next page; null on the last one." },
            },
            "required": ["items", "next"],
        }),
        "string" => json!({ "type": "string" }),
        "int" => json!({ "type": "integer" }),
        "number" => json!({ "type": "number" }),
        "bool" => json!({ "type": "boolean" }),
        "time" => json!({ "type": "string", "format": "date-time" }),
        "any" => json!({}),
        texts if texts.contains('|') => {
            json!({ "type": "string", "enum": texts.split('|').collect::<Vec<_>>() })
        }
        name => match name.strip_prefix('#') {
            Some(name) => json!({ "$ref": format!("#/components/schemas/{name}") }),
            None => json!({ "$ref": format!("#/components/schemas/{PREFIX}{name}") }),
        },
    }
}

/// What follows `{`.
fn object(rest: &mut &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    while !take(rest, "}") && !rest.is_empty() {
        let name = word(rest).to_owned();
        let (nullable, optional) = (take(rest, "?"), take(rest, "~"));
        let value = match take(rest, ":") {
            true => both(rest),
            false => json!({ "type": "string" }),
        };
        if !optional {
            required.push(name.clone());
        }
        properties.insert(name, if nullable { or_null(value) } else { value });
        take(rest, ",");
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn or_null(mut value: Value) -> Value {
    match value.get("type").cloned() {
        Some(Value::String(kind)) if value.get("enum").is_none() => {
            value["type"] = json!([kind, "null"]);
            value
        }
        _ => json!({ "anyOf": [value, { "type": "null" }] }),
    }
}

fn take(rest: &mut &str, token: &str) -> bool {
    match rest.strip_prefix(token) {
        Some(after) => {
            *rest = after.trim_start();
            true
        }
        None => false,
    }
}

fn word<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !"_#|-".contains(c))
        .unwrap_or(rest.len());
    // A character that no word begins with is passed over: the text always gets shorter.
    let end = end.max(rest.chars().next().map_or(0, char::len_utf8));
    let (word, after) = rest.split_at(end);
    *rest = after.trim_start();
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_a_schema() {
        let rows = [
            ("time", json!({"type": "string", "format": "date-time"})),
            ("a|b", json!({"type": "string", "enum": ["a", "b"]})),
            (
                "[Key]",
                json!({"type": "array", "items": {"$ref": "#/components/schemas/AdminKey"}}),
            ),
            (
                "{kid, at?: time, ends?: Key, now~: bool}",
                json!({"type": "object", "required": ["kid", "at", "ends"], "properties": {
                    "kid": {"type": "string"},
                    "at": {"type": ["string", "null"], "format": "date-time"},
                    "ends": {"anyOf": [{"$ref": "#/components/schemas/AdminKey"}, {"type": "null"}]},
                    "now": {"type": "boolean"},
                }}),
            ),
            (
                "#Scope & {id: int}",
                json!({"allOf": [{"$ref": "#/components/schemas/Scope"},
                    {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}]}),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(schema(text), expected, "{text}");
        }
    }
}
