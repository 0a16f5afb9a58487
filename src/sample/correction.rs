//! Corrections of a decoded sample's onsets: towards its rhythm, and towards the notes that its bars should have.

use super::asked::Asked;
use super::onsets::{OnsetLogits, counts, push};
use crate::condition::{Attribute, Patches, Row, Shown};
use crate::config::Sampling;

/// Largest change of a bar's threshold where no bar is known: an accompaniment would have notes too many, a fifth where only the density
/// is told.
const FURTHER: f32 = 8.0;

/// Corrects the logits `[pitches, steps, channels]` of a sample in place. With `sampling.push` and `sampling.counts` 0 and no rhythm
/// asked for no bit changes. What is not shown of the row is not corrected. `is_expected` says that the row is what a melody lets expect.
pub fn correct(
    logits: &mut [f32],
    channels: usize,
    (row, shown, is_expected): (&Row, &Shown, bool),
    asked: &Asked,
    sampling: &Sampling,
    patches: &Patches,
) {
    let is_plain = sampling.push == 0.0 && sampling.counts == 0.0 && asked.rhythm().is_none();
    if is_plain {
        return;
    }
    let mut onsets = OnsetLogits::of(logits, channels, patches.columns, patches.steps);
    let to_counts = |onsets: &mut OnsetLogits| meet(onsets, (row, shown, is_expected), sampling);
    match asked.rhythm() {
        Some(rhythm) => push::given_rhythm(&mut onsets, &rhythm.0, push::GIVEN),
        None if shown.attributes[Attribute::Groove as usize] => {
            let groove = row.attributes[Attribute::Groove as usize];
            let strength = push::strength_for(&onsets, f64::from(groove), sampling.push as f32, to_counts);
            push::own_rhythm(&mut onsets, strength);
        }
        None => {}
    }
    to_counts(&mut onsets);
    onsets.write(logits, channels);
}

/// Shifts the threshold of each bar towards its number of notes: the row's, or where only the density is told, that in each bar.
fn meet(onsets: &mut OnsetLogits, (row, shown, is_expected): (&Row, &Shown, bool), sampling: &Sampling) {
    if shown.bars {
        let notes: Vec<f32> = row.bars.iter().map(|bar| bar[0].exp_m1()).collect();
        let most = if is_expected && sampling.counts > 0.0 { FURTHER } else { sampling.counts as f32 };
        counts::meet(onsets, &notes, most);
    } else if shown.attributes[Attribute::Density as usize] && sampling.counts > 0.0 {
        let notes = vec![row.attributes[Attribute::Density as usize].exp(); row.bars.len()];
        counts::meet(onsets, &notes, FURTHER);
    }
}
