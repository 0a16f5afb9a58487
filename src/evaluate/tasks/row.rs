//! A row of the tables of a task: the flow or a baseline.

use serde::Serialize;

use super::case::{Case, Outcome};
use super::likeness::Likeness;
use super::sums::{Measure, Sums};
use super::task::Task;
use crate::evaluate::bootstrap::Estimate;
use crate::evaluate::windows::Set;

/// Measures of the windows that the flow or a baseline completed. `None` where nothing could be measured.
#[derive(Debug, Clone, Serialize)]
pub struct TaskRow {
    /// What completed them.
    pub what: &'static str,
    /// Number of bars that are compared.
    pub bars: usize,
    /// D_P: overlap of pitch histograms of new and hidden notes, a mean over bars, as the next three.
    pub pitch: Option<Estimate>,
    /// D_D: overlap of duration histograms.
    pub duration: Option<Estimate>,
    /// F1 of onsets.
    pub onset_f1: Option<Estimate>,
    /// F1 of rhythms.
    pub rhythm_f1: Option<Estimate>,
    /// New notes per bar.
    pub notes_per_bar: Option<Estimate>,
    /// Share of new notes in the chord that is recognised in the real music.
    pub in_chord: Option<Estimate>,
    /// Share of new notes in the key.
    pub in_key: Option<Estimate>,
    /// Share of steps in the intervals of the new notes' highest voice, a mean over windows.
    pub steps: Option<Estimate>,
    /// Difference of the logarithms of the notes + 1 of the bars at a border.
    pub seam_density: Option<Estimate>,
    /// Difference of their mean pitches in semitones.
    pub seam_register: Option<Estimate>,
    /// F1 of their onsets.
    pub seam_f1: Option<Estimate>,
    /// OA of nine features of whole windows against held-out windows; none where not all bars are judged.
    pub overlap: Option<Estimate>,
    /// OA of groove consistency.
    pub groove: Option<Estimate>,
}

impl TaskRow {
    /// Of the outcomes of all cases. `likeness` is `None` if whole windows are not judged.
    pub fn of(
        what: &'static str,
        task: Task,
        cases: &[Case],
        outcomes: &[Outcome],
        likeness: Option<&Likeness>,
        seed: u64,
    ) -> Self {
        let mut songs: Vec<Sums> = Vec::new();
        for (index, (case, outcome)) in cases.iter().zip(outcomes).enumerate() {
            if index == 0 || !case.is_of_song_of(&cases[index - 1]) {
                songs.push(Sums::default());
            }
            if let Some(song) = songs.last_mut() {
                *song += Sums::of(task, case, outcome);
            }
        }
        let mean = |measure| Sums::mean(&songs, measure, seed);
        let overlaps = likeness.map(|likeness| likeness.of(&set(cases, outcomes), seed));
        Self {
            what,
            bars: songs.iter().map(|song| song.count(Measure::OnsetF1)).sum::<f64>() as usize,
            pitch: mean(Measure::Pitch),
            duration: mean(Measure::Duration),
            onset_f1: mean(Measure::OnsetF1),
            rhythm_f1: mean(Measure::RhythmF1),
            notes_per_bar: mean(Measure::Notes),
            in_chord: mean(Measure::InChord),
            in_key: mean(Measure::InKey),
            steps: mean(Measure::Steps),
            seam_density: mean(Measure::SeamDensity),
            seam_register: mean(Measure::SeamRegister),
            seam_f1: mean(Measure::SeamF1),
            overlap: overlaps.map(|[overlap, _]| overlap),
            groove: overlaps.map(|[_, groove]| groove),
        }
    }
}

/// The windows, grouped by song.
fn set(cases: &[Case], outcomes: &[Outcome]) -> Set {
    Set {
        rolls: outcomes.iter().map(|outcome| outcome.roll.clone()).collect(),
        groups: cases.chunk_by(Case::is_of_song_of).map(<[Case]>::len).collect(),
    }
}

/// A table of estimates: a heading, and a line for each row that has any of them.
pub fn table<'a, const N: usize>(
    heading: [&str; N],
    rows: impl Iterator<Item = (&'a str, [Option<Estimate>; N])>,
) -> String {
    let line = |name: &str, cells: [String; N]| {
        let cells: String = cells.iter().map(|cell| format!("{cell:<22} ")).collect();
        format!("{name:<26} {}\n", cells.trim_end())
    };
    let cell = |estimate: Option<Estimate>| estimate.map_or("-".to_owned(), |found| found.to_string());
    let rows = rows.filter(|(_, estimates)| estimates.iter().any(Option::is_some));
    let rows: String = rows.map(|(name, estimates)| line(name, estimates.map(cell))).collect();
    line("", heading.map(str::to_owned)) + &rows
}
