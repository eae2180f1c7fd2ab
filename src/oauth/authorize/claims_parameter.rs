//! The `claims` parameter (OIDC Core §5.5).

use serde_json::{Map, Value};

use crate::{
    domain::{claims_request::ClaimsRequest, scope::ScopeSet},
    oauth::{claims, error::OAuthError},
};

/// Claims requested with `claims`. Unknown claims, and those that the client cannot get by any scope, are left out:
/// requested claims are optional (§5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub claims: ClaimsRequest,
    /// The user it must be about: `sub` with a `value`.
    pub sub: Option<String>,
    /// The only values of `acr` that will do (§5.5.1.1); empty if any will.
    pub essential_acr: Vec<String>,
}

/// Parses it. `registered` are the scopes allowed for the client.
pub fn read(text: &str, registered: &ScopeSet) -> Result<Asked, OAuthError> {
    let malformed =
        || OAuthError::invalid_request("claims must be a JSON object (OIDC Core §5.5).");
    let parameter: Map<String, Value> = serde_json::from_str(text).map_err(|_| malformed())?;
    let member = |name: &str| match parameter.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(requests)) => Ok(requests.clone()),
        Some(_) => Err(malformed()),
    };
    let (userinfo, id_token) = (member("userinfo")?, member("id_token")?);
    let mut asked = Asked::default();
    for (requests, names) in [
        (&userinfo, &mut asked.claims.userinfo),
        (&id_token, &mut asked.claims.id_token),
    ] {
        for (name, request) in requests {
            // §5.5.1: null, or an object of its own.
            if !request.is_null() && !request.is_object() {
                return Err(malformed());
            }
            let can_have = |claim: &claims::Claim| registered.contains(claim.scope);
            if claims::find(name).is_some_and(can_have) {
                names.insert(name.clone());
            }
            if name == "sub" {
                let value = request.get("value").and_then(Value::as_str);
                asked.sub = asked.sub.or_else(|| value.map(str::to_owned));
            }
        }
    }
    if let Some(acr) = id_token.get("acr") {
        asked.essential_acr = essential_values(acr);
    }
    Ok(asked)
}

/// The `value` or `values` of an essential claim (§5.5.1).
fn essential_values(request: &Value) -> Vec<String> {
    if request.get("essential") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let one = request.get("value").into_iter();
    let many = request.get("values").and_then(Value::as_array);
    one.chain(many.into_iter().flatten())
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Asked, ()> {
        let registered = ScopeSet::parse("openid profile").unwrap();
        super::read(text, &registered).map_err(|_| ())
    }

    // OIDC Core §5.5's own example, with claims of scopes that the client does not have.
    #[test]
    fn what_is_known_and_may_be_had_is_taken_and_the_rest_is_left_out() {
        let asked = read(
            r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
                "http://example.info/claims/groups": null},
                "id_token": {"auth_time": {"essential": true}, "locale": {}, "name#ja": null},
                "other": 1}"#,
        )
        .unwrap();
        let names =
            |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        assert_eq!(names(&asked.claims.userinfo), ["given_name", "nickname"]);
        assert_eq!(names(&asked.claims.id_token), ["locale"]);
        assert_eq!((asked.sub, asked.essential_acr), (None, Vec::new()));
    }

    #[test]
    fn only_an_essential_acr_with_values_binds() {
        let rows: [(&str, &[&str]); 5] = [
            (r#"{"essential": true, "values": ["1", "2"]}"#, &["1", "2"]),
            (r#"{"essential": true, "value": "1"}"#, &["1"]),
            (r#"{"essential": true}"#, &[]),
            (r#"{"values": ["1"]}"#, &[]),
            ("null", &[]),
        ];
        for (acr, expected) in rows {
            let asked = read(&format!(r#"{{"id_token": {{"acr": {acr}}}}}"#)).unwrap();
            assert_eq!(asked.essential_acr, expected, "{acr}");
        }
        assert_eq!(
            read(r#"{"userinfo": {"sub": {"value": "u"}}}"#)
                .unwrap()
                .sub
                .as_deref(),
            Some("u")
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "null",
            "[]",
            "1",
            "{",
            r#"{"userinfo": []}"#,
            r#"{"id_token": "name"}"#,
            r#"{"userinfo": {"name": true}}"#,
            r#"{"id_token": {"sub": "u"}}"#,
        ] {
            assert_eq!(read(text), Err(()), "{text}");
        }
    }
}
