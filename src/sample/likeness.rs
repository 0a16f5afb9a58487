//! How like songs a sample is, by which the best of several are chosen.

use super::Generator;
use crate::condition::{Row, Scales, mismatch};
use crate::data::music::roll::Roll;
use crate::error::{Error, Result};
use crate::metrics::bass::Bass;
use crate::metrics::melody::Melody;
use crate::metrics::obedience::share_in_key;
use crate::metrics::repetition::Repetition;
use crate::metrics::stray::share_stray;

/// Mean and deviation of a measure over windows of songs: POP909's songs 746 to 818 and 15 others, 644 windows (`models/README.md`).
type Usual = [f64; 2];
const STEPS: Usual = [0.347, 0.132];
const LEAPS: Usual = [0.297, 0.136];
const TURNS: Usual = [0.590, 0.111];
const BARS_ALIKE: [Usual; 3] = [[0.166, 0.098], [0.207, 0.125], [0.269, 0.188]];
const DENSITY_VARIATION: Usual = [0.195, 0.129];
const ROOT_ON_ONE: Usual = [0.873, 0.246];
const LEADING_BASS: Usual = [0.668, 0.185];
const IN_KEY: Usual = [0.980, 0.03];
const STRAY: Usual = [0.001, 0.01];
/// Largest squared deviation that counts.
const MOST: f64 = 9.0;

/// How unlike songs a sample is, and unlike what was asked of it: the mean squared deviation of its melody, repetition, bass, key and
/// stray notes from what songs have, plus the [`mismatch`] with its conditions. 0 is the least; songs have about 1. The roll is in C, as
/// the row.
pub fn unlikeness(row: &Row, roll: &Roll, scales: &Scales) -> f64 {
    let melody = Melody::of(roll, &row.chords);
    let bass = Bass::of(roll, &row.chords);
    let repetition = Repetition::of(roll);
    let squared = |value: Option<f64>, [mean, deviation]: Usual| {
        value.map_or(MOST, |value| ((value - mean) / deviation).powi(2).min(MOST))
    };
    let mut all = vec![
        squared(melody.map(|melody| melody.steps), STEPS),
        squared(melody.map(|melody| melody.leaps), LEAPS),
        squared(melody.map(|melody| melody.turns), TURNS),
        squared(Some(repetition.density_variation), DENSITY_VARIATION),
        squared(bass.map(|bass| bass.root_on_one), ROOT_ON_ONE),
        squared(bass.map(|bass| bass.leading), LEADING_BASS),
        squared(share_in_key(roll.notes(), 0).map(|share| share.min(IN_KEY[0])), IN_KEY),
        squared(Some(share_stray(roll.notes()).max(STRAY[0])), STRAY),
    ];
    all.extend(repetition.onsets.into_iter().zip(BARS_ALIKE).map(|(value, usual)| squared(Some(value), usual)));
    all.iter().sum::<f64>() / all.len() as f64 + mismatch(row, roll, scales)
}

/// The [`unlikeness`] of each of some samples with their conditions.
///
/// # Errors
/// A flow without conditions.
pub fn unlikenesses(generator: &Generator, rolls: &[Roll], rows: &[Row]) -> Result<Vec<f64>> {
    let table = generator.conditions.as_ref().ok_or_else(|| {
        Error::config("this flow was trained without conditions, by which the best are judged; leave out --best")
    })?;
    let score = |(roll, row): (&Roll, &Row)| unlikeness(row, &roll.clone().shifted(row.shift.into()), &table.scales);
    Ok(rolls.iter().zip(rows).map(score).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::roll::Note;
    use crate::data::music::to_c;

    #[test]
    fn a_song_is_more_like_songs_than_its_notes_in_disorder() {
        let rolls: Vec<Roll> = (0..6)
            .map(|index| {
                let roll = corpus::compose(2, index).merged().window(64, 128);
                let shift = to_c::shift(&roll, &roll);
                roll.shifted(shift)
            })
            .collect();
        let rows: Vec<Row> = rolls.iter().map(|roll| Row::of(roll, 0)).collect();
        let scales = Scales::fit(&rows);
        for (row, roll) in rows.iter().zip(&rolls) {
            let scattered =
                |(i, note): (usize, &Note)| Note { start: (note.start * 37 + 11 * i as u32) % 120, ..*note };
            let disorder = Roll::new(128, roll.notes().iter().enumerate().map(scattered).collect());
            assert!(unlikeness(row, roll, &scales) < unlikeness(row, &disorder, &scales));
        }
        assert!(unlikeness(&rows[0], &Roll::new(128, Vec::new()), &scales) > 3.0, "silence is not like songs");
    }
}
