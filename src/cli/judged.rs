//! The songs that an evaluation is about: those that the network was not trained on.

use crate::checkpoint::Checkpoint;
use crate::data::dataset::Dataset;
use crate::data::dataset::split::Split;
use crate::error::{Error, Result};
use crate::text::count;
use serde::Serialize;
use std::collections::HashSet;

/// Which songs are judged.
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
                return Err(Error::data("the network was trained on all of these songs; give others, or --all"));
            }
            _ => Self::Others,
        };
        Ok((judged, data.split_by(Split::AllExcept(trained))))
    }

    /// What to say about the choice.
    pub fn sentence(self, data: &Dataset, checkpoint: &Checkpoint) -> String {
        let (summary, songs) = (data.summary(), count(data.songs().len(), "song"));
        let judged = summary.validation_songs;
        match self {
            Self::HeldOut => format!(
                "The songs are those of the training, split as there: judged on the {} of {songs} that it did not see.",
                judged
            ),
            Self::Others => format!(
                "Judged on {judged} of {songs}: the network was trained on the other {}.",
                summary.training_songs
            ),
            Self::Unknown if checkpoint.trained_on().is_empty() => format!(
                "Judged on all {songs}. The checkpoint does not say which songs it was trained on: any among these flatter it."
            ),
            Self::Unknown => format!("Judged on all {songs}: the network was trained on none of them."),
            Self::All => {
                format!("Judged on all {songs}, as --all asks: those that were trained on flatter the network.")
            }
        }
    }
}
