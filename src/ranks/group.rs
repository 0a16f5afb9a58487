//! The ranks as a task sees them.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::link::{Alone, Link};
#[cfg(feature = "mpi")]
use super::watch::Watch;
use crate::error::{Error, Result};

/// What one rank has sent, and the time that it took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Traffic {
    /// Bytes that this rank sent to others.
    pub bytes: u64,
    /// Time in exchanges, waiting for other ranks included.
    pub time: Duration,
}

/// What the ranks tell each other after a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulse {
    /// Whether the user has interrupted any of them.
    pub interrupted: bool,
    /// How long each has computed in the step.
    pub busy: Vec<Duration>,
}

/// The ranks that work on a task, of which this process is one.
pub struct Ranks {
    link: Box<dyn Link>,
    /// The name of each rank's host.
    hosts: Vec<String>,
    traffic: Cell<Traffic>,
    #[cfg(feature = "mpi")]
    pub(super) watch: Option<Watch>,
}

impl Ranks {
    /// One rank, without any other.
    pub fn alone() -> Self {
        Self::over(Box::new(Alone), vec!["this host".to_owned()])
    }

    /// The ranks of a link, on `hosts`.
    pub fn over(link: Box<dyn Link>, hosts: Vec<String>) -> Self {
        Self {
            link,
            hosts,
            traffic: Cell::default(),
            #[cfg(feature = "mpi")]
            watch: None,
        }
    }

    /// The number of this rank, from 0.
    pub fn rank(&self) -> usize {
        self.link.rank()
    }

    /// The number of ranks.
    pub fn size(&self) -> usize {
        self.link.size()
    }

    /// Whether there is no other rank.
    pub fn are_alone(&self) -> bool {
        self.size() == 1
    }

    /// Whether this is the rank that speaks, and writes files.
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// The number of ranks before this one on its host.
    pub fn local_rank(&self) -> usize {
        let own = &self.hosts[self.rank()];
        self.hosts[..self.rank()].iter().filter(|host| *host == own).count()
    }

    /// A rank with its host, for messages.
    pub fn name(&self, rank: usize) -> String {
        format!("rank {rank} on {}", self.hosts[rank])
    }

    /// See [`Link::exchange`].
    ///
    /// # Errors
    /// As there.
    pub fn exchange(&self, outgoing: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
        let foreign = outgoing.iter().enumerate().filter(|(rank, _)| *rank != self.rank());
        let bytes = foreign.map(|(_, part)| part.len() as u64).sum();
        self.timed(bytes, || self.link.exchange(outgoing))
    }

    /// See [`Link::gather`].
    ///
    /// # Errors
    /// As there.
    pub fn gather(&self, own: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.timed((own.len() * (self.size() - 1)) as u64, || self.link.gather(own))
    }

    /// Refuses to go on where a text is not the same on every rank; `what` names it.
    ///
    /// # Errors
    /// Names the first rank that has another text than rank 0.
    pub fn agree(&self, what: &str, text: &str) -> Result<()> {
        if self.are_alone() {
            return Ok(());
        }
        let texts = self.gather(text.as_bytes())?;
        let Some(other) = texts.iter().position(|text| *text != texts[0]) else { return Ok(()) };
        let shown = |rank: usize| String::from_utf8_lossy(&texts[rank]).into_owned();
        Err(Error::Ranks(format!(
            "{} has {what} {}, but {} has {}; every rank needs the same",
            self.name(other),
            shown(other),
            self.name(0),
            shown(0)
        )))
    }

    /// Whether something is true of any rank.
    ///
    /// # Errors
    /// A connection that is broken.
    pub fn any(&self, own: bool) -> Result<bool> {
        Ok(self.link.gather(&[u8::from(own)])?.iter().flatten().any(|&other| other == 1))
    }

    /// Tells the others whether the user has interrupted this rank and how long it was `busy` in the step.
    ///
    /// # Errors
    /// A connection that is broken.
    pub fn pulse(&self, interrupted: bool, busy: Duration) -> Result<Pulse> {
        if self.are_alone() {
            return Ok(Pulse { interrupted, busy: vec![busy] });
        }
        let micros = u64::try_from(busy.as_micros()).unwrap_or(u64::MAX) << 1 | u64::from(interrupted);
        let all = self.link.gather(&micros.to_le_bytes())?;
        let words: Vec<u64> = all.iter().map(|bytes| bytes[..].try_into().map_or(0, u64::from_le_bytes)).collect();
        Ok(Pulse {
            interrupted: words.iter().any(|word| word & 1 == 1),
            busy: words.iter().map(|word| Duration::from_micros(word >> 1)).collect(),
        })
    }

    /// Gives `own` of each rank to the first one, in order; nothing to the others. It is not part of the traffic.
    ///
    /// # Errors
    /// As [`Link::exchange`].
    pub fn collect(&self, own: &[u8]) -> Result<Vec<Vec<u8>>> {
        let to = |rank: usize| if rank == 0 { own } else { &[] };
        self.link.exchange(&(0..self.size()).map(to).collect::<Vec<_>>())
    }

    /// What was sent since the last call of [`take_traffic`](Self::take_traffic).
    pub fn traffic(&self) -> Traffic {
        self.traffic.get()
    }

    /// What was sent since the last call.
    pub fn take_traffic(&self) -> Traffic {
        self.traffic.take()
    }

    fn timed<T>(&self, bytes: u64, call: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = call();
        let before = self.traffic.get();
        self.traffic.set(Traffic { bytes: before.bytes + bytes, time: before.time + start.elapsed() });
        result
    }

    /// Notes the step in which the task is, and that of its last checkpoint, for the message of a rank that is lost.
    pub fn at_step(&self, step: u64, saved: Option<u64>) {
        #[cfg(feature = "mpi")]
        if let Some(watch) = &self.watch {
            watch.at_step(step, saved);
        }
        #[cfg(not(feature = "mpi"))]
        let _ = (step, saved);
    }
}
