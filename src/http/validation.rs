//! JSON bodies of the contract: parsing and errors. Everything follows FastAPI 0.165 on pydantic 2.14 (status 422,
//! `loc`, `msg`, `type`, order), except that no sent value is repeated: there is no `input` and no `ctx`.

mod python_json;

use std::{borrow::Cow, fmt, mem};

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};

use crate::{domain::time_zone::TimeZone, oauth::params::REPEATABLE};

/// Maximum number of errors in a 422. If there are more, the last one says so: a response must not be many times as
/// long as the request.
const MOST_ERRORS: usize = 100;

/// The body of a 422: `{"detail":[…]}`, never empty, at most [`MOST_ERRORS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationErrors(pub Vec<ValidationError>);

/// One error of a body: its location, a text for people, and a code for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValidationError {
    pub loc: Vec<Loc>,
    pub msg: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A step from the request to the place of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Loc {
    /// `"body"`, or a member's name. Owned if the name comes from the request.
    Name(Cow<'static, str>),
    /// An item of a list, or the character at which malformed JSON breaks.
    Index(usize),
}

/// The contract's `TokenRequest`. It has no `Debug` that would show a secret, a code or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    pub grant_type: String,
    pub client_id: Option<String>,
    pub code: Option<String>,
    pub client_secret: Option<String>,
    pub code_verifier: Option<String>,
    pub refresh_token: Option<String>,
    /// [`TimeZone::DEFAULT`] unless `tz_given`.
    pub tz: TimeZone,
    pub tz_given: bool,
    /// Parameters that the contract does not know, in the order sent, each name once except those of [`REPEATABLE`].
    pub others: Vec<(String, String)>,
}

/// The contract's `DelegatedTokenRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedTokenRequest {
    pub sub: String,
    /// In the order sent, including repetitions. `None` requests all scopes that can be delegated.
    pub scopes: Option<Vec<String>>,
    pub team_id: Option<String>,
}

/// Parses the JSON object in `body`. A number that is not finite, which Python's JSON can contain, becomes the largest
/// finite one: only its type matters.
pub fn parse_object(
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Map<String, Value>, ValidationErrors> {
    let error = if body.is_empty() {
        Fault::Missing.at(["body".into()])
    } else if !content_type.is_some_and(is_json) {
        // The contract has its own response for JSON without a content type.
        match body.trim_ascii_start().starts_with(b"{") {
            true => Fault::NoObject.at(["body".into()]),
            false => Fault::NoMediaType.at(["header".into(), "content-type".into()]),
        }
    } else {
        match python_json::parse(body) {
            Ok(Value::Object(object)) => return Ok(object),
            Ok(_) => Fault::NoObject.at(["body".into()]),
            Err(position) => Fault::MalformedJson.at(["body".into(), Loc::Index(position)]),
        }
    };
    Err(ValidationErrors(vec![error]))
}

/// Whether FastAPI parses a body of this type as JSON: `application/json` or `application/…+json`, in any case and with
/// any parameters.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = media_type.split_once('/') else {
        return false;
    };
    let subtype = subtype.to_ascii_lowercase();
    kind.eq_ignore_ascii_case("application")
        && !subtype.contains('/')
        && (subtype == "json" || subtype.ends_with("+json"))
}

/// Parses a token request, or returns all its errors, in the contract's order of members.
///
/// Any other member is a parameter that the contract does not know: a string, or null, which is treated as absent; a
/// parameter that a form can repeat can be a list of strings. A member whose name cannot be an OAuth parameter is
/// ignored, as pydantic ignores all of them.
pub fn token_request(
    object: Map<String, Value>,
    grant_types: &[&str],
) -> Result<TokenRequest, ValidationErrors> {
    let mut members = Members::of(object);
    let grant_type = members.required("grant_type", |value| one_of(value, grant_types));
    let client_id = members.nullable("client_id", string);
    let code = members.nullable("code", string);
    let client_secret = members.nullable("client_secret", string);
    let code_verifier = members.nullable("code_verifier", string);
    let refresh_token = members.nullable("refresh_token", string);
    let tz = members.optional("tz", time_zone);
    let others = members.others();
    members.finish(TokenRequest {
        grant_type,
        client_id,
        code,
        client_secret,
        code_verifier,
        refresh_token,
        tz: tz.unwrap_or(TimeZone::DEFAULT),
        tz_given: tz.is_some(),
        others,
    })
}

