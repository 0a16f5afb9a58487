//! Music in another time signature than 4/4, by a flow whose columns are bars of 16 steps.

use crate::data::music::chord::Chord;
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::partial::CellSet;
use crate::data::music::roll::{Roll, STEPS_PER_BEAT, TimeSignature};

/// Steps of the longest bar: two columns.
const LONGEST: u32 = 2 * COLUMN;

/// A time signature as a flow writes it: a bar is the beginning of a column, whose other steps are not free. Two short bars share a
/// column, and a long one takes two.
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
        if steps > f64::from(LONGEST) {
            return Err(format!(
                "a bar of {signature} has {steps} sixteenths; a flow writes bars of at most {LONGEST}"
            ));
        }
        Ok(Self { signature, bar: steps as u32 })
    }

    /// Whether columns are bars, so that nothing has to change.
    pub fn is_common(&self) -> bool {
        self.signature == TimeSignature::COMMON
    }

    /// The bars in so many columns.
    pub fn bars(&self, columns: usize) -> usize {
        match self.bar {
            short if 2 * short <= COLUMN => 2 * columns,
            long if long > COLUMN => columns.div_ceil(2),
            _ => columns,
        }
    }

    /// The columns of so many bars, of which short ones are in pairs.
    pub fn columns(&self, bars: usize) -> usize {
        match self.bar {
            short if 2 * short <= COLUMN => bars.div_ceil(2),
            long if long > COLUMN => 2 * bars,
            _ => bars,
        }
    }

    /// Beats of a bar, as the time signature counts them.
    pub fn beats_per_bar(&self) -> usize {
        self.signature.beats.into()
    }

    /// The chord of each quarter of so many columns, of chords that are told in beats of bars. The end of a column after its bar has the
    /// chord before it.
    ///
    /// # Panics
    /// If there are no chords.
    pub fn in_columns(&self, chords: &[Chord], columns: usize) -> Vec<Chord> {
        let (places, per_bar) = (self.places(columns), self.beats_per_bar());
        let mut before = chords[0];
        let quarter = |index: u32| {
            if let Some(at) = places.to_music(index * STEPS_PER_BEAT) {
                let (bar, step) = ((at / self.bar) as usize, (at % self.bar) as usize);
                before = chords[(bar * per_bar + step * per_bar / self.bar as usize) % chords.len()];
            }
            before
        };
        (0..columns as u32 * COLUMN / STEPS_PER_BEAT).map(quarter).collect()
    }

    /// The chord of each quarter of the music, of chords of the quarters of columns.
    pub fn quarters(&self, chords: &[Chord]) -> Vec<Chord> {
        let places = self.places(columns_of(chords));
        (0..places.steps()).step_by(STEPS_PER_BEAT as usize).map(|step| at(&places, chords, step)).collect()
    }

    /// The chord of each beat of the bars, of chords of the quarters of columns.
    pub fn beats(&self, chords: &[Chord]) -> Vec<Chord> {
        let columns = columns_of(chords);
        let (places, per_bar) = (self.places(columns), self.beats_per_bar() as u32);
        let beats = 0..self.bars(columns) as u32 * per_bar;
        beats.map(|beat| at(&places, chords, beat * self.bar / per_bar)).collect()
    }

    /// The places of bars in so many columns.
    pub fn places(&self, columns: usize) -> Columns {
        Columns::of(&(0..=self.bars(columns) as u32).map(|bar| bar * self.bar).collect::<Vec<_>>())
    }

    /// The cells of so many columns in which notes may be.
    pub fn free(&self, columns: usize) -> CellSet {
        let places = self.places(columns);
        places.cells(&CellSet::all(places.steps()))
    }

    /// Music in columns, in this time signature.
    pub fn restored(&self, roll: &Roll) -> Roll {
        if self.is_common() {
            return roll.clone();
        }
        self.places((roll.steps() / COLUMN) as usize).restore(roll).with_time(roll.tempo, self.signature)
    }
}

/// The columns of chords of their quarters.
fn columns_of(chords: &[Chord]) -> usize {
    chords.len() / (COLUMN / STEPS_PER_BEAT) as usize
}

/// The chord at a step of the music, of chords of the quarters of columns.
fn at(places: &Columns, chords: &[Chord], step: u32) -> Chord {
    places.to_column(step).map_or(Chord::NONE, |at| chords[(at / STEPS_PER_BEAT) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::chord::Progression;
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
    fn long_bars_take_two_columns() {
        let metre = metre("12/8").unwrap();
        assert_eq!((metre.bars(8), metre.columns(4), metre.free(2).len()), (4, 8, 24 * 128));
        let note = |start, duration| Note { start, duration, pitch: 60, velocity: 80 };
        assert_eq!(metre.restored(&Roll::new(32, vec![note(0, 6), note(16, 12)])).notes(), [note(0, 6), note(12, 12)]);
    }

    #[test]
    fn chords_of_beats_are_in_the_columns_of_their_bars() {
        let chords = |text: &str, signature: &str, columns: usize| {
            let metre = metre(signature).unwrap();
            let progression = Progression::parse(text, metre.beats_per_bar()).unwrap();
            let beats = progression.beats(metre.bars(columns)).unwrap();
            let in_columns = metre.in_columns(&beats, columns);
            assert_eq!(metre.beats(&in_columns), beats, "{text} in {signature}");
            let names: Vec<String> = in_columns.iter().map(Chord::to_string).collect();
            names.join(" ")
        };
        assert_eq!(chords("Am F", "4/4", 2), "Am Am Am Am F F F F");
        assert_eq!(chords("| Am . G | F |", "3/4", 2), "Am Am G G F F F F");
        assert_eq!(chords("C G", "2/4", 1), "C C G G");
        assert_eq!(chords("| C F |", "12/8", 2), "C C C C F F F F");
    }

    #[test]
    fn short_bars_share_a_column_and_long_ones_are_refused() {
        assert_eq!(metre("2/4").unwrap().free(8), CellSet::all(128));
        assert!(metre("4/4").unwrap().is_common());
        assert_eq!(metre("6/8").unwrap().free(1).len(), 12 * 128);
        assert!(metre("9/4").unwrap_err().contains("36 sixteenths"));
        assert!(metre("1/64").unwrap_err().contains("whole number"));
    }
}
