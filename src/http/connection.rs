//! Socket of one connection, with time limits: the client must read pending output within [`WRITE_PATIENCE`], nothing
//! more is read meanwhile or during an earlier request, and the limit between two requests is the same as before the
//! first one.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};
use tokio_rustls::server::TlsStream;

use super::connections::Activity;

/// Time limit for the client to read pending output, which is never much: see `chunks`.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// Interval of checking the time limit.
const TICK: Duration = Duration::from_secs(5);
/// Time for which further input is read and discarded, so that the client sees the last response and not a reset (RFC
/// 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);
/// Maximum bytes of it.
const LINGER_BYTES: usize = 256 * 1024;

/// Bytes read at a time, and the maximum number of requests that start in them: actix parses all of its input into
/// requests immediately, of about 7 KB each.
const READ: usize = 2048;
const READ_REQUESTS: usize = 4;

/// Time that a client can be idle.
#[derive(Clone, Copy)]
pub struct Patience {
    /// Within the head of a request.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
}

/// A socket, with or without TLS.
pub trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// Pending output is discarded when the socket is closed.
    fn give_up(&self);

    /// Whether there may be input, without reading it. If there is none, the task is woken when there is.
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()>;
}

impl Transport for TcpStream {
    fn give_up(&self) {
        if let Err(error) = self.set_zero_linger() {
            tracing::debug!(%error, "slow connection closed");
        }
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll_read_ready(context).map(drop)
    }
}

impl Transport for TlsStream<TcpStream> {
    fn give_up(&self) {
        self.get_ref().0.give_up();
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        let (socket, session) = self.get_ref();
        // TLS does not report input while it has decrypted data that was not read yet.
        match session.wants_read() {
            true => socket.poll_readable(context),
            false => Poll::Ready(()),
        }
    }
}

impl Transport for Box<dyn Transport> {
    fn give_up(&self) {
        self.as_ref().give_up();
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.as_ref().poll_readable(context)
    }
}

pub struct Connection<T: Transport> {
    io: T,
    pub activity: Arc<Activity>,
    patience: Patience,
    tick: Pin<Box<Sleep>>,
    /// Since when something waits to be written.
    blocked_since: Option<Instant>,
    /// Task that wanted to read while output was pending.
    reader: Option<Waker>,
    /// Input that was read but not passed on yet.
    held: Vec<u8>,
    /// Whether the passed input must be processed before more is read.
    is_paused: bool,
    /// The request after which the client is waited for, since when, and whether it has begun to send another.
    waiting: Waiting,
    /// Whether the server, not the client, ended reading.
    is_cut: bool,
    linger: Option<Linger>,
}

struct Linger {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

#[derive(Clone, Copy)]
struct Waiting {
    after_request: u32,
    since: Instant,
    has_sent: bool,
}

impl<T: Transport> Connection<T> {
    pub fn new(io: T, activity: Arc<Activity>, patience: Patience) -> Self {
        Self {
            io,
            activity,
            patience,
            tick: Box::pin(sleep(TICK)),
            blocked_since: None,
            reader: None,
            held: Vec::new(),
            is_paused: false,
            waiting: Waiting {
                after_request: 0,
                since: Instant::now(),
                has_sent: false,
            },
            is_cut: false,
            linger: None,
        }
    }

    /// Sees to it that the task is woken for the next look at what is overdue.
    fn poll_tick(&mut self, context: &mut Context<'_>) {
        while self.tick.as_mut().poll(context).is_ready() {
            self.tick.as_mut().reset(Instant::now() + TICK);
        }
    }

    /// Whether the time limit of the client has passed. The head of the first request has a limit of its own.
    fn is_overdue(&mut self) -> bool {
        let begun = self.activity.requests_begun();
        if self.activity.is_in_request() || begun != self.waiting.after_request {
            self.waiting = Waiting {
                after_request: begun,
                since: Instant::now(),
                has_sent: false,
            };
            return false;
        }
        let patience = match self.waiting.has_sent {
            true => self.patience.head,
            false => self.patience.idle + TICK,
        };
        begun > 0 && self.waiting.since.elapsed() >= patience
    }

