//! The texture that is expected of music with a given melody.
//!
//! Dense melodies have dense accompaniments, long notes lie under long ones, and a melody says in which register the rest can be. Slow songs
//! have more notes in a bar than fast ones, and an accompaniment grows in the course of its song. So the attributes of the whole are, as far as
//! they depend on all this, a regression on it, which is fitted to training windows.

use std::ops::Range;

use super::attributes::COUNT;
use super::{Attribute, BAR_ATTRIBUTES, RHYTHM_STEPS, Row, Scale, Scales, ridge};
use crate::data::music::chord::Chord;
use crate::data::music::roll::Roll;
use crate::data::music::song_context::{Section, SongContext};

/// Inputs of a window: attributes and rhythm of the melody, how much the notes of its bars vary, how many have none; changes and number of
/// the chords; the logarithm of the tempo; the position in the song and its square, how much louder and higher the melody is than elsewhere.
const INPUTS: usize = MELODY + 2 + 1 + 4;
const MELODY: usize = COUNT + RHYTHM_STEPS + 2;
/// Those of chords, tempo and section of the song, which may not be known.
const CHORDS: Range<usize> = MELODY..MELODY + 2;
const TEMPO: usize = CHORDS.end;
const SECTION: Range<usize> = TEMPO + 1..INPUTS;
/// Penalty on the weights.
const PENALTY: f64 = 10.0;
/// Expected values vary less than those of songs, by what a melody does not tell; so their distance from the mean is multiplied by this. Much
/// more would bring them further from what is likely.
const SPREAD: f32 = 1.15;
/// Deviations from the mean at which inputs end, beyond which a line says nothing.
const MOST: f32 = 3.0;

/// A melody with its chords and song, and the conditions of the whole, both in C.
#[derive(Debug, Clone)]
pub struct Example {
    /// The melody.
    pub melody: Row,
    /// Its song.
    pub context: SongContext,
    /// The whole, whose chords are those of both.
    pub whole: Row,
}

/// The regression of the conditions of a window on those of its melody.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    window: Scale<INPUTS>,
    bar: Scale<BAR_ATTRIBUTES>,
    /// Weights `[1 + INPUTS, COUNT]` of the normalised attributes of the window.
    of_window: Vec<f32>,
    /// Weights `[1 + INPUTS + BAR_ATTRIBUTES, BAR_ATTRIBUTES]` of those of a bar, which also depend on the melody's bar.
    of_bar: Vec<f32>,
}

impl Expectation {
    /// Numbers in [`values`](Self::values).
    pub const SIZE: usize =
        2 * (INPUTS + BAR_ATTRIBUTES) + (1 + INPUTS) * COUNT + (1 + INPUTS + BAR_ATTRIBUTES) * BAR_ATTRIBUTES;

    /// Of training windows; `None` without any. `scales` are those of the flow's conditions.
    pub fn fit(examples: &[Example], scales: &Scales) -> Option<Self> {
        let raw = |of: &Example| inputs(&of.melody, &of.whole.chords, Some(&of.context));
        let window = Scale::fit(examples.iter().map(raw), 0.0);
        let bar = Scale::fit(examples.iter().flat_map(|of| of.melody.bars.iter().copied()), 0.0);
        let known = |of: &Example| normalised(&window, &of.melody, Some(&of.whole.chords), Some(&of.context));
        let inputs: Vec<[f32; INPUTS]> = examples.iter().map(known).collect();
        let attributes = |of: &Example| scales.window.apply(of.whole.attributes).to_vec();
        let of_window = ridge::fit(
            &inputs.iter().map(|values| values.to_vec()).collect::<Vec<_>>(),
            &examples.iter().map(attributes).collect::<Vec<_>>(),
            PENALTY,
        );
        let bars = |(values, of): (&[f32; INPUTS], &Example)| {
            of.melody.bars.iter().map(|&own| [&values[..], &bar.apply(own).map(limited)].concat()).collect::<Vec<_>>()
        };
        let whole = |of: &Example| of.whole.bars.iter().map(|&bar| scales.bar.apply(bar).to_vec()).collect::<Vec<_>>();
        let of_bar = ridge::fit(
            &inputs.iter().zip(examples).flat_map(bars).collect::<Vec<_>>(),
            &examples.iter().flat_map(whole).collect::<Vec<_>>(),
            PENALTY,
        );
        let mut expectation = (!examples.is_empty()).then_some(Self { window, bar, of_window, of_bar })?;
        expectation.count_notes(examples, scales);
        Some(expectation)
    }

