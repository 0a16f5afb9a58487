//! Sets of windows in the groups that a bootstrap resamples: the windows of a song, or single samples. Their reconstruction
//! and encoding by a codec.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use crate::data::dataset::{Dataset, Window};
use crate::data::music::roll::Roll;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::metrics::features::{Features, STEPS_PER_BAR};
use crate::models::Vqvae;
use crate::ops::flow::ode_combine;
use crate::ops::noise::philox_normal;
use crate::tensor::Tensor;
use crate::train::codec::validate;
use crate::train::run::{Progress, Verbosity};

/// Windows per batch.
const BATCH: usize = 16;
/// Key of the noise on latents, combined with the seed.
const NOISE_KEY: u64 = 0x6e6f_6973;

/// A set of music.
#[derive(Debug, Clone)]
pub struct Set {
    /// The windows, group by group.
    pub rolls: Vec<Roll>,
    /// Number of windows of each group.
    pub groups: Vec<usize>,
}

impl Set {
    /// Windows of songs, grouped by song; the windows of a song are consecutive.
    pub fn of_windows(data: &Dataset, windows: &[Window]) -> Self {
        let groups = windows.chunk_by(|a, b| a.song == b.song).map(<[Window]>::len).collect();
        Self { rolls: windows.iter().map(|window| data.roll(window)).collect(), groups }
    }

    /// Samples, each in a separate group.
    pub fn of_samples(rolls: Vec<Roll>) -> Self {
        Self { groups: vec![1; rolls.len()], rolls }
    }

    /// One item per window, as lists by group.
    ///
    /// # Panics
    /// If the number of items is not the number of windows.
    pub fn grouped<T>(&self, items: Vec<T>) -> Vec<Vec<T>> {
        assert_eq!(items.len(), self.rolls.len(), "one item for each window");
        let mut items = items.into_iter();
        self.groups.iter().map(|&count| items.by_ref().take(count).collect()).collect()
    }

    /// The features of each window.
    pub fn features(&self) -> Vec<Features> {
        self.rolls.par_iter().map(|roll| Features::of(roll.notes(), roll.steps())).collect()
    }
}

/// The windows in bars of 16 steps, as in 4/4.
pub fn in_four(data: &Dataset, windows: &[Window]) -> Vec<Window> {
    let is_in_four = |window: &&Window| {
        let end = window.start + data.roll(window).steps();
        are_of_16_steps(&data.songs()[window.song].bars, window.start..=end)
    };
    windows.iter().filter(is_in_four).copied().collect()
}

/// Whether the bars in a range begin every 16 steps from its first on. A song may end in the range.
fn are_of_16_steps(bars: &[u32], range: RangeInclusive<u32>) -> bool {
    let bars = bars.iter().filter(|bar| range.contains(*bar));
    bars.zip((*range.start()..).step_by(STEPS_PER_BAR as usize)).all(|(bar, step)| *bar == step)
}

/// A codec with the encoding of its pictures.
#[derive(Clone, Copy)]
pub struct Coder<'a> {
    /// The device.
    pub gpu: &'a Gpu,
    /// The codec.
    pub vqvae: &'a Vqvae,
    /// Encoding of cells as numbers.
    pub layout: Layout,
    /// Columns of a picture.
    pub steps: usize,
    /// Whether to show progress.
    pub verbosity: Verbosity,
}

/// Reconstructions by a codec.
pub struct Coded {
    /// As rolls.
    pub rolls: Vec<Roll>,
    /// As tensors, `[pitches, steps, C]` each.
    pub pictures: Vec<Vec<f32>>,
    /// Code indices of all windows, `[positions, levels]`.
    pub indices: Vec<u32>,
}