    fn has_read(&mut self) {
        self.activity.moved();
        if !self.waiting.has_sent {
            self.waiting.has_sent = true;
            self.waiting.since = Instant::now();
        }
    }

    /// Something could not be written. Fails once that has lasted for too long.
    fn poll_blocked(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let since = *self.blocked_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= WRITE_PATIENCE {
            return Poll::Ready(io::Error::new(
                io::ErrorKind::TimedOut,
                "client stopped reading",
            ));
        }
        self.poll_tick(context);
        Poll::Pending
    }
}

/// Splits the bytes after this many heads, which end with an empty line (RFC 9112 §2.1).
fn split_requests(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut line = 0;
    let mut heads = 0;
    for at in memchr::memchr_iter(b'\n', bytes) {
        let is_empty = matches!(bytes[line..at], [] | [b'\r']);
        line = at + 1;
        heads += usize::from(is_empty);
        if heads == READ_REQUESTS {
            return bytes.split_at(line);
        }
    }
    (bytes, &[])
}

impl<T: Transport> AsyncRead for Connection<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.poll_tick(context);
        if this.activity.reads_no_more() || this.is_overdue() {
            this.is_cut = true;
            return Poll::Ready(Ok(()));
        }
        // No requests are read from a client that does not read responses.
        if this.blocked_since.is_some() {
            this.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        if this.is_paused {
            this.is_paused = false;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.activity.is_ahead() {
            // The end of the request wakes this task only if there is input, which is rare.
            if !this.held.is_empty() || this.io.poll_readable(context).is_ready() {
                this.activity.wake_after_request(context.waker());
            }
            return Poll::Pending;
        }
        let mut bytes = [0; READ];
        let mut read = ReadBuf::new(&mut bytes[..READ.min(buffer.remaining())]);
        if this.held.is_empty() {
            ready!(Pin::new(&mut this.io).poll_read(context, &mut read))?;
            if !read.filled().is_empty() {
                this.has_read();
            }
        } else {
            let length = read.remaining().min(this.held.len());
            read.put_slice(&this.held[..length]);
            this.held.drain(..length);
        }
        let is_full = read.remaining() == 0;
        let (now, later) = split_requests(read.filled());
        buffer.put_slice(now);
        this.held.splice(..0, later.iter().copied());
        this.is_paused = is_full || !this.held.is_empty();
        Poll::Ready(Ok(()))
    }
}

impl<T: Transport> AsyncWrite for Connection<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(context, bytes) {
            Poll::Pending => self.poll_blocked(context).map(Err),
            Poll::Ready(written) => {
                self.activity.moved();
                Poll::Ready(written)
            }
        }
    }

    /// Ready after all pending output is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_flush(context) {
            Poll::Pending => self.poll_blocked(context).map(Err),
            Poll::Ready(flushed) => {
                self.blocked_since = None;
                if let Some(reader) = self.reader.take() {
                    reader.wake();
                }
                Poll::Ready(flushed)
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            match Pin::new(&mut this.io).poll_shutdown(context) {
                Poll::Pending => return this.poll_blocked(context).map(Err),
                Poll::Ready(Ok(())) if this.is_cut => {}
                Poll::Ready(shut) => return Poll::Ready(shut),
            }
        }
        let linger = this.linger.get_or_insert_with(|| Linger {
            until: Box::pin(sleep(LINGER)),
            bytes: LINGER_BYTES,
        });
        let mut thrown_away = [0; 4096];
        while linger.bytes > 0 && linger.until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut thrown_away);
            ready!(Pin::new(&mut this.io).poll_read(context, &mut buffer))?;
            match buffer.filled().len() {
                0 => break,
                read => linger.bytes = linger.bytes.saturating_sub(read),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Transport> Drop for Connection<T> {
    fn drop(&mut self) {
        if self.blocked_since.is_some() {
            self.io.give_up();
        }
    }
}

#[cfg(test)]
mod tests;
