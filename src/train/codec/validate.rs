//! Validation of a codec: how well it reconstructs windows of held-out songs.

use std::fmt;

use crate::chart::comparison::reconstructions;
use crate::config::Config;
use crate::data::dataset::{Dataset, Window};
use crate::data::music::roll::Roll;
use crate::data::picture::Picture;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::metrics::scores::Scores;
use crate::models::Vqvae;
use crate::nn::quantizer::{CodebookUse, code_counts};
use crate::tensor::Tensor;

/// Pairs of rolls kept for the picture.
const SHOWN: usize = 6;

/// The result of a validation.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Scores of notes and cells over all windows.
    pub scores: Scores,
    /// How often each code of each level was chosen.
    pub code_counts: Vec<Vec<u64>>,
    /// The first windows and their reconstructions.
    pub shown: Vec<(Roll, Roll)>,
}

impl Validation {
    /// All numbers by name, for the log.
    pub fn numbers(&self) -> Vec<(String, f64)> {
        let scores = &self.scores;
        let named = [
            ("note", scores.note),
            ("note_with_offset", scores.note_with_offset),
            ("frame", scores.frame),
            ("onset", scores.onset),
            ("sustain", scores.sustain),
        ];
        let mut numbers = Vec::new();
        for (name, counts) in named {
            numbers.push((format!("{name}_precision"), counts.precision()));
            numbers.push((format!("{name}_recall"), counts.recall()));
            numbers.push((format!("{name}_f1"), counts.f1()));
        }
        for (level, codes) in self.codebooks().enumerate() {
            numbers.push((format!("codes_used_{level}"), codes.fraction));
            numbers.push((format!("perplexity_{level}"), codes.perplexity));
        }
        numbers
    }

    /// Use of each level's codes.
    fn codebooks(&self) -> impl Iterator<Item = CodebookUse> {
        self.code_counts.iter().map(|counts| CodebookUse::of_counts(counts))
    }

    /// Originals, reconstructions and their difference.
    pub fn picture(&self) -> Picture {
        reconstructions(&self.shown)
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scores { note, note_with_offset, onset, sustain, .. } = &self.scores;
        write!(
            f,
            "note F1 {:.3} (with offsets {:.3}), onset F1 {:.3}, sustain F1 {:.3}, codes used",
            note.f1(),
            note_with_offset.f1(),
            onset.f1(),
            sustain.f1()
        )?;
        self.codebooks().try_for_each(|codes| write!(f, " {:.0} %", 100.0 * codes.fraction))
    }
}

/// Reconstructs the data's validation windows.
///
/// # Errors
/// A failure of the device.
pub fn validate(gpu: &Gpu, vqvae: &Vqvae, config: &Config, data: &Dataset) -> Result<Validation> {
    let layout = data.layout();
    let mut validation = Validation::default();
    let mut indices = Vec::new();
    for windows in data.validation_windows().chunks(config.train.batch) {
        let truth = data.tensor(windows);
        let (estimate, codes) = reconstruct(gpu, vqvae, layout, config.data.steps, &truth)?;
        indices.extend(codes);
        let size = layout.size(config.data.steps);
        for ((window, truth), estimate) in windows.iter().zip(truth.chunks(size)).zip(estimate.chunks(size)) {
            add(&mut validation, data, layout, window, truth, estimate);
        }
    }
    if !indices.is_empty() {
        validation.code_counts = code_counts(&indices, config.vqvae.levels, config.vqvae.codes);
    }
    Ok(validation)
}

fn add(sum: &mut Validation, data: &Dataset, layout: Layout, window: &Window, truth: &[f32], estimate: &[f32]) {
    let roll = data.roll(window);
    sum.scores += Scores::of_tensors(truth, estimate, layout, roll.tempo);
    if sum.shown.len() < SHOWN {
        sum.shown.push((roll, layout.read(estimate, Orphans::Drop)));
    }
}

/// Encodes, quantizes and decodes roll tensors `[N, 128, steps, C]`. Returns probabilities or values of the same shape, and the
/// indices of the codes.
///
/// # Errors
/// A failure of the device.
pub fn reconstruct(
    gpu: &Gpu,
    vqvae: &Vqvae,
    layout: Layout,
    steps: usize,
    pictures: &[f32],
) -> Result<(Vec<f32>, Vec<u32>)> {
    let size = layout.size(steps);
    let channels = layout.count();
    let shape = [pictures.len() / size, size / (steps * channels), steps, channels];
    let coded = vqvae.quantize(&vqvae.encode(&Tensor::from_f32(gpu, &shape, pictures)));
    let output = vqvae.decode(&coded.sum).read_f32()?;
    Ok((layout.activate(output), coded.indices.read_u32()?))
}