    /// Raises the expected logarithms of numbers of notes, so that the numbers have the mean of the examples: the mean of logarithms is below
    /// the logarithm of the mean (Duan 1983, "Smearing estimate").
    fn count_notes(&mut self, examples: &[Example], scales: &Scales) {
        let row = |of: &Example| self.beside(of.whole.clone(), &of.melody, true, Some(&of.context), scales);
        let rows: Vec<Row> = examples.iter().map(row).collect();
        let density = |row: &Row| f64::from(row.attributes[Attribute::Density as usize].exp());
        let notes = |row: &Row| row.bars.iter().map(|bar| f64::from(bar[0].exp())).sum::<f64>();
        let short = |of: &dyn Fn(&Row) -> f64| {
            let found = examples.iter().map(|example| of(&example.whole)).sum::<f64>();
            (found / rows.iter().map(of).sum::<f64>()).ln() as f32
        };
        let [density, notes] = [short(&density), short(&notes)];
        self.of_window[Attribute::Density as usize] += density / scales.window.deviation[Attribute::Density as usize];
        self.of_bar[0] += notes / scales.bar.deviation[0];
    }

    /// The row with the attributes of window and bars that are expected beside a melody, in C as the row. The row's chords count if they
    /// are the music's, `has_chords`; so does the song, as far as it is known.
    pub fn row(
        &self,
        row: Row,
        melody: &Roll,
        has_chords: bool,
        context: Option<&SongContext>,
        scales: &Scales,
    ) -> Row {
        self.beside(row, &Row::of(melody, 0), has_chords, context, scales)
    }

    fn beside(&self, row: Row, melody: &Row, has_chords: bool, context: Option<&SongContext>, scales: &Scales) -> Row {
        let values = normalised(&self.window, melody, has_chords.then_some(&row.chords[..]), context);
        let bar = |&own: &[f32; BAR_ATTRIBUTES]| {
            let values = [&values[..], &self.bar.apply(own).map(limited)].concat();
            let [notes, polyphony, onsets] = scales.bar.invert(sums(&self.of_bar, &values));
            [notes.max(0.0), polyphony.max(0.0), onsets.clamp(0.0, 1.0)]
        };
        let attributes = scales.window.invert(sums(&self.of_window, &values));
        Row { attributes, bars: melody.bars.iter().map(bar).collect(), ..row }
    }

    /// All numbers, for a checkpoint.
    pub fn values(&self) -> Vec<f32> {
        let Self { window, bar, of_window, of_bar } = self;
        [&window.mean[..], &window.deviation, &bar.mean, &bar.deviation, of_window, of_bar].concat()
    }

    /// The expectation with these [`values`](Self::values).
    ///
    /// # Errors
    /// One clause if their number is wrong, one is not finite, or a deviation is not positive.
    pub fn of_values(values: &[f32]) -> Result<Self, String> {
        if values.len() != Self::SIZE || !values.iter().all(|value| value.is_finite()) {
            return Err(format!("the expected texture has not {} finite numbers", Self::SIZE));
        }
        let mut rest = values;
        let window = Scale::take(&mut rest)?;
        let bar = Scale::take(&mut rest)?;
        let (of_window, of_bar) = rest.split_at((1 + INPUTS) * COUNT);
        Ok(Self { window, bar, of_window: of_window.to_vec(), of_bar: of_bar.to_vec() })
    }
}

/// The inputs with mean 0 and deviation 1; what is not known is 0, the mean.
fn normalised(
    scale: &Scale<INPUTS>,
    melody: &Row,
    chords: Option<&[Chord]>,
    context: Option<&SongContext>,
) -> [f32; INPUTS] {
    let mut values = scale.apply(inputs(melody, chords.unwrap_or(&[]), context)).map(limited);
    if chords.is_none() {
        values[CHORDS].fill(0.0);
    }
    if context.is_none() {
        values[TEMPO] = 0.0;
    }
    if context.and_then(|context| context.section).is_none() {
        values[SECTION].fill(0.0);
    }
    values
}

/// The inputs as they are; of what is not known any number, a mean one where training windows may not know it.
fn inputs(melody: &Row, chords: &[Chord], context: Option<&SongContext>) -> [f32; INPUTS] {
    let notes: Vec<f32> = melody.bars.iter().map(|bar| bar[0]).collect();
    let mean = notes.iter().sum::<f32>() / notes.len().max(1) as f32;
    let variance = notes.iter().map(|notes| (notes - mean).powi(2)).sum::<f32>() / notes.len().max(1) as f32;
    let changes = chords.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let is_first = |place: &usize| !chords[..*place].contains(&chords[*place]);
    let different = (0..chords.len()).filter(is_first).count();
    let silent = notes.iter().filter(|notes| **notes == 0.0).count();
    let tempo = context.map_or(0.0, |context| context.tempo.ln() as f32);
    let section = context.and_then(|context| context.section);
    let section = section.unwrap_or(Section { position: 0.5, louder: 0.0, higher: 0.0 });
    let of_section =
        [section.position, section.position.powi(2), section.louder, section.higher].map(|value| value as f32);
    let rest = [variance.sqrt(), silent as f32, changes as f32, different as f32, tempo];
    let mut all = melody.attributes.iter().chain(&melody.rhythm).chain(&rest).chain(&of_section);
    std::array::from_fn(|_| *all.next().expect("as many inputs"))
}

