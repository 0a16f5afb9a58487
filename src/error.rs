//! The one error type: what a user or a machine can cause, each a sentence that says what to do.

use std::path::{Path, PathBuf};

/// A result whose error can be shown to the user as it is.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong without being a bug in the program.
///
/// `Display` gives one sentence. A mistake in shapes inside the program is no `Error`: it panics where it was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A configuration key, value or combination of sizes that cannot be used.
    #[error("configuration: {0}")]
    Config(String),
    /// A file or folder that cannot be read, written or understood.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// No usable adapter, a missing feature, a limit exceeded, a lost device, memory used up.
    #[error("GPU: {0}")]
    Device(String),
    /// A loss or tensor that is no longer finite.
    #[error("step {step}: {tensor} is not finite; {}", after_divergence(*resumable))]
    NotFinite {
        /// The training step, counted from 1.
        step: u64,
        /// The first bad tensor's name.
        tensor: String,
        /// Whether the run has a checkpoint to go on from.
        resumable: bool,
    },
    /// The user asked the program to end before there was anything to keep.
    #[error("interrupted while {0}; nothing of it was kept: run the same command again")]
    Interrupted(&'static str),
    /// What ended a training, when, and what of it is kept.
    #[error("step {step}: {reason}; the checkpoint of step {kept} is kept: continue with --resume")]
    Stopped {
        /// The training step, counted from 1.
        step: u64,
        /// What happened.
        reason: Box<Error>,
        /// The step of the checkpoint on the disk.
        kept: u64,
    },
    /// Data that holds nothing to learn from, and why.
    #[error("data: {0}")]
    Data(String),
}

fn after_divergence(resumable: bool) -> &'static str {
    match resumable {
        true => "the last good checkpoint is kept: lower train.learning_rate and continue with --resume",
        false => "no checkpoint was saved before: lower train.learning_rate and begin again in another --output",
    }
}

impl Error {
    /// An [`Error::Config`] from any text.
    pub fn config(message: impl Into<String>) -> Self {
        Self::Config(one_line(message.into()))
    }

    /// An [`Error::Device`] from any text.
    pub fn device(message: impl Into<String>) -> Self {
        Self::Device(one_line(message.into()))
    }

    /// An [`Error::Data`] from any text.
    pub fn data(message: impl Into<String>) -> Self {
        Self::Data(one_line(message.into()))
    }

    /// An [`Error::File`] about `path`.
    pub fn file(path: impl AsRef<Path>, reason: impl std::fmt::Display) -> Self {
        Self::File { path: path.as_ref().to_owned(), reason: one_line(reason.to_string()) }
    }
}

/// A message stays one line whatever names and texts it quotes.
fn one_line(message: String) -> String {
    if message.contains(char::is_control) { message.replace(char::is_control, " ") } else { message }
}
