//! The server of a page on which a musician plays with the model.
//!
//! ```text
//! connection -> guard: host, origin, header, token -> router -> page | songs | export | sound | runs
//!                                                        |
//!   JSON -> Request -> Jobs (queue) -> worker: the one thread with an Engine -> Clients (an event stream each) -> page
//!             |  State: a dropped song by its hash, notes removed and added -> Draft -> SongFile
//!             v
//!           Task
//! ```
//!
//! The page owns the piece; the server keeps a bounded cache of dropped songs and the queue. Everything that a client can make the
//! server hold is bounded: connections, bodies, songs, jobs, events. Only the files of a fixed list can be read.

mod access;
mod app;
mod body;
mod clients;
mod described;
mod draft;
mod engine;
mod event;
mod event_stream;
mod export;
mod failure;
mod flow;
mod guard;
mod handlers;
mod jobs;
mod page;
mod query;
mod request;
mod router;
mod runs;
mod server;
mod songs;
mod sound;
mod state;
mod task;
mod timed;
mod token;
mod worker;

pub use engine::{About, Engine, Model, Variant, Written};
pub use flow::Flow;
pub use server::{Options, Server, Stop};
pub use task::{Kind, Task};
