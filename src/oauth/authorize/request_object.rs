//! Request objects: authorization requests that the client has signed (RFC 9101).

use serde_json::{Map, Value};

use crate::{
    app::App,
    crypto::jwt::{self, Foreign, Refused},
    domain::{
        client::Client,
        time::{Lifetime, NumericDate},
    },
    oauth::{
        client_keys::{self, NotVerified},
        error::{ErrorCode, OAuthError},
    },
    throttle::Network,
};

/// RFC 9101 §10.8 names the first; older clients say `JWT` or nothing.
const TYPES: &[Option<&str>] = &[Some("oauth-authz-req+jwt"), Some("JWT"), None];
/// The claims that are about the object and no parameters of the request.
const ABOUT_ITSELF: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// Maximum difference between the client's clock and this server's.
const SKEW: Lifetime = Lifetime(30);
/// Maximum age of a request object (FAPI 2.0 Message Signing §5.3.1).
const FAPI_LONGEST: Lifetime = Lifetime::hours(1);

fn invalid(why: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequestObject, why)
}

/// The parameters of the request that the client has signed, if it is its own and meant for us now.
pub async fn open(
    app: &App,
    client: &Client,
    object: &str,
    from: Network,
) -> Result<Vec<(String, String)>, OAuthError> {
    // OIDC Core §3.1.2.6: that is a kind of request object that is not supported at all.
    if jwt::header(object).is_some_and(|header| header.alg.eq_ignore_ascii_case("none")) {
        return Err(OAuthError::new(
            ErrorCode::RequestNotSupported,
            "The request object must be signed.",
        ));
    }
    let expected = Foreign {
        typ: TYPES,
        algorithm: client.metadata.request_object_signing_alg.as_deref(),
    };
    let verified = client_keys::verify(app, client, object, &expected, from).await;
    let claims: Map<String, Value> = verified.map_err(refused)?;
    check(app, client, &claims)?;
    let mut parameters = Vec::new();
    for (name, value) in claims {
        if !ABOUT_ITSELF.contains(&name.as_str()) {
            push(&mut parameters, name, value)?;
        }
    }
    Ok(parameters)
}

fn refused(error: NotVerified) -> OAuthError {
    if let Some(undecided) = error.undecided() {
        return undecided;
    }
    let why = match error {
        NotVerified::Refused(Refused::Key) => {
            "The request object is signed with a key that is not registered for this client."
        }
        NotVerified::Refused(Refused::Algorithm) => {
            "alg of the request object is not registered for this client."
        }
        NotVerified::Refused(Refused::Signature) => {
            "The signature of the request object is invalid."
        }
        NotVerified::Refused(Refused::Type) => {
            "typ of the request object must be oauth-authz-req+jwt (RFC 9101 §10.8)."
        }
        NotVerified::Refused(_) => "The request object is not a signed JWT (RFC 9101 §4).",
        NotVerified::NoKeys(_) | NotVerified::Wait(_) => {
            "The client keys could not be fetched from jwks_uri."
        }
    };
    OAuthError {
        detail: match error {
            NotVerified::NoKeys(error) => Some(error.to_string()),
            NotVerified::Refused(_) | NotVerified::Wait(_) => None,
        },
        ..invalid(why)
    }
}

fn check(app: &App, client: &Client, claims: &Map<String, Value>) -> Result<(), OAuthError> {
    let client_id = client.client_id.as_str();
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // It must name its client (RFC 9101 §5). This also distinguishes it from an assertion, which has no `client_id`.
    if text("client_id") != Some(client_id) || text("iss") != Some(client_id) {
        return Err(invalid(
            "iss and client_id of the request object must both be the client_id (RFC 9101 §4, §5).",
        ));
    }
    // RFC 9101 §10.8: a sub that is the client is what an assertion has.
    if text("sub") == Some(client_id) {
        return Err(invalid(
            "sub of the request object must not be the client (RFC 9101 §10.8).",
        ));
    }
    if !is_meant_for(&app.config.issuer, claims.get("aud")) {
        return Err(invalid(
            "aud of the request object must be the issuer (RFC 9101 §4).",
        ));
    }
    // RFC 9101 §4
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(invalid(
            "The request object must not contain request or request_uri (RFC 9101 §4).",
        ));
    }
    check_times(app, client, claims)
}

fn is_meant_for(issuer: &str, aud: Option<&Value>) -> bool {
    match aud {
        Some(Value::String(aud)) => aud == issuer,
        Some(Value::Array(several)) => several.iter().any(|aud| aud == issuer),
        _ => false,
    }
}

fn check_times(app: &App, client: &Client, claims: &Map<String, Value>) -> Result<(), OAuthError> {
    let now = app.now();
    let time = |name: &str| {
        let value = claims.get(name).cloned();
        let value = value.map(serde_json::from_value::<NumericDate>).transpose();
        let value =
            value.map_err(|_| invalid(format!("{name} of the request object must be a number.")));
        value.map(|value| value.map(NumericDate::seconds))
    };
    let (exp, nbf, iat) = (time("exp")?, time("nbf")?, time("iat")?);
    if exp.is_some_and(|exp| now >= exp + SKEW) {
        return Err(invalid("The request object has expired."));
    }
    if [nbf, iat]
        .into_iter()
        .flatten()
        .any(|begin| begin > now + SKEW)
    {
        return Err(invalid(
            "iat or nbf of the request object is in the future. Check the clock.",
        ));
    }
    if client.metadata.is_fapi2() {
        let (Some(exp), Some(nbf)) = (exp, nbf) else {
            return Err(invalid(
                "exp and nbf of the request object are required (FAPI 2.0 Message Signing §5.3.1).",
            ));
        };
        if now > nbf + FAPI_LONGEST || exp > nbf + FAPI_LONGEST {
            return Err(invalid(
                "nbf of the request object must be at most one hour ago, and exp at most one hour after nbf (FAPI 2.0 \
                 Message Signing §5.3.1).",
            ));
        }
    }
    Ok(())
}

/// A claim as a parameter (RFC 9101 §4): strings unchanged, numbers as digits, objects as JSON, a list as a repeated
/// parameter.
fn push(
    parameters: &mut Vec<(String, String)>,
    name: String,
    value: Value,
) -> Result<(), OAuthError> {
    match value {
        Value::Null => {}
        Value::String(text) => parameters.push((name, text)),
        Value::Number(_) | Value::Object(_) => parameters.push((name, value.to_string())),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            for value in values {
                push(parameters, name.clone(), value)?;
            }
        }
        Value::Bool(_) | Value::Array(_) => {
            return Err(invalid(
                "A parameter in the request object must be a string, a number or an object.",
            ));
        }
    }
    Ok(())
}
