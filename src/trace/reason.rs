//! Every reason that has an explanation: one table.

/// Reasons of failures, more precise than the `error` for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    ClientMissing,
    ClientUnknown,
    RedirectUriNotRegistered,
    RedirectUriMissing,
    ResponseModeUnknown,
    ParameterMissing,
    ParameterRepeated,
    ResponseTypeNotCode,
    GrantNotRegistered,
    ScopeNotAllowed,
    ScopeMalformed,
    ScopeExceeds,
    ResourceUnknown,
    PkceMissing,
    PkceNotS256,
    PkceMalformed,
    PushRequired,
    SignatureRequired,
    PromptUnknown,
    PromptNoneNotAlone,
    MaxAgeMalformed,
    IdTokenHintUnusable,
    LoginRequired,
    ConsentRequired,
    UserDenied,
    RequestUriUnknown,
    RequestUriExpired,
    RequestUriUsed,
    ClientUnnamed,
    ClientNotHere,
    SecretWrong,
    AuthMethodWrong,
    AuthMethodTwice,
    GrantTypeUnknown,
    CodeUnknown,
    CodeOfAnotherClient,
    CodeUsedTwice,
    CodeExpired,
    RedirectUriDiffers,
    VerifierMissing,
    VerifierMalformed,
    VerifierWrong,
    VerifierIsChallenge,
    VerifierUnasked,
    PermissionEnded,
    UserGone,
    RefreshTokenUnknown,
    RefreshTokenUsedTwice,
    RefreshTokenExpired,
    DeviceCodeUnknown,
    DeviceCodeExpired,
    DeviceDenied,
    DevicePending,
    DeviceTooFast,
    TokenUnreadable,
    TokenExpired,
    TokenRevoked,
    ScopeLacking,
    OriginNotRegistered,
}

/// For the developer or administrator.
pub struct Explanation {
    pub reason: Reason,
    /// Stable code of the reason, for programs.
    pub code: &'static str,
    /// Section of the standard.
    pub standard: &'static str,
    /// Suggested fix, in one sentence.
    pub fix: &'static str,
}

const fn row(
    reason: Reason,
    code: &'static str,
    standard: &'static str,
    fix: &'static str,
) -> Explanation {
    Explanation {
        reason,
        code,
        standard,
        fix,
    }
}

