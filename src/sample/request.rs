//! What samples are to be generated.

use super::asked::Asked;
use super::conditions::ConditionTable;
use super::given::known_bars;
use crate::condition::Row;
use crate::data::music::melody::is_melody;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::data::music::song_context::SongContext;
use crate::error::{Error, Result};
use crate::text::count;

/// Which samples to generate. The samples are a function of it alone: sample i of a seed is the same in any batch.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Seed of the noise.
    pub seed: u64,
    /// Number of the first sample.
    pub first: u64,
    /// Number of samples.
    pub count: usize,
    /// Samples computed at a time. It changes time and memory, not the samples.
    pub batch: usize,
    /// Class of all samples. Without it, if the flow has classes, the class of each sample is drawn from seed and number.
    pub class: Option<usize>,
    /// What is asked of a flow with conditions.
    pub asked: Asked,
    /// What is asked of each sample in place of this; empty if the same is asked of all.
    pub each: Vec<Asked>,
    /// What of each sample is given, as it sounds; empty if nothing is. Given notes are in the sample exactly, and new ones in free cells
    /// only.
    pub partials: Vec<PartialRoll>,
    /// Music whose texture each completed sample should have, as it sounds; empty for that of the bars that are given whole.
    pub textures: Vec<Roll>,
    /// The song of each completed sample; empty if none is known.
    pub contexts: Vec<SongContext>,
    /// Music that completed samples follow at first, as it sounds: the window with a passage of its song; empty if none follows any.
    pub passages: Vec<Option<Roll>>,
    /// Music of which the samples are variations.
    pub variation: Option<Variation>,
    /// The conditions of each sample, in C, all of which are shown; empty if they are drawn.
    pub rows: Vec<Row>,
    /// If the new notes are to be a melody, what of it each sample has already: notes in columns that are not free.
    pub melodies: Option<Vec<Roll>>,
}

/// Music to vary: its latents are mixed with noise up to a time, from which the flow is solved (Meng et al. 2022, arXiv 2108.01073).
#[derive(Debug, Clone)]
pub struct Variation {
    /// The music of each sample, as it sounds.
    pub originals: Vec<Roll>,
    /// The share of noise: 0 is the music as the codec reproduces it, 1 new music.
    pub strength: f32,
}

impl Request {
    /// Refuses given music of another number of samples or steps.
    ///
    /// # Errors
    /// One sentence.
    pub(super) fn check(&self, steps: u32) -> Result<()> {
        let given = self.partials.iter().map(PartialRoll::steps);
        let passages = self.passages.iter().flatten().map(Roll::steps);
        let originals = self.variation.iter().flat_map(|variation| &variation.originals).map(Roll::steps);
        if let Some(other) = given.chain(passages).chain(originals).find(|&other| other != steps) {
            return Err(Error::config(format!("given music has {other} steps, but this flow writes {steps}")));
        }
        let all = self.count;
        let numbers = [
            self.partials.len(),
            self.contexts.len(),
            self.passages.len(),
            self.rows.len(),
            self.melodies.as_ref().map_or(0, Vec::len),
            self.variation.as_ref().map_or(0, |variation| variation.originals.len()),
        ];
        if let Some(other) = numbers.into_iter().find(|&number| number != 0 && number != all) {
            return Err(Error::config(format!("music is given for {} of {all}", count(other, "sample"))));
        }
        if self.variation.as_ref().is_some_and(|variation| !(0.0..=1.0).contains(&variation.strength)) {
            return Err(Error::config("the strength of a variation is a number from 0 to 1"));
        }
        Ok(())
    }

    /// Whether sample `number` is written beside a melody, with the texture that is expected there.
    pub(super) fn is_beside_melody(&self, number: u64, table: &ConditionTable) -> bool {
        table.expectation.is_some() && self.rows.is_empty() && self.has_melody(number, table)
    }

    /// Whether a melody is given of sample `number`, and no whole bar.
    pub(super) fn has_melody(&self, number: u64, table: &ConditionTable) -> bool {
        let is = |partial: &PartialRoll| is_melody(partial.given()) && known_bars(partial, &table.patches).is_empty();
        self.partial(number).is_some_and(is)
    }

    /// What is asked of sample `number`.
    pub(super) fn asked(&self, number: u64) -> &Asked {
        self.each.get((number - self.first) as usize).unwrap_or(&self.asked)
    }

    /// What is given of sample `number`.
    pub(super) fn partial(&self, number: u64) -> Option<&PartialRoll> {
        self.partials.get((number - self.first) as usize)
    }

    /// The song of sample `number`.
    pub(super) fn context(&self, number: u64) -> Option<&SongContext> {
        self.contexts.get((number - self.first) as usize)
    }

    /// The passage that sample `number` follows.
    pub(super) fn passage(&self, number: u64) -> Option<&Roll> {
        self.passages.get((number - self.first) as usize)?.as_ref()
    }

    /// What sample `number` is a variation of.
    pub(super) fn original(&self, number: u64) -> Option<&Roll> {
        self.variation.as_ref().and_then(|variation| variation.originals.get((number - self.first) as usize))
    }
}
