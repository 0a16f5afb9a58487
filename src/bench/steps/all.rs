//! The list of steps.

use super::step::Step;
use super::{codec, transformer, unet};

/// The steps that the PyTorch program times: the smaller networks at `batch`, the larger ones at a fraction of it, the transformer at the
/// batch of its configuration. On `software` Vulkan without the largest codec, which would take too long.
pub fn all(batch: usize, software: bool) -> Vec<Step> {
    let codecs = if software { &[(32, 8)][..] } else { &[(32, 8), (256, 64)] };
    let unets = [(16, 16, batch), (64, 32, (batch / 4).max(1))];
    let unets = unets
        .into_iter()
        .flat_map(|(dim, side, batch)| [unet::train_step(dim, side, batch), unet::euler_steps(dim, side, batch)]);
    let codecs = codecs.iter().map(|&(hidden, divisor)| codec::train_step(hidden, (batch / divisor).max(1)));
    unets.chain(codecs).chain(transformer::steps()).collect()
}

#[cfg(test)]
mod tests {
    use super::all;

    /// Names and batch sizes by which the rows of both programs are matched.
    #[test]
    fn steps_are_those_of_the_pytorch_program() {
        let named = |batch, software| -> Vec<(String, usize)> {
            all(batch, software).into_iter().map(|step| (step.what, step.batch)).collect()
        };
        let expected = [
            ("unet dim16 16x16 train step", 64),
            ("unet dim16 16x16 euler 20 steps", 64),
            ("unet dim64 32x32 train step", 16),
            ("unet dim64 32x32 euler 20 steps", 16),
            ("codec hidden32 128x128 train step", 8),
            ("codec hidden256 128x128 train step", 1),
            ("transformer d192 l4 train step", 8),
            ("transformer d192 l4 euler 24 steps", 8),
        ];
        assert_eq!(named(64, false), expected.map(|(what, batch)| (what.to_owned(), batch)));
        let on_two_cores: Vec<usize> = named(16, true).into_iter().map(|step| step.1).collect();
        assert_eq!(on_two_cores, [16, 16, 4, 4, 2, 8, 8]);
    }
}
