//! Proof Key for Code Exchange, S256 only (RFC 7636; OAuth 2.1 §4.1.1).

/// An S256 `code_challenge`: base64url of a SHA-256, so always 43 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

/// A `code_verifier`, RFC 7636 §4.1: 43 to 128 unreserved characters.
pub struct CodeVerifier<'a>(&'a str);

impl CodeChallenge {
    /// The challenge, if the text can be one.
    ///
    /// ```
    /// # use keyfob::domain::pkce::CodeChallenge;
    /// // RFC 7636, appendix B
    /// assert!(CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").is_some());
    /// assert!(CodeChallenge::parse("too short").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        (text.len() == 43 && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> CodeVerifier<'a> {
    /// The verifier, if the text can be one.
    ///
    /// ```
    /// # use keyfob::domain::pkce::CodeVerifier;
    /// assert!(CodeVerifier::parse(&"a".repeat(43)).is_some());
    /// assert!(CodeVerifier::parse(&"a".repeat(42)).is_none());
    /// assert!(CodeVerifier::parse(&"a".repeat(129)).is_none());
    /// assert!(CodeVerifier::parse(&"+".repeat(43)).is_none());
    /// ```
    pub fn parse(text: &'a str) -> Option<Self> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
        ((43..=128).contains(&text.len()) && text.bytes().all(allowed)).then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        self.0
    }
}
