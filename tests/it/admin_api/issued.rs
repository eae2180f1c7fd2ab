//! What has been issued, in the admin API: grants, tokens and delegations, looked for and ended.

use keyfob::{
    domain::{
        name::{ClientId, Subject},
        scope::ScopeSet,
        time::Lifetime,
        token::{AccessTokenRecord, Actor, LONGEST_CHAIN, Origin},
    },
    store::{Tx, access_tokens},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{Answer, VERIFIER};

const TOKEN: &str = "/api/v1/oauth/token";

/// Two people at the client `web`, and a service that may act for them.
struct World {
    console: Console,
}

impl World {
    fn new() -> Self {
        let console = Console::start();
        let server = &console.server;
        server.user("u-ola", |user| user.username = "ola".into());
        server.user("u-kari", |user| user.username = "kari".into());
        let scope = "openid profile offline_access keyfob:delegate";
        server.client(
            "web",
            json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
                   "redirect_uris": ["https://app.example/cb"], "scope": scope}),
        );
        for service in ["service", "other"] {
            server.client(
                service,
                json!({"grant_types": ["client_credentials"], "scope": "openid profile keyfob:delegate",
                       "token_endpoint_auth_method": "client_secret_basic"}),
            );
        }
        Self { console }
    }

    /// Access and refresh token of a person at `web`.
    fn person(&self, sub: &str) -> Value {
        let server = &self.console.server;
        let code = server.code("web", sub, "openid profile offline_access keyfob:delegate");
        let answer = server.form(
            TOKEN,
            None,
            &[
                ("grant_type", "authorization_code"),
                ("client_id", "web"),
                ("code", &code),
                ("code_verifier", VERIFIER),
            ],
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    fn service(&self, name: &str) -> Value {
        let server = &self.console.server;
        let secret = server.secret_of(name);
        let fields = [("grant_type", "client_credentials")];
        let answer = server.form(TOKEN, Some((name, &secret)), &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].clone()
    }

    /// A token with which the holder of `token` acts for `sub`.
    fn delegated(&self, token: &Value, sub: &str) -> Value {
        self.delegated_with(token, sub, &["openid", "profile"])
    }

    fn delegated_with(&self, token: &Value, sub: &str, scopes: &[&str]) -> Value {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let answer = self.console.server.json(
            "/api/v1/oauth/delegated-token",
            &[("authorization", &bearer)],
            &json!({"sub": sub, "scopes": scopes}),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].clone()
    }

    fn userinfo(&self, token: &Value) -> u16 {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let headers = [("authorization", bearer.as_str())];
        self.console
            .server
            .get("/api/v1/oauth/userinfo", &headers)
            .status
    }

    fn is_active(&self, token: &Value) -> bool {
        let server = &self.console.server;
        let secret = server.secret_of("service");
        let fields = [("token", token.as_str().unwrap())];
        let answer = server.form(
            "/api/v1/oauth/introspect",
            Some(("service", &secret)),
            &fields,
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["active"] == true
    }

    fn refresh(&self, tokens: &Value) -> Answer {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        self.console.server.form(TOKEN, None, &fields)
    }

    fn items(&self, path: &str) -> Vec<Value> {
        let answer = self.console.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()["items"].as_array().unwrap().clone()
    }

    fn of(&self, path: &str, member: &str) -> Vec<String> {
        let items = self.items(path).into_iter();
        items
            .map(|item| item[member].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn grants_and_tokens_are_found_by_what_is_known_of_them() {
    let world = World::new();
    world.person("u-ola");
    world.person("u-kari");
    let service = world.service("service");
    world.delegated(&service, "u-ola");
    let grant = world.items("/grants?sub=ola")[0].clone();
    assert_eq!(grant["origin"], "authorization_code");
    assert_eq!(grant["state"], "active");
    assert!(grant["refresh_until"].is_string(), "{grant}");
    let grant_id = grant["id"].as_str().unwrap();
    let rows = [
        ("/grants".to_owned(), "sub", vec!["u-kari", "u-ola"]),
        ("/grants?sub=u-kari".into(), "sub", vec!["u-kari"]),
        ("/grants?q=kari".into(), "sub", vec!["u-kari"]),
        (format!("/grants?q={grant_id}"), "sub", vec!["u-ola"]),
        ("/grants?q=web&sub=ola".into(), "sub", vec!["u-ola"]),
        ("/grants?client_id=service".into(), "sub", vec![]),
        ("/grants?q=nothing".into(), "sub", vec![]),
        ("/grants?q=ola&sub=kari".into(), "sub", vec![]),
        ("/grants?state=inactive".into(), "sub", vec![]),
        ("/grants?kind=device_code".into(), "sub", vec![]),
        (
            "/tokens".into(),
            "sub",
            vec!["u-ola", "service", "u-kari", "u-ola"],
        ),
        (
            "/tokens?client_id=web".into(),
            "sub",
            vec!["u-kari", "u-ola"],
        ),
        (
            "/tokens?sub=ola".into(),
            "client_id",
            vec!["service", "web"],
        ),
        (
            "/tokens?kind=client_credentials".into(),
            "client_id",
            vec!["service"],
        ),
        ("/tokens?actor=service".into(), "sub", vec!["u-ola"]),
        ("/tokens?sub=service".into(), "client_id", vec!["service"]),
        (
            "/tokens?sub=service&client_id=service".into(),
            "sub",
            vec!["service"],
        ),
        ("/tokens?sub=service&client_id=web".into(), "sub", vec![]),
        ("/delegations?subject=service".into(), "sub", vec![]),
        (
            "/tokens?state=active&sub=kari".into(),
            "sub",
            vec!["u-kari"],
        ),
        ("/tokens?state=inactive".into(), "sub", vec![]),
        ("/delegations".into(), "sub", vec!["u-ola"]),
        ("/delegations?actor=service".into(), "sub", vec!["u-ola"]),
        (
            "/delegations?subject=ola".into(),
            "client_id",
            vec!["service"],
        ),
        ("/delegations?actor=other".into(), "sub", vec![]),
        ("/delegations?subject=kari".into(), "sub", vec![]),
    ];
    for (path, member, expected) in rows {
        assert_eq!(world.of(&path, member), expected, "{path}");
    }
    assert_eq!(
        world.items("/delegations")[0]["chain"],
        json!(["service"]),
        "who acts"
    );
    let first = world.console.get("/tokens?limit=3").json();
    let next = format!("/tokens?limit=3&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(world.of(&next, "sub"), ["u-ola"]);
    for (path, field) in [("/tokens?state=x", "state"), ("/grants?kind=x", "kind")] {
        let found = world.console.get(path).problem();
        assert_eq!(found, (422, "invalid".into(), Some(field.into())), "{path}");
    }
}

#[test]
fn no_list_of_tokens_holds_a_token() {
    let world = World::new();
    let tokens = world.person("u-ola");
    let (access, refresh) = (
        tokens["access_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
    );
    let secret = refresh.split('.').next_back().unwrap();
    let signature = access.split('.').next_back().unwrap();
    for path in ["/grants", "/tokens", "/delegations"] {
        let text = world.console.get(path).text;
        assert!(
            !text.contains(secret) && !text.contains(signature),
            "{path}"
        );
    }
}

#[test]
fn ended_tokens_are_those_of_past_days_and_the_ended_ones_of_this_day_in_one_order() {
    let issue = |world: &World| {
        world.service("service");
        world.of("/tokens?limit=1", "jti").remove(0)
    };
    // The visit to the admin page ends meanwhile.
    let later = |world: World, hours| {
        world.console.server.clock.advance(Lifetime::hours(hours));
        World {
            console: Console::over(world.console.server),
        }
    };
    let world = World::new();
    let old = [issue(&world), issue(&world)];
    let world = later(world, 25);
    let expired = issue(&world);
    let world = later(world, 2);
    let (living, ended) = (issue(&world), issue(&world));
    let console = &world.console;
    assert_eq!(console.delete(&format!("/tokens/{ended}")).status, 204);
    let newest_first = [&ended, &expired, &old[1], &old[0]];
    let page = |query: &str| {
        let answer = console.get(&format!("/tokens?state={query}")).json();
        let items = answer["items"].as_array().unwrap().clone();
        let jtis: Vec<_> = items
            .iter()
            .map(|item| item["jti"].as_str().unwrap().to_owned())
            .collect();
        (jtis, answer["next"].as_str().map(str::to_owned))
    };
    assert_eq!(page("active").0, [living]);
    for (sort, expected) in [
        ("-created", newest_first.to_vec()),
        ("created", newest_first.into_iter().rev().collect()),
    ] {
        assert_eq!(
            page(&format!("inactive&sort={sort}")).0,
            owned(&expected),
            "{sort}"
        );
        let mut all = Vec::new();
        let mut query = format!("inactive&sort={sort}&limit=1");
        loop {
            let (one, next) = page(&query);
            all.extend(one);
            match next {
                Some(next) => query = format!("inactive&sort={sort}&limit=1&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, owned(&expected), "page by page, {sort}");
    }
    // However many of this day count, and no more than the latest of them are gone through.
    let many =
        |tx: &Tx| (0..5_001).try_for_each(|_| access_tokens::insert(tx, &delegated(tx, None)));
    console.server.app.store.write_blocking(many).unwrap();
    assert_eq!(page("inactive").0, owned(&[&old[1], &old[0]]));
}

fn owned(texts: &[&String]) -> Vec<String> {
    texts.iter().map(|text| (*text).clone()).collect()
}

#[test]
fn a_token_that_is_ended_is_dead_at_once_with_what_hangs_on_it() {
    let world = World::new();
    let tokens = world.person("u-ola");
    let service = world.service("service");
    let acting = world.delegated(&service, "u-ola");
    let jti = world.of("/tokens?kind=client_credentials", "jti").remove(0);
    assert_eq!(world.userinfo(&acting), 200);
    assert!(world.is_active(&acting));
    let path = format!("/tokens/{jti}");
    assert_eq!(world.console.delete(&path).status, 204);
    assert_eq!(world.userinfo(&acting), 401, "it hung on the ended one");
    assert!(!world.is_active(&acting) && !world.is_active(&service));
    assert_eq!(world.userinfo(&tokens["access_token"]), 200);
    let ended = world.of("/tokens?state=inactive", "state");
    assert_eq!(ended, ["revoked", "revoked"]);
    assert_eq!(world.of("/tokens?state=active", "client_id"), ["web"]);
    let unknown = world
        .console
        .delete("/tokens/0190f0c0-0000-7000-8000-000000000001");
    assert_eq!(unknown.problem().0, 404);
    assert_eq!(world.console.delete("/tokens/nonsense").problem().0, 404);
}

#[test]
fn a_grant_that_is_ended_takes_its_tokens_with_it() {
    let world = World::new();
    let (ola, kari) = (world.person("u-ola"), world.person("u-kari"));
    let id = world.of("/grants?q=ola", "id").remove(0);
    assert_eq!(world.console.delete(&format!("/grants/{id}")).status, 204);
    assert_eq!(world.userinfo(&ola["access_token"]), 401);
    assert_eq!(world.refresh(&ola).refusal(), (400, "invalid_grant".into()));
    assert_eq!(world.refresh(&kari).status, 200);
    let grant = world.items("/grants?state=inactive").remove(0);
    assert_eq!(
        (&grant["state"], &grant["refresh_until"]),
        (&json!("revoked"), &Value::Null)
    );
    let events = world.items("/events?event=grant.revoked");
    assert_eq!((events.len(), &events[0]["subject"]), (1, &json!("u-ola")));
}

#[test]
fn all_of_a_client_ends_and_nothing_of_another() {
    let world = World::new();
    let (ola, service) = (world.person("u-ola"), world.service("service"));
    let ended = world.console.post("/clients/web/revoke", &json!({}));
    assert_eq!(ended.status, 204, "{}", ended.text);
    assert_eq!(world.userinfo(&ola["access_token"]), 401);
    assert_eq!(world.refresh(&ola).refusal(), (400, "invalid_grant".into()));
    assert_eq!(world.of("/tokens?client_id=web", "state"), ["revoked"]);
    assert_eq!(
        world
            .of("/tokens?client_id=web&state=active", "state")
            .len(),
        0
    );
    world.delegated(&service, "u-ola");
    let again = world.person("u-ola");
    assert_eq!(
        world.userinfo(&again["access_token"]),
        200,
        "from now on it counts"
    );
    let unknown = world.console.post("/clients/nobody/revoke", &json!({}));
    assert_eq!(unknown.problem().0, 404);
}

#[test]
fn delegations_end_by_actor_or_by_subject_and_nothing_else_does() {
    for (body, ola, kari, by_other) in [
        (json!({"actor": "service"}), 401, 401, 200),
        (json!({"subject": "ola"}), 401, 200, 401),
    ] {
        let world = World::new();
        let own = world.person("u-ola");
        let (service, other) = (world.service("service"), world.service("other"));
        let for_ola = world.delegated(&service, "u-ola");
        let for_kari = world.delegated(&service, "u-kari");
        let others = world.delegated(&other, "u-ola");
        let answer = world.console.post("/delegations/revoke", &body);
        assert_eq!(answer.json(), json!({"revoked": 2}), "{body}");
        let found = (
            world.userinfo(&for_ola),
            world.userinfo(&for_kari),
            world.userinfo(&others),
        );
        assert_eq!(found, (ola, kari, by_other), "{body}");
        assert_eq!(world.userinfo(&own["access_token"]), 200, "{body}");
        world.delegated(&service, "u-ola");
    }
    let world = World::new();
    for body in [json!({}), json!({"actor": "a", "subject": "b"})] {
        let found = world.console.post("/delegations/revoke", &body).problem();
        assert_eq!(found.0, 422, "{body}");
    }
}

#[test]
fn an_actor_deeper_in_a_chain_is_ended_with_those_who_act_after_it() {
    let world = World::new();
    let service = world.service("service");
    let handing_on = ["openid", "profile", "keyfob:delegate"];
    let first = world.delegated_with(&service, "u-kari", &handing_on);
    let second = world.delegated(&first, "u-kari");
    let chains = world.items("/delegations?subject=kari");
    assert_eq!(chains[0]["chain"], json!(["u-kari", "service"]));
    for (query, found) in [
        ("/delegations?actor=service", 2),
        ("/delegations?actor=kari", 1),
        ("/delegations?actor=service&subject=kari", 2),
        ("/tokens?actor=service&state=active&sort=created", 2),
        ("/tokens?actor=service&client_id=other", 0),
    ] {
        assert_eq!(world.items(query).len(), found, "{query}");
    }
    let oldest = &world.items("/delegations?actor=service&sort=created")[0];
    assert_eq!(oldest["chain"], json!(["service"]));
    assert_eq!(
        (world.userinfo(&first), world.userinfo(&second)),
        (200, 200)
    );
    let answer = world
        .console
        .post("/delegations/revoke", &json!({"actor": "service"}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        (world.userinfo(&first), world.userinfo(&second)),
        (401, 401)
    );
    assert!(world.is_active(&service), "its own token stays");
    assert_eq!(
        world.of("/delegations?state=inactive", "state"),
        ["revoked", "revoked"]
    );
}

#[test]
fn all_of_a_user_ends_and_nothing_of_another() {
    let world = World::new();
    let (ola, kari) = (world.person("u-ola"), world.person("u-kari"));
    let service = world.service("service");
    let for_ola = world.delegated(&service, "u-ola");
    let by_ola = world.delegated(&ola["access_token"], "u-ola");
    let answer = world.console.post("/users/u-ola/sign-out", &json!({}));
    assert_eq!(answer.status, 204, "{}", answer.text);
    for token in [&ola["access_token"], &for_ola, &by_ola] {
        assert_eq!(
            (world.userinfo(token), world.is_active(token)),
            (401, false)
        );
    }
    assert_eq!(world.refresh(&ola).refusal(), (400, "invalid_grant".into()));
    assert_eq!(world.of("/tokens?sub=ola&state=active", "jti").len(), 0);
    assert_eq!(world.of("/grants?sub=ola&state=active", "id").len(), 0);
    assert_eq!(world.userinfo(&kari["access_token"]), 200);
    assert_eq!(world.refresh(&kari).status, 200);
    let again = world.delegated(&service, "u-ola");
    assert_eq!(world.userinfo(&again), 200, "from now on it counts");
}

/// A chain as long as one may be, and each of those in it.
/// A living token of somebody, which nobody was given.
fn delegated(tx: &Tx, act: Option<Actor>) -> AccessTokenRecord {
    AccessTokenRecord {
        id: tx.new_id(),
        client_id: ClientId::trusted("service"),
        sub: Subject::trusted("somebody"),
        act,
        grant_id: None,
        parent_id: None,
        actor_token_id: None,
        session_id: None,
        team_id: None,
        scope: ScopeSet::trusted("openid"),
        origin: Origin::DelegatedToken,
        expires_at: tx.now + Lifetime::hours(1),
    }
}

#[test]
fn an_actor_is_found_wherever_in_a_chain_it_acts_and_an_index_leads_there() {
    let console = Console::start();
    let names: Vec<String> = (1..=LONGEST_CHAIN).map(|n| format!("actor-{n}")).collect();
    let act = names.iter().rev().fold(None, |act, name| {
        let sub = Subject::trusted(name);
        Some(Actor {
            sub,
            act: act.map(Box::new),
        })
    });
    let write = move |tx: &Tx| access_tokens::insert(tx, &delegated(tx, act.clone()));
    console.server.app.store.write_blocking(write).unwrap();
    let file = rusqlite::Connection::open(console.server.app.store.path()).unwrap();
    for (depth, name) in names.iter().enumerate() {
        let found = console.get(&format!("/delegations?actor={name}")).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{name}");
        let path = format!("'$.{}sub'", "act.".repeat(depth));
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT id FROM access_tokens t WHERE t.id < x'ff'
             AND t.act ->> {path} = 'x' AND t.act ->> {path} IS NOT NULL AND t.act IS NOT NULL
             ORDER BY id DESC"
        );
        let plan: String = file.query_row(&sql, [], |row| row.get(3)).unwrap();
        assert!(plan.contains("access_tokens_by_actor"), "{depth}: {plan}");
    }
    let nobody = console.get("/delegations?actor=actor-9").json();
    assert_eq!(nobody["items"], json!([]));
}
