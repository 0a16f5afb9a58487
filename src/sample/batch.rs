//! The generation of one batch of samples.

use super::conditions::ConditionTable;
use super::correction::correct;
use super::generator::Generator;
use super::given::{Context, Followed, Held, beneath, impose};
use super::register::reaching;
use super::request::Request;
use super::seen::seen;
use super::shared_noise::{Mixing, of_chords};
use super::solver::{Guidance, Solver};
use super::step::{AfterStep, Step};
use crate::condition::{Controls, Row, Shown};
use crate::config::Sampling;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::models::{Conditioning, Conditions};
use crate::ops::flow::ode_combine;
use crate::ops::noise::philox_normal;
use crate::tensor::Tensor;

/// How often a step is taken again by a flow that is not trained to complete.
const RESAMPLINGS: usize = 1;
/// Key of the candidates, combined with the seed. The first candidate has the seed's own.
const CANDIDATE_KEY: u64 = 0x6361_6e64_6964_6174;

/// A batch of samples.
pub struct Batch<'a> {
    generator: &'a Generator,
    gpu: &'a Gpu,
    request: &'a Request,
    sampling: &'a Sampling,
    /// Seed of what differs between candidates.
    seed: u64,
    /// Number of the first sample.
    first: u64,
    count: usize,
    /// The conditions of each sample, and what is shown of them; of a flow with conditions.
    rows: Option<Vec<(Row, Shown)>>,
    /// What of each is given, as it sounds; empty if nothing is.
    given: Vec<PartialRoll>,
    /// The same, transposed as the flow's music is; empty if nothing is.
    partials: Vec<PartialRoll>,
    /// Whether each is the accompaniment to a melody that is given.
    accompanies: Vec<bool>,
    context: Option<Context>,
}

