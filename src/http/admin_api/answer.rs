//! Responses of the admin API: JSON that is not cached, and objects with an ETag.

use actix_web::{HttpRequest, HttpResponse, http::header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, error::Category};

use super::problem::Problem;
use crate::{crypto::hash, domain::id::Id, http::respond};

pub type Answer = Result<HttpResponse, Problem>;

/// Parses an ID from a path or a cursor.
pub fn id(text: &str) -> Result<Id, Problem> {
    text.parse()
        .map_err(|_| Problem::not_found("Not a valid id."))
}

pub fn json(value: &impl Serialize) -> Answer {
    written(200, value, None)
}

pub fn created(value: &impl Serialize) -> Answer {
    written(201, value, None)
}

/// Work after the response.
pub fn accepted(value: &impl Serialize) -> Answer {
    written(202, value, None)
}

pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// One object, with the ETag that a change must send.
pub fn object(value: &impl Serialize) -> Answer {
    let tag = tag(value)?;
    written(200, value, Some(tag))
}

fn written(status: u16, value: &impl Serialize, tag: Option<String>) -> Answer {
    let mut response = respond::no_store(status);
    if let Some(tag) = tag {
        response.insert_header((header::ETAG, tag));
    }
    Ok(response.json(value))
}

/// RFC 9110 §8.8.3: the object's own hash.
fn tag(value: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_vec(value)
        .map_err(|_| Problem::new(500, "failed", "Internal error. See the server log."))?;
    Ok(format!(
        "\"{}\"",
        hash::base64url(&hash::sha256(&text)[..12])
    ))
}

/// A change of an object must name the version it is based on, so that two administrators do not overwrite each other
/// (RFC 9110 §13.1.1, RFC 6585 §3).
pub struct Seen(String);

impl Seen {
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let tags = respond::header_text(request, "if-match").ok_or_else(|| {
            Problem::new(
                428,
                "if_match_required",
                "If-Match is required. Send the ETag of the version you read.",
            )
        })?;
        Ok(Self(tags))
    }

    /// For methods that do not require a condition: if there is one, it must hold.
    pub fn if_any(request: &HttpRequest) -> Option<Self> {
        respond::header_text(request, "if-match").map(Self)
    }

    /// Checked in the transaction of the change: before it, another change can still be in progress.
    pub fn is(&self, current: &impl Serialize) -> Result<(), Problem> {
        let current = tag(current)?;
        let is_current = self
            .0
            .split(',')
            .any(|tag| tag.trim() == current || tag.trim() == "*");
        if is_current {
            return Ok(());
        }
        Err(Problem::new(
            412,
            "changed",
            "This was changed since you loaded it. Reload and try again.",
        ))
    }
}

/// The request's JSON body. What is wrong with it is named by its path.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let no_json = || Problem::new(422, "invalid", "The body is not valid JSON.");
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        if error.inner().classify() != Category::Data {
            return no_json();
        }
        let path = error.path().to_string();
        match unreadable(path, &error.inner().to_string()) {
            (None, reason) => match wrong_member::<T>(body) {
                Some(member) => Problem::invalid(member, reason),
                None => Problem::new(422, "invalid", reason),
            },
            (Some(member), reason) => Problem::invalid(member, reason),
        }
    })?;
    // RFC 8259 §2: nothing but space follows the one value.
    json.end().map_err(|_| no_json())?;
    Ok(value)
}

/// If the members of an object are in several types, serde does not name the invalid one: it is the one that cannot be
/// parsed by itself.
fn wrong_member<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let members: Map<String, Value> = serde_json::from_slice(body).ok()?;
    members.into_iter().find_map(|(name, value)| {
        let alone = Value::Object(Map::from_iter([(name.clone(), value)]));
        let error = serde_json::from_value::<T>(alone).err()?;
        (!error.to_string().starts_with("missing field")).then_some(name)
    })
}

