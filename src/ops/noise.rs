//! Gaussian noise as a function of seed, sample number and element.

use bytemuck::{Pod, Zeroable};

use super::constants::PHILOX_TURNS;
use crate::gpu::{Gpu, Grid, Launch};
use crate::shader::kernels::PHILOX_NORMAL;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    samples: u32,
    elements: u32,
    blocks: u32,
    first_low: u32,
    first_high: u32,
    seed_low: u32,
    seed_high: u32,
}

/// Standard normal noise `[N, ..]` for the samples `first_sample..first_sample + N` of a seed.
///
/// Sample i of a seed is the same in any batch. `reference::philox_normal` defines the values.
#[track_caller]
pub fn philox_normal(gpu: &Gpu, seed: u64, first_sample: u64, shape: &[usize]) -> Tensor {
    assert!(!shape.is_empty(), "philox_normal: a shape without samples");
    let y = Tensor::empty_f32(gpu, shape);
    let (samples, elements) = (shape[0], y.len() / shape[0].max(1));
    let blocks = elements.div_ceil(4);
    let params = Params {
        samples: samples as u32,
        elements: elements as u32,
        blocks: blocks as u32,
        first_low: first_sample as u32,
        first_high: (first_sample >> 32) as u32,
        seed_low: seed as u32,
        seed_high: (seed >> 32) as u32,
    };
    gpu.launch(&Launch {
        kernel: &PHILOX_NORMAL,
        constants: &[],
        params: bytemuck::bytes_of(&params),
        bindings: &[&y],
        // About: ten rounds of four words, then logarithms, roots and sines.
        grid: Grid::covering(samples * blocks, 64).computing(400 * samples * blocks).looping(PHILOX_TURNS),
    });
    y
}
