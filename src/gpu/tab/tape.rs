//! The commands that were sent, and the values that were read.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A range whose values are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The buffer.
    pub buffer: u32,
    /// First byte.
    pub offset: u32,
    /// Bytes.
    pub bytes: u32,
}

/// Commands and values of one run of the program and of its repetitions.
#[derive(Default)]
pub struct Tape {
    /// Digest of each command that was sent.
    sent: Vec<u64>,
    /// Commands of this run so far.
    made: usize,
    /// The values of each readback.
    values: Vec<Vec<u8>>,
    /// Readbacks of this run so far.
    read: usize,
    /// The readback that this run ended at.
    wanted: Option<Wanted>,
}

impl Tape {
    /// Notes a command. Whether it has to be sent: an earlier run did not make it.
    ///
    /// # Panics
    /// If an earlier run made another one in its place.
    pub fn is_new(&mut self, command: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        command.hash(&mut hasher);
        let digest = hasher.finish();
        let is_new = match self.sent.get(self.made) {
            Some(before) => {
                assert_eq!(*before, digest, "a repeated run makes the commands of the run before");
                false
            }
            None => {
                self.sent.push(digest);
                true
            }
        };
        self.made += 1;
        is_new
    }

    /// The values of the next readback; `None` if they are not there yet.
    pub fn read(&mut self, wanted: Wanted) -> Option<Vec<u8>> {
        let values = self.values.get(self.read).cloned();
        match values {
            Some(_) => self.read += 1,
            None => self.wanted = Some(wanted),
        }
        values
    }

    /// The readback that the run ended at.
    pub fn wanted(&self) -> Option<Wanted> {
        self.wanted
    }

    /// Keeps the values of the readback that the run ended at.
    pub fn answer(&mut self, values: Vec<u8>) {
        self.values.push(values);
        self.wanted = None;
    }

    /// Goes back to the start, for a repetition.
    pub fn rewind(&mut self) {
        (self.made, self.read, self.wanted) = (0, 0, None);
    }
}
