//! How loud some music is as a whole.

use crate::data::music::roll::Note;

/// The level and spread of the velocities of some music.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loudness {
    /// The median velocity.
    pub level: u8,
    /// The median absolute deviation from it.
    pub spread: u8,
}

impl Loudness {
    /// Of notes; `None` without notes.
    pub fn of(notes: &[Note]) -> Option<Self> {
        let mut velocities: Vec<u8> = notes.iter().map(|note| note.velocity).collect();
        let level = median(&mut velocities)?;
        velocities.iter_mut().for_each(|velocity| *velocity = velocity.abs_diff(level));
        Some(Self { level, spread: median(&mut velocities)? })
    }
}

/// The median, of an even number the lower one; `None` without values. Sorts them.
pub(super) fn median<T: PartialOrd + Copy>(values: &mut [T]) -> Option<T> {
    values.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_spread_by_hand() {
        let notes = |velocities: &[u8]| -> Vec<Note> {
            velocities.iter().map(|&velocity| Note { start: 0, duration: 1, pitch: 60, velocity }).collect()
        };
        assert_eq!(Loudness::of(&notes(&[90, 70, 100, 80, 84])), Some(Loudness { level: 84, spread: 6 }));
        assert_eq!(Loudness::of(&notes(&[80, 90])), Some(Loudness { level: 80, spread: 0 }));
        assert_eq!(Loudness::of(&[]), None);
    }
}
