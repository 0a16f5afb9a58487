//! What a flow is told of the hidden part.

use serde::Serialize;

use super::task::Task;

/// A task and what the flow is told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// The task.
    pub task: Task,
    /// Whether the chords are given.
    pub chords: Chords,
    /// Which attributes are given.
    pub attributes: Attributes,
    /// Strength of [`Task::Vary`], above 0 and at most 1: the share of the way to noise and back.
    pub strength: f64,
}

/// Chords of the hidden part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Chords {
    /// Those that are recognised in the hidden music
    Given,
    /// None
    Hidden,
}

/// Attributes of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Attributes {
    /// None
    Hidden,
    /// Density, register, polyphony, duration and groove of the real window
    Given,
    /// Density and register of another window, as a user asks for them
    Asked,
}

impl Settings {
    /// A task with the chords given and all attributes hidden.
    pub fn of(task: Task) -> Self {
        Self { task, chords: Chords::Given, attributes: Attributes::Hidden, strength: STRENGTH }
    }

    /// What the flow is told, in words.
    pub fn words(&self) -> String {
        let chords = if self.chords == Chords::Given { "chords given" } else { "chords hidden" };
        let attributes = match self.attributes {
            Attributes::Hidden => "attributes hidden",
            Attributes::Given => "attributes given",
            Attributes::Asked => "density and register of other windows asked for",
        };
        format!("{chords}, {attributes}")
    }
}

/// Default of [`Settings::strength`].
pub const STRENGTH: f64 = 0.4;
