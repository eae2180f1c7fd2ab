//! TLS in the binary, and what is believed of a proxy that ends it elsewhere.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
};

use keyfob::{
    config::{Config, Tls, settings::Settings},
    domain::time::UnixSeconds,
    http::tls::Shown,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use crate::support::{Server, send};

/// Writes a self-signed certificate for localhost and its key, and answers with it.
fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()
}

fn files(folder: &Path) -> Tls {
    Tls {
        cert: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    }
}

/// What a client that trusts `root` is answered.
fn get(
    address: &str,
    root: &CertificateDer<'static>,
    path: &str,
) -> Result<String, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    // A peer that closes without a TLS close_notify is no concern here.
    if let Err(error) = stream.read_to_end(&mut answer)
        && answer.is_empty()
    {
        return Err(error);
    }
    Ok(String::from_utf8(answer).unwrap())
}

fn tell(told: &mut Settings, folder: &Path) {
    let (files, config) = (files(folder), &mut told.config);
    config.tls_cert = Some(files.cert);
    config.tls_key = Some(files.key);
    config.issuer = config.issuer.replace("http:", "https:");
}

#[test]
fn it_serves_https_with_its_own_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let root = write_certificate(folder.path());
    let mut listen = String::new();
    let server = Server::start_with(|told| {
        tell(told, folder.path());
        listen.clone_from(&told.config.listen);
    });
    let answer = get(&listen, &root, "/.well-known/openid-configuration").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.contains(&format!("\"issuer\":\"https://{listen}\"")),
        "{answer}"
    );
    // RFC 6797 §6.1
    assert!(
        answer
            .to_lowercase()
            .contains("strict-transport-security: max-age="),
        "{answer}"
    );
    let stranger = write_certificate(tempfile::tempdir().unwrap().path());
    assert!(get(&listen, &stranger, "/healthz").is_err());
    drop(server);
}

// It said that no server answers, and `CaUsedAsEndEntity`.
#[test]
fn doctor_says_how_a_certificate_of_an_own_ca_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    write_certificate(folder.path());
    let server = Server::start_with(|told| tell(told, folder.path()));
    let issuer = server.app.config.issuer.clone();
    let doctor = |further: &[&str]| {
        let args = [&["doctor", "--issuer", &issuer][..], further].concat();
        crate::cli::run(&server.app.config.database, &args, "").stdout
    };
    let said = doctor(&[]);
    let told = "is not trusted; add the certificate of its CA with outbound_ca_file";
    assert!(said.contains(told), "{said}");
    assert!(!said.contains("OtherError"), "{said}");
    let root = folder.path().join("cert.pem");
    let said = doctor(&["--outbound-ca-file", root.to_str().unwrap()]);
    assert!(said.contains(&format!("{issuer} responds")), "{said}");
}

#[test]
fn a_changed_certificate_is_shown_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    write_certificate(folder.path());
    let shown = Shown::load(&files(folder.path())).unwrap();
    assert!(!shown.look().unwrap(), "nothing has changed");
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
    let touch = |name: &str, seconds: u64| {
        let file = std::fs::File::options()
            .write(true)
            .open(folder.path().join(name))
            .unwrap();
        file.set_modified(later + std::time::Duration::from_secs(seconds))
            .unwrap();
    };
    write_certificate(folder.path());
    touch("cert.pem", 1);
    assert!(shown.look().unwrap());
    std::fs::write(folder.path().join("cert.pem"), "nonsense").unwrap();
    touch("cert.pem", 2);
    assert!(shown.look().is_err());
    assert!(!shown.look().unwrap(), "a bad file is said once");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let load = || Shown::load(&files(folder.path())).unwrap_err().to_string();
    assert!(load().starts_with("tls_cert: "), "missing: {}", load());
    write_certificate(folder.path());
    std::fs::write(folder.path().join("key.pem"), "nonsense").unwrap();
    assert!(
        load().contains("key.pem: contains no PEM private key"),
        "{}",
        load()
    );
    let other = KeyPair::generate().unwrap();
    std::fs::write(folder.path().join("key.pem"), other.serialize_pem()).unwrap();
    assert!(
        load().contains("does not match the certificate"),
        "{}",
        load()
    );
    std::fs::write(folder.path().join("cert.pem"), "").unwrap();
    assert!(
        load().contains("cert.pem: contains no PEM certificate"),
        "{}",
        load()
    );
    let half = Config {
        tls_cert: Some("cert.pem".into()),
        ..Config::default()
    };
    assert_eq!(
        half.check().unwrap_err().to_string(),
        "tls_cert: requires tls_key"
    );
}

#[test]
fn pem_written_on_windows_is_read_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    write_certificate(folder.path());
    for name in ["cert.pem", "key.pem"] {
        let path = folder.path().join(name);
        let pem = std::fs::read_to_string(&path).unwrap();
        let windows = pem.replace("\r\n", "\n").replace('\n', "\r\n");
        std::fs::write(&path, format!("\u{feff}{windows}")).unwrap();
    }
    Shown::load(&files(folder.path())).unwrap();
    let roots = folder.path().join("cert.pem");
    let server = Server::start_with(|told| told.live.outbound_ca_file = Some(roots));
    assert_eq!(server.get("/readyz", &[]).status, 200);
}

// RFC 7468 §11, and the form that OpenSSL wrote before.
#[test]
fn an_encrypted_key_is_called_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    write_certificate(folder.path());
    let modern =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let older = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n\
                 AAAA\n-----END RSA PRIVATE KEY-----\n";
    for pem in [modern, older] {
        std::fs::write(folder.path().join("key.pem"), pem).unwrap();
        let error = Shown::load(&files(folder.path())).unwrap_err().to_string();
        assert!(
            error.contains("key.pem: the private key is encrypted"),
            "{error}"
        );
    }
}

