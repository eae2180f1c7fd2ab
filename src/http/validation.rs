//! The contract's JSON bodies: how they are read, and what is said about one that is not as it should
//! be. Everything follows FastAPI 0.165 on pydantic 2.14 (status 422, `loc`, `msg`, `type`, order),
//! except that nothing of what the caller sent is repeated: there is no `input` and no `ctx`.

use std::{borrow::Cow, fmt, mem};

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};

use crate::domain::time_zone::TimeZone;

/// The body of a 422: `{"detail":[…]}`, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationErrors(pub Vec<ValidationError>);

/// One thing wrong with a body: where, in words for a person, and in a word for a program.
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
    /// `"body"`, or a member's name. Owned where the name is the caller's own.
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
    /// The parameters that the contract does not know, in the order sent, each name once.
    pub others: Vec<(String, String)>,
}

/// The contract's `DelegatedTokenRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedTokenRequest {
    pub sub: String,
    /// In the order sent, repetitions included. `None` asks for all that may be delegated.
    pub scopes: Option<Vec<String>>,
    pub team_id: Option<String>,
}

/// The JSON object in `body`. A number that is not finite, which Python's JSON may hold, stands as the
/// largest finite one: what matters is that it is a number.
pub fn parse_object(
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Map<String, Value>, ValidationErrors> {
    let error = if body.is_empty() {
        Fault::Missing.at(["body".into()])
    } else if !content_type.is_some_and(is_json) {
        Fault::NoObject.at(["body".into()])
    } else {
        match python_json::parse(body) {
            Ok(Value::Object(object)) => return Ok(object),
            Ok(_) => Fault::NoObject.at(["body".into()]),
            Err(position) => Fault::MalformedJson.at(["body".into(), Loc::Index(position)]),
        }
    };
    Err(ValidationErrors(vec![error]))
}

/// Whether FastAPI reads a body of this type as JSON: `application/json` or `application/…+json`,
/// whatever the case and the parameters.
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

/// Reads a token request, or says everything that is wrong with it, in the contract's order of members.
///
/// Any other member is a parameter that the contract does not know: a string, or null, which is as good
/// as absent. One whose name could be no OAuth parameter is ignored, as pydantic ignores all of them.
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

/// Reads a request to act for someone, or says everything that is wrong with it. Members that the
/// contract does not know are ignored.
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

/// All that can be wrong with a body or a member.
enum Fault<'a> {
    Missing,
    MalformedJson,
    NoObject,
    NoString,
    NoList,
    EmptyString,
    NoTimeZone,
    NoneOf(&'a [&'a str]),
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
            Fault::NoString => ("string_type", "Input should be a valid string"),
            Fault::NoList => ("list_type", "Input should be a valid list"),
            Fault::EmptyString => (
                "string_too_short",
                "String should have at least 1 character",
            ),
            Fault::NoTimeZone => ("TimeZoneName", "Invalid timezone name."),
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
    errors: Vec<ValidationError>,
}

impl Members {
    fn of(object: Map<String, Value>) -> Self {
        Self {
            unread: object,
            errors: Vec::new(),
        }
    }

    /// What stands under `name`; where that is nothing or wrong, a stand-in that `finish` lets nobody see.
    fn required<'a, T: Default>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(Value) -> Result<T, Fault<'a>>,
    ) -> T {
        if !self.unread.contains_key(name) {
            self.errors
                .push(Fault::Missing.at(["body".into(), name.into()]));
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
            .map_err(|fault| self.errors.push(fault.at(["body".into(), name.into()])))
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
        let loc = || ["body".into(), name.into(), Loc::Index(index)];
        checked
            .map_err(|fault| self.errors.push(fault.at(loc())))
            .ok()
    }

    /// The parameters among the members that nobody asked for by name.
    fn others(&mut self) -> Vec<(String, String)> {
        let mut others = Vec::new();
        for (name, value) in mem::take(&mut self.unread) {
            match value {
                _ if !is_parameter_name(&name) => {}
                Value::Null => {}
                Value::String(text) => others.push((name, text)),
                _ => {
                    let loc = ["body".into(), Loc::Name(Cow::Owned(name))];
                    self.errors.push(Fault::NoString.at(loc));
                }
            }
        }
        others
    }

    fn finish<T>(self, request: T) -> Result<T, ValidationErrors> {
        if self.errors.is_empty() {
            Ok(request)
        } else {
            Err(ValidationErrors(self.errors))
        }
    }
}

