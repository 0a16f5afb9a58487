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

#[cfg(not(target_arch = "wasm32"))]
mod access;
#[cfg(not(target_arch = "wasm32"))]
mod app;
#[cfg(not(target_arch = "wasm32"))]
mod body;
#[cfg(not(target_arch = "wasm32"))]
mod clients;
pub(crate) mod described;
mod draft;
mod engine;
mod event;
#[cfg(not(target_arch = "wasm32"))]
mod event_stream;
pub(crate) mod export;
pub(crate) mod failure;
mod flow;
#[cfg(not(target_arch = "wasm32"))]
mod guard;
#[cfg(not(target_arch = "wasm32"))]
mod handlers;
#[cfg(not(target_arch = "wasm32"))]
mod jobs;
pub(crate) mod outcome;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod page;
#[cfg(not(target_arch = "wasm32"))]
mod query;
pub(crate) mod request;
#[cfg(not(target_arch = "wasm32"))]
mod response;
#[cfg(not(target_arch = "wasm32"))]
mod router;
#[cfg(not(target_arch = "wasm32"))]
mod runs;
#[cfg(not(target_arch = "wasm32"))]
mod server;
pub(crate) mod songs;
pub(crate) mod sound;
pub(crate) mod state;
#[cfg(not(target_arch = "wasm32"))]
mod strings;
mod task;
#[cfg(not(target_arch = "wasm32"))]
mod timed;
#[cfg(not(target_arch = "wasm32"))]
mod token;
#[cfg(not(target_arch = "wasm32"))]
mod worker;

pub use engine::{About, Engine, Model, Variant, Written};
pub use flow::Flow;
#[cfg(not(target_arch = "wasm32"))]
pub use server::{Options, Server, Stop};
pub use task::{Kind, Task};
