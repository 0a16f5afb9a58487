//! Linear attention: keys and values first, so that the cost grows with positions, not with their square.

pub mod projected;

use bytemuck::{Pod, Zeroable, bytes_of};

use crate::gpu::{Gpu, Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{
    LINEAR_ATTENTION_BWD, LINEAR_ATTENTION_BWD_SUBGROUP, LINEAR_ATTENTION_FWD, LINEAR_ATTENTION_FWD_SUBGROUP,
};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}

/// The most channels of a head: its context must fit in workgroup memory.
const DEEPEST: usize = 64;
/// Invocations of a workgroup of the GPU kernels.
const INVOCATIONS: usize = 256;

/// `D^-1/2 softmax_D(q) (softmax_L(k)^T v)` per head (Shen et al. 2021, arXiv 1812.01243).
///
/// qkv `[N, L, 3 heads D]` with channels in the order (q k v, head, D) -> `[N, L, heads D]`; D is at most 64.
#[track_caller]
pub fn linear_attention(tape: &Tape, qkv: &Var, heads: usize) -> Var {
    let sizes = Sizes::of(&qkv.value, heads);
    let Sizes { samples, positions, depth, .. } = sizes;
    let y = Tensor::empty_like(&qkv.value, &[samples, positions, heads * depth]);
    let context = Tensor::empty_f32(qkv.gpu(), &[samples, heads, depth, depth]);
    let keys = Tensor::empty_f32(qkv.gpu(), &[samples, heads, 2, depth]);
    let lanes = sizes.lanes(qkv.gpu());
    let kernel = if lanes.is_some() { &LINEAR_ATTENTION_FWD_SUBGROUP } else { &LINEAR_ATTENTION_FWD };
    sizes.launch(kernel, lanes, &[&qkv.value, &y, &context, &keys]);
    tape.record(&[qkv], y.clone(), || Node { qkv: qkv.clone(), y, context, keys, sizes })
}

struct Node {
    qkv: Var,
    y: Tensor,
    /// `softmax(k)^T v`, `[N, heads, D, D]`; transposed by the GPU kernels, whose invocations read a column of it each.
    context: Tensor,
    /// Largest key and sum of powers of each channel, `[N, heads, 2, D]`.
    keys: Tensor,
    sizes: Sizes,
}

impl Backward for Node {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let dqkv = Tensor::empty_like(output, self.qkv.shape());
        let qkv = &self.qkv.value;
        let lanes = self.sizes.lanes(output.gpu());
        if lanes.is_some() {
            let dcontext = Tensor::empty_f32(output.gpu(), self.context.shape());
            self.sizes.launch(
                &LINEAR_ATTENTION_BWD_SUBGROUP,
                lanes,
                &[qkv, &self.context, &self.keys, output, &dcontext, &dqkv],
            );
        } else {
            self.sizes.launch(&LINEAR_ATTENTION_BWD, None, &[qkv, &self.y, &self.context, &self.keys, output, &dqkv]);
        }
        gradients.add(&self.qkv, dqkv);
    }
}

/// `D^-1/2`, the factor of the softmaxed queries.
fn root(depth: usize) -> f32 {
    (depth as f32).sqrt().recip()
}

struct Sizes {
    samples: usize,
    positions: usize,
    heads: usize,
    depth: usize,
}

impl Sizes {
    #[track_caller]
    fn of(qkv: &Tensor, heads: usize) -> Self {
        let &[samples, positions, channels] = qkv.shape() else {
            panic!("linear_attention: [N, L, 3 heads D] wanted, {qkv:?} given")
        };
        let depth = channels / (3 * heads);
        assert!(
            channels == 3 * heads * depth && (1..=DEEPEST).contains(&depth),
            "linear_attention: {qkv:?} in {heads} heads"
        );
        Self { samples, positions, heads, depth }
    }

    /// Lanes of a subgroup where the kernels run that keep a head of 32 channels in the registers of eight lanes.
    fn lanes(&self, gpu: &Gpu) -> Option<u32> {
        gpu.tuning().software_kernels.filter(|_| self.depth == 32)
    }

    /// Positions that a workgroup of the GPU kernels holds at once: two matrices of so many rows in the forward pass and four in the
    /// backward pass are in workgroup memory, and the context.
    fn tile(&self) -> usize {
        if self.depth > 32 { 8 } else { 16 }
    }

    /// Most turns of the loops of an invocation of the GPU kernels.
    fn turns(&self) -> usize {
        let (tile, depth) = (self.tile(), self.depth);
        let (elements, parts) = ((tile * depth).div_ceil(INVOCATIONS) + 1, INVOCATIONS / tile);
        let channels = depth.div_ceil(parts) + 1;
        let queries = 3 * channels + 2 * parts;
        // Two passes over the tiles. The backward pass has more: the sum over k of both, then the gradients of a tile.
        let of_tile = 2 * (queries + tile + 2) + 4 * elements + channels + parts + elements * (depth + 1);
        let largest_key = self.positions.div_ceil(INVOCATIONS / depth.next_power_of_two()) + INVOCATIONS;
        self.positions.div_ceil(tile) * of_tile + largest_key + depth + 4
    }

    /// A workgroup per sample and head, or per two of them in a subgroup of sixteen lanes.
    fn launch(&self, kernel: &'static Kernel, lanes: Option<u32>, bindings: &[&Tensor]) {
        let depth = self.depth as u32;
        let params = Params {
            samples: self.samples as u32,
            positions: self.positions as u32,
            heads: self.heads as u32,
            scale: root(self.depth),
        };
        let (constants, per_workgroup, turns) = match lanes {
            Some(lanes) => (vec![("lanes", lanes)], lanes as usize / 8, 4 * (self.positions.div_ceil(8) + 1)),
            None => {
                let padded = depth.next_power_of_two();
                (vec![("depth", depth), ("padded_depth", padded), ("tile", self.tile() as u32)], 1, self.turns())
            }
        };
        bindings[0].gpu().launch(&Launch {
            kernel,
            constants: &constants,
            params: bytes_of(&params),
            bindings,
            // At most five products with a head's context per position, in the backward pass.
            grid: Grid::linear((self.samples * self.heads).div_ceil(per_workgroup))
                .computing(10 * self.samples * self.heads * self.positions * self.depth * self.depth)
                .looping(turns),
        });
    }
}
