//! A client secret as a request carries it (RFC 6749 §2.3.1).

use crate::domain::secret::Secret;

/// A client secret as a request carries it.
pub(super) struct SentSecret {
    /// Decoded as in the standard.
    secret: Secret,
    /// The bytes before form-decoding, where they differ. RFC 6749 §2.3.1 wants the secret form-encoded,
    /// and many clients (`curl -u`) send it as it is: the two are one guess.
    raw: Option<Secret>,
}

impl SentSecret {
    pub(super) fn exact(secret: Secret) -> Self {
        Self { secret, raw: None }
    }

    /// Password of HTTP Basic. A percent sign without a valid escape shows that it was not encoded.
    pub(super) fn of_basic(password: &str) -> Self {
        match form_decode(password) {
            Some(decoded) if decoded != password => Self {
                secret: Secret::new(decoded),
                raw: Some(Secret::new(password)),
            },
            _ => Self::exact(Secret::new(password)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.secret.is_empty()
    }

    pub(super) fn readings(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.secret).chain(&self.raw)
    }
}

/// Decodes one form-encoded text; two hexadecimal digits must follow each percent sign.
pub(super) fn form_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}
