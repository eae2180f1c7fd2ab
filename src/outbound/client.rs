//! The HTTP client: one request, to an address that was checked, within a time and a size.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use ipnet::IpNet;
use ureq::{
    Agent, Body,
    config::Config as AgentConfig,
    http::{Response, Uri, header},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};
use url::{Host, Url};

use super::{
    FetchError, Kind, address, failure,
    freshness::{self, Fields},
};
use crate::{
    config::text_file,
    domain::{redirect_uri::is_loopback_host, time::UnixSeconds},
};

const USER_AGENT: &str = concat!("keyfob/", env!("CARGO_PKG_VERSION"));
/// Maximum size of a response head, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
/// Maximum size of a response from the operator's own server, in bytes.
const LONGEST_TEXT: u64 = 256 * 1024;
/// Maximum bytes read of the response to a post, which is not used.
const LONGEST_POST_ANSWER: u64 = 16 * 1024;

pub(super) struct Client {
    agent: Agent,
    allowed: Vec<IpNet>,
}

/// Result of a GET.
pub(super) struct Fetched {
    pub body: Vec<u8>,
    pub fresh_until: UnixSeconds,
}

impl Client {
    /// A client that trusts the bundled roots and those in `ca_file`. `total` limits everything: name resolution,
    /// connection, TLS, request and response.
    pub(super) fn new(
        allowed: Vec<IpNet>,
        ca_file: Option<&Path>,
        total: Duration,
    ) -> Result<Self, String> {
        let resolver = CheckedResolver {
            system: DefaultResolver::default(),
            allowed,
        };
        Self::with_resolver(ca_file, total, resolver)
    }

    fn with_resolver(
        ca_file: Option<&Path>,
        total: Duration,
        resolver: CheckedResolver<impl Resolver>,
    ) -> Result<Self, String> {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::from(roots(ca_file)?))
            .build();
        let config = Agent::config_builder()
            // A proxy from the environment would resolve names itself, unchecked.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(total))
            // Each request resolves, checks and connects by itself.
            .max_idle_connections(0)
            .max_response_header_size(LONGEST_HEAD)
            .user_agent(USER_AGENT)
            .tls_config(tls)
            .build();
        Ok(Self {
            allowed: resolver.allowed.clone(),
            agent: Agent::with_parts(config, DefaultConnector::new(), resolver),
        })
    }

    /// Whether it allows every address that the other one allows.
    pub(super) fn reaches_what(&self, other: &Client) -> bool {
        other.allowed.iter().all(|net| self.allowed.contains(net))
    }

    /// Checks a URL without resolving its name.
    pub(super) fn check(&self, url: &str) -> Result<(), FetchError> {
        let url = check(url)?;
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain("localhost")) => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            _ => return Ok(()),
        };
        match addresses.into_iter().any(|ip| may_reach(&self.allowed, ip)) {
            true => Ok(()),
            false => Err(FetchError::Internal),
        }
    }

    /// Blocks for at most the client's total time.
    pub(super) fn get(
        &self,
        kind: Kind,
        url: &str,
        now: UnixSeconds,
    ) -> Result<Fetched, FetchError> {
        let url = check(url)?;
        let request = self
            .agent
            .get(url.as_str())
            .header(header::ACCEPT, "application/json");
        let mut answer = request.call().map_err(told)?;
        expect_success(&answer)?;
        if !is_json(answer.body().mime_type()) {
            return Err(FetchError::NotJson);
        }
        let most = kind.most_bytes();
        let body = answer
            .body_mut()
            .with_config()
            .limit(most)
            .read_to_vec()
            .map_err(|error| match error {
                ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge(most),
                error => told(error),
            })?;
        Ok(Fetched {
            body,
            fresh_until: fresh_until(&answer, now),
        })
    }

    /// Status of any response. Blocks for at most the client's total time.
    pub(super) fn status(&self, url: &str) -> Result<u16, String> {
        let answer = self.agent.get(url).call();
        let answer = answer.map_err(failure::in_words)?;
        Ok(answer.status().as_u16())
    }

    /// Text of a response with status 200. Blocks for at most the client's total time.
    pub(super) fn text(&self, url: &str) -> Result<String, String> {
        match self.answer(url)? {
            (200, text) => Ok(text),
            (status, _) => Err(format!("the server returned status {status}")),
        }
    }

    /// Status and text of any response. Blocks for at most the client's total time.
    pub(super) fn answer(&self, url: &str) -> Result<(u16, String), String> {
        let mut answer = self.agent.get(url).call().map_err(failure::in_words)?;
        let body = answer.body_mut().with_config().limit(LONGEST_TEXT);
        let text = body.read_to_string().map_err(failure::in_words)?;
        Ok((answer.status().as_u16(), text))
    }

    /// Blocks for at most the client's total time.
    pub(super) fn post_form(
        &self,
        url: &str,
        fields: &[(String, String)],
    ) -> Result<(), FetchError> {
        let url = check(url)?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request = self
            .agent
            .post(url.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut answer = request.send(form.finish()).map_err(told)?;
        expect_success(&answer)?;
        let body = answer.body_mut().with_config().limit(LONGEST_POST_ANSWER);
        match body.read_to_vec() {
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Ok(()),
            Err(error) => Err(told(error)),
        }
    }
}

