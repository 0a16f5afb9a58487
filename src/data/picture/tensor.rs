//! Piano rolls as tensors, `[pitch, step, channel]` with the high pitch first, of all pitches or a range of them: one image of an NHWC
//! batch.

use super::cells::{Cell, LIT, Orphans, read_cells};
use crate::config::{Channels, DataConfig, Pitches};
use crate::data::music::roll::{DEFAULT_VELOCITY, Roll};

/// Encoding of a roll's cells as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Meaning of the channels.
    pub channels: Channels,
    /// Whether lit cells hold velocity / 127 instead of 1.
    pub velocity: bool,
    /// The pitches of the rows.
    pub pitches: Pitches,
}

impl Layout {
    /// The layout of a configuration.
    pub fn of(config: &DataConfig) -> Self {
        Self { channels: config.channels, velocity: config.velocity, pitches: config.pitches }
    }

    /// Number of channels.
    pub fn count(self) -> usize {
        self.channels.count()
    }

    /// Number of elements of the tensor of a roll of `steps` columns.
    pub fn size(self, steps: usize) -> usize {
        self.pitches.count() * steps * self.count()
    }

    /// The value above which a cell is lit: one half, or with velocities the threshold of a picture.
    pub fn threshold(self) -> f32 {
        if self.velocity { f32::from(LIT / 2 - 1) / 127.0 } else { 0.5 }
    }

    /// Writes a roll as `[pitches, steps, channels]` to `out`, whose length determines the number of steps. Notes outside the
    /// layout's pitches are left out.
    ///
    /// # Panics
    /// If the length of `out` is no whole number of columns, or fewer than the roll has.
    #[track_caller]
    pub fn write(self, roll: &Roll, out: &mut [f32]) {
        let count = self.count();
        let steps = out.len() / (self.pitches.count() * count);
        assert!(
            out.len() == self.size(steps) && steps >= roll.steps() as usize,
            "a roll of {} steps written to {} values of {count} channels",
            roll.steps(),
            out.len()
        );
        out.fill(0.0);
        for note in roll.notes().iter().filter(|note| self.pitches.range().contains(&note.pitch)) {
            // The quietest notes are raised above the threshold, as in a picture.
            let value = if self.velocity { f32::from(note.velocity.max(LIT / 2)) / 127.0 } else { 1.0 };
            let row = self.pitches.row(note.pitch) * steps;
            let first = (row + note.start as usize) * count;
            let after = (row + note.end() as usize) * count;
            let (onset, sustain) = out[first..after].split_at_mut(count);
            onset[0] = value;
            let channel = if self.channels == Channels::Gray { 0 } else { 1 };
            sustain.iter_mut().skip(channel).step_by(count).for_each(|cell| *cell = value);
        }
    }

    /// Output activation of a decoder, whose result [`read`](Self::read) takes: the sigmoid of logits for binary rolls, the
    /// identity with velocities.
    pub fn activate(self, output: Vec<f32>) -> Vec<f32> {
        if self.velocity { output } else { output.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect() }
    }

    /// Reads values `[pitches, steps, channels]` (probabilities, not logits) back into a roll. A cell is lit above
    /// [`threshold`](Self::threshold). A cell with both onset and sustain is an onset.
    ///
    /// # Panics
    /// If the length of `values` is no whole number of columns.
    #[track_caller]
    pub fn read(self, values: &[f32], orphans: Orphans) -> Roll {
        let count = self.count();
        let steps = values.len() / (self.pitches.count() * count);
        assert_eq!(
            values.len(),
            self.size(steps),
            "{} values are no whole number of columns of {count} channels",
            values.len()
        );
        let velocity = |value: f32| {
            let velocity =
                if self.velocity { (127.0 * value).round().clamp(1.0, 127.0) as u8 } else { DEFAULT_VELOCITY };
            (value > self.threshold()).then_some(velocity)
        };
        let at = |pitch: u8, step: u32, channel: usize| {
            values[(self.pitches.row(pitch) * steps + step as usize) * count + channel]
        };
        read_cells(self.pitches.range(), steps as u32, orphans, |pitch, step| {
            let first = velocity(at(pitch, step, 0));
            if self.channels == Channels::Gray {
                let continues = step > 0 && velocity(at(pitch, step - 1, 0)).is_some();
                return first.map_or(Cell::Empty, |v| if continues { Cell::Sustain(v) } else { Cell::Onset(v) });
            }
            match (first, velocity(at(pitch, step, 1))) {
                (Some(v), _) => Cell::Onset(v),
                (None, Some(v)) => Cell::Sustain(v),
                (None, None) => Cell::Empty,
            }
        })
    }
}
