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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;
    use crate::data::music::roll::Note;

    #[test]
    fn onsets_above_a_sounding_melody_are_less_likely() {
        let layout = Layout::of(&DataConfig::default());
        let (steps, count) = (4, layout.count());
        let mut logits = vec![1.0; layout.size(steps)];
        beneath(&Roll::new(4, vec![Note { start: 1, duration: 2, pitch: 60, velocity: 80 }]), &mut logits, layout);
        let at = |pitch: u8, step: usize| logits[(layout.pitches.row(pitch) * steps + step) * count];
        assert_eq!([0, 1, 2, 3].map(|step| at(61, step)), [1.0, 1.0 - PENALTY, 1.0 - PENALTY, 1.0]);
        assert_eq!([at(127, 1), at(60, 1), at(59, 1)], [1.0 - PENALTY, 1.0, 1.0]);
        let lowered = logits.iter().filter(|logit| **logit < 1.0).count();
        assert_eq!(lowered, 2 * (127 - 60), "onsets, not what is held");
    }
}
