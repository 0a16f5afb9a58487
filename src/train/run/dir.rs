//! A run's folder: its files, a new run in it, and a run resumed from it.
//!
//! The step of a run is that of its checkpoint. The resume state is written first, under a name with its step, then the
//! checkpoint; then older resume states are removed. So a checkpoint has its resume state whenever the power fails. A run has a
//! checkpoint from step 0 on, so that it can be resumed whenever it stops.

use super::log::{METRICS, RunLog};
use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::files::{self, FolderLock};
use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The configuration's name in a run's folder.
pub const CONFIG: &str = "config.yaml";

/// The folder of one training run.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    kind: Kind,
    /// The step of the latest checkpoint; `None` in a new run.
    saved: Cell<Option<u64>>,
    /// Held from [`RunDir::start`] on.
    lock: OnceCell<FolderLock>,
}

/// A run to resume: its folder, its latest checkpoint, and the resume state of that checkpoint.
pub type Resumed = (RunDir, Checkpoint, ResumeState);

impl RunDir {
    /// A new run in the folder `output`, or in `runs/` under `name` and the time. The folder is created empty.
    ///
    /// # Errors
    /// A folder that cannot be written, or that already holds a run.
    pub fn create(output: Option<&Path>, kind: Kind, name: &str) -> Result<Self> {
        let path = output
            .map_or_else(|| Path::new("runs").join(format!("{name}-{}", timestamp(SystemTime::now()))), Path::to_owned);
        let run = Self { path, kind, saved: Cell::default(), lock: OnceCell::new() };
        run.refuse_another()?;
        files::writable_folder(&run.path)?;
        Ok(run)
    }

    fn refuse_another(&self) -> Result<()> {
        if ["codec.safetensors", "flow.safetensors"].iter().any(|name| self.file(name).exists()) {
            let reason = "already holds a run; continue it with --resume, or choose another --output";
            return Err(Error::file(&self.path, reason));
        }
        // A run writes to its log only after its first checkpoint: with an empty log, no run was started.
        if std::fs::metadata(self.file(METRICS)).is_ok_and(|log| log.len() > 0) {
            let reason = "already holds a run, which has no checkpoint; choose another --output, or remove the folder";
            return Err(Error::file(&self.path, reason));
        }
        Ok(())
    }

    /// The run in `path` that another rank creates and writes.
    pub fn of_another_rank(path: &Path, kind: Kind) -> Self {
        Self { path: path.to_owned(), kind, saved: Cell::default(), lock: OnceCell::new() }
    }

    /// The run in `output`, with its checkpoint and resume state.
    ///
    /// # Errors
    /// A folder without a run of this kind, files that cannot be read, or a folder that cannot be written.
    pub fn resume(output: &Path, kind: Kind) -> Result<Resumed> {
        let run = Self { path: output.to_owned(), kind, saved: Cell::default(), lock: OnceCell::new() };
        let path = run.checkpoint_path();
        if !path.exists() {
            let reason =
                format!("holds no {} to resume from; omit --resume to start a new run there", kind.file_name());
            return Err(Error::file(output, reason));
        }
        files::writable_folder(output)?;
        let checkpoint = Checkpoint::load(&path, kind)?;
        let state = ResumeState::load(&run.state_path(checkpoint.step))?;
        run.saved.set(Some(checkpoint.step));
        Ok((run, checkpoint, state))
    }

    /// Saves a checkpoint and its resume state, then removes older states, and checkpoints before the last `train.keep_last`.
    ///
    /// # Errors
    /// A file that cannot be written. The previous checkpoint and its state are then unchanged.
    pub fn save(&self, checkpoint: &Checkpoint, state: &ResumeState) -> Result<()> {
        assert_eq!(checkpoint.step, state.step, "a checkpoint and its resume state are of the same step");
        state.save(&self.state_path(state.step))?;
        checkpoint.save(&self.checkpoint_path())?;
        self.saved.set(Some(checkpoint.step));
        self.remove_states_except(state.step);
        self.keep_last(checkpoint.step, checkpoint.config.train.keep_last)
    }

