//! How well a codec decodes latents that are not exactly those of its encoder, such as those of a flow.

use serde::Serialize;

use super::bootstrap::{Estimate, estimate};
use super::windows::{Coder, Set};
use crate::data::picture::cells::Orphans;
use crate::error::Result;
use crate::metrics::scores::{Counts, Scores};

/// Standard deviations of the noise on standardised latents.
const DEVIATIONS: [f64; 4] = [0.0, 0.2, 0.3, 0.5];

/// Scores of windows whose latents, not quantized, are decoded with noise on them.
#[derive(Debug, Clone, Serialize)]
pub struct NoiseRow {
    /// Standard deviation of the noise, relative to that of the latents.
    pub deviation: f64,
    /// F1 of notes with equal start and pitch.
    pub note_f1: Estimate,
    /// Number of decoded notes per note of the original.
    pub density: Estimate,
}

/// The rows of a codec with standardised latents; none of another.
///
/// # Errors
/// If the device fails.
pub fn rows(coder: &Coder<'_>, set: &Set, seed: u64) -> Result<Vec<NoiseRow>> {
    let deviations = if coder.vqvae.statistics.is_some() { &DEVIATIONS[..] } else { &[] };
    deviations.iter().map(|&deviation| row(coder, set, deviation, seed)).collect()
}

fn row(coder: &Coder<'_>, set: &Set, deviation: f64, seed: u64) -> Result<NoiseRow> {
    let decoded = coder.decode_noisy(&set.rolls, deviation as f32, seed)?;
    let counts = set
        .rolls
        .iter()
        .zip(&decoded)
        .map(|(roll, values)| Scores::of_rolls(roll, &coder.layout.read(values, Orphans::Drop)).note);
    let songs = set.grouped(counts.collect());
    let sum = |weights: &[f64]| {
        let mut sum = Counts::default();
        for (song, &weight) in songs.iter().zip(weights) {
            song.iter().for_each(|window| sum += window.times(weight as u64));
        }
        sum
    };
    let of = |number: fn(&Counts) -> f64| estimate([songs.len()], seed, |[weights]: [&[f64]; 1]| number(&sum(weights)));
    Ok(NoiseRow { deviation, note_f1: of(Counts::f1).within(0.0, 1.0), density: of(Counts::density) })
}

/// The rows as a table; nothing without rows.
pub fn table(rows: &[NoiseRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("{:<24} {:<22} {:<22}\n", "noise on the latents", "note F1", "decoded notes per note");
    for NoiseRow { deviation, note_f1, density } in rows {
        text += &format!("{deviation:<24} {note_f1:<22} {density:<22}\n");
    }
    text + "\n"
}
