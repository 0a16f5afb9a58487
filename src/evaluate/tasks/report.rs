//! The evaluation of a flow by a task, and its report.

use std::fmt;

use serde::Serialize;

use super::asked;
use super::case::{Case, Outcome};
use super::continuation::Continuation;
use super::exactness::Exactness;
use super::excerpt::{STEPS, choose};
use super::likeness::Likeness;
use super::prompt::Prompt;
use super::row::{TaskRow, table};
use super::settings::{Attributes, Chords, Settings};
use super::substitutes::Substitute;
use super::task::Task;
use super::writer::Writer;
use crate::data::dataset::Dataset;
use crate::data::music::roll::Roll;
use crate::error::{Error, Result};
use crate::evaluate::bootstrap::Estimate;
use crate::evaluate::memory::{self, Memorisation};
use crate::evaluate::obedience::AttributeRow;
use crate::evaluate::windows::{Set, in_four};
use crate::evaluate::{Options, check_held_out, flow};
use crate::gpu::Gpu;
use crate::sample::Generator;
use crate::text::count;

/// Windows for each piece of 32 bars.
const PER_PIECE: usize = 4;

/// Results of a task.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The task and what the flow was told.
    pub settings: Settings,
    /// Number of held-out songs with a window.
    pub songs: usize,
    /// Number of windows.
    pub windows: usize,
    /// The flow, the real music as upper baseline, and the lower baselines.
    pub rows: Vec<TaskRow>,
    /// Whether the flow kept what was given.
    pub exactness: Exactness,
    /// Correlation of the attributes asked for with those of the windows; empty if none was.
    pub attributes: Vec<AttributeRow>,
    /// Pieces of 32 bars, of the task that continues; none if no song is so long.
    pub continuation: Option<Continuation>,
    /// The training windows nearest to the flow's windows and to the real ones; none where none of the songs is a training song.
    pub memorisation: Option<Memorisation>,
}

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
    if generator.config.data.steps != STEPS as usize {
        return Err(Error::config(format!(
            "--task needs a flow whose windows have {STEPS} steps; this one's have {}",
            generator.config.data.steps
        )));
    }
    let told = settings.chords == Chords::Given || settings.attributes != Attributes::Hidden;
    if generator.conditions.is_none() && told {
        return Err(Error::config(
            "this flow was trained without conditions, so that it cannot be told chords or attributes; add --chords hidden",
        ));
    }
    let (task, seed) = (settings.task, options.seed);
    let limit = options.samples.unwrap_or(flow::SAMPLES);
    let writer = Writer { gpu, generator, settings, options };
    let cases = Case::of(choose(data, limit)?, settings, writer.scales(), seed);
    let prompts: Vec<&Prompt> = cases.iter().map(|case| &case.prompt).collect();
    let written = writer.write(task.name(), &prompts, 0)?;
    let written: Vec<Outcome> = cases.iter().zip(written).map(|(case, roll)| case.outcome(roll)).collect();

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
        attributes: asked::correlations(&cases, &written, seed),
        continuation,
        memorisation: trained.then(|| Memorisation { samples: nearest(&written), held_out: nearest(&real) }),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, songs, windows, rows, .. } = self;
        let [songs, windows] = [(songs, "song"), (windows, "window")].map(|(n, noun)| count(*n, noun));
        writeln!(f, "{windows} of {songs}, {}; {};", settings.task.hides(), settings.words())?;
        writeln!(f, "95 % intervals over songs in brackets\n")?;
        let part = |heading: [&str; 4], cells: fn(&TaskRow) -> [Option<Estimate>; 4]| {
            table(heading, rows.iter().map(|row| (row.what, cells(row))))
        };
        let hidden =
            part(["D_P", "D_D", "onset F1", "rhythm F1"], |row| [row.pitch, row.duration, row.onset_f1, row.rhythm_f1]);
        writeln!(f, "New notes against the hidden ones, mean over bars\n{hidden}")?;
        let new = rows.iter().map(|row| (row.what, [row.notes_per_bar, row.in_chord, row.in_key]));
        writeln!(f, "New notes\n{}", table(["per bar", "in the chord", "in the key"], new))?;
        if settings.task.has_seams() {
            let seams = rows.iter().map(|row| (row.what, [row.seam_density, row.seam_register, row.seam_f1]));
            writeln!(f, "Borders of the hidden part\n{}", table(["density", "register", "onset F1"], seams))?;
        }
        let overlaps = rows.iter().map(|row| (row.what, [row.overlap, row.groove]));
        writeln!(f, "Whole windows against held-out ones\n{}", table(["OA of 9 features", "OA of groove"], overlaps))?;
        writeln!(f, "{}", self.exactness)?;
        for AttributeRow { name, correlation } in &self.attributes {
            let found = correlation.map_or("-".to_owned(), |found| found.to_string());
            writeln!(f, "correlation of {name} asked and got: {found}")?;
        }
        self.continuation.iter().try_for_each(|found| write!(f, "\n{found}"))?;
        self.memorisation.iter().try_for_each(|found| write!(f, "\n{found}"))
    }
}
