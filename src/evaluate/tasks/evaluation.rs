//! The evaluation of a flow by a task.

use super::asked::correlations;
use super::case::{Case, Outcome};
use super::continuation::Continuation;
use super::exactness::Exactness;
use super::excerpt::{STEPS, choose};
use super::likeness::Likeness;
use super::passage::passage;
use super::prompt::Prompt;
use super::repeated::Repeated;
use super::report::Report;
use super::row::TaskRow;
use super::settings::{Attributes, Chords, Settings};
use super::substitutes::Substitute;
use super::task::Task;
use super::writer::Writer;
use crate::data::dataset::Dataset;
use crate::data::music::roll::Roll;
use crate::error::{Error, Result};
use crate::evaluate::memory::{self, Memorisation};
use crate::evaluate::windows::{Set, in_four};
use crate::evaluate::{Options, check_held_out, flow};
use crate::gpu::Gpu;
use crate::sample::Generator;

/// Windows for each piece of 32 bars.
const PER_PIECE: usize = 4;

/// Evaluates a flow by a task.
///
/// # Errors
/// A flow whose windows are not of eight bars, data without suitable held-out windows, or a failure of the device.
pub fn evaluate(
    gpu: &Gpu,
    generator: &Generator,
    data: &Dataset,
    settings: &Settings,
    options: &Options,
) -> Result<Report> {
    check_held_out(data)?;
    check(generator, settings)?;
    let (task, seed) = (settings.task, options.seed);
    let limit = options.samples.unwrap_or(flow::SAMPLES);
    let writer = Writer { gpu, generator, settings, options };
    let mut cases = Case::of(choose(data, limit)?, settings, writer.scales(), seed);
    let passages: Vec<Option<Roll>> = cases.iter().map(|case| passage(data, case, settings)).collect();
    cases.iter_mut().zip(passages).for_each(|(case, passage)| case.prompt.passage = passage);
    let prompts: Vec<&Prompt> = cases.iter().map(|case| &case.prompt).collect();
    let written = writer.write(task.name(), &prompts, 0)?;
    let written: Vec<Outcome> = cases.iter().zip(written).map(|(case, roll)| case.finished(task, &roll)).collect();

    let likeness = Likeness::to(Set::of_windows(data, &in_four(data, data.held_out_windows())));
    let row = |what, outcomes: &[Outcome], whole: bool| {
        TaskRow::of(what, task, &cases, outcomes, whole.then_some(&likeness), seed)
    };
    let real: Vec<Outcome> = cases.iter().map(Case::real).collect();
    let mut rows = vec![row("the flow", &written, true), row("real music", &real, true)];
    for (substitute, name) in Substitute::of(task) {
        let outcomes = substitute.outcomes(task, data, &cases, seed);
        rows.extend(outcomes.map(|outcomes| row(name, &outcomes, substitute.is_whole())));
    }
    let continuation = match task {
        Task::Continue => {
            let pieces = limit.div_ceil(PER_PIECE);
            Continuation::of(&writer, data, &likeness, pieces, cases.len() as u64)?
        }
        _ => None,
    };
    let rolls = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.roll.clone()).collect::<Vec<Roll>>();
    let nearest = |outcomes: &[Outcome]| memory::nearest(data, &rolls(outcomes));
    let trained = !data.encoding_windows(1, 1, 0).is_empty();
    Ok(Report {
        settings: *settings,
        songs: cases.chunk_by(Case::is_of_song_of).count(),
        windows: cases.len(),
        rows,
        exactness: Exactness::of(&cases, &written),
        repeated: Repeated::of(&cases, &written, &real, seed),
        attributes: correlations(&cases, &written, seed),
        continuation,
        memorisation: trained.then(|| Memorisation { samples: nearest(&written), held_out: nearest(&real) }),
    })
}

/// Refuses a flow of other windows, or one that cannot be told what it is to be told.
fn check(generator: &Generator, settings: &Settings) -> Result<()> {
    if generator.config.data.steps != STEPS as usize {
        return Err(Error::config(format!(
            "--task needs a flow whose windows have {STEPS} steps; this one's have {}",
            generator.config.data.steps
        )));
    }
    let is_told = settings.chords == Chords::Given || settings.attributes != Attributes::Hidden;
    if generator.conditions.is_none() && is_told {
        return Err(Error::config(
            "this flow was trained without conditions, so that it cannot be told chords or attributes; add --chords hidden",
        ));
    }
    Ok(())
}
