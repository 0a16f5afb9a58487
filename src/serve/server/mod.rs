//! The server on the user's machine: connections, who is let in, the queue of jobs, the page's files.
//!
//! ```text
//! listen -> timed -> guard (access, token) -> router -> handlers -> page | strings | runs
//!                                                          |
//!                                                          jobs (queue) -> worker: the one thread with an engine
//!                                                                            |
//!                                               page <- event_stream <- clients
//! ```
//!
//! Everything that a client can make the server hold is bounded: connections, bodies, songs, jobs, events. Only the files of a fixed
//! list can be read. `watch` is the same server for a run that trains, without a network that writes.

mod access;
mod app;
mod body;
mod clients;
mod event_stream;
mod guard;
mod handlers;
mod jobs;
mod listen;
mod options;
mod pace;
pub(crate) mod page;
mod query;
mod response;
mod router;
mod runs;
mod strings;
mod timed;
mod token;
mod watch;
mod worker;

pub use listen::{Server, Stop};
pub use options::Options;
pub use watch::Watch;