/// RFC 6749 §8.2: `param-name = 1*name-char`. The bound keeps an answer from being used as an echo.
fn is_parameter_name(name: &str) -> bool {
    let is_name_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_name_char)
}

mod python_json {
    //! JSON as Python's `json.loads` reads it, which is what FastAPI reads a body with. serde_json cannot
    //! stand in for it: it knows no `NaN`, and where an error is it tells in lines and columns of bytes.

    use std::borrow::Cow;

    use serde_json::{Map, Number, Value};

    /// How deep lists and objects may nest; Python's own bound lies near 950. serde_json has the same.
    const MAX_DEPTH: usize = 128;

    const NOT_FINITE: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

    /// The value of the one JSON text in `body`, or the character at which reading it failed. Of members
    /// of the same name the last counts. A surrogate without its other half is malformed here, because no
    /// text in Rust can hold it; Python takes it.
    pub(super) fn parse(body: &[u8]) -> Result<Value, usize> {
        let text = decode(body)?;
        let mut reader = Reader {
            text: &text,
            at: 0,
            depth: 0,
            lone_surrogate: None,
        };
        reader.document().map_err(|at| text[..at].chars().count())
    }

    /// The text as `json.loads` decodes bytes: UTF-8, unless a byte order mark or the places of the zero
    /// bytes speak for UTF-16 or UTF-32.
    fn decode(body: &[u8]) -> Result<Cow<'_, str>, usize> {
        match body {
            [0x00, 0x00, 0xFE, 0xFF, text @ ..] => utf_32(text, u32::from_be_bytes),
            [0xFF, 0xFE, 0x00, 0x00, text @ ..] => utf_32(text, u32::from_le_bytes),
            [0xFE, 0xFF, text @ ..] => utf_16(text, u16::from_be_bytes),
            [0xFF, 0xFE, text @ ..] => utf_16(text, u16::from_le_bytes),
            [0xEF, 0xBB, 0xBF, text @ ..] => utf_8(text),
            [0, 0, _, _, ..] => utf_32(body, u32::from_be_bytes),
            [0, _] | [0, _, _, _, ..] => utf_16(body, u16::from_be_bytes),
            [_, 0, 0, 0, ..] => utf_32(body, u32::from_le_bytes),
            [_, 0] | [_, 0, _, _, ..] => utf_16(body, u16::from_le_bytes),
            _ => utf_8(body),
        }
    }

    fn utf_8(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        let valid =
            |error: std::str::Utf8Error| String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|error| valid(error).chars().count())
    }

    fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, usize> {
        let (units, rest) = bytes.as_chunks();
        let units = units.iter().map(|bytes| unit(*bytes));
        collect(char::decode_utf16(units).map(Result::ok), rest)
    }

    fn utf_32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Result<Cow<'_, str>, usize> {
        let (units, rest) = bytes.as_chunks();
        collect(units.iter().map(|bytes| char::from_u32(unit(*bytes))), rest)
    }

    /// The text of `chars`, or the place of the first that is none; `rest` is what made no whole one.
    fn collect<'a>(
        chars: impl Iterator<Item = Option<char>>,
        rest: &[u8],
    ) -> Result<Cow<'a, str>, usize> {
        let truncated = (!rest.is_empty()).then_some(None);
        let numbered = chars.chain(truncated).enumerate();
        numbered
            .map(|(position, char)| char.ok_or(position))
            .collect::<Result<_, _>>()
            .map(Cow::Owned)
    }

    /// Every error is the byte of `text` at which Python would raise `JSONDecodeError`.
    struct Reader<'t> {
        text: &'t str,
        at: usize,
        depth: usize,
        /// The first one. It is told only of a text that has no other fault, as Python sees none in it.
        lone_surrogate: Option<usize>,
    }

    impl<'t> Reader<'t> {
        fn document(&mut self) -> Result<Value, usize> {
            let value = self.value()?;
            self.skip_white_space();
            if self.at < self.text.len() {
                return Err(self.at);
            }
            self.lone_surrogate.map_or(Ok(value), Err)
        }

        fn value(&mut self) -> Result<Value, usize> {
            match self.peek() {
                Some(b'"') => self.string().map(Value::String),
                Some(b'{' | b'[') if self.depth == MAX_DEPTH => Err(self.at),
                Some(b'{') => self.nested(Self::object),
                Some(b'[') => self.nested(Self::list),
                _ => self.literal().or_else(|| self.number()).ok_or(self.at),
            }
        }

        fn nested(&mut self, read: fn(&mut Self) -> Result<Value, usize>) -> Result<Value, usize> {
            self.depth += 1;
            self.at += 1;
            let value = read(self);
            self.depth -= 1;
            value
        }

        fn object(&mut self) -> Result<Value, usize> {
            let mut members = Map::new();
            if self.take(b'}') {
                return Ok(members.into());
            }
            loop {
                if self.peek() != Some(b'"') {
                    return Err(self.at);
                }
                let name = self.string()?;
                self.expect(b':')?;
                members.insert(name, self.value()?);
                if self.take(b'}') {
                    return Ok(members.into());
                }
                self.expect(b',')?;
            }
        }

        fn list(&mut self) -> Result<Value, usize> {
            let mut items = Vec::new();
            if self.take(b']') {
                return Ok(items.into());
            }
            loop {
                items.push(self.value()?);
                if self.take(b']') {
                    return Ok(items.into());
                }
                self.expect(b',')?;
            }
        }

        /// The string whose opening quote is next.
        fn string(&mut self) -> Result<String, usize> {
            let opening = self.at;
            let mut text = String::new();
            self.at += 1;
            loop {
                let rest = self.rest();
                let special = |byte| matches!(byte, b'"' | b'\\' | 0x00..=0x1F);
                let plain = rest.bytes().position(special).ok_or(opening)?;
                text.push_str(&rest[..plain]);
                self.at += plain;
                match rest.as_bytes()[plain] {
                    b'"' => break,
                    b'\\' => text.push(self.escape(opening)?),
                    _control_character => return Err(self.at),
                }
            }
            self.at += 1;
            Ok(text)
        }

        fn escape(&mut self, opening: usize) -> Result<char, usize> {
            let backslash = self.at;
            let letter = *self.text.as_bytes().get(backslash + 1).ok_or(opening)?;
            self.at += 2;
            match letter {
                b'"' | b'\\' | b'/' => Ok(char::from(letter)),
                b'b' => Ok('\u{8}'),
                b'f' => Ok('\u{C}'),
                b'n' => Ok('\n'),
                b'r' => Ok('\r'),
                b't' => Ok('\t'),
                b'u' => self.code_point(),
                _ => Err(backslash),
            }
        }

        /// The character whose four digits, after `\u`, are next; where they are the first half of a
        /// surrogate pair, with its second half.
        fn code_point(&mut self) -> Result<char, usize> {
            let escape = self.at - 1;
            let mut code = self.four_digits()?;
            if matches!(code, 0xD800..0xDC00) && self.rest().starts_with("\\u") {
                let second = self.at;
                self.at += 2;
                match self.four_digits()? {
                    low @ 0xDC00..0xE000 => {
                        code = 0x1_0000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
                    }
                    _ => self.at = second,
                }
            }
            Ok(char::from_u32(code).unwrap_or_else(|| {
                self.lone_surrogate.get_or_insert(escape);
                char::REPLACEMENT_CHARACTER
            }))
        }

        fn four_digits(&mut self) -> Result<u32, usize> {
            let digit = |code, byte: &u8| Some(code << 4 | char::from(*byte).to_digit(16)?);
            // A fifth character, the closing quote at the least, must follow, or Python blames the `u`.
            let digits = self.rest().as_bytes().get(..5).map(|five| &five[..4]);
            let code = digits.and_then(|digits| digits.iter().try_fold(0, digit));
            let code = code.ok_or(self.at - 1)?;
            self.at += 4;
            Ok(code)
        }

        fn literal(&mut self) -> Option<Value> {
            let literals = [
                ("null", Value::Null),
                ("true", true.into()),
                ("false", false.into()),
            ];
            let (text, value) = literals
                .into_iter()
                .find(|(text, _)| self.rest().starts_with(text))?;
            self.at += text.len();
            Some(value)
        }

        fn number(&mut self) -> Option<Value> {
            let rest = self.rest();
            let not_finite = NOT_FINITE.into_iter().find(|name| rest.starts_with(name));
            let length = not_finite
                .map(str::len)
                .or_else(|| number_length(rest.as_bytes()))?;
            let text = &rest[..length];
            self.at += length;
            if let Ok(integer) = text.parse::<i64>() {
                return Some(integer.into());
            }
            let float = text.parse().ok()?;
            Some(Number::from_f64(float).map_or(f64::MAX.into(), Value::Number))
        }

        fn rest(&self) -> &'t str {
            &self.text[self.at..]
        }

        fn skip_white_space(&mut self) {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        }

        /// The first byte of the next token.
        fn peek(&mut self) -> Option<u8> {
            self.skip_white_space();
            self.text.as_bytes().get(self.at).copied()
        }

        fn take(&mut self, byte: u8) -> bool {
            let is_next = self.peek() == Some(byte);
            self.at += usize::from(is_next);
            is_next
        }

        fn expect(&mut self, byte: u8) -> Result<(), usize> {
            if self.take(byte) {
                Ok(())
            } else {
                Err(self.at)
            }
        }
    }

    /// How many bytes at the start of `text` are a number of RFC 8259 §6; what follows is left alone.
    fn number_length(text: &[u8]) -> Option<usize> {
        let digits = |from: usize| {
            text[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        };
        let minus = usize::from(text.starts_with(b"-"));
        let mut length = minus
            + match text.get(minus)? {
                b'0' => 1,
                b'1'..=b'9' => digits(minus),
                _ => return None,
            };
        if text.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if let Some(b'e' | b'E') = text.get(length) {
            let sign = usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JSON: Option<&str> = Some("application/json");
    const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];
    const SCOPES: [&str; 3] = ["openid", "profile", "email"];

    fn token(content_type: Option<&str>, body: &[u8]) -> Result<TokenRequest, ValidationErrors> {
        token_request(parse_object(content_type, body)?, &GRANT_TYPES)
    }

    fn delegated(
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<DelegatedTokenRequest, ValidationErrors> {
        delegated_token_request(parse_object(content_type, body)?, &SCOPES)
    }

    /// The 422 body for a request to `path`, null for a good one.
    fn answer(path: &str, content_type: Option<&str>, body: &[u8]) -> Value {
        let errors = match path.rsplit('/').next() {
            Some("token") => token(content_type, body).err(),
            Some("delegated-token") => delegated(content_type, body).err(),
            _ => panic!("no JSON body at {path}"),
        };
        json!(errors)
    }

    /// What is wrong with a body of a token request, as `place type` each.
    fn faults(body: impl AsRef<[u8]>) -> String {
        faults_of(token(JSON, body.as_ref()))
    }

    fn faults_of<T>(result: Result<T, ValidationErrors>) -> String {
        let errors = result.err().map_or_else(Vec::new, |errors| errors.0);
        let fault = |error: &ValidationError| {
            let step = |loc: &Loc| match loc {
                Loc::Name(name) => name.to_string(),
                Loc::Index(index) => index.to_string(),
            };
            let place: Vec<String> = error.loc.iter().map(step).collect();
            format!("{} {}", place.join("."), error.kind)
        };
        errors.iter().map(fault).collect::<Vec<_>>().join(", ")
    }

    /// Whether `found` is what the contract's case says, in which `*` stands for any text or number.
    fn matches(said: &Value, found: &Value) -> bool {
        match (said, found) {
            (Value::String(said), _) if said == "*" => true,
            (Value::String(said), Value::String(found)) => match said.strip_suffix('*') {
                Some(start) => found.starts_with(start),
                None => said == found,
            },
            (Value::Array(said), Value::Array(found)) => {
                said.len() == found.len() && said.iter().zip(found).all(|(s, f)| matches(s, f))
            }
            (Value::Object(said), Value::Object(found)) => {
                let has =
                    |(name, value)| found.get(name).is_some_and(|found| matches(value, found));
                said.len() == found.len() && said.iter().all(has)
            }
            _ => said == found,
        }
    }

    #[test]
    fn the_contracts_cases_get_the_contracts_answers() {
        let contract: Value =
            serde_json::from_str(include_str!("../../tests/contract/validation-cases.json"))
                .unwrap();
        let cases = contract["cases"].as_array().unwrap();
        let answered: Vec<_> = cases.iter().filter(|case| case["status"] == 422).collect();
        assert_eq!(answered.len(), 36);
        for case in answered {
            let (path, body) = (
                case["path"].as_str().unwrap(),
                case["body"].as_str().unwrap(),
            );
            let found = answer(path, case["content_type"].as_str(), body.as_bytes());
            let said = json!({"detail": case["detail"]});
            assert!(matches(&said, &found), "{}: {found}", case["name"]);
        }
    }

    #[test]
    fn a_body_is_json_by_its_content_type() {
        let json = [
            "application/json",
            "APPLICATION/JSON",
            " application/json ; charset=utf-8",
            "application/json;",
            "application/problem+json",
            "application/+json",
            "application/x+JSON; a=b",
        ];
        for content_type in json {
            let faults = faults_of(token(Some(content_type), b"{}"));
            assert_eq!(faults, "body.grant_type missing", "{content_type:?}");
        }
        let not_json = [
            "",
            "json",
            "text/json",
            "application/jsonp",
            "application/ json",
            "application /json",
            "application/json/x",
            "application/a/x+json",
            "application/json, text/plain",
            "application/json charset=utf-8",
            "application/x+json+xml",
            ";application/json",
        ];
        for content_type in not_json {
            let faults = faults_of(token(Some(content_type), b"{}"));
            assert_eq!(faults, "body model_attributes_type", "{content_type:?}");
        }
        assert_eq!(faults_of(token(None, b"{}")), "body model_attributes_type");
        assert_eq!(faults_of(token(None, b"")), "body missing");
    }

    #[test]
    fn malformed_json_is_told_with_the_character_at_which_python_stops() {
        let rows: [(&[u8], usize); 42] = [
            (b" ", 1),
            (b"tru", 0),
            (b"-", 0),
            (b"\x0b{}", 0),
            (b"{}\x00", 2),
            (b"{} {}", 3),
            (b"[1,]", 3),
            (b"[\"a\" 1]", 5),
            (b"{1:1}", 1),
            (b"{\"a\" 1}", 5),
            (b"{\"a\":1,}", 7),
            (b"{\"a\":1 \"b\":1}", 7),
            (b"{\"a\":01}", 6),
            (b"{\"a\":1.}", 6),
            (b"{\"a\":1e+}", 6),
            (b"{\"a\":.5}", 5),
            (b"{\"a\":+1}", 5),
            (b"{\"a\":-}", 5),
            (b"{\"a\":-NaN}", 5),
            (b"{\"a\":-Infinit}", 5),
            (b"\"x", 0),
            (b"\"x\\", 0),
            (b"[\"a\x01b\"]", 3),
            (b"[\"a\nb\"]", 3),
            (b"[\"\\x\"]", 2),
            (b"[\"\\u12\"]", 3),
            (b"[\"\\u+123\"]", 3),
            (b"[\"\\u1234", 3),
            (b"[\"\\ud83d\\u00", 9),
            // In characters, not bytes.
            ("[\"é€😀\",}".as_bytes(), 7),
            // The byte order mark does not count.
            (b"\xef\xbb\xbf[,", 1),
            (b"\xef\xbb\xbf", 0),
            (b"[\0,\0", 1),
            (b"\xff\xfe[\0,\0", 1),
            // A lone surrogate, which Python takes, and after it a fault that Python sees first.
            (b"[\"\\ud800\"]", 3),
            (b"[\"\\ud83d\\ud83d\\ude00\"]", 3),
            (b"[\"\\ude00\\ud83d\"]", 3),
            (b"{\"\\ud800\":1}", 3),
            (b"[\"\\ud800\",]", 10),
            // Bytes that are no text; FastAPI answers 400.
            (b"[\"\xc3\xa9\xff\"]", 3),
            (b"[\"\xed\xa0\x80\"]", 2),
            (b"[\0\x00\xd8]\0", 1),
        ];
        for (body, position) in rows {
            let said = format!("body.{position} json_invalid");
            assert_eq!(faults(body), said, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn what_python_takes_for_json_is_taken() {
        let numbers = [
            "7",
            "-0",
            "1.5",
            "1E+5",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e999",
            "-1e999",
        ];
        for number in numbers
            .map(String::from)
            .into_iter()
            .chain(["9".repeat(5000)])
        {
            let body = format!(r#"{{"grant_type": {number}, "code": {number}, "tz": {number}}}"#);
            let said = "body.grant_type enum, body.code string_type, body.tz string_type";
            assert_eq!(faults(body), said);
        }
        let good = r#" {"grant_type": "x", "grant_type" : "refresh_token", "code":"\ud83d\ude00\/\u00e9"} "#;
        let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf_32: Vec<u8> = good
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect();
        let marked = format!("\u{FEFF}{good}");
        for body in [good.as_bytes(), marked.as_bytes(), &utf_16, &utf_32] {
            let request = token(JSON, body).unwrap();
            assert_eq!(request.grant_type, "refresh_token");
            assert_eq!(request.code.as_deref(), Some("😀/é"));
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"grant_type":"refresh_token","<>":{open}{close}}}"#)
        };
        assert_eq!(faults(nested(127)), "");
        assert_eq!(faults(nested(128)), "body.162 json_invalid");
        assert_eq!(faults(nested(100_000)), "body.162 json_invalid");
        assert_eq!(faults("[".repeat(100_000)), "body.128 json_invalid");
    }

    #[test]
    fn a_good_token_request_is_read_in_full() {
        let body = br#"{"resource": "r", "tz": "Asia/Tokyo", "client_id": "c", "code": "", "state": null,
            "grant_type": "authorization_code", "client_secret": null, "a b": 1, "": 1, "redirect_uri": ""}"#;
        let request = token(JSON, body).unwrap();
        assert_eq!(request.grant_type, "authorization_code");
        assert_eq!(request.client_id.as_deref(), Some("c"));
        assert_eq!(request.code.as_deref(), Some(""));
        assert_eq!(request.client_secret, None);
        assert_eq!(
            (request.tz.as_str(), request.tz_given),
            ("Asia/Tokyo", true)
        );
        let others = [("resource", "r"), ("redirect_uri", "")];
        assert_eq!(
            request.others,
            others.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );

        let request = token(JSON, br#"{"grant_type": "refresh_token"}"#).unwrap();
        assert_eq!((request.tz, request.tz_given), (TimeZone::DEFAULT, false));
        assert_eq!(request.others, []);
    }

    #[test]
    fn a_good_delegated_token_request_is_read_in_full() {
        let body =
            br#"{"sub": "", "scopes": ["email", "openid", "email"], "team_id": "t", "x": 1}"#;
        let said = DelegatedTokenRequest {
            sub: String::new(),
            scopes: Some(["email", "openid", "email"].map(String::from).to_vec()),
            team_id: Some("t".to_owned()),
        };
        assert_eq!(delegated(JSON, body), Ok(said));
        let nulls = delegated(JSON, br#"{"sub": "u", "scopes": null, "team_id": null}"#).unwrap();
        assert_eq!((nulls.scopes, nulls.team_id), (None, None));
    }

    #[test]
    fn every_fault_is_told_in_the_order_of_the_schema() {
        let body = br#"{"team_id": 1, "scopes": ["x", "openid", null, {}, true, NaN]}"#;
        let said = "body.sub missing, body.scopes.0 enum, body.scopes.2 enum, body.scopes.3 enum, \
                    body.scopes.4 enum, body.scopes.5 enum, body.team_id string_type";
        assert_eq!(faults_of(delegated(JSON, body)), said);
        let body = r#"{"x-1": [], "tz": "", "dup": 1, "code": {}, "ok": "", "dup": 2}"#;
        let said = "body.grant_type missing, body.code string_type, body.tz string_too_short, \
                    body.x-1 string_type, body.dup string_type";
        assert_eq!(faults(body), said);
    }

    #[test]
    fn an_enum_names_its_words_as_python_does() {
        let rows: [(&[&str], &str); 4] = [
            (&["a"], "'a'"),
            (&["a", "b"], "'a' or 'b'"),
            (&["a", "b", "c"], "'a', 'b' or 'c'"),
            (&["it's", "b"], r#""it's" or 'b'"#),
        ];
        for (words, said) in rows {
            let object = parse_object(JSON, br#"{"sub": "u", "scopes": ["z"]}"#).unwrap();
            let ValidationErrors(errors) = delegated_token_request(object, words).unwrap_err();
            assert_eq!(errors[0].msg, format!("Input should be {said}"));
        }
    }

    #[test]
    fn nothing_the_caller_sent_is_repeated() {
        let long = "S3CRET".repeat(11);
        let body = format!(
            r#"{{"grant_type": "S3CRET", "tz": "S3CRET", "code": ["S3CRET"], "S3CRET ": 1, "{long}": 1}}"#
        );
        let found = answer("/token", JSON, body.as_bytes()).to_string();
        assert_eq!(found.matches("\"loc\"").count(), 3);
        assert!(!found.contains("S3CRET"), "{found}");

        let body = br#"{"grant_type": "refresh_token", "code": "S3CRET", "client_secret": "S3CRET",
            "refresh_token": "S3CRET", "code_verifier": "S3CRET", "client_assertion": "S3CRET"}"#;
        let shown = format!("{:?}", token(JSON, body).unwrap());
        assert!(
            shown.contains("refresh_token") && !shown.contains("S3CRET"),
            "{shown}"
        );
    }
}
