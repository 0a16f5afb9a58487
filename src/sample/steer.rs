//! A part of a song written by a generator.

use super::likeness::unlikeness;
use super::{AfterStep, Asked, ConditionTable, Generator, Request, Step, Variation};
use crate::condition::{Row, Scales, Wish};
use crate::config::Sampling;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::to_c;
use crate::dynamics::{self, Loudness};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::song::{Rewrite, WINDOW_STEPS, WindowRequest, rewrite};

/// What is asked of a generator that is to write a melody, unless the user asks for another number of voices.
pub const MELODY: Wish = Wish::Voices(1.0);

/// How a generator writes.
#[derive(Debug, Clone)]
pub struct Steering {
    /// Seed of the noise.
    pub seed: u64,
    /// Variants computed at a time.
    pub batch: usize,
    /// The solver and its settings.
    pub sampling: Sampling,
    /// Attributes that are asked for.
    pub wishes: Vec<Wish>,
    /// The share of noise, if the music is to be a variation of what is there.
    pub strength: Option<f32>,
    /// How closely the passage that a part most likely repeats is followed. Without it, as `sampling` says, but not at all where attributes are
    /// asked for, which a passage would contradict.
    pub follow: Option<f64>,
    /// How loud the new notes are; what is not asked is as in the notes around them.
    pub loudness: dynamics::Asked,
    /// Whether the new notes are a melody.
    pub is_melody: bool,
}

impl Steering {
    /// The request to a generator for a window.
    fn request(&self, window: &WindowRequest<'_>) -> Request {
        let asked = Asked {
            key: Some(window.key),
            chords: window.chords.clone(),
            wishes: self.wishes.clone(),
            ..Asked::default()
        };
        let count = window.partials.len();
        Request {
            // Different noise in each window.
            seed: self.seed.wrapping_add((window.number as u64) << 32),
            count,
            batch: self.batch,
            asked,
            partials: window.partials.clone(),
            textures: window.texture.iter().flat_map(|texture| vec![texture.clone(); count]).collect(),
            contexts: vec![window.context; count],
            passages: if self.follows() { window.passages.clone() } else { Vec::new() },
            variation: self
                .strength
                .map(|strength| Variation { originals: vec![window.original.clone(); count], strength }),
            melodies: self.writes_melody(window).then(|| window.earlier()),
            ..Request::default()
        }
    }

    /// Whether the window is a melody's, of which nothing is asked that only the flow can be asked, and which repeats no passage.
    fn writes_melody(&self, window: &WindowRequest<'_>) -> bool {
        let is_asked = |wish: &Wish| *wish == MELODY || matches!(wish, Wish::Register(..) | Wish::Density(_));
        let repeats = self.follows() && window.passages.iter().any(Option::is_some);
        self.is_melody && self.strength.is_none() && !repeats && self.wishes.iter().all(is_asked)
    }

    /// Whether attributes are asked for, other than that a melody is one voice.
    fn asks_attributes(&self) -> bool {
        self.wishes.iter().any(|wish| *wish != MELODY)
    }

    /// Whether passages are followed.
    fn follows(&self) -> bool {
        self.strength.is_none() && (self.follow.is_some() || !self.asks_attributes())
    }

    /// How windows are solved.
    fn solved(&self) -> Sampling {
        let sampling = self.sampling.clone().following(self.follow);
        if self.asks_attributes() { sampling.for_attributes() } else { sampling }
    }

    /// How loud the new notes of a window are.
    fn loudness(&self, given: &[Note]) -> dynamics::Asked {
        let around = Loudness::of(given);
        let dynamics::Asked { level, spread } = self.loudness;
        dynamics::Asked {
            level: level.or(around.map(|around| around.level)),
            spread: spread.or(around.map(|around| around.spread)),
        }
    }

    /// How unlike songs a written window is, and unlike what was asked of it.
    fn unlikeness(&self, window: &WindowRequest<'_>, roll: &Roll, scales: &Scales) -> f64 {
        let shift = to_c::shift_of(window.key);
        let roll = roll.clone().shifted(shift);
        let own = Row::of(&roll, shift);
        let chords = window.chords.as_ref().map(|chords| chords.iter().map(|chord| chord.transposed(shift)).collect());
        let mut row = Row { chords: chords.unwrap_or_else(|| own.chords.clone()), ..own };
        self.wishes.iter().for_each(|wish| wish.apply(&mut row, scales));
        unlikeness(&row, &roll, scales)
    }

    /// Steps of the solver for a number of windows and variants.
    pub fn steps(&self, windows: usize, variants: usize) -> usize {
        self.sampling.all_steps() * windows * variants.div_ceil(self.batch)
    }
}

/// A variant of a part of a song.
#[derive(Debug, Clone, PartialEq)]
pub struct Steered {
    /// Its new notes, in steps of the song.
    pub notes: Vec<Note>,
    /// How unlike songs, and unlike what was asked, its windows are: the mean of their [`unlikeness`].
    pub unlikeness: f64,
}

/// The variants. `after_step` is called after each step of the solver; a preview has the new notes so far, in steps of the song.
///
/// # Errors
/// A flow without conditions, or of other windows than 8 bars of 4/4; a failure of the device; an error of `after_step`.
pub fn steer(
    gpu: &Gpu,
    generator: &Generator,
    plan: &Rewrite<'_>,
    steering: &Steering,
    after_step: &mut AfterStep<'_>,
) -> Result<Vec<Steered>> {
    let table = check(generator)?;
    let mut unlikenesses = vec![Vec::new(); plan.variants];
    let sampling = steering.solved();
    let mut generate = |window: &WindowRequest<'_>| -> Result<Vec<Roll>> {
        let request = steering.request(window);
        let in_song = &mut |step: &Step<'_>| after_step(&Step::new(&|| Ok(window.in_song(&step.preview()?))));
        let rolls = generator.generate_with(gpu, &request, &sampling, in_song)?;
        let judged = unlikenesses.iter_mut().zip(&rolls);
        judged.for_each(|(all, roll)| all.push(steering.unlikeness(window, roll, &table.scales)));
        let performed = |((number, roll), partial): ((u64, Roll), &PartialRoll)| {
            generator.perform(&roll, request.seed, number, &steering.loudness(partial.given().notes()))
        };
        (0..).zip(rolls).zip(&window.partials).map(performed).collect()
    };
    let notes = rewrite(plan, &mut generate)?;
    let mean = |all: Vec<f64>| all.iter().sum::<f64>() / all.len().max(1) as f64;
    let variant = |(notes, all): (Vec<Note>, Vec<f64>)| Steered { notes, unlikeness: mean(all) };
    Ok(notes.into_iter().zip(unlikenesses).map(variant).collect())
}

/// The conditions of a flow; refuses one that cannot be steered.
///
/// # Errors
/// One sentence.
pub fn check(generator: &Generator) -> Result<&ConditionTable> {
    let steps = generator.config.data.steps;
    let table = generator.conditions.as_ref().ok_or_else(|| {
        Error::config(
            "this flow was trained without conditions, so that it cannot complete a song; leave out --checkpoint for the bundled one",
        )
    })?;
    if steps != WINDOW_STEPS as usize {
        return Err(Error::config(format!(
            "this flow writes {steps} steps, but songs are completed in windows of {WINDOW_STEPS}; leave out --checkpoint for the bundled one"
        )));
    }
    Ok(table)
}
