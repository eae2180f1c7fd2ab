//! `PATCH` is one JSON Merge Patch (RFC 7396) for every kind of object: an absent member stays, `null` gives a member
//! its default.

use serde_json::{Map, Value, json};

use super::Console;

/// Creates each object with its name alone, by path, body and where it is then.
fn objects(console: &Console) -> Vec<(&'static str, Value)> {
    let made = [
        ("/scopes", json!({"name": "notes:read"})),
        ("/teams", json!({"id": "acme"})),
        ("/users", json!({"username": "kari", "sub": "u-kari"})),
        (
            "/clients",
            json!({"client_id": "web", "redirect_uris": ["https://web.example/cb"]}),
        ),
        ("/resources", json!({"uri": "https://api.example"})),
        (
            "/trusted-issuers",
            json!({"issuer": "idp", "jwks_uri": "https://idp.example/keys"}),
        ),
    ];
    for (path, body) in &made {
        let answer = console.post(path, body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    }
    vec![
        ("/scopes/notes:read", json!({"description": "read notes"})),
        ("/scopes/openid", json!({"description": "know you"})),
        ("/teams/acme", json!({"name": "Acme", "disabled": true})),
        (
            "/users/u-kari",
            json!({"email": "kari@example.com", "email_verified": true, "given_name": "Kari",
                   "family_name": "Nordmann", "locale": "nb-NO", "zoneinfo": "Europe/Oslo",
                   "picture": "https://example.com/kari.png", "claims": {"nickname": "k"}, "admin": true,
                   "disabled": true, "allow_delegation": false, "persona": true, "teams": [{"id": "acme"}]}),
        ),
        (
            "/clients/web",
            json!({"client_name": "Web", "scope": "notes:read", "disabled": true, "require_consent": false,
                   "contacts": ["a@example.com"], "access_token_lifetime": 60, "delegation_teams": ["acme"],
                   "grant_types": ["authorization_code", "refresh_token"]}),
        ),
        (
            "/resources/https%3A%2F%2Fapi.example",
            json!({"name": "API", "scopes": "notes:read", "client_id": "web"}),
        ),
        (
            "/trusted-issuers/idp",
            json!({"audience": "keyfob", "subject_claim": "mail", "matches": "email", "clients": ["web"],
                   "scope": "notes:read"}),
        ),
    ]
}

/// Without what tells when the object was changed.
fn shown(console: &Console, path: &str) -> Value {
    let mut object = console.get(path).json();
    object.as_object_mut().unwrap().remove("updated_at");
    object
}

#[test]
fn null_gives_every_member_of_every_kind_its_default() {
    let console = Console::start();
    for (path, set) in objects(&console) {
        let fresh = shown(&console, path);
        let names: Vec<_> = set.as_object().unwrap().keys().cloned().collect();
        // Each by itself, and all of them at once.
        for name in &names {
            let mut one = json!({ name: set[name] });
            let mut none = json!({ name: null });
            // One that is not there cannot be verified.
            if name == "email_verified" {
                one["email"] = set["email"].clone();
                none["email"] = Value::Null;
            }
            let changed = console.patch(path, &one);
            assert_eq!(changed.status, 200, "{path} {one}: {}", changed.text);
            assert_ne!(shown(&console, path), fresh, "{path} {one}");
            let cleared = console.patch(path, &none);
            assert_eq!(cleared.status, 200, "{path} {name}: {}", cleared.text);
            // Nobody has verified the address that is gone.
            assert_eq!(shown(&console, path), fresh, "{path} {name}");
        }
        assert_eq!(console.patch(path, &set).status, 200, "{path}");
        let nulls: Map<_, _> = names.into_iter().map(|name| (name, Value::Null)).collect();
        let cleared = console.patch(path, &nulls.into());
        assert_eq!(cleared.status, 200, "{path}: {}", cleared.text);
        assert_eq!(shown(&console, path), fresh, "{path}");
    }
}

#[test]
fn a_name_and_what_is_no_member_have_no_default() {
    let console = Console::start();
    let names = [
        ("/scopes/notes:read", "name"),
        ("/teams/acme", "id"),
        ("/users/u-kari", "sub"),
        ("/users/u-kari", "username"),
        ("/users/u-kari", "password"),
        ("/clients/web", "client_id"),
        ("/clients/web", "client_secret"),
        ("/resources/https%3A%2F%2Fapi.example", "uri"),
        ("/trusted-issuers/idp", "issuer"),
        ("/teams/acme", "color"),
        ("/clients/web", "color"),
    ];
    objects(&console);
    for (path, name) in names {
        let before = console.get(path).text;
        let refused = console.patch(path, &json!({ name: null }));
        assert_eq!(refused.problem().0, 422, "{path} {name}");
        assert_eq!(console.get(path).text, before, "{path} {name}");
    }
}

#[test]
fn the_keys_of_an_issuer_move_from_one_place_to_the_other() {
    let console = Console::start();
    objects(&console);
    let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a",
                               "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
    let moved = console.patch(
        "/trusted-issuers/idp",
        &json!({"jwks": jwks, "jwks_uri": null}),
    );
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(moved.json()["jwks_uri"], Value::Null);
    let back = json!({"jwks": null, "jwks_uri": "https://idp.example/keys"});
    let moved = console.patch("/trusted-issuers/idp", &back);
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(moved.json()["jwks"], Value::Null);
    // There must be some.
    let none = console.patch("/trusted-issuers/idp", &json!({"jwks_uri": null}));
    assert_eq!(none.problem().0, 422);
}

// RFC 7396 §2: a patch goes as deep as its objects do.
#[test]
fn a_member_that_is_an_object_is_patched_at_any_depth() {
    let console = Console::start();
    let claims = json!({"nickname": "k", "website": "https://kari.example",
                        "address": {"locality": "Oslo", "postal_code": "0150"}});
    let made = console.post(
        "/users",
        &json!({"username": "kari", "sub": "u-kari", "claims": claims}),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    let rows = [
        (
            json!({"nickname": null, "address": {"locality": "Bergen", "postal_code": null}}),
            json!({"website": "https://kari.example", "address": {"locality": "Bergen"}}),
        ),
        (
            json!({"phone_number": "+47 22", "address": {"country": "NO"}}),
            json!({"website": "https://kari.example", "address": {"locality": "Bergen", "country": "NO"},
                   "phone_number": "+47 22"}),
        ),
        (
            json!({"address": null, "website": null}),
            json!({"phone_number": "+47 22"}),
        ),
        // In what is new, null is nothing, too.
        (
            json!({"address": {"locality": "Oslo", "region": null}}),
            json!({"phone_number": "+47 22", "address": {"locality": "Oslo"}}),
        ),
    ];
    for (patch, expected) in rows {
        let changed = console.patch("/users/u-kari", &json!({ "claims": patch }));
        assert_eq!(changed.status, 200, "{patch}: {}", changed.text);
        assert_eq!(changed.json()["claims"], expected, "{patch}");
    }
    let cleared = console.patch("/users/u-kari", &json!({ "claims": null }));
    assert_eq!(cleared.json()["claims"], json!({}));
    // The keys of an issuer are a list: it is replaced as a whole.
    let key = |kid: &str| json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let keys = |kid: &str| json!({"jwks": {"keys": [key(kid)]}});
    let mut body = keys("one");
    body["issuer"] = "idp".into();
    assert_eq!(console.post("/trusted-issuers", &body).status, 201);
    let changed = console.patch("/trusted-issuers/idp", &keys("two"));
    assert_eq!(
        changed.json()["jwks"]["keys"],
        json!([key("two")]),
        "{}",
        changed.text
    );
}
