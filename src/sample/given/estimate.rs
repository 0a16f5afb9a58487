//! Conditions estimated from the bars that are known.

use crate::condition::{Patches, Row, free_share};
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};

/// The conditions of music of which some bars are given in whole: attributes and rhythm are those of these bars, which the others get too.
/// `None` if no bar is. The chords are those of `row`. All is in C, as the row.
pub fn estimated(row: &Row, partial: &PartialRoll, patches: &Patches) -> Option<Row> {
    let share = free_share(partial.free(), patches);
    let is_known = |column: usize| share.iter().skip(column).step_by(patches.columns).all(|&share| share == 0.0);
    let known: Vec<usize> = (0..patches.columns).filter(|&column| is_known(column)).collect();
    if known.is_empty() {
        return None;
    }
    let bar = patches.steps as u32;
    let of_bars = Row::of(&joined(partial.given(), &known, bar), i32::from(row.shift));
    let mut bars = vec![mean(&of_bars.bars); patches.columns];
    known.iter().zip(&of_bars.bars).for_each(|(&column, attributes)| bars[column] = *attributes);
    Some(Row { chords: row.chords.clone(), bars, ..of_bars })
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
        let estimate = estimated(&row, &PartialRoll::without(&roll, &area), &PATCHES).unwrap();
        assert_eq!(estimate.chords, row.chords);
        for bar in [0, 1, 4, 5, 6, 7] {
            assert_eq!(estimate.bars[bar][0], row.bars[bar][0], "notes of bar {bar}");
        }
        assert_eq!(estimate.bars[2], estimate.bars[3]);
        assert!((estimate.attributes[0] - row.attributes[0]).abs() < 0.3, "a density like that of all bars");
    }

    #[test]
    fn without_a_known_bar_there_is_nothing_to_estimate() {
        let roll = corpus::compose(3, 0).merged().window(64, 128);
        let partial = PartialRoll::without(&roll, &CellSet::rectangle(128, 60..=61, 0..128));
        assert_eq!(estimated(&Row::of(&roll, 0), &partial, &PATCHES), None);
    }
}
