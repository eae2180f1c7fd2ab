//! In which order the checks of a request are made, so that it can be told which of them it passed.

use crate::{domain::grant_type::GrantType, oauth::authorize::checks::CHECKS};

const AUTHORIZE_BEFORE: &[&str] = &["parameters", "client_id", "request_uri", "redirect_uri"];
const AUTHORIZE_AFTER: &[&str] = &["sign-in", "consent"];
const CLIENT: &[&str] = &["parameters", "client authentication"];
const TOKEN: &[&str] = &["grant_type", "grant of the client", "DPoP proof"];

/// The checks of the endpoint at this path, in their order; empty for one that has no order of its own.
/// `grant_type` is that of a token request.
pub fn checks_of(path: &str, grant_type: Option<&str>) -> Vec<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let authorize = || {
        let rules = CHECKS.iter().map(|(name, ..)| *name);
        AUTHORIZE_BEFORE.iter().copied().chain(rules)
    };
    match name {
        "authorize" | "login" | "consent" => {
            authorize().chain(AUTHORIZE_AFTER.iter().copied()).collect()
        }
        "par" => {
            let request =
                authorize().filter(|check| !["parameters", "request_uri"].contains(check));
            CLIENT.iter().copied().chain(request).collect()
        }
        "token" => {
            let grant = grant_type.and_then(GrantType::parse);
            let of_grant = grant.map_or(&[][..], checks_of_grant);
            let all = CLIENT.iter().chain(TOKEN).chain(of_grant);
            all.copied().collect()
        }
        "device_authorization" => {
            let rest = ["grant of the client", "scope", "resource and scope"];
            CLIENT.iter().copied().chain(rest).collect()
        }
        "userinfo" | "delegated-token" | "principal-token" => vec!["access token", "scope"],
        _ => Vec::new(),
    }
}

fn checks_of_grant(grant: GrantType) -> &'static [&'static str] {
    match grant {
        GrantType::AuthorizationCode => &[
            "code",
            "redirect_uri",
            "code_verifier",
            "used once",
            "code lifetime",
            "permission",
            "user",
            "resource and scope",
        ],
        GrantType::RefreshToken => &[
            "scope",
            "refresh_token",
            "permission",
            "token lifetime",
            "used once",
            "user",
            "resource and scope",
        ],
        GrantType::ClientCredentials => &["scope", "resource and scope"],
        GrantType::DeviceCode => &[
            "device_code",
            "device_code lifetime",
            "user's decision",
            "permission",
            "user",
            "resource and scope",
        ],
        GrantType::TokenExchange | GrantType::JwtBearer => &["scope", "resource and scope"],
    }
}
