//! A record of what a device is asked to do, for tests that do it elsewhere.

use std::sync::Mutex;

use super::pipeline::Variant;
use crate::gpu::launch::View;
use crate::gpu::lock::lock;

/// A range of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The number of the buffer ([`Storage::id`](super::Storage::id)).
    pub buffer: u64,
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub bytes: u64,
}

impl From<&View<'_>> for Range {
    fn from(view: &View<'_>) -> Self {
        Self { buffer: view.storage.id(), offset: view.offset, bytes: view.bytes }
    }
}

/// What a device is asked to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Writes host bytes.
    Write(Range, Vec<u8>),
    /// Sets a range to zero.
    Clear(Range),
    /// Copies the first range to the second.
    Copy(Range, Range),
    /// Runs a kernel.
    Dispatch {
        /// The kernel as compiled.
        variant: Variant,
        /// The bytes of its `Params`.
        params: Vec<u8>,
        /// Its bindings.
        bindings: Vec<Range>,
        /// Workgroups along x, y and z.
        grid: [u32; 3],
        /// Most turns of its loops, as the launch told ([`Grid::looping`](crate::gpu::Grid::looping)).
        turns: usize,
    },
}

/// The commands since recording began; `None` while nothing is recorded.
#[derive(Default)]
pub(super) struct Recorder {
    commands: Mutex<Option<Vec<Command>>>,
}

impl Recorder {
    pub fn start(&self) {
        *lock(&self.commands) = Some(Vec::new());
    }

    pub fn finish(&self) -> Vec<Command> {
        lock(&self.commands).take().unwrap_or_default()
    }

    pub fn record(&self, command: impl FnOnce() -> Command) {
        if let Some(commands) = &mut *lock(&self.commands) {
            commands.push(command());
        }
    }
}
