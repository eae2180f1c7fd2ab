//! The machine's clock is set: nothing that was revoked comes back, nothing is deleted too early, and what the
//! server does by itself goes on.

use std::sync::Arc;

use keyfob::{
    admin::audit::{Filter, Tail},
    app::{
        jumps::{ClockMemory, JumpGuard},
        upkeep,
    },
    clock::{SharedClock, TestClock},
    domain::{audit::AuditEvent, time::Lifetime},
};

use crate::support::{START, Server, VERIFIER};

const TOKEN: &str = "/api/v1/oauth/token";
const THREE_DAYS: Lifetime = Lifetime::days(3);

fn server() -> Server {
    let server = Server::start();
    server.public_client("web", "openid offline_access");
    server.user("u-ola", |_| {});
    server
}

/// An access token and a refresh token.
fn login(server: &Server) -> [String; 2] {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        (
            "code",
            &server.code("web", "u-ola", "openid offline_access"),
        ),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form(TOKEN, None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    ["access_token", "refresh_token"].map(|name| answer.json()[name].as_str().unwrap().to_owned())
}

fn refresh(server: &Server, token: &str) -> u16 {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", token),
    ];
    server.form(TOKEN, None, &fields).status
}

fn revoke(server: &Server, token: &str) {
    let fields = [("client_id", "web"), ("token", token)];
    assert_eq!(
        server.form("/api/v1/oauth/revoke", None, &fields).status,
        200
    );
}

fn userinfo(server: &Server, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    server
        .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)])
        .status
}

fn round(server: &Server) {
    actix_web::rt::System::new()
        .block_on(upkeep::once(&server.app))
        .unwrap();
}

fn record(server: &Server, event: &'static str) {
    server.record(vec![AuditEvent::ok(event)]);
}

// A clock that was two hours ahead for one upkeep, or one change by an administrator, made revoked tokens
// active again.
#[test]
fn what_was_revoked_stays_revoked_over_a_clock_that_was_ahead_for_a_while() {
    let mut server = server();
    for (ahead, restart) in [
        (Lifetime::hours(2), false),
        (THREE_DAYS, false),
        (Lifetime::hours(2), true),
    ] {
        let [access, refreshing] = login(&server);
        let [used, _] = login(&server);
        assert_eq!(userinfo(&server, &access), 200);
        revoke(&server, &access);
        revoke(&server, &refreshing);
        server.clock.turn_ahead(ahead);
        round(&server);
        server.app.refresh_directory().unwrap();
        if restart {
            server = server.restart();
        }
        server.clock.turn_back(ahead);
        assert_eq!(userinfo(&server, &access), 401, "{ahead:?}");
        assert_eq!(refresh(&server, &refreshing), 400, "{ahead:?}");
        assert_eq!(userinfo(&server, &used), 200, "{ahead:?}");
        server.app.refresh_directory().unwrap();
        assert_eq!(userinfo(&server, &access), 401, "{ahead:?}");
        round(&server);
    }
}

// A machine that starts with a wrong clock: one round by it, and everything that had been revoked was active again.
#[test]
fn what_was_revoked_stays_revoked_over_a_start_with_a_clock_that_was_ahead() {
    for ahead in [Lifetime::hours(3), Lifetime::days(2), Lifetime::days(800)] {
        let server = server();
        let [access, refreshing] = login(&server);
        let [family, _] = login(&server);
        revoke(&server, &access);
        revoke(&server, &refreshing);
        round(&server);
        server.clock.turn_ahead(ahead);
        let server = server.restart();
        round(&server);
        server.clock.advance(Lifetime::minutes(2));
        round(&server);
        server.clock.turn_back(ahead);
        let server = server.restart();
        round(&server);
        assert_eq!(userinfo(&server, &access), 401, "{ahead:?}");
        assert_eq!(refresh(&server, &refreshing), 400, "{ahead:?}");
        assert_eq!(userinfo(&server, &family), 200, "{ahead:?}");
    }
}

// A first run that ended before its first round of upkeep had noted no time by which the next could tell.
#[test]
fn what_was_revoked_stays_revoked_over_a_wrong_clock_after_a_first_run_of_a_moment() {
    let server = server();
    let [access, _] = login(&server);
    revoke(&server, &access);
    server.clock.turn_ahead(Lifetime::days(100));
    let server = server.restart();
    round(&server);
    server.clock.advance(Lifetime::minutes(2));
    round(&server);
    server.clock.turn_back(Lifetime::days(100));
    let server = server.restart();
    assert_eq!(userinfo(&server, &access), 401);
}

