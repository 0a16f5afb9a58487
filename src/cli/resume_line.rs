//! The command line that goes on with a run, and the messages that end with it.

use super::global::Global;
use crate::checkpoint::{Checkpoint, Kind};
use crate::config::Config;
use crate::terminal::note;
use crate::text::shell_word;
use crate::train::run::{Verbosity, interrupt};
use std::path::Path;

/// A command line that resumes a run.
pub struct ResumeLine<'a> {
    /// Which network.
    pub kind: Kind,
    /// The run's folder.
    pub folder: &'a Path,
    /// The folder of encoded data sets of a flow, if it is not the default.
    pub cache: Option<&'a Path>,
    /// The global options.
    pub global: &'a Global,
}

impl ResumeLine<'_> {
    /// The whole command line.
    fn line(&self) -> String {
        let word = |path: &Path| shell_word(&path.display().to_string());
        let mut line = format!("flocoder {} --resume --output {}", self.kind.command(), word(self.folder));
        if let Some(cache) = self.cache {
            line += &format!(" --cache {}", word(cache));
        }
        if let Some(device) = &self.global.device {
            line += &format!(" --device {}", shell_word(device));
        }
        line
    }

    fn is_quiet(&self) -> bool {
        self.global.verbosity() == Verbosity::Quiet
    }

    /// Prints the step of a resumed run, or that it is finished and how to train it further.
    pub fn announce(&self, checkpoint: &Checkpoint, config: &Config) {
        let (folder, step, steps) = (self.folder.display(), checkpoint.step, config.train.steps);
        if self.is_quiet() {
            return;
        }
        if step < steps {
            note(format_args!("{folder}: resuming after step {step} of {steps}"));
        } else {
            note(format_args!("{folder}: finished, step {step} of {steps} is done; to train it further:"));
            note(format_args!("  {} train.steps={}", self.line(), 2 * step.max(1)));
        }
    }

    /// After an interruption: prints the command that resumes the run.
    pub fn farewell(&self) {
        if interrupt::requested() && !self.is_quiet() {
            note(format_args!("continue with: {}", self.line()));
        }
    }
}
