//! Answer to each reason of a refusal: one table.

use super::error::{ErrorCode, OAuthError, Why};
use crate::trace::Reason;

/// `error` and text of a refusal for this reason. Where more can be said than that, [`OAuthError::saying`] puts
/// another text in its place.
#[rustfmt::skip]
const fn answer(reason: Reason) -> (ErrorCode, &'static str) {
    use ErrorCode as Code;
    match reason {
        Reason::ClientMissing => (Code::InvalidRequest, "the parameter client_id is missing"),
        Reason::ClientUnknown => (Code::InvalidRequest, "client_id names no client of this server"),
        Reason::RedirectUriNotRegistered => (Code::InvalidRequest, "redirect_uri is not registered for this client"),
        Reason::RedirectUriMissing =>
            (Code::InvalidRequest, "redirect_uri is missing and the client has not exactly one registered"),
        Reason::ResponseModeUnknown => (Code::InvalidRequest, "response_mode must be query or form_post"),
        Reason::ParameterMissing => (Code::InvalidRequest, "a parameter is missing"),
        Reason::ParameterRepeated => (Code::InvalidRequest, "a parameter was sent more than once"),
        Reason::ResponseTypeNotCode => (Code::UnsupportedResponseType, "response_type must be code"),
        Reason::GrantNotRegistered => (Code::UnauthorizedClient, "the client is not registered for this grant"),
        Reason::ScopeNotAllowed => (Code::InvalidScope, "the client may have none of these scopes"),
        Reason::ScopeMalformed => (Code::InvalidScope, "the scope is malformed"),
        Reason::ScopeExceeds => (Code::InvalidScope, "this was not granted"),
        Reason::ResourceUnknown => (Code::InvalidTarget, "the client may ask for no such resource (RFC 8707 §2)"),
        Reason::PkceMissing => (Code::InvalidRequest, "code_challenge is missing: PKCE with S256 is required"),
        Reason::PkceNotS256 => (Code::InvalidRequest, "code_challenge_method must be S256"),
        Reason::PkceMalformed =>
            (Code::InvalidRequest, "code_challenge must be 43 characters of base64url (RFC 7636 §4.2)"),
        Reason::PushRequired => (Code::InvalidRequest, "the client must push its authorization requests (RFC 9126 §6)"),
        Reason::SignatureRequired =>
            (Code::InvalidRequest, "the client must sign its authorization requests (RFC 9101 §10.5)"),
        Reason::PromptUnknown => (Code::InvalidRequest, "prompt holds a word that is not known"),
        Reason::PromptNoneNotAlone => (Code::InvalidRequest, "prompt none stands alone (OIDC Core §3.1.2.1)"),
        Reason::MaxAgeMalformed => (Code::InvalidRequest, "max_age must be a number of seconds"),
        Reason::IdTokenHintUnusable => (Code::InvalidRequest, "id_token_hint is no ID token of this server"),
        Reason::LoginRequired => (Code::LoginRequired, "the user is not signed in"),
        Reason::ConsentRequired => (Code::ConsentRequired, "the user has not allowed this yet"),
        Reason::UserDenied => (Code::AccessDenied, "the user did not allow it"),
        Reason::RequestUriUnknown =>
            (Code::InvalidRequestUri, "request_uri names no request that this client has pushed"),
        Reason::RequestUriExpired => (Code::InvalidRequestUri, "the pushed request has expired"),
        Reason::RequestUriUsed => (Code::InvalidRequestUri, "the pushed request has been answered already"),
        Reason::ClientUnnamed =>
            (Code::InvalidClient, "the request names no client: send client_id, or HTTP Basic credentials"),
        // RFC 6749 §5.2: a failed authentication reads the same whatever was wrong.
        Reason::ClientNotHere | Reason::SecretWrong | Reason::AuthMethodWrong =>
            (Code::InvalidClient, "client authentication failed"),
        Reason::AuthMethodTwice =>
            (Code::InvalidRequest, "use one client authentication method only (RFC 6749 §2.3)"),
        Reason::GrantTypeUnknown => (Code::UnsupportedGrantType, "the server does not know this grant_type"),
        // One text for a code that is unknown, someone else's or spoilt: it tells a thief nothing.
        Reason::CodeUnknown | Reason::CodeOfAnotherClient =>
            (Code::InvalidGrant, "the code is unknown, expired, already used, or was given to another client"),
        Reason::CodeUsedTwice | Reason::RefreshTokenUsedTwice =>
            (Code::InvalidGrant, "it was used before, and all that came of it has ended"),
        Reason::CodeExpired => (Code::InvalidGrant, "the code has expired"),
        Reason::RedirectUriDiffers =>
            (Code::InvalidGrant, "redirect_uri differs from that of the authorization request"),
        Reason::VerifierMissing => (Code::InvalidGrant, "the parameter code_verifier is missing (RFC 7636 §4.5)"),
        Reason::VerifierMalformed => (
            Code::InvalidRequest,
            "code_verifier must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 §4.1)",
        ),
        Reason::VerifierWrong | Reason::VerifierIsChallenge =>
            (Code::InvalidGrant, "code_verifier does not match the code_challenge (RFC 7636 §4.6)"),
        Reason::VerifierUnasked => (Code::InvalidGrant, "code_verifier was sent though no code_challenge was"),
        Reason::PermissionEnded => (Code::InvalidGrant, "the permission has been revoked"),
        Reason::UserGone => (Code::InvalidGrant, "the user is disabled"),
        Reason::RefreshTokenUnknown => (Code::InvalidGrant, "the refresh token is unknown, expired, revoked, or was given to another client"),
        Reason::RefreshTokenExpired => (Code::InvalidGrant, "the refresh token has expired"),
        Reason::DeviceCodeUnknown => (Code::InvalidGrant, "the device_code is unknown, already used, or was given to another client"),
        Reason::DeviceCodeExpired => (Code::ExpiredToken, "the device_code has expired: start again"),
        Reason::DeviceDenied => (Code::DeviceDenied, "the user did not allow the device"),
        Reason::DevicePending => (Code::AuthorizationPending, "the user has not decided yet"),
        Reason::DeviceTooFast => (Code::PollingTooFast, "wait between two polls"),
        Reason::TokenUnreadable =>
            (Code::InvalidToken, "the access token is malformed or was not signed by this server"),
        Reason::TokenExpired => (Code::InvalidToken, "the access token has expired"),
        Reason::TokenRevoked => (Code::InvalidToken, "the access token has been revoked"),
        Reason::ScopeLacking => (Code::InsufficientScope, "the access token lacks a scope"),
        Reason::OriginNotRegistered => (Code::InvalidRequest, "the page that asked may not read the answer"),
    }
}

impl From<Reason> for OAuthError {
    fn from(reason: Reason) -> Self {
        let (code, description) = answer(reason);
        let why = Why {
            reason: Some(reason),
            ..Why::default()
        };
        Self {
            why: Some(Box::new(why)),
            ..Self::new(code, description)
        }
    }
}
