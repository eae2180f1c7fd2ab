//! Requests that arrive at the same moment, each on its own connection.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Barrier,
};

use super::Answer;

/// Sends every form post but its last byte, waits until all have come that far, sends the last bytes,
/// and answers with what came back, in the order of the requests.
pub fn post_at_once(url: &str, path: &str, bodies: &[String]) -> Vec<Answer> {
    let authority = url.trim_start_matches("http://");
    let barrier = Barrier::new(bodies.len());
    let send = |body: &String| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.set_nodelay(true).unwrap();
        let (most, last) = request.as_bytes().split_at(request.len() - 1);
        stream.write_all(most).unwrap();
        barrier.wait();
        stream.write_all(last).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        parse(&answer)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = bodies
            .iter()
            .map(|body| scope.spawn(move || send(body)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn parse(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut headers = ureq::http::HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: ureq::http::HeaderName = name.parse().unwrap();
        headers.append(name, value.parse().unwrap());
    }
    Answer {
        status: status.parse().unwrap(),
        headers,
        text: body.to_owned(),
    }
}
