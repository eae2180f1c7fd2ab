//! The preview of claims says what is then issued, and each of its reasons is the rule that decided.

use std::collections::BTreeSet;

use keyfob::domain::{
    name::TeamId,
    team::{Membership, Role},
    user::User,
};
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::Console;
use crate::support::{
    Server, VERIFIER,
    browser::{Browser, challenge},
    claims,
};

const API: &str = "https://api.example/orders";
/// What nobody can know before.
const UNKNOWN: &[&str] = &["jti", "grant_id", "sid", "at_hash"];

/// The parameters of a request.
type Pairs<'a> = &'a [(&'a str, &'a str)];

fn rich(user: &mut User) {
    user.profile.locale = Some("nb-NO".into());
    user.profile.email_verified = true;
    user.profile.claims = Map::from_iter([
        ("nickname".to_owned(), json!("Olali")),
        ("phone_number".to_owned(), json!("+47 22 00 00 00")),
    ]);
    user.teams = vec![Membership {
        team_id: TeamId::trusted("crew"),
        role: Role::Member,
    }];
}

fn poor(user: &mut User) {
    user.profile.email = None;
    user.profile.given_name = None;
    user.profile.family_name = None;
}

fn ready() -> Console {
    let console = Console::start();
    let server = &console.server;
    console.post("/teams", &json!({"id": "crew"}));
    server.person_with("ola", rich);
    server.person_with("kari", poor);
    server.resource(API, "orders:read", None);
    let public = json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/cb"], "scope": "openid profile email offline_access orders:read"});
    server.client("web", public.clone());
    let mut own = public;
    own["access_token_lifetime"] = json!(120);
    own["id_token_lifetime"] = json!(60);
    own["may_act"] = json!("helper");
    own["id_token_signed_response_alg"] = json!("EdDSA");
    own["id_token_user_claims"] = json!(false);
    own["scope"] = json!("openid phone");
    server.client("own", own);
    console
}

fn ask(console: &Console, client_id: &str, pairs: &[(&str, &str)]) -> Value {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let answer = console.get(&format!("/clients/{client_id}/preview?{query}"));
    assert_eq!(answer.status, 200, "{pairs:?}: {}", answer.text);
    answer.json()
}

/// The claims of a part, with `null` for what cannot be known.
fn shown(part: &Value) -> Map<String, Value> {
    let claims = part["claims"].as_array().unwrap().iter();
    claims
        .map(|claim| {
            (
                claim["name"].as_str().unwrap().to_owned(),
                claim["value"].clone(),
            )
        })
        .collect()
}

fn issued(claims: &Value) -> Map<String, Value> {
    let claims = claims.as_object().unwrap().iter();
    claims
        .map(|(name, value)| match UNKNOWN.contains(&name.as_str()) {
            true => (name.clone(), Value::Null),
            false => (name.clone(), value.clone()),
        })
        .collect()
}

