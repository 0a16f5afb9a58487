//! Template constants and parameters that several operations share.

use crate::gpu::Gpu;
use crate::gpu::tuning::Reduction;

/// The constants of `shared/reduce.wgsl`: how a workgroup reduces one value per invocation.
pub(super) fn reduction(gpu: &Gpu) -> [(&'static str, u32); 2] {
    let Reduction { invocations, one_subgroup } = gpu.tuning().reduction;
    [("invocations", invocations), ("one_subgroup", one_subgroup.into())]
}

/// Most turns of a reduction in workgroup memory ([`Grid::looping`](crate::gpu::Grid::looping)), which halves at most 256 values.
pub(super) const REDUCTION_TURNS: usize = 9;

/// Turns of the rounds of Philox (`shared/philox.wgsl`).
pub(super) const PHILOX_TURNS: usize = 11;

/// Elements that one invocation moves at once: 4 where `channels` is a multiple of 4, else 1.
pub(super) fn vector(channels: usize) -> usize {
    if channels.is_multiple_of(4) { 4 } else { 1 }
}

/// The ratio of neighbouring frequencies, in units of 2^-32 (`shared/turn.wgsl`): its power of `steps` is 1 / range.
pub(super) fn frequency_ratio(range: f64, steps: usize) -> u32 {
    (range.powf(-1.0 / steps as f64) * 2f64.powi(32)).round() as u32
}