// RFC 5280 §4.1.2.5
#[test]
fn a_certificate_out_of_its_time_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2026, 3, 1);
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    let shown = Shown::load(&files(folder.path())).unwrap();
    let at = |seconds| shown.refusal(UnixSeconds(seconds));
    // 2026-02-01, 2026-03-02, 2025-12-31
    assert_eq!(at(1_769_904_000), None);
    let expired = at(1_772_409_600).unwrap();
    assert!(
        expired.ends_with("cert.pem: the certificate expired at 2026-03-01T00:00:00.000Z"),
        "{expired}"
    );
    let early = at(1_767_139_200).unwrap();
    assert!(
        early.ends_with("the certificate is not valid before 2026-01-01T00:00:00.000Z"),
        "{early}"
    );
}

type Headers<'a> = &'a [(&'a str, &'a str)];

/// The address that the audit log has for a request with these headers.
fn address_seen(server: &Server, url: &str, headers: Headers) -> Option<String> {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let headers: Vec<_> = form.iter().chain(headers).copied().collect();
    let body = b"grant_type=client_credentials&client_id=known&client_secret=x";
    let answer = send(url, "POST", "/api/v1/oauth/token", &headers, Some(body));
    assert_eq!(answer.status, 401, "{}", answer.text);
    server.events_named("token").remove(0).address
}

fn trusting(networks: &str) -> Server {
    let server = Server::start_with(|told| {
        let networks = networks.split_whitespace();
        told.config.trusted_proxies = networks.map(|network| network.parse().unwrap()).collect();
    });
    known(&server);
    server
}

fn known(server: &Server) {
    server.client(
        "known",
        serde_json::json!({"grant_types": ["client_credentials"], "scope": "openid",
                           "token_endpoint_auth_method": "client_secret_post"}),
    );
}

// RFC 9700 §4.13: what anybody can write into a header is believed of trusted proxies only; RFC 7239 §4, §6.
#[test]
fn a_forwarded_address_is_believed_of_trusted_proxies_only() {
    const LOOPBACK: &str = "127.0.0.1/32";
    let rows: &[(&str, &str, &str, &str)] = &[
        ("", "x-forwarded-for", "203.0.113.9", "127.0.0.1"),
        ("", "forwarded", "for=203.0.113.9", "127.0.0.1"),
        (LOOPBACK, "x-other", "203.0.113.9", "127.0.0.1"),
        (LOOPBACK, "x-forwarded-for", "203.0.113.9", "203.0.113.9"),
        (
            LOOPBACK,
            "x-forwarded-for",
            "203.0.113.9:4711",
            "203.0.113.9",
        ),
        (
            LOOPBACK,
            "x-forwarded-for",
            "::ffff:203.0.113.9",
            "203.0.113.9",
        ),
        (
            LOOPBACK,
            "x-forwarded-for",
            "[2001:DB8::9]:4711",
            "2001:db8::9",
        ),
        (LOOPBACK, "x-forwarded-for", "fe80::9%eth0", "fe80::9"),
        (
            LOOPBACK,
            "x-forwarded-for",
            "6.6.6.6, 203.0.113.9",
            "203.0.113.9",
        ),
        (
            LOOPBACK,
            "forwarded",
            "For=\"[2001:db8::9]:4711\";proto=https",
            "2001:db8::9",
        ),
        (
            LOOPBACK,
            "forwarded",
            "for=6.6.6.6, for=203.0.113.9;by=_me",
            "203.0.113.9",
        ),
        (LOOPBACK, "forwarded", "for=_hidden", "127.0.0.1"),
        (LOOPBACK, "forwarded", "for=unknown", "127.0.0.1"),
        (
            "127.0.0.0/8 10.0.0.0/8",
            "x-forwarded-for",
            "203.0.113.9, 10.1.2.3:80",
            "203.0.113.9",
        ),
        (
            "127.0.0.0/8 10.0.0.0/8",
            "x-forwarded-for",
            "203.0.113.9, ::ffff:10.1.2.3",
            "203.0.113.9",
        ),
        (
            "127.0.0.0/8 10.0.0.0/8",
            "forwarded",
            "for=203.0.113.9, for=10.1.2.3",
            "203.0.113.9",
        ),
        (LOOPBACK, "x-forwarded-for", "nonsense", "127.0.0.1"),
        // What stands before it was sent by whoever wrote it.
        (
            "127.0.0.0/8",
            "x-forwarded-for",
            "203.0.113.9, nonsense, 127.0.0.2",
            "127.0.0.2",
        ),
    ];
    for (trusted, name, value, expected) in rows {
        let server = trusting(trusted);
        let seen = address_seen(&server, &server.url, &[(*name, *value)]);
        assert_eq!(
            seen.as_deref(),
            Some(*expected),
            "{trusted:?} {name}: {value}"
        );
    }
}

// RFC 4291 §2.5.5.2: a dual-stack listener shows an IPv4 address as IPv6.
#[test]
fn a_dual_stack_listener_shows_ipv4_addresses_as_such() {
    let server = trusting("127.0.0.1/32");
    server.user("root", |user| user.admin = true);
    let server = server.restart_with(|told| told.config.listen = "[::]:0".into());
    let url = server.url.replace("[::]", "127.0.0.1");
    assert_eq!(
        address_seen(&server, &url, &[]).as_deref(),
        Some("127.0.0.1")
    );
    let forwarded = [("x-forwarded-for", "203.0.113.9")];
    assert_eq!(
        address_seen(&server, &url, &forwarded).as_deref(),
        Some("203.0.113.9")
    );
}
