//! The conditions of one window. Rows of training windows travel with a flow, so that a sample's conditions can be drawn from them.

use super::attributes::{COUNT, attributes};
use super::{BAR_ATTRIBUTES, RHYTHM_STEPS, bar_attributes, template};
use crate::data::music::chord::{Chord, recognise};
use crate::data::music::roll::{Roll, STEPS_PER_BEAT};
use crate::data::music::to_c;
use crate::rng::Philox;
use half::f16;

/// Beats of a recognised chord: half a bar of 4/4.
const BEATS_PER_CHORD: u32 = 2;

/// The conditions of one window in C major or A minor, in natural units.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The chord of each beat.
    pub chords: Vec<Chord>,
    /// The [`attributes`] of the window.
    pub attributes: [f32; COUNT],
    /// The rhythm's [`template`].
    pub rhythm: [f32; RHYTHM_STEPS],
    /// The attributes of each bar ([`bar_attributes`]).
    pub bars: Vec<[f32; BAR_ATTRIBUTES]>,
    /// Semitones, -6 to 5, by which the window was transposed to C; its negative brings a sample to the window's key.
    pub shift: i8,
}

impl Row {
    /// Of a window that was transposed by `shift`.
    pub fn of(window: &Roll, shift: i32) -> Self {
        let chords = recognise(window, BEATS_PER_CHORD * STEPS_PER_BEAT);
        let beats = window.steps().div_ceil(STEPS_PER_BEAT) as usize;
        let per_beat = chords.into_iter().flat_map(|chord| std::iter::repeat_n(chord, BEATS_PER_CHORD as usize));
        Self {
            chords: per_beat.take(beats).collect(),
            attributes: attributes(window),
            rhythm: template(window),
            bars: bar_attributes(window, RHYTHM_STEPS as u32),
            shift: shift as i8,
        }
    }

    /// The chords of this row with all else of `other`. All conditions of one training window together nearly identify it: in
    /// a PyTorch prototype a flow given them all repeated more of the window than other songs do.
    pub fn crossed(&self, other: &Self) -> Self {
        Self { chords: self.chords.clone(), ..other.clone() }
    }

    /// The row with chords that a user asks for, in a key, by default that of the chords: the shift becomes that of the key.
    ///
    /// # Panics
    /// If there is not one chord for each beat.
    #[track_caller]
    pub fn with_chords(self, chords: &[Chord], key: Option<usize>) -> Self {
        assert_eq!(chords.len(), self.chords.len(), "one chord for each beat");
        let shift = to_c::shift_of(key.unwrap_or_else(|| to_c::key_of_chords(chords)));
        Self { chords: chords.iter().map(|chord| chord.transposed(shift)).collect(), shift: shift as i8, ..self }
    }

    /// A row with the chords of one of `rows` and all else of another, or of the same if there is only one.
    ///
    /// # Panics
    /// If there are no rows.
    #[track_caller]
    pub fn draw(rows: &[Self], random: &mut Philox) -> Self {
        let chords = random.below(rows.len());
        let other = random.below(rows.len().max(2) - 1);
        let other = if other < chords { other } else { (other + 1) % rows.len() };
        rows[chords].crossed(&rows[other])
    }

    /// Bytes of a row of `beats` beats and `bars` bars: 161 for 32 and 8.
    pub fn size(beats: usize, bars: usize) -> usize {
        2 * (beats + COUNT + RHYTHM_STEPS + BAR_ATTRIBUTES * bars) + 1
    }

    /// Little-endian: 16 bits per chord, f16 per number, a byte for the shift.
    pub fn to_bytes(&self) -> Vec<u8> {
        let chords = self.chords.iter().map(|chord| chord.packed());
        let numbers = self.attributes.iter().chain(&self.rhythm).chain(self.bars.as_flattened());
        let words = chords.chain(numbers.map(|&number| f16::from_f32(number).to_bits()));
        words.flat_map(u16::to_le_bytes).chain(self.shift.to_le_bytes()).collect()
    }

