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

/// Quotients that `shared/divide.wgsl` computes have to be below this, on a device whose division is off by the 2.5 ULP that WGSL
/// permits.
const QUOTIENTS: usize = 1 << 21;

/// Panics if a kernel would divide with a quotient that may be wrong.
#[track_caller]
pub(in crate::ops) fn check_quotient(name: &str, largest: usize) {
    assert!(largest < QUOTIENTS, "{name}: {largest} lines or tiles of an operation; a kernel can number {QUOTIENTS}");
}

#[cfg(test)]
mod tests {
    use super::QUOTIENTS;
    use crate::rng::Philox;

    /// `shared/divide.wgsl` on a device whose quotients are off by `ulp`.
    fn divide(value: u32, divisor: u32, ulp: i32) -> u32 {
        let reciprocal = f32::from_bits((1.0 / divisor as f32).to_bits().wrapping_add_signed(ulp));
        let guess = (value as f32 * reciprocal) as u32;
        let rest = (value as i32).wrapping_sub(guess.wrapping_mul(divisor) as i32);
        guess + u32::from(rest >= divisor as i32) - u32::from(rest < 0)
    }

    #[test]
    fn the_quotients_of_shaders_are_exact_within_their_limit() {
        let mut rng = Philox::new(21, 0);
        let mut below = |limit: usize| rng.below(limit) as u32;
        for _ in 0..1_000_000 {
            let quotient = QUOTIENTS as u32 - 1 - below(QUOTIENTS / 2);
            let divisor = 1 + below((i32::MAX as usize / (quotient as usize + 1)).max(1));
            let remainder = [0, divisor - 1, below(divisor as usize)][below(3) as usize];
            for ulp in -3..=3 {
                let value = quotient * divisor + remainder;
                assert_eq!(divide(value, divisor, ulp), quotient, "{value} / {divisor}, off by {ulp} ULP");
            }
        }
    }
}
