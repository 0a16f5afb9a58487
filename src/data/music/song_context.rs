//! What a window's song tells of it beside its notes.

use super::columns::COLUMN;
use super::roll::{Note, Roll};

/// Least bars from the first to the last note of a melody that can be a whole song's.
const LEAST_BARS: u32 = 32;

/// The tempo of a song, and what a window of its melody is in the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SongContext {
    /// Quarter notes per minute.
    pub tempo: f64,
    /// `None` if the melody is too short to be a whole song's, or the window has nothing of it.
    pub section: Option<Section>,
}

/// A window of a melody in comparison with all of it: a chorus is later than a verse, louder and higher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Section {
    /// Where its middle is: 0 at the first note, 1 at the end of the last.
    pub position: f64,
    /// By how much its mean velocity is above that of the melody.
    pub louder: f64,
    /// By how many semitones its mean pitch is above that of the melody.
    pub higher: f64,
}

impl SongContext {
    /// Of the window from step `start` on, of `steps`, of a song with this melody.
    pub fn of(melody: &Roll, start: u32, steps: u32, tempo: f64) -> Self {
        Self { tempo, section: Section::of(melody, start, steps) }
    }
}

impl Section {
    fn of(melody: &Roll, start: u32, steps: u32) -> Option<Self> {
        let first = melody.notes().first()?.start;
        let length = melody.notes().iter().map(Note::end).max()? - first;
        let within = melody.window(start, steps);
        if length < LEAST_BARS * COLUMN || within.notes().is_empty() {
            return None;
        }
        let middle = f64::from(start) + f64::from(steps) / 2.0 - f64::from(first);
        let above = |value: fn(&Note) -> u8| mean(&within, value) - mean(melody, value);
        Some(Self {
            position: (middle / f64::from(length)).clamp(0.0, 1.0),
            louder: above(|note| note.velocity),
            higher: above(|note| note.pitch),
        })
    }
}

fn mean(roll: &Roll, value: impl Fn(&Note) -> u8) -> f64 {
    roll.notes().iter().map(|note| f64::from(value(note))).sum::<f64>() / roll.notes().len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One note in each of so many bars after two bars of rest; the second half is louder by 20 and an octave higher.
    fn melody(bars: u32) -> Roll {
        let note = |bar: u32| {
            let late = u8::from(bar >= bars / 2);
            Note { start: 16 * (bar + 2), duration: 16, pitch: 60 + 12 * late, velocity: 70 + 20 * late }
        };
        Roll::new(16 * (bars + 2), (0..bars).map(note).collect())
    }

    #[test]
    fn a_section_is_compared_with_the_melody() {
        let section = |bar: u32| SongContext::of(&melody(40), 16 * bar, 128, 90.0).section;
        assert_eq!(section(18), Some(Section { position: 0.5, louder: 0.0, higher: 0.0 }));
        assert_eq!(section(0), Some(Section { position: 0.05, louder: -10.0, higher: -6.0 }));
        assert_eq!(section(34), Some(Section { position: 0.9, louder: 10.0, higher: 6.0 }));
        assert_eq!(section(42), None, "after the last note");
    }

    #[test]
    fn a_short_melody_has_no_sections() {
        let section = |bars: u32| SongContext::of(&melody(bars), 0, 128, 90.0).section;
        assert!(section(32).is_some() && section(31).is_none());
        assert_eq!(SongContext::of(&Roll::new(128, Vec::new()), 0, 128, 90.0).section, None);
    }
}