fn limited(value: f32) -> f32 {
    value.clamp(-MOST, MOST)
}

/// Weighted sums of a constant and some values, spread.
fn sums<const N: usize>(weights: &[f32], values: &[f32]) -> [f32; N] {
    let (constant, weights) = weights.split_at(N);
    let sum = |i: usize| values.iter().zip(weights.chunks_exact(N)).map(|(value, row)| value * row[i]).sum::<f32>();
    std::array::from_fn(|i| constant[i] + SPREAD * sum(i))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::roll::Note;

    fn examples() -> (Vec<Example>, Vec<Roll>, Scales) {
        let windows = (0..60).map(|index| {
            let song = corpus::compose(5, index);
            let section =
                Section { position: index as f64 / 60.0, louder: (index % 7) as f64, higher: (index % 5) as f64 };
            let context = SongContext { tempo: 60.0 + index as f64, section: Some(section) };
            (song.melody.window(64, 128), (Row::of(&song.merged().window(64, 128), 0), context))
        });
        let (melodies, others): (Vec<Roll>, Vec<(Row, SongContext)>) = windows.unzip();
        let (rows, contexts): (Vec<Row>, Vec<SongContext>) = others.into_iter().unzip();
        let scales = Scales::fit(&rows);
        let all = melodies.iter().zip(rows).zip(contexts);
        let example = |((melody, whole), context)| Example { melody: Row::of(melody, 0), context, whole };
        (all.map(example).collect(), melodies, scales)
    }

    #[test]
    fn an_expectation_is_nearer_than_the_mean() {
        let (examples, melodies, scales) = examples();
        let expectation = Expectation::fit(&examples, &scales).unwrap();
        let distance = |a: &Row, b: [f32; COUNT]| {
            let [a, b] = [a.attributes, b].map(|values| scales.window.apply(values));
            a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>()
        };
        let expected = |(of, melody): (&Example, &Roll)| {
            let row = expectation.row(of.whole.clone(), melody, true, Some(&of.context), &scales);
            assert_eq!((&row.chords, row.bars.len(), row.rhythm), (&of.whole.chords, 8, of.whole.rhythm));
            distance(&of.whole, row.attributes)
        };
        let found: f32 = examples.iter().zip(&melodies).map(expected).sum();
        let mean: f32 = examples.iter().map(|of| distance(&of.whole, scales.window.mean)).sum();
        assert!(found < 0.7 * mean, "{found} against {mean}");
        assert_eq!(Expectation::fit(&[], &scales), None);
    }

    #[test]
    fn chords_that_are_not_known_do_not_count() {
        let (examples, melodies, scales) = examples();
        let expectation = Expectation::fit(&examples, &scales).unwrap();
        let other = examples.iter().find(|of| of.whole.chords != examples[0].whole.chords).unwrap();
        let of = |chords: &Row, has_chords| {
            let row = Row { chords: chords.chords.clone(), ..examples[0].whole.clone() };
            expectation.row(row, &melodies[0], has_chords, None, &scales).attributes
        };
        assert_eq!(of(&examples[0].whole, false), of(&other.whole, false));
    }

    #[test]
    fn what_no_melody_has_gives_what_music_can_have() {
        let (examples, _, scales) = examples();
        let expectation = Expectation::fit(&examples, &scales).unwrap();
        let note = |start| Note { start, duration: 1, pitch: 127, velocity: 80 };
        let section = Section { position: 1.0, louder: 127.0, higher: 127.0 };
        let context = SongContext { tempo: 1e6, section: Some(section) };
        for melody in [Roll::new(128, (0..128).map(note).collect()), Roll::new(128, Vec::new())] {
            let row = expectation.row(examples[0].whole.clone(), &melody, true, Some(&context), &scales);
            assert!(row.attributes.iter().chain(row.bars.as_flattened()).all(|value| value.is_finite()));
            assert!(row.bars.iter().all(|bar| bar[0] >= 0.0 && bar[1] >= 0.0 && (0.0..=1.0).contains(&bar[2])));
        }
    }

    #[test]
    fn an_expectation_is_read_as_it_is_written() {
        let (examples, _, scales) = examples();
        let expectation = Expectation::fit(&examples, &scales).unwrap();
        let values = expectation.values();
        assert_eq!((values.len(), Expectation::of_values(&values)), (Expectation::SIZE, Ok(expectation)));
        assert!(Expectation::of_values(&values[1..]).is_err());
        assert!(Expectation::of_values(&vec![f32::NAN; Expectation::SIZE]).is_err());
        assert!(Expectation::of_values(&vec![0.0; Expectation::SIZE]).is_err());
    }
}
