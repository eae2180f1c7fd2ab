//! Files that are too large to be held in memory: sent piece by piece, and taken in piece by piece.

use std::{
    fs::File,
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    body::{BodySize, MessageBody},
    error::PayloadError,
    web::{self, Bytes},
};
use futures_core::Stream;
use tokio::{sync::mpsc, time::timeout};

/// Bytes of a piece, and how many are read ahead of the reader.
const PIECE: usize = 64 * 1024;
const AHEAD: usize = 4;
/// Time limit for sending the next piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open file as a response body.
pub struct FileBody {
    bytes: u64,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
}

impl FileBody {
    /// Reads on a thread of its own, no further ahead than the client takes it.
    pub fn of(mut file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        let (send, pieces) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            let mut left = bytes;
            while left > 0 {
                let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
                let read = file.read_exact(&mut piece).map(|()| Bytes::from(piece));
                left -= read.as_ref().map_or(left, |piece| piece.len() as u64);
                // A closed channel means that the client has disconnected.
                if send.blocking_send(read).is_err() {
                    return;
                }
            }
        });
        Ok(Self { bytes, pieces })
    }
}

impl MessageBody for FileBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        self.pieces.poll_recv(context)
    }
}

/// Reason why a body was not written to a file.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("must be at most {0} bytes")]
    TooLarge(u64),
    #[error("timed out")]
    TooSlow,
    #[error("upload was interrupted")]
    BrokenOff,
    #[error("could not be written: {0}")]
    Write(io::Error),
}

/// Writes the body of a request to `file`, up to `limit` bytes, and has it on the disk.
pub async fn take(mut body: web::Payload, mut file: File, limit: u64) -> Result<u64, NotTaken> {
    let mut taken = 0;
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_next(context));
        let piece = match timeout(PATIENCE, next).await {
            Err(_) => return Err(NotTaken::TooSlow),
            Ok(None) => break,
            Ok(Some(Err(PayloadError::Overflow))) => return Err(NotTaken::TooLarge(limit)),
            Ok(Some(Err(_))) => return Err(NotTaken::BrokenOff),
            Ok(Some(Ok(piece))) => piece,
        };
        taken += piece.len() as u64;
        if taken > limit {
            return Err(NotTaken::TooLarge(limit));
        }
        file = written(file, move |file| file.write_all(&piece)).await?;
    }
    written(file, |file| file.sync_all()).await?;
    Ok(taken)
}

async fn written(
    mut file: File,
    write: impl FnOnce(&mut File) -> io::Result<()> + Send + 'static,
) -> Result<File, NotTaken> {
    let wrote = web::block(move || write(&mut file).map(|()| file)).await;
    wrote
        .map_err(|error| NotTaken::Write(io::Error::other(error)))?
        .map_err(NotTaken::Write)
}
