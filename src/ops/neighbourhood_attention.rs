//! Neighbourhood attention: each pixel attends to a window of its neighbours (Hassani et al. 2023, arXiv 2204.07143).

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

/// Multi-head attention of each pixel to the 7x7 window around it, shifted inwards at the borders (all pixels where there
/// are fewer): qkv `[N, H, W, 3 heads D]`, channels in the order (q k v, head, D), -> `[N, H, W, heads D]`; scale `D^-1/2`.
#[track_caller]
pub fn neighbourhood_attention(tape: &Tape, qkv: &Var, heads: usize) -> Var {
    let picture = Picture::of(&qkv.value, heads);
    let p = Tensor::empty_like(&qkv.value, &picture.windows());
    picture.per_head(&NEIGHBOURHOOD_ATTENTION_SCORES, &[&qkv.value, &p]);
    let y = Tensor::empty_like(&qkv.value, &[picture.batch, picture.height, picture.width, heads * picture.depth]);
    picture.per_channel(&NEIGHBOURHOOD_ATTENTION_FWD, &[&qkv.value, &p, &y]);
    tape.record(&[qkv], y, || Node { qkv: qkv.clone(), p, picture })
}

struct Node {
    qkv: Var,
    /// Probabilities, `[N, H, W, heads, window]`.
    p: Tensor,
    picture: Picture,
}

impl Backward for Node {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let ds = Tensor::empty_like(output, self.p.shape());
        self.picture.per_head(&NEIGHBOURHOOD_ATTENTION_DS, &[&self.qkv.value, &self.p, output, &ds]);
        let dqkv = Tensor::empty_like(output, self.qkv.shape());
        self.picture.per_channel(&NEIGHBOURHOOD_ATTENTION_BWD, &[&self.qkv.value, &self.p, &ds, output, &dqkv]);
        gradients.add(&self.qkv, dqkv);
    }
}

struct Picture {
    batch: usize,
    height: usize,
    width: usize,
    heads: usize,
    depth: usize,
}

impl Picture {
    #[track_caller]
    fn of(qkv: &Tensor, heads: usize) -> Self {
        let [batch, height, width, channels] = qkv.nhwc();
        assert!(channels.is_multiple_of(3 * heads), "neighbourhood_attention: {qkv:?} in {heads} heads");
        Self { batch, height, width, heads, depth: channels / (3 * heads) }
    }

    fn windows(&self) -> [usize; 5] {
        [self.batch, self.height, self.width, self.heads, self.height.min(SIDE) * self.width.min(SIDE)]
    }

    fn per_head(&self, kernel: &'static Kernel, bindings: &[&Tensor]) {
        self.launch(kernel, bindings, self.batch * self.height * self.width * self.heads);
    }

    fn per_channel(&self, kernel: &'static Kernel, bindings: &[&Tensor]) {
        self.launch(kernel, bindings, self.batch * self.height * self.width * self.heads * self.depth);
    }

    fn launch(&self, kernel: &'static Kernel, bindings: &[&Tensor], length: usize) {
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
            grid: Grid::covering(length, 64),
        });
    }
}