/// Parses a request to act for a user, or returns all its errors. Members that the contract does not know are ignored.
pub fn delegated_token_request(
    object: Map<String, Value>,
    registered_scopes: &[&str],
) -> Result<DelegatedTokenRequest, ValidationErrors> {
    let mut members = Members::of(object);
    let sub = members.required("sub", string);
    let scopes = members.nullable("scopes", list).map(|items| {
        let check = |(index, item)| members.item("scopes", index, one_of(item, registered_scopes));
        items.into_iter().enumerate().filter_map(check).collect()
    });
    let team_id = members.nullable("team_id", string);
    members.finish(DelegatedTokenRequest {
        sub,
        scopes,
        team_id,
    })
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("grant_type", &self.grant_type)
            .field("client_id", &self.client_id)
            .field("tz", &self.tz)
            .finish_non_exhaustive()
    }
}

impl Serialize for ValidationErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("HTTPValidationError", 1)?;
        body.serialize_field("detail", &self.0)?;
        body.end()
    }
}

impl From<&'static str> for Loc {
    fn from(name: &'static str) -> Self {
        Loc::Name(Cow::Borrowed(name))
    }
}

/// All errors of a body or a member.
enum Fault<'a> {
    Missing,
    MalformedJson,
    NoObject,
    NoMediaType,
    NoString,
    NoList,
    EmptyString,
    NoTimeZone,
    NoneOf(&'a [&'a str]),
    /// More than are listed.
    MoreErrors,
}

impl Fault<'_> {
    fn at(self, loc: impl IntoIterator<Item = Loc>) -> ValidationError {
        let (kind, msg) = match self {
            Fault::Missing => ("missing", "Field required"),
            Fault::MalformedJson => ("json_invalid", "JSON decode error"),
            Fault::NoObject => (
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from",
            ),
            Fault::NoMediaType => (
                "content_type",
                "The Content-Type header must be application/x-www-form-urlencoded or application/json",
            ),
            Fault::NoString => ("string_type", "Input should be a valid string"),
            Fault::NoList => ("list_type", "Input should be a valid list"),
            Fault::EmptyString => (
                "string_too_short",
                "String should have at least 1 character",
            ),
            Fault::NoTimeZone => ("TimeZoneName", "Invalid timezone name."),
            Fault::MoreErrors => (
                "too_many_errors",
                "The body has more errors than are listed here",
            ),
            Fault::NoneOf(allowed) => ("enum", &*format!("Input should be {}", either(allowed))),
        };
        ValidationError {
            loc: loc.into_iter().collect(),
            msg: msg.to_owned(),
            kind,
        }
    }
}

/// `'a', 'b' or 'c'`, quoted as Python quotes.
fn either(words: &[&str]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| {
            if word.contains('\'') {
                format!("\"{word}\"")
            } else {
                format!("'{word}'")
            }
        })
        .collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn string<'a>(value: Value) -> Result<String, Fault<'a>> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Fault::NoString),
    }
}

fn list<'a>(value: Value) -> Result<Vec<Value>, Fault<'a>> {
    match value {
        Value::Array(items) => Ok(items),
        _ => Err(Fault::NoList),
    }
}

