//! The songs of an evaluation: those outside the training set.

use crate::checkpoint::Checkpoint;
use crate::data::dataset::Dataset;
use crate::data::dataset::split::Split;
use crate::error::{Error, Result};
use crate::text::count;
use serde::Serialize;
use std::collections::HashSet;

/// Which songs are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// The songs are those of the training run: its held-out songs.
    HeldOut,
    /// Some were trained on: the others.
    Others,
    /// None is known from the training run: all.
    Unknown,
    /// All, by request.
    All,
}

impl Judged {
    /// Chooses the songs of `data`, which is split as in the training run if it is the same data, and makes them its held-out
    /// songs.
    ///
    /// # Errors
    /// If every song was trained on.
    pub fn choose(data: Dataset, checkpoint: &Checkpoint, all: bool) -> Result<(Self, Dataset)> {
        if all {
            return Ok((Self::All, data.split_by(Split::AllExcept(HashSet::new()))));
        }
        if checkpoint.data_fingerprint() == Some(&data.fingerprint()) {
            return Ok((Self::HeldOut, data));
        }
        let trained = checkpoint.trained_on();
        let known = data.songs().iter().filter(|song| trained.contains(&song.content())).count();
        let judged = match known {
            0 => Self::Unknown,
            known if known == data.songs().len() => {
                return Err(Error::data("all of these songs are in the training set; give others, or --all"));
            }
            _ => Self::Others,
        };
        Ok((judged, data.split_by(Split::AllExcept(trained))))
    }

    /// The choice in words.
    pub fn sentence(self, data: &Dataset, checkpoint: &Checkpoint) -> String {
        let (summary, songs) = (data.summary(), count(data.songs().len(), "song"));
        match self {
            Self::HeldOut => format!(
                "Evaluated on {} of {songs}, the held-out ones; the data is that of the training run.",
                summary.validation_songs
            ),
            Self::Others => format!(
                "Evaluated on {} of {songs}; the other {} are in the training set.",
                summary.validation_songs, summary.training_songs
            ),
            Self::Unknown if checkpoint.trained_on().is_empty() => format!(
                "Evaluated on all {songs}. The checkpoint does not record its training set; if songs of it are among these, the \
                 scores are too good."
            ),
            Self::Unknown => format!("Evaluated on all {songs}; none is in the training set."),
            Self::All => {
                format!("Evaluated on all {songs} because of --all; scores on songs of the training set are too good.")
            }
        }
    }
}
