//! The logs of a run: `metrics.jsonl`, an event file for TensorBoard, and pictures in its folder.

use std::path::{Path, PathBuf};

use super::events::Events;
use super::history::History;
use super::metrics_log::{Better, MetricsLog, VALIDATION};
use crate::audio::Stereo;
use crate::chart::map;
use crate::data::music::midi;
use crate::data::music::roll::Roll;
use crate::data::picture::Picture;
use crate::error::Result;
use crate::files;
use crate::nn::quantizer::CodebookUse;

/// File of the metrics in a run's folder.
pub const METRICS: &str = "metrics.jsonl";
/// Folder of the event files in a run's folder.
pub const EVENTS: &str = "events";

/// What the colours of a map of codes mean.
const USE: map::Meaning = map::Meaning { zero: "never used", small: "rarely", largest: "most often of its level" };

/// The logs of a run, open for writing.
#[derive(Debug)]
pub struct RunLog {
    folder: PathBuf,
    metrics: MetricsLog,
    events: Events,
}

impl RunLog {
    /// Opens the logs of a run at `step`, 0 for a new run.
    ///
    /// # Errors
    /// Files that cannot be read or written.
    pub fn open(folder: &Path, step: u64) -> Result<Self> {
        let metrics = MetricsLog::open(&folder.join(METRICS), step)?;
        let events = folder.join(EVENTS);
        files::writable_folder(&events)?;
        Ok(Self { folder: folder.to_owned(), metrics, events: Events::create(&events, step)? })
    }

    /// As [`MetricsLog::is_validated`].
    pub fn is_validated(&self, step: u64) -> bool {
        self.metrics.is_validated(step)
    }

    /// Whether a validation's number of this name is better than at every validation so far.
    pub fn is_best(&self, numbers: &[(String, f64)], (name, better): (&str, Better)) -> bool {
        numbers.iter().any(|(other, number)| other == name && self.metrics.is_best(name, *number, better))
    }

    /// Logs the numbers of a phase, such as `train` or `validation`.
    ///
    /// # Errors
    /// A file that cannot be written, as for the functions below.
    pub fn write<K: AsRef<str>>(&mut self, step: u64, phase: &str, numbers: &[(K, f64)]) -> Result<()> {
        self.metrics.write(step, phase, numbers)?;
        self.events.scalars(step, phase, numbers)
    }

    /// Logs a picture of a step: `NAME-000123.png`.
    pub fn picture(&mut self, step: u64, name: &str, picture: &Picture) -> Result<()> {
        self.replace(&format!("{name}-{step:06}.png"), picture)?;
        self.events.image(step, name, picture)
    }

    /// Saves music of a step: `NAME-000123-0.mid` and so on.
    pub fn music(&self, step: u64, name: &str, music: &[Roll]) -> Result<()> {
        let save = |(number, roll): (usize, &Roll)| {
            let file = self.folder.join(format!("{name}-{step:06}-{number}.mid"));
            files::replace(&file, |file| file.write_all(&midi::write(roll)))
        };
        music.iter().enumerate().try_for_each(save)
    }

    /// Logs a sound, to be heard in TensorBoard.
    pub fn sound(&mut self, step: u64, name: &str, sound: &Stereo) -> Result<()> {
        self.events.sound(step, name, sound)
    }

    /// Logs how often each code of each level was chosen: `codes-000123.png`, a row per level, and histograms.
    pub fn codes(&mut self, step: u64, counts: &[Vec<u64>]) -> Result<()> {
        let mut rows = Vec::new();
        for (level, counts) in counts.iter().enumerate() {
            self.events.histogram(step, &format!("codes/level_{level}"), counts)?;
            let CodebookUse { fraction, perplexity } = CodebookUse::of_counts(counts);
            let title = format!("level {level}: {:.1} % used, perplexity {perplexity:.1}", 100.0 * fraction);
            rows.push(map::Row { title, values: counts.iter().map(|&count| count as f64).collect() });
        }
        self.picture(step, "codes", &map::draw(&rows, &USE))
    }

    /// Draws the curves of all numbers so far, including the given ones of a validation: `curves.png`. The validation's line is
    /// written to the log after all pictures, because a resumed run repeats a validation that has no line.
    pub fn curves<K: AsRef<str>>(&mut self, step: u64, validation: &[(K, f64)]) -> Result<()> {
        let mut history = History::read(&self.folder.join(METRICS));
        history.push(step, VALIDATION, validation);
        let curves = history.curves();
        self.replace("curves.png", &curves)?;
        self.events.image(step, "curves", &curves)
    }

    /// The curves of all numbers so far, of a run that ends early.
    pub fn curves_so_far(&self) -> Result<()> {
        self.replace("curves.png", &History::read(&self.folder.join(METRICS)).curves())
    }

    fn replace(&self, name: &str, picture: &Picture) -> Result<()> {
        let png = picture.png(&[]);
        files::replace(&self.folder.join(name), |file| file.write_all(&png))
    }
}
