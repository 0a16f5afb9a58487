//! Harmony: where chords change, how their roots move, and how phrases of four bars end.

use super::features::STEPS_PER_BAR;
use crate::data::music::chord::Chord;
use crate::data::music::roll::STEPS_PER_BEAT;
use crate::data::music::to_c;

/// Beats of a bar of 4/4, and bars of a phrase.
const BEATS: usize = (STEPS_PER_BAR / STEPS_PER_BEAT) as usize;
const PHRASE: usize = 4;
/// Degrees that end a phrase, in semitones above the major tonic: the two tonics, and the dominants of both.
const CLOSING: [usize; 4] = [0, 9, 7, 4];

/// Measures of the chords of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harmony {
    /// Changes of chord per bar.
    pub changes: f64,
    /// Share of changes on the first beat of a bar.
    pub on_one: f64,
    /// Share of changes of root that fall by a fifth, as from V to I.
    pub falling_fifths: f64,
    /// Share of phrases of four bars whose last chord is a tonic or a dominant, of the major key or its relative minor.
    pub closing: f64,
    /// Share of bars with the same chords as four bars before.
    pub repeated: f64,
}

/// Names of the measures, in the order of [`Harmony::values`].
pub const NAMES: [&str; 5] =
    ["chord changes per bar", "changes on one", "falling fifths", "closing chords", "repeated bars"];

impl Harmony {
    /// Of the chords of a window, one per beat; `None` if they never change.
    pub fn of(chords: &[Chord]) -> Option<Self> {
        let key = to_c::key_of_chords(chords);
        let changes: Vec<usize> = (1..chords.len()).filter(|&beat| chords[beat] != chords[beat - 1]).collect();
        let roots: Vec<usize> = changes
            .iter()
            .filter_map(|&beat| Some((chords[beat].root()? + 12 - chords[beat - 1].root()?) % 12))
            .filter(|interval| *interval != 0)
            .collect();
        let bars: Vec<&[Chord]> = chords.chunks(BEATS).collect();
        let ends: Vec<Option<usize>> =
            chords.chunks_exact(BEATS * PHRASE).map(|phrase| phrase[phrase.len() - 1].root()).collect();
        let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        let closes = |root: &&Option<usize>| root.is_some_and(|root| CLOSING.contains(&((root + 12 - key) % 12)));
        let repeated = bars.iter().zip(bars.iter().skip(PHRASE)).filter(|(a, b)| a == b).count();
        (!changes.is_empty()).then(|| Self {
            changes: share(changes.len(), bars.len()),
            on_one: share(changes.iter().filter(|&&beat| beat.is_multiple_of(BEATS)).count(), changes.len()),
            falling_fifths: share(roots.iter().filter(|interval| **interval == 5).count(), roots.len()),
            closing: share(ends.iter().filter(closes).count(), ends.len()),
            repeated: share(repeated, bars.len().saturating_sub(PHRASE)),
        })
    }

    /// All values, in the order of [`NAMES`].
    pub fn values(&self) -> [f64; 5] {
        [self.changes, self.on_one, self.falling_fifths, self.closing, self.repeated]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::chord::Progression;

    #[test]
    fn eight_bars_by_hand() {
        let chords = Progression::parse("| C | Am | Dm G | C | C | F | Dm G | F |", 4).unwrap().beats(8).unwrap();
        let harmony = Harmony::of(&chords).unwrap();
        // Changes to Am, Dm, G, C, F, Dm, G, F; six on the first beat, five by a falling fifth.
        assert_eq!((harmony.changes, harmony.on_one, harmony.falling_fifths), (1.0, 0.75, 0.625));
        assert_eq!((harmony.closing, harmony.repeated), (0.5, 0.5));
        assert_eq!(Harmony::of(&chords[..4]), None);
    }
}
