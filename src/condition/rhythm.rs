//! Rhythm: the steps of a bar that have an onset.

use crate::data::music::roll::Roll;
use crate::metrics::features::STEPS_PER_BAR;
use std::str::FromStr;

/// Steps of a bar, for which a rhythm is given.
pub const RHYTHM_STEPS: usize = STEPS_PER_BAR as usize;

/// The share of a window's bars that have an onset on each step of the bar.
pub fn template(roll: &Roll) -> [f32; RHYTHM_STEPS] {
    let mut counts = [0.0; RHYTHM_STEPS];
    for chord in roll.notes().chunk_by(|a, b| a.start == b.start) {
        counts[chord[0].start as usize % RHYTHM_STEPS] += 1.0;
    }
    let bars = (roll.steps() as usize).div_ceil(RHYTHM_STEPS).max(1);
    counts.map(|count| count / bars as f32)
}

/// A rhythm that a user asks for: whether each step of a bar has an onset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern(pub [bool; RHYTHM_STEPS]);

impl Pattern {
    /// As a [`template`]: every bar has this rhythm.
    pub fn template(self) -> [f32; RHYTHM_STEPS] {
        self.0.map(|onset| if onset { 1.0 } else { 0.0 })
    }
}

impl FromStr for Pattern {
    type Err = String;

    /// `x` for an onset and `.` for none, one per sixteenth; a pattern shorter than a bar is repeated: `x..x..x.`.
    fn from_str(text: &str) -> Result<Self, String> {
        let onset = |(index, character)| match character {
            'x' | 'X' => Ok(true),
            '.' => Ok(false),
            other => Err(format!("column {}: '{other}' in a rhythm; write x for an onset and . for none", index + 1)),
        };
        let steps: Vec<bool> = text.chars().enumerate().map(onset).collect::<Result<_, _>>()?;
        if steps.is_empty() || !RHYTHM_STEPS.is_multiple_of(steps.len()) {
            return Err(format!(
                "a rhythm has 1, 2, 4, 8 or {RHYTHM_STEPS} steps, one per sixteenth, as in x..x..x.; this has {}",
                steps.len()
            ));
        }
        Ok(Self(std::array::from_fn(|step| steps[step % steps.len()])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    #[test]
    fn a_template_counts_bars() {
        let note = |start, pitch| Note { start, duration: 1, pitch, velocity: 80 };
        let roll = Roll::new(64, vec![note(0, 60), note(0, 64), note(16, 60), note(35, 60)]);
        let shares = template(&roll);
        assert_eq!((shares[0], shares[3], shares.iter().sum::<f32>()), (0.5, 0.25, 0.75));
    }

    #[test]
    fn a_pattern_is_repeated_to_a_bar() {
        let pattern: Pattern = "x..x..x.".parse().unwrap();
        let onsets: Vec<usize> = (0..16).filter(|&step| pattern.0[step]).collect();
        assert_eq!(onsets, [0, 3, 6, 8, 11, 14]);
        assert_eq!(pattern.template()[3..5], [1.0, 0.0]);
        assert!("x.-.".parse::<Pattern>().unwrap_err().starts_with("column 3: '-'"));
        assert!("x..".parse::<Pattern>().unwrap_err().ends_with("this has 3"));
        assert!("".parse::<Pattern>().is_err());
    }
}
