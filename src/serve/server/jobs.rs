//! The queue of jobs: bounded in all and per client, one at a time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::clients::Clients;
use crate::serve::draft::Draft;
use crate::serve::event::Event;
use crate::serve::request::Request;

/// Most jobs that wait, of all clients and of one.
pub const WAITING: usize = 32;
pub const PER_CLIENT: usize = 8;

/// A job.
#[derive(Debug)]
pub struct Job {
    /// Its number.
    pub id: String,
    /// Whose it is.
    pub client: String,
    /// What is asked.
    pub request: Request,
    /// Of which piece.
    pub draft: Draft,
    cancelled: AtomicBool,
}

impl Job {
    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// The jobs.
pub struct Jobs {
    queue: Mutex<Queue>,
    changed: Condvar,
    clients: Arc<Clients>,
}

#[derive(Default)]
struct Queue {
    /// Number of the latest job.
    latest: u64,
    waiting: VecDeque<Arc<Job>>,
    running: Option<Arc<Job>>,
    is_closed: bool,
}

impl Jobs {
    /// No jobs.
    pub fn new(clients: Arc<Clients>) -> Self {
        Self { queue: Mutex::default(), changed: Condvar::new(), clients }
    }

    /// Adds a job of a client and returns its number.
    ///
    /// # Errors
    /// One sentence if too many wait.
    pub fn add(&self, client: &str, request: Request, draft: Draft) -> Result<String, String> {
        let mut queue = self.lock();
        let of_client = queue.waiting.iter().filter(|job| job.client == client).count();
        if of_client >= PER_CLIENT || queue.waiting.len() >= WAITING {
            let waiting = queue.waiting.len();
            return Err(format!("{waiting} requests wait already; try again when some are done"));
        }
        queue.latest += 1;
        let id = queue.latest.to_string();
        let cancelled = AtomicBool::default();
        let job = Job { id: id.clone(), client: client.to_owned(), request, draft, cancelled };
        queue.waiting.push_back(Arc::new(job));
        let ahead = queue.waiting.len() - 1 + usize::from(queue.running.is_some());
        self.clients.send(client, &Event::Queued { job: id.clone(), ahead });
        self.changed.notify_all();
        Ok(id)
    }

    /// Waits for the next job and takes it; `None` once the queue is closed.
    pub fn next(&self) -> Option<Arc<Job>> {
        let mut queue = self.lock();
        loop {
            if queue.is_closed {
                return None;
            }
            if let Some(job) = queue.waiting.pop_front() {
                queue.running = Some(Arc::clone(&job));
                self.tell_places(&queue);
                return Some(job);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the job that was taken, and tells its client how.
    pub fn finish(&self, job: &Job, event: &Event) {
        self.lock().running = None;
        self.clients.send(&job.client, event);
    }

    /// Cancels a job. Returns whether there is one of this number.
    pub fn cancel(&self, id: &str) -> bool {
        self.cancel_if(|job| job.id == id) > 0
    }

    /// Cancels all jobs of a client.
    pub fn cancel_all_of(&self, client: &str) {
        self.cancel_if(|job| job.client == client);
    }

    /// Cancels some jobs. One that runs ends after its step.
    fn cancel_if(&self, is_meant: impl Fn(&Job) -> bool) -> usize {
        let mut queue = self.lock();
        let (cancelled, waiting): (VecDeque<Arc<Job>>, _) = queue.waiting.drain(..).partition(|job| is_meant(job));
        queue.waiting = waiting;
        for job in &cancelled {
            self.clients.send(&job.client, &Event::Cancelled { job: job.id.clone() });
        }
        if !cancelled.is_empty() {
            self.tell_places(&queue);
        }
        let running = queue.running.iter().filter(|job| is_meant(job));
        cancelled.len() + running.inspect(|job| job.cancel()).count()
    }

    /// Tells the clients of all jobs that wait how many are before them.
    fn tell_places(&self, queue: &Queue) {
        let running = usize::from(queue.running.is_some());
        for (at, job) in queue.waiting.iter().enumerate() {
            self.clients.send(&job.client, &Event::Queued { job: job.id.clone(), ahead: running + at });
        }
    }

    /// Ends the queue: its jobs are cancelled, and no more are taken.
    pub fn close(&self) {
        self.cancel_if(|_| true);
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
