//! Compares what a server takes and answers with `/openapi.json`: every test that sends a request asks this, too.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::Answer;

/// The document with all that can be switched on, without the names of this server's scopes and grants.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| keyfob::http::server::description().unwrap())
}

/// Panics unless the answer is one that is described, and unless what was accepted is what is described to be sent.
pub fn check(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8], answer: &Answer) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    // `keyfob dev` answers nobody elsewhere, whatever is asked for.
    if answer.status == 403 && answer.text.contains("keyfob dev serves this machine only") {
        return;
    }
    let Some((template, operation)) = operation(method, path) else {
        return;
    };
    let at = format!("{method} {template}: {}", answer.status);
    if let Err(reason) = check_answer(operation, answer) {
        panic!("{at} is not as it is described: {reason}: {}", answer.text);
    }
    if answer.status < 300
        && let Err(reason) = check_request(template, operation, query, headers, body)
    {
        panic!("{at}: the request is not as it is described: {reason}");
    }
}

/// The operation that is meant, the one with the fewest parameters in its path.
fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap().iter();
    let mut fitting: Vec<_> = paths.filter(|(template, _)| fits(template, path)).collect();
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    let (template, item) = fitting.first()?;
    Some((template, item.get(method.to_lowercase())?))
}

fn fits(template: &str, path: &str) -> bool {
    // RFC 9728 §3.1: the path of a resource has any number of segments.
    if let Some(begin) = template.strip_suffix("{path}") {
        return path
            .strip_prefix(begin)
            .is_some_and(|rest| !rest.is_empty());
    }
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let fits = |(a, b): (&&str, &&str)| a == b || a.starts_with('{') && !b.is_empty();
    template.len() == path.len() && template.iter().zip(&path).all(fits)
}

fn resolve(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(reference) => document()
            .pointer(reference.trim_start_matches('#'))
            .unwrap(),
        None => schema,
    }
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap().trim()
}

fn check_answer(operation: &'static Value, answer: &Answer) -> Result<(), String> {
    let answers = &operation["responses"];
    let described = answers.get(answer.status.to_string());
    let described = described.filter(|_| answer.status < 400 || answers.get("default").is_none());
    let described = described.or_else(|| answers.get("default"));
    let described = resolve(described.ok_or("no such status")?);
    let Some(content) = described.get("content") else {
        return match answer.text.is_empty() {
            true => Ok(()),
            false => Err("there is a body".into()),
        };
    };
    let kind = essence(answer.header("content-type").unwrap_or_default());
    let media = content.get(kind).ok_or(format!("no such type: {kind}"))?;
    match media.get("schema") {
        Some(schema) if kind.ends_with("json") => {
            let answer = answer.json();
            // With `format=json` the items of a list come alone.
            match (schema["properties"].get("items"), &answer) {
                (Some(items), Value::Array(_)) => valid(items, &answer, ""),
                _ => valid(schema, &answer, ""),
            }
        }
        _ => Ok(()),
    }
}

fn check_request(
    template: &str,
    operation: &'static Value,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(), String> {
    let header = |name: &str| {
        headers
            .iter()
            .find(|(one, _)| one.eq_ignore_ascii_case(name))
    };
    let kind = header("content-type").map_or("", |(_, value)| essence(value));
    let content = &operation["requestBody"]["content"];
    if let Some(schema) = content[kind].get("schema")
        && kind == "application/json"
        && let Ok(sent) = serde_json::from_slice::<Value>(body)
    {
        valid(schema, &sent, "")?;
    }
    // The protocol's endpoints ignore parameters that they do not know (RFC 6749 §3.1); this API has none that it ignores.
    let parameters = operation["parameters"].as_array();
    let is_named = |name: &str| {
        let parameters = parameters.into_iter().flatten();
        parameters
            .filter(|one| one["in"] == "query")
            .any(|one| one["name"] == name)
    };
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    for name in names.filter(|name| !name.is_empty() && template.starts_with("/admin/")) {
        if !is_named(name) {
            return Err(format!("the parameter {name} is not described"));
        }
    }
    Ok(())
}

