//! The attributes of each bar of a window.

use crate::data::music::roll::Roll;

/// Number of attributes of a bar.
pub use crate::config::conditions::BAR_ATTRIBUTES;

/// ln(1 + notes), the mean number of sounding pitches and the share of steps with an onset, of each `steps_per_bar` steps.
///
/// # Panics
/// If `steps_per_bar` is 0.
pub fn bar_attributes(roll: &Roll, steps_per_bar: u32) -> Vec<[f32; BAR_ATTRIBUTES]> {
    assert!(steps_per_bar > 0, "bars of no steps");
    let bar = |first: u32| {
        let after = first + steps_per_bar;
        let begins = || roll.notes().iter().filter(move |note| (first..after).contains(&note.start));
        let sounding: u32 =
            roll.notes().iter().map(|note| note.end().min(after).saturating_sub(note.start.max(first))).sum();
        let mut onsets: Vec<u32> = begins().map(|note| note.start).collect();
        onsets.dedup();
        let per_step = |number: f32| number / steps_per_bar as f32;
        [(begins().count() as f32).ln_1p(), per_step(sounding as f32), per_step(onsets.len() as f32)]
    };
    (0..roll.steps().div_ceil(steps_per_bar)).map(|index| bar(index * steps_per_bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    #[test]
    fn a_held_note_sounds_in_both_bars_and_begins_in_one() {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: 80 };
        let roll = Roll::new(48, vec![note(8, 16, 60), note(8, 4, 64), note(12, 1, 60), note(20, 2, 70)]);
        // The second C ends the first after four steps.
        let wanted = [[3f32.ln_1p(), 9.0 / 16.0, 2.0 / 16.0], [1f32.ln_1p(), 2.0 / 16.0, 1.0 / 16.0], [0.0; 3]];
        assert_eq!(bar_attributes(&roll, 16), wanted);
        let held = Roll::new(32, vec![note(8, 16, 60)]);
        assert_eq!(bar_attributes(&held, 16)[1], [0.0, 0.5, 0.0]);
    }
}