    /// The row of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// One clause if the number of bytes is wrong, a chord does not exist, or a number is not finite.
    pub fn of_bytes(bytes: &[u8], beats: usize, bars: usize) -> Result<Self, String> {
        if bytes.len() != Self::size(beats, bars) {
            return Err(format!(
                "a row of conditions has {} bytes instead of {}",
                bytes.len(),
                Self::size(beats, bars)
            ));
        }
        let (words, shift) = bytes.split_at(bytes.len() - 1);
        let mut words = words.as_chunks().0.iter().map(|&word| u16::from_le_bytes(word));
        let chords = words
            .by_ref()
            .take(beats)
            .map(|word| Chord::unpacked(word).ok_or("a row of conditions has a chord that does not exist"));
        let chords = chords.collect::<Result<_, _>>()?;
        let numbers: Vec<f32> = words.map(|word| f16::from_bits(word).to_f32()).collect();
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err("a row of conditions has a number that is not finite".into());
        }
        let (attributes, rest) = numbers.split_at(COUNT);
        let (rhythm, bars) = rest.split_at(RHYTHM_STEPS);
        Ok(Self {
            chords,
            attributes: std::array::from_fn(|i| attributes[i]),
            rhythm: std::array::from_fn(|i| rhythm[i]),
            bars: bars.as_chunks().0.to_vec(),
            shift: i8::from_le_bytes([shift[0]]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::chord::Progression;

    fn rows() -> Vec<Row> {
        let window = |index| corpus::compose(1, index).merged().window(0, 128);
        (0..4).map(|index| Row { shift: index as i8 - 2, ..Row::of(&window(index), 0) }).collect()
    }

    #[test]
    fn a_row_is_161_bytes_and_is_read_as_it_was_written() {
        for row in rows() {
            let bytes = row.to_bytes();
            assert_eq!((bytes.len(), row.chords.len(), row.bars.len()), (161, 32, 8));
            let read = Row::of_bytes(&bytes, 32, 8).unwrap();
            assert_eq!((&read.chords, read.shift, read.to_bytes()), (&row.chords, row.shift, bytes));
            assert!(read.attributes.iter().zip(row.attributes).all(|(a, b)| (a - b).abs() <= b.abs() / 2048.0));
        }
    }

    #[test]
    fn damaged_rows_are_errors() {
        let mut bytes = rows()[0].to_bytes();
        assert!(Row::of_bytes(&bytes[1..], 32, 8).is_err() && Row::of_bytes(&bytes, 31, 8).is_err());
        bytes[64..66].copy_from_slice(&f16::NAN.to_bits().to_le_bytes());
        assert!(Row::of_bytes(&bytes, 32, 8).unwrap_err().contains("finite"));
        bytes[1] = 0xDF;
        assert!(Row::of_bytes(&bytes, 32, 8).unwrap_err().contains("chord"));
    }

    #[test]
    fn chords_are_drawn_from_one_row_and_the_rest_from_another() {
        let rows = rows();
        let mut pairs = std::collections::BTreeSet::new();
        for stream in 0..200 {
            let drawn = Row::draw(&rows, &mut Philox::new(0, stream));
            let chords = rows.iter().position(|row| row.chords == drawn.chords).unwrap();
            let other =
                rows.iter().position(|row| row.attributes == drawn.attributes && row.shift == drawn.shift).unwrap();
            assert!(chords != other && rows[other].bars == drawn.bars && rows[other].rhythm == drawn.rhythm);
            pairs.insert((chords, other));
        }
        assert_eq!(pairs.len(), 12, "every pair is drawn");
        assert_eq!(Row::draw(&rows[..1], &mut Philox::new(0, 0)), rows[0]);
    }

    #[test]
    fn chords_asked_for_are_moved_to_c() {
        let chords = Progression::parse("Em C G D", 4).unwrap().beats(8).unwrap();
        let row = rows().remove(0).with_chords(&chords, None);
        assert_eq!((row.shift, row.chords[0].to_string(), row.chords[12].to_string()), (5, "Am".into(), "G".into()));
        let in_c = rows().remove(0).with_chords(&chords, Some(0));
        assert_eq!((in_c.shift, in_c.chords), (0, chords));
    }
}
