//! Response for each failure reason: one table.

use super::error::{ErrorCode, OAuthError, Why};
use crate::trace::Reason;

/// `error` and text for this reason. [`OAuthError::saying`] replaces the text with a more specific one.
#[rustfmt::skip]
const fn answer(reason: Reason) -> (ErrorCode, &'static str) {
    use ErrorCode as Code;
    match reason {
        Reason::ClientMissing => (Code::InvalidRequest, "The parameter client_id is required."),
        Reason::ClientUnknown => (Code::InvalidRequest, "Unknown client_id."),
        Reason::RedirectUriNotRegistered => (Code::InvalidRequest, "redirect_uri is not registered for this client."),
        Reason::RedirectUriMissing =>
            (Code::InvalidRequest, "redirect_uri is required unless the client has exactly one registered."),
        Reason::ResponseModeUnknown => (Code::InvalidRequest, "response_mode must be query, fragment or form_post."),
        Reason::ParameterMissing => (Code::InvalidRequest, "A parameter is missing."),
        Reason::ParameterRepeated => (Code::InvalidRequest, "A parameter was sent more than once."),
        Reason::ResponseTypeNotCode => (
            Code::UnsupportedResponseType,
            "response_type must be code. The implicit and hybrid flows are not supported (OAuth 2.1 §10.1).",
        ),
        Reason::GrantNotRegistered => (Code::UnauthorizedClient, "The client is not allowed to use this grant type."),
        Reason::ScopeNotAllowed => (Code::InvalidScope, "None of the requested scopes is allowed for this client."),
        Reason::ScopeMalformed => (Code::InvalidScope, "The scope is malformed."),
        Reason::ScopeExceeds => (Code::InvalidScope, "The requested scope was not granted."),
        Reason::ResourceUnknown => (Code::InvalidTarget, "The resource is not registered or not allowed for this client (RFC 8707 §2)."),
        Reason::PkceMissing => (Code::InvalidRequest, "code_challenge is required (PKCE with S256)."),
        Reason::PkceNotS256 => (Code::InvalidRequest, "code_challenge_method must be S256."),
        Reason::PkceMalformed =>
            (Code::InvalidRequest, "code_challenge must be 43 base64url characters (RFC 7636 §4.2)."),
        Reason::PushRequired => (Code::InvalidRequest, "This client must use pushed authorization requests (RFC 9126 §6)."),
        Reason::SignatureRequired =>
            (Code::InvalidRequest, "This client must use signed request objects (RFC 9101 §10.5)."),
        Reason::PromptUnknown => (Code::InvalidRequest, "prompt contains an unknown value."),
        Reason::PromptNoneNotAlone => (Code::InvalidRequest, "prompt=none cannot be combined with other values (OIDC Core §3.1.2.1)."),
        Reason::MaxAgeMalformed => (Code::InvalidRequest, "max_age must be a number of seconds."),
        Reason::IdTokenHintUnusable => (Code::InvalidRequest, "id_token_hint is not an ID token issued by this server."),
        Reason::LoginRequired => (Code::LoginRequired, "The user is not signed in."),
        Reason::ConsentRequired => (Code::ConsentRequired, "The user has not consented yet."),
        Reason::UserDenied => (Code::AccessDenied, "The user denied access."),
        Reason::RequestUriUnknown =>
            (Code::InvalidRequestUri, "request_uri is unknown for this client."),
        Reason::RequestUriExpired => (Code::InvalidRequestUri, "The pushed request has expired."),
        Reason::RequestUriUsed => (Code::InvalidRequestUri, "The pushed request has already been used."),
        Reason::ClientUnnamed =>
            (Code::InvalidClient, "client_id is required. Send client_id or HTTP Basic credentials."),
        // RFC 6749 §5.2: a failed authentication reads the same whatever was wrong.
        Reason::ClientNotHere | Reason::SecretWrong | Reason::AuthMethodWrong =>
            (Code::InvalidClient, "Client authentication failed."),
        Reason::AuthMethodTwice =>
            (Code::InvalidRequest, "Only one client authentication method can be used per request (RFC 6749 §2.3)."),
        Reason::GrantTypeUnknown => (Code::UnsupportedGrantType, "This grant_type is not supported."),
        // The same text for a code that is unknown, malformed or of another client, so that a thief learns nothing.
        Reason::CodeUnknown | Reason::CodeOfAnotherClient =>
            (Code::InvalidGrant, "The authorization code is invalid, expired, already used, or was issued to another client."),
        Reason::CodeUsedTwice =>
            (Code::InvalidGrant, "The authorization code was already used. Its grant has been revoked."),
        Reason::RefreshTokenUsedTwice =>
            (Code::InvalidGrant, "The refresh token was already used. Its grant has been revoked."),
        Reason::CodeExpired => (Code::InvalidGrant, "The authorization code has expired."),
        Reason::RedirectUriDiffers =>
            (Code::InvalidGrant, "redirect_uri does not match the authorization request."),
        Reason::VerifierMissing => (Code::InvalidGrant, "code_verifier is required (RFC 7636 §4.5)."),
        Reason::VerifierMalformed => (
            Code::InvalidRequest,
            "code_verifier must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 §4.1).",
        ),
        Reason::VerifierWrong | Reason::VerifierIsChallenge =>
            (Code::InvalidGrant, "code_verifier does not match the code_challenge (RFC 7636 §4.6)."),
        Reason::VerifierUnasked => (Code::InvalidGrant, "code_verifier was sent, but the authorization request had no code_challenge."),
        Reason::PermissionEnded => (Code::InvalidGrant, "The grant has been revoked."),
        Reason::UserGone => (Code::InvalidGrant, "The user is disabled."),
        Reason::RefreshTokenUnknown => (Code::InvalidGrant, "The refresh token is invalid, expired, revoked, or was issued to another client."),
        Reason::RefreshTokenExpired => (Code::InvalidGrant, "The refresh token has expired."),
        Reason::DeviceCodeUnknown => (Code::InvalidGrant, "The device_code is invalid, already used, or was issued to another client."),
        Reason::DeviceCodeExpired => (Code::ExpiredToken, "The device_code has expired. Start again."),
        Reason::DeviceDenied => (Code::DeviceDenied, "The user denied access to the device."),
        Reason::DevicePending => (Code::AuthorizationPending, "The user has not responded yet."),
        Reason::DeviceTooFast => (Code::PollingTooFast, "Polling too fast. Wait longer between requests."),
        Reason::TokenUnreadable =>
            (Code::InvalidToken, "The access token is malformed or was not signed by this server."),
        Reason::TokenExpired => (Code::InvalidToken, "The access token has expired."),
        Reason::TokenRevoked => (Code::InvalidToken, "The access token has been revoked."),
        Reason::ScopeLacking => (Code::InsufficientScope, "The access token does not have a required scope."),
        Reason::OriginNotRegistered => (Code::InvalidRequest, "CORS: this origin is not allowed to read the response."),
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