#[rustfmt::skip]
pub static CATALOGUE: &[Explanation] = &[
    row(Reason::ClientMissing, "client_missing", "RFC 6749 §4.1.1",
        "Send client_id with the request."),
    row(Reason::ClientUnknown, "client_unknown", "RFC 6749 §4.1.2.1",
        "Check client_id for a typo, or create the client on this server."),
    row(Reason::RedirectUriNotRegistered, "redirect_uri_not_registered", "RFC 9700 §4.1.3",
        "Add this redirect URI to the client, or send one that is registered. It must match character for character."),
    row(Reason::RedirectUriMissing, "redirect_uri_missing", "RFC 6749 §3.1.2.3",
        "Send redirect_uri. It can be left out only if the client has exactly one, and the scope openid is not requested."),
    row(Reason::ResponseModeUnknown, "response_mode_unknown", "OAuth 2.0 Multiple Response Types §2.1",
        "Send response_mode=query, fragment or form_post, or omit it."),
    row(Reason::ParameterMissing, "parameter_missing", "RFC 6749 §3.1",
        "Send the missing parameter. An empty value is treated as missing."),
    row(Reason::ParameterRepeated, "parameter_repeated", "RFC 6749 §3.1",
        "Send each parameter once."),
    row(Reason::ResponseTypeNotCode, "response_type_not_code", "OAuth 2.1 §10.1",
        "Send response_type=code, and give the client library the secret. In express-openid-connect, set clientSecret and authorizationParams.response_type."),
    row(Reason::GrantNotRegistered, "grant_not_registered", "RFC 6749 §5.2",
        "Add this grant type to the client, or use one it has."),
    row(Reason::ScopeNotAllowed, "scope_not_allowed", "RFC 6749 §3.3",
        "Request scopes allowed for the client, or add them to the client."),
    row(Reason::ScopeMalformed, "scope_malformed", "RFC 6749 §3.3",
        "Separate scope names with single spaces."),
    row(Reason::ScopeExceeds, "scope_exceeds", "RFC 6749 §6",
        "Request only what was granted at sign-in, or have the user sign in again with the wider scope."),
    row(Reason::ResourceUnknown, "resource_unknown", "RFC 8707 §2",
        "Create the API on this server and allow it for the client, or send the URI exactly as registered."),
    row(Reason::PkceMissing, "pkce_missing", "RFC 7636 §4.3",
        "Turn on PKCE (S256) in the client library. If it has no such option and the client is confidential, turn on nonce, or set require_pkce to false for the client."),
    row(Reason::PkceNotS256, "pkce_not_s256", "RFC 7636 §4.3",
        "Send code_challenge_method=S256. Without it the method is plain, which is unsafe."),
    row(Reason::PkceMalformed, "pkce_malformed", "RFC 7636 §4.2",
        "Send BASE64URL(SHA256(code_verifier)) without padding: 43 characters."),
    row(Reason::PushRequired, "push_required", "RFC 9126 §6",
        "Push the request to /par first, or turn off require_pushed_authorization_requests for the client."),
    row(Reason::SignatureRequired, "signature_required", "RFC 9101 §10.5",
        "Send a signed request object in the parameter request, or turn off require_signed_request_object for the client."),
    row(Reason::PromptUnknown, "prompt_unknown", "OIDC Core §3.1.2.1",
        "Send prompt with the values none, login, consent or select_account."),
    row(Reason::PromptNoneNotAlone, "prompt_none_not_alone", "OIDC Core §3.1.2.1",
        "Do not combine prompt=none with other values."),
    row(Reason::MaxAgeMalformed, "max_age_malformed", "OIDC Core §3.1.2.1",
        "Send max_age as a whole number of seconds."),
    row(Reason::IdTokenHintUnusable, "id_token_hint_unusable", "OIDC Core §3.1.2.1",
        "Send an ID token that this server issued to this client. It may be expired."),
    row(Reason::LoginRequired, "login_required", "OIDC Core §3.1.2.6",
        "Send the user here without prompt=none so that they can sign in."),
    row(Reason::ConsentRequired, "consent_required", "OIDC Core §3.1.2.6",
        "Send the user here once without prompt=none, or turn off require_consent for the client."),
    row(Reason::UserDenied, "user_denied", "RFC 6749 §4.1.2.1",
        "No fix needed. The user chose Deny."),
    row(Reason::RequestUriUnknown, "request_uri_unknown", "RFC 9126 §4",
        "Use the request_uri exactly as returned by /par to this client."),
    row(Reason::RequestUriExpired, "request_uri_expired", "RFC 9126 §2.2",
        "Push the request again and redirect the browser immediately."),
    row(Reason::RequestUriUsed, "request_uri_used", "RFC 9126 §7.3",
        "Send a new request to /par for every sign-in."),
    row(Reason::ClientUnnamed, "client_unnamed", "RFC 6749 §3.2.1",
        "Send client_id in the form body, or HTTP Basic credentials."),
    row(Reason::ClientNotHere, "client_not_here", "RFC 6749 §5.2",
        "Check client_id for a typo. No client has this id, or the client is disabled."),
    row(Reason::SecretWrong, "secret_wrong", "RFC 6749 §2.3.1",
        "Copy the client secret again or create a new one. With HTTP Basic, form-encode the id and the secret first."),
    row(Reason::AuthMethodWrong, "auth_method_wrong", "RFC 6749 §2.3",
        "Use the client's token_endpoint_auth_method, or change it."),
    row(Reason::AuthMethodTwice, "auth_method_twice", "RFC 6749 §2.3",
        "Send HTTP Basic or client_secret in the form, not both."),
    row(Reason::GrantTypeUnknown, "grant_type_unknown", "RFC 6749 §5.2",
        "Send a grant_type listed in grant_types_supported of the server metadata."),
    row(Reason::CodeUnknown, "code_unknown", "RFC 6749 §5.2",
        "Send the code exactly as received in the redirect, URL-decoded once."),
    row(Reason::CodeOfAnotherClient, "code_of_another_client", "RFC 6749 §5.2",
        "Redeem the code with the client_id that started the sign-in."),
    row(Reason::CodeUsedTwice, "code_used_twice", "RFC 6749 §4.1.2",
        "Redeem each code once. Look for a second request, such as a page that loads twice. The grant has been revoked."),
    row(Reason::CodeExpired, "code_expired", "RFC 6749 §4.1.2",
        "Redeem the code immediately, or increase authorization_code_lifetime."),
    row(Reason::RedirectUriDiffers, "redirect_uri_differs", "RFC 6749 §4.1.3",
        "Send the redirect_uri of the authorization request, or leave it out."),
    row(Reason::VerifierMissing, "verifier_missing", "RFC 7636 §4.5",
        "Send the code_verifier that the code_challenge was derived from. Keep it until the browser returns."),
    row(Reason::VerifierMalformed, "verifier_malformed", "RFC 7636 §4.1",
        "Send a code_verifier of 43 to 128 characters: A-Z a-z 0-9 - . _ ~"),
    row(Reason::VerifierWrong, "verifier_wrong", "RFC 7636 §4.6",
        "Send the code_verifier of this sign-in, not of another tab or an earlier attempt."),
    row(Reason::VerifierIsChallenge, "verifier_is_challenge", "RFC 7636 §4.6",
        "The code_challenge was sent as code_verifier. Send the original random string."),
    row(Reason::VerifierUnasked, "verifier_unasked", "RFC 9700 §2.1.1",
        "Send code_challenge with the authorization request, or leave out code_verifier."),
    row(Reason::PermissionEnded, "permission_ended", "RFC 6749 §5.2",
        "Have the user sign in again. The grant was revoked or has expired."),
    row(Reason::UserGone, "user_gone", "RFC 6749 §5.2",
        "Have the user sign in again. If that fails, check whether the user is disabled."),
    row(Reason::RefreshTokenUnknown, "refresh_token_unknown", "RFC 6749 §5.2",
        "Send the latest refresh token, with the client it was issued to."),
    row(Reason::RefreshTokenUsedTwice, "refresh_token_used_twice", "RFC 9700 §4.14.2",
        "Store the new refresh token from every response, and refresh from one process at a time. The grant has been revoked."),
    row(Reason::RefreshTokenExpired, "refresh_token_expired", "RFC 6749 §5.2",
        "Have the user sign in again, or increase refresh_token_idle_lifetime."),
    row(Reason::DeviceCodeUnknown, "device_code_unknown", "RFC 8628 §3.4",
        "Send the device_code unchanged and redeem it once."),
    row(Reason::DeviceCodeExpired, "device_code_expired", "RFC 8628 §3.5",
        "Request new codes and show them to the user."),
    row(Reason::DeviceDenied, "device_denied", "RFC 8628 §3.5",
        "No fix needed. The user denied access."),
    row(Reason::DevicePending, "device_pending", "RFC 8628 §3.5",
        "No fix needed. Poll again after the interval."),
    row(Reason::DeviceTooFast, "device_too_fast", "RFC 8628 §3.5",
        "Wait for the interval between requests, plus 5 seconds after each slow_down."),
    row(Reason::TokenUnreadable, "token_unreadable", "RFC 6750 §3.1",
        "Send an access token issued by this server, not an ID token or a token of another server."),
    row(Reason::TokenExpired, "token_expired", "RFC 6750 §3.1",
        "Refresh the access token or get a new one before it expires."),
    row(Reason::TokenRevoked, "token_revoked", "RFC 6750 §3.1",
        "Have the user sign in again. The token was revoked or its client was deleted."),
    row(Reason::ScopeLacking, "scope_lacking", "RFC 6750 §3.1",
        "Request this scope at sign-in."),
    row(Reason::OriginNotRegistered, "origin_not_registered", "Fetch §3.2",
        "Add this origin to the client's cors_origins so that its pages can read responses."),
];

