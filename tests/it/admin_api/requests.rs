//! Requests that cannot be read, and bodies that do not come.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use super::{BASE, Console};

/// A body has ten seconds; on a machine that is busy the answer may take a while more.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn whatever_cannot_be_read_is_refused_in_one_shape() {
    let console = Console::start();
    let rows: [(&str, &str, u16, &str, Option<&str>); 11] = [
        ("/users?limit=-1", "", 422, "invalid", Some("limit")),
        ("/users?limit=abc", "", 422, "invalid", Some("limit")),
        ("/users?limit=1&limit=2", "", 422, "invalid", Some("limit")),
        (
            "/grants?limit=4294967296",
            "",
            422,
            "invalid",
            Some("limit"),
        ),
        ("/events?since=now", "", 422, "invalid", Some("since")),
        ("/events?cursor=zz", "", 422, "invalid", Some("cursor")),
        ("/traces?cursor=1", "", 422, "invalid", Some("cursor")),
        ("/events/stream?until=x", "", 422, "invalid", Some("until")),
        ("/users/%FF", "", 404, "not_found", None),
        ("/nothing", "", 404, "not_found", None),
        ("/users", "{", 422, "invalid", None),
    ];
    for (path, body, status, code, field) in rows {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let headers = [
            ("cookie", console.cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
        ];
        let path = format!("{BASE}{path}");
        let answer = console
            .server
            .send(method, &path, &headers, Some(body.as_bytes()));
        let expected = (status, code.to_owned(), field.map(str::to_owned));
        assert_eq!(answer.problem(), expected, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    // Only announced: a client that sends it all may see the connection end before it has read the answer.
    let refused = console.server.raw(
        format!(
            "POST {BASE}/state/plan HTTP/1.1\r\nhost: x\r\ncookie: {}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            console.cookie,
            1024 * 1024 + 1
        )
        .as_bytes(),
    );
    assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
    assert!(refused.contains("cache-control: no-store"), "{refused}");
    assert!(
        refused.contains(r#""code":"request_too_large""#),
        "{refused}"
    );
}

// RFC 7396 §2: `null` takes a member out, of whatever kind it is.
#[test]
fn null_takes_out_what_a_user_has() {
    let console = Console::start();
    console.post("/teams", &json!({"id": "acme"}));
    let given = json!({
        "username": "kari", "email": "kari@example.com", "claims": {"nickname": "K"},
        "teams": [{"id": "acme", "role": "admin"}],
    });
    let made = console.post("/users", &given).json();
    let path = format!("/users/{}", made["sub"].as_str().unwrap());
    for (member, empty) in [
        ("email", Value::Null),
        ("claims", json!({})),
        ("teams", json!([])),
    ] {
        assert_ne!(made[member], empty, "{member}");
        let changed = console.patch(&path, &Value::from_iter([(member, Value::Null)]));
        assert_eq!(changed.status, 200, "{member}: {}", changed.text);
        assert_eq!(changed.json()[member], empty, "{member}");
    }
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let console = Console::start();
    let rows = [
        (format!("{BASE}/session"), "", "application/problem+json"),
        (
            format!("{BASE}/state/plan"),
            console.cookie.as_str(),
            "application/problem+json",
        ),
        ("/api/v1/oauth/token".to_owned(), "", "application/json"),
    ];
    std::thread::scope(|scope| {
        for (path, cookie, kind) in &rows {
            let address = console.server.url.trim_start_matches("http://");
            scope.spawn(move || {
                let request = format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\
                     Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n\
                     Content-Length: 1000\r\n\r\n{{"
                );
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                // Until the server says something: nothing more is sent.
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                assert!(answer.starts_with("HTTP/1.1 408"), "{path}: {answer}");
                assert!(answer.contains(kind), "{path}: {answer}");
            });
        }
    });
}
