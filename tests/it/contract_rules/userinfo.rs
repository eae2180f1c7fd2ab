//! `UserInfoResponse` and the claims beside it.

use keyfob::domain::{
    name::TeamId,
    team::{Membership, Role, Team},
};
use serde_json::{Value, json};

use super::{TOKEN, USERINFO, ready, token_of, userinfo};
use crate::support::START;

#[test]
fn userinfo_has_its_required_members_always_and_no_more_than_the_scopes_release() {
    let server = ready();
    let acme = Team {
        id: TeamId::trusted("acme"),
        name: "Acme".into(),
        disabled: false,
        managed_by: None,
        created_at: START,
    };
    server.put(acme);
    server.user("u-full", |user| {
        user.username = "ola".into();
        user.profile.email_verified = true;
        user.profile.locale = Some("nb-NO".into());
        user.profile.zoneinfo = Some("Europe/Oslo".into());
        user.profile.picture = Some("https://example.com/ola.png".into());
        user.profile.claims = serde_json::from_value(json!({
            "nickname": "Olli", "address": {"country": "NO"}, "phone_number": "+47 1",
            "phone_number_verified": false,
        }))
        .unwrap();
        user.teams = vec![Membership {
            team_id: TeamId::trusted("acme"),
            role: Role::Admin,
        }];
    });
    server.user("u-bare", |user| {
        user.username = "bare".into();
        user.profile = Default::default();
    });
    let registered_at = "2022-04-13T15:42:05.901Z";
    let members = |sub: &str, given: Value, family: Value, name: &str, email: Value| {
        let all = json!({"sub": sub, "given_name": given, "family_name": family, "email": email,
               "registered_at": registered_at, "name": name});
        // OIDC Core §5.3.2: a claim without a value is absent.
        let mut members = all.as_object().unwrap().clone();
        members.retain(|_, value| !value.is_null());
        Value::Object(members)
    };
    let with = |mut base: Value, more: Value| {
        base.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        base
    };
    let profile = json!({"preferred_username": "ola", "updated_at": START.0, "locale": "nb-NO",
        "zoneinfo": "Europe/Oslo", "picture": "https://example.com/ola.png", "nickname": "Olli",
        "teams": [{"id": "acme", "role": "admin"}]});
    let rows = [
        (
            "u-full",
            "openid",
            members("u-full", json!(null), json!(null), "u-full", json!(null)),
        ),
        (
            "u-full",
            "openid email",
            with(
                members(
                    "u-full",
                    json!(null),
                    json!(null),
                    "u-full",
                    json!("u-full@example.com"),
                ),
                json!({"email_verified": true}),
            ),
        ),
        (
            "u-full",
            "openid profile",
            with(
                members(
                    "u-full",
                    json!("Ola"),
                    json!("Nordmann"),
                    "Ola Nordmann",
                    json!(null),
                ),
                profile,
            ),
        ),
        (
            "u-full",
            "openid address phone",
            with(
                members("u-full", json!(null), json!(null), "u-full", json!(null)),
                json!({"address": {"country": "NO"}, "phone_number": "+47 1", "phone_number_verified": false}),
            ),
        ),
        (
            "u-bare",
            "openid email",
            members("u-bare", json!(null), json!(null), "u-bare", json!(null)),
        ),
        (
            "u-bare",
            "openid profile email",
            with(
                members("u-bare", json!(null), json!(null), "bare", json!(null)),
                json!({"preferred_username": "bare", "updated_at": START.0}),
            ),
        ),
    ];
    for (sub, scope, expected) in rows {
        let token = token_of(&server, sub, scope);
        assert_eq!(userinfo(&server, &token).json(), expected, "{sub} {scope}");
        // OIDC Core §5.3.1: by POST too.
        let headers = [("authorization", format!("Bearer {token}"))];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        assert_eq!(
            server.send("POST", USERINFO, &headers, None).json(),
            expected
        );
    }
    let no_user = [
        (
            token_of(&server, "u-full", "profile email"),
            "the scope openid",
        ),
        (
            server
                .form(
                    TOKEN,
                    Some(("service", &server.secret_of("service"))),
                    &[("grant_type", "client_credentials")],
                )
                .json()["access_token"]
                .as_str()
                .unwrap()
                .to_owned(),
            "no user",
        ),
    ];
    for (token, why) in no_user {
        let answer = userinfo(&server, &token);
        assert_eq!(answer.refusal(), (403, "insufficient_scope".into()));
        assert!(
            answer.json()["detail"].as_str().unwrap().contains(why),
            "{}",
            answer.text
        );
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.ends_with(r#"scope="openid""#), "{challenge}");
    }
}

// The contract allows null for these, and its older callers may want the members present.
#[test]
fn members_without_a_value_are_null_where_the_server_is_told_so() {
    let server = ready();
    server.user("u-full", |_| {});
    let token = token_of(&server, "u-full", "openid");
    let nullable = ["given_name", "family_name", "email"];
    for nulls in [false, true, false] {
        let mut told = (*server.app.directory.told()).clone();
        told.live.userinfo_nulls = nulls;
        server.app.tell(told).unwrap();
        let answer = userinfo(&server, &token).json();
        for name in nullable {
            let expected = nulls.then_some(&Value::Null);
            assert_eq!(answer.get(name), expected, "{name} {nulls}");
        }
    }
}
