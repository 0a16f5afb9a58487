//! Linear attention fused with the projections to queries, keys and values, and from the heads' outputs.
//!
//! Queries, keys and values may be much wider than the input: for 16 channels and four heads of 32, 384 numbers for each position.
//! They are then never written: a subgroup computes queries and keys from the input where it needs them. Values are not computed
//! at all, since `softmax_L(k)^T (x Wv) Wo = (softmax_L(k)^T x) Wv Wo`: the sum over positions comes first, and the
//! projections follow once per sample.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::{linear_attention, root};
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch, MOST_TURNS};
use crate::ops::conv::conv2d;
use crate::ops::product::PartialSums;
use crate::shader::Kernel;
use crate::shader::kernels::{PROJECTED_KEYS_BWD, PROJECTED_KEYS_FWD, PROJECTED_QUERIES_BWD, PROJECTED_QUERIES_FWD};
use crate::tape::{Backward, Gradients, Place, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    span: u32,
    scale: f32,
}

/// The projections to and from the heads.
#[derive(Clone, Copy)]
pub struct Projections<'a> {
    /// `[1, 1, C, 3 heads D]`, columns in the order (q k v, head, D).
    pub qkv: &'a Var,
    /// `[1, 1, heads D, C]`.
    pub out: &'a Var,
    /// `[C]`.
    pub bias: &'a Var,
}

/// `linear_attention(x Wqkv) Wout + bias` over all positions of each image: x `[N, H, W, C]` to the same shape.
#[track_caller]
pub fn projected_linear_attention(tape: &Tape, x: &Var, projections: Projections<'_>, heads: usize) -> Var {
    let sizes = Sizes::of(&x.value, projections, heads);
    if !sizes.has_fused_kernels(&x.value, projections) {
        return composed(tape, x, projections, heads);
    }
    let Projections { qkv, out, bias } = projections;
    let Sizes { samples, channels, .. } = sizes;
    let gpu = x.gpu();
    let mixed = Tensor::empty_f32(gpu, &[samples, heads, DEPTH, channels]);
    let weighted = Tensor::empty_f32(gpu, &[samples, heads, channels, DEPTH]);
    let keys = Tensor::empty_f32(gpu, &[samples, heads, 2, DEPTH]);
    let y = Tensor::empty_like(&x.value, x.shape());
    sizes.launch(&PROJECTED_KEYS_FWD, samples * heads, &[&x.value, &qkv.value, &out.value, &mixed, &weighted, &keys]);
    let spans = samples * sizes.positions.div_ceil(SPAN);
    sizes.launch(&PROJECTED_QUERIES_FWD, spans, &[&x.value, &qkv.value, &mixed, &bias.value, &y]);
    tape.record(&[x, qkv, out, bias], y, || Node {
        x: x.clone(),
        qkv: qkv.clone(),
        out: out.clone(),
        bias: bias.clone(),
        mixed,
        weighted,
        keys,
        sizes,
    })
}

/// The same by separate operations, for adapters and shapes without fused kernels.
fn composed(tape: &Tape, x: &Var, Projections { qkv, out, bias }: Projections<'_>, heads: usize) -> Var {
    let [n, height, width, _] = x.value.nhwc();
    let (packed, inner) = (qkv.value.channels(), out.value.nhwc()[2]);
    let qkv = tape.reshape(&conv2d(tape, x, qkv, None, 1), &[n, height * width, packed]);
    let y = tape.reshape(&linear_attention(tape, &qkv, heads), &[n, height, width, inner]);
    conv2d(tape, &y, out, Some(bias), 1)
}

struct Node {
    x: Var,
    qkv: Var,
    out: Var,
    bias: Var,
    /// The heads' matrices from softmaxed queries to outputs, `[N, heads, D, C]`.
    mixed: Tensor,
    /// `softmax_L(k)^T x`, transposed, `[N, heads, C, D]`.
    weighted: Tensor,
    /// Largest key and sum of powers of each channel, `[N, heads, 2, D]`.
    keys: Tensor,
    sizes: Sizes,
}

