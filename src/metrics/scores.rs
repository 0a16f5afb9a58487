//! Scores of a reconstruction: precision, recall and F1 of notes, frames and cells.
//!
//! Scores are kept as counts, so that the counts of several windows can be added before taking ratios.

use crate::config::Channels;
use crate::data::music::roll::{Note, PITCHES, Roll};
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Counts behind precision and recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Items in both the truth and the estimate.
    pub hits: u64,
    /// Items in the estimate.
    pub estimated: u64,
    /// Items in the truth.
    pub actual: u64,
}

impl Counts {
    /// `hits / estimated`; 1 if nothing was estimated.
    pub fn precision(&self) -> f64 {
        ratio(self.hits, self.estimated)
    }

    /// `hits / actual`; 1 if the truth is empty.
    pub fn recall(&self) -> f64 {
        ratio(self.hits, self.actual)
    }

    /// `estimated / actual`; 1 if the truth is empty.
    pub fn density(&self) -> f64 {
        ratio(self.estimated, self.actual)
    }

    /// Harmonic mean of precision and recall, `2 hits / (estimated + actual)`; 1 if both are empty.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.hits, self.estimated + self.actual)
    }

    /// The counts times `weight`.
    pub fn times(self, weight: u64) -> Self {
        Self { hits: weight * self.hits, estimated: weight * self.estimated, actual: weight * self.actual }
    }

    fn cell(&mut self, actual: bool, estimated: bool) {
        self.hits += u64::from(actual && estimated);
        self.estimated += u64::from(estimated);
        self.actual += u64::from(actual);
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.estimated += other.estimated;
        self.actual += other.actual;
    }
}

/// The scores of a reconstruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// Notes with equal start and pitch, matched one to one.
    pub note: Counts,
    /// The same with equal end, within max(0.2 x duration, 50 ms).
    pub note_with_offset: Counts,
    /// Lit cells, onset or sustain.
    pub frame: Counts,
    /// Lit cells of the onset channel.
    pub onset: Counts,
    /// Lit cells of the sustain channel.
    pub sustain: Counts,
}

impl AddAssign for Scores {
    fn add_assign(&mut self, other: Self) {
        self.note += other.note;
        self.note_with_offset += other.note_with_offset;
        self.frame += other.frame;
        self.onset += other.onset;
        self.sustain += other.sustain;
    }
}

impl Scores {
    /// Compares an estimate with the truth; 50 ms are converted to steps by the tempo of the truth.
    pub fn of_rolls(truth: &Roll, estimate: &Roll) -> Self {
        let mut scores = Self::of_cells(truth, estimate);
        // A step is 60 / (4 tempo) seconds, so that 50 ms are tempo / 300 steps.
        let least = truth.tempo / 300.0;
        let total = |roll: &Roll| roll.notes().len() as u64;
        scores.note = Counts { hits: 0, estimated: total(estimate), actual: total(truth) };
        scores.note_with_offset = scores.note;
        for (a, b) in same_onset(truth.notes(), estimate.notes()) {
            let tolerance = least.max(0.2 * f64::from(a.duration));
            scores.note.hits += 1;
            scores.note_with_offset.hits += u64::from(f64::from(a.end().abs_diff(b.end())) <= tolerance);
        }
        scores
    }

    /// Compares two tensors `[pitches, steps, channels]` of one layout: onset and sustain cells in the tensors, notes and frames
    /// in the rolls read from them. With one channel (gray) onset and sustain cells are those of the rolls too.
    ///
    /// # Panics
    /// If the tensors differ in size.
    #[track_caller]
    pub fn of_tensors(truth: &[f32], estimate: &[f32], layout: Layout, tempo: f64) -> Self {
        assert_eq!(truth.len(), estimate.len(), "tensors of different sizes compared");
        let roll = |values| {
            let roll = layout.read(values, Orphans::Drop);
            let time_signature = roll.time_signature;
            roll.with_time(tempo, time_signature)
        };
        let mut scores = Self::of_rolls(&roll(truth), &roll(estimate));
        if layout.channels == Channels::Gray {
            return scores;
        }
        (scores.onset, scores.sustain) = Default::default();
        let (count, threshold) = (layout.count(), layout.threshold());
        for (a, b) in truth.chunks_exact(count).zip(estimate.chunks_exact(count)) {
            scores.onset.cell(a[0] > threshold, b[0] > threshold);
            scores.sustain.cell(a[1] > threshold, b[1] > threshold);
        }
        scores
    }