/// Mozilla's roots, and the operator's own.
fn roots(ca_file: Option<&Path>) -> Result<Vec<Certificate<'static>>, String> {
    let mut roots: Vec<_> = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .collect();
    let Some(path) = ca_file else {
        return Ok(roots);
    };
    let pem = text_file::read(path)?;
    let before = roots.len();
    for item in parse_pem(pem.as_bytes()) {
        match item {
            Ok(PemItem::Certificate(root)) => roots.push(root),
            Ok(_) => {}
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    if roots.len() == before {
        return Err(format!("{} contains no PEM certificate", path.display()));
    }
    Ok(roots)
}

/// https; http only to this machine, and then only if its address is allowed.
fn check(text: &str) -> Result<Url, FetchError> {
    let url = Url::parse(text).map_err(|_| FetchError::NotAllowed)?;
    let host = url.host_str().unwrap_or_default();
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback_host(host));
    if host.is_empty() || !is_plain || !is_safe {
        return Err(FetchError::NotAllowed);
    }
    Ok(url)
}

fn expect_success(answer: &Response<Body>) -> Result<(), FetchError> {
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        status => Err(FetchError::Status(status)),
    }
}

/// `application/json`, or any other type of JSON (RFC 6839 §3.1).
fn is_json(mime_type: Option<&str>) -> bool {
    let mime_type = mime_type.unwrap_or_default().to_ascii_lowercase();
    mime_type == "application/json"
        || (mime_type.starts_with("application/") && mime_type.ends_with("+json"))
}

fn fresh_until(answer: &Response<Body>, now: UnixSeconds) -> UnixSeconds {
    let field = |name| answer.headers().get(name)?.to_str().ok();
    let cache_control: Vec<_> = answer
        .headers()
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    let fields = Fields {
        cache_control: &cache_control,
        expires: field(header::EXPIRES),
        date: field(header::DATE),
        age: field(header::AGE),
    };
    freshness::fresh_until(&fields, now)
}

/// Text of a failure that is safe to show; the rest is logged.
fn told(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::Timeout(_) => FetchError::TimedOut,
        ureq::Error::HostNotFound => FetchError::Unresolvable,
        ureq::Error::Other(other) if other.is::<Internal>() => FetchError::Internal,
        error => {
            tracing::debug!(%error, "outbound request failed");
            FetchError::Failed
        }
    }
}

/// Resolves a name once and returns only allowed addresses: the connection uses one of them, so that the name is never
/// resolved again (DNS rebinding).
#[derive(Debug)]
struct CheckedResolver<R> {
    system: R,
    allowed: Vec<IpNet>,
}

#[derive(Debug, thiserror::Error)]
#[error("the host name resolves to an internal address")]
struct Internal;

impl<R: Resolver> Resolver for CheckedResolver<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &AgentConfig,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.system.resolve(uri, config, timeout);
        let found = found.map_err(|error| match error {
            ureq::Error::Io(_) => ureq::Error::HostNotFound,
            error => error,
        })?;
        let mut checked = self.empty();
        let allowed = |ip| may_reach(&self.allowed, ip);
        for address in found.iter().filter(|address| allowed(address.ip())) {
            checked.push(*address);
        }
        if checked.is_empty() {
            tracing::warn!(
                host = uri.host(),
                addresses = ?&*found,
                "outbound request to an internal address blocked; allow it with outbound_allow"
            );
            return Err(ureq::Error::Other(Box::new(Internal)));
        }
        Ok(checked)
    }
}

fn may_reach(allowed: &[IpNet], address: IpAddr) -> bool {
    let meant = address::meant(address);
    address::is_public(meant) || allowed.iter().any(|net| net.contains(&meant))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{SocketAddr, TcpListener},
        sync::Mutex,
    };

    use super::*;

    /// A name server that an attacker runs: a different answer each time.
    #[derive(Debug)]
    struct Fickle(Mutex<Vec<Option<Vec<SocketAddr>>>>);

    impl Resolver for Fickle {
        fn resolve(
            &self,
            _: &Uri,
            _: &AgentConfig,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut addresses = self.empty();
            let answer = self.0.lock().unwrap().remove(0);
            let answer = answer.ok_or_else(|| std::io::Error::other("no such name"))?;
            answer
                .into_iter()
                .for_each(|address| addresses.push(address));
            Ok(addresses)
        }
    }

    fn one_port_on_two_addresses() -> (TcpListener, TcpListener) {
        loop {
            let listener = TcpListener::bind("127.0.0.2:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            if let Ok(other) = TcpListener::bind(("127.0.0.1", port)) {
                return (listener, other);
            }
        }
    }

    // Rule P36: DNS rebinding.
    #[test]
    fn a_connection_goes_to_an_address_that_was_checked_and_to_no_other() {
        let (listener, inside) = one_port_on_two_addresses();
        let (allowed, refused) = (listener.local_addr().unwrap(), inside.local_addr().unwrap());
        inside.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).unwrap();
                let answer = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
                stream.write_all(answer).unwrap();
            }
        });
        let answers = vec![
            Some(vec![refused, allowed]),
            Some(vec![allowed]),
            Some(vec![refused]),
            None,
        ];
        let resolver = CheckedResolver {
            system: Fickle(Mutex::new(answers)),
            allowed: vec!["127.0.0.2/32".parse().unwrap()],
        };
        let client = Client::with_resolver(None, Duration::from_secs(5), resolver).unwrap();
        let url = format!("http://localhost:{}/", allowed.port());
        let internal = Err(FetchError::Internal);
        for expected in [Ok(2), Ok(2), internal, Err(FetchError::Unresolvable)] {
            let got = client.get(Kind::KeySet, &url, UnixSeconds(0));
            assert_eq!(got.map(|fetched| fetched.body.len()), expected);
        }
        assert!(
            inside.accept().is_err(),
            "nobody came to the refused address"
        );
    }
}
