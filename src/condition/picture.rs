//! The picture of conditions: for each latent position its part of the chords, and the attributes of its bar.

use super::{BAR_ATTRIBUTES, Patches};
use crate::config::conditions::picture_channels;
use crate::data::music::chord::Chord;
use crate::data::music::roll::STEPS_PER_BEAT;

/// Channels of a [`picture`]: twice the pitches and beats of a patch, and the attributes of a bar.
pub fn channels(patches: &Patches) -> usize {
    picture_channels(patches.pitches, beats_per_column(patches))
}

fn beats_per_column(patches: &Patches) -> usize {
    patches.steps / STEPS_PER_BEAT as usize
}

/// `[rows, columns, channels]`: for each pitch and beat of a position whether it is a chord tone, then whether it is the bass, as
/// 1 or 0, in every octave; then the column's attributes. No chord is zeros, and so is a part that is not given.
///
/// `chords` has one chord per beat, `bars` one triple of normalised attributes per column.
///
/// # Panics
/// If the number of chords or of bars is not that of the patches, or a column is not a number of beats.
pub fn picture(chords: Option<&[Chord]>, bars: Option<&[[f32; BAR_ATTRIBUTES]]>, patches: &Patches) -> Vec<f32> {
    let (beats, channels) = (beats_per_column(patches), channels(patches));
    assert_eq!(beats * STEPS_PER_BEAT as usize, patches.steps, "columns of whole beats");
    assert!(chords.is_none_or(|chords| chords.len() == beats * patches.columns), "one chord per beat");
    assert!(bars.is_none_or(|bars| bars.len() == patches.columns), "one bar per column");
    let half = patches.pitches * beats;
    let mut picture = vec![0.0; patches.rows * patches.columns * channels];
    for (index, position) in picture.chunks_exact_mut(channels).enumerate() {
        let (row, column) = (index / patches.columns, index % patches.columns);
        for (beat, chord) in chords.iter().flat_map(|chords| chords[column * beats..][..beats].iter().enumerate()) {
            for pitch in 0..patches.pitches {
                let class = patches.pitch(row, pitch) % 12;
                let at = pitch * beats + beat;
                position[at] = f32::from(u8::from(chord.has(class)));
                position[half + at] = f32::from(u8::from(chord.bass() == Some(class)));
            }
        }
        if let Some(bars) = bars {
            position[2 * half..].copy_from_slice(&bars[column]);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::RowOrder;

    const PATCHES: Patches =
        Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::LowFirst };

    fn chord(name: &str) -> Chord {
        name.parse().unwrap()
    }

    #[test]
    fn chord_tones_are_lit_in_every_octave() {
        let mut chords = vec![Chord::NONE; 32];
        chords[5] = chord("C/E");
        let picture = picture(Some(&chords), None, &PATCHES);
        assert_eq!(picture.len(), 24 * 8 * 35);
        assert_eq!(picture.iter().sum::<f32>(), 8.0 * (3.0 + 1.0), "three tones and a bass in eight octaves");
        // Row 0 has the pitches 16 to 19, E to G: E is tone and bass, G a tone, at beat 1 of column 1.
        let lit: Vec<usize> = (0..35).filter(|&channel| picture[35 + channel] == 1.0).collect();
        assert_eq!(lit, [1, 13, 16 + 1]);
    }

    #[test]
    fn high_rows_first_is_the_same_picture_upside_down() {
        let chords = vec![chord("F#m7"); 32];
        let low = picture(Some(&chords), None, &PATCHES);
        let high = picture(Some(&chords), None, &Patches { order: RowOrder::HighFirst, ..PATCHES });
        let at = |picture: &[f32], row: usize, pitch: usize| picture[row * 8 * 35 + pitch * 4];
        for (row, pitch) in (0..24).flat_map(|row| (0..4).map(move |pitch| (row, pitch))) {
            assert_eq!(at(&low, row, pitch), at(&high, 23 - row, 3 - pitch));
        }
    }

    #[test]
    fn bars_are_columns() {
        let bars: Vec<[f32; 3]> = (0..8).map(|bar| [bar as f32, -1.0, 0.5]).collect();
        let picture = picture(None, Some(&bars), &PATCHES);
        for (index, position) in picture.chunks(35).enumerate() {
            assert_eq!(position[..32], [0.0; 32]);
            assert_eq!(position[32..], bars[index % 8]);
        }
    }

    #[test]
    fn sizes_come_from_the_patches() {
        let patches = Patches { lowest: 0, rows: 16, pitches: 8, columns: 2, steps: 32, order: RowOrder::HighFirst };
        let picture = picture(Some(&[chord("C"); 16]), Some(&[[1.0; 3]; 2]), &patches);
        assert_eq!((channels(&patches), picture.len()), (2 * 8 * 8 + 3, 16 * 2 * 131));
    }
}
