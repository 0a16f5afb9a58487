//! The one error type: errors caused by the user or the machine, each one sentence that says what to do.

use std::path::{Path, PathBuf};

/// A result whose error can be shown to the user.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// All errors that are not bugs in the program.
///
/// `Display` gives one sentence. A wrong shape inside the program is a bug and panics at its origin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An invalid configuration key, value or combination of sizes.
    #[error("configuration: {0}")]
    Config(String),
    /// A file or folder that cannot be read, written or parsed.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The problem, and what to do.
        reason: String,
    },
    /// No usable adapter, a missing feature, an exceeded limit, a lost device, out of memory.
    #[error("GPU: {0}")]
    Device(String),
    /// A non-finite loss or tensor.
    #[error("step {step}: {tensor} is not finite; {}", after_divergence(*resumable))]
    NotFinite {
        /// The training step, counted from 1.
        step: u64,
        /// The name of the first non-finite tensor.
        tensor: String,
        /// Whether the run has a checkpoint to resume from.
        resumable: bool,
    },
    /// The user interrupted the program before it had saved anything.
    #[error("interrupted while {0}; nothing was saved: run the same command again")]
    Interrupted(&'static str),
    /// An error that ended a training run, with the step of its last checkpoint.
    #[error("step {step}: {reason}; the checkpoint of step {kept} is kept: continue with --resume")]
    Stopped {
        /// The training step, counted from 1.
        step: u64,
        /// The error.
        reason: Box<Error>,
        /// The step of the saved checkpoint.
        kept: u64,
    },
    /// Ranks that cannot work together, and why.
    #[error("ranks: {0}")]
    Ranks(String),
    /// Data that cannot be used, and why.
    #[error("data: {0}")]
    Data(String),
}

fn after_divergence(resumable: bool) -> &'static str {
    match resumable {
        true => "the last good checkpoint is kept: lower train.learning_rate and continue with --resume",
        false => "no checkpoint was saved yet: lower train.learning_rate and start again with another --output",
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

/// Replaces control characters by spaces, so that a message is one line whatever it quotes.
fn one_line(message: String) -> String {
    if message.contains(char::is_control) { message.replace(char::is_control, " ") } else { message }
}
