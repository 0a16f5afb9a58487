//! Evaluation of a codec: reconstruction of held-out songs, and bits per window.

use std::fmt;

use serde::Serialize;

use super::bars::{self, BarRow};
use super::bootstrap::{Estimate, estimate};
use super::noise::{self, NoiseRow};
use super::windows::{Coder, Set};
use super::{Options, check_held_out};
use crate::chart::comparison::reconstructions;
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::data::evenly;
use crate::data::picture::Picture;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::metrics::scores::{Counts, Scores};
use crate::models::Vqvae;
use crate::nn::quantizer::CodebookUse;
use crate::text::count;

/// Number of pairs in the picture.
const SHOWN: usize = 8;

/// Results of a codec.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Number of held-out songs.
    pub songs: usize,
    /// Number of their windows.
    pub windows: usize,
    /// F1 of notes, frames and cells.
    pub f1: F1,
    /// Number of reconstructed notes per note of the original.
    pub density: Estimate,
    /// Latents decoded with noise on them; none of a codec whose latents are not standardised.
    pub noise: Vec<NoiseRow>,
    /// Bits of a window's codes at fixed length: latent positions x levels x log2 of the number of codes.
    pub bits_per_window: f64,
    /// Bits of a window's codes with entropy coding by the frequencies of each level's codes.
    pub bits_by_entropy: f64,
    /// Usage of the codes of each level.
    pub codebooks: Vec<CodebookUse>,
    /// The bars compared with their reconstructions and with lower baselines.
    pub bars: Vec<BarRow>,
}

/// F1 scores.
#[derive(Debug, Clone, Serialize)]
pub struct F1 {
    /// Notes with equal start and pitch.
    pub note: Estimate,
    /// The same with equal end, within the tolerance of [`Scores`].
    pub note_with_offset: Estimate,
    /// Lit cells.
    pub frame: Estimate,
    /// Lit cells of the onset channel.
    pub onset: Estimate,
    /// Lit cells of the sustain channel.
    pub sustain: Estimate,
}

/// Evaluates a codec on held-out windows, and draws some of them with their reconstructions.
///
/// # Errors
/// If there are no held-out songs, or the device fails.
pub fn evaluate(
    gpu: &Gpu,
    vqvae: &Vqvae,
    config: &Config,
    data: &Dataset,
    options: &Options,
) -> Result<(Report, Picture)> {
    check_held_out(data)?;
    let windows = evenly(data.held_out_windows(), options.samples.unwrap_or(usize::MAX));
    let set = Set::of_windows(data, &windows);
    let coder = Coder { gpu, vqvae, layout: data.layout(), steps: config.data.steps, verbosity: options.verbosity };
    let coded = coder.reconstruct(&set.rolls)?;
    let scores = set
        .rolls
        .iter()
        .zip(&coded.pictures)
        .map(|(roll, estimate)| Scores::of_tensors(&coder.picture(roll), estimate, coder.layout, roll.tempo));
    let songs: Vec<Scores> = set.grouped(scores.collect()).into_iter().map(sum).collect();
    let codebooks = CodebookUse::of(&coded.indices, config.vqvae.levels, config.vqvae.codes);
    let [height, width, _] = config.latent_shape();
    let positions = (height * width) as f64;
    let mut compared =
        vec![BarRow::of("their reconstruction", data, &windows, options.seed, |i, _| Some(coded.rolls[i].clone()))];
    compared.extend(bars::lower_baselines(data, &windows, options.seed));
    let report = Report {
        songs: songs.len(),
        windows: windows.len(),
        f1: F1::of(&songs, options.seed),
        density: of_songs(&songs, options.seed, |scores| scores.note, Counts::density),
        noise: noise::rows(&coder, &set, options.seed)?,
        bits_per_window: positions * config.vqvae.levels as f64 * (config.vqvae.codes as f64).log2(),
        bits_by_entropy: positions * codebooks.iter().map(|codes| codes.perplexity.log2()).sum::<f64>(),
        codebooks,
        bars: compared,
    };
    let pairs: Vec<_> = set.rolls.into_iter().zip(coded.rolls).collect();
    let shown: Vec<_> = evenly(&(0..pairs.len()).collect::<Vec<_>>(), SHOWN);
    let picture = reconstructions(&shown.into_iter().map(|i| pairs[i].clone()).collect::<Vec<_>>());
    Ok((report, picture))
}

impl F1 {
    fn of(songs: &[Scores], seed: u64) -> Self {
        let of = |counts: fn(&Scores) -> Counts| of_songs(songs, seed, counts, Counts::f1).within(0.0, 1.0);
        Self {
            note: of(|scores| scores.note),
            note_with_offset: of(|scores| scores.note_with_offset),
            frame: of(|scores| scores.frame),
            onset: of(|scores| scores.onset),
            sustain: of(|scores| scores.sustain),
        }
    }
}

/// A number of some of the songs' counts.
fn of_songs(songs: &[Scores], seed: u64, counts: fn(&Scores) -> Counts, number: fn(&Counts) -> f64) -> Estimate {
    let of = |[weights]: [&[f64]; 1]| {
        let mut sum = Counts::default();
        for (song, &weight) in songs.iter().zip(weights) {
            sum += counts(song).times(weight as u64);
        }
        number(&sum)
    };
    estimate([songs.len()], seed, of)
}

fn sum(windows: Vec<Scores>) -> Scores {
    windows.into_iter().fold(Scores::default(), |mut sum, window| {
        sum += window;
        sum
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [windows, songs] = [(self.windows, "window"), (self.songs, "song")].map(|(n, noun)| count(n, noun));
        writeln!(f, "{windows} of {songs}; 95 % intervals over songs in brackets\n")?;
        let F1 { note, note_with_offset, frame, onset, sustain } = &self.f1;
        writeln!(f, "note F1                  {note}")?;
        writeln!(f, "note F1, with offsets    {note_with_offset}")?;
        writeln!(f, "frame F1                 {frame}")?;
        writeln!(f, "onset F1                 {onset}")?;
        writeln!(f, "sustain F1               {sustain}")?;
        writeln!(f, "decoded notes per note   {}", self.density)?;
        writeln!(f, "bits per window          {:.0}, {:.0} by entropy", self.bits_per_window, self.bits_by_entropy)?;
        for (level, CodebookUse { fraction, perplexity }) in self.codebooks.iter().enumerate() {
            writeln!(f, "codes of level {level:<9} {:.1} % used, perplexity {perplexity:.1}", 100.0 * fraction)?;
        }
        write!(f, "\n{}{}", noise::table(&self.noise), bars::table(&self.bars))
    }
}
