//! Random histories of tokens against a model of which of them must be active: issue, refresh, replay, exchange, delegate,
//! revoke, expire, take permissions away, restart. After every step each token is asked about.
//!
//! `KEYFOB_HISTORIES` plays more of them than the few of every run.

use keyfob::{
    admin::{clients::ClientInput, users::UserInput},
    domain::time::Lifetime,
};
use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::support::{Server, VERIFIER, change};

const TOKEN: &str = "/api/v1/oauth/token";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const USERS: [&str; 2] = ["u-ola", "u-kari"];
const ROBOT_SCOPE: &str = "openid keyfob:delegate";

#[derive(Clone, Debug)]
enum Op {
    /// A user signs in to the app.
    Issue(usize),
    /// The newest refresh token of a family is used.
    Refresh(Index),
    /// An older one, whose successor has been used.
    Replay(Index),
    /// The app gets a narrower token for one that it has.
    Exchange(Index),
    /// The robot gets a token of its own.
    Robot,
    /// The robot acts for a user.
    Delegate(Index, usize),
    RevokeAccess(Index),
    RevokeRefresh(Index),
    Disable(usize),
    Enable(usize),
    /// The robot loses `keyfob:delegate`, or gets it back.
    Forbid,
    Allow,
    Wait(u32),
    Restart,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..USERS.len()).prop_map(Op::Issue),
        4 => any::<Index>().prop_map(Op::Refresh),
        1 => any::<Index>().prop_map(Op::Replay),
        2 => any::<Index>().prop_map(Op::Exchange),
        2 => Just(Op::Robot),
        3 => (any::<Index>(), 0..USERS.len()).prop_map(|(at, user)| Op::Delegate(at, user)),
        2 => any::<Index>().prop_map(Op::RevokeAccess),
        1 => any::<Index>().prop_map(Op::RevokeRefresh),
        1 => (0..USERS.len()).prop_map(Op::Disable),
        2 => (0..USERS.len()).prop_map(Op::Enable),
        1 => Just(Op::Forbid),
        2 => Just(Op::Allow),
        2 => (60..2_000_u32).prop_map(Op::Wait),
        1 => Just(Op::Restart),
    ]
}

/// An access token as the model knows it.
struct Access {
    token: String,
    /// The token that it was derived from, by its place.
    parent: Option<usize>,
    family: Option<usize>,
    user: Option<usize>,
    /// Whether it is the robot's or was got with the robot's power.
    of_robot: bool,
    expires_at: i64,
    is_revoked: bool,
}

/// What came of one sign-in.
struct Family {
    refresh_tokens: Vec<String>,
    user: usize,
    is_revoked: bool,
}

struct World {
    server: Server,
    secret: String,
    access: Vec<Access>,
    families: Vec<Family>,
    is_disabled: [bool; 2],
    may_delegate: bool,
}

