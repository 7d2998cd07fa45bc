//! What a client still sends when its request has been answered.
//!
//! A refusal needs no body, so it is ready while an upload is under way. If the connection were
//! closed then, with data unread, the client's machine would be told of a broken connection, and
//! many clients report that instead of the answer. So the rest is read and thrown away first, up to
//! a limit: whoever sends more, or nothing, is not waited for (RFC 9112, 9.6).

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::header::EXPECT;

/// Most bytes that are read for nothing.
const LIMIT: usize = 1024 * 1024;
/// Longest time spent on it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads what the handler has left of the request's body, within limits, before the answer goes out.
pub(crate) async fn discard(request: Request, next: Next) -> Response {
    // Who waits to be asked for the body has sent none of it.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let left = Left::default();
    let lent = left.clone();
    let response = next
        .run(request.map(|body| Body::from_stream(lent.lend(body))))
        .await;
    if let Some(rest) = left.take() {
        // Whether it ends, is too long or too slow: the answer goes out now.
        _ = tokio::time::timeout(PATIENCE, read_to_end(rest)).await;
    }
    response
}

async fn read_to_end(mut rest: BodyDataStream) {
    let mut read = 0;
    while let Some(Ok(data)) = rest.next().await {
        read += data.len();
        if read > LIMIT {
            return;
        }
    }
}

/// Where a body is put that is no longer needed.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Option<BodyDataStream>>>);

impl Left {
    fn lend(self, body: Body) -> Lent {
        Lent {
            body: Some(body.into_data_stream()),
            left: self,
        }
    }

    fn take(&self) -> Option<BodyDataStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Option<BodyDataStream>,
    left: Left,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = body.poll_next_unpin(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut left = self.left.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = self.body.take();
    }
}
