//! Trusted issuers in the admin API.

use keyfob::domain::time::Lifetime;
use serde_json::json;

use super::Console;

const IDP: &str = "https://idp.example";
const AT: &str = "/trusted-issuers/https%3A%2F%2Fidp.example";

fn console() -> Console {
    let console = Console::start();
    console.server.client(
        "job",
        json!({"grant_types": ["client_credentials"],
                              "token_endpoint_auth_method": "client_secret_basic"}),
    );
    console
}

#[test]
fn an_issuer_is_trusted_changed_and_trusted_no_more() {
    let console = console();
    let body = json!({"issuer": IDP, "jwks_uri": "https://idp.example/jwks", "clients": ["job"],
                      "scope": "openid"});
    let made = console.post("/trusted-issuers", &body);
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["matches"], "sub");
    assert_eq!(
        console.get("/trusted-issuers").json()["items"][0]["issuer"],
        IDP
    );
    let changed = console.patch(AT, &json!({"matches": "email", "subject_claim": "email"}));
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.json()["matches"], "email");
    let unseen = console.send("PATCH", AT, &[], Some(&json!({"matches": "sub"})));
    assert_eq!(unseen.problem().1, "if_match_required");
    console.server.clock.advance(Lifetime::minutes(11));
    let later = console.patch(AT, &json!({"matches": "sub"}));
    assert_eq!(later.problem().1, "password_required");
    assert_eq!(
        console.post("/trusted-issuers", &body).problem().1,
        "password_required"
    );
    assert_eq!(console.delete(AT).status, 204, "to trust less needs none");
    assert_eq!(console.get(AT).problem().0, 404);
    for event in ["created", "updated", "deleted"] {
        let found = console
            .get(&format!("/events?event=trusted_issuer.{event}"))
            .json();
        assert_eq!(found["items"][0]["subject"], IDP, "{event}");
    }
}

#[test]
fn what_is_wrong_with_an_issuer_is_named() {
    let console = console();
    let keys = "https://idp.example/jwks";
    let rows = [
        (json!({"jwks_uri": keys}), "issuer"),
        (json!({"issuer": IDP}), "jwks_uri"),
        (json!({"issuer": IDP, "jwks_uri": "nowhere"}), "jwks_uri"),
        (
            json!({"issuer": IDP, "jwks_uri": keys, "matches": "shoe size"}),
            "matches",
        ),
        (
            json!({"issuer": IDP, "jwks_uri": keys, "clients": ["job", "nobody"]}),
            "clients[1]",
        ),
    ];
    for (body, field) in rows {
        let found = console.post("/trusted-issuers", &body).problem();
        assert_eq!((found.0, found.2.as_deref()), (422, Some(field)), "{body}");
    }
}
