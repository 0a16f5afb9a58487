//! Counters, timing and inspection for benches; poisoning, limits and failures for tests.

use super::device::Gpu;
use super::failure;
use super::pipeline::{Alter, Variant};
use super::probe::{self, Trial};
use super::profile::Profile;
use super::recorder::Command;
use super::sanitizer::Sanitizer;
use super::stream::{Counters, Stream};
use crate::error::{Error, Result};
use crate::gpu::lock::lock;
use crate::gpu::matrix_units::MatrixUnits;
use crate::shader::sanitizer::RECORD;

/// For benches.
impl Gpu {
    /// Starts timing each dispatch separately (slower: one pass per dispatch). Does nothing without timestamps.
    pub fn start_profile(&self) {
        self.record(Stream::start_profile);
    }

    /// Ends the profile that [`Gpu::start_profile`] began.
    pub fn finish_profile(&self) -> Profile {
        self.record(Stream::finish_profile)
    }

    /// Dispatches, submissions, and the time spent submitting, since the device was opened.
    pub fn counters(&self) -> Counters {
        lock(&self.shared.stream).counters()
    }

    /// Bytes allocated on the device for tensors, free buffers of the pool included.
    pub fn memory(&self) -> u64 {
        self.shared.pool.bytes()
    }

    /// The most bytes in use by tensors at once since the device was opened or [`Gpu::reset_peak_bytes`].
    pub fn peak_bytes(&self) -> u64 {
        self.shared.pool.peak_bytes()
    }

    /// Restarts [`Gpu::peak_bytes`] from the bytes in use now.
    pub fn reset_peak_bytes(&self) {
        self.shared.pool.reset_peak();
    }

    /// The constants that a kernel was last launched with.
    pub fn latest_constants(&self, kernel: &str) -> Option<Vec<(&'static str, u32)>> {
        lock(&self.shared.pipelines).latest(kernel).map(|variant| variant.constants.clone())
    }
}

/// For tests.
impl Gpu {
    /// Every kernel compiled so far, with its constants and the element types of its bindings.
    pub fn variants(&self) -> Vec<Variant> {
        lock(&self.shared.pipelines).variants().cloned().collect()
    }

    /// Records what the device is asked to do from now on.
    pub fn start_recording(&self) {
        self.shared.recorder.start();
    }

    /// What the device was asked to do since [`Gpu::start_recording`].
    pub fn finish_recording(&self) -> Vec<Command> {
        self.shared.recorder.finish()
    }

    /// Tries matrix units as [`Gpu::open`] does; the error says what is wrong.
    ///
    /// # Errors
    /// A wrong product, or none.
    pub fn try_matrix_units(&self, units: MatrixUnits) -> std::result::Result<(), String> {
        match probe::multiplies(self, units) {
            Trial::Correct => Ok(()),
            Trial::Unusable(reason) => Err(reason),
            Trial::Hangs => Err("hangs".to_owned()),
        }
    }

    /// Compiles kernels from now on with run-time checks of indices and loops. A readback fails after an index beyond the end.
    pub fn check_kernels(&self) {
        let record = self.storage(RECORD);
        self.clear(&record, 0, RECORD);
        lock(&self.shared.pipelines).sanitizer = Some(Sanitizer::new(record));
    }

    /// Runs the recorded work and looks for an index beyond the end, if kernels are compiled with checks. It is reported once.
    ///
    /// # Errors
    /// Names the kernel, the array and the first such index.
    pub fn check_indices(&self) -> Result<()> {
        let Some(record) = lock(&self.shared.pipelines).sanitizer.as_ref().map(|found| found.record.clone()) else {
            return Ok(());
        };
        let words = self.read_later(&record, 0, RECORD).wait()?;
        let violation = lock(&self.shared.pipelines).sanitizer.as_ref().and_then(|found| found.violation(&words));
        violation.map_or(Ok(()), |violation| {
            self.clear(&record, 0, RECORD);
            Err(Error::Device(violation))
        })
    }

    /// Changes the text of kernels that are compiled from now on, to plant a fault.
    pub fn alter_kernels(&self, alter: Alter) {
        lock(&self.shared.pipelines).alter = Some(alter);
    }

    /// Fills every buffer taken from the pool with NaN, so that a read of unwritten memory shows in the result.
    pub fn poison_new_buffers(&self, on: bool) {
        self.shared.pool.poison(on);
    }

    /// Limits the bytes of all tensors together, as if the device had no more memory.
    pub fn limit_memory(&self, bytes: u64) {
        self.shared.pool.set_budget(bytes);
    }

    /// Forgets a failure of the device, so that a bench can go on with the next case. A lost device fails again.
    pub fn clear_failure(&self) {
        self.shared.failure.clear();
    }

    /// Destroys the device as a crashed driver does.
    pub fn lose(&self) {
        self.shared.failure.keep(failure::lost("on purpose"));
        self.shared.device.destroy();
    }
}
