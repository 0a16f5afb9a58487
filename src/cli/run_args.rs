//! What both trainings take: where the settings come from and where the run goes.

use crate::checkpoint::{Checkpoint, Kind};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::train::run::{Resumed, RunDir};
use std::path::PathBuf;

/// Arguments shared by `train-vqvae` and `train-flow`.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// Configuration file, one of configs/ or your own [default: the built-in defaults, or with --resume the run's own]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the run: latest checkpoint, metrics.jsonl, pictures [default: runs/ and a name from config and time]
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Continue the run found in --output
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

    /// The run to go on with, if one is to be resumed, and the configuration: of a new run, or the resumed run's own with
    /// what was overridden.
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

    /// Refuses to go on with a run on other songs than it was trained on so far, unless the user changes its data.
    ///
    /// # Errors
    /// [`Error::Data`] naming the step that the run stands at.
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
            "these are not the songs that the run was trained on until step {}; put those back, or go on with others \
             by data.path=...",
            checkpoint.step
        )))
    }

    /// The first part of the folder's name: that of the configuration file, or `otherwise`.
    pub fn name(&self, otherwise: &str) -> String {
        let stem = self.config.as_ref().and_then(|path| path.file_stem());
        stem.map_or_else(|| otherwise.to_owned(), |stem| stem.to_string_lossy().into_owned())
    }
}
