//! A kernel, and one launch of it.

use crate::tensor::Tensor;

/// A kernel's name and source. The name is the file's stem in `shaders/`, the label in captures and profiles, the bench's
/// id and the name of the function in `reference`.
pub struct Kernel {
    /// The one name.
    pub name: &'static str,
    /// The template's text.
    pub source: &'static str,
}

impl Kernel {
    /// A kernel from `shaders/<name>.wgsl`.
    pub const fn new(name: &'static str, source: &'static str) -> Self {
        Self { name, source }
    }
}

/// Template constants of a launch: what a pipeline is compiled for.
pub type Constants<'a> = &'a [(&'static str, u32)];

/// A kernel as the tests see it: what it is compiled for, and what Rust believes it to declare.
pub struct Registered {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Sets of constants that it is compiled for; one empty set where it takes none.
    pub variants: &'static [Constants<'static>],
    /// Bytes of its `Params`.
    pub params: usize,
    /// Number of bindings.
    pub bindings: usize,
    /// Whether it uses subgroups, so that it runs only where the adapter has them.
    pub subgroups: bool,
}

impl Registered {
    /// A kernel that takes no constants and no subgroups.
    pub const fn plain(kernel: &'static Kernel, params: usize, bindings: usize) -> Self {
        Self { kernel, variants: &[&[]], params, bindings, subgroups: false }
    }
}

/// One dispatch: which kernel, compiled for which constants, with which `Params`, on which tensors, over which grid.
pub struct Launch<'a> {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Template constants; each distinct set is one pipeline.
    pub constants: Constants<'a>,
    /// The bytes of the kernel's `Params` (at most 128).
    pub params: &'a [u8],
    /// Bindings of group 0, in order.
    pub bindings: &'a [&'a Tensor],
    /// Workgroups.
    pub grid: Grid,
}

/// Workgroups of a dispatch along x, y and z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid(pub [u32; 3]);

impl Grid {
    /// The most workgroups along one dimension that every adapter allows.
    const FOLD: usize = 65_535;

    /// `workgroups` of them in a row, folded into x and y; `shared/index.wgsl` unfolds them.
    #[track_caller]
    pub fn linear(workgroups: usize) -> Self {
        if workgroups <= Self::FOLD {
            return Self([workgroups as u32, 1, 1]);
        }
        let rows = workgroups.div_ceil(Self::FOLD);
        assert!(rows <= Self::FOLD, "a grid of {workgroups} workgroups cannot be folded");
        Self([workgroups.div_ceil(rows) as u32, rows as u32, 1])
    }

    /// Enough workgroups of `size` invocations for `items` of them.
    #[track_caller]
    pub fn covering(items: usize, size: usize) -> Self {
        Self::linear(items.div_ceil(size))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.contains(&0)
    }
}