    /// Frame, onset and sustain counts of two rolls.
    fn of_cells(truth: &Roll, estimate: &Roll) -> Self {
        let steps = truth.steps().max(estimate.steps()) as usize;
        let (a, b) = (cells(truth, steps), cells(estimate, steps));
        let mut scores = Self::default();
        for (a, b) in a.into_iter().zip(b) {
            scores.frame.cell(a > 0, b > 0);
            scores.onset.cell(a == ONSET, b == ONSET);
            scores.sustain.cell(a == SUSTAIN, b == SUSTAIN);
        }
        scores
    }
}

const ONSET: u8 = 1;
const SUSTAIN: u8 = 2;

fn cells(roll: &Roll, steps: usize) -> Vec<u8> {
    let mut cells = vec![0; PITCHES * steps];
    for note in roll.notes() {
        let first = usize::from(note.pitch) * steps + note.start as usize;
        cells[first..first + note.duration as usize].fill(SUSTAIN);
        cells[first] = ONSET;
    }
    cells
}

/// Pairs of notes with equal start and pitch. A roll has at most one note of each, so that the matching is one to one.
fn same_onset<'a>(a: &'a [Note], b: &'a [Note]) -> impl Iterator<Item = (&'a Note, &'a Note)> {
    let key = |n: &Note| (n.start, n.pitch);
    a.iter().filter_map(move |note| b.binary_search_by_key(&key(note), key).ok().map(|i| (note, &b[i])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Pitches;

    fn roll(notes: &[(u32, u32, u8)]) -> Roll {
        let note = |&(start, duration, pitch)| Note { start, duration, pitch, velocity: 80 };
        Roll::new(32, notes.iter().map(note).collect())
    }

    #[test]
    fn notes_frames_and_cells_are_counted() {
        let truth = roll(&[(0, 4, 60), (4, 4, 62), (8, 10, 64)]);
        let estimate = roll(&[(0, 4, 60), (4, 2, 62), (9, 9, 64)]);
        let s = Scores::of_rolls(&truth, &estimate);
        assert_eq!(s.note, Counts { hits: 2, estimated: 3, actual: 3 });
        assert_eq!(s.note_with_offset, Counts { hits: 1, estimated: 3, actual: 3 });
        assert_eq!(s.frame, Counts { hits: 4 + 2 + 9, estimated: 15, actual: 18 });
        assert_eq!(s.onset, s.note);
        assert_eq!(s.sustain, Counts { hits: 3 + 1 + 8, estimated: 12, actual: 15 });
        assert!((s.note.f1() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn an_offset_may_miss_by_a_fifth_or_by_50_ms() {
        let ends = |tempo: f64, duration: u32, heard: u32| {
            let truth = roll(&[(0, duration, 60)]);
            let truth = truth.clone().with_time(tempo, truth.time_signature);
            Scores::of_rolls(&truth, &roll(&[(0, heard, 60)])).note_with_offset.hits
        };
        assert_eq!((ends(120.0, 5, 6), ends(120.0, 4, 5), ends(300.0, 1, 2), ends(299.0, 1, 2)), (1, 0, 1, 0));
    }

    #[test]
    fn orphaned_sustains_of_tensors_count_as_cells_but_not_as_notes() {
        let layout = Layout { channels: Channels::OnsetSustain, velocity: false, pitches: Pitches::ALL };
        let mut truth = vec![0.0; layout.size(4)];
        layout.write(&roll(&[]).window(0, 4), &mut truth);
        let mut estimate = truth.clone();
        estimate[1] = 0.9;
        let s = Scores::of_tensors(&truth, &estimate, layout, 120.0);
        assert_eq!((s.sustain.estimated, s.note.estimated, s.frame.estimated), (1, 0, 0));
    }

    #[test]
    fn silence_is_perfect() {
        assert_eq!(Scores::of_rolls(&roll(&[]), &roll(&[])).note.f1(), 1.0);
        let mut sum = Scores::of_rolls(&roll(&[(0, 1, 60)]), &roll(&[]));
        sum += sum;
        assert_eq!((sum.note.recall(), sum.note.precision(), sum.note.actual), (0.0, 1.0, 2));
    }
}
