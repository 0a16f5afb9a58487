//! The report of a task.

use std::fmt;

use serde::Serialize;

use super::continuation::Continuation;
use super::exactness::Exactness;
use super::repeated::Repeated;
use super::row::{TaskRow, table};
use super::settings::Settings;
use crate::evaluate::bootstrap::Estimate;
use crate::evaluate::memory::Memorisation;
use crate::evaluate::obedience::AttributeRow;
use crate::text::count;

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
    /// How far they repeat the passages that they follow; none where none does.
    pub repeated: Option<Repeated>,
    /// Correlation of the attributes asked for with those of the windows; empty if none was.
    pub attributes: Vec<AttributeRow>,
    /// Pieces of 32 bars, of the task that continues; none if no song is so long.
    pub continuation: Option<Continuation>,
    /// The training windows nearest to the flow's windows and to the real ones; none where none of the songs is a training song.
    pub memorisation: Option<Memorisation>,
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
        let new = rows.iter().map(|row| (row.what, [row.notes_per_bar, row.in_chord, row.in_key, row.steps]));
        writeln!(f, "New notes\n{}", table(["per bar", "in the chord", "in the key", "melody's steps"], new))?;
        if settings.task.has_seams() {
            let seams = rows.iter().map(|row| (row.what, [row.seam_density, row.seam_register, row.seam_f1]));
            writeln!(f, "Borders of the hidden part\n{}", table(["density", "register", "onset F1"], seams))?;
        }
        let overlaps = rows.iter().map(|row| (row.what, [row.overlap, row.groove]));
        writeln!(f, "Whole windows against held-out ones\n{}", table(["OA of 9 features", "OA of groove"], overlaps))?;
        writeln!(f, "{}", self.exactness)?;
        self.repeated.iter().try_for_each(|found| writeln!(f, "{found}"))?;
        for AttributeRow { name, correlation } in &self.attributes {
            let found = correlation.map_or("-".to_owned(), |found| found.to_string());
            writeln!(f, "correlation of {name} asked and got: {found}")?;
        }
        self.continuation.iter().try_for_each(|found| write!(f, "\n{found}"))?;
        self.memorisation.iter().try_for_each(|found| write!(f, "\n{found}"))
    }
}
