//! What the server tells a client about its jobs.

use serde::Serialize;

use super::described::{NoteJson, Span};

/// An event of a job.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// It waits for so many others.
    Queued {
        /// Its number.
        job: String,
        /// Jobs before it.
        ahead: usize,
    },
    /// The solver has made a step.
    Progress {
        /// Its number.
        job: String,
        /// Steps so far.
        step: usize,
        /// All steps.
        steps: usize,
    },
    /// What it would be if the solver went straight to the end.
    Preview {
        /// Its number.
        job: String,
        /// What would be written.
        variants: Vec<PreviewJson>,
    },
    /// It is done.
    Result {
        /// Its number.
        job: String,
        /// What was written.
        variants: Vec<VariantJson>,
        /// The chords of the piece that the network was told.
        chords: Vec<Span>,
        /// The key of the piece.
        key: String,
    },
    /// It could not be done.
    Failed {
        /// Its number.
        job: String,
        /// One sentence.
        message: String,
    },
    /// It was cancelled.
    Cancelled {
        /// Its number.
        job: String,
    },
}

/// A variant that is being written.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewJson {
    /// Its notes so far.
    pub notes: Vec<NoteJson>,
    /// Which notes of the state it takes out, as those of a [`VariantJson`].
    pub removed: Vec<usize>,
}

/// A variant.
#[derive(Debug, Clone, Serialize)]
pub struct VariantJson {
    /// The new notes.
    pub notes: Vec<NoteJson>,
    /// Which notes of the state it takes out: indices of the song's notes, then of those that were added.
    pub removed: Vec<usize>,
    /// The seed of its noise.
    pub seed: u64,
    /// Share of the new notes in their chords.
    pub in_chord: Option<f64>,
    /// Share of the new notes in the key.
    pub in_key: Option<f64>,
    /// Its own chords, if each variant has others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chords: Option<Vec<Span>>,
}

impl Event {
    /// Its name.
    fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Progress { .. } => "progress",
            Self::Preview { .. } => "preview",
            Self::Result { .. } => "result",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether a client that reads slowly may miss it.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Queued { .. } | Self::Progress { .. } | Self::Preview { .. })
    }

    /// The event as a server-sent event.
    pub fn text(&self) -> String {
        let data = serde_json::to_string(self).expect("an event is JSON");
        format!("event: {}\ndata: {data}\n\n", self.name())
    }
}
