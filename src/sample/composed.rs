//! New music before it has its time signature.

use crate::condition::Row;
use crate::data::music::roll::Roll;

/// New music, in columns of 16 steps.
#[derive(Debug, Clone, Default)]
pub struct Composed {
    /// All notes of each sample.
    pub rolls: Vec<Roll>,
    /// The conditions of each; empty if the flow has none.
    pub rows: Vec<Row>,
    /// The notes of each that are a melody which was written first; empty if none was.
    pub melodies: Vec<Roll>,
}
