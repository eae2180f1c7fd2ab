//! Protocol errors. Status and `error` follow only from [`ErrorCode`].

use std::{borrow::Cow, fmt};

use crate::{store::StoreError, trace::Reason};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// RFC 6749 §5.2, §4.1.2.1
    InvalidRequest,
    /// RFC 6749 §5.2
    InvalidClient,
    /// RFC 6749 §5.2
    InvalidGrant,
    /// RFC 6749 §5.2, §4.1.2.1
    UnauthorizedClient,
    /// RFC 6749 §5.2
    UnsupportedGrantType,
    /// RFC 6749 §5.2, §4.1.2.1
    InvalidScope,
    /// RFC 6749 §4.1.2.1; also of the delegation policy
    AccessDenied,
    /// RFC 6749 §4.1.2.1
    UnsupportedResponseType,
    /// RFC 6749 §4.1.2.1
    ServerError,
    /// RFC 6749 §4.1.2.1
    TemporarilyUnavailable,
    /// RFC 6749 §4.1.2.1: the server reads and cannot write
    CannotStore,
    /// Too many wrong guesses (RFC 6585 §4; the word is RFC 8628 §3.5's)
    SlowDown,
    /// RFC 8628 §3.5: the device polls faster than it was told to
    PollingTooFast,
    /// RFC 8628 §3.5: the user did not allow the device
    DeviceDenied,
    /// RFC 8628 §3.5
    AuthorizationPending,
    /// RFC 8628 §3.5
    ExpiredToken,
    /// RFC 8693 §2.2.2, RFC 8707 §2
    InvalidTarget,
    /// RFC 9449 §5
    InvalidDpopProof,
    /// RFC 9449 §8
    UseDpopNonce,
    /// RFC 7591 §3.2.2
    InvalidRedirectUri,
    /// RFC 7591 §3.2.2
    InvalidClientMetadata,
    /// The body is larger than any request needs (RFC 9110 §15.5.14)
    RequestTooLarge,
    /// The body did not come in time (RFC 9110 §15.5.9)
    RequestTimeout,
    /// RFC 6750 §3.1
    InvalidToken,
    /// RFC 6750 §3.1
    InsufficientScope,
    /// RFC 7009 §2.2.1
    UnsupportedTokenType,
    /// OIDC Core §3.1.2.6
    LoginRequired,
    /// OIDC Core §3.1.2.6
    ConsentRequired,
    /// OIDC Core §3.1.2.6
    InteractionRequired,
    /// OIDC Core §3.1.2.6
    AccountSelectionRequired,
    /// OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2
    UnmetAuthenticationRequirements,
    /// OIDC Core §3.1.2.6, RFC 9101 §7
    InvalidRequestUri,
    /// OIDC Core §3.1.2.6, RFC 9101 §7
    InvalidRequestObject,
    /// OIDC Core §3.1.2.6
    RequestNotSupported,
    /// OIDC Core §3.1.2.6
    RequestUriNotSupported,
    /// OIDC Core §3.1.2.6
    RegistrationNotSupported,
    /// Ours: the server has no administrator yet and is reachable from elsewhere
    SetupRequired,
}

