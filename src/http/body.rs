//! What requests and responses carry: a request's body has a bound, a response's body ends its request. It reads no meaning.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::oneshot;

use super::watch::Answering;

/// Bytes of a request's body.
pub const LIMIT: usize = 1024 * 1024;

/// The body is longer than it may be.
#[derive(Debug, thiserror::Error)]
#[error("the body is over the limit of {LIMIT} bytes")]
struct TooLong;

/// A request's body. Reading more of it than the limit fails.
pub struct Bounded {
    body: Incoming,
    left: usize,
    /// Closes when the body was read, or nobody wants the rest.
    _held: oneshot::Sender<()>,
}

/// A request's body for routes, and what ends when they have done with it. Nothing for a request without a body.
pub fn bounded(body: Incoming) -> (Body, Option<oneshot::Receiver<()>>) {
    if body.is_end_stream() {
        return (Body::empty(), None);
    }
    let (held, released) = oneshot::channel();
    let bounded = Bounded {
        body,
        left: LIMIT,
        _held: held,
    };
    (Body::new(bounded), Some(released))
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let frame = frame?;
        let length = frame.data_ref().map_or(0, Bytes::len);
        Poll::Ready(Some(match self.left.checked_sub(length) {
            Some(left) => {
                self.left = left;
                Ok(frame)
            }
            None => Err(TooLong.into()),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body: with its end, or the client's, the request is answered.
pub struct Answer {
    body: Body,
    _answering: Option<Answering>,
}

impl Answer {
    /// The body of the response to a request.
    pub fn new(body: Body, answering: Option<Answering>) -> Self {
        Self {
            body,
            _answering: answering,
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