fn input<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        for sub in USERS {
            server.user(sub, |_| {});
        }
        server.client(
            "app",
            json!({"grant_types": ["authorization_code", "refresh_token", EXCHANGE],
                   "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
                   "scope": "openid profile offline_access"}),
        );
        let secret = server.client(
            "robot",
            json!({"grant_types": ["client_credentials"], "scope": ROBOT_SCOPE,
                   "token_endpoint_auth_method": "client_secret_basic"}),
        );
        Self {
            server,
            secret,
            access: Vec::new(),
            families: Vec::new(),
            is_disabled: [false; 2],
            may_delegate: true,
        }
    }

    fn now(&self) -> i64 {
        self.server.app.now().0
    }

    /// Whether the model says that the token is active.
    fn is_active(&self, at: usize) -> bool {
        let token = &self.access[at];
        !token.is_revoked
            && self.now() < token.expires_at
            && token
                .family
                .is_none_or(|family| !self.families[family].is_revoked)
            && token.parent.is_none_or(|parent| self.is_active(parent))
    }

    /// Whether the server does.
    fn is_accepted(&self, token: &str) -> bool {
        let bearer = format!("Bearer {token}");
        let answer = self.server.get(
            "/api/v1/oauth/principal-token",
            &[("authorization", &bearer)],
        );
        match answer.status {
            200 | 403 => true,
            401 => false,
            other => panic!("{other}: {}", answer.text),
        }
    }

    fn keep(&mut self, answer: &Value, access: Access) {
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let expires_at = self.now() + answer["expires_in"].as_i64().unwrap();
        self.access.push(Access {
            token,
            expires_at,
            ..access
        });
    }

    fn play(mut self, op: Op) -> Self {
        let none = || Access {
            token: String::new(),
            parent: None,
            family: None,
            user: None,
            of_robot: false,
            expires_at: 0,
            is_revoked: false,
        };
        let pick = |at: &Index, many: usize| (many > 0).then(|| at.index(many));
        match op {
            Op::Issue(user) if !self.is_disabled[user] => {
                let code = self
                    .server
                    .code("app", USERS[user], "openid profile offline_access");
                let fields = [
                    ("grant_type", "authorization_code"),
                    ("client_id", "app"),
                    ("code", &code),
                    ("code_verifier", VERIFIER),
                ];
                let answer = self.server.form(TOKEN, None, &fields);
                assert_eq!(answer.status, 200, "{}", answer.text);
                let answer = answer.json();
                self.families.push(Family {
                    refresh_tokens: vec![answer["refresh_token"].as_str().unwrap().to_owned()],
                    user,
                    is_revoked: false,
                });
                let family = Some(self.families.len() - 1);
                self.keep(
                    &answer,
                    Access {
                        family,
                        user: Some(user),
                        ..none()
                    },
                );
            }
            Op::Issue(_) => {}
            Op::Refresh(at) => {
                let Some(at) = pick(&at, self.families.len()) else {
                    return self;
                };
                let family = &self.families[at];
                let newest = family.refresh_tokens.last().unwrap().clone();
                let expected = !family.is_revoked && !self.is_disabled[family.user];
                let answer = self.refresh(&newest);
                assert_eq!(answer.status == 200, expected, "refresh: {}", answer.text);
                if expected {
                    let answer = answer.json();
                    let next = answer["refresh_token"].as_str().unwrap().to_owned();
                    let user = Some(self.families[at].user);
                    self.families[at].refresh_tokens.push(next);
                    self.keep(
                        &answer,
                        Access {
                            family: Some(at),
                            user,
                            ..none()
                        },
                    );
                } else {
                    assert_eq!(answer.refusal(), (400, "invalid_grant".into()));
                }
            }
            Op::Replay(at) => {
                let Some(at) = pick(&at, self.families.len()) else {
                    return self;
                };
                if self.families[at].refresh_tokens.len() < 3 {
                    return self;
                }
                let oldest = self.families[at].refresh_tokens[0].clone();
                let answer = self.refresh(&oldest);
                assert_eq!(answer.refusal(), (400, "invalid_grant".into()));
                self.families[at].is_revoked = true;
            }
            Op::Exchange(at) => {
                let of_app: Vec<_> = (0..self.access.len())
                    .filter(|at| !self.access[*at].of_robot)
                    .collect();
                let Some(at) = pick(&at, of_app.len()).map(|at| of_app[at]) else {
                    return self;
                };
                let (subject, expected) = (self.access[at].token.clone(), self.is_active(at));
                let fields = [
                    ("grant_type", EXCHANGE),
                    ("client_id", "app"),
                    ("subject_token", &subject),
                    (
                        "subject_token_type",
                        "urn:ietf:params:oauth:token-type:access_token",
                    ),
                    ("scope", "openid"),
                ];
                let answer = self.server.form(TOKEN, None, &fields);
                assert_eq!(answer.status == 200, expected, "exchange: {}", answer.text);
                if expected {
                    let (family, user) = (self.access[at].family, self.access[at].user);
                    self.keep(
                        &answer.json(),
                        Access {
                            parent: Some(at),
                            family,
                            user,
                            ..none()
                        },
                    );
                }
            }
            Op::Robot => {
                let fields = [("grant_type", "client_credentials")];
                let answer = self
                    .server
                    .form(TOKEN, Some(("robot", &self.secret)), &fields);
                assert_eq!(answer.status, 200, "{}", answer.text);
                self.keep(
                    &answer.json(),
                    Access {
                        of_robot: true,
                        ..none()
                    },
                );
            }
            Op::Delegate(at, user) => {
                let own: Vec<_> = (0..self.access.len())
                    .filter(|at| self.access[*at].of_robot && self.access[*at].user.is_none())
                    .collect();
                let Some(at) = pick(&at, own.len()).map(|at| own[at]) else {
                    return self;
                };
                let bearer = format!("Bearer {}", self.access[at].token);
                let body = json!({"sub": USERS[user], "scopes": ["openid"]});
                let path = "/api/v1/oauth/delegated-token";
                let answer = self.server.json(path, &[("authorization", &bearer)], &body);
                // A token that the robot got without the scope has no such power, whatever it may have by now.
                let expected = self.is_active(at) && self.may_delegate && !self.is_disabled[user];
                if answer.status == 200 {
                    assert!(expected, "delegated: {}", answer.text);
                    self.keep(
                        &answer.json(),
                        Access {
                            parent: Some(at),
                            user: Some(user),
                            of_robot: true,
                            ..none()
                        },
                    );
                }
            }
            Op::RevokeAccess(at) => {
                let Some(at) = pick(&at, self.access.len()) else {
                    return self;
                };
                self.revoke(&self.access[at].token.clone(), self.access[at].of_robot);
                self.access[at].is_revoked = true;
            }
            Op::RevokeRefresh(at) => {
                let Some(at) = pick(&at, self.families.len()) else {
                    return self;
                };
                let newest = self.families[at].refresh_tokens.last().unwrap().clone();
                self.revoke(&newest, false);
                self.families[at].is_revoked = true;
            }
            Op::Disable(user) => {
                self.set_disabled(user, true);
                // What ended does not come back.
                for at in 0..self.access.len() {
                    self.access[at].is_revoked |= self.access[at].user == Some(user);
                }
                for family in &mut self.families {
                    family.is_revoked |= family.user == user;
                }
            }
            Op::Enable(user) => self.set_disabled(user, false),
            Op::Forbid => {
                if self.may_delegate {
                    self.set_robot_scope("openid");
                    for token in &mut self.access {
                        token.is_revoked |= token.of_robot;
                    }
                    self.may_delegate = false;
                }
            }
            Op::Allow => {
                self.set_robot_scope(ROBOT_SCOPE);
                self.may_delegate = true;
            }
            Op::Wait(seconds) => self.server.clock.advance(Lifetime(seconds)),
            Op::Restart => self.server = self.server.restart(),
        }
        self
    }

    fn refresh(&self, token: &str) -> crate::support::Answer {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "app"),
            ("refresh_token", token),
        ];
        self.server.form(TOKEN, None, &fields)
    }

    fn revoke(&self, token: &str, by_robot: bool) {
        let path = "/api/v1/oauth/revoke";
        let answer = match by_robot {
            true => self
                .server
                .form(path, Some(("robot", &self.secret)), &[("token", token)]),
            false => self
                .server
                .form(path, None, &[("client_id", "app"), ("token", token)]),
        };
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    fn set_disabled(&mut self, user: usize, disabled: bool) {
        let user_input: UserInput = input(json!({"disabled": disabled}));
        let user_input = user_input.check(None).unwrap();
        let sub = USERS[user];
        change(&self.server, move |tx, by| {
            keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, sub, user_input)
        });
        self.is_disabled[user] = disabled;
    }

    fn set_robot_scope(&self, scope: &str) {
        let client: ClientInput = input(json!({"scope": scope}));
        let client = client.check(None).unwrap();
        change(&self.server, move |tx, by| {
            keyfob::admin::object::update::<keyfob::domain::client::Client>(tx, by, "robot", client)
        });
    }

    fn check(&self, after: &[Op]) {
        for at in 0..self.access.len() {
            let (expected, found) = (self.is_active(at), self.is_accepted(&self.access[at].token));
            assert_eq!(found, expected, "token {at} after {after:?}");
        }
    }
}

#[test]
fn whatever_happens_exactly_the_tokens_of_the_model_are_active() {
    let histories = std::env::var("KEYFOB_HISTORIES")
        .ok()
        .and_then(|many| many.parse().ok());
    let config = ProptestConfig {
        cases: histories.unwrap_or(12),
        // A server for each step of shrinking takes long; the history itself says enough.
        max_shrink_iters: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = match histories {
        Some(_) => TestRunner::new(config),
        // The same histories every time: what is found is found by everybody.
        None => TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        ),
    };
    runner
        .run(&vec(op(), 1..40), |ops| {
            let mut world = World::new();
            for (n, op) in ops.iter().enumerate() {
                world = world.play(op.clone());
                world.check(&ops[..=n]);
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
