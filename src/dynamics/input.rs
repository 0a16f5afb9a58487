//! The network's inputs.

use super::Loudness;
use super::features::{COUNT, features};
use crate::data::music::roll::Roll;

/// Numbers that the network takes for a note: its features, and the level and spread of the window.
pub const INPUTS: usize = COUNT + 2;

/// The inputs for each note of a window that is to have a level and spread, before they are normalised.
pub fn inputs(window: &Roll, loudness: Loudness) -> Vec<[f32; INPUTS]> {
    let with_loudness = |features: [f32; COUNT]| {
        let mut inputs = [0.0; INPUTS];
        inputs[..COUNT].copy_from_slice(&features);
        inputs[COUNT..].copy_from_slice(&[loudness.level.into(), loudness.spread.into()]);
        inputs
    };
    features(window).into_iter().map(with_loudness).collect()
}
