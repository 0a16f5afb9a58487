//! A flow that completes windows.

use super::prompt::Prompt;
use super::settings::Settings;
use crate::condition::Scales;
use crate::data::music::roll::Roll;
use crate::error::Result;
use crate::evaluate::Options;
use crate::gpu::Gpu;
use crate::sample::{Generator, Request, Variation};
use crate::train::run::Progress;

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
        for prompt in prompts {
            let request = self.request(prompt, first + rolls.len() as u64);
            rolls.extend(self.generator.generate(self.gpu, &request, &self.generator.config.flow.sampling)?);
            progress.update(rolls.len() as u64);
        }
        progress.finish();
        Ok(rolls)
    }

    /// The scales of the flow's conditions, if it has some.
    pub fn scales(&self) -> Option<&Scales> {
        self.generator.conditions.as_ref().map(|table| &table.scales)
    }

    /// A sample by itself, because what is asked is the same for all samples of a request.
    fn request(&self, prompt: &Prompt, number: u64) -> Request {
        let Prompt { partial, asked, original } = prompt.clone();
        let strength = self.settings.strength as f32;
        let variation = original.map(|original| Variation { originals: vec![original], strength });
        let partials = vec![partial];
        Request { seed: self.options.seed, first: number, count: 1, batch: 1, asked, partials, variation, class: None }
    }
}
