//! The transposition that brings music to C major or A minor, so that a network learns one key.

use super::chord::Chord;
use super::key::{self, COUNT, DEGREES};
use super::roll::{Note, Roll};

/// Scale degrees of the tonic chords of a major key and its relative minor, and what each weighs more than the others.
const STABLE: [usize; 4] = [0, 4, 7, 9];
const STABLE_WEIGHT: f64 = 0.05;
/// Weight of the song's pitch classes against those of the window.
const SONG: f64 = 0.3;

/// The key of a window of a song: the collection with the largest share of the notes. A note of the scale weighs 1; the tonic,
/// third, fifth and sixth weigh 0.05 more. The shares of the whole song are added with weight 0.3. Ties go to the lowest key.
///
/// Both arguments are numbers of notes of each pitch class, as [`key::pitch_classes`] gives them, or other weights.
pub fn key_of(window: &[f64; COUNT], song: &[f64; COUNT]) -> usize {
    let total = |classes: &[f64; COUNT]| classes.iter().sum::<f64>().max(1.0);
    let (of_window, of_song) = (total(window), total(song));
    let share: [f64; COUNT] = std::array::from_fn(|class| window[class] / of_window + SONG * song[class] / of_song);
    let weight = |degree: &usize| 1.0 + if STABLE.contains(degree) { STABLE_WEIGHT } else { 0.0 };
    let fit = |key: usize| -> f64 { DEGREES.iter().map(|degree| share[(key + degree) % COUNT] * weight(degree)).sum() };
    let mut best = 0;
    for key in 1..COUNT {
        if fit(key) > fit(best) {
            best = key;
        }
    }
    best
}

/// The key of chords: that of their tones, the bass counted twice.
pub fn key_of_chords(chords: &[Chord]) -> usize {
    let mut classes = [0.0; COUNT];
    chords.iter().flat_map(|chord| chord.classes().chain(chord.bass())).for_each(|class| classes[class] += 1.0);
    key_of(&classes, &[0.0; COUNT])
}

/// The key of notes by themselves.
pub fn key_of_notes(notes: &[Note]) -> usize {
    key_of(&key::pitch_classes(notes).map(f64::from), &[0.0; COUNT])
}

/// Semitones, -6 to 5, from a key to C.
pub fn shift_of(key: usize) -> i32 {
    (6 - key as i32).rem_euclid(12) - 6
}

/// Semitones, -6 to 5, that bring a window of a song to C major or A minor; its negative brings it back.
pub fn shift(window: &Roll, song: &Roll) -> i32 {
    let classes = |roll: &Roll| key::pitch_classes(roll.notes()).map(f64::from);
    shift_of(key_of(&classes(window), &classes(song)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roll(pitches: &[u8]) -> Roll {
        let note = |(start, &pitch): (usize, &u8)| Note { start: start as u32, duration: 1, pitch, velocity: 80 };
        Roll::new(pitches.len() as u32, pitches.iter().enumerate().map(note).collect())
    }

    #[test]
    fn a_key_is_moved_to_c_the_shorter_way() {
        assert_eq!((0..12).map(shift_of).collect::<Vec<_>>(), [0, -1, -2, -3, -4, -5, -6, 5, 4, 3, 2, 1]);
        let tune = [60, 62, 64, 65, 67, 69, 71, 60, 67];
        for key in 0..12 {
            let moved = roll(&tune.map(|pitch| pitch + key));
            let shift = shift(&moved, &moved);
            assert_eq!(shift, shift_of(key.into()));
            assert_eq!(shift.rem_euclid(12), -i32::from(key) + if key > 0 { 12 } else { 0 });
        }
    }

    #[test]
    fn the_song_decides_where_a_window_fits_several_keys() {
        // C, D, E, G and A are notes of C, F and G major.
        let window = roll(&[60, 62, 64, 67, 69]);
        assert_eq!(shift(&window, &roll(&[60, 62, 64, 65, 67, 69, 70, 65, 65])), shift_of(5));
        assert_eq!(shift(&window, &roll(&[62, 66, 67, 71, 67])), shift_of(7));
        assert_eq!(shift(&window, &window), 0);
    }

    #[test]
    fn tonic_third_fifth_and_sixth_decide_between_equal_scales() {
        // D, E, G, A, B: of C, G and D major, in G they are the fifth, the sixth, the tonic, the second and the third.
        assert_eq!(key_of(&key::pitch_classes(roll(&[62, 64, 67, 69, 71]).notes()).map(f64::from), &[0.0; 12]), 7);
    }

    #[test]
    fn chords_have_a_key() {
        let key =
            |text| key_of_chords(&crate::data::music::chord::Progression::parse(text, 4).unwrap().beats(8).unwrap());
        assert_eq!(["Am F C G", "Dm7 G7 Cmaj7", "D A Bm G", "Em C G D/F#", "N"].map(key), [0, 0, 2, 7, 0]);
    }
}
