//! Arguments of both training commands: configuration and folder of the run.

use crate::checkpoint::{Checkpoint, Kind};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::train::run::{Resumed, RunDir};
use std::path::PathBuf;

/// Arguments shared by `train-vqvae` and `train-flow`.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// Configuration file, one of configs/ or your own [default: built-in; with --resume, that of the run]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the run: latest checkpoint, metrics.jsonl, pictures [default: in runs/, named by configuration and time]
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Continue the run in --output
    #[arg(long, requires = "output", conflicts_with = "config")]
    pub resume: bool,
    /// Configuration keys to change, such as train.steps=1000 data.path=/music
    #[arg(value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl RunArgs {
    /// The configuration of a new run.
    pub fn load_config(&self) -> Result<Config> {
        Config::load(self.config.as_deref(), &self.overrides)
    }

    /// The run to resume, if any, and the configuration: of a new run, or that of the resumed run with overrides.
    ///
    /// # Errors
    /// Settings that cannot be read, or a folder without a run of this kind.
    pub fn resumed(&self, kind: Kind) -> Result<(Option<Resumed>, Config)> {
        if !self.resume {
            return Ok((None, self.load_config()?));
        }
        let output =
            self.output.as_deref().ok_or_else(|| Error::config("--resume needs --output, the run's folder"))?;
        let (run, checkpoint, state) = RunDir::resume(output, kind)?;
        let config = checkpoint.config.with_overrides(&self.overrides)?;
        Ok((Some((run, checkpoint, state)), config))
    }

    /// Refuses to resume a run with other songs than it has been trained on, unless the user overrides its data.
    ///
    /// # Errors
    /// [`Error::Data`] with the step of the run.
    pub fn check_data(&self, resumed: Option<&Checkpoint>, data: &Dataset) -> Result<()> {
        let Some((checkpoint, before)) =
            resumed.and_then(|checkpoint| Some((checkpoint, checkpoint.data_fingerprint()?)))
        else {
            return Ok(());
        };
        if before == data.fingerprint() || self.overrides.iter().any(|text| text.starts_with("data.")) {
            return Ok(());
        }
        Err(Error::data(format!(
            "these are not the songs that the run was trained on until step {}; restore those, or continue with others \
             by data.path=...",
            checkpoint.step
        )))
    }

    /// The first part of the folder's name: the stem of the configuration file, or `default`.
    pub fn name(&self, default: &str) -> String {
        let stem = self.config.as_ref().and_then(|path| path.file_stem());
        stem.map_or_else(|| default.to_owned(), |stem| stem.to_string_lossy().into_owned())
    }
}