/// The member that cannot be read and why, from the path to it and serde's message about it. The value is left out: it
/// could be a secret.
pub(super) fn unreadable(path: String, message: &str) -> (Option<String>, String) {
    let message = message.split(" at line ").next().unwrap_or(message);
    let expected = message
        .split_once(", expected ")
        .map(|(_, expected)| expected);
    let of_member = |begin: &str| {
        let name = message.strip_prefix(begin)?.split('`').next()?;
        Some(match path.as_str() {
            "." => name.to_owned(),
            // The path of serde_path_to_error ends with the unknown member, or with the object in which a member is
            // missing.
            path if path.ends_with(name) => path.to_owned(),
            path => format!("{path}.{name}"),
        })
    };
    if let Some(member) = of_member("missing field `") {
        return (Some(member), "is required".to_owned());
    }
    if let Some(member) = of_member("duplicate field `") {
        return (Some(member), "appears twice".to_owned());
    }
    if let Some(member) = of_member("unknown field `") {
        return (Some(member), "is unknown".to_owned());
    }
    let reason = match expected {
        Some(_) if message.starts_with("invalid value: integer") => "is out of range".to_owned(),
        Some(expected) if message.starts_with("invalid") => {
            format!("must be {}", in_words(expected))
        }
        Some(values) if message.starts_with("unknown variant") => {
            format!("must be {}", values.replace('`', ""))
        }
        _ if message.starts_with("invalid digit") => "must be an integer".to_owned(),
        _ if message.starts_with("number too ") => "is out of range".to_owned(),
        _ if message.starts_with("provided string was not") => "must be true or false".to_owned(),
        _ => message.to_owned(),
    };
    ((path != ".").then_some(path), reason)
}

/// Expectation of serde, with the terms of JSON (RFC 8259 §1) instead of Rust's.
fn in_words(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" => "an integer",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("tuple ") => "a list",
        _ => expected,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Body {
        names: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Kinds {
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        count: u32,
        #[serde(default)]
        yes: bool,
        text: String,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Inner {
        needed: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
        Two,
    }

    #[test]
    fn what_cannot_be_read_is_told_in_plain_words() {
        for (body, field, reason) in [
            ("[]", None, "must be an object"),
            ("{}", Some("text"), "is required"),
            (
                r#"{"text": "", "inner": {}}"#,
                Some("inner.needed"),
                "is required",
            ),
            (
                r#"{"text": "", "inner": 1}"#,
                Some("inner"),
                "must be an object",
            ),
            (
                r#"{"text": "", "count": "x"}"#,
                Some("count"),
                "must be an integer",
            ),
            (
                r#"{"text": "", "count": -1}"#,
                Some("count"),
                "is out of range",
            ),
            (
                r#"{"text": "", "yes": 0}"#,
                Some("yes"),
                "must be true or false",
            ),
            (r#"{"text": "", "other": 0}"#, Some("other"), "is unknown"),
            (r#"{"text": "", "text": ""}"#, Some("text"), "appears twice"),
            (
                r#"{"text": "", "kind": "hunter2"}"#,
                Some("kind"),
                "must be one or two",
            ),
        ] {
            let problem = read::<Kinds>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.field(), field, "{body}");
            assert_eq!(problem.to_string(), format!("invalid: {reason}"), "{body}");
        }
    }

    #[test]
    fn a_wrong_member_is_named_and_its_value_is_not() {
        let read = |text: &'static str| read::<Body>(text.as_bytes()).unwrap_err();
        assert_eq!(
            read(r#"{"names": ["a", 4711]}"#).to_string(),
            "invalid: must be a string"
        );
        assert_eq!(
            read(r#"{"names": "hunter2"}"#).to_string(),
            "invalid: must be a list"
        );
        for text in ["{", r#"{"names": []} {}"#, r#"{"names": []}]"#, ""] {
            assert_eq!(
                read(text).to_string(),
                "invalid: The body is not valid JSON.",
                "{text}"
            );
        }
        assert!(super::read::<Body>(b" {\"names\": []}\r\n").is_ok());
    }
}
