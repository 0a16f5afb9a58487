//! What a flow is given to write a window.

use crate::condition::{Row, Shown};
use crate::data::music::partial::PartialRoll;

/// Given notes with the cells for new ones, and conditions, all in C.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is given, and the cells for new notes.
    pub partial: PartialRoll,
    /// The conditions.
    pub row: Row,
    /// Which of them are shown.
    pub shown: Shown,
}