impl ErrorCode {
    /// The value of the `error` parameter.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorCode::InvalidRequest | ErrorCode::RequestTooLarge | ErrorCode::RequestTimeout => {
                "invalid_request"
            }
            ErrorCode::InvalidClient => "invalid_client",
            ErrorCode::InvalidGrant => "invalid_grant",
            ErrorCode::UnauthorizedClient => "unauthorized_client",
            ErrorCode::UnsupportedGrantType => "unsupported_grant_type",
            ErrorCode::InvalidScope => "invalid_scope",
            ErrorCode::AccessDenied | ErrorCode::DeviceDenied => "access_denied",
            ErrorCode::UnsupportedResponseType => "unsupported_response_type",
            ErrorCode::ServerError => "server_error",
            ErrorCode::TemporarilyUnavailable | ErrorCode::CannotStore => "temporarily_unavailable",
            ErrorCode::SlowDown | ErrorCode::PollingTooFast => "slow_down",
            ErrorCode::AuthorizationPending => "authorization_pending",
            ErrorCode::ExpiredToken => "expired_token",
            ErrorCode::InvalidTarget => "invalid_target",
            ErrorCode::InvalidDpopProof => "invalid_dpop_proof",
            ErrorCode::UseDpopNonce => "use_dpop_nonce",
            ErrorCode::InvalidRedirectUri => "invalid_redirect_uri",
            ErrorCode::InvalidClientMetadata => "invalid_client_metadata",
            ErrorCode::InvalidToken => "invalid_token",
            ErrorCode::InsufficientScope => "insufficient_scope",
            ErrorCode::UnsupportedTokenType => "unsupported_token_type",
            ErrorCode::LoginRequired => "login_required",
            ErrorCode::ConsentRequired => "consent_required",
            ErrorCode::InteractionRequired => "interaction_required",
            ErrorCode::AccountSelectionRequired => "account_selection_required",
            ErrorCode::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            ErrorCode::InvalidRequestUri => "invalid_request_uri",
            ErrorCode::InvalidRequestObject => "invalid_request_object",
            ErrorCode::RequestNotSupported => "request_not_supported",
            ErrorCode::RequestUriNotSupported => "request_uri_not_supported",
            ErrorCode::RegistrationNotSupported => "registration_not_supported",
            ErrorCode::SetupRequired => "setup_required",
        }
    }

    /// Whether it only tells the client to retry: a response, not an event to record.
    pub const fn is_routine(self) -> bool {
        matches!(
            self,
            ErrorCode::AuthorizationPending | ErrorCode::PollingTooFast | ErrorCode::UseDpopNonce
        )
    }

    /// HTTP status if the response is not a redirect.
    pub const fn status(self) -> u16 {
        match self {
            ErrorCode::InvalidClient | ErrorCode::InvalidToken => 401,
            ErrorCode::AccessDenied | ErrorCode::InsufficientScope => 403,
            ErrorCode::RequestTimeout => 408,
            ErrorCode::RequestTooLarge => 413,
            ErrorCode::SlowDown => 429,
            ErrorCode::ServerError => 500,
            ErrorCode::TemporarilyUnavailable
            | ErrorCode::CannotStore
            | ErrorCode::SetupRequired => 503,
            _ => 400,
        }
    }

    /// HTTP status of an endpoint that is called with an access token, where an invalid proof is a failed
    /// authentication (RFC 9449 §7.1, §9).
    pub const fn status_at_resource(self) -> u16 {
        match self {
            ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => 401,
            other => other.status(),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Details of an error in addition to `error` and its text.
#[derive(Clone, Debug, Default)]
pub struct Why {
    pub reason: Option<Reason>,
    /// Value that was sent, if it is not a secret.
    pub sent: Option<String>,
    /// Accepted values; any one would have passed.
    pub expected: Vec<String>,
}

/// OAuth error. `description` is safe to show and contains no secret of the caller; `detail` is only for the log.
#[derive(Clone, Debug)]
pub struct OAuthError {
    pub code: ErrorCode,
    pub description: Cow<'static, str>,
    pub detail: Option<String>,
    /// Seconds after which the same request may succeed.
    pub retry_after: Option<u32>,
    /// The scope that was lacking (RFC 6750 §3).
    pub scope: Option<String>,
    /// For the developer or administrator; never sent.
    pub why: Option<Box<Why>>,
}

impl OAuthError {
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description.into(),
            detail: None,
            retry_after: None,
            scope: None,
            why: None,
        }
    }

    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    pub fn invalid_token(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidToken, description)
    }

    /// The server cannot decide now and can soon (RFC 9110 §15.6.4).
    pub fn busy() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(
                ErrorCode::TemporarilyUnavailable,
                "The server is busy. Try again in a moment.",
            )
        }
    }

    /// The server reads and cannot write: a full disk, a displaced or damaged file. The cause is for its operator.
    pub fn cannot_store() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(
                ErrorCode::CannotStore,
                "The server cannot save changes at the moment. Try again later.",
            )
        }
    }

    /// The request was valid, but there were too many.
    pub fn too_many_requests(seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                ErrorCode::SlowDown,
                format!("Too many requests. Try again in {seconds} seconds."),
            )
        }
    }

    pub fn slow_down(seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                ErrorCode::SlowDown,
                format!("Too many failed attempts. Try again in {seconds} seconds."),
            )
        }
    }
}

impl OAuthError {
    /// Replaces the text of the reason with a more specific one.
    pub fn saying(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Adds the sent value and the accepted ones. Neither can be a secret.
    pub fn comparing(
        mut self,
        sent: Option<&str>,
        expected: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let why = self.why.get_or_insert_default();
        why.sent = Some(sent.unwrap_or_default().to_owned());
        why.expected = expected.into_iter().map(Into::into).collect();
        self
    }
}

impl OAuthError {
    /// The `error_description`: %x20-21 / %x23-5B / %x5D-7E (RFC 6749 §4.1.2.1, §5.2).
    pub fn text(&self) -> String {
        let allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
        self.description
            .chars()
            .map(|c| match c {
                '§' => "section ".to_owned(),
                '"' => "'".to_owned(),
                c if allowed(c) => c.to_string(),
                _ => "?".to_owned(),
            })
            .collect()
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description)
    }
}

impl std::error::Error for OAuthError {}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        let mut refusal = if error.is_lack_of_storage() {
            Self::cannot_store()
        } else if error.is_temporary() {
            Self::busy()
        } else {
            Self::new(ErrorCode::ServerError, "Internal error.")
        };
        refusal.detail = Some(error.to_string());
        refusal
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    // A client is told what is the matter, and nothing of the file: that is for the log.
    #[test]
    fn a_server_that_cannot_store_says_so_and_names_no_file() {
        let io = || io::Error::other("/srv/keyfob.db: I/O error").to_string();
        let lack = "The server cannot save changes at the moment. Try again later.";
        let busy = "The server is busy. Try again in a moment.";
        for (error, code, description) in [
            (StoreError::DiskFull, ErrorCode::CannotStore, lack),
            (StoreError::Damaged(io()), ErrorCode::CannotStore, lack),
            (StoreError::Failed(io()), ErrorCode::CannotStore, lack),
            (
                StoreError::NoDescriptor,
                ErrorCode::TemporarilyUnavailable,
                busy,
            ),
            (
                StoreError::Overloaded,
                ErrorCode::TemporarilyUnavailable,
                busy,
            ),
            (StoreError::Stopped, ErrorCode::TemporarilyUnavailable, busy),
        ] {
            let detail = error.to_string();
            let refusal = OAuthError::from(error);
            assert_eq!(refusal.code, code);
            assert_eq!(
                (code.as_str(), code.status()),
                ("temporarily_unavailable", 503)
            );
            assert_eq!(refusal.description, description);
            assert_eq!(refusal.text(), description);
            assert!(refusal.retry_after.is_some());
            assert_eq!(refusal.detail, Some(detail));
        }
    }
}
