//! Conditions estimated from what is given.

use crate::condition::attributes::attributes;
use crate::condition::{Attribute, Patches, Row, Scales, free_share};
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};
use crate::rng::Philox;

/// Rows from which the most suitable is chosen.
const CANDIDATES: usize = 64;

/// The conditions of music of which some bars are given in whole: attributes and rhythm are those of these bars, or of other music
/// with this `texture`, and the bars that are not given have the mean of those that are. `None` if no bar is. The chords are those of `row`. All
/// is in C, as the row.
pub fn estimated(row: &Row, partial: &PartialRoll, texture: Option<&Roll>, patches: &Patches) -> Option<Row> {
    let known = known_bars(partial, patches);
    if known.is_empty() {
        return None;
    }
    let bar = patches.steps as u32;
    let of_bars = Row::of(&joined(partial.given(), &known, bar), i32::from(row.shift));
    let whole = texture.map_or_else(|| of_bars.clone(), |texture| Row::of(texture, i32::from(row.shift)));
    let mut bars = vec![mean(&whole.bars); patches.columns];
    known.iter().zip(&of_bars.bars).for_each(|(&column, attributes)| bars[column] = *attributes);
    Some(Row { chords: row.chords.clone(), bars, ..whole })
}

/// The bars that are given in whole.
pub fn known_bars(partial: &PartialRoll, patches: &Patches) -> Vec<usize> {
    let share = free_share(partial.free(), patches);
    let is_known = |column: usize| share.iter().skip(column).step_by(patches.columns).all(|&share| share == 0.0);
    (0..patches.columns).filter(|&column| is_known(column)).collect()
}

/// The row, of some drawn ones, whose attributes suit given notes best: music that contains them has at least their density, polyphony and
/// onsets, and most often the lowest or the highest pitch in common with them.
pub fn suitable<'a>(rows: &'a [Row], partial: &PartialRoll, scales: &Scales, random: &mut Philox) -> &'a Row {
    let given = scales.window.apply(attributes(partial.given()));
    let cost = |row: &Row| {
        let row = scales.window.apply(row.attributes);
        let missing = |attribute: Attribute| (given[attribute as usize] - row[attribute as usize]).max(0.0);
        let apart = |attribute: Attribute| (given[attribute as usize] - row[attribute as usize]).abs();
        let impossible = [Attribute::Density, Attribute::Polyphony, Attribute::Onsets].map(missing);
        let limits = apart(Attribute::Lowest).min(apart(Attribute::Highest));
        impossible.iter().map(|missing| missing.powi(2)).sum::<f32>() + limits.powi(2)
    };
    let drawn: Vec<&Row> = (0..CANDIDATES).map(|_| random.choose(rows)).collect();
    drawn.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(&rows[0])
}

/// Some bars of a roll, one after the other.
fn joined(roll: &Roll, bars: &[usize], length: u32) -> Roll {
    let mut notes = Vec::new();
    for (place, &bar) in bars.iter().enumerate() {
        let (from, to) = (bar as u32 * length, place as u32 * length);
        let window = roll.window(from, length);
        notes.extend(window.notes().iter().map(|note| Note { start: note.start + to, ..*note }));
    }
    Roll::new(bars.len() as u32 * length, notes)
}

fn mean<const N: usize>(rows: &[[f32; N]]) -> [f32; N] {
    std::array::from_fn(|i| rows.iter().map(|row| row[i]).sum::<f32>() / rows.len().max(1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::RowOrder;
    use crate::data::corpus;
    use crate::data::music::partial::CellSet;

    const PATCHES: Patches =
        Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::HighFirst };

    #[test]
    fn known_bars_have_their_attributes_and_the_others_the_mean() {
        let roll = corpus::compose(3, 0).merged().window(64, 128);
        let row = Row::of(&roll, 0);
        let area = CellSet::rectangle(128, 0..=127, 32..64);
        let estimate = estimated(&row, &PartialRoll::without(&roll, &area), None, &PATCHES).unwrap();
        assert_eq!(estimate.chords, row.chords);
        for bar in [0, 1, 4, 5, 6, 7] {
            assert_eq!(estimate.bars[bar][0], row.bars[bar][0], "notes of bar {bar}");
        }
        assert_eq!(estimate.bars[2], estimate.bars[3]);
        assert!((estimate.attributes[0] - row.attributes[0]).abs() < 0.3, "a density like that of all bars");
        let other = corpus::compose(3, 1).merged().window(64, 128);
        let like_other = estimated(&row, &PartialRoll::without(&roll, &area), Some(&other), &PATCHES).unwrap();
        assert_eq!(like_other.attributes, Row::of(&other, 0).attributes);
        assert_eq!(like_other.bars[0], estimate.bars[0], "known bars are as they are");
    }

    #[test]
    fn a_row_that_suits_has_room_for_what_is_given() {
        let song = corpus::compose(3, 0);
        let melody = PartialRoll::new(song.melody.window(64, 128), &CellSet::all(128));
        let rows: Vec<Row> =
            (0..40).map(|index| Row::of(&corpus::compose(4, index).merged().window(64, 128), 0)).collect();
        let scales = Scales::fit(&rows);
        let given = attributes(melody.given());
        let room = |row: &Row| row.attributes[Attribute::Highest as usize] - given[Attribute::Highest as usize];
        let mean = |rooms: Vec<f32>| rooms.iter().map(|room| room.abs()).sum::<f32>() / rooms.len() as f32;
        let chosen = (0..20).map(|stream| suitable(&rows, &melody, &scales, &mut Philox::new(0, stream)));
        assert!(mean(chosen.map(room).collect()) < mean(rows.iter().map(room).collect()));
    }

    #[test]
    fn without_a_known_bar_there_is_nothing_to_estimate() {
        let roll = corpus::compose(3, 0).merged().window(64, 128);
        let partial = PartialRoll::without(&roll, &CellSet::rectangle(128, 60..=61, 0..128));
        assert_eq!(estimated(&Row::of(&roll, 0), &partial, None, &PATCHES), None);
    }
}
