//! Connections that cost more than they are worth are closed, and newcomers are always served.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use keyfob::{config::Config, domain::time::Lifetime};

use crate::support::{
    Server,
    binary::{Folder, Running},
};

/// Longer than anything here takes. What is not over by then hangs.
const HANGS: Duration = Duration::from_mins(1);

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(HANGS)).unwrap();
    stream.set_write_timeout(Some(HANGS)).unwrap();
    stream
}

/// Everything up to the end of the connection, which must come.
fn read_to_end(mut stream: &TcpStream) -> String {
    let mut read = Vec::new();
    if let Err(error) = stream.read_to_end(&mut read) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    String::from_utf8_lossy(&read).into_owned()
}

const CHUNKED: &[u8] =
    b"POST /api/v1/oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

// RFC 9110 §15.5.14
#[test]
fn an_endless_body_costs_its_connection_after_the_413() {
    let server = Server::start();
    let mut stream = connect(&server.url);
    stream.write_all(CHUNKED).unwrap();
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 4096], b"\r\n"].concat();
    let written = (0..16_384).find(|_| stream.write_all(&chunk).is_err());
    assert!(written.is_some(), "64 MB were taken");
}

// RFC 9110 §15.5.9: the server sends `close`, and closes.
#[test]
fn a_body_that_does_not_come_in_time_costs_its_connection_after_the_408() {
    let server = Server::start();
    let mut stream = connect(&server.url);
    stream.write_all(CHUNKED).unwrap();
    stream.write_all(b"1\r\nx\r\n").unwrap();
    let answer = read_to_end(&stream);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

// An answer that needs no body is given before the body is there.
#[test]
fn an_endless_body_that_nobody_reads_costs_its_connection_too() {
    let server = Server::start();
    let mut stream = connect(&server.url);
    stream
        .write_all(b"POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 404");
    stream.write_all(b"1\r\nx\r\n").unwrap();
    read_to_end(&stream);
}

#[test]
fn an_answer_of_many_chunks_is_whole() {
    let server = Server::start();
    let document = server.get("/openapi.json", &[]);
    assert!(document.text.len() > 100_000);
    assert_eq!(
        document.header("content-length"),
        Some(document.text.len().to_string().as_str())
    );
    document.json();
}

#[test]
fn requests_in_one_piece_are_answered_in_their_order() {
    let server = Server::start();
    let paths = ["/healthz", "/openapi.json", "/nothing", "/healthz"];
    let requests: String = paths
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
        .collect();
    let stream = connect(&server.url);
    (&stream).write_all(requests.as_bytes()).unwrap();
    (&stream)
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let answers = read_to_end(&stream);
    let statuses: Vec<_> = answers
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &answers[at + 9..at + 12])
        .collect();
    assert_eq!(statuses, ["200", "200", "404", "200", "200"]);
}

// nginx keeps a connection for 60 s and AWS's load balancer does, others for 75 s: a server that closes first
// makes them answer 502.
#[test]
fn an_idle_connection_is_kept_for_as_long_as_the_setting_says() {
    assert!(Config::default().keep_alive >= Lifetime(75));
    let server = Server::start_with(|told| told.config.keep_alive = Lifetime(1));
    let mut stream = connect(&server.url);
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let answer = read_to_end(&stream);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for (keep_alive, is_good) in [(0, false), (1, true), (3600, true), (3601, false)] {
        let config = Config {
            keep_alive: Lifetime(keep_alive),
            ..Config::default()
        };
        assert_eq!(config.check().is_ok(), is_good, "{keep_alive}");
    }
}

/// Connections that ask for a large document many times over, and read nothing.
fn hold(url: &str, count: usize) -> Vec<TcpStream> {
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    (0..count)
        .map(|_| {
            let mut stream = connect(url);
            // One that had to make room already may have been closed.
            let _ = stream.write_all(&request);
            stream
        })
        .collect()
}

fn is_served(url: &str) {
    let mut newcomer = connect(url);
    newcomer
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let answer = read_to_end(&newcomer);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn newcomers_are_served_while_others_read_nothing_on_every_connection_there_can_be() {
    let folder = Folder::new();
    let server = Running::start(&mut folder.limited("ulimit -n 160", &SERVE));
    let held = hold(&server.url, 300);
    for _ in 0..20 {
        is_served(&server.url);
    }
    drop(held);
}

// Most systems start a program with a limit of 1,024, which it may raise by itself.
#[test]
fn the_limit_of_descriptors_is_raised_at_start() {
    let folder = Folder::new();
    let server = Running::start(&mut folder.limited("ulimit -n 1000; ulimit -Sn 100", &SERVE));
    let idle: Vec<_> = (0..300).map(|_| connect(&server.url)).collect();
    for mut stream in &idle {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
}

const SERVE: [&str; 5] = ["serve", "--listen", "localhost:0", "--log-format", "json"];
