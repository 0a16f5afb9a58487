//! A flow that completes windows.

use super::excerpt::STEPS;
use super::prompt::Prompt;
use super::settings::{Attributes, Settings};
use super::task::Task;
use crate::condition::Scales;
use crate::data::music::roll::Roll;
use crate::error::Result;
use crate::evaluate::Options;
use crate::gpu::Gpu;
use crate::sample::{Generator, Request, Variation};
use crate::train::run::Progress;

/// Windows computed at a time.
const BATCH: usize = 16;

/// A generator with the options of an evaluation.
pub struct Writer<'a> {
    /// The device.
    pub gpu: &'a Gpu,
    /// The flow.
    pub generator: &'a Generator,
    /// The task.
    pub settings: &'a Settings,
    /// Seed and progress.
    pub options: &'a Options,
}

impl Writer<'_> {
    /// The windows completed, as samples `first..` of the seed.
    ///
    /// # Errors
    /// If the device fails.
    pub fn write(&self, what: &str, prompts: &[&Prompt], first: u64) -> Result<Vec<Roll>> {
        let mut progress = Progress::new(what, 0, prompts.len() as u64, self.options.verbosity);
        let mut rolls = Vec::new();
        let trained = self.generator.config.flow.sampling.clone();
        let sampling = match self.settings.attributes {
            Attributes::Hidden => trained,
            Attributes::Given | Attributes::Asked => trained.for_attributes(),
        };
        for prompts in prompts.chunks(BATCH) {
            let request = self.request(prompts, first + rolls.len() as u64);
            rolls.extend(self.generator.generate(self.gpu, &request, &sampling)?);
            progress.update(rolls.len() as u64);
        }
        progress.finish();
        Ok(rolls)
    }

    /// The scales of the flow's conditions, if it has some.
    pub fn scales(&self) -> Option<&Scales> {
        self.generator.conditions.as_ref().map(|table| &table.scales)
    }

    fn request(&self, prompts: &[&Prompt], first: u64) -> Request {
        let originals: Vec<Roll> = prompts.iter().filter_map(|prompt| prompt.original.clone()).collect();
        let strength = self.settings.strength as f32;
        Request {
            seed: self.options.seed,
            first,
            count: prompts.len(),
            batch: BATCH,
            each: prompts.iter().map(|prompt| prompt.asked.clone()).collect(),
            partials: prompts.iter().map(|prompt| prompt.partial.clone()).collect(),
            textures: prompts.iter().filter_map(|prompt| prompt.texture.clone()).collect(),
            contexts: prompts.iter().filter_map(|prompt| prompt.context).collect(),
            passages: prompts.iter().map(|prompt| prompt.passage.clone()).collect(),
            melodies: (self.settings.task == Task::Melody).then(|| vec![Roll::new(STEPS, Vec::new()); prompts.len()]),
            variation: (!originals.is_empty()).then_some(Variation { originals, strength }),
            ..Request::default()
        }
    }
}
