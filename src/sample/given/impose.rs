//! Given notes in a sample's logits.

use crate::data::music::partial::PartialRoll;
use crate::data::picture::tensor::Layout;

/// Logit of a cell that is given, or not free.
const CERTAIN: f32 = 30.0;

/// Makes the onsets of given notes certain, and those in other cells that are not free impossible.
pub fn impose(partial: &PartialRoll, logits: &mut [f32], layout: Layout) {
    let (count, steps) = (layout.count(), partial.steps() as usize);
    let at = |pitch: u8, step: usize| (layout.pitches.row(pitch) * steps + step) * count;
    for pitch in layout.pitches.range() {
        for step in (0..steps).filter(|&step| !partial.free().has(pitch, step as u32)) {
            logits[at(pitch, step)..][..count].fill(-CERTAIN);
        }
    }
    let inside = |pitch: u8| layout.pitches.range().contains(&pitch);
    for note in partial.given().notes().iter().filter(|note| inside(note.pitch)) {
        logits[at(note.pitch, note.start as usize)] = CERTAIN;
    }
}
