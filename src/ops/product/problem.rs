//! A matrix product as an operation states it.

use crate::dtype::Dtype;

/// Which index of the operands is contiguous, and what is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Form {
    /// `C[m, n] = sum_k A[m, k] B[k, n]`.
    Inner,
    /// `C[m, n] = sum_k A[k, m] B[k, n]`; with `split`, in partial sums if one sum does not fill the device.
    Outer {
        /// Whether the sum may be split.
        split: bool,
    },
}

/// The convolution that a product is, with padding `kernel / 2`.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Convolution {
    /// Side of the kernel.
    pub kernel: usize,
    /// Stride of the forward pass.
    pub stride: usize,
    /// Batch, height and width of the image that workgroups sweep: C in the inner form, `dy` in the outer form.
    pub image: [usize; 3],
}

/// What the plan of a product depends on.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Problem {
    /// The form.
    pub form: Form,
    /// Rows of C, for one tap in the outer form.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Terms of the sum, for one tap in the inner form.
    pub k: usize,
    /// Independent products.
    pub batches: usize,
    /// Element types of A and B.
    pub stored: [Dtype; 2],
    /// Whether A can be loaded as `vec4`: its rows begin on multiples of 4 and their length is one.
    pub a_vec4: bool,
    /// The largest of 4, 2, 1 that rows of B and C begin on multiples of.
    pub alignment: usize,
    /// Whether B is read transposed, `B[n, k]`.
    pub b_transposed: bool,
    /// The convolution, if it is one.
    pub conv: Option<Convolution>,
}

impl Problem {
    /// Floating-point operations of all products and taps.
    pub(super) fn flop(&self) -> usize {
        let taps = self.conv.map_or(1, |conv| conv.kernel * conv.kernel);
        2 * self.m * self.n * self.k * self.batches * taps
    }
}

/// Turns of a loop of a subgroup over the blocks of its rows of C, of which there are at most 24.
pub(super) const TURNS_OF_BLOCKS: usize = 25;

/// The largest of 4, 2, 1 that divides `n`.
pub(in crate::ops) fn alignment(n: usize) -> usize {
    [4, 2].into_iter().find(|width| n.is_multiple_of(*width)).unwrap_or(1)
}

/// Columns per load: as many as the alignment of rows allows, but no more than leave columns for over half of the `lanes` of a subgroup;
/// 1 lane in the tile variant.
pub(super) fn column_width(n: usize, alignment: usize, lanes: usize) -> usize {
    let fits = |width: &usize| n.is_multiple_of(*width) && alignment.is_multiple_of(*width);
    let shared = |width: &usize| n > lanes / 2 * width;
    [4, 2, 1].into_iter().find(|width| fits(width) && shared(width)).unwrap_or(1)
}
