//! A small web server for what the server under test fetches and posts to, on 127.0.0.1.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::Value;

/// Answers what it was told to, 404 to all else, and remembers what it was asked. It lives as long as
/// the process.
pub struct Web {
    pub url: String,
    told: Arc<Told>,
    _folder: Option<tempfile::TempDir>,
    /// The root of its certificate, in PEM.
    pub ca_file: Option<PathBuf>,
}

#[derive(Default)]
struct Told {
    replies: Mutex<HashMap<String, Reply>>,
    requests: Mutex<Vec<Request>>,
    held: Mutex<Held>,
    held_changed: Condvar,
}

/// Requests that are not answered yet.
#[derive(Default)]
struct Held {
    prefix: Option<String>,
    waiting: usize,
}

#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Lower-case names.
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
        }
    }

    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl Web {
    pub fn http() -> Self {
        Self::start("http", None)
    }

    /// With a certificate for 127.0.0.1 and localhost from a root of its own.
    pub fn https() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let leaf = CertificateParams::new(names).unwrap();
        let leaf = leaf.signed_by(&key, &root).unwrap();
        let ca_file = folder.path().join("root.pem");
        std::fs::write(&ca_file, root.pem()).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        Self {
            _folder: Some(folder),
            ca_file: Some(ca_file),
            ..Self::start("https", Some(Arc::new(config)))
        }
    }

    fn start(scheme: &str, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let told = Arc::new(Told::default());
        let answering = told.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, tls) = (answering.clone(), tls.clone());
                std::thread::spawn(move || {
                    // A client that breaks off is what some tests are about.
                    let _ = match tls {
                        None => serve(stream, &told),
                        Some(config) => {
                            let tls = ServerConnection::new(config).unwrap();
                            serve(StreamOwned::new(tls, stream), &told)
                        }
                    };
                });
            }
        });
        Self {
            url: format!("{scheme}://{address}"),
            told,
            _folder: None,
            ca_file: None,
        }
    }

    pub fn at(&self, path: &str, reply: Reply) {
        self.told.replies.lock().unwrap().insert(path.into(), reply);
    }

    pub fn gone(&self, path: &str) {
        self.told.replies.lock().unwrap().remove(path);
    }

    /// Leaves requests for paths that begin so without an answer.
    pub fn hold(&self, prefix: &str) {
        self.told.held.lock().unwrap().prefix = Some(prefix.to_owned());
    }

    /// Waits until so many requests are without an answer.
    pub fn await_held(&self, count: usize) {
        let held = self.told.held.lock().unwrap();
        let fewer = |held: &mut Held| held.waiting < count;
        drop(self.told.held_changed.wait_while(held, fewer).unwrap());
    }

    /// Answers them.
    pub fn release(&self) {
        self.told.held.lock().unwrap().prefix = None;
        self.told.held_changed.notify_all();
    }

    pub fn requests(&self) -> Vec<Request> {
        self.told.requests.lock().unwrap().clone()
    }

    /// How often the path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        let of_path = |request: &&Request| request.path == path;
        self.requests().iter().filter(of_path).count()
    }
}

impl Told {
    fn hold_while(&self, path: &str) {
        let mut held = self.held.lock().unwrap();
        held.waiting += 1;
        self.held_changed.notify_all();
        let is_held = |held: &mut Held| {
            let prefix = held.prefix.as_deref();
            prefix.is_some_and(|prefix| path.starts_with(prefix))
        };
        held = self.held_changed.wait_while(held, is_held).unwrap();
        held.waiting -= 1;
    }
}

trait Closing: Read + Write {
    fn close(&mut self);
}

impl Closing for TcpStream {
    fn close(&mut self) {}
}

impl Closing for StreamOwned<ServerConnection, TcpStream> {
    fn close(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

fn serve(stream: impl Closing, told: &Told) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = HashMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let reply = told.replies.lock().unwrap().get(&path).cloned();
    told.requests.lock().unwrap().push(Request {
        method,
        path: path.clone(),
        headers,
        body: String::from_utf8(body).unwrap(),
    });
    told.hold_while(&path);
    let reply = reply.unwrap_or_else(|| Reply::status(404));
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // Without a length the body ends with the connection, so that only a limit on what is read helps.
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&reply.body)?;
    stream.flush()?;
    stream.close();
    Ok(())
}
