//! Arguments of both training commands: configuration and folder of the run.

use crate::checkpoint::{Checkpoint, Kind};
use crate::config::{Config, Given, Setting};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::files;
use crate::ranks::Ranks;
use crate::serve::Watch;
use crate::terminal::note;
use crate::train::run::{CONFIG, Resumed, RunDir};
use std::path::{Path, PathBuf};

/// Arguments shared by `train-vqvae` and `train-flow`.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// Configuration file, one of configs/ or your own [default: built-in; with --resume, that of the run]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Songs: a folder, a .mid or .png file, or a .zip; the same as data.path=PATH
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Folder of the run: latest checkpoint, metrics.jsonl, pictures, samples [default: in runs/, named by configuration and time]
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Continue the run in --output
    #[arg(long, requires = "output")]
    pub resume: bool,
    /// Show the curves, pictures and samples of the run on a page of this machine while it trains; its address is printed
    #[arg(long)]
    pub watch: bool,
    /// Configuration keys to change, such as train.steps=1000 data.path=/music
    #[arg(value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl RunArgs {
    /// The settings of --config and of the command line.
    ///
    /// # Errors
    /// Settings that cannot be read; --data and data.path=... at once.
    pub fn given(&self) -> Result<Given> {
        let given = Given::read(self.config.as_deref(), &self.overrides)?;
        check_data_once(self.data.as_deref(), &given)?;
        Ok(given)
    }

    /// The run to go on with, if one is to be resumed.
    ///
    /// # Errors
    /// A folder without a run of this kind.
    pub fn resumed(&self, kind: Kind) -> Result<Option<Resumed>> {
        match (self.resume, &self.output) {
            (false, _) => Ok(None),
            (true, Some(output)) => RunDir::resume(output, kind).map(Some),
            (true, None) => Err(Error::config("--resume needs --output, the run's folder")),
        }
    }

    /// The configuration: the defaults or, in a resumed run, its own, with the `given` settings. The file of a resumed run has
    /// to agree with it, but for what the command line changes.
    ///
    /// # Errors
    /// A value of the wrong type, or a file that disagrees.
    pub fn configure(&self, given: &Given, resumed: Option<&Checkpoint>) -> Result<Config> {
        let mut config = match resumed {
            None => given.over(&Config::default())?,
            Some(checkpoint) => {
                check_file(given, &checkpoint.config)?;
                given.overrides().over(&checkpoint.config)?
            }
        };
        if self.data.is_some() {
            config.data.path.clone_from(&self.data);
        }
        Ok(config)
    }

    /// The folder of a new run, which the first of `ranks` creates, or the one that is resumed.
    ///
    /// # Errors
    /// A folder that cannot be written, or whose `config.yaml` is the --config of a new run.
    pub fn folder(&self, kind: Kind, resumed: Option<RunDir>, ranks: &Ranks) -> Result<RunDir> {
        if let Some(run) = resumed {
            return Ok(run);
        }
        if !ranks.is_first() {
            return Ok(RunDir::of_another_rank(self.output.as_deref().unwrap_or(Path::new("")), kind));
        }
        if let Some(output) = &self.output {
            files::refuse_overwriting(&output.join(CONFIG), &self.config)?;
        }
        RunDir::create(self.output.as_deref(), kind, &self.name(kind.name()))
    }

    /// The page of the run, until it is dropped, if it is to be watched.
    ///
    /// # Errors
    /// A system that does not let it listen.
    pub fn watched(&self, run: &RunDir, ranks: &Ranks) -> Result<Option<Watch>> {
        let watch = (self.watch && ranks.is_first()).then(|| Watch::open(run.path())).transpose()?;
        if let Some(watch) = &watch {
            note(format_args!("watch the run at {}", watch.url()));
        }
        Ok(watch)
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
        let is_changed = self.data.is_some() || self.overrides.iter().any(|text| text.starts_with("data."));
        if is_changed || before == data.fingerprint() {
            return Ok(());
        }
        Err(Error::data(format!(
            "these are not the songs that the run was trained on until step {}; restore those, or continue with others \
             by data.path=...",
            checkpoint.step
        )))
    }

    /// The first part of the folder's name: the stem of the configuration file, or `default`.
    fn name(&self, default: &str) -> String {
        let stem = self.config.as_ref().and_then(|path| path.file_stem());
        stem.map_or_else(|| default.to_owned(), |stem| stem.to_string_lossy().into_owned())
    }
}

/// Refuses the path of the songs given twice.
///
/// # Errors
/// --data and data.path=... at once.
pub(super) fn check_data_once(data: Option<&Path>, given: &Given) -> Result<()> {
    let is_path = |setting: &Setting| setting.is_override() && setting.key == "data.path";
    if data.is_some() && given.settings().iter().any(is_path) {
        return Err(Error::config("--data and data.path=... are the same setting; give one of them"));
    }
    Ok(())
}

/// Refuses ranks with other settings or songs. It is also where all have read what the first one will overwrite.
///
/// # Errors
/// Names a rank with other settings or songs than the first.
pub(super) fn check_agreement(ranks: &Ranks, config: &Config, data: &Dataset) -> Result<()> {
    // Paths may differ between hosts.
    let mut config = config.clone();
    config.data.path = None;
    let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
    ranks.agree("settings of the hash", &hash(&serde_json::to_string(&config).expect("settings are plain values")))?;
    ranks.agree("songs of the hash", &data.fingerprint()[..16])
}

/// Refuses a file that says other than a resumed run's configuration, where the command line does not say it anew.
fn check_file(given: &Given, config: &Config) -> Result<()> {
    let overridden = |key: &str| given.settings().iter().any(|other| other.is_override() && other.key == key);
    // The shipped files leave the path of the songs to the command line.
    let left_open = |setting: &Setting| setting.key == "data.path" && setting.value.is_null();
    let counts = |setting: &Setting| !(setting.is_override() || overridden(&setting.key) || left_open(setting));
    match given.first_change(config, counts)? {
        None => Ok(()),
        Some((setting, before)) => Err(Error::config(format!(
            "{} is {value}, but the run was begun with {before}; leave --config out, or change it by {}={value}",
            setting.named(),
            setting.key,
            value = setting.value
        ))),
    }
}
