//! Sampling, batch by batch.

use super::batch::Batch;
use super::generator::Generator;
use super::request::Request;
use super::step::AfterStep;
use super::typical::{most_typical, most_typical_bars};
use crate::config::Sampling;
use crate::data::music::roll::Roll;
use crate::error::Result;
use crate::gpu::Gpu;

impl Generator {
    /// Generates the samples of `request` by the method of `sampling`.
    ///
    /// # Errors
    /// A class that the flow does not have; a failure of the device.
    pub fn generate(&self, gpu: &Gpu, request: &Request, sampling: &Sampling) -> Result<Vec<Roll>> {
        self.generate_with(gpu, request, sampling, &mut |_| Ok(()))
    }

    /// As [`generate`](Self::generate), and calls `after_step` after each step of the solver, of which there are `sampling.steps` for
    /// each candidate of each batch; beside a melody at most so many for four candidates ([`Sampling::beside_melody`]).
    ///
    /// # Errors
    /// As [`generate`](Self::generate), and those of `after_step`.
    pub fn generate_with(
        &self,
        gpu: &Gpu,
        request: &Request,
        sampling: &Sampling,
        after_step: &mut AfterStep<'_>,
    ) -> Result<Vec<Roll>> {
        self.check_class(request.class)?;
        request.check(self.config.data.steps as u32)?;
        if let Some(rolls) = self.melodies_alone(request) {
            return Ok(rolls);
        }
        let with_melodies = self.with_melodies(request, sampling);
        let request = with_melodies.as_ref().unwrap_or(request);
        let is_beside_melody =
            |number: u64| self.conditions.as_ref().is_some_and(|table| request.is_beside_melody(number, table));
        let numbers: Vec<u64> = (request.first..request.first + request.count as u64).collect();
        let mut rolls = Vec::new();
        // Samples that are written in another way are in batches of their own, so that none depends on the others.
        for alike in numbers.chunk_by(|&a, &b| is_beside_melody(a) == is_beside_melody(b)) {
            let is_beside_melody = is_beside_melody(alike[0]);
            let sampling = &if is_beside_melody { sampling.clone().beside_melody() } else { sampling.clone() };
            let typical = if is_beside_melody { most_typical_bars } else { most_typical };
            for batch in alike.chunks(request.batch) {
                let samples = (batch[0], batch.len());
                let candidate =
                    |number| Batch::new(self, gpu, request, sampling, samples, number)?.generate(after_step);
                let candidates: Vec<Vec<Roll>> =
                    (0..sampling.candidates as u64).map(candidate).collect::<Result<_>>()?;
                let new_notes = |place: usize, roll: &Roll| match request.partial(batch[place]) {
                    Some(partial) => partial.new_notes(roll),
                    None => roll.notes().to_vec(),
                };
                rolls.extend(typical(&candidates, &new_notes));
            }
        }
        Ok(rolls)
    }
}
