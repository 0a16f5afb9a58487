//! The event streams of the clients.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use tokio::sync::mpsc;

use crate::serve::event::Event;

/// Most clients with a stream.
const MOST: usize = 32;
/// Events that wait for a client to read them. Those that it may miss leave room for others.
const WAITING: usize = 64;
const ROOM: usize = 32;

/// The clients that listen.
#[derive(Default)]
pub struct Clients {
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    /// Number of the next stream.
    next: u64,
    by_client: HashMap<String, Stream>,
}

/// A stream that is open.
struct Stream {
    number: u64,
    /// `None` once the client has missed an event.
    events: Option<mpsc::Sender<Bytes>>,
}

impl Clients {
    /// Opens the stream of a client, in place of an earlier one: its number and its events. `None` if there are too many.
    pub fn open(&self, client: &str) -> Option<(u64, mpsc::Receiver<Bytes>)> {
        let mut streams = self.lock();
        if streams.by_client.len() >= MOST && !streams.by_client.contains_key(client) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let number = streams.next;
        streams.next += 1;
        streams.by_client.insert(client.to_owned(), Stream { number, events: Some(sender) });
        Some((number, receiver))
    }

    /// Closes a stream. Returns whether the client has no other.
    pub fn close(&self, client: &str, number: u64) -> bool {
        let mut streams = self.lock();
        let is_latest = streams.by_client.get(client).is_some_and(|stream| stream.number == number);
        if is_latest {
            streams.by_client.remove(client);
        }
        is_latest
    }

    /// Whether a client listens.
    pub fn has(&self, client: &str) -> bool {
        self.lock().by_client.get(client).is_some_and(|stream| stream.events.is_some())
    }

    /// Sends an event to a client, if it listens. Its stream ends if it has not read earlier ones and must not miss this one.
    pub fn send(&self, client: &str, event: &Event) {
        let mut streams = self.lock();
        let Some(stream) = streams.by_client.get_mut(client) else { return };
        let Some(events) = &stream.events else { return };
        if event.is_passing() && events.capacity() <= ROOM {
            return;
        }
        if events.try_send(event.text().into()).is_err() {
            stream.events = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Event {
        Event::Failed { job: "1".to_owned(), message: String::new() }
    }

    #[test]
    fn a_client_that_does_not_read_loses_its_stream() {
        let clients = Clients::default();
        let (number, mut events) = clients.open("a").unwrap();
        for step in 0..2 * WAITING {
            clients.send("a", &Event::Progress { job: "1".to_owned(), step, steps: 9 });
        }
        assert!(clients.has("a"), "a step may be missed");
        (0..ROOM).for_each(|_| clients.send("a", &failed()));
        assert!(clients.has("a"), "there is room for results");
        clients.send("a", &failed());
        assert!(!clients.has("a"));
        let read = std::iter::from_fn(|| events.try_recv().ok()).count();
        assert_eq!(read, WAITING);
        assert!(clients.close("a", number) && !clients.close("a", number));
    }

    #[test]
    fn a_later_stream_replaces_the_earlier_one() {
        let clients = Clients::default();
        let (first, mut earlier) = clients.open("a").unwrap();
        let (second, mut later) = clients.open("a").unwrap();
        clients.send("a", &failed());
        assert!(earlier.try_recv().is_err() && later.try_recv().is_ok());
        assert!(!clients.close("a", first) && clients.close("a", second));
    }

    #[test]
    fn the_number_of_clients_is_bounded() {
        let clients = Clients::default();
        let open: Vec<_> = (0..MOST).map(|number| clients.open(&number.to_string())).collect();
        assert!(open.iter().all(Option::is_some) && clients.open("more").is_none() && clients.open("0").is_some());
    }
}
