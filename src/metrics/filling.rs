//! New notes in a bar compared with those that stood there.

use super::bars::{duration_overlap, onset_f1, pitch_overlap, rhythm_f1};
use crate::data::music::roll::Note;

/// How alike new notes and the hidden ones are, each 0 to 1. A bar without new notes has 0 in all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Filling {
    /// D_P: overlap of the histograms of pitches.
    pub pitch: f64,
    /// D_D: overlap of the histograms of durations.
    pub duration: f64,
    /// F1 of onsets: equal step and pitch.
    pub onset_f1: f64,
    /// F1 of rhythms: equal steps with any onset.
    pub rhythm_f1: f64,
}

impl Filling {
    /// Of the notes of one bar; `None` if nothing stood there, because then nothing could be alike.
    pub fn of(new: &[Note], hidden: &[Note]) -> Option<Self> {
        (!hidden.is_empty()).then(|| Self {
            pitch: pitch_overlap(new, hidden),
            duration: duration_overlap(new, hidden),
            onset_f1: onset_f1(new, hidden),
            rhythm_f1: rhythm_f1(new, hidden),
        })
    }

    /// All values, in the order of the fields.
    pub fn values(&self) -> [f64; 4] {
        [self.pitch, self.duration, self.onset_f1, self.rhythm_f1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    #[test]
    fn a_bar_by_hand() {
        let hidden = [note(0, 4, 60), note(0, 4, 64), note(8, 4, 60), note(12, 8, 67)];
        let new = [note(0, 4, 60), note(8, 2, 64)];
        let found = Filling::of(&new, &hidden).unwrap();
        // Pitches 2/4, 1/4, 1/4 and 1/2, 1/2, 0; durations 4: 3/4 and 1/2.
        assert_eq!((found.pitch, found.duration), (0.75, 0.5));
        // One of two and four onsets; steps {0, 8} and {0, 8, 12}.
        assert_eq!((found.onset_f1, found.rhythm_f1), (2.0 / 6.0, 0.8));
        assert_eq!(Filling::of(&hidden, &hidden).unwrap().values(), [1.0; 4]);
    }

    #[test]
    fn silence_is_like_nothing() {
        let notes = [note(0, 4, 60)];
        assert_eq!(Filling::of(&[], &notes), Some(Filling::default()));
        assert_eq!(Filling::of(&notes, &[]), None);
    }
}