fn one_of<'a>(value: Value, allowed: &'a [&'a str]) -> Result<String, Fault<'a>> {
    match value {
        Value::String(text) if allowed.contains(&&*text) => Ok(text),
        _ => Err(Fault::NoneOf(allowed)),
    }
}

fn time_zone<'a>(value: Value) -> Result<TimeZone, Fault<'a>> {
    let name = string(value)?;
    if name.is_empty() {
        return Err(Fault::EmptyString);
    }
    TimeZone::parse(&name).ok_or(Fault::NoTimeZone)
}

/// The members of an object that are still to be read, and what was wrong with those that were.
struct Members {
    unread: Map<String, Value>,
    /// Contains at most [`MOST_ERRORS`].
    errors: Vec<ValidationError>,
    has_more_errors: bool,
}

impl Members {
    fn of(object: Map<String, Value>) -> Self {
        Self {
            unread: object,
            errors: Vec::new(),
            has_more_errors: false,
        }
    }

    fn error(&mut self, fault: Fault<'_>, loc: impl IntoIterator<Item = Loc>) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(fault.at(loc));
        } else {
            self.has_more_errors = true;
        }
    }

    /// Value of `name`; if it is missing or invalid, a placeholder that `finish` never returns.
    fn required<'a, T: Default>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(Value) -> Result<T, Fault<'a>>,
    ) -> T {
        if !self.unread.contains_key(name) {
            self.error(Fault::Missing, ["body".into(), name.into()]);
        }
        self.optional(name, check).unwrap_or_default()
    }

    fn optional<'a, T>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(Value) -> Result<T, Fault<'a>>,
    ) -> Option<T> {
        // `remove` would put the last of the unread members in this one's place.
        let checked = check(self.unread.shift_remove(name)?);
        checked
            .map_err(|fault| self.error(fault, ["body".into(), name.into()]))
            .ok()
    }

    fn nullable<'a, T>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(Value) -> Result<T, Fault<'a>>,
    ) -> Option<T> {
        self.optional(name, |value| {
            if value.is_null() {
                Ok(None)
            } else {
                check(value).map(Some)
            }
        })
        .flatten()
    }

    fn item<T>(
        &mut self,
        name: &'static str,
        index: usize,
        checked: Result<T, Fault<'_>>,
    ) -> Option<T> {
        checked
            .map_err(|fault| self.error(fault, ["body".into(), name.into(), Loc::Index(index)]))
            .ok()
    }

    /// Parameters among the other members.
    fn others(&mut self) -> Vec<(String, String)> {
        let mut others = Vec::new();
        for (name, value) in mem::take(&mut self.unread) {
            match value {
                _ if !is_parameter_name(&name) => {}
                Value::Null => {}
                Value::String(text) => others.push((name, text)),
                // A repeated parameter is a list in JSON.
                Value::Array(items) if REPEATABLE.contains(&name.as_str()) => {
                    for (index, item) in items.into_iter().enumerate() {
                        match item {
                            Value::String(text) => others.push((name.clone(), text)),
                            _ => {
                                let name = Loc::Name(Cow::Owned(name.clone()));
                                let loc = ["body".into(), name, Loc::Index(index)];
                                self.error(Fault::NoString, loc);
                            }
                        }
                    }
                }
                _ => {
                    let loc = ["body".into(), Loc::Name(Cow::Owned(name))];
                    self.error(Fault::NoString, loc);
                }
            }
        }
        others
    }

    fn finish<T>(mut self, request: T) -> Result<T, ValidationErrors> {
        if self.errors.is_empty() {
            return Ok(request);
        }
        if self.has_more_errors {
            self.errors.truncate(MOST_ERRORS - 1);
            self.errors.push(Fault::MoreErrors.at(["body".into()]));
        }
        Err(ValidationErrors(self.errors))
    }
}

/// `param-name = 1*name-char` (RFC 6749 §8.2). The limit prevents responses from echoing long names.
fn is_parameter_name(name: &str) -> bool {
    let is_name_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_name_char)
}

#[cfg(test)]
mod tests;
