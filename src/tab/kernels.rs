//! Every kernel that the program in a tab may launch, as WGSL.
//!
//! Which kernels these are follows from the network and from sizes: of a batch, of a melody. So all tasks are recorded on paper, on a
//! device of the same tuning, in all sizes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, Roll};
use crate::dynamics;
use crate::error::Result;
use crate::gpu::{Gpu, Paper};
use crate::sample::{Generator, Request, Step, Variation};

/// Most variants of a request.
const VARIANTS: usize = 8;
/// Most notes of a window.
const NOTES: u32 = 4096;

/// A kernel for a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Its text.
    pub wgsl: String,
    /// Whether it writes each of its bindings.
    pub writable: Vec<bool>,
    /// Bytes of its `Params`, in a uniform buffer at group 1.
    pub params: u32,
}

/// The kernels of a flow by their [names](crate::shader::Kernel::key).
///
/// # Errors
/// A checkpoint that cannot be used.
pub fn kernels(checkpoint: &Checkpoint) -> Result<BTreeMap<String, Source>> {
    let gpu = Gpu::on_paper(&Paper::web_gpu())?;
    let generator = Generator::of(&gpu, checkpoint.clone())?;
    for variants in 1..=VARIANTS {
        rehearse(&generator, &gpu, variants)?;
    }
    // The network of the dynamics has a row per note.
    let sizes = (0..).map(|power| 1 << power).take_while(|&notes| notes <= NOTES);
    for notes in sizes.flat_map(|notes| [notes, notes + notes / 2]) {
        generator.perform(&melody(&generator, notes), 0, 0, &dynamics::Asked::default())?;
    }
    let source = |variant: crate::gpu::pipeline::Variant| {
        let (wgsl, bindings, params) = variant.text();
        let source = Source { wgsl, writable: bindings.iter().map(|binding| binding.writable).collect(), params };
        (variant.kernel.key(&variant.constants, &variant.stored), source)
    };
    Ok(gpu.variants().into_iter().map(source).collect())
}

/// Records each way in which a batch is written, in one step of the solver.
fn rehearse(generator: &Generator, gpu: &Gpu, variants: usize) -> Result<()> {
    let steps = generator.config.data.steps as u32;
    let given = melody(generator, steps);
    let half = CellSet::rectangle(steps, 0..=63, 0..steps / 2);
    let sampling = &generator.config.flow.sampling;
    for guidance in [1.0, 2.0] {
        let sampling = &sampling.with(Some(2), Some(guidance));
        let new = Request { count: variants, batch: VARIANTS, ..Request::default() };
        let partials = vec![PartialRoll::new(given.clone(), &half); variants];
        let fill = Request { partials, ..new.clone() };
        let variation = Some(Variation { originals: vec![given.clone(); variants], strength: 0.5 });
        let vary = Request { variation, ..fill.clone() };
        for request in [new, fill, vary] {
            let preview = &mut |step: &Step<'_>| step.preview().map(drop);
            generator.generate_with(gpu, &request, sampling, preview)?;
        }
    }
    Ok(())
}

/// So many notes in a window.
fn melody(generator: &Generator, notes: u32) -> Roll {
    let steps = generator.config.data.steps as u32;
    let note = |number: u32| {
        let pitch = 30 + (number / steps * 2 % 80) as u8;
        Note { pitch, start: number % steps, duration: 1, velocity: 80 }
    };
    Roll::new(steps, (0..notes).map(note).collect())
}
