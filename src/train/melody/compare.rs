//! Written melodies beside those of songs, to the same chords.

use rayon::prelude::*;

use super::Excerpt;
use crate::data::music::roll::Roll;
use crate::melody::{Ask, Melodies};
use crate::metrics::nearest::Onsets;
use crate::metrics::voice::{NAMES, Voice};

/// Transpositions by which a training melody may be like another, in semitones either way.
const TRANSPOSITIONS: i32 = 6;

/// Melodies of songs, and new ones to their chords.
pub struct Comparison {
    /// Of the songs.
    pub songs: Vec<Roll>,
    /// New ones.
    pub written: Vec<Roll>,
    /// Measures of both.
    pub voices: [Voice; 2],
    /// Of both, mean and largest overlap of a melody with the most similar training melody.
    pub nearest: [[f64; 2]; 2],
}

impl Comparison {
    /// To the chords of `excerpts`, without anything else asked for; the most similar melodies are looked for in `training`.
    pub fn of(melodies: &Melodies, excerpts: &[Excerpt], training: &[Excerpt], seed: u64, repeat: f64) -> Self {
        let ask = |(i, e): (u64, &Excerpt)| Ask { repeat, ..Ask::new(e.conditions.chords.clone(), 0, seed, i) };
        let asks: Vec<Ask> = (0..).zip(excerpts).map(ask).collect();
        let songs: Vec<Roll> = excerpts.iter().map(|excerpt| excerpt.roll.clone()).collect();
        let notes = melodies.write(&asks);
        let written: Vec<Roll> =
            notes.into_iter().zip(&songs).map(|(notes, song)| song.with_notes(song.steps(), notes)).collect();
        let voice = |rolls: &[Roll]| {
            Voice::of(rolls.iter().zip(excerpts).map(|(roll, e)| (roll, e.conditions.chords.as_slice())))
        };
        let voices = [voice(&songs), voice(&written)];
        let candidates: Vec<Onsets> = training.iter().map(|excerpt| Onsets::of(&excerpt.roll)).collect();
        let nearest = [&songs, &written].map(|rolls| nearest(rolls, &candidates));
        Self { songs, written, voices, nearest }
    }

    /// A line per measure, of songs and of new melodies.
    pub fn table(&self) -> String {
        let [songs, written] = self.voices.map(|voice| voice.values());
        let line = |(name, (song, new)): (&str, (f64, f64))| format!("{name:<40} {song:>8.3} {new:>8.3}\n");
        let measures = NAMES.into_iter().zip(songs.into_iter().zip(written));
        let [[mean, largest], [new_mean, new_largest]] = self.nearest;
        let nearest = [
            ("nearest training melody: mean", (mean, new_mean)),
            ("nearest training melody: largest", (largest, new_largest)),
        ];
        let title = format!("{:<40} {:>8} {:>8}\n", format!("{} melodies", self.songs.len()), "songs", "new");
        title + &measures.chain(nearest).map(line).collect::<String>()
    }
}

/// Mean and largest overlap.
fn nearest(rolls: &[Roll], candidates: &[Onsets]) -> [f64; 2] {
    let overlap = |roll: &Roll| {
        Onsets::of(roll).nearest(candidates, -TRANSPOSITIONS..=TRANSPOSITIONS).map_or(0.0, |found| found.overlap)
    };
    let overlaps: Vec<f64> = rolls.par_iter().map(overlap).collect();
    [overlaps.iter().sum::<f64>() / overlaps.len().max(1) as f64, overlaps.iter().copied().fold(0.0, f64::max)]
}

/// A melody in C as text, a line of pitches with lengths per bar: `C5. D5 | E5....`, a dot for each further step, `-` for each silent one.
pub fn spelled(roll: &Roll) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
    let mut cells = vec!["-".to_owned(); roll.steps() as usize];
    for note in roll.notes() {
        cells[note.start as usize] = format!(" {}{}", NAMES[usize::from(note.pitch) % 12], note.pitch / 12 - 1);
        cells[note.start as usize + 1..note.end() as usize].fill(".".to_owned());
    }
    cells.chunks(16).map(|bar| bar.concat() + "\n").collect()
}
