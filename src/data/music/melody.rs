//! Which notes are the melody.

use super::roll::{Note, Roll, mean_pitch};

/// Words in the name of a track that has the melody.
const NAMES: [&str; 4] = ["melody", "vocal", "voice", "lead"];
/// Most notes per onset of a melody, and its least mean pitch: lower voices are a bass.
const VOICES: f32 = 1.25;
const LOWEST_MEAN: f64 = 55.0;

/// The highest note of each onset: the melody of music in one track.
pub fn skyline(roll: &Roll) -> Roll {
    let highest = |notes: &[Note]| notes.last().copied();
    // Notes are sorted by start and pitch.
    let notes = roll.notes().chunk_by(|a, b| a.start == b.start).filter_map(highest).collect();
    roll.with_notes(roll.steps(), notes)
}

/// The index of the track that has the melody: the first whose name says so, else the one with the highest mean pitch. `None` without
/// tracks.
pub fn track(tracks: &[(&str, &Roll)]) -> Option<usize> {
    let says_so = |(name, _): &(&str, &Roll)| NAMES.iter().any(|word| name.to_lowercase().contains(word));
    let mean = |roll: &Roll| mean_pitch(roll.notes()).unwrap_or(0.0);
    let highest = || (0..tracks.len()).rev().max_by(|&a, &b| mean(tracks[a].1).total_cmp(&mean(tracks[b].1)));
    tracks.iter().position(says_so).or_else(highest)
}

/// Whether music is a melody: mostly one note at a time, and not a bass.
pub fn is_melody(roll: &Roll) -> bool {
    let notes = roll.notes();
    let onsets = notes.chunk_by(|a: &Note, b: &Note| a.start == b.start).count();
    notes.len() as f32 <= VOICES * onsets as f32 && mean_pitch(notes).is_some_and(|mean| mean >= LOWEST_MEAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    fn roll(notes: &[(u32, u8)]) -> Roll {
        let note = |&(start, pitch): &(u32, u8)| Note { start, duration: 2, pitch, velocity: 80 };
        Roll::new(16, notes.iter().map(note).collect())
    }

    #[test]
    fn the_highest_of_each_onset_is_the_melody() {
        let melody = skyline(&roll(&[(0, 40), (0, 60), (4, 52), (6, 50), (6, 51), (6, 72)]));
        assert_eq!(melody.notes(), roll(&[(0, 60), (4, 52), (6, 72)]).notes());
    }

    #[test]
    fn a_name_counts_more_than_the_pitch() {
        let (low, high) = (roll(&[(0, 40)]), roll(&[(0, 80)]));
        assert_eq!(track(&[("Piano", &low), ("", &high)]), Some(1));
        assert_eq!(track(&[("Lead vocals", &low), ("", &high)]), Some(0));
        assert_eq!(track(&[("", &low), ("", &low)]), Some(0));
        assert_eq!(track(&[]), None);
    }

    #[test]
    fn a_melody_is_one_voice_and_no_bass() {
        let song = corpus::compose(5, 0);
        assert!(is_melody(&song.melody.window(64, 128)) && !is_melody(&song.merged().window(64, 128)));
        assert!(!is_melody(&song.melody.window(64, 128).shifted(-24)) && !is_melody(&Roll::new(128, Vec::new())));
    }
}
