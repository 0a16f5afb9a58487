//! Rotary position embedding over flattened positions (Su et al. 2021, arXiv 2104.09864).

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::frequency_ratio;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::ROPE_FWD;
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    positions: u32,
    half_channels: u32,
    from_channels: u32,
    to_channels: u32,
    ratio: u32,
    direction: f32,
}

/// Rotates neighbouring channels (2p, 2p + 1) at position l by the angle `l 10000^(-p / (C / 2))`.
///
/// `[B, L, C]` -> `[B, L, C]`; an odd C is first padded with a zero channel, and the output has C + 1.
#[track_caller]
pub fn rope(tape: &Tape, x: &Var) -> Var {
    let y = rotated(&x.value, x.value.channels().next_multiple_of(2), 1.0);
    tape.record(&[x], y, || Rope { x: x.clone() })
}

struct Rope {
    x: Var,
}

impl Backward for Rope {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, rotated(output, self.x.value.channels(), -1.0));
    }
}

/// Rotates forwards (`direction` 1) or backwards (-1), from the channels of `x` to `channels` channels.
#[track_caller]
fn rotated(x: &Tensor, channels: usize, direction: f32) -> Tensor {
    let &[batch, positions, from_channels] = x.shape() else { panic!("rope: [B, L, C] wanted, {x:?} given") };
    let half = channels.div_ceil(2);
    let y = Tensor::empty_like(x, &[batch, positions, channels]);
    let length = batch * positions * half;
    let params = Params {
        length: length as u32,
        positions: positions as u32,
        half_channels: half as u32,
        from_channels: from_channels as u32,
        to_channels: channels as u32,
        ratio: frequency_ratio(10_000.0, half),
        direction,
    };
    x.gpu().launch(&Launch {
        kernel: &ROPE_FWD,
        constants: &[],
        params: bytes_of(&params),
        bindings: &[x, &y],
        grid: Grid::covering(length, 256).looping(half),
    });
    y
}