/// What a user who signs in really gets the client.
fn sign_in(server: &Server, client_id: &str, user: &str, asked: &[(&str, &str)]) -> Value {
    let challenge = challenge();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", "https://app.example/cb"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    parameters.extend(asked);
    let answer = Browser::new(server).authorize(&parameters, user);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", &answer.parameters()["code"]),
        ("redirect_uri", "https://app.example/cb"),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn a_preview_is_what_is_then_issued() {
    let console = ready();
    let by_name = r#"{"userinfo": {"phone_number": null, "email": null}, "id_token": {"nickname": null, "locale": null, "zoneinfo": null}}"#;
    let rows: &[(&str, &str, Pairs)] = &[
        ("web", "ola", &[("scope", "openid profile email")]),
        ("web", "ola", &[("scope", "openid email offline_access")]),
        ("web", "ola", &[("scope", "openid phone profile")]),
        ("web", "ola", &[("scope", "openid"), ("claims", by_name)]),
        (
            "web",
            "ola",
            &[("scope", "openid orders:read"), ("resource", API)],
        ),
        ("web", "ola", &[("scope", "profile orders:read")]),
        ("web", "ola", &[]),
        (
            "web",
            "kari",
            &[("scope", "openid profile email"), ("claims", by_name)],
        ),
        ("own", "ola", &[("scope", "openid")]),
        (
            "own",
            "ola",
            &[("scope", "openid phone"), ("claims", by_name)],
        ),
    ];
    for (client_id, user, asked) in rows {
        let told = format!("{client_id} {user} {asked:?}");
        let mut pairs = vec![("sub", *user)];
        pairs.extend(*asked);
        let preview = ask(&console, client_id, &pairs);
        let answer = sign_in(&console.server, client_id, user, asked);
        let access = &answer["access_token"];
        assert_eq!(
            shown(&preview["access_token"]),
            issued(&claims(access)),
            "{told}"
        );
        assert_eq!(preview["scope"], answer["scope"], "{told}");
        let has_refresh_token = answer.get("refresh_token").is_some();
        assert_eq!(preview["refresh_token"], has_refresh_token, "{told}");
        match answer.get("id_token") {
            Some(token) => assert_eq!(
                shown(&preview["id_token"]),
                issued(&claims(token)),
                "{told}"
            ),
            None => assert_eq!(preview["id_token"]["issued"], false, "{told}"),
        }
        let bearer = format!("Bearer {}", access.as_str().unwrap());
        let info = console
            .server
            .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
        match info.status {
            200 => assert_eq!(shown(&preview["userinfo"]), issued(&info.json()), "{told}"),
            _ => assert_eq!(
                preview["userinfo"]["issued"], false,
                "{told}: {}",
                info.text
            ),
        }
        // Every standard claim is either there or has a reason for not being there, and none is both.
        let listed = |part: &str, list: &str| -> BTreeSet<String> {
            let items = preview[part][list].as_array().unwrap().iter();
            items
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect()
        };
        for part in ["id_token", "userinfo"] {
            let (there, missing) = (listed(part, "claims"), listed(part, "missing"));
            assert!(there.is_disjoint(&missing), "{told} {part}");
            let both = there.len() + missing.len();
            assert!(both == 0 || both >= 20, "{told} {part}: {both}");
        }
    }
}

#[test]
fn a_reason_names_the_rule_that_decided() {
    let console = ready();
    let by_name = r#"{"userinfo": {"email": null, "phone_number": null}, "id_token": {"nickname": null, "middle_name": null}}"#;
    let asked = [
        ("sub", "ola"),
        ("scope", "openid profile phone orders:read"),
        ("claims", by_name),
        ("resource", API),
    ];
    let preview = ask(&console, "web", &asked);
    let rule = |part: &str, name: &str| {
        let part = &preview[part];
        let found = ["claims", "missing"].iter().find_map(|list| {
            let mut items = part[list].as_array()?.iter();
            let one = items.find(|one| one["name"] == name)?;
            Some(format!("{list} {}", one["rule"].as_str()?))
        });
        found.unwrap_or_default()
    };
    let rows = [
        ("userinfo", "locale", "claims scope"),
        ("userinfo", "email", "claims claims_parameter"),
        ("userinfo", "picture", "missing user"),
        ("userinfo", "address", "missing registration"),
        ("userinfo", "phone_number", "missing registration"),
        ("userinfo", "sub", "claims protocol"),
        ("userinfo", "email_verified", "missing scope"),
        ("id_token", "nickname", "claims scope"),
        ("id_token", "phone_number", "missing registration"),
        ("id_token", "middle_name", "missing user"),
        ("id_token", "locale", "claims scope"),
        ("id_token", "picture", "missing user"),
        ("id_token", "email", "missing scope"),
        ("id_token", "nonce", "missing protocol"),
        ("access_token", "aud", "claims resource"),
        ("access_token", "scope", "claims scope"),
        ("access_token", "may_act", "missing registration"),
        ("access_token", "exp", "claims protocol"),
        ("access_token", "team_id", "missing team"),
    ];
    for (part, name, expected) in rows {
        assert_eq!(rule(part, name), expected, "{part} {name}");
    }
    assert_eq!(preview["left_out"][0]["name"], "phone");
    assert_eq!(preview["left_out"][0]["rule"], "registration");
    let by_name = r#"{"id_token": {"phone_number": null}}"#;
    let rule_of = |pairs: Pairs, list: &str, name: &str| {
        let preview = ask(&console, "own", &[&[("sub", "ola")], pairs].concat());
        let items = preview["id_token"][list].as_array().unwrap().clone();
        let found = items.into_iter().find(|one| one["name"] == name);
        found.map(|one| one["rule"].as_str().unwrap().to_owned())
    };
    let registration = rule_of(&[], "missing", "phone_number");
    assert_eq!(registration.as_deref(), Some("registration"));
    let parameter = rule_of(&[("claims", by_name)], "claims", "phone_number");
    assert_eq!(parameter.as_deref(), Some("claims_parameter"));
    let own = ask(&console, "own", &[("sub", "ola")]);
    let reasons = own["access_token"]["claims"].to_string();
    assert!(
        reasons.contains("Set by the client's access_token_lifetime."),
        "{reasons}"
    );
}

#[test]
fn a_client_s_own_token_and_one_for_a_team_are_shown_too() {
    let console = ready();
    let metadata = json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid orders:read keyfob:delegate"});
    let secret = console.server.client("job", metadata);
    let preview = ask(&console, "job", &[("scope", "orders:read")]);
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", "orders:read"),
    ];
    let answer = console
        .server
        .form("/api/v1/oauth/token", Some(("job", &secret)), &fields)
        .json();
    assert_eq!(
        shown(&preview["access_token"]),
        issued(&claims(&answer["access_token"]))
    );
    assert_eq!(preview["id_token"]["issued"], false);
    assert_eq!(preview["userinfo"]["issued"], false);

    let preview = ask(
        &console,
        "web",
        &[("sub", "ola"), ("scope", "openid"), ("team_id", "crew")],
    );
    for part in ["access_token", "userinfo"] {
        let claims = preview[part]["claims"].as_array().unwrap().iter();
        let team: Vec<_> = claims.filter(|claim| claim["name"] == "team_id").collect();
        assert_eq!(
            (&team[0]["value"], &team[0]["rule"]),
            (&json!("crew"), &json!("team")),
            "{part}"
        );
    }
}

