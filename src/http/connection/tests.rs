//! Time passes at once here: tokio's clock goes on whenever nothing else is to be done.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    net::SocketAddr,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::{super::connections::Connections, *};

/// A socket in memory. Whether something is there cannot be asked without reading it, so one byte is read ahead.
struct Socket {
    io: RefCell<DuplexStream>,
    ahead: Cell<Option<u8>>,
}

impl Transport for Socket {
    fn give_up(&self) {}

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.ahead.get().is_none() {
            let mut byte = [0];
            let mut buffer = ReadBuf::new(&mut byte);
            let read = Pin::new(&mut *self.io.borrow_mut()).poll_read(context, &mut buffer);
            ready!(read).unwrap();
            self.ahead.set(buffer.filled().first().copied());
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.ahead.take() {
            Some(byte) => {
                buffer.put_slice(&[byte]);
                let more = Pin::new(self.io.get_mut()).poll_read(context, buffer);
                // What is not there yet comes with the next read.
                let _ = more.is_pending();
                Poll::Ready(Ok(()))
            }
            None => Pin::new(self.io.get_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.io.get_mut()).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.io.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.io.get_mut()).poll_shutdown(context)
    }
}

const PATIENCE: Patience = Patience {
    head: Duration::from_secs(5),
    idle: Duration::from_secs(90),
};

/// A connection whose socket holds so many bytes, and the client's end of it.
fn pair(bytes: usize) -> (Connection<Socket>, DuplexStream) {
    let peer: SocketAddr = "192.0.2.1:40000".parse().unwrap();
    let admission = Connections::new(1024, 2, Vec::new()).admit(Some(peer));
    let (server, client) = duplex(bytes);
    let socket = Socket {
        io: RefCell::new(server),
        ahead: Cell::new(None),
    };
    let connection = Connection::new(socket, admission.activity.clone(), PATIENCE);
    (connection, client)
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(test);
}

#[test]
fn what_nobody_reads_is_given_up_after_half_a_minute() {
    run(async {
        let (mut connection, client) = pair(64);
        let began = Instant::now();
        let written = connection.write_all(&[0; 1000]).await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((30..=35).contains(&began.elapsed().as_secs()));
        drop(client);
    });
}