impl Backward for Node {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let Self { x, qkv, out, bias, mixed, weighted, keys, sizes } = self;
        let Sizes { samples, positions, heads, channels } = *sizes;
        let gpu = dy.gpu();
        let dx_queries = Tensor::empty_f32(gpu, &[samples, heads, positions, channels]);
        let dweighted = Tensor::empty_f32(gpu, weighted.shape());
        let sum_k_dk = Tensor::empty_f32(gpu, &[samples, heads, DEPTH]);
        let dx = Tensor::empty_like(dy, x.shape());
        let of_parameters = [qkv, out, bias].map(|var| (var, Dtype::F32));
        gradients.write(of_parameters, |places| {
            let [dqkv, dout, dbias] = places.map(Place::zeroed);
            let dqkv_sums = PartialSums::split(samples, dqkv, None);
            let dout_sums = PartialSums::split(samples, dout, Some(dbias));
            let (parts, out_parts) = (dqkv_sums.target(), dout_sums.target());
            let (x, w, w_out) = (&x.value, &qkv.value, &out.value);
            sizes.launch(
                &PROJECTED_QUERIES_BWD,
                samples * heads,
                &[x, dy, w, w_out, mixed, weighted, &dx_queries, parts, out_parts, &dweighted, &sum_k_dk],
            );
            sizes.launch(&PROJECTED_KEYS_BWD, samples, &[x, w, keys, &dweighted, &sum_k_dk, &dx_queries, parts, &dx]);
            dqkv_sums.finish();
            dout_sums.finish();
        });
        gradients.add(&self.x, dx);
    }
}

/// Channels of a head that the kernels are written for.
const DEPTH: usize = 32;
/// Positions of the largest block.
const BLOCK: usize = 8;
/// Positions per workgroup on the side of the queries, which share the loads of a head's matrices.
const SPAN: usize = 128;

#[derive(Clone, Copy)]
struct Sizes {
    samples: usize,
    positions: usize,
    heads: usize,
    channels: usize,
}

impl Sizes {
    #[track_caller]
    fn of(x: &Tensor, Projections { qkv, out, bias }: Projections<'_>, heads: usize) -> Self {
        let [samples, height, width, channels] = x.nhwc();
        let inner = out.value.nhwc()[2];
        assert!(
            qkv.shape() == [1, 1, channels, 3 * inner]
                && out.shape() == [1, 1, inner, channels]
                && bias.shape() == [channels]
                && inner.is_multiple_of(heads),
            "projected_linear_attention: {x:?} with {:?}, {:?}, {:?} in {heads} heads",
            qkv.value,
            out.value,
            bias.value
        );
        Self { samples, positions: height * width, heads, channels }
    }

    /// Whether there are fused kernels for these sizes. There are none for many channels: the weights would not stay in registers.
    fn has_fused_kernels(&self, x: &Tensor, Projections { qkv, out, bias }: Projections<'_>) -> bool {
        x.gpu().tuning().software_kernels.is_some()
            && matches!(self.channels, 16 | 32)
            && out.value.nhwc()[2] == self.heads * DEPTH
            && self.positions.is_multiple_of(BLOCK)
            && self.samples * self.heads <= x.gpu().tuning().fold
            && self.turns(&PROJECTED_KEYS_BWD) <= MOST_TURNS
            && [x, &qkv.value, &out.value, &bias.value].iter().all(|tensor| tensor.dtype() == Dtype::F32)
    }

    /// Positions of a block: its unrolled code must fit the first instruction cache of a processor, and a backward pass has twice
    /// as many products.
    fn block(&self, kernel: &Kernel) -> usize {
        let forward = BLOCK * 16 / self.channels;
        if [PROJECTED_KEYS_FWD.name, PROJECTED_QUERIES_FWD.name].contains(&kernel.name) { forward } else { forward / 2 }
    }

    /// Most turns of the loops of an invocation: steps of one head or of all, and at most two loops over the quads of a head.
    fn turns(&self, kernel: &Kernel) -> usize {
        let of_queries = kernel.name == PROJECTED_QUERIES_FWD.name;
        let heads = if of_queries || kernel.name == PROJECTED_KEYS_BWD.name { self.heads } else { 1 };
        let steps = if of_queries { SPAN } else { self.positions }.div_ceil(self.block(kernel));
        heads * (steps + 2) + 1 + 2 * (DEPTH / 4 + 1)
    }

    /// `units`: samples, their heads or spans of their positions. Each has eight lanes, but spans have a subgroup.
    fn launch(&self, kernel: &'static Kernel, units: usize, bindings: &[&Tensor]) {
        let lanes = bindings[0].gpu().tuning().software_kernels.unwrap_or(8);
        let per_workgroup = if kernel.name == PROJECTED_QUERIES_FWD.name { 1 } else { lanes as usize / 8 };
        let params = Params {
            samples: self.samples as u32,
            positions: self.positions as u32,
            heads: self.heads as u32,
            span: SPAN as u32,
            scale: root(DEPTH),
        };
        bindings[0].gpu().launch(&Launch {
            kernel,
            constants: &[("channels", self.channels as u32), ("block", self.block(kernel) as u32), ("lanes", lanes)],
            params: bytes_of(&params),
            bindings,
            // At most five products with a head's projection per position, in the backward pass.
            grid: Grid::linear(units.div_ceil(per_workgroup))
                .computing(10 * self.samples * self.heads * self.positions * self.channels * DEPTH)
                .looping(self.turns(kernel)),
        });
    }
}