    /// Links the latest checkpoint under the name of the best one, in place of the previous best.
    ///
    /// # Errors
    /// A file that cannot be written. The previous best checkpoint is then unchanged.
    pub fn keep_best(&self) -> Result<()> {
        files::also_as(&self.checkpoint_path(), &self.file(&format!("{}-best.safetensors", self.kind)))
    }

    /// Links the latest checkpoint under a name with its step, and removes all but the last `count` of such names. With a
    /// `count` of 1 there are none.
    fn keep_last(&self, step: u64, count: usize) -> Result<()> {
        if count > 1 {
            files::also_as(&self.checkpoint_path(), &self.numbered(step))?;
        }
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut steps: Vec<u64> =
            entries.filter_map(|entry| self.number_of(&entry.file_name().to_string_lossy())).collect();
        steps.sort_unstable();
        let kept = if count > 1 { count } else { 0 };
        for &old in &steps[..steps.len().saturating_sub(kept)] {
            // A checkpoint that cannot be removed only occupies disk space.
            let _ = std::fs::remove_file(self.numbered(old));
        }
        Ok(())
    }

    fn numbered(&self, step: u64) -> PathBuf {
        self.file(&format!("{}-{step:06}.safetensors", self.kind))
    }

    /// The step in the name of a kept checkpoint.
    fn number_of(&self, name: &str) -> Option<u64> {
        name.strip_prefix(self.kind.name())?.strip_prefix('-')?.strip_suffix(".safetensors")?.parse().ok()
    }

    /// The error of a run that ended at `step`, which names the step of the checkpoint that is kept.
    pub fn stopped(&self, step: u64, reason: Error) -> Error {
        match (reason, self.saved.get()) {
            // Its message names the checkpoint already.
            (reason @ Error::NotFinite { .. }, _) | (reason, None) => reason,
            (reason, Some(kept)) => Error::Stopped { step, reason: Box::new(reason), kept },
        }
    }

    /// Locks the folder, writes the resolved configuration to `config.yaml`, and opens the logs at `step`, 0 for a new run. To be
    /// called when the network is allocated, so that sizes that the adapter refuses leave no files behind.
    ///
    /// # Errors
    /// A folder that another process uses or has used meanwhile, or that cannot be written.
    pub fn start(&self, config: &Config, step: u64) -> Result<RunLog> {
        if self.lock.get().is_none() {
            let _ = self.lock.set(FolderLock::take(&self.path)?);
        }
        if self.saved.get().is_none() {
            self.refuse_another()?;
        }
        files::remove_leftovers(&self.path, Duration::ZERO);
        files::replace(&self.file(CONFIG), |writer| writer.write_all(self.kind.yaml(config).as_bytes()))?;
        RunLog::open(&self.path, step)
    }

    /// Notes that another rank has saved the checkpoint of a step.
    pub fn note_saved(&self, step: u64) {
        self.saved.set(Some(step));
    }

    /// The step of the latest checkpoint; `None` in a new run.
    pub fn saved(&self) -> Option<u64> {
        self.saved.get()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// `codec.safetensors` or `flow.safetensors` in the folder.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.file(&self.kind.file_name())
    }

    /// Whether the folder holds a checkpoint.
    pub fn has_checkpoint(&self) -> bool {
        self.checkpoint_path().exists()
    }

    fn state_path(&self, step: u64) -> PathBuf {
        self.file(&format!("{}-resume-{step}.safetensors", self.kind))
    }

    fn remove_states_except(&self, step: u64) {
        let (kept, prefix) = (self.state_path(step), format!("{}-resume-", self.kind));
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| *path != kept) {
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)) {
                // An old state that cannot be removed only occupies disk space.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// The time in UTC as `20260131-235959`.
fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian calendar.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month as u64 + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn timestamps_know_leap_years() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "19700101-000000");
        assert_eq!(at(951_825_599), "20000229-115959");
        assert_eq!(at(1_767_225_599), "20251231-235959");
    }
}