// A byte now and then is no reading.
#[test]
fn who_reads_a_byte_now_and_then_is_given_up_too() {
    run(async {
        let (mut connection, mut client) = pair(64);
        let slow = tokio::spawn(async move {
            while client.read_u8().await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let written = connection.write_all(&[0; 1000]).await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(connection);
        slow.await.unwrap();
    });
}

#[test]
fn who_reads_everything_may_take_long_for_all_of_it() {
    run(async {
        let (mut connection, mut client) = pair(64);
        let slow = tokio::spawn(async move {
            let mut read = 0;
            while client.read_u8().await.is_ok() {
                sleep(Duration::from_millis(100)).await;
                read += 1;
            }
            read
        });
        for _ in 0..10 {
            connection.write_all(&[0; 200]).await.unwrap();
            connection.flush().await.unwrap();
        }
        drop(connection);
        assert_eq!(slow.await.unwrap(), 2000);
    });
}

#[test]
fn nothing_is_read_from_a_client_that_does_not_read() {
    run(async {
        let (mut connection, mut client) = pair(64);
        client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let blocked = poll_fn(|context| {
            let written = Pin::new(&mut connection).poll_write(context, &[0; 64]);
            assert!(written.is_ready());
            let written = Pin::new(&mut connection).poll_write(context, &[0; 64]);
            assert!(written.is_pending());
            let mut bytes = [0; 16];
            let read = Pin::new(&mut connection).poll_read(context, &mut ReadBuf::new(&mut bytes));
            Poll::Ready(read.is_pending())
        });
        assert!(blocked.await);
        // As soon as it reads it is read from.
        client.read_exact(&mut [0; 64]).await.unwrap();
        connection.write_all(&[0; 16]).await.unwrap();
        connection.flush().await.unwrap();
        assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 16);
    });
}

// actix limits the time for the head of the first request only.
#[test]
fn the_head_of_a_second_request_has_five_seconds_too() {
    run(async {
        let (mut connection, mut client) = pair(64);
        client.write_all(b"first").await.unwrap();
        connection.read_exact(&mut [0; 5]).await.unwrap();
        drop(connection.activity.begin_request(false));
        let began = Instant::now();
        client.write_all(b"x").await.unwrap();
        // A byte now and then makes no difference.
        let slow = tokio::spawn(async move {
            while client.write_u8(b'x').await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let mut bytes = [0; 16];
        while connection.read(&mut bytes).await.unwrap() > 0 {}
        assert!((5..=10).contains(&began.elapsed().as_secs()));
        connection.shutdown().await.unwrap();
        drop(connection);
        slow.await.unwrap();
    });
}

// A kilobyte of requests would be a hundred times as much in memory.
#[test]
fn requests_in_one_piece_are_given_out_a_few_at_a_time_and_only_once_the_earlier_ones_are_answered()
{
    run(async {
        for head in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n"] {
            let (mut connection, mut client) = pair(4096);
            client.write_all(head.repeat(50).as_bytes()).await.unwrap();
            drop(client);
            let mut bytes = [0; 4096];
            assert_eq!(connection.read(&mut bytes).await.unwrap(), 4 * head.len());
            let request = connection.activity.begin_request(false);
            let reads = poll_fn(|context| {
                let mut buffer = ReadBuf::new(&mut bytes);
                // Again, to look at what was given out.
                let first = Pin::new(&mut connection).poll_read(context, &mut buffer);
                let second = Pin::new(&mut connection).poll_read(context, &mut buffer);
                Poll::Ready(first.is_ready() || second.is_ready())
            });
            assert!(!reads.await);
            drop(request);
            let mut left = 46 * head.len();
            loop {
                match connection.read(&mut bytes).await.unwrap() {
                    0 => break,
                    read => left -= read,
                }
            }
            assert_eq!(left, 0);
        }
    });
}

#[test]
fn a_body_is_given_out_while_its_request_is_under_way() {
    run(async {
        let (mut connection, mut client) = pair(8192);
        client.write_all(&[b'x'; 6000]).await.unwrap();
        let _request = connection.activity.begin_request(true);
        connection.read_exact(&mut [0; 5000]).await.unwrap();
        connection.activity.end_body();
        let mut bytes = [0; 16];
        let more = tokio::time::timeout(Duration::from_mins(1), connection.read(&mut bytes));
        assert!(more.await.is_err());
    });
}

#[test]
fn a_request_that_is_under_way_is_waited_for() {
    run(async {
        let (mut connection, mut client) = pair(64);
        let request = connection.activity.begin_request(true);
        let began = Instant::now();
        let late = tokio::spawn(async move {
            sleep(Duration::from_secs(1000)).await;
            client.write_all(b"next").await.unwrap();
            client
        });
        assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 4);
        assert!(began.elapsed().as_secs() >= 1000);
        drop((request, late.await.unwrap()));
        // Now nothing is under way any more, and nothing comes.
        assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 0);
        assert!(began.elapsed().as_secs() <= 1000 + 90 + 15);
    });
}

// The end of a request wakes its connection only if something waits to be read: no order of the two may lose that.
#[test]
fn the_next_request_is_read_at_once_whether_it_comes_before_or_after_the_end_of_the_one_before() {
    for comes_before_the_end in [true, false] {
        run(async {
            let (mut connection, mut client) = pair(64);
            let request = connection.activity.begin_request(false);
            let mut bytes = [0; 16];
            let reads = async {
                // The end of the request may be the second thing that happens to the connection.
                let length = connection.read(&mut bytes).await.unwrap();
                (length, Instant::now())
            };
            let happens = async {
                sleep(Duration::from_millis(10)).await;
                if comes_before_the_end {
                    client.write_all(b"next").await.unwrap();
                    sleep(Duration::from_millis(10)).await;
                }
                drop(request);
                sleep(Duration::from_millis(10)).await;
                let ended = Instant::now();
                if !comes_before_the_end {
                    client.write_all(b"next").await.unwrap();
                }
                ended
            };
            let ((length, read), ended) = tokio::join!(reads, happens);
            assert!(length >= 1);
            assert!(read <= ended);
        });
    }
}

// RFC 9112 §2.1: an empty line ends a head; §2.2: a recipient may take a line feed alone for the end of a line.
#[test]
fn so_many_requests_are_handed_out_at_a_time() {
    let head = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let bare = "GET / HTTP/1.1\nhost: x\n\n";
    for (bytes, now) in [
        (String::new(), 0),
        ("GET / HT".to_owned(), 8),
        (head.repeat(3), 3 * head.len()),
        (head.repeat(4), 4 * head.len()),
        (head.repeat(5), 4 * head.len()),
        (format!("{}GET /", head.repeat(4)), 4 * head.len()),
        (bare.repeat(6), 4 * bare.len()),
        (format!("\r\n{}", head.repeat(4)), 2 + 3 * head.len()),
    ] {
        let split = split_requests(bytes.as_bytes());
        assert_eq!(split.0.len(), now, "{bytes:?}");
        assert_eq!([split.0, split.1].concat(), bytes.as_bytes());
    }
}
