//! The guard of everything that is fetched because of somebody else's words.

use std::sync::Arc;

use keyfob::{
    clock::TestClock,
    config::{Live, settings::Settings},
    domain::time::Lifetime,
    outbound::{Document, FetchError, Kind, Outbound, Trust},
};
use serde_json::json;

use crate::support::{
    START,
    web::{Reply, Web},
};

const LOOPBACK: &str = "127.0.0.1/32";

struct Fetcher {
    outbound: Outbound,
    clock: Arc<TestClock>,
    runtime: tokio::runtime::Runtime,
}

fn told(allowed: &[&str], web: Option<&Web>) -> Settings {
    let live = Live {
        outbound_allow: allowed.iter().map(|net| net.parse().unwrap()).collect(),
        outbound_ca_file: web.and_then(|web| web.ca_file.clone()),
        ..Live::default()
    };
    let told = Settings {
        live,
        ..Settings::default()
    };
    told.check().unwrap()
}

impl Fetcher {
    fn new(allowed: &[&str], web: Option<&Web>) -> Self {
        let clock = Arc::new(TestClock::at(START));
        let told = told(allowed, web);
        Self {
            outbound: Outbound::new(&told, clock.clone()).unwrap(),
            clock,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap(),
        }
    }

    fn get(&self, url: &str) -> Result<Arc<Document>, FetchError> {
        self.runtime.block_on(
            self.outbound
                .get(Kind::ClientMetadata, url, Trust::Unverified),
        )
    }

    fn post(&self, url: &str) -> Result<(), FetchError> {
        let fields = vec![("logout_token".to_owned(), "a b&c".to_owned())];
        self.runtime.block_on(self.outbound.post_form(url, fields))
    }
}

