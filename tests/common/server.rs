//! A server that runs in the test, with an engine that writes what the tests expect or with the bundled flow.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use super::http::{post, request};
use flocoder::data::music::roll::Note;
use flocoder::error::{Error, Result};
use flocoder::serve::{About, AfterStep, Engine, Flow, Model, Options, Progress, Server, Stop, Task, Variant, Written};
use serde_json::{Value, json};

/// Seed of a request at which the stand-in panics.
pub const PANICS: u64 = 1001;
/// Seed of a request at which it loses the device.
pub const LOSES_THE_DEVICE: u64 = 1002;
/// Its steps.
pub const STEPS: usize = 20;

/// An engine that writes one note per variant, a step each time it is let.
struct StandIn {
    steps: Arc<Mutex<mpsc::Receiver<()>>>,
    /// Is told after each request whether it was stopped.
    stopped: mpsc::Sender<bool>,
}

impl Engine for StandIn {
    fn about(&self) -> About {
        let model = Model { steps: 128, lowest: 0, highest: 127 };
        About { adapter: "stand-in".to_owned(), model, conditions: true, dynamics: true }
    }

    fn write(&mut self, task: &Task, after_step: &mut AfterStep<'_>) -> Result<Written> {
        assert_ne!(task.seed, PANICS, "as the test wants it");
        if task.seed == LOSES_THE_DEVICE {
            return Err(Error::device("the device was lost"));
        }
        let notes = |number: usize| vec![Note { start: 16, duration: 4, pitch: 60 + number as u8, velocity: 80 }];
        let music = || Ok((0..task.variants).map(notes).collect());
        for step in 1..=STEPS {
            // Without a test that holds them, all steps are let.
            let _ = self.steps.lock().unwrap().recv();
            if let Err(error) = after_step(&Progress::new(step, STEPS, &music)) {
                let _ = self.stopped.send(true);
                return Err(error);
            }
        }
        let _ = self.stopped.send(false);
        let variant = |number: usize| Variant { notes: notes(number), harmony: None };
        Ok(Written { variants: (0..task.variants).map(variant).collect(), harmony: None, key: Some(0) })
    }
}

/// A server that runs.
pub struct Running {
    pub address: SocketAddr,
    pub url: String,
    pub stop: Stop,
    thread: Option<JoinHandle<()>>,
    /// Lets the stand-in make a step.
    pub step: Option<mpsc::Sender<()>>,
    pub stopped: mpsc::Receiver<bool>,
    /// How often the engine was opened.
    pub opened: Arc<AtomicUsize>,
}

impl Running {
    /// A server on a free port of this machine, whose engine makes its steps at once.
    pub fn start() -> Self {
        let mut running = Self::with(Options { port: Some(0), ..Options::default() });
        running.step = None;
        running
    }

    /// One whose engine waits for [`Running::step`].
    pub fn held() -> Self {
        Self::with(Options { port: Some(0), ..Options::default() })
    }

    pub fn with(options: Options) -> Self {
        let (step, steps) = mpsc::channel();
        let (stopping, stopped) = mpsc::channel();
        let (steps, opened) = (Arc::new(Mutex::new(steps)), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&opened);
        let open = move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(StandIn { steps: Arc::clone(&steps), stopped: stopping.clone() }) as Box<dyn Engine>)
        };
        let mut running = Self::of(Server::open(&options, Box::new(open)).unwrap());
        (running.step, running.stopped, running.opened) = (Some(step), stopped, opened);
        running
    }

    /// A server with the bundled flow; `None` without an adapter.
    pub fn bundled() -> Option<Self> {
        super::gpu()?;
        let open = || Flow::open(None, None).map(|flow| Box::new(flow) as Box<dyn Engine>);
        let options = Options { port: Some(0), ..Options::default() };
        Some(Self::of(Server::open(&options, Box::new(open)).unwrap()))
    }

    fn of(server: Server) -> Self {
        let (address, url, stop) = (server.address(), server.url(), server.stop());
        let thread = Some(thread::spawn(move || server.run().unwrap()));
        Self { address, url, stop, thread, step: None, stopped: mpsc::channel().1, opened: Arc::default() }
    }

    /// Lets the engine make a step.
    pub fn step(&self) {
        self.step.as_ref().unwrap().send(()).unwrap();
    }

    /// Sends a song and returns its description.
    #[track_caller]
    pub fn song(&self, bytes: &[u8]) -> Value {
        let response = request(self.address, "POST /api/songs", bytes);
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Sends a job and returns its number.
    #[track_caller]
    pub fn job(&self, client: &str, body: &Value) -> String {
        let response = post(self.address, &format!("/api/jobs?client={client}"), body);
        assert_eq!(response.status, 202, "{response:?}");
        response.json()["job"].as_str().unwrap().to_owned()
    }

    /// The sentence with which a job is refused.
    #[track_caller]
    pub fn refused(&self, body: &Value) -> String {
        post(self.address, "/api/jobs?client=a", body).error(400)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.step = None;
        self.stop.now();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// An empty piece of 8 bars of 4/4 with notes.
pub fn piece(added: &Value) -> Value {
    json!({ "song": null, "removed": [], "added": added, "bars": 8, "beats": 4, "tempo": 100 })
}

/// A request to fill some bars.
pub fn fill(state: &Value, bars: [usize; 2]) -> Value {
    json!({ "state": state, "task": "fill", "area": { "bars": bars, "cells": null }, "seed": 3, "variants": 2, "steps": 1 })
}