#[test]
fn what_expired_while_the_server_was_away_goes_once_its_clock_is_believed() {
    let server = server();
    login(&server);
    round(&server);
    server.clock.advance(Lifetime::days(100));
    let server = server.restart();
    let rows = || -> i64 {
        let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
        let sql = "SELECT count(*) FROM access_tokens";
        file.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    round(&server);
    assert_eq!(rows(), 1);
    server.clock.advance(Lifetime::days(1));
    round(&server);
    assert_eq!(rows(), 0);
}

// What was issued while the clock was two years ahead was active for two years.
#[test]
fn a_token_from_the_future_is_not_active() {
    let server = server();
    server.clock.turn_ahead(Lifetime::days(800));
    let [access, _] = login(&server);
    assert_eq!(userinfo(&server, &access), 200);
    server.clock.turn_back(Lifetime::days(800));
    let bearer = format!("Bearer {access}");
    let answer = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(answer.refusal(), (401, "invalid_token".to_owned()));
    assert!(answer.text.contains("is in the future"), "{}", answer.text);
    // Clocks are put right by minutes, too, and nobody is to be signed out by that.
    let [access, _] = login(&server);
    server.clock.turn_back(Lifetime::minutes(9));
    assert_eq!(userinfo(&server, &access), 200);
}

#[test]
fn a_clock_that_jumped_deletes_nothing_until_its_time_has_held_for_a_day() {
    let server = server();
    login(&server);
    let rows = || -> i64 {
        let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
        let sql = "SELECT count(*) FROM access_tokens";
        file.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    server.clock.turn_ahead(Lifetime::days(100));
    round(&server);
    server.clock.advance(Lifetime::hours(23));
    round(&server);
    assert_eq!(rows(), 1);
    server.clock.advance(Lifetime::hours(1));
    round(&server);
    assert_eq!(rows(), 0);
}

// New events were filed among those of the day before, and who followed the log saw none of them.
#[test]
fn events_after_a_clock_that_was_ahead_come_after_those_stored_before() {
    let server = server();
    server.clock.turn_ahead(Lifetime::days(1));
    record(&server, "clock.ahead");
    server.clock.turn_back(Lifetime::days(1));
    let server = server.restart();
    let store = &server.app.store;
    let (mut tail, newest) = store
        .read(|tx| Tail::start(tx, Filter::default(), 1))
        .unwrap();
    assert_eq!(newest[0].event, "clock.ahead");
    record(&server, "clock.right");
    let seen = store.read(|tx| tail.next(tx, 10)).unwrap();
    assert_eq!(
        seen.iter()
            .map(|event| event.event.as_str())
            .collect::<Vec<_>>(),
        ["clock.right"]
    );
    assert_eq!(server.events(&Filter::default())[0].event, "clock.right");
}

#[test]
fn scheduled_backups_go_on_after_a_clock_that_was_ahead_and_the_new_ones_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().to_owned();
    let server = Server::start_with(|told| {
        told.live.backup_folder = Some(there);
        told.live.backup_interval = Lifetime::hours(1);
        told.live.backup_retention = 2;
    });
    let names = || {
        let files = keyfob::app::backups::list(folder.path()).unwrap();
        files.into_iter().map(|file| file.name).collect::<Vec<_>>()
    };
    server.clock.turn_ahead(THREE_DAYS);
    round(&server);
    server.clock.advance(Lifetime::hours(1));
    round(&server);
    let ahead = names();
    assert_eq!(ahead.len(), 2);
    server.clock.turn_back(THREE_DAYS);
    round(&server);
    server.clock.advance(Lifetime::hours(1));
    round(&server);
    let now = names();
    assert_eq!(now.len(), 2);
    assert!(
        now.iter().all(|name| !ahead.contains(name)),
        "{now:?} {ahead:?}"
    );
}

// RFC 9700 §4.14.2: the window in which a refresh can be repeated is seconds, not as long as the clock was ahead.
#[test]
fn a_refresh_made_while_the_clock_was_ahead_cannot_be_repeated_for_that_long() {
    let server = server();
    let [_, first] = login(&server);
    server.clock.turn_ahead(Lifetime::hours(1));
    assert_eq!(refresh(&server, &first), 200);
    assert_eq!(refresh(&server, &first), 200, "a retry at once");
    server.clock.turn_back(Lifetime::hours(1));
    assert_eq!(refresh(&server, &first), 400);
}

// The answer to a refresh that was lost in a crash cost the login if the server was away for longer than the
// window.
#[test]
fn a_refresh_whose_answer_was_lost_when_the_server_ended_can_be_repeated_after_the_next_start() {
    let server = server();
    let [_, lost] = login(&server);
    let [_, earlier] = login(&server);
    assert_eq!(refresh(&server, &earlier), 200);
    server.clock.advance(Lifetime::minutes(5));
    assert_eq!(refresh(&server, &lost), 200);
    server.clock.advance(Lifetime::minutes(5));
    let server = server.restart();
    assert_eq!(refresh(&server, &earlier), 400, "it was not among the last");
    assert_eq!(refresh(&server, &lost), 200);
    server.clock.advance(Lifetime(20));
    assert_eq!(refresh(&server, &lost), 400, "the window is over");
}

/// A server that stays up for so long after a start, with an upkeep every ten minutes.
fn stay_up(
    clock: &SharedClock,
    test: &TestClock,
    guard: &JumpGuard,
    span: Lifetime,
) -> ClockMemory {
    let mut memory = None;
    for _ in 0..span.0 / 600 {
        test.advance(Lifetime::minutes(10));
        let trusted = guard.trusted_now(clock);
        if let Some(due) = guard.to_store(trusted) {
            guard.stored(due);
            memory = Some(due);
        }
    }
    memory.unwrap()
}

fn test_clock() -> (SharedClock, Arc<TestClock>) {
    let test = Arc::new(TestClock::at(START));
    (test.clone(), test)
}

// The day is one in which the new time goes on evenly: a jump in its last hour was believed with what came before.
#[test]
fn a_jump_late_in_the_day_begins_a_day_of_its_own() {
    let (clock, test) = test_clock();
    let guard = JumpGuard::start(&clock, None);
    let memory = stay_up(&clock, &test, &guard, Lifetime::hours(1));
    // A night off.
    test.advance(Lifetime::hours(8));
    let guard = JumpGuard::start(&clock, Some(memory));
    stay_up(&clock, &test, &guard, Lifetime::hours(23));
    test.turn_ahead(Lifetime::days(800));
    let jumped = clock.now();
    let memory = stay_up(&clock, &test, &guard, Lifetime::hours(2));
    assert!(memory.trusted < jumped - Lifetime::days(799), "{memory:?}");
    test.turn_back(Lifetime::days(800));
    stay_up(&clock, &test, &guard, Lifetime::hours(25));
    assert_eq!(guard.trusted_now(&clock), clock.now());
}

// A laptop is never up for a day: its rows were never deleted.
#[test]
fn the_day_may_be_that_of_several_short_runs() {
    let (clock, test) = test_clock();
    let mut memory = None;
    let mut believed = Vec::new();
    for _ in 0..7 {
        let guard = JumpGuard::start(&clock, memory);
        memory = Some(stay_up(&clock, &test, &guard, Lifetime::hours(8)));
        believed.push(guard.trusted_now(&clock) == clock.now());
        test.advance(Lifetime::hours(16));
    }
    // The first start knows of no earlier time; three of 8 hours are a day.
    assert_eq!(believed, [true, false, false, true, false, false, true]);
    // A clock that has gone back since the last run has not been even.
    let guard = JumpGuard::start(&clock, memory);
    let held = stay_up(&clock, &test, &guard, Lifetime::hours(8));
    assert!(held.held.is_some(), "{held:?}");
    test.turn_back(Lifetime::hours(2));
    let again = JumpGuard::start(&clock, Some(held));
    let after = stay_up(&clock, &test, &again, Lifetime::hours(1));
    assert!(after.held < held.held, "{after:?}");
}

// After one start with a clock that was ahead each right one warned, for as long as that had been.
#[test]
fn a_clock_that_was_ahead_and_not_believed_does_not_make_the_right_one_look_late() {
    let known = |trusted| ClockMemory {
        trusted,
        wall: START,
        held: None,
    };
    let later = START + Lifetime::days(400);
    for (memory, written, is_behind) in [
        (None, START, false),
        (None, later, true),
        (Some(known(START)), later, false),
        (Some(known(later)), later, true),
        (Some(known(START)), START + Lifetime::minutes(59), false),
    ] {
        let shown = ClockMemory::shows_clock_behind(memory, written, START);
        assert_eq!(shown, is_behind, "{memory:?} {written:?}");
    }
}