pub fn explanation(reason: Reason) -> Option<&'static Explanation> {
    CATALOGUE.iter().find(|row| row.reason == reason)
}

/// URL of a section; `None` if it has no URL of its own.
pub fn link(standard: &str) -> Option<String> {
    let (name, section) = standard.split_once(" §")?;
    if let Some(number) = name.strip_prefix("RFC ") {
        return Some(format!(
            "https://www.rfc-editor.org/rfc/rfc{number}#section-{section}"
        ));
    }
    let page = match name {
        "OIDC Core" => "https://openid.net/specs/openid-connect-core-1_0.html",
        "OAuth 2.1" => "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1",
        "OAuth 2.0 Multiple Response Types" => {
            "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html"
        }
        "Fetch" => "https://fetch.spec.whatwg.org/#http-cors-protocol",
        _ => return None,
    };
    Some(page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_once_and_its_section_can_be_read() {
        for (at, row) in CATALOGUE.iter().enumerate() {
            let twice = CATALOGUE[at + 1..]
                .iter()
                .any(|other| other.reason == row.reason || other.code == row.code);
            assert!(!twice, "{}", row.code);
            assert!(link(row.standard).is_some(), "{}", row.standard);
            assert!(row.fix.ends_with(['.', '~']), "{}", row.code);
        }
    }
}
