//! Validation of a codec: how well it reconstructs windows of held-out songs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::objective::{Losses, Objective};
use crate::chart::comparison::reconstructions;
use crate::data::dataset::Window;
use crate::data::evenly;
use crate::data::music::roll::Roll;
use crate::data::picture::Picture;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::metrics::scores::Scores;
use crate::models::Vqvae;
use crate::nn::quantizer::{CodebookUse, code_counts};
use crate::ranks::shared_out;
use crate::tensor::Tensor;
use crate::train::training_loop::{Numbers, Task};

/// Pairs of rolls kept for the picture.
const SHOWN: usize = 6;

/// The result of a validation.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Number of validation windows; without any there are no numbers.
    pub windows: usize,
    /// The losses, means over all windows, by name.
    pub losses: Numbers,
    /// Scores of notes and cells over all windows.
    pub scores: Scores,
    /// How often each code of each level was chosen.
    pub code_counts: Vec<Vec<u64>>,
    /// The first windows and their reconstructions.
    pub shown: Vec<(Roll, Roll)>,
}

impl Validation {
    /// All numbers by name, for the log.
    pub fn numbers(&self) -> Numbers {
        if self.windows == 0 {
            return Vec::new();
        }
        let scores = &self.scores;
        let named = [
            ("note", scores.note),
            ("note_with_offset", scores.note_with_offset),
            ("frame", scores.frame),
            ("onset", scores.onset),
            ("sustain", scores.sustain),
        ];
        let mut numbers = self.losses.clone();
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

    /// Adds the mean losses of a batch of `count` windows.
    fn add_losses(&mut self, batch: &Numbers, count: usize) {
        let share = count as f64 / (self.windows + count) as f64;
        if self.losses.is_empty() {
            self.losses.clone_from(batch);
        }
        self.losses.iter_mut().zip(batch).for_each(|((_, mean), (_, value))| *mean += share * (value - *mean));
        self.windows += count;
    }

    /// Adds the code counts of a batch.
    fn add_codes(&mut self, batch: Vec<Vec<u64>>) {
        if self.code_counts.is_empty() {
            self.code_counts = batch;
            return;
        }
        let pairs = self.code_counts.iter_mut().flatten().zip(batch.iter().flatten());
        pairs.for_each(|(sum, count)| *sum += count);
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

/// One line of at most 80 columns with the step before it.
impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.windows == 0 {
            return write!(f, "nothing to validate with");
        }
        let Scores { note, note_with_offset, .. } = &self.scores;
        if let Some((_, loss)) = self.losses.first() {
            write!(f, "loss {loss:.4}, ")?;
        }
        write!(f, "note F1 {:.3} (with offsets {:.3}), ", note.f1(), note_with_offset.f1())?;
        let used = || self.codebooks().map(|codes| 100.0 * codes.fraction);
        let (least, most) = (used().fold(100.0, f64::min), used().fold(0.0, f64::max));
        write!(f, "{least:.0}-{most:.0} % of codes")
    }
}

/// What a batch of validation windows gives.
#[derive(Serialize, Deserialize)]
struct Judged {
    /// The bits of the losses, in the order of their names.
    losses: Vec<u64>,
    scores: Scores,
    code_counts: Vec<Vec<u64>>,
    /// The bits of the reconstructions of the windows that are shown.
    shown: Vec<Vec<u32>>,
}

/// Reconstructs the data's validation windows, of which each rank takes some batches. The first rank gets the result, others none. If there
/// are no windows, some training windows are shown, without scores.
///
/// # Errors
/// A failure of the device, or a connection that is broken.
pub fn validate(task: &Task<'_>, vqvae: &Vqvae, objective: &Objective) -> Result<Validation> {
    let Task { gpu, config, data, ranks, .. } = *task;
    let (layout, size, batch) = (data.layout(), data.layout().size(config.data.steps), config.train.batch);
    let windows = data.validation_windows();
    let batches: Vec<&[Window]> = windows.chunks(batch).collect();
    let mut names = Vec::new();
    let judged = shared_out(ranks, batches.len(), |number| {
        let truth = data.tensor(batches[number]);
        let pictures = upload(gpu, layout, config.data.steps, &truth);
        let coded = vqvae.quantizer.quantize_with_loss(&vqvae.encode(&pictures), &objective.quantizer);
        let output = vqvae.decode(&coded.quantized.sum);
        let reconstruction = objective.reconstruction(&output, &pictures).values;
        let losses = Losses { reconstruction, commitment: coded.commitment }.read(&config.vqvae, 1)?;
        let indices = coded.quantized.indices.read_u32()?;
        let estimate = layout.activate(output.read_f32()?);
        let estimates = || estimate.chunks(size);
        let mut scores = Scores::default();
        for ((window, truth), estimate) in batches[number].iter().zip(truth.chunks(size)).zip(estimates()) {
            scores += Scores::of_tensors(truth, estimate, layout, data.roll(window).tempo);
        }
        let shown = estimates().take(SHOWN.saturating_sub(number * batch));
        let judged = Judged {
            losses: losses.iter().map(|(_, loss)| loss.to_bits()).collect(),
            scores,
            code_counts: code_counts(&indices, config.vqvae.levels, config.vqvae.codes),
            shown: shown.map(|estimate| estimate.iter().map(|cell| cell.to_bits()).collect()).collect(),
        };
        names = losses.into_iter().map(|(name, _)| name).collect();
        Ok(judged)
    })?;
    let mut validation = Validation::default();
    let mut rolls = windows.iter().map(|window| data.roll(window));
    for (judged, windows) in judged.into_iter().zip(batches) {
        let losses = judged.losses.into_iter().map(f64::from_bits);
        validation.add_losses(&names.iter().cloned().zip(losses).collect(), windows.len());
        validation.scores += judged.scores;
        validation.add_codes(judged.code_counts);
        for (estimate, roll) in judged.shown.iter().zip(&mut rolls) {
            let estimate: Vec<f32> = estimate.iter().map(|&bits| f32::from_bits(bits)).collect();
            validation.shown.push((roll, layout.read(&estimate, Orphans::Drop)));
        }
    }
    if windows.is_empty() && ranks.is_first() {
        for window in evenly(&data.encoding_windows(1, 1, 0), SHOWN) {
            let truth = data.tensor(&[window]);
            let (estimate, _) = reconstruct(gpu, vqvae, layout, config.data.steps, &truth)?;
            validation.shown.push((data.roll(&window), layout.read(&estimate, Orphans::Drop)));
        }
    }
    Ok(validation)
}

/// Encodes, quantizes and decodes roll tensors `[N, pitches, steps, C]`. Returns probabilities or values of the same shape, and the
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
    let coded = vqvae.quantize(&vqvae.encode(&upload(gpu, layout, steps, pictures)));
    let output = vqvae.decode(&coded.sum).read_f32()?;
    Ok((layout.activate(output), coded.indices.read_u32()?))
}

/// Roll tensors `[N, pitches, steps, C]`, on the device.
fn upload(gpu: &Gpu, layout: Layout, steps: usize, pictures: &[f32]) -> Tensor {
    let (size, channels) = (layout.size(steps), layout.count());
    let shape = [pictures.len() / size, size / (steps * channels), steps, channels];
    Tensor::from_f32(gpu, &shape, pictures)
}