impl<'a> Batch<'a> {
    /// A candidate of each of `count` samples of a request from the number `first` on.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn new(
        generator: &'a Generator,
        gpu: &'a Gpu,
        request: &'a Request,
        sampling: &'a Sampling,
        (first, count): (u64, usize),
        candidate: u64,
    ) -> Result<Self> {
        let seed = request.seed ^ candidate.wrapping_mul(CANDIDATE_KEY);
        let rows = generator.rows(request, first, count);
        let shift = |number: u64| rows.as_ref().map_or(0, |rows| i32::from(rows[(number - first) as usize].shift));
        let numbers = first..first + count as u64;
        let given: Vec<PartialRoll> =
            numbers.clone().filter_map(|number| Some(request.asked(number).within(request.partial(number)?))).collect();
        let partials: Vec<PartialRoll> =
            numbers.clone().zip(&given).map(|(number, partial)| partial.shifted(shift(number))).collect();
        let table = generator.conditions.as_ref().filter(|_| sampling.counts > 0.0);
        let accompanies = |number: u64| table.is_some_and(|table| request.has_melody(number, table));
        let accompanies = numbers.map(accompanies).collect();
        let is_anything_given = !request.partials.iter().all(PartialRoll::is_nothing);
        let context = is_anything_given.then(|| generator.context(gpu, &partials)).transpose()?;
        let rows = rows.zip(generator.conditions.as_ref()).map(|(rows, table)| {
            let shown = |(i, row)| seen(row, request, (seed, first + i as u64, partials.get(i)), table);
            rows.into_iter().enumerate().map(shown).collect()
        });
        Ok(Self { generator, gpu, request, sampling, seed, first, count, rows, given, partials, accompanies, context })
    }

    /// The samples. `after_step` is called after each step of the solver.
    ///
    /// # Errors
    /// A failure of the device; an error of `after_step`.
    pub fn generate(&self, after_step: &mut AfterStep<'_>) -> Result<Vec<Roll>> {
        self.music(&self.latents(after_step)?)
    }

    /// The music of standardised latents `[count, h, w, D]`, as it sounds, with what is given.
    fn music(&self, latents: &Tensor) -> Result<Vec<Roll>> {
        let logits = self.decode(latents)?;
        let layout = self.layout();
        let rolls = self.rolls(logits, |place, logits| {
            if let (Some(rows), Some(table)) = (&self.rows, &self.generator.conditions) {
                let (row, shown) = &rows[place];
                let asked = self.request.asked(self.first + place as u64);
                let is_expected = self.request.is_beside_melody(self.first + place as u64, table);
                correct(logits, layout.count(), (row, shown, is_expected), asked, self.sampling, &table.patches);
            }
        });
        let as_it_sounds = |(place, roll): (usize, Roll)| {
            let roll = match &self.rows {
                Some(rows) => roll.shifted(-i32::from(rows[place].0.shift)),
                None => roll,
            };
            let partial = self.given.get(place);
            let roll = match self.request.asked(self.first + place as u64).register() {
                Some(register) => reaching(&roll, partial, &register),
                None => roll,
            };
            partial.map_or(roll.clone(), |partial| partial.completed(&roll))
        };
        Ok(rolls.into_iter().enumerate().map(as_it_sounds).collect())
    }

    fn layout(&self) -> Layout {
        Layout::of(&self.generator.config.data)
    }

    /// Standardised latents `[count, h, w, D]`.
    fn latents(&self, after_step: &mut AfterStep<'_>) -> Result<Tensor> {
        let Self { generator, gpu, sampling, .. } = self;
        let [height, width, channels] = generator.config.latent_shape();
        let mut noise = philox_normal(gpu, self.seed, self.first, &[self.count, height, width, channels]);
        if let Some(rows) = &self.rows {
            noise = self.shared(noise, rows)?;
        }
        let guidance = self.guidance();
        let held = self.context.as_ref().map(|context| self.held(context, &noise));
        let followed = self.followed(&noise);
        let from = self.request.variation.as_ref().map_or(0.0, |variation| 1.0 - variation.strength);
        let solver = Solver {
            field: &generator.field,
            method: sampling.method,
            times: [from, 1.0],
            steps: steps(sampling.steps, 1.0 - from),
            guidance: guidance.as_ref(),
            held: held.as_ref(),
            followed: followed.as_ref(),
        };
        solver.solve(self.varied(noise, from)?, |end| after_step(&Step::new(&|| self.music(&end()))))
    }

    /// The passages that samples follow; `None` if none follows any.
    fn followed(&self, noise: &Tensor) -> Option<Followed> {
        let passage = |place: usize| {
            let passage = self.request.passage(self.first + place as u64)?;
            Some(passage.clone().shifted(self.shift(place)))
        };
        let passages: Vec<Option<Roll>> = (0..self.count).map(passage).collect();
        let is_any = self.sampling.follow > 0.0 && passages.iter().any(Option::is_some);
        is_any.then(|| Followed::of(&self.generator.encoder(), noise, &passages, self.sampling.follow as f32))
    }

    /// Semitones by which the music of a place is transposed to the flow's key.
    fn shift(&self, place: usize) -> i32 {
        self.rows.as_ref().map_or(0, |rows| i32::from(rows[place].0.shift))
    }

    /// The beginning of a solution: noise, or music to vary that is mixed with it up to time `from`.
    fn varied(&self, noise: Tensor, from: f32) -> Result<Tensor> {
        let original = |place| self.request.original(self.first + place as u64);
        let in_key = |place| Some(original(place)?.clone().shifted(self.shift(place)));
        let rolls: Vec<Roll> = (0..self.count).filter_map(in_key).collect();
        if rolls.is_empty() {
            return Ok(noise);
        }
        let latents = self.generator.encoder().encode(self.gpu, &rolls.iter().collect::<Vec<_>>());
        Ok(ode_combine(&noise, &[(&noise, -from), (&latents, from)]))
    }

    /// Conditions or classes, with what is given.
    fn guidance(&self) -> Option<Guidance> {
        let (generator, gpu) = (self.generator, self.gpu);
        let [scale, until] = [self.sampling.guidance, self.sampling.guided_until].map(|number| number as f32);
        let (Some(rows), Some(table)) = (&self.rows, &generator.conditions) else {
            let classes = generator.classes(self.request, self.first, self.count)?;
            let classes: Vec<Option<usize>> = classes.into_iter().map(Some).collect();
            let conditioning = generator.field.network.classes(gpu, &classes);
            return Some(Guidance { conditioning, always: Conditioning::Nothing, scale, until });
        };
        let shown: Vec<(&Row, Shown)> = rows.iter().map(|(row, shown)| (row, *shown)).collect();
        let is_trained = generator.config.flow.given > 0;
        let given = self.context.as_ref().filter(|_| is_trained).map(|context| context.condition.clone());
        let controls = self.controls(table).map(|controls| table.upload_controls(gpu, &controls));
        let conditions = Conditions { given: given.clone(), controls, ..table.upload(gpu, &shown) };
        let always = Conditions { given, ..Conditions::default() };
        Some(Guidance {
            conditioning: Conditioning::Conditions(conditions),
            always: Conditioning::Conditions(always),
            scale,
            until,
        })
    }

    /// What is asked of the new notes of each sample; `None` if the flow has no controls or nothing is asked of any.
    fn controls(&self, table: &ConditionTable) -> Option<Vec<Controls>> {
        let rows = self.rows.as_ref().filter(|_| self.generator.config.flow.controls > 0)?;
        let control = |(place, (row, _)): (usize, &(Row, Shown))| {
            let partial = self.partials.get(place).filter(|partial| !partial.is_nothing());
            let mut controls = Controls::default();
            let asked = self.request.asked(self.first + place as u64);
            asked.wishes.iter().for_each(|wish| wish.control(&mut controls, partial, row, &table.scales));
            controls
        };
        let all: Vec<Controls> = rows.iter().enumerate().map(control).collect();
        all.iter().any(|controls| !controls.is_nothing()).then_some(all)
    }

    fn held<'b>(&'b self, context: &'b Context, noise: &Tensor) -> Held<'b> {
        let is_trained = self.generator.config.flow.given > 0;
        Held {
            context,
            noise: (!is_trained).then(|| noise.clone()),
            resamplings: if is_trained { 0 } else { RESAMPLINGS },
            paste: Some(Box::new(|latents: &Tensor| self.pasted(latents))),
            stream: (self.seed, self.first),
        }
    }

    /// The latents of the music of `latents` with what is given.
    fn pasted(&self, latents: &Tensor) -> Result<Tensor> {
        let rolls = self.rolls(self.decode(latents)?, |_, _| {});
        let completed: Vec<Roll> =
            self.partials.iter().zip(&rolls).map(|(partial, roll)| partial.completed(roll)).collect();
        Ok(self.generator.encoder().encode(self.gpu, &completed.iter().collect::<Vec<_>>()))
    }

    /// The noise with the share that bars have in common: by the form asked for, else by their chords.
    fn shared(&self, noise: Tensor, rows: &[(Row, Shown)]) -> Result<Tensor> {
        let form = |place: usize| self.request.asked(self.first + place as u64).form.as_ref();
        if self.sampling.repeat == 0.0 && (0..self.count).all(|place| form(place).is_none()) {
            return Ok(noise);
        }
        let [_, bars, channels] = self.generator.config.latent_shape();
        let mut values = noise.read_f32()?;
        let size = values.len() / rows.len();
        for (place, (values, (row, _))) in values.chunks_mut(size).zip(rows).enumerate() {
            let covariance = match form(place) {
                Some(form) => form.covariance(bars),
                None => of_chords(&row.chords, row.chords.len() / bars, self.sampling.repeat),
            };
            Mixing::of(&covariance.map_err(Error::config)?).apply(values, channels);
        }
        Ok(Tensor::from_f32(noise.gpu(), noise.shape(), &values))
    }

    /// Standardised latents to a logit or value per cell and channel.
    fn decode(&self, latents: &Tensor) -> Result<Vec<f32>> {
        let Generator { statistics, vqvae, .. } = self.generator;
        let latents = statistics.unstandardise(latents);
        if self.sampling.quantize {
            return vqvae.decode(&vqvae.quantize_coarsely(&latents, self.sampling.levels)).read_f32();
        }
        vqvae.decode(&latents).read_f32()
    }

    /// The rolls of a batch's logits, in which given onsets are certain and cells that are not free are not lit, once `correct` has
    /// changed those of each place.
    fn rolls(&self, mut logits: Vec<f32>, correct: impl Fn(usize, &mut [f32])) -> Vec<Roll> {
        let layout = self.layout();
        let size = layout.size(self.generator.config.data.steps);
        let orphans = if self.sampling.open_orphans { Orphans::Open } else { Orphans::Drop };
        for (place, logits) in logits.chunks_mut(size).enumerate() {
            if let Some(partial) = self.partials.get(place) {
                impose(partial, logits, layout);
                if self.accompanies[place] {
                    beneath(partial.given(), logits, layout);
                }
            }
            correct(place, logits);
        }
        let read = |cells: &[f32]| layout.read(cells, orphans).marked(true);
        layout.activate(logits).chunks(size).map(read).collect()
    }
}

/// Steps for a share of the time; none only if the whole has none.
fn steps(whole: usize, share: f32) -> usize {
    ((whole as f32 * share).round() as usize).max(whole.min(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_steps_stay_none_and_a_share_has_at_least_one() {
        assert_eq!([steps(0, 1.0), steps(0, 0.5), steps(24, 1.0), steps(24, 0.4), steps(24, 0.0)], [0, 0, 24, 10, 1]);
    }
}
