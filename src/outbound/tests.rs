//! What needs a shorter time or another resolver than the real one.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
};

use super::*;
use crate::{clock::TestClock, domain::time::UnixSeconds};

fn outbound(total: Duration) -> Outbound {
    let clock = Arc::new(TestClock::at(UnixSeconds(1_800_000_000)));
    outbound_with(total, QUEUE, clock)
}

fn outbound_with(total: Duration, queue: Duration, clock: SharedClock) -> Outbound {
    let mut told = Settings::default();
    told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
    Outbound::with_times(&told, clock, total, queue).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

/// Serves each connection on a thread of its own.
fn listen(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        request.push(byte[0]);
    }
}

#[test]
fn a_server_that_is_silent_or_slow_is_left_in_time() {
    let silent = listen(|mut stream| {
        read_request(&mut stream);
        // Blocks until the other side hangs up.
        let _ = stream.read(&mut [0]);
    });
    // Each byte comes in time, the whole does not.
    let slow = listen(|mut stream| {
        read_request(&mut stream);
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
        let mut sent = stream.write_all(head);
        stream
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        while sent.is_ok() {
            sent = stream.write_all(b" ");
            let _ = stream.read(&mut [0]);
        }
    });
    let outbound = outbound(Duration::from_millis(300));
    for address in [silent, slow] {
        let url = format!("http://{address}/");
        let got = runtime().block_on(outbound.get(Kind::KeySet, &url, Trust::Registered));
        assert_eq!(got.unwrap_err(), FetchError::TimedOut);
        let posted = runtime().block_on(outbound.post_form(&url, Vec::new()));
        assert_eq!(posted, Err(FetchError::TimedOut));
    }
}

#[test]
fn fetches_of_one_address_at_the_same_time_are_one() {
    let (asked, questions) = mpsc::channel();
    let answers = Arc::new(std::sync::Barrier::new(2));
    let gate = answers.clone();
    let address = listen(move |mut stream| {
        read_request(&mut stream);
        asked.send(()).unwrap();
        gate.wait();
        let answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(answer).unwrap();
    });
    let outbound = outbound(Duration::from_secs(5));
    let documents = runtime().block_on(async {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (outbound, url) = (outbound.clone(), format!("http://{address}/"));
            calls.spawn(async move { outbound.get(Kind::KeySet, &url, Trust::Registered).await });
        }
        // On one thread, every call has joined before anything else runs twice.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        tokio::task::spawn_blocking(move || answers.wait());
        calls.join_all().await
    });
    assert_eq!(documents.len(), 20);
    assert!(documents.iter().all(Result::is_ok));
    assert_eq!(questions.try_iter().count(), 1);
}

// A metadata document may be 5 KB, a key set 64 KB, and whether one is of use says nothing of the other.
#[test]
fn a_key_set_and_a_metadata_document_of_one_address_have_nothing_in_common() {
    let large = format!(r#"{{"keys": [], "note": "{}"}}"#, "x".repeat(6_000));
    let address = listen(move |mut stream| {
        read_request(&mut stream);
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=600";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{large}", large.len());
        // The client hangs up where it is too much.
        let _ = stream.write_all(answer.as_bytes());
    });
    let url = format!("http://{address}/");
    let outbound = outbound(Duration::from_mins(1));
    let get = |kind| outbound.get(kind, &url, Trust::Unverified);
    let too_large = FetchError::TooLarge(5 * 1024);
    runtime().block_on(async {
        let (keys, document) = tokio::join!(get(Kind::KeySet), get(Kind::ClientMetadata));
        assert_eq!(document.unwrap_err(), too_large);
        assert!(keys.unwrap().body.len() > 6_000);
        // The same one after the other, when the one is kept and the failure of the other is remembered.
        assert_eq!(get(Kind::ClientMetadata).await.unwrap_err(), too_large);
        assert!(get(Kind::KeySet).await.is_ok());
    });
}

// Rule D12: fetches of one host, and those that strangers cause, are bounded each by itself.
#[test]
fn on_a_full_gate_the_kept_copy_is_used_and_without_one_the_answer_is_busy() {
    let (end, ended) = mpsc::channel::<()>();
    let ended = Arc::new(std::sync::Mutex::new(ended));
    let address = listen(move |mut stream| {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") && stream.read_exact(&mut byte).is_ok() {
            line.push(byte[0]);
        }
        if line.starts_with(b"GET /hang") {
            // Until the test is over.
            assert!(ended.lock().unwrap().recv().is_err());
            return;
        }
        let answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(answer).unwrap();
    });
    let clock = Arc::new(TestClock::at(UnixSeconds(1_800_000_000)));
    let minute = Duration::from_mins(1);
    let url = |path: &str| format!("http://{address}/{path}");
    let runtime = runtime();
    for (trust, other, of_one_host) in [
        (Trust::Unverified, Trust::Registered, 4),
        (Trust::Registered, Trust::Unverified, 8),
    ] {
        let outbound = outbound_with(minute, Duration::from_millis(50), clock.clone());
        runtime.block_on(async {
            let kept = url(&format!("kept-{trust:?}"));
            outbound.get(Kind::KeySet, &kept, trust).await.unwrap();
            clock.advance(Lifetime::hours(1));
            for i in 0..of_one_host {
                let (outbound, url) = (outbound.clone(), url(&format!("hang-{trust:?}-{i}")));
                let hang = async move { outbound.get(Kind::KeySet, &url, trust).await };
                tokio::spawn(hang);
            }
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            let stale = outbound.get(Kind::KeySet, &kept, trust).await.unwrap();
            assert!(stale.fresh_until <= outbound.0.clock.now());
            for good in [(Kind::ClientMetadata, trust), (Kind::KeySet, other)] {
                let (kind, trust) = good;
                let got = outbound.get(kind, &url(&format!("{good:?}")), trust).await;
                assert!(got.is_ok(), "{good:?} {got:?}");
            }
            let new = outbound.get(Kind::KeySet, &url("new"), trust).await;
            assert_eq!(new.unwrap_err(), FetchError::Busy);
        });
    }
    // Every fetch ends with it.
    drop(end);
}
