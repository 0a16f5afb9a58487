//! The record of indices beyond the end of an array, which checked kernels write on the device.

use std::sync::Arc;

use super::pool::Storage;
use crate::shader::sanitizer::{Site, sanitize};

/// Where checked kernels write, and what their numbers mean.
pub(super) struct Sanitizer {
    pub record: Arc<Storage>,
    sites: Vec<Site>,
}

impl Sanitizer {
    pub fn new(record: Arc<Storage>) -> Self {
        Self { record, sites: Vec::new() }
    }

    /// Checks the indices of a kernel, whose text declares the record.
    #[track_caller]
    pub fn check(&mut self, kernel: &'static str, text: &str, module: &mut naga::Module) {
        sanitize(kernel, text, module, &mut self.sites).unwrap_or_else(|error| panic!("{kernel}: {error}"));
    }

    /// The first violation in a sentence, if there was one.
    pub fn violation(&self, record: &[u8]) -> Option<String> {
        let words: Vec<u32> =
            record.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
        let &[invocations, site, index, length] = words.as_slice() else { return None };
        let Site { kernel, array, line } = self.sites.get(site as usize).filter(|_| invocations > 0)?;
        let elements = format!("{array}, which has {length} elements");
        Some(format!("{kernel}: index {index} of {elements}, at `{line}`; the first of {invocations} invocations"))
    }
}
