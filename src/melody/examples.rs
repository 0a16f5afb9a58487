//! What the melodies of training windows are like, beside the music that they belong to.
//!
//! A melody has to fit the texture that a sample is to have: songs have windows with a busy melody, with a slow one, with one that begins in bar 5,
//! and with none.

use super::conditions::BAR;
use crate::checkpoint::Checkpoint;
use crate::condition::attributes::COUNT;
use crate::condition::{Row, Scale, Scales};
use crate::data::music::roll::Note;
use crate::error::{Error, Result};
use crate::nn::HostTensor;
use crate::rng::Philox;

/// Name of the tensor `[examples, COUNT + 2 * bars + 4]`.
const NAME: &str = "melody_examples";
/// Numbers of an example besides its attributes and those of its bars.
const NUMBERS: usize = 4;
/// The most similar examples, of which one is drawn.
const NEAREST: usize = 4;
/// Weight of the notes of a bar in a distance, where that of an attribute is 1.
const BAR_WEIGHT: f32 = 0.25;

/// A training window.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The [attributes](crate::condition::attributes()) of all its music.
    pub attributes: [f32; COUNT],
    /// `ln(1 + notes)` of each bar of all its music, as the rows of conditions have it.
    pub bars: Vec<f32>,
    /// Notes of the melody that begin in each bar.
    pub notes: Vec<f32>,
    /// Mean pitch of the melody in C; 0 if it has no note.
    pub register: f32,
    /// Share of columns in which the melody sounds.
    pub sounding: f32,
    /// How its rhythm relates to that of the music.
    pub rhythm: Rhythm,
}

/// How the rhythm of a melody relates to itself and to that of the music.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rhythm {
    /// Share of the columns that are alike in bars one apart: both with an onset or both without, as groove is measured.
    pub groove: f32,
    /// Mean over its onsets of the share of bars in which the music has an onset in this column of the bar.
    pub fit: f32,
}

impl Rhythm {
    /// Of a melody, in music whose share of bars with an onset in each column of a bar is `template`.
    pub fn of(notes: &[Note], bars: usize, template: &[f32; BAR]) -> Self {
        let mut onsets = vec![[false; BAR]; bars];
        let columns = || notes.iter().map(|note| note.start as usize).filter(|&start| start < bars * BAR);
        columns().for_each(|start| onsets[start / BAR][start % BAR] = true);
        let alike = |pair: &[[bool; BAR]]| pair[0].iter().zip(&pair[1]).filter(|(a, b)| a == b).count();
        let mean = |sum: f32, count: usize| sum / count.max(1) as f32;
        let groove = onsets.windows(2).map(alike).sum::<usize>() as f32;
        let fit = columns().map(|start| template[start % BAR]).sum::<f32>();
        Self { groove: mean(groove, BAR * (bars.max(1) - 1)), fit: mean(fit, columns().count()) }
    }
}

/// Some training windows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Examples(pub Vec<Example>);

impl Examples {
    /// One of those whose music is most like that of a row; `None` if there are none.
    pub fn like(&self, row: &Row, scales: &Scales, random: &mut Philox) -> Option<&Example> {
        let wanted = scales.window.apply(row.attributes);
        let distance = |example: &Example| -> f32 {
            let attributes = scales.window.apply(example.attributes);
            let of_window: f32 = wanted.iter().zip(attributes).map(|(a, b)| (a - b).powi(2)).sum();
            let bars = row.bars.iter().zip(&example.bars);
            let of_bars: f32 = bars.map(|(a, b)| ((a[0] - b) / scales.bar.deviation[0]).powi(2)).sum();
            of_window + BAR_WEIGHT * of_bars
        };
        let mut order: Vec<(f32, usize)> = self.0.iter().map(distance).zip(0..).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        order.truncate(NEAREST);
        (!order.is_empty()).then(|| &self.0[order[random.below(order.len())].1])
    }

