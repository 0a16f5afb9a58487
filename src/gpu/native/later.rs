//! Readbacks that do not wait for work that is recorded after them.

use super::device::Gpu;
use super::pool::Storage;
use super::readback;
use crate::error::Result;

/// A copy on its way to the host.
pub struct Later {
    gpu: Gpu,
    buffer: wgpu::Buffer,
    /// What has to be done before it is there.
    submission: Option<wgpu::SubmissionIndex>,
}

impl Gpu {
    /// Runs the recorded work, and copies `bytes` bytes, a multiple of four, to the host when it is done.
    pub(crate) fn read_later(&self, storage: &Storage, offset: u64, bytes: u64) -> Later {
        self.read_each_later(&[(storage.buffer().clone(), offset)], bytes)
    }

    /// The same of several buffers, one after another.
    pub(super) fn read_each_later(&self, ranges: &[(wgpu::Buffer, u64)], bytes: u64) -> Later {
        let (buffer, submission) = self.record(|stream| stream.copy_out(ranges, bytes));
        Later { gpu: self.clone(), buffer, submission }
    }
}

impl Later {
    /// Waits for the copy, and no longer.
    ///
    /// # Errors
    /// The first failure of the device.
    pub fn wait(self) -> Result<Vec<u8>> {
        self.gpu.check()?;
        let data = readback::map_after(&self.gpu.shared.device, &self.buffer, self.submission);
        self.gpu.check()?;
        data
    }
}
