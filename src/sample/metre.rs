//! Music in another time signature than 4/4, by a flow whose columns are bars of 16 steps.

use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::partial::CellSet;
use crate::data::music::roll::{Roll, STEPS_PER_BEAT, TimeSignature};

/// A time signature as a flow writes it: a bar is the beginning of a column, whose other steps are not free. Two short bars share a
/// column.
#[derive(Debug, Clone, PartialEq)]
pub struct Metre {
    signature: TimeSignature,
    /// Steps of a bar.
    bar: u32,
}

impl Metre {
    /// A time signature whose bars are whole steps and fit into a column.
    ///
    /// # Errors
    /// One sentence for another one.
    pub fn new(signature: TimeSignature) -> Result<Self, String> {
        let steps = signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT);
        if steps.fract() != 0.0 {
            return Err(format!("a bar of {signature} is not a whole number of sixteenths"));
        }
        if steps > f64::from(COLUMN) {
            return Err(format!("a bar of {signature} has {steps} sixteenths; a flow writes bars of at most {COLUMN}"));
        }
        Ok(Self { signature, bar: steps as u32 })
    }

    /// Whether columns are bars, so that nothing has to change.
    pub fn is_common(&self) -> bool {
        self.signature == TimeSignature::COMMON
    }

    /// The bars of so many columns.
    fn columns(&self, columns: usize) -> Columns {
        let per_column = if 2 * self.bar <= COLUMN { 2 } else { 1 };
        Columns::of(&(0..=columns as u32 * per_column).map(|bar| bar * self.bar).collect::<Vec<_>>())
    }

    /// The cells of so many columns in which notes may be.
    pub fn free(&self, columns: usize) -> CellSet {
        let columns = self.columns(columns);
        columns.cells(&CellSet::all(columns.steps()))
    }

    /// Music in columns, in this time signature.
    pub fn restored(&self, roll: &Roll) -> Roll {
        if self.is_common() {
            return roll.clone();
        }
        self.columns((roll.steps() / COLUMN) as usize).restore(roll).with_time(roll.tempo, self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    fn metre(text: &str) -> Result<Metre, String> {
        Metre::new(text.parse().unwrap())
    }

    #[test]
    fn the_last_beat_of_a_column_is_not_free_in_three_four() {
        let metre = metre("3/4").unwrap();
        let free = metre.free(8);
        assert_eq!((free.steps(), free.len()), (128, 8 * 12 * 128));
        assert!(free.has(60, 11) && !free.has(60, 12) && free.has(60, 16));
        let note = |start, duration| Note { start, duration, pitch: 60, velocity: 80 };
        let roll = metre.restored(&Roll::new(128, vec![note(8, 8), note(16, 4), note(113, 15)]));
        assert_eq!(roll.notes(), [note(8, 4), note(12, 4), note(85, 11)]);
        assert_eq!((roll.steps(), roll.time_signature.beats), (96, 3));
    }

    #[test]
    fn short_bars_share_a_column_and_long_ones_are_refused() {
        assert_eq!(metre("2/4").unwrap().free(8), CellSet::all(128));
        assert!(metre("4/4").unwrap().is_common());
        assert_eq!(metre("6/8").unwrap().free(1).len(), 12 * 128);
        assert!(metre("5/4").unwrap_err().contains("20 sixteenths"));
        assert!(metre("1/64").unwrap_err().contains("whole number"));
    }
}
