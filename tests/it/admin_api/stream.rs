//! The audit log as it is written: who hears what, and for how long.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use keyfob::{
    crypto::password,
    domain::{audit::AuditEvent, secret::Secret, session::AdminSession, user::PasswordHash},
};
use serde_json::{Value, json};

use super::{BASE, Console};

/// Listeners at a time.
const MOST: usize = 32;

/// A browser that listens.
struct Listener(BufReader<TcpStream>);

impl Listener {
    /// The head of the answer has been read, and the listener is one.
    fn start(console: &Console, query: &str, headers: &str) -> Self {
        let (status, listener) = Self::try_start(console, query, headers);
        assert!(status.contains("200"), "{status}");
        let mut listener = listener;
        listener.wait_for(": you are listening");
        listener
    }

    fn try_start(console: &Console, query: &str, headers: &str) -> (String, Self) {
        Self::try_as(&console.cookie, console, query, headers)
    }

    /// With the cookie of any session.
    fn try_as(cookie: &str, console: &Console, query: &str, headers: &str) -> (String, Self) {
        let address = console.server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        write!(
            stream,
            "GET {BASE}/events/stream{query} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\nconnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut listener = Self(BufReader::new(stream));
        (listener.line(), listener)
    }

    /// The next line that is not empty.
    fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).unwrap();
            assert!(read > 0, "the stream ended");
            if !line.trim().is_empty() {
                return line.trim().to_owned();
            }
        }
    }

    fn wait_for(&mut self, text: &str) {
        while !self.line().starts_with(text) {}
    }

    /// The next event, and its id.
    fn event(&mut self) -> (String, Value) {
        let id = loop {
            if let Some(id) = self.line().strip_prefix("id: ") {
                break id.to_owned();
            }
        };
        let data = self.line();
        let data = data.strip_prefix("data: ").unwrap();
        (id, serde_json::from_str(data).unwrap())
    }

    /// Whether the next thing that happens is the end.
    fn has_ended(&mut self) {
        self.wait_for("event: end");
    }
}

fn write_event(console: &Console, name: &'static str, client_id: &str) {
    let event = AuditEvent::failed(name, "a reason\nin two lines").client(client_id);
    actix_web::rt::System::new()
        .block_on(console.server.app.audit(event))
        .unwrap();
}

#[test]
fn each_listener_hears_what_its_filter_lets_through() {
    let console = Console::start();
    write_event(&console, "token.request_failed", "before");
    let mut all = Listener::start(&console, "", "");
    let mut some = Listener::start(&console, "?event=token&client_id=one", "");
    let mut kept = Listener::start(&console, "?outcome=ok", "");
    for (name, client_id) in [
        ("token.request_failed", "two"),
        ("tokens.refused", "one"),
        ("token.request_failed", "one"),
    ] {
        write_event(&console, name, client_id);
    }
    console.post("/scopes", &json!({"name": "a:b", "description": "c"}));
    let clients: Vec<_> = (0..3).map(|_| all.event().1["client_id"].clone()).collect();
    assert_eq!(
        clients,
        ["two", "one", "one"],
        "in the order, and none of before"
    );
    assert_eq!(all.event().1["event"], "scope.created");
    let (_, heard) = some.event();
    assert_eq!(heard["event"], "token.request_failed");
    assert_eq!(heard["reason"], "a reason\nin two lines");
    let (_, heard) = kept.event();
    assert_eq!(heard["event"], "scope.created");
    // It is what the list shows.
    assert_eq!(console.get("/events?limit=1").json()["items"][0], heard);
}

// WHATWG HTML §9.2.4: Last-Event-ID
#[test]
fn who_comes_back_is_sent_what_was_missed_and_nothing_twice() {
    let console = Console::start();
    let mut first = Listener::start(&console, "?event=token", "");
    write_event(&console, "token.request_failed", "one");
    let (last, _) = first.event();
    drop(first);
    write_event(&console, "token.request_failed", "two");
    write_event(&console, "other.refused", "two");
    write_event(&console, "token.request_failed", "three");
    let mut again = Listener::start(
        &console,
        "?event=token",
        &format!("last-event-id: {last}\r\n"),
    );
    write_event(&console, "token.request_failed", "four");
    for expected in ["two", "three", "four"] {
        assert_eq!(again.event().1["client_id"], expected);
    }
    let (status, _) = Listener::try_start(&console, "", "last-event-id: nonsense\r\n");
    assert!(status.contains("404"), "{status}");
}

