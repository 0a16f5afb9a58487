//! What a flow is told of the hidden part.

use serde::Serialize;

use super::task::Task;
use crate::condition::{Attribute, Shown};

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

/// Attributes of the window and of its bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Attributes {
    /// None
    Hidden,
    /// Those of the hidden music
    Given,
    /// Density and register of another window, as a user asks for them
    Asked,
}

impl Settings {
    /// A task with the chords given and all attributes hidden.
    pub fn of(task: Task) -> Self {
        Self { task, chords: Chords::Given, attributes: Attributes::Hidden, strength: STRENGTH }
    }

    /// Which conditions the flow is shown.
    pub fn shown(&self) -> Shown {
        let chords = self.chords == Chords::Given;
        let asked = Attribute::ALL.map(|attribute| ASKED.contains(&attribute));
        match self.attributes {
            Attributes::Hidden => Shown { chords, ..Shown::NOTHING },
            Attributes::Given => Shown { chords, ..Shown::ALL },
            Attributes::Asked => Shown { chords, attributes: asked, ..Shown::NOTHING },
        }
    }

    /// The same in words.
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

/// The attributes that a user asks for by a density and a register.
pub const ASKED: [Attribute; 3] = [Attribute::Density, Attribute::Lowest, Attribute::Highest];

/// Default of [`Settings::strength`].
pub const STRENGTH: f64 = 0.4;
