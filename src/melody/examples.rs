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
use half::f16;

/// Names of the tensors `[numbers, examples]`: of whole numbers, which a byte each holds, and of others.
const WHOLE: &str = "melody_examples.whole";
const PARTS: &str = "melody_examples.parts";
/// Numbers of an example that are whole, besides those of its bars, and others.
const WHOLE_COUNT: usize = 5;
const PART_COUNT: usize = 7;
/// The most similar examples, of which one is drawn.
const NEAREST: usize = 4;
/// Weight of the notes of a bar in a distance, where that of an attribute is 1.
const BAR_WEIGHT: f32 = 0.25;

/// A training window.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The [attributes](crate::condition::attributes) of all its music.
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

impl Rhythm {
    fn numbers(self) -> [f32; 2] {
        [self.groove, self.fit]
    }

    /// By how many standard deviations it is less steady than another, and fits less.
    pub fn short_of(self, other: Self, scale: &Scale<2>) -> f32 {
        let short = |i: usize| (other.numbers()[i] - self.numbers()[i]).max(0.0) / scale.deviation[i];
        short(0) + short(1)
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
        let distances: Vec<f32> = self.0.iter().map(distance).collect();
        let mut nearest: Vec<usize> = Vec::new();
        while nearest.len() < NEAREST.min(distances.len()) {
            let others = (0..distances.len()).filter(|place| !nearest.contains(place));
            nearest.extend(others.min_by(|&a, &b| distances[a].total_cmp(&distances[b])));
        }
        (!nearest.is_empty()).then(|| &self.0[nearest[random.below(nearest.len())]])
    }

    /// The means and deviations of their rhythms.
    pub fn rhythms(&self) -> Scale<2> {
        Scale::fit(self.0.iter().map(|example| example.rhythm.numbers()), 0.0)
    }

    /// Adds them to a flow's checkpoint, in place of those that it has.
    pub fn save(&self, checkpoint: &mut Checkpoint) {
        let steps = checkpoint.config.data.steps as f32;
        for (name, numbers) in [(WHOLE, whole as fn(&Example, f32) -> Vec<f32>), (PARTS, |example, _| parts(example))] {
            checkpoint.tensors.remove(name);
            let rows: Vec<Vec<f32>> = self.0.iter().map(|example| numbers(example, steps)).collect();
            if let Some(columns) = rows.first().map(Vec::len) {
                // A column after the other, since its numbers are alike.
                let data = (0..columns).flat_map(|column| rows.iter().map(move |row| row[column])).collect();
                checkpoint.tensors.insert(name.to_owned(), HostTensor::new([columns, rows.len()], data));
            }
        }
    }

    /// Those of a flow's checkpoint; none if it has none.
    ///
    /// # Errors
    /// Tensors of other shapes, or with a number that is not finite.
    pub fn load(checkpoint: &Checkpoint) -> Result<Self> {
        let Checkpoint { config, tensors, path, .. } = checkpoint;
        let (Some(whole), Some(parts)) = (tensors.get(WHOLE), tensors.get(PARTS)) else { return Ok(Self::default()) };
        let (steps, bars) = (config.data.steps as f32, config.data.steps / BAR);
        let count = parts.data.len() / PART_COUNT;
        let is_usable = |tensor: &HostTensor, columns: usize| {
            tensor.shape.as_slice() == [columns, count]
                && tensor.data.len() == columns * count
                && tensor.data.iter().all(|number| number.is_finite())
        };
        if !is_usable(whole, WHOLE_COUNT + 2 * bars) || !is_usable(parts, PART_COUNT) {
            return Err(Error::file(path, "has no usable examples of melodies; train its melodies again"));
        }
        let example = |place: usize| {
            let whole = |column: usize| whole.data[column * count + place];
            let part = |column: usize| parts.data[column * count + place];
            let [density, polyphony, duration, groove] = [0, 1, 2, 3].map(part);
            let [lowest, highest, pitches] = [0, 1, 2].map(whole);
            Example {
                attributes: [density, polyphony, duration, groove, lowest, highest, whole(3) / steps, pitches],
                bars: (0..bars).map(|bar| f16::from_f32(whole(WHOLE_COUNT + bar).ln_1p()).to_f32()).collect(),
                notes: (0..bars).map(|bar| whole(WHOLE_COUNT + bars + bar)).collect(),
                register: part(4),
                sounding: whole(4) / steps,
                rhythm: Rhythm { groove: part(5), fit: part(6) },
            }
        };
        Ok(Self((0..count).map(example).collect()))
    }
}

/// The numbers of an example that are whole: lowest and highest pitch, pitches, columns with an onset, columns in which the melody sounds, then
/// for each bar its notes, and those of the melody.
fn whole(example: &Example, steps: f32) -> Vec<f32> {
    let Example { attributes: [_, _, _, _, lowest, highest, onsets, pitches], bars, notes, sounding, .. } = example;
    let of_window = [*lowest, *highest, *pitches, (onsets * steps).round(), (sounding * steps).round()];
    let of_bars = bars.iter().map(|bar| bar.exp_m1().round());
    of_window.into_iter().chain(of_bars).chain(notes.iter().copied()).collect()
}

/// The others.
fn parts(example: &Example) -> Vec<f32> {
    let Example { attributes: [density, polyphony, duration, groove, ..], register, rhythm, .. } = example;
    vec![*density, *polyphony, *duration, *groove, *register, rhythm.groove, rhythm.fit]
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
