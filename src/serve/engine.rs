//! What computes: one request at a time, on one thread.

use serde::Serialize;

use super::task::Task;
use crate::data::music::columns::Columns;
use crate::data::music::roll::Note;
use crate::error::Result;
use crate::song::Harmony;

/// What the page is told about an engine.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// The device.
    pub adapter: String,
    /// The network.
    pub model: Model,
    /// Whether it can be told chords and attributes, and complete a song.
    pub conditions: bool,
    /// Whether its notes have velocities of their own.
    pub dynamics: bool,
}

/// A network's windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Steps of a window.
    pub steps: usize,
    /// The lowest pitch that it writes.
    pub lowest: u8,
    /// The highest one.
    pub highest: u8,
}

/// What was written for a task.
#[derive(Debug, Clone)]
pub struct Written {
    /// The variants.
    pub variants: Vec<Variant>,
    /// The chords that all were told, with the bars that they are for.
    pub harmony: Option<(Columns, Harmony)>,
    /// The key of the piece, as that of the major scale; `None` without notes.
    pub key: Option<usize>,
}

/// A variant.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The new notes, in steps of the piece.
    pub notes: Vec<Note>,
    /// The chords that it alone was told.
    pub harmony: Option<(Columns, Harmony)>,
}

/// How far a task is.
pub struct Progress<'a> {
    /// Steps of the solver that are computed.
    pub step: usize,
    /// All steps.
    pub steps: usize,
    music: &'a dyn Fn() -> Result<Vec<Vec<Note>>>,
}

impl<'a> Progress<'a> {
    /// So many steps, after which the new notes of the variants would be `music`.
    pub fn new(step: usize, steps: usize, music: &'a dyn Fn() -> Result<Vec<Vec<Note>>>) -> Self {
        Self { step, steps, music }
    }

    /// What the variants would be if the solver went straight to the end: their new notes, in steps of the piece. It is computed when
    /// it is called, and changes no bit of the result.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn preview(&self) -> Result<Vec<Vec<Note>>> {
        (self.music)()
    }
}

/// What is called after each step of the solver; an error ends the task.
pub type AfterStep<'a> = dyn FnMut(&Progress<'_>) -> Result<()> + 'a;

/// A network on a device.
pub trait Engine {
    /// What it is.
    fn about(&self) -> About;

    /// Writes the variants of a task. `after_step` is called once each step is computed.
    ///
    /// # Errors
    /// A task that the network cannot do, a failure of the device, an error of `after_step`.
    fn write(&mut self, task: &Task, after_step: &mut AfterStep<'_>) -> Result<Written>;
}
