//! What can be used once is used once, however many ask at the same moment.

use std::collections::BTreeSet;

use keyfob::domain::time::Lifetime;
use url::form_urlencoded::Serializer;

use crate::support::{Answer, Server, VERIFIER, at_once::post_at_once};

const TOKEN: &str = "/api/v1/oauth/token";
const CALLERS: usize = 60;

fn server(refresh_retry: Lifetime) -> Server {
    let server = Server::start_with(|told| told.live.refresh_retry = refresh_retry);
    server.public_client("web", "openid offline_access");
    server.user("u-ola", |_| {});
    server
}

fn body(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new())
        .append_pair("client_id", "web")
        .extend_pairs(fields)
        .finish()
}

fn redemption(code: &str) -> String {
    body(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ])
}

fn refresh(token: &str) -> String {
    body(&[("grant_type", "refresh_token"), ("refresh_token", token)])
}

fn all_at_once(server: &Server, body: String) -> Vec<Answer> {
    post_at_once(&server.url, TOKEN, &vec![body; CALLERS])
}

fn once(server: &Server, body: String) -> Answer {
    post_at_once(&server.url, TOKEN, &[body]).remove(0)
}

fn member(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap().to_owned()
}

fn refresh_token(server: &Server) -> String {
    let code = server.code("web", "u-ola", "openid offline_access");
    member(&once(server, redemption(&code)), "refresh_token")
}

/// The one answer that is 200. All others are `invalid_grant`: no loser sees a 5xx.
fn the_winner(answers: Vec<Answer>) -> Answer {
    let (mut won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, CALLERS - 1));
    for answer in lost {
        assert_eq!(answer.refusal(), (400, "invalid_grant".into()));
    }
    won.remove(0)
}

fn userinfo(server: &Server, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    let answer = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    answer.status
}

// RFC 6749 §4.1.2: the losers are second uses, so what the winner got has ended.
#[test]
fn of_sixty_redemptions_at_once_one_wins_and_the_losers_end_its_family() {
    let server = server(Lifetime(10));
    for _ in 0..5 {
        let code = server.code("web", "u-ola", "openid offline_access");
        let won = the_winner(all_at_once(&server, redemption(&code)));
        assert_eq!(userinfo(&server, &member(&won, "access_token")), 401);
        let refreshed = once(&server, refresh(&member(&won, "refresh_token")));
        assert_eq!(refreshed.refusal(), (400, "invalid_grant".into()));
    }
}

// Rule D7: within the retry window a repetition gets the same successor.
#[test]
fn of_sixty_refreshes_at_once_all_get_the_same_successor() {
    let server = server(Lifetime(10));
    let mut token = refresh_token(&server);
    for _ in 0..5 {
        let answers = all_at_once(&server, refresh(&token));
        let successors: BTreeSet<_> = answers
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, 200, "{}", answer.text);
                assert_eq!(userinfo(&server, &member(answer, "access_token")), 200);
                member(answer, "refresh_token")
            })
            .collect();
        assert_eq!(successors.len(), 1);
        token = successors.into_iter().next().unwrap();
    }
}

// RFC 9700 §4.14.2: without the retry window a repetition is a replay.
#[test]
fn without_a_retry_window_one_of_sixty_refreshes_wins_and_the_losers_end_the_family() {
    let server = server(Lifetime(0));
    for _ in 0..5 {
        let token = refresh_token(&server);
        let won = the_winner(all_at_once(&server, refresh(&token)));
        assert_eq!(userinfo(&server, &member(&won, "access_token")), 401);
        let refreshed = once(&server, refresh(&member(&won, "refresh_token")));
        assert_eq!(refreshed.refusal(), (400, "invalid_grant".into()));
    }
}

// A thief and the owner race with a token and its successor: whoever wins, the family has one head or
// none, and never two.
#[test]
fn an_old_token_and_its_successor_at_once_never_leave_two_families() {
    let server = server(Lifetime(10));
    for _ in 0..5 {
        let old = refresh_token(&server);
        let new = member(&once(&server, refresh(&old)), "refresh_token");
        let bodies: Vec<_> = (0..CALLERS)
            .map(|n| refresh(if n % 2 == 0 { &old } else { &new }))
            .collect();
        let answers = post_at_once(&server.url, TOKEN, &bodies);
        // The old one counts as stolen once its successor has been used; before, it is only repeated.
        let is_stolen = answers.iter().step_by(2).any(|answer| answer.status != 200);
        let mut heads = BTreeSet::new();
        for answer in answers {
            match answer.status {
                200 => {
                    heads.insert(member(&answer, "refresh_token"));
                }
                _ => assert_eq!(answer.refusal(), (400, "invalid_grant".into())),
            }
        }
        // The old one may have been repeated before its successor was used; then `new` is among them.
        heads.remove(&new);
        assert!(heads.len() <= 1, "{heads:?}");
        for head in heads {
            let answer = once(&server, refresh(&head));
            assert_eq!(answer.status, if is_stolen { 400 } else { 200 });
        }
    }
}
