//! Thresholds by which each bar has the notes asked for.

use super::OnsetLogits;

/// Largest change of a bar's threshold.
pub const MOST: f32 = 1.0;

/// Shifts the logits of each bar by one number, at most `most` up or down, so that as many as asked for are above 0. With `most` 0 no
/// bit changes.
///
/// `notes` has the number of notes of each bar; less than one counts as one.
///
/// # Panics
/// If there is not one number per bar.
#[track_caller]
pub fn meet(logits: &mut OnsetLogits, notes: &[f32], most: f32) {
    assert_eq!(notes.len(), logits.bars, "one number of notes per bar");
    let (columns, steps) = (logits.columns(), logits.steps);
    for (bar, &wish) in notes.iter().enumerate() {
        let rows = || logits.values.chunks_exact(columns).flat_map(|row| &row[bar * steps..(bar + 1) * steps]);
        let mut sorted: Vec<f32> = rows().copied().collect();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let Some(last) = sorted.len().checked_sub(1).filter(|&last| last > 0) else { continue };
        let count = (wish.round_ties_even().max(1.0) as usize).min(last);
        let threshold = (0.5 * (sorted[count - 1] + sorted[count])).clamp(-most, most);
        if threshold != 0.0 {
            for row in logits.values.chunks_exact_mut(columns) {
                row[bar * steps..(bar + 1) * steps].iter_mut().for_each(|logit| *logit -= threshold);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> OnsetLogits {
        // Two pitches, two bars of three steps.
        let values = vec![2.0, 0.5, -0.3, 3.0, -0.2, -4.0, -0.1, -0.6, -3.0, -0.4, -2.0, -5.0];
        OnsetLogits { values, bars: 2, steps: 3 }
    }

    fn notes(logits: &OnsetLogits) -> [usize; 2] {
        let bar = |bar: usize| {
            let row = |row: &[f32]| row[3 * bar..3 * bar + 3].iter().filter(|logit| **logit > 0.0).count();
            logits.values.chunks(6).map(row).sum()
        };
        [bar(0), bar(1)]
    }

    #[test]
    fn bars_get_the_notes_asked_for() {
        let mut logits = sample();
        assert_eq!(notes(&logits), [2, 1]);
        meet(&mut logits, &[4.0, 2.4], 1.0);
        assert_eq!(notes(&logits), [4, 2]);
    }

    #[test]
    fn a_threshold_moves_no_further_than_allowed() {
        let mut logits = sample();
        meet(&mut logits, &[1.0, 6.0], 1.0);
        // Bar 0: between 2 and 0.5 would be 1.25. Bar 1: five notes at most, between -4 and -5.
        assert_eq!(logits.values[..2], [1.0, -0.5]);
        assert_eq!(notes(&logits)[1], 3);
        let mut same = sample();
        meet(&mut same, &[1.0, 6.0], 0.0);
        assert_eq!(same, sample());
    }
}
