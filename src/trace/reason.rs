//! Every reason that has an explanation: one table.

/// Why, more precisely than the `error` may say to whoever asked.
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

/// What is told to whoever has to mend it.
pub struct Explanation {
    pub reason: Reason,
    /// What programs know it by.
    pub code: &'static str,
    /// Where the rule stands.
    pub standard: &'static str,
    /// What to do, in one sentence.
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
        "Send the client's client_id with the request."),
    row(Reason::ClientUnknown, "client_unknown", "RFC 6749 §4.1.2.1",
        "Check client_id for a slip, or register the client at this server."),
    row(Reason::RedirectUriNotRegistered, "redirect_uri_not_registered", "RFC 9700 §4.1.3",
        "Register this address for the client, or send the one that is registered: it must match character for character."),
    row(Reason::RedirectUriMissing, "redirect_uri_missing", "RFC 6749 §3.1.2.3",
        "Send redirect_uri: the client has not exactly one address registered."),
    row(Reason::ResponseModeUnknown, "response_mode_unknown", "OAuth 2.0 Multiple Response Types §2.1",
        "Send response_mode=query or form_post, or leave it out."),
    row(Reason::ParameterMissing, "parameter_missing", "RFC 6749 §3.1",
        "Send the parameter that is missing; an empty one is as if it were not there."),
    row(Reason::ParameterRepeated, "parameter_repeated", "RFC 6749 §3.1",
        "Send each parameter once."),
    row(Reason::ResponseTypeNotCode, "response_type_not_code", "OAuth 2.1 §10.1",
        "Send response_type=code: the implicit and hybrid flows are not safe and are not served."),
    row(Reason::GrantNotRegistered, "grant_not_registered", "RFC 6749 §5.2",
        "Add this grant to the client's grant_types, or use one it has."),
    row(Reason::ScopeNotAllowed, "scope_not_allowed", "RFC 6749 §3.3",
        "Ask for scopes that the client is registered for, or add them to the client."),
    row(Reason::ScopeMalformed, "scope_malformed", "RFC 6749 §3.3",
        "Separate the names in scope by single spaces."),
    row(Reason::ScopeExceeds, "scope_exceeds", "RFC 6749 §6",
        "Ask for no more than was granted at the sign-in, or let the user sign in again with the wider scope."),
    row(Reason::ResourceUnknown, "resource_unknown", "RFC 8707 §2",
        "Register the resource at this server and allow it for the client, or send the URI as it is registered."),
    row(Reason::PkceMissing, "pkce_missing", "RFC 7636 §4.3",
        "Switch on PKCE in the client library: send code_challenge and code_challenge_method=S256."),
    row(Reason::PkceNotS256, "pkce_not_s256", "RFC 7636 §4.3",
        "Send code_challenge_method=S256; plain, which is also meant when it is left out, is not safe."),
    row(Reason::PkceMalformed, "pkce_malformed", "RFC 7636 §4.2",
        "Send BASE64URL(SHA256(code_verifier)) without padding: 43 characters."),
    row(Reason::PushRequired, "push_required", "RFC 9126 §6",
        "Push the request to /par first, or switch off require_pushed_authorization_requests for the client."),
    row(Reason::SignatureRequired, "signature_required", "RFC 9101 §10.5",
        "Send the request as a signed object in request, or switch off require_signed_request_object for the client."),
    row(Reason::PromptUnknown, "prompt_unknown", "OIDC Core §3.1.2.1",
        "Send prompt with the words none, login, consent or select_account."),
    row(Reason::PromptNoneNotAlone, "prompt_none_not_alone", "OIDC Core §3.1.2.1",
        "Send prompt=none alone."),
    row(Reason::MaxAgeMalformed, "max_age_malformed", "OIDC Core §3.1.2.1",
        "Send max_age as a whole number of seconds."),
    row(Reason::IdTokenHintUnusable, "id_token_hint_unusable", "OIDC Core §3.1.2.1",
        "Send an ID token that this server gave this client; it may have expired."),
    row(Reason::LoginRequired, "login_required", "OIDC Core §3.1.2.6",
        "Send the user here without prompt=none, so that the sign-in page can be shown."),
    row(Reason::ConsentRequired, "consent_required", "OIDC Core §3.1.2.6",
        "Send the user here once without prompt=none, or switch off require_consent for the client."),
    row(Reason::UserDenied, "user_denied", "RFC 6749 §4.1.2.1",
        "Nothing is wrong: the user pressed Cancel."),
    row(Reason::RequestUriUnknown, "request_uri_unknown", "RFC 9126 §4",
        "Use the request_uri that this client got from /par, as it is."),
    row(Reason::RequestUriExpired, "request_uri_expired", "RFC 9126 §2.2",
        "Push the request anew and send the browser at once."),
    row(Reason::RequestUriUsed, "request_uri_used", "RFC 9126 §7.3",
        "Push a new request for every sign-in."),
    row(Reason::ClientUnnamed, "client_unnamed", "RFC 6749 §3.2.1",
        "Send client_id in the form, or HTTP Basic credentials."),
    row(Reason::ClientNotHere, "client_not_here", "RFC 6749 §5.2",
        "Check client_id for a slip: no client of this name is registered, or it is disabled."),
    row(Reason::SecretWrong, "secret_wrong", "RFC 6749 §2.3.1",
        "Copy the client's secret again, or make a new one; with HTTP Basic both halves are form-encoded first."),
    row(Reason::AuthMethodWrong, "auth_method_wrong", "RFC 6749 §2.3",
        "Authenticate in the way the client is registered for, or change its token_endpoint_auth_method."),
    row(Reason::AuthMethodTwice, "auth_method_twice", "RFC 6749 §2.3",
        "Use either HTTP Basic or client_secret in the form, not both."),
    row(Reason::GrantTypeUnknown, "grant_type_unknown", "RFC 6749 §5.2",
        "Send a grant_type that the metadata lists under grant_types_supported."),
    row(Reason::CodeUnknown, "code_unknown", "RFC 6749 §5.2",
        "Send the code exactly as it came in the redirect, decoded once."),
    row(Reason::CodeOfAnotherClient, "code_of_another_client", "RFC 6749 §5.2",
        "Redeem the code with the same client_id that began the sign-in."),
    row(Reason::CodeUsedTwice, "code_used_twice", "RFC 6749 §4.1.2",
        "Redeem each code once: look for a second request, such as a page that is loaded twice. All that came of the first has ended."),
    row(Reason::CodeExpired, "code_expired", "RFC 6749 §4.1.2",
        "Redeem the code at once, or raise authorization_code_lifetime."),
    row(Reason::RedirectUriDiffers, "redirect_uri_differs", "RFC 6749 §4.1.3",
        "Send the redirect_uri of the authorization request, or leave it out."),
    row(Reason::VerifierMissing, "verifier_missing", "RFC 7636 §4.5",
        "Send the code_verifier from which the challenge was made; keep it while the browser is away."),
    row(Reason::VerifierMalformed, "verifier_malformed", "RFC 7636 §4.1",
        "Send a verifier of 43 to 128 characters of A-Z a-z 0-9 - . _ ~"),
    row(Reason::VerifierWrong, "verifier_wrong", "RFC 7636 §4.6",
        "Send the original verifier: that of this very sign-in, not of another tab or an earlier try."),
    row(Reason::VerifierIsChallenge, "verifier_is_challenge", "RFC 7636 §4.6",
        "The challenge itself was sent as verifier. Send the original random string."),
    row(Reason::VerifierUnasked, "verifier_unasked", "RFC 9700 §2.1.1",
        "Send code_challenge with the authorization request as well, or no verifier."),
    row(Reason::PermissionEnded, "permission_ended", "RFC 6749 §5.2",
        "Let the user sign in again: the permission was taken back, or its time is over."),
    row(Reason::UserGone, "user_gone", "RFC 6749 §5.2",
        "Let the user sign in again; if that is refused, look whether the user is disabled."),
    row(Reason::RefreshTokenUnknown, "refresh_token_unknown", "RFC 6749 §5.2",
        "Send the newest refresh token, to the client it was given to."),
    row(Reason::RefreshTokenUsedTwice, "refresh_token_used_twice", "RFC 9700 §4.14.2",
        "Keep the new refresh token of every answer, and let one process at a time refresh. The whole login has ended."),
    row(Reason::RefreshTokenExpired, "refresh_token_expired", "RFC 6749 §5.2",
        "Let the user sign in again, or raise refresh_token_idle_lifetime."),
    row(Reason::DeviceCodeUnknown, "device_code_unknown", "RFC 8628 §3.4",
        "Send the device_code as it came, and redeem it once."),
    row(Reason::DeviceCodeExpired, "device_code_expired", "RFC 8628 §3.5",
        "Ask for new codes and show them to the user."),
    row(Reason::DeviceDenied, "device_denied", "RFC 8628 §3.5",
        "Nothing is wrong: the user did not allow the device."),
    row(Reason::DevicePending, "device_pending", "RFC 8628 §3.5",
        "Ask again after the interval: the user has not decided yet."),
    row(Reason::DeviceTooFast, "device_too_fast", "RFC 8628 §3.5",
        "Wait for the interval between two requests, and 5 seconds more after each slow_down."),
    row(Reason::TokenUnreadable, "token_unreadable", "RFC 6750 §3.1",
        "Send an access token of this server as it was issued, not an ID token and not one of another server."),
    row(Reason::TokenExpired, "token_expired", "RFC 6750 §3.1",
        "Refresh the access token, or get a new one, before it has expired."),
    row(Reason::TokenRevoked, "token_revoked", "RFC 6750 §3.1",
        "Let the user sign in again: the token was revoked or its client is gone."),
    row(Reason::ScopeLacking, "scope_lacking", "RFC 6750 §3.1",
        "Ask for this scope at the sign-in."),
    row(Reason::OriginNotRegistered, "origin_not_registered", "Fetch §3.2",
        "Add this origin to the client: its pages may then read the answers."),
];

pub fn explanation(reason: Reason) -> Option<&'static Explanation> {
    CATALOGUE.iter().find(|row| row.reason == reason)
}

/// Where a section can be read; `None` for a text that has no address of its own.
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
