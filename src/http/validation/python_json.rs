//! JSON as parsed by Python's `json.loads`, which FastAPI uses for bodies. serde_json cannot replace it: it does not
//! know `NaN`, and reports the position of an error in lines and columns of bytes.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// Maximum nesting of lists and objects, the same as in serde_json; Python's own limit is about 950.
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
    let valid = |error: std::str::Utf8Error| String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
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

/// Text of `chars`, or the position of the first invalid one; `rest` is an incomplete one at the end.
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
    /// The first one. Reported only if the text has no other error, since Python accepts it.
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
                low @ 0xDC00..0xE000 => code = 0x1_0000 + ((code & 0x3FF) << 10) + (low & 0x3FF),
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

/// Number of bytes at the start of `text` that are a number (RFC 8259 §6), ignoring the rest.
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
