//! Transposition of a sample to a key.

use crate::data::music::key;
use crate::data::music::roll::Roll;

/// Semitones of an octave.
const OCTAVE: i32 = 12;

/// The roll in a key (see [`key`]): transposed by the fewest semitones, downwards of two equal ways, such that its estimated key is
/// the one asked for and no note leaves the pitch range. If every way leaves it, the notes outside are moved by octaves.
///
/// The estimate of a roll whose notes fit several keys equally well may remain another one of these. Silence stays as it is.
pub fn in_key(roll: Roll, wanted: usize) -> Roll {
    let classes = key::pitch_classes(roll.notes());
    let moved = |shift: i32| {
        let mut moved = classes;
        moved.rotate_right(shift.rem_euclid(OCTAVE) as usize);
        moved
    };
    let by_distance: Vec<i32> = (0..OCTAVE).flat_map(|distance| [-distance, distance]).collect();
    let exact = |shift: &i32| key::of(&moved(*shift)) == wanted;
    let as_good = |shift: &i32| key::fits_best(wanted, &moved(*shift));
    let mut ways: Vec<i32> = by_distance.iter().copied().filter(exact).collect();
    if ways.is_empty() {
        ways = by_distance.into_iter().filter(as_good).collect();
    }
    let range = roll.transpositions(OCTAVE as u32);
    match ways.iter().find(|shift| range.contains(shift)).or(ways.first()) {
        Some(&shift) if !roll.notes().is_empty() => roll.shifted(shift),
        _ => roll,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    fn roll(pitches: &[u8]) -> Roll {
        let note = |(start, &pitch): (usize, &u8)| Note { start: start as u32, duration: 1, pitch, velocity: 80 };
        Roll::new(pitches.len() as u32, pitches.iter().enumerate().map(note).collect())
    }

    fn pitches(roll: &Roll) -> Vec<u8> {
        roll.notes().iter().map(|note| note.pitch).collect()
    }

    const C_MAJOR: [u8; 9] = [60, 62, 64, 65, 67, 69, 71, 72, 60];

    #[test]
    fn a_roll_moves_the_nearest_way() {
        for (wanted, shift) in [(0, 0), (1, 1), (5, 5), (6, -6), (7, -5), (11, -1)] {
            let moved = in_key(roll(&C_MAJOR), wanted);
            assert_eq!(key::of(&key::pitch_classes(moved.notes())), wanted);
            let expected: Vec<u8> = C_MAJOR.iter().map(|pitch| (i32::from(*pitch) + shift) as u8).collect();
            assert_eq!(pitches(&moved), expected);
        }
    }

    #[test]
    fn a_roll_stays_within_the_pitches() {
        let high: Vec<u8> = C_MAJOR.iter().map(|pitch| pitch + 48).chain([124]).collect();
        assert_eq!(pitches(&in_key(roll(&high), 5))[9], 124 - 7, "a fourth up would leave the range");
        let wide: Vec<u8> = C_MAJOR.iter().copied().chain([0, 127]).collect();
        let moved = in_key(roll(&wide), 2);
        assert_eq!(key::of(&key::pitch_classes(moved.notes())), 2);
        assert_eq!(pitches(&moved)[9..], [2, 117]);
    }

    #[test]
    fn a_roll_of_several_keys_fits_the_one_asked_for() {
        for wanted in 0..key::COUNT {
            // C, D, E, G, A: in C, F and G major.
            let moved = in_key(roll(&[60, 62, 64, 67, 69]), wanted);
            assert!(key::fits_best(wanted, &key::pitch_classes(moved.notes())), "{wanted}");
        }
        assert!(in_key(roll(&[]), 3).notes().is_empty());
    }
}