#[test]
fn it_ends_with_the_session_of_whoever_listens() {
    type End = fn(&Console);
    let rows: [(&str, End); 3] = [
        ("signed out", |console| {
            assert_eq!(console.delete("/session").status, 204);
        }),
        ("not used for too long", |console| {
            console.server.clock.advance(AdminSession::IDLE);
        }),
        ("disabled", |console| {
            console.server.user("second", |user| user.admin = true);
            let answer = console.patch("/users/root", &json!({"disabled": true}));
            assert_eq!(answer.status, 200, "{}", answer.text);
        }),
    ];
    for (what, end) in rows {
        let console = Console::start();
        let mut listener = Listener::start(&console, "", "");
        end(&console);
        println!("{what}");
        listener.has_ended();
        write_event(&console, "token.request_failed", "one");
        let mut rest = String::new();
        while listener.0.read_line(&mut rest).is_ok_and(|read| read > 0) {}
        assert!(!rest.contains("id:"), "{what}: {rest}");
    }
}

#[test]
fn listening_is_no_use_of_the_session_and_other_use_keeps_it() {
    let console = Console::start();
    let mut listener = Listener::start(&console, "?event=token", "");
    console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime::minutes(40));
    assert_eq!(console.get("/session").status, 200);
    console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime::minutes(40));
    write_event(&console, "token.request_failed", "one");
    assert_eq!(listener.event().1["client_id"], "one");
    console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime::minutes(21));
    listener.has_ended();
}

#[test]
fn there_are_no_more_listeners_than_the_server_can_bear() {
    let console = Console::start();
    let mut listeners: Vec<_> = (0..MOST)
        .map(|_| Listener::start(&console, "", ""))
        .collect();
    let (status, mut refused) = Listener::try_start(&console, "", "");
    assert!(status.contains("503"), "{status}");
    refused.wait_for("content-type: application/problem+json");
    // Everybody hears of it, and a place that is left is free again.
    write_event(&console, "token.request_failed", "one");
    for listener in &mut listeners {
        assert_eq!(listener.event().1["client_id"], "one");
    }
    listeners.pop();
    // That somebody has gone is found out by telling them something.
    let again = (0..1000).any(|_| {
        write_event(&console, "token.request_failed", "two");
        Listener::try_start(&console, "", "").0.contains("200")
    });
    assert!(again, "the place was never given back");
}

#[test]
fn nobody_listens_without_being_an_administrator() {
    let console = Console::start();
    let answer = console.server.get(&format!("{BASE}/events/stream"), &[]);
    assert_eq!(answer.problem().1, "sign_in_required");
    let answer = console.get("/events/stream?outcome=maybe");
    assert_eq!(answer.problem().2, Some("outcome".into()));
}

#[test]
fn one_who_lags_behind_is_looked_at_before_hearing_more() {
    let console = Console::start();
    let server = &console.server;
    let hash = password::hash(&Secret::new("correct horse"));
    server.user("second", |user| {
        user.admin = true;
        user.password_hash = Some(PasswordHash(hash));
    });
    let signed_in = console.post(
        "/session",
        &json!({"username": "second", "password": "correct horse"}),
    );
    let cookie = signed_in
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let mut reading = Listener::start(&console, "?client_id=mark", "");
    let (status, mut lagging) = Listener::try_as(cookie, &console, "", "");
    assert!(status.contains("200"), "{status}");
    lagging.wait_for(": you are listening");
    let write = |count: usize, length: usize| {
        let event = AuditEvent::failed("token.request_failed", "x".repeat(length)).client("many");
        server.record(vec![event; count]);
        write_event(&console, "token.request_failed", "mark");
    };
    // More than the connection holds, so that what comes after it is not taken any more.
    write(300, 64 * 1024);
    reading.event();
    let answer = console.patch("/users/second", &json!({"disabled": true}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    // More than is kept for those who are behind.
    write(1100, 1);
    reading.event();
    let next = loop {
        let line = lagging.line();
        assert!(
            !line.contains("user.disabled"),
            "they had not fallen behind"
        );
        if line.starts_with("event: ") {
            break line;
        }
    };
    assert_eq!(next, "event: end", "one who is no more has missed nothing");
}
