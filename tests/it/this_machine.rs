//! Dev mode and `metrics = "loopback"` serve this machine only, and a development proxy on it.

use keyfob::config::{Metrics, Mode};

use crate::support::Server;

type Headers<'a> = &'a [(&'a str, &'a str)];

const HERE: &[Headers] = &[
    &[],
    &[("host", "localhost")],
    &[("host", "LOCALHOST:8080")],
    &[("host", "[::1]:8080")],
    &[("host", "app.localhost:5173")],
    // Vite and Next.js.
    &[
        ("host", "localhost:5173"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "localhost:5173"),
        ("x-forwarded-port", "5173"),
        ("x-forwarded-proto", "http"),
    ],
    &[
        ("x-forwarded-for", "::1, ::ffff:127.0.0.1"),
        ("x-forwarded-host", "localhost:3000"),
    ],
    &[
        ("forwarded", "for=\"[::1]:4711\";host=localhost"),
        ("via", "1.1 Caddy"),
    ],
];

const ELSEWHERE: &[Headers] = &[
    &[("host", "attacker.example")],
    &[("host", "localhost.attacker.example:8080")],
    &[("host", "192.168.1.5:8080")],
    &[("host", "")],
    &[("x-forwarded-for", "192.0.2.1")],
    &[("x-forwarded-for", "192.168.1.5, 127.0.0.1")],
    &[("x-forwarded-for", "unknown")],
    &[
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=192.0.2.1"),
    ],
    &[("x-forwarded-host", "abc.ngrok.app")],
    &[("x-forwarded-host", "localhost:5173, abc.ngrok.app")],
    &[("forwarded", "for=192.0.2.1")],
    &[("forwarded", "for=127.0.0.1;host=\"abc.ngrok.app\"")],
    &[("forwarded", "For=_hidden")],
    &[("x-real-ip", "192.0.2.1")],
    &[("cf-connecting-ip", "192.0.2.1")],
    &[("x-original-host", "abc.ngrok.app")],
    &[("via", "1.1 tunnel")],
];

const PATHS: &[&str] = &[
    "/login",
    "/healthz",
    "/docs",
    "/openapi.json",
    "/.well-known/openid-configuration",
    "/admin/api/v1/session",
    "/api/v1/oauth/authorize",
    "/no/such/path",
];

#[test]
fn dev_mode_serves_nothing_to_requests_from_elsewhere() {
    let server = Server::start_with(|told| told.config.mode = Mode::Dev);
    for path in PATHS {
        for headers in ELSEWHERE {
            let answer = server.get(path, headers);
            assert_eq!(answer.status, 403, "{path} {headers:?}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("this machine only"), "{detail}");
        }
        let direct = server.get(path, &[]).status;
        for headers in HERE {
            let answer = server.get(path, headers);
            assert_eq!(answer.status, direct, "{path} {headers:?}");
            assert!(
                !answer.text.contains("serves this machine only"),
                "{path} {headers:?}"
            );
        }
    }
    let container = [("host", "host.docker.internal:8080")];
    assert_eq!(server.get("/healthz", &container).status, 200);
}

#[test]
fn metrics_for_loopback_are_for_this_machine() {
    let server = Server::start_with(|told| told.live.metrics = Metrics::Loopback);
    for headers in HERE {
        assert_eq!(server.get("/metrics", headers).status, 200, "{headers:?}");
    }
    for headers in ELSEWHERE {
        assert_eq!(server.get("/metrics", headers).status, 401, "{headers:?}");
        // A server for others goes on serving them.
        assert_eq!(server.get("/healthz", headers).status, 200, "{headers:?}");
    }
}
