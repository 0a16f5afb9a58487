//! Shared by all commands: global options, the device, the exit code.

use crate::error::Result;
use crate::gpu::Gpu;
use crate::gpu::adapters::Adapters;
use crate::ranks::Ranks;
use crate::terminal::{is_silent, note};
use crate::train::run::Verbosity;
use clap::{ArgAction, Args};
use std::process::ExitCode;

const HEADING: &str = "Global options";

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// Adapter to compute on: its number, or a part of its name, as listed by `flocoder devices` [default: FLOCODER_DEVICE, or the
    /// best one]
    #[arg(long, global = true, value_name = "NAME", help_heading = HEADING)]
    pub device: Option<String>,
    /// Print more
    #[arg(short, long, global = true, help_heading = HEADING, action = ArgAction::SetTrue)]
    verbose: bool,
    /// Print only errors and results
    #[arg(short, long, global = true, help_heading = HEADING, action = ArgAction::SetTrue, conflicts_with = "verbose")]
    quiet: bool,
}

impl Global {
    /// How much to print on stderr.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet || is_silent(), self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    /// Opens the adapter given by `--device`, or the best one.
    pub fn open_gpu(&self) -> Result<Gpu> {
        self.open(self.device.as_deref())
    }

    /// Opens the adapter given by `--device`, or the best one; if there are several like it, that of this rank among those of its host.
    pub fn open_gpu_of(&self, ranks: &Ranks) -> Result<Gpu> {
        let number = match &self.device {
            None if !ranks.are_alone() => Adapters::list().number_of(ranks.local_rank()),
            _ => None,
        };
        self.open(number.map(|number| number.to_string()).as_deref().or(self.device.as_deref()))
    }

    fn open(&self, wanted: Option<&str>) -> Result<Gpu> {
        let gpu = Gpu::open(wanted)?;
        if self.verbosity() != Verbosity::Quiet {
            gpu.tell_of_slow_compiling(|text| note(format_args!("note: {text}")));
            gpu.capabilities().notes.iter().for_each(|text| note(format_args!("note: {text}")));
        }
        Ok(gpu)
    }
}

/// The adapter, its tuning and the variant of its products.
pub(super) fn describe(gpu: &Gpu) -> String {
    let tuning = gpu.tuning();
    format!("{} ({} tuning, {} products)", gpu.capabilities().name, tuning.name, tuning.products.name())
}

/// The exit code of a command's result. Prints the error, if any.
pub(super) fn finish(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