/// Keywords that say nothing about what is valid, or that no test depends on.
const NOTES: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "format",
    "contentMediaType",
    "writeOnly",
    "readOnly",
    "pattern",
];

/// JSON Schema 2020-12, as far as the document uses it; another keyword is an error. An object has no member that is not
/// described, unless its schema is the contract's: those are open, and only they have a title.
fn valid(schema: &'static Value, value: &Value, at: &str) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return Ok(());
    };
    for (keyword, said) in keywords {
        check_keyword(keywords, keyword, said, value).map_err(|reason| format!("{at} {reason}"))?;
        match (keyword.as_str(), value) {
            ("$ref", _) => valid(resolve(schema), value, at)?,
            ("allOf", _) => {
                for part in said.as_array().unwrap() {
                    valid(part, value, at)?;
                }
            }
            ("anyOf" | "oneOf", _) => {
                let tried = said
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| valid(one, value, at));
                let reasons: Vec<_> = tried.filter_map(Result::err).collect();
                if reasons.len() == said.as_array().unwrap().len() {
                    return Err(reasons.join(" and "));
                }
            }
            ("items", Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    valid(said, item, &format!("{at}[{i}]"))?;
                }
            }
            ("properties", Value::Object(members)) => {
                for (name, member) in members {
                    match said.get(name) {
                        Some(schema) => valid(schema, member, &format!("{at}.{name}"))?,
                        None if is_open(keywords) => {}
                        None => return Err(format!("{at}.{name} is not described")),
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_open(schema: &Map<String, Value>) -> bool {
    let additional = schema.get("additionalProperties");
    schema.contains_key("title") || additional.is_some_and(|additional| *additional != json!(false))
}

fn check_keyword(
    schema: &Map<String, Value>,
    keyword: &str,
    said: &Value,
    value: &Value,
) -> Result<(), String> {
    let length = || value.as_str().map(|text| text.chars().count());
    let is_valid = match keyword {
        "type" => {
            let kinds = said
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![said.clone()]);
            kinds.iter().any(|kind| is_a(value, kind.as_str().unwrap()))
        }
        "enum" => said.as_array().unwrap().contains(value),
        // The contract knows no DPoP; such a token is for a client that asked for it with a proof.
        "const" => value == said || (*said == "Bearer" && *value == "DPoP"),
        "required" => {
            let missing = said.as_array().unwrap().iter();
            let mut missing = missing.filter(|name| value.get(name.as_str().unwrap()).is_none());
            match missing.next() {
                Some(name) if value.is_object() => return Err(format!("{name} is missing")),
                _ => true,
            }
        }
        "minimum" => value
            .as_f64()
            .is_none_or(|number| number >= said.as_f64().unwrap()),
        "minItems" => value
            .as_array()
            .is_none_or(|all| all.len() as u64 >= said.as_u64().unwrap()),
        "maxItems" => value
            .as_array()
            .is_none_or(|all| all.len() as u64 <= said.as_u64().unwrap()),
        "minLength" => length().is_none_or(|length| length as u64 >= said.as_u64().unwrap()),
        "maxLength" => length().is_none_or(|length| length as u64 <= said.as_u64().unwrap()),
        "additionalProperties" if !schema.contains_key("properties") => {
            *said != json!(false) || value.as_object().is_none_or(Map::is_empty)
        }
        "uniqueItems" => value.as_array().is_none_or(|all| {
            let is_new = |(i, one): (usize, &Value)| !all[..i].contains(one);
            all.iter().enumerate().all(is_new)
        }),
        "$ref" | "allOf" | "anyOf" | "oneOf" | "items" | "properties" | "additionalProperties" => {
            true
        }
        _ if NOTES.contains(&keyword) => true,
        _ => return Err(format!("{keyword} is not known to this test")),
    };
    match is_valid {
        true => Ok(()),
        false => Err(format!("is {value}, against {keyword} {said}")),
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
