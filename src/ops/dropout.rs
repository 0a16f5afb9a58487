//! Dropout. The mask is a function of the seed and the element's index, so that the backward pass recomputes it.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::PHILOX_TURNS;
use crate::gpu::{Grid, Launch};
use crate::rng::words;
use crate::shader::kernels::DROPOUT_FWD;
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    quads: u32,
    threshold: u32,
    gain: f32,
    seed: [u32; 2],
    stream: [u32; 2],
    channels: u32,
    per_sample: u32,
}

/// Drops elements of x `[N, .., C]` with probability `rate` and divides the others by `1 - rate` (Srivastava et al. 2014);
/// with `per_channel`, whole channels of a sample (Tompson et al. 2015).
///
/// Element e is dropped if word `e % 4` of Philox with key `seed` and counter `[e / 4, 0, stream low, stream high]`, as a number in
/// (0, 1), is below `rate`; per channel, e is `n C + c`. Each dropout of a step needs its own `stream`.
#[track_caller]
pub fn dropout(tape: &Tape, x: &Var, rate: f64, per_channel: bool, seed: u64, stream: u64) -> Var {
    assert!((0.0..1.0).contains(&rate), "dropout: the rate is {rate}, but has to be in [0, 1)");
    let mask = Mask { rate, per_channel, seed, stream };
    tape.record(&[x], mask.apply(&x.value), || Dropout { x: x.clone(), mask })
}

#[derive(Clone, Copy)]
struct Mask {
    rate: f64,
    per_channel: bool,
    seed: u64,
    stream: u64,
}

impl Mask {
    fn apply(self, x: &Tensor) -> Tensor {
        let params = Params {
            quads: x.len().div_ceil(4) as u32,
            // A word's upper 24 bits w are the number (w + 1/2) / 2^24. This is the smallest w of a number that is at least `rate`.
            threshold: (self.rate * f64::from(1 << 24) - 0.5).ceil().max(0.0) as u32,
            gain: (1.0 / (1.0 - self.rate)) as f32,
            seed: words(self.seed),
            stream: words(self.stream),
            channels: x.channels() as u32,
            per_sample: x.sample_len() as u32,
        };
        let y = Tensor::empty_like(x, x.shape());
        x.gpu().launch(&Launch {
            kernel: &DROPOUT_FWD,
            constants: &[("by_channel", self.per_channel.into())],
            params: bytes_of(&params),
            bindings: &[x, &y],
            // By channel there is a random word for each of the four elements.
            grid: Grid::covering(x.len(), 1024).looping(4 * PHILOX_TURNS),
        });
        y
    }
}

struct Dropout {
    x: Var,
    mask: Mask,
}

impl Backward for Dropout {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, self.mask.apply(output));
    }
}
