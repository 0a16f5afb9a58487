//! How far music is from its conditions, by which the best of several samples is chosen.

use super::attributes::{COUNT, attributes};
use super::{Row, Scales};
use crate::data::music::roll::Roll;
use crate::metrics::obedience::share_in_chord;

/// Largest squared error of an attribute that counts.
const MOST: f32 = 4.0;
/// Weight of notes off the chord, and the share of them that songs have.
const OFF_CHORD: f64 = 2.0;
const USUAL: f64 = 0.14;

/// Mean squared error of the normalised attributes, each at most 4, plus twice the share of notes off the chord above 0.14. Music
/// without notes on chords counts as off the chord. The roll is in C, as the row.
pub fn mismatch(row: &Row, roll: &Roll, scales: &Scales) -> f64 {
    let (asked, got) = (scales.window.apply(row.attributes), scales.window.apply(attributes(roll)));
    let errors = asked.iter().zip(got).map(|(asked, got)| (asked - got).powi(2).min(MOST));
    let off_chord = 1.0 - share_in_chord(roll.notes(), &row.chords).unwrap_or(0.0);
    f64::from(errors.sum::<f32>()) / COUNT as f64 + OFF_CHORD * (off_chord - USUAL).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn music_matches_its_conditions_better_than_other_music() {
        let rolls: Vec<Roll> = (0..6).map(|index| corpus::compose(2, index).merged().window(0, 128)).collect();
        let rows: Vec<Row> = rolls.iter().map(|roll| Row::of(roll, 0)).collect();
        let scales = Scales::fit(&rows);
        for (i, row) in rows.iter().enumerate() {
            let costs: Vec<f64> = rolls.iter().map(|roll| mismatch(row, roll, &scales)).collect();
            assert!(costs.iter().enumerate().all(|(j, &cost)| i == j || cost > costs[i]), "{i}: {costs:?}");
        }
        assert!(mismatch(&rows[0], &Roll::new(128, Vec::new()), &scales) > 2.0 * (1.0 - USUAL));
    }
}