// Rule P36: nothing inside is reached, whatever way its address is written.
#[test]
fn no_internal_address_is_reached() {
    let web = Web::http();
    let port = web.url.rsplit(':').next().unwrap();
    let fetcher = Fetcher::new(&[], None);
    let internal = [
        "127.0.0.1",
        "localhost",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "\u{ff11}27.0.0.1",
        "①②⑦.0.0.1",
    ];
    for host in internal {
        let url = format!("https://{host}:{port}/");
        assert_eq!(
            fetcher.get(&url).unwrap_err(),
            FetchError::Internal,
            "{url}"
        );
        assert_eq!(fetcher.post(&url), Err(FetchError::Internal), "{url}");
    }
    let not_allowed = [
        format!("http://example.com:{port}/"),
        format!("http://10.0.0.1:{port}/"),
        format!("http://127.0.0.1.example.com:{port}/"),
        format!("https://good@127.0.0.1:{port}/"),
        format!("https://good:x@127.0.0.1:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("gopher://127.0.0.1:{port}/"),
        "file:///etc/passwd".into(),
        "data:application/json,{}".into(),
        "unix:/run/x".into(),
        "/x".into(),
        String::new(),
    ];
    for url in not_allowed {
        assert_eq!(
            fetcher.get(&url).unwrap_err(),
            FetchError::NotAllowed,
            "{url}"
        );
        assert_eq!(fetcher.post(&url), Err(FetchError::NotAllowed), "{url}");
    }
    // http is for this machine, and this machine has to be allowed as well.
    assert_eq!(fetcher.get(&web.url).unwrap_err(), FetchError::Internal);
    assert_eq!(web.requests().len(), 0);
}

#[test]
fn what_is_allowed_is_reached_and_no_more_than_that() {
    let web = Web::http();
    web.at("/doc", Reply::json(&json!({"a": 1})));
    let port = web.url.rsplit(':').next().unwrap();
    let rows = [
        ("127.0.0.1/32", "127.0.0.1", true),
        ("127.0.0.0/8", "127.0.0.1", true),
        ("127.0.0.1/32", "localhost", true),
        ("127.0.0.1/32", "[::ffff:127.0.0.1]", false),
        ("127.0.0.2/32", "127.0.0.1", false),
        ("10.0.0.0/8", "127.0.0.1", false),
        ("::1/128", "127.0.0.1", false),
    ];
    for (allowed, host, reached) in rows {
        let fetcher = Fetcher::new(&[allowed], None);
        let got = fetcher.get(&format!("http://{host}:{port}/doc"));
        assert_eq!(got.is_ok(), reached, "{allowed} {host}: {got:?}");
    }
    assert_eq!(web.asked("/doc"), 3);
}

#[test]
fn a_network_is_opened_and_closed_while_the_server_runs() {
    let web = Web::http();
    web.at("/doc", Reply::json(&json!({"a": 1})));
    let fetcher = Fetcher::new(&[], None);
    let url = format!("{}/doc", web.url);
    let tell = |allowed: &[&str]| fetcher.outbound.tell(&told(allowed, None)).unwrap();
    assert_eq!(fetcher.get(&url).unwrap_err(), FetchError::Internal);
    tell(&[LOOPBACK]);
    assert!(fetcher.get(&url).is_ok());
    // Opened further, what was fetched is kept; closed, it is let go.
    tell(&[LOOPBACK, "10.0.0.0/8"]);
    assert!(fetcher.get(&url).is_ok());
    assert_eq!(web.asked("/doc"), 1);
    tell(&["10.0.0.0/8"]);
    assert_eq!(fetcher.get(&url).unwrap_err(), FetchError::Internal);
}

#[test]
fn only_a_small_json_document_of_a_plain_answer_is_taken() {
    let web = Web::http();
    let fetcher = Fetcher::new(&[LOOPBACK], None);
    let fits = Reply {
        body: vec![b' '; 5 * 1024],
        ..Reply::json(&json!({}))
    };
    let too_large = Reply {
        body: vec![b' '; 5 * 1024 + 1],
        ..Reply::json(&json!({}))
    };
    let announced = too_large.clone().header("Content-Length", "5121");
    let rows = [
        ("/fits", fits, Ok(5 * 1024)),
        ("/large", too_large, Err(FetchError::TooLarge(5 * 1024))),
        ("/announced", announced, Err(FetchError::TooLarge(5 * 1024))),
        (
            "/plus",
            Reply::json(&json!({})).header("Content-Type", "application/x+json; charset=utf-8"),
            Ok(2),
        ),
        (
            "/html",
            Reply::json(&json!({})).header("Content-Type", "text/html"),
            Err(FetchError::NotJson),
        ),
        (
            "/untyped",
            Reply {
                headers: Vec::new(),
                ..Reply::json(&json!({}))
            },
            Err(FetchError::NotJson),
        ),
        ("/absent", Reply::status(404), Err(FetchError::Status(404))),
        ("/broken", Reply::status(500), Err(FetchError::Status(500))),
        (
            "/moved",
            Reply::status(302).header("Location", "/fits"),
            Err(FetchError::Status(302)),
        ),
        (
            "/kept",
            Reply::status(308).header("Location", "/fits"),
            Err(FetchError::Status(308)),
        ),
    ];
    for (path, reply, expected) in rows {
        web.at(path, reply);
        let got = fetcher.get(&format!("{}{path}", web.url));
        assert_eq!(got.map(|document| document.body.len()), expected, "{path}");
    }
    assert_eq!(web.asked("/fits"), 1, "no redirect was followed");
    let request = web.requests().swap_remove(0);
    assert_eq!(request.headers["accept"], "application/json");
    assert!(request.headers["user-agent"].starts_with("keyfob/"));
}

// RFC 9111 §4.2, §4.2.4
#[test]
fn a_document_is_kept_while_it_is_fresh_and_a_day_if_it_cannot_be_had_anew() {
    let web = Web::http();
    let fetcher = Fetcher::new(&[LOOPBACK], None);
    let url = format!("{}/doc", web.url);
    assert_eq!(fetcher.get(&url).unwrap_err(), FetchError::Status(404));
    web.at(
        "/doc",
        Reply::json(&json!({"n": 1})).header("Cache-Control", "max-age=600"),
    );
    let body = |got: Result<Arc<Document>, _>| got.map(|document| document.body.clone());
    assert_eq!(body(fetcher.get(&url)), Err(FetchError::Status(404)));
    fetcher.clock.advance(Lifetime(60));
    assert_eq!(
        body(fetcher.get(&url)),
        Ok(br#"{"n":1}"#.to_vec()),
        "an error is remembered for a minute"
    );
    web.at(
        "/doc",
        Reply::json(&json!({"n": 2})).header("Cache-Control", "max-age=600"),
    );
    fetcher.clock.advance(Lifetime(599));
    assert_eq!(body(fetcher.get(&url)), Ok(br#"{"n":1}"#.to_vec()));
    assert_eq!(web.asked("/doc"), 2);
    fetcher.clock.advance(Lifetime(1));
    assert_eq!(body(fetcher.get(&url)), Ok(br#"{"n":2}"#.to_vec()));
    web.gone("/doc");
    fetcher.clock.advance(Lifetime(600));
    for _ in 0..3 {
        assert_eq!(body(fetcher.get(&url)), Ok(br#"{"n":2}"#.to_vec()));
    }
    assert_eq!(
        web.asked("/doc"),
        4,
        "a dead server is left alone for a minute"
    );
    fetcher.clock.advance(Lifetime(60));
    assert!(fetcher.get(&url).is_ok());
    assert_eq!(web.asked("/doc"), 5);
    fetcher.clock.advance(Lifetime::days(1));
    assert_eq!(fetcher.get(&url).unwrap_err(), FetchError::Status(404));
}

#[test]
fn a_document_is_asked_for_anew_no_more_often_than_said() {
    let web = Web::http();
    let fetcher = Fetcher::new(&[LOOPBACK], None);
    let url = format!("{}/doc", web.url);
    let anew = || {
        let every = Lifetime(30);
        fetcher.runtime.block_on(fetcher.outbound.get_anew(
            Kind::ClientMetadata,
            &url,
            Trust::Unverified,
            every,
        ))
    };
    web.at("/doc", Reply::json(&json!({})));
    assert!(fetcher.get(&url).is_ok() && anew().is_ok() && anew().is_ok());
    assert_eq!(web.asked("/doc"), 1);
    fetcher.clock.advance(Lifetime(30));
    web.gone("/doc");
    assert!(anew().is_ok() && anew().is_ok());
    assert_eq!(web.asked("/doc"), 2, "an attempt in vain counts, too");
}

#[test]
fn a_form_is_posted_and_its_answer_is_not_looked_at() {
    let web = Web::http();
    let fetcher = Fetcher::new(&[LOOPBACK], None);
    web.at(
        "/logout",
        Reply {
            body: vec![b'x'; 100_000],
            ..Reply::status(200)
        },
    );
    web.at("/moved", Reply::status(307).header("Location", "/logout"));
    web.at("/broken", Reply::status(400));
    let rows = [
        ("/logout", Ok(())),
        ("/moved", Err(FetchError::Status(307))),
        ("/broken", Err(FetchError::Status(400))),
    ];
    for (path, expected) in rows {
        assert_eq!(
            fetcher.post(&format!("{}{path}", web.url)),
            expected,
            "{path}"
        );
    }
    let request = web.requests().swap_remove(0);
    assert_eq!(
        (request.method.as_str(), request.body.as_str()),
        ("POST", "logout_token=a+b%26c")
    );
    assert_eq!(
        request.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(web.asked("/logout"), 1);
}

#[test]
fn a_certificate_must_come_from_a_root_that_is_trusted() {
    let (web, other) = (Web::https(), Web::https());
    web.at("/doc", Reply::json(&json!({})));
    let url = format!("{}/doc", web.url);
    for (trusted, expected) in [
        (Some(&web), Ok(())),
        (Some(&other), Err(FetchError::Failed)),
        (None, Err(FetchError::Failed)),
    ] {
        let fetcher = Fetcher::new(&["127.0.0.0/8"], trusted);
        assert_eq!(fetcher.get(&url).map(|_| ()), expected);
    }
    // The certificate names 127.0.0.1, not 127.0.0.2.
    let fetcher = Fetcher::new(&["127.0.0.0/8"], Some(&web));
    let elsewhere = url.replace("127.0.0.1", "127.0.0.2");
    assert_eq!(fetcher.get(&elsewhere).unwrap_err(), FetchError::Failed);
}

#[test]
fn a_file_of_roots_that_holds_none_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (absent, empty) = (
        folder.path().join("absent.pem"),
        folder.path().join("empty.pem"),
    );
    std::fs::write(&empty, "(empty)").unwrap();
    for path in [absent, empty] {
        let mut told = Settings::default();
        told.live.outbound_ca_file = Some(path.clone());
        let error = told.check().unwrap_err();
        assert_eq!(error.key, "outbound_ca_file", "{path:?}");
    }
}
