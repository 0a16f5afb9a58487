//! The one thread that owns an engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use super::clients::Clients;
use super::jobs::{Job, Jobs};
use super::pace::Pace;
use crate::error::{Error, Result};
use crate::serve::engine::{About, Engine, Progress};
use crate::serve::event::Event;
use crate::serve::outcome::{preview, result};
use crate::serve::task::Task;

/// Opens an engine, at the start and again after a failure.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Engine>> + Send>;

/// Why a job has no result.
enum Trouble {
    /// An error with a sentence.
    Error(Error),
    /// A bug.
    Panic,
}

/// The thread's state.
struct Worker {
    open: Opener,
    /// `None` after a failure, until the next job.
    engine: Option<Box<dyn Engine>>,
    jobs: Arc<Jobs>,
    clients: Arc<Clients>,
}

/// Starts the thread, which works until the queue is closed.
///
/// # Errors
/// Those of the opener.
pub fn start(mut open: Opener, jobs: Arc<Jobs>, clients: Arc<Clients>) -> Result<(About, JoinHandle<()>)> {
    let (opened, about) = mpsc::channel();
    let work = move || {
        // A caller that has gone has no use for it.
        match open() {
            Ok(engine) if opened.send(Ok(engine.about())).is_ok() => {
                Worker { open, engine: Some(engine), jobs, clients }.run();
            }
            Ok(_) => {}
            Err(error) => drop(opened.send(Err(error))),
        }
    };
    let thread = thread::Builder::new().name("engine".to_owned()).spawn(work);
    let thread = thread.map_err(|error| Error::device(format!("the system starts no thread: {error}")))?;
    let about = about.recv().map_err(|_| Error::device("the device could not be opened"))??;
    Ok((about, thread))
}

impl Worker {
    fn run(mut self) {
        while let Some(job) = self.jobs.next() {
            let event = self.event(&job);
            self.jobs.finish(&job, &event);
        }
    }

    /// Does a job. Returns how it ended.
    fn event(&mut self, job: &Job) -> Event {
        let id = job.id.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.write(job)));
        let trouble = match outcome {
            Ok(Ok(event)) => return event,
            Ok(Err(error)) => Trouble::Error(error),
            Err(_) => Trouble::Panic,
        };
        let is_lost = matches!(trouble, Trouble::Panic | Trouble::Error(Error::Device(_)));
        if is_lost {
            let engine = self.engine.take();
            // What is in doubt is dropped with care.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(engine)));
        }
        match trouble {
            Trouble::Error(_) if job.is_cancelled() => Event::Cancelled { job: id },
            Trouble::Error(error) => Event::Failed { job: id, message: error.to_string() },
            Trouble::Panic => {
                let message = "the program has failed at this request, which is a bug; others may work".to_owned();
                Event::Failed { job: id, message }
            }
        }
    }

    fn write(&mut self, job: &Job) -> Result<Event> {
        let proceed = || if job.is_cancelled() { Err(Error::Interrupted("writing")) } else { Ok(()) };
        proceed()?;
        let task = Task::of(&job.request, &job.draft).map_err(Error::data)?;
        let engine = match &mut self.engine {
            Some(engine) => engine,
            none => none.insert((self.open)()?),
        };
        let mut pace = Pace::new();
        let written = engine.write(&task, &mut |progress| {
            let Progress { step, steps, .. } = *progress;
            self.clients.send(&job.client, &Event::Progress { job: job.id.clone(), step, steps });
            proceed()?;
            if job.request.previews && step < steps && pace.is_due() && self.clients.has(&job.client) {
                let music = pace.timed(|| progress.preview())?;
                self.clients.send(&job.client, &preview(job.id.clone(), &task, &music));
            }
            Ok(())
        })?;
        Ok(result(job.id.clone(), &task, &written))
    }
}