impl Coder<'_> {
    /// A roll as a tensor `[pitches, steps, C]`.
    pub fn picture(&self, roll: &Roll) -> Vec<f32> {
        let mut values = vec![0.0; self.layout.size(self.steps)];
        self.layout.write(roll, &mut values);
        values
    }

    /// Encodes, quantizes and decodes rolls.
    ///
    /// # Errors
    /// If the device fails.
    pub fn reconstruct(&self, rolls: &[Roll]) -> Result<Coded> {
        let size = self.layout.size(self.steps);
        let mut coded = Coded { rolls: Vec::new(), pictures: Vec::new(), indices: Vec::new() };
        self.batches("reconstructing", rolls, |pictures| {
            let (values, indices) = validate::reconstruct(self.gpu, self.vqvae, self.layout, self.steps, pictures)?;
            coded.rolls.extend(values.chunks(size).map(|values| self.layout.read(values, Orphans::Drop)));
            coded.pictures.extend(values.chunks(size).map(<[f32]>::to_vec));
            coded.indices.extend(indices);
            Ok(())
        })?;
        Ok(coded)
    }

    /// Encodes rolls to latents `[h w, D]` each, before quantization.
    ///
    /// # Errors
    /// If the device fails.
    pub fn encode(&self, rolls: &[Roll]) -> Result<Vec<Vec<f32>>> {
        let size = self.layout.size(self.steps);
        let mut latents = Vec::new();
        self.batches("encoding", rolls, |pictures| {
            let count = pictures.len() / size;
            let values = self.vqvae.encode(&self.upload(pictures)).read_f32()?;
            latents.extend(values.chunks(values.len() / count).map(<[f32]>::to_vec));
            Ok(())
        })?;
        Ok(latents)
    }

    /// Encodes rolls, adds normal noise to the latents, which are not quantized, and decodes them. Returns probabilities or values,
    /// `[pitches, steps, C]` each.
    ///
    /// # Errors
    /// If the device fails.
    pub fn decode_noisy(&self, rolls: &[Roll], deviation: f32, seed: u64) -> Result<Vec<Vec<f32>>> {
        let size = self.layout.size(self.steps);
        let mut decoded = Vec::new();
        self.batches("decoding", rolls, |pictures| {
            let latents = self.vqvae.encode(&self.upload(pictures));
            let noise = philox_normal(self.gpu, seed ^ NOISE_KEY, decoded.len() as u64, latents.shape());
            let output = self.vqvae.decode(&ode_combine(&latents, &[(&noise, deviation)])).read_f32()?;
            decoded.extend(self.layout.activate(output).chunks(size).map(<[f32]>::to_vec));
            Ok(())
        })?;
        Ok(decoded)
    }

    /// Tensors of rolls, on the device.
    fn upload(&self, pictures: &[f32]) -> Tensor {
        let (size, channels) = (self.layout.size(self.steps), self.layout.count());
        let shape = [pictures.len() / size, size / (self.steps * channels), self.steps, channels];
        Tensor::from_f32(self.gpu, &shape, pictures)
    }

    fn batches(&self, what: &str, rolls: &[Roll], mut run: impl FnMut(&[f32]) -> Result<()>) -> Result<()> {
        let mut progress = Progress::new(what, 0, rolls.len() as u64, self.verbosity);
        for (number, batch) in rolls.chunks(BATCH).enumerate() {
            run(&batch.iter().flat_map(|roll| self.picture(roll)).collect::<Vec<_>>())?;
            progress.update((number * BATCH + batch.len()) as u64);
        }
        progress.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_other_lengths_are_seen() {
        let bars = [0, 16, 32, 48, 60, 72];
        assert!(are_of_16_steps(&bars, 0..=32) && are_of_16_steps(&bars, 16..=48));
        assert!(!are_of_16_steps(&bars, 32..=64) && !are_of_16_steps(&[0, 8, 16], 0..=16));
        assert!(!are_of_16_steps(&[0, 20], 0..=32));
        // A song of two bars, in a window of four.
        assert!(are_of_16_steps(&[0, 16], 0..=64));
    }
}
