//! New music of any number of bars, in a time signature.

use super::composed::Composed;
use super::long::{self, MOST, Plan, WINDOW};
use super::shared_noise::Form;
use super::{AfterStep, Generator, Metre, Request};
use crate::config::Sampling;
use crate::config::conditions::STEPS_PER_BAR;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// The length and time signature of new music.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The windows of a piece that is longer than one.
    plan: Option<Plan>,
    metre: Metre,
}

impl Composition {
    /// Music of so many bars, in 4/4 of 8 to 512.
    ///
    /// # Errors
    /// One sentence for another number, or sections of a form that do not divide them.
    pub fn new(bars: usize, metre: Metre, form: Option<&Form>) -> Result<Self> {
        let columns = metre.columns(bars);
        if !(WINDOW..=MOST).contains(&columns) {
            let [least, most] = [WINDOW, MOST].map(|columns| metre.bars(columns));
            return Err(Error::config(format!("a piece has {least} to {most} bars, not {bars}")));
        }
        let plan = (columns != WINDOW).then(|| Plan::new(columns, form)).transpose().map_err(Error::config)?;
        Ok(Self { plan, metre })
    }

    /// Steps of the solver for the samples of a request.
    pub fn steps(&self, request: &Request, sampling: &Sampling) -> usize {
        let windows = self.plan.as_ref().map_or(1, |plan| plan.windows().len());
        windows * sampling.all_steps() * request.count.div_ceil(request.batch)
    }

    /// The samples of a request. `after_step` is called as by [`Generator::generate_with`], for each window.
    ///
    /// # Errors
    /// A flow without conditions, for more bars than a window or another time signature than 4/4; a failure of the device; an error
    /// of `after_step`.
    pub fn write(
        &self,
        generator: &Generator,
        gpu: &Gpu,
        request: &Request,
        sampling: &Sampling,
        after_step: &mut AfterStep<'_>,
    ) -> Result<Composed> {
        if let Some(plan) = &self.plan {
            return long::generate(generator, gpu, request, sampling, (plan, &self.metre), after_step);
        }
        let request = &self.in_metre(request, generator)?;
        let with_melodies = generator.with_melodies(request, sampling);
        Ok(Composed {
            melodies: given(with_melodies.as_ref()),
            rolls: generator.generate_with(gpu, with_melodies.as_ref().unwrap_or(request), sampling, after_step)?,
            rows: generator.rows(request, request.first, request.count).unwrap_or_default(),
        })
    }

    /// The melodies that the samples of a request are written with, if these are no longer than a window; empty if none comes first.
    ///
    /// # Errors
    /// As [`write`](Self::write), but none of the device.
    pub fn melodies(&self, generator: &Generator, request: &Request, sampling: &Sampling) -> Result<Vec<Roll>> {
        Ok(given(generator.with_melodies(&self.in_metre(request, generator)?, sampling).as_ref()))
    }

    /// Whether a sample is longer than a window.
    pub fn is_long(&self) -> bool {
        self.plan.is_some()
    }

    /// A sample in its time signature.
    pub fn restored(&self, roll: &Roll) -> Roll {
        self.metre.restored(roll)
    }

    /// The request for samples in the time signature: the ends of the columns that its bars do not fill are not free.
    fn in_metre(&self, request: &Request, generator: &Generator) -> Result<Request> {
        if self.metre.is_common() {
            return Ok(request.clone());
        }
        let table = generator.conditions.as_ref().filter(|table| table.patches.steps == STEPS_PER_BAR);
        let table = table.ok_or_else(|| {
            Error::config(
                "this flow was trained without conditions, which another time signature needs; leave out --time-signature",
            )
        })?;
        let free = self.metre.free(table.patches.columns);
        let partial = PartialRoll::new(Roll::new(free.steps(), Vec::new()), &free);
        Ok(Request { partials: vec![partial; request.count], ..request.clone() })
    }
}

/// What is given of each sample of a request.
fn given(request: Option<&Request>) -> Vec<Roll> {
    request.iter().flat_map(|request| &request.partials).map(|partial| partial.given().clone()).collect()
}
