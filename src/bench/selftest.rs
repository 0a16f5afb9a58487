//! Checks every kernel against its f64 reference on the user's adapter.

use super::guard::guarded;
use super::{Case, Outcome};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::Gpu;

/// The outcome of one case.
#[derive(Debug)]
pub struct Checked {
    /// The kernel's name.
    pub kernel: &'static str,
    /// The shape in words.
    pub shape: String,
    /// The format in which its tensors were stored.
    pub precision: Dtype,
    /// Error and bound; or a failure of the device or a panic.
    pub outcome: Result<Outcome>,
}

impl Checked {
    /// Whether the kernel ran and its error is within the bound.
    pub fn passed(&self) -> bool {
        self.outcome.as_ref().is_ok_and(Outcome::passed)
    }
}

/// Checks each case that has a reference. Failures and panics do not stop the rest.
pub fn selftest(gpu: &Gpu, cases: impl IntoIterator<Item = Case>, mut report: impl FnMut(Checked)) {
    for case in cases {
        if let Some(outcome) = guarded(gpu, || case.check(gpu)).transpose() {
            let precision = case.precision();
            report(Checked { kernel: case.kernel, shape: case.shape, precision, outcome });
        }
    }
}
