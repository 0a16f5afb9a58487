//! The progress bar of a solver.

use super::global::Global;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::train::run::{Progress, Verbosity};

/// A progress bar that moves after each step of a solver.
pub struct SolverProgress<'a> {
    gpu: &'a Gpu,
    progress: Progress,
    is_shown: bool,
    done: u64,
}

impl<'a> SolverProgress<'a> {
    /// A bar of `steps` steps.
    pub fn new(what: &str, steps: usize, gpu: &'a Gpu, global: &Global) -> Self {
        let is_shown = global.verbosity() > Verbosity::Quiet;
        Self { gpu, progress: Progress::new(what, 0, steps as u64, global.verbosity()), is_shown, done: 0 }
    }

    /// Moves the bar. If it is shown, the step is computed first, since launches are only recorded.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn step(&mut self) -> Result<()> {
        if self.is_shown {
            self.gpu.wait()?;
        }
        self.done += 1;
        self.progress.update(self.done);
        Ok(())
    }

    /// Ends the bar.
    pub fn finish(self) {
        self.progress.finish();
    }
}
