//! Guard words: a pattern after the contents of each buffer, which a kernel that writes beyond the end overwrites.

use super::device::Gpu;
use super::pool::{GUARD, Storage};
use crate::error::{Error, Result};

/// Any value that no kernel writes.
const PATTERN: [u8; GUARD as usize] = [0xa5; GUARD as usize];

/// For tests.
impl Gpu {
    /// Gives every buffer taken from now on guard words after its contents, and no other tensor the same buffer.
    pub fn guard_new_buffers(&self, on: bool) {
        self.shared.pool.guard(on);
    }

    /// Compares the guard words of all buffers that were taken since the last call.
    ///
    /// # Errors
    /// A changed word, with the size of its buffer; or a failure of the device.
    pub fn check_guards(&self) -> Result<()> {
        let guarded = self.shared.pool.guarded();
        if guarded.is_empty() {
            return self.check();
        }
        let words = self.read_each_later(&guarded, GUARD).wait()?;
        for (found, (_, bytes)) in words.chunks_exact(GUARD as usize).zip(&guarded) {
            if let Some(byte) = (0..found.len()).find(|&byte| found[byte] != PATTERN[byte]) {
                return Err(Error::device(format!(
                    "a kernel wrote beyond the end of a buffer of {bytes} bytes, at byte {}",
                    bytes + byte as u64
                )));
            }
        }
        Ok(())
    }

    /// Writes the guard words of a buffer, if it has some.
    pub(super) fn write_guard(&self, storage: &Storage) {
        if let Some(end) = storage.guard() {
            self.write(storage, end, &PATTERN);
        }
    }
}
