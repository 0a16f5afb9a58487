//! An accompaniment that leaves its melody on top.

use crate::data::music::roll::Roll;
use crate::data::picture::tensor::Layout;

/// By how much logits of onsets above a sounding melody are lowered.
const PENALTY: f32 = 4.0;

/// Lowers the onsets above a melody while it sounds, in the logits `[pitches, steps, channels]` of a sample.
pub fn beneath(melody: &Roll, logits: &mut [f32], layout: Layout) {
    let steps = melody.steps() as usize;
    for note in melody.notes() {
        for pitch in layout.pitches.range().filter(|&pitch| pitch > note.pitch) {
            let first = layout.pitches.row(pitch) * steps;
            for step in note.start as usize..(note.end() as usize).min(steps) {
                logits[(first + step) * layout.count()] -= PENALTY;
            }
        }
    }
}
