//! A launch of a kernel: its bindings and its grid.

use super::Storage;
use super::tuning::FOLD;
use crate::dtype::Dtype;
use crate::shader::{Constants, Kernel};

/// A range of a buffer as a kernel sees it: an array of one element type.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The buffer.
    pub storage: &'a Storage,
    /// First byte.
    pub offset: u64,
    /// Bytes of all elements.
    pub bytes: u64,
    /// Type of the elements.
    pub dtype: Dtype,
}

/// Kernels see ranges that begin on multiples of so many bytes: every adapter allows them, and they can be read as `vec4`.
const OFFSETS: u64 = 256;

impl View<'_> {
    /// Panics unless the range can be bound on every adapter and has elements: there is no empty batch.
    #[track_caller]
    pub(super) fn check(&self, kernel: &str) {
        assert!(self.bytes > 0, "{kernel}: an operand without elements");
        assert!(
            self.offset.is_multiple_of(OFFSETS),
            "{kernel}: a view from byte {} on, not a multiple of {OFFSETS}",
            self.offset
        );
    }
}

/// What can be bound to a kernel: a tensor, or a bare view.
pub trait Bind {
    /// The range of a buffer that the kernel sees.
    fn bound(&self) -> View<'_>;
}

impl Bind for View<'_> {
    fn bound(&self) -> View<'_> {
        *self
    }
}

/// What an operation asks for: a kernel with constants, `Params`, bindings and a grid.
pub struct Launch<'a, B> {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Template constants; each distinct set is one pipeline.
    pub constants: Constants<'a>,
    /// The bytes of the kernel's `Params` (at most 64). Their sizes are cast from `usize` to u32 unchecked: none is larger than the
    /// number of elements of an operand, and an operand of more than 2^31 bytes is not launched.
    pub params: &'a [u8],
    /// Bindings of group 0, in order.
    pub bindings: &'a [&'a B],
    /// Workgroups.
    pub grid: Grid,
}

/// The workgroups of a dispatch, a row of them for each of several batches, and their arithmetic.
///
/// A row longer than an adapter allows along one dimension is folded into two dimensions when it is dispatched; `shared/index.wgsl`
/// unfolds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    workgroups: usize,
    batches: usize,
    flop: u64,
    turns: usize,
}

/// Turns of all loops of an invocation together after which Mesa's software Vulkan (22.3) leaves a loop, without an error.
pub(crate) const MOST_TURNS: usize = 65_535;

impl Grid {
    /// `workgroups` in a row.
    pub fn linear(workgroups: usize) -> Self {
        Self { workgroups, batches: 1, flop: 0, turns: 0 }
    }

    /// Enough workgroups of `size` invocations for `items` of them.
    pub fn covering(items: usize, size: usize) -> Self {
        Self::linear(items.div_ceil(size))
    }

    /// The same row for each of `batches`, which the kernel reads as `workgroup_id.z`.
    pub fn batched(self, batches: usize) -> Self {
        Self { batches, ..self }
    }

    /// The same with an estimate of its floating-point operations, for kernels that compute much more than they read and write: by
    /// it, work is cut into submissions.
    pub fn computing(self, flop: usize) -> Self {
        Self { flop: flop as u64, ..self }
    }

    /// The same with the most turns of all loops of an invocation together, where a loop of n turns counts n + 1. A kernel that loops
    /// has to tell; loops that are unrolled by the template do not count.
    pub fn looping(self, turns: usize) -> Self {
        Self { turns, ..self }
    }

    pub(super) fn turns(self) -> usize {
        self.turns
    }

    pub(super) fn flop(self) -> u64 {
        self.flop
    }

    pub(super) fn is_empty(self) -> bool {
        self.workgroups == 0 || self.batches == 0
    }

    /// Refuses loops that software Vulkan leaves early; the error is a message for the user.
    pub(super) fn check_turns(self, kernel: &str, software: bool) -> Result<(), String> {
        if !software || self.turns <= MOST_TURNS {
            return Ok(());
        }
        Err(format!(
            "{kernel} loops {} times, but software Vulkan leaves its loops after {MOST_TURNS}; choose a GPU with --device",
            self.turns
        ))
    }

    /// Workgroups along x, y and z, where x and y have at most `fold`. More than fit are refused; the error is a message for the user.
    pub(super) fn folded(self, kernel: &str, fold: usize) -> Result<[u32; 3], String> {
        if self.batches > FOLD {
            let batches = self.batches;
            return Err(format!(
                "{kernel} runs {batches} batches at once, but an adapter allows {FOLD}; lower train.batch"
            ));
        }
        let rows = self.workgroups.div_ceil(fold).max(1);
        if rows > fold {
            return Err(format!(
                "{kernel} needs {} workgroups, but an adapter runs {fold} x {fold} at once; lower train.batch",
                self.workgroups
            ));
        }
        Ok([self.workgroups.div_ceil(rows) as u32, rows as u32, self.batches as u32])
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;

    #[test]
    fn rows_are_folded_as_evenly_as_possible() {
        let folded = |grid: Grid, fold| grid.folded("matmul", fold);
        assert_eq!(folded(Grid::linear(65_535), 65_535), Ok([65_535, 1, 1]));
        assert_eq!(folded(Grid::linear(65_536), 65_535), Ok([32_768, 2, 1]));
        assert_eq!(folded(Grid::linear(65_535 * 65_535), 65_535), Ok([65_535, 65_535, 1]));
        assert_eq!(folded(Grid::covering(10, 4).batched(5), 2), Ok([2, 2, 5]));
        assert!(Grid::linear(0).is_empty() && Grid::linear(1).batched(0).is_empty());
    }

    #[test]
    fn more_workgroups_than_a_grid_holds_are_refused() {
        let refusal = |grid: Grid| grid.folded("matmul", 65_535).unwrap_err();
        assert!(refusal(Grid::linear(65_535 * 65_535 + 1)).contains("at once; lower train.batch"));
        assert!(Grid::linear(1).batched(65_535).folded("matmul", 65_535).is_ok());
        assert!(refusal(Grid::linear(1).batched(65_536)).contains("runs 65536 batches at once"));
    }
}
