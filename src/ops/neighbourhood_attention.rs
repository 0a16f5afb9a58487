//! Neighbourhood attention: each position attends to a window around it (Hassani et al. 2023, arXiv 2204.07143).

use bytemuck::{Pod, Zeroable, bytes_of};

use crate::gpu::{Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{
    NEIGHBOURHOOD_ATTENTION_BWD, NEIGHBOURHOOD_ATTENTION_DS, NEIGHBOURHOOD_ATTENTION_FWD,
    NEIGHBOURHOOD_ATTENTION_SCORES,
};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    height: u32,
    width: u32,
    heads: u32,
    depth: u32,
    scale: f32,
}

/// Side of the window.
const SIDE: usize = 7;

/// Multi-head attention of each position to the 7x7 window around it, shifted inwards at the borders (all positions where
/// there are fewer): qkv `[N, H, W, 3 heads D]`, channels in the order (q k v, head, D), -> `[N, H, W, heads D]`; scale `D^-1/2`.
#[track_caller]
pub fn neighbourhood_attention(tape: &Tape, qkv: &Var, heads: usize) -> Var {
    let extent = Extent::of(&qkv.value, heads);
    let p = Tensor::empty_like(&qkv.value, &extent.windows());
    extent.per_head(&NEIGHBOURHOOD_ATTENTION_SCORES, &[&qkv.value, &p]);
    let y = Tensor::empty_like(&qkv.value, &[extent.batch, extent.height, extent.width, heads * extent.depth]);
    extent.per_channel(&NEIGHBOURHOOD_ATTENTION_FWD, &[&qkv.value, &p, &y]);
    tape.record(&[qkv], y, || NeighbourhoodAttentionBackward { qkv: qkv.clone(), p, extent })
}

struct NeighbourhoodAttentionBackward {
    qkv: Var,
    /// Probabilities, `[N, H, W, heads, window]`.
    p: Tensor,
    extent: Extent,
}

impl Backward for NeighbourhoodAttentionBackward {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let ds = Tensor::empty_like(dy, self.p.shape());
        self.extent.per_head(&NEIGHBOURHOOD_ATTENTION_DS, &[&self.qkv.value, &self.p, dy, &ds]);
        let dqkv = Tensor::empty_like(dy, self.qkv.shape());
        self.extent.per_channel(&NEIGHBOURHOOD_ATTENTION_BWD, &[&self.qkv.value, &self.p, &ds, dy, &dqkv]);
        gradients.add(&self.qkv, dqkv);
    }
}

/// Sizes of qkv, `[N, H, W, 3 heads D]`.
struct Extent {
    batch: usize,
    height: usize,
    width: usize,
    heads: usize,
    depth: usize,
}

impl Extent {
    #[track_caller]
    fn of(qkv: &Tensor, heads: usize) -> Self {
        let [batch, height, width, channels] = qkv.nhwc();
        assert!(channels.is_multiple_of(3 * heads), "neighbourhood_attention: {qkv:?} in {heads} heads");
        Self { batch, height, width, heads, depth: channels / (3 * heads) }
    }

    /// Shape of the probabilities.
    fn windows(&self) -> [usize; 5] {
        [self.batch, self.height, self.width, self.heads, self.height.min(SIDE) * self.width.min(SIDE)]
    }

    /// One invocation per position and head.
    fn per_head(&self, kernel: &'static Kernel, bindings: &[&Tensor]) {
        self.launch(kernel, bindings, self.batch * self.height * self.width * self.heads, self.depth);
    }

    /// One invocation per position and channel.
    fn per_channel(&self, kernel: &'static Kernel, bindings: &[&Tensor]) {
        self.launch(kernel, bindings, self.batch * self.height * self.width * self.heads * self.depth, 1);
    }

    fn launch(&self, kernel: &'static Kernel, bindings: &[&Tensor], length: usize, depth: usize) {
        // An invocation reads a window at most twice, and multiplies and adds twice per channel.
        let flop = 8 * length * SIDE * SIDE * depth;
        // Two passes over windows, whose rows are up to twice as long for the queries that see a key, and softmax.
        let turns = 2 * (2 * SIDE + 1) * (2 * SIDE + 2) + SIDE * SIDE * (depth + 3);
        let params = Params {
            length: length as u32,
            height: self.height as u32,
            width: self.width as u32,
            heads: self.heads as u32,
            depth: self.depth as u32,
            scale: (self.depth as f32).sqrt().recip(),
        };
        bindings[0].gpu().launch(&Launch {
            kernel,
            constants: &[],
            params: bytes_of(&params),
            bindings,
            grid: Grid::covering(length, 64).computing(flop).looping(turns),
        });
    }
}
