//! Response body in chunks: however large it is, only a little of it is buffered for the client, because the next chunk
//! is read after the previous one is written. Both bodies report the progress of their request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    dev::Payload,
    error::PayloadError,
    web::Bytes,
};
use futures_core::Stream;
use pin_project_lite::pin_project;

use super::connections::{Activity, RequestGuard};

/// Bytes of a chunk.
pub const CHUNK: usize = 16 * 1024;

pin_project! {
    pub struct Chunks<B> {
        #[pin]
        body: B,
        rest: Bytes,
        _request: Option<RequestGuard>,
    }
}

impl<B: MessageBody> Chunks<B> {
    pub fn of(body: B, request: Option<RequestGuard>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            _request: request,
        }
    }
}

impl<B: MessageBody> MessageBody for Chunks<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        if this.rest.is_empty() {
            match ready!(this.body.poll_next(context)) {
                Some(Ok(bytes)) => *this.rest = bytes,
                other => return Poll::Ready(other),
            }
        }
        let length = this.rest.len().min(CHUNK);
        Poll::Ready(Some(Ok(this.rest.split_to(length))))
    }
}

/// Request body that reports when the rest of it is not needed.
pub struct RequestBody {
    body: Payload,
    activity: Arc<Activity>,
}

impl RequestBody {
    pub fn of(body: Payload, activity: Arc<Activity>) -> Payload {
        Payload::Stream {
            payload: Box::pin(Self { body, activity }),
        }
    }
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(Pin::new(&mut self.body).poll_next(context));
        if !matches!(next, Some(Ok(_))) {
            self.activity.end_body();
        }
        Poll::Ready(next)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.activity.end_body();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn no_chunk_is_large_and_all_of_them_are_the_body() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        let mut body = pin!(Chunks::of(bytes.clone(), None));
        assert_eq!(body.size(), BodySize::Sized(100_000));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut read = Vec::new();
        while let Poll::Ready(Some(Ok(chunk))) = body.as_mut().poll_next(&mut context) {
            assert!((1..=CHUNK).contains(&chunk.len()));
            read.extend_from_slice(&chunk);
        }
        assert_eq!(read, bytes);
    }
}
