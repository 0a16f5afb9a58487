//! Upbeats: notes before the first downbeat, which a score exported without its incomplete first bar begins with.
//!
//! The bars of such a file are all early by the upbeat. Long notes begin on strong beats, so the offset from the bars at which the
//! notes begin that last longest in total is that of the strong beats.

use super::roll::{Note, STEPS_PER_BEAT, TimeSignature};

/// Offsets that are tried, in steps: every eighth note.
const STRIDE: usize = 2;
/// How much more weight than the bars' own downbeats another offset needs.
const MARGIN: f64 = 1.05;
/// Fewer bars say nothing.
const LEAST_BARS: usize = 8;

/// The length in steps of the upbeat that notes begin with, by `bars`, the first step of each bar; `None` if the bars fit the
/// notes. A half bar of an even time signature is as strong as a bar, so an upbeat of that length is not noticed.
pub fn upbeat(notes: &[Note], bars: &[u32], time_signature: TimeSignature) -> Option<u32> {
    let bar = (time_signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT)).round() as usize;
    let period = strong_beats(time_signature, bar);
    if bars.len() < LEAST_BARS || period <= STRIDE {
        return None;
    }
    let mut weights = vec![0; period.div_ceil(STRIDE)];
    for note in notes {
        let Some(begin) = bars.partition_point(|&start| start <= note.start).checked_sub(1) else { continue };
        let offset = (note.start - bars[begin]) as usize % period;
        if offset.is_multiple_of(STRIDE) {
            weights[offset / STRIDE] += (note.duration as usize).min(bar);
        }
    }
    let best = (0..weights.len()).rev().max_by_key(|&offset| weights[offset])?;
    let length = (best * STRIDE) as u32;
    let fits_better = weights[best] as f64 > MARGIN * weights[0] as f64;
    let begins_with_it = notes.first().is_some_and(|note| note.start < length);
    (fits_better && begins_with_it).then_some(length)
}

/// Steps from one strong beat to the next: half a bar where that is a whole number of beats, otherwise a bar.
fn strong_beats(TimeSignature { beats, unit }: TimeSignature, bar: usize) -> usize {
    // In 6/8 and 12/8 three units are a beat.
    let beats = if unit >= 8 && beats.is_multiple_of(3) { beats / 3 } else { beats };
    let is_even = beats.is_multiple_of(2) && bar >= 12 && bar.is_multiple_of(2);
    if is_even { bar / 2 } else { bar }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    /// The notes with `by` steps of one more note before them, in bars that begin at step 0.
    fn shifted(notes: &[Note], by: u32) -> Vec<Note> {
        let first = (by > 0).then_some(Note { start: 0, duration: by.max(1), pitch: 60, velocity: 80 });
        first.into_iter().chain(notes.iter().map(|note| Note { start: note.start + by, ..*note })).collect()
    }

    fn bars(length: u32, count: u32) -> Vec<u32> {
        (0..count).map(|bar| bar * length).collect()
    }

    #[test]
    fn an_upbeat_of_a_beat_or_half_is_noticed_in_composed_songs() {
        let mut noticed = [0; 3];
        for song in 0..20 {
            let song = corpus::compose(5, song).merged();
            let bars = bars(16, song.steps() / 16);
            for (count, by) in noticed.iter_mut().zip([0, 2, 4]) {
                let found = upbeat(&shifted(song.notes(), by), &bars, TimeSignature::COMMON);
                *count += usize::from(found == (by > 0).then_some(by));
            }
        }
        assert!(noticed.iter().all(|&count| count >= 19), "{noticed:?} of 20");
    }

    #[test]
    fn a_waltz_begins_on_its_bass_or_a_beat_early() {
        let waltz = TimeSignature { beats: 3, unit: 4 };
        let notes: Vec<Note> = (0..16)
            .flat_map(|bar| {
                let note =
                    |beat: u32, duration, pitch| Note { start: 12 * bar + 4 * beat, duration, pitch, velocity: 80 };
                [note(0, 12, 36), note(1, 4, 60), note(2, 4, 60)]
            })
            .collect();
        assert_eq!(upbeat(&notes, &bars(12, 16), waltz), None);
        assert_eq!(upbeat(&shifted(&notes, 4), &bars(12, 17), waltz), Some(4));
        // A file with a bar for the upbeat is right as it is.
        let with_its_bar: Vec<u32> = [0].into_iter().chain(bars(12, 16).into_iter().map(|start| start + 4)).collect();
        assert_eq!(upbeat(&shifted(&notes, 4), &with_its_bar, waltz), None);
        // Rests before the first downbeat are no upbeat.
        assert_eq!(upbeat(&shifted(&notes, 4)[1..], &bars(12, 17), waltz), None);
        assert_eq!(upbeat(&notes[..9], &bars(12, 3), waltz), None);
        assert_eq!(upbeat(&[], &bars(12, 20), waltz), None);
    }

    #[test]
    fn strong_beats_of_time_signatures() {
        let of = |beats, unit| {
            let signature = TimeSignature { beats, unit };
            strong_beats(signature, (16.0 * f64::from(beats) / f64::from(unit)) as usize)
        };
        assert_eq!([of(4, 4), of(2, 2), of(3, 4), of(6, 8), of(12, 8), of(9, 8), of(2, 4)], [8, 8, 12, 6, 12, 18, 8]);
    }
}