    /// How unlike two rhythms are, in standard deviations of the examples'.
    pub fn distance(&self, a: Rhythm, b: Rhythm) -> f32 {
        let deviation = |number: fn(&Rhythm) -> f32| {
            let scale = Scale::fit(self.0.iter().map(|example| [number(&example.rhythm)]), 0.0);
            scale.deviation[0]
        };
        (a.groove - b.groove).abs() / deviation(|rhythm| rhythm.groove)
            + (a.fit - b.fit).abs() / deviation(|rhythm| rhythm.fit)
    }

    /// Adds them to a flow's checkpoint, in place of those that it has.
    pub fn save(&self, checkpoint: &mut Checkpoint) {
        checkpoint.tensors.remove(NAME);
        if let Some(first) = self.0.first() {
            let size = COUNT + 2 * first.bars.len() + NUMBERS;
            let row = |example: &Example| -> Vec<f32> {
                let Example { attributes, bars, notes, register, sounding, rhythm: Rhythm { groove, fit } } = example;
                attributes
                    .iter()
                    .chain(bars)
                    .chain(notes)
                    .copied()
                    .chain([*register, *sounding, *groove, *fit])
                    .collect()
            };
            let data = self.0.iter().flat_map(row).collect();
            checkpoint.tensors.insert(NAME.to_owned(), HostTensor::new([self.0.len(), size], data));
        }
    }

    /// Those of a flow's checkpoint; none if it has none.
    ///
    /// # Errors
    /// A tensor of another shape, or with a number that is not finite.
    pub fn load(checkpoint: &Checkpoint) -> Result<Self> {
        let Checkpoint { config, tensors, path, .. } = checkpoint;
        let Some(HostTensor { shape, data }) = tensors.get(NAME) else { return Ok(Self::default()) };
        let bars = config.data.steps / BAR;
        let size = COUNT + 2 * bars + NUMBERS;
        if shape.as_slice() != [data.len() / size, size] || !data.iter().all(|number| number.is_finite()) {
            return Err(Error::file(path, format!("has no usable {NAME}; train its melodies again")));
        }
        let example = |row: &[f32]| {
            let (attributes, rest) = row.split_at(COUNT);
            Example {
                attributes: std::array::from_fn(|i| attributes[i]),
                bars: rest[..bars].to_vec(),
                notes: rest[bars..2 * bars].to_vec(),
                register: rest[2 * bars],
                sounding: rest[2 * bars + 1],
                rhythm: Rhythm { groove: rest[2 * bars + 2], fit: rest[2 * bars + 3] },
            }
        };
        Ok(Self(data.chunks_exact(size).map(example).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn rhythms_by_hand() {
        let note = |start| Note { start, duration: 1, pitch: 60, velocity: 80 };
        let mut template = [0.0; BAR];
        (template[0], template[4]) = (1.0, 0.5);
        let rhythm = Rhythm::of(&[note(0), note(4), note(16), note(21)], 2, &template);
        assert_eq!((rhythm.groove, rhythm.fit), (14.0 / 16.0, 2.5 / 4.0));
        assert_eq!(Rhythm::of(&[], 2, &template), Rhythm { groove: 1.0, fit: 0.0 });
    }

    #[test]
    fn one_of_the_most_similar_is_drawn() {
        let rows: Vec<Row> =
            (0..8).map(|index| Row::of(&corpus::compose(3, index).merged().window(0, 128), 0)).collect();
        let scales = Scales::fit(&rows);
        let example = |(number, row): (usize, &Row)| Example {
            attributes: row.attributes,
            bars: row.bars.iter().map(|bar| bar[0]).collect(),
            notes: vec![number as f32; 8],
            register: 70.0,
            sounding: 0.5,
            rhythm: Rhythm::default(),
        };
        // Four like each row, so that those of the row itself are drawn.
        let all: Vec<Example> = rows.iter().enumerate().flat_map(|row| vec![example(row); NEAREST]).collect();
        let examples = Examples(all);
        for (number, row) in rows.iter().enumerate() {
            let like = examples.like(row, &scales, &mut Philox::new(number as u64, 0)).unwrap();
            assert_eq!(like.notes[0], number as f32);
        }
        assert_eq!(Examples::default().like(&rows[0], &scales, &mut Philox::new(0, 0)), None);
    }
}
