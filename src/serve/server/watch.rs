//! The page of a run, served while it trains.

use std::path::Path;
use std::thread::{self, JoinHandle};

use super::listen::{Server, Stop};
use super::options::Options;
use crate::error::{Error, Result};
use crate::serve::engine::{About, AfterStep, Engine, Model, Written};
use crate::serve::task::Task;

/// A server of a run's page on this machine, until it is dropped. It reads the run's files and computes nothing on the device.
pub struct Watch {
    url: String,
    stop: Stop,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Watch {
    /// The page of the run in a folder, and of the other runs next to it.
    ///
    /// # Errors
    /// A system that does not let it listen.
    pub fn open(run: &Path) -> Result<Self> {
        let path = run.canonicalize().map_err(|error| Error::file(run, format!("cannot be watched: {error}")))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let runs = path.parent().map(Path::to_owned);
        let options = Options { runs, run: name, ..Options::default() };
        let server = Server::open(&options, Box::new(|| Ok(Box::new(Idle) as Box<dyn Engine>)))?;
        let (url, stop) = (server.url(), server.stop());
        let thread = thread::Builder::new().name("watch".to_owned()).spawn(move || server.run());
        let thread = thread.map_err(|error| Error::device(format!("the system starts no thread: {error}")))?;
        Ok(Self { url, stop, thread: Some(thread) })
    }

    /// The URL of the page.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.now();
        // The training is more important than a page that has failed.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The engine of a page that only shows: the device trains.
struct Idle;

impl Engine for Idle {
    fn about(&self) -> About {
        let model = Model { steps: 0, lowest: 0, highest: 127 };
        About { adapter: "a training run".to_owned(), model, conditions: false, dynamics: false }
    }

    fn write(&mut self, _: &Task, _: &mut AfterStep<'_>) -> Result<Written> {
        Err(Error::config("this page shows a training run and writes no music; start flocoder serve for that"))
    }
}
