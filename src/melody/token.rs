//! A melody as one token per column.

use std::ops::RangeInclusive;

use crate::data::music::roll::{DEFAULT_VELOCITY, Note};

/// Pitches of onsets, D3 to A6, in C major or A minor. Others are moved by octaves for the network.
pub const PITCHES: RangeInclusive<u8> = 50..=93;
/// Their number.
pub const PITCH_COUNT: usize = (*PITCHES.end() - *PITCHES.start()) as usize + 1;

/// What a melody does in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// Nothing sounds.
    Silence,
    /// The note before goes on.
    Hold,
    /// A note of this MIDI pitch begins.
    Onset(u8),
}

impl Token {
    /// The tokens of `steps` columns, of notes that do not overlap, sorted by start.
    pub fn of_notes(notes: &[Note], steps: u32) -> Vec<Self> {
        let mut tokens = vec![Self::Silence; steps as usize];
        for note in notes.iter().filter(|note| note.start < steps) {
            tokens[note.start as usize] = Self::Onset(note.pitch);
            tokens[note.start as usize + 1..note.end().min(steps) as usize].fill(Self::Hold);
        }
        tokens
    }

    /// The notes of tokens, of the velocity of a source that stores none. A hold without a note before it is silence.
    pub fn notes(tokens: &[Self]) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        for (start, token) in (0..).zip(tokens) {
            match (token, notes.last_mut()) {
                (&Self::Onset(pitch), _) => notes.push(Note { start, duration: 1, pitch, velocity: DEFAULT_VELOCITY }),
                (Self::Hold, Some(note)) if note.end() == start => note.duration += 1,
                _ => {}
            }
        }
        notes
    }
}

/// A token as far as it is known: first its rhythm is drawn, then its pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known.
    Masked,
    /// Nothing sounds.
    Silence,
    /// The note before goes on.
    Hold,
    /// A note begins, of this index into [`PITCHES`] if that is known.
    Onset(Option<usize>),
}

impl Cell {
    /// The cell of a token whose pitch is moved by `shift` semitones, and by octaves into [`PITCHES`].
    pub fn of(token: Token, shift: i32) -> Self {
        match token {
            Token::Silence => Self::Silence,
            Token::Hold => Self::Hold,
            Token::Onset(pitch) => Self::Onset(Some(index(i32::from(pitch) + shift))),
        }
    }

    /// The number of its rhythm: silence, hold, onset; `None` if it is masked.
    pub fn rhythm(self) -> Option<usize> {
        match self {
            Self::Masked => None,
            Self::Silence => Some(0),
            Self::Hold => Some(1),
            Self::Onset(_) => Some(2),
        }
    }

    /// The cell of a [`rhythm`](Self::rhythm), without a pitch.
    pub fn of_rhythm(rhythm: usize) -> Self {
        [Self::Silence, Self::Hold, Self::Onset(None)][rhythm]
    }

    /// The index of its pitch, if it is an onset whose pitch is known.
    pub fn pitch(self) -> Option<usize> {
        match self {
            Self::Onset(pitch) => pitch,
            _ => None,
        }
    }
}

/// The index of a pitch into [`PITCHES`], moved by octaves.
fn index(pitch: i32) -> usize {
    let (low, high) = (i32::from(*PITCHES.start()), i32::from(*PITCHES.end()));
    let pitch = match pitch {
        pitch if pitch < low => low + (pitch - low).rem_euclid(12),
        pitch if pitch > high => high - (high - pitch).rem_euclid(12),
        pitch => pitch,
    };
    (pitch - low) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_become_tokens_and_notes_again() {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: DEFAULT_VELOCITY };
        let notes = vec![note(1, 2, 60), note(3, 1, 62), note(6, 2, 60)];
        let tokens = Token::of_notes(&notes, 8);
        let (silence, hold) = (Token::Silence, Token::Hold);
        let wanted = [silence, Token::Onset(60), hold, Token::Onset(62), silence, silence, Token::Onset(60), hold];
        assert_eq!(tokens, wanted);
        assert_eq!(Token::notes(&tokens), notes);
        assert_eq!(Token::notes(&[hold, hold, Token::Onset(5), silence, hold]), [note(2, 1, 5)]);
        assert_eq!(Token::notes(&Token::of_notes(&[note(6, 9, 60)], 8)), [note(6, 2, 60)]);
    }

    #[test]
    fn pitches_are_moved_by_octaves() {
        let cell = |pitch: u8, shift| Cell::of(Token::Onset(pitch), shift).pitch().unwrap() + 50;
        assert_eq!(
            [cell(60, 0), cell(60, -6), cell(40, 0), cell(49, 0), cell(94, 0), cell(127, 5)],
            [60, 54, 52, 61, 82, 84]
        );
    }
}
