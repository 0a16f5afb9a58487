//! A generated piece, and the names of its files.

use crate::data::music::key;
use crate::data::music::roll::Roll;

/// A sample.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its number.
    pub number: u64,
    /// Its key, as its major and its relative minor.
    pub key: &'static str,
    /// Its notes.
    pub roll: Roll,
}

impl Piece {
    /// A sample in the key estimated from its notes.
    pub fn new(number: u64, roll: Roll) -> Self {
        Self { number, key: key::describe(roll.notes()), roll }
    }

    /// The name of its file with an extension.
    pub fn file(&self, extension: &str) -> String {
        file(self.number, extension)
    }
}

/// The name of a file of sample `number`.
pub fn file(number: u64, extension: &str) -> String {
    format!("sample-{number:04}.{extension}")
}