#[test]
fn what_would_be_refused_is_refused_and_nothing_is_kept() {
    let console = ready();
    console
        .server
        .person_with("gone", |user| user.disabled = true);
    let rows: &[(&str, &str, &str)] = &[
        ("web", "sub=gone", "sub"),
        ("web", "", "sub"),
        ("web", "sub=ola&scope=nowhere", "scope"),
        (
            "web",
            "sub=ola&resource=https://elsewhere.example",
            "resource",
        ),
        ("web", "sub=ola&claims=%7B", "claims"),
        ("web", "sub=kari&team_id=crew", "team_id"),
        ("web", "sub=ola&team_id=nobody", "team_id"),
    ];
    for (client_id, query, field) in rows {
        let answer = console.get(&format!("/clients/{client_id}/preview?{query}"));
        assert_eq!(
            answer.problem(),
            (422, "invalid".into(), Some((*field).to_owned())),
            "{query}"
        );
    }
    assert_eq!(
        console.get("/clients/web/preview?sub=nobody").problem().0,
        404
    );
    assert_eq!(console.get("/clients/nothing/preview").problem().0, 404);
    ask(
        &console,
        "web",
        &[("sub", "ola"), ("scope", "openid offline_access")],
    );
    for list in ["/grants", "/tokens", "/sessions"] {
        assert_eq!(console.get(list).json()["items"], json!([]), "{list}");
    }
    console.patch("/clients/web", &json!({"disabled": true}));
    assert_eq!(console.get("/clients/web/preview?sub=ola").problem().0, 409);
}
