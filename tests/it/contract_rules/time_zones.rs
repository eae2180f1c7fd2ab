//! `tz` and `zoneinfo`.

use keyfob::domain::time_zone::TimeZone;
use serde_json::{Value, json};

use super::{TOKEN, ready, redeem, userinfo};
use crate::support::{Answer, VERIFIER, claims};

/// `zoneinfo` of the access token and of the ID token.
fn zones(answer: &Answer) -> [Value; 2] {
    let body = answer.json();
    ["access_token", "id_token"].map(|name| claims(&body[name])["zoneinfo"].clone())
}

#[test]
fn a_time_zone_is_recorded_at_the_first_exchange_and_survives_until_another_is_named() {
    let server = ready();
    let refresh = |answer: &Answer, tz: Option<&str>, json_dialect: bool| {
        let token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", token.as_str()),
        ];
        fields.extend(tz.map(|tz| ("tz", tz)));
        if json_dialect {
            let body: serde_json::Map<_, _> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            server.json(TOKEN, &[], &Value::Object(body))
        } else {
            server.form(TOKEN, None, &fields)
        }
    };
    let by_json = |tz: Option<&str>| {
        let code = server.code("web", "u-ola", "openid offline_access profile");
        let mut body = json!({"grant_type": "authorization_code", "client_id": "web", "code": code,
                              "code_verifier": VERIFIER});
        if let Some(tz) = tz {
            body["tz"] = json!(tz);
        }
        server.json(TOKEN, &[], &body)
    };
    let oslo = [json!("Europe/Oslo"), json!("Europe/Oslo")];
    let tokyo = [json!("Asia/Tokyo"), json!("Asia/Tokyo")];
    // The JSON dialect has a default, and an exchange that names none records it.
    let first = by_json(None);
    assert_eq!(zones(&first), oslo);
    let second = refresh(&first, None, true);
    assert_eq!(zones(&second), oslo);
    let third = refresh(&second, Some("Asia/Tokyo"), true);
    assert_eq!(zones(&third), tokyo);
    // Its default does not overwrite what was named.
    let fourth = refresh(&third, None, true);
    assert_eq!(zones(&fourth), tokyo);
    assert_eq!(zones(&refresh(&fourth, None, false)), tokyo);
    assert_eq!(zones(&by_json(Some("Asia/Tokyo"))), tokyo);
    // The form dialect takes it and has no default.
    let form = redeem(&server, "u-ola", "openid offline_access", &[]);
    assert_eq!(zones(&form), [Value::Null, Value::Null]);
    assert_eq!(zones(&refresh(&form, Some("Asia/Tokyo"), false)), tokyo);
    let form = redeem(&server, "u-ola", "openid profile", &[("tz", "Asia/Tokyo")]);
    assert_eq!(zones(&form), tokyo);
    let token = form.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(userinfo(&server, &token).json()["zoneinfo"], "Asia/Tokyo");
    // It changes nothing about time.
    assert_eq!(form.json()["expires_in"], 3600);
    assert_eq!(claims(&json!(token))["exp"], server.app.now().0 + 3600);
}

#[test]
fn the_names_of_time_zones_are_the_599_of_the_contract_exactly() {
    let contract: Value =
        serde_json::from_str(include_str!("../../contract/openapi.json")).unwrap();
    let schemas = contract["components"]["schemas"].as_object().unwrap();
    let lists = |schema: &Value| {
        schema["enum"]
            .as_array()
            .filter(|list| list.len() > 500)
            .cloned()
    };
    let mut names: Vec<String> = schemas
        .values()
        .filter_map(|schema| {
            let members = schema["properties"].as_object();
            let members = members.into_iter().flat_map(|members| members.values());
            members.chain([schema]).find_map(lists)
        })
        .flatten()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 599);
    assert_eq!(names, TimeZone::all());
    let server = ready();
    for bad in [
        "europe/oslo",
        "Europe/Oslo ",
        "Oslo",
        "+01:00",
        "GMT+25",
        "local",
    ] {
        assert!(TimeZone::parse(bad).is_none(), "{bad}");
        let form = redeem(&server, "u-ola", "openid", &[("tz", bad)]);
        assert_eq!(form.refusal(), (400, "invalid_request".into()), "{bad}");
        let body = json!({"grant_type": "client_credentials", "tz": bad});
        let answer = server.json(TOKEN, &[], &body);
        assert_eq!(answer.status, 422, "{bad}");
        assert_eq!(answer.json()["detail"][0]["type"], "TimeZoneName", "{bad}");
        assert!(!answer.text.contains(bad), "{bad}");
    }
}
