//! The body of an event stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Interval, interval};

use super::app::App;

/// Time between comments that keep the connection open and find out whether it is.
const BREATH: Duration = Duration::from_secs(5);

/// The events of a client until it leaves; then its jobs are cancelled.
pub struct EventStream {
    events: mpsc::Receiver<Bytes>,
    breath: Interval,
    /// Cancels when it is dropped.
    _presence: Presence,
}

/// A client that listens.
struct Presence {
    app: Arc<App>,
    client: String,
    number: u64,
}

impl EventStream {
    /// Opens the stream of a client; `None` if there are too many.
    pub fn open(app: &Arc<App>, client: String) -> Option<Self> {
        let (number, events) = app.clients.open(&client)?;
        let presence = Presence { app: Arc::clone(app), client, number };
        Some(Self { events, breath: interval(BREATH), _presence: presence })
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if self.app.clients.close(&self.client, self.number) {
            self.app.jobs.cancel_all_of(&self.client);
        }
    }
}

impl hyper::body::Body for EventStream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(event) = self.events.poll_recv(context) {
            return Poll::Ready(event.map(|event| Ok(Frame::data(event))));
        }
        // The first one is due at once, so that the client knows that it is heard.
        self.breath.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b": listening\n\n")))))
    }
}
