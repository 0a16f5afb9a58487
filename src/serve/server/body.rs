//! Bodies: read up to a limit, written in pieces.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use hyper::body::Frame;
use tokio::sync::OwnedSemaphorePermit;

use crate::serve::failure::Failure;

/// Most bytes of a song.
pub const SONG: usize = 4 << 20;
/// Most bytes of a JSON body.
pub const JSON: usize = 1 << 20;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a frame of a large response.
const FRAME: usize = 64 << 10;

/// The body of a request.
///
/// # Errors
/// A body of more than `limit` bytes, or one that does not arrive.
pub async fn read(request: Request<Body>, limit: usize) -> Result<Bytes, Failure> {
    let too_large = || {
        let message = format!("the request has more than {} KiB, which is the most that is read", limit >> 10);
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limit as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(PATIENCE, to_bytes(request.into_body(), limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // An error of the connection cannot be answered anyway.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time; send it again")),
    }
}

/// A JSON body.
///
/// # Errors
/// As [`read`], and one that is no JSON of this form.
pub async fn read_json<T: serde::de::DeserializeOwned>(request: Request<Body>) -> Result<T, Failure> {
    let bytes = read(request, JSON).await?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::bad(format!("the request is not as expected: {error}")))
}

/// A large response, of which the server holds a bounded number: the permit is returned when the last frame is taken.
pub struct Large {
    rest: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl Large {
    /// The bytes as a body.
    pub fn body(bytes: Vec<u8>, permit: OwnedSemaphorePermit) -> Body {
        Body::new(Self { rest: bytes.into(), _permit: permit })
    }
}

impl hyper::body::Body for Large {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(FRAME);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.rest.len() as u64)
    }
}
