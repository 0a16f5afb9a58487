//! What a checkpoint holds in addition to the weights of its network: the data it was trained on and, in a flow's checkpoint, the
//! codec and the statistics of its latents.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::kind::Kind;
use super::network::Checkpoint;
use super::statistics::Statistics;
use super::tensors::{prefixed, take_prefixed};
#[cfg(not(target_arch = "wasm32"))]
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};

/// Prefix of the codec's tensors in a flow's checkpoint.
pub const CODEC_PREFIX: &str = "codec.";

/// Keys of [`Checkpoint::extra`]: the training data,
const DATA: &str = "data";
/// the statistics of a flow's latents,
const STATISTICS: &str = "latent_statistics";
/// the step of a flow's codec,
const CODEC_STEP: &str = "codec_step";
/// the training data of a flow's codec,
const CODEC_DATA: &str = "codec_data";
/// and of its dynamics and melodies, where it is other data than the flow's.
const DYNAMICS_DATA: &str = "dynamics_data";
const MELODY_DATA: &str = "melody_data";
/// The key of the training songs' contents in a description of data.
const SONGS: &str = "songs";

impl Checkpoint {
    /// Describes the data that the network was trained on.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn set_data(&mut self, data: &Dataset) {
        self.extra.insert(DATA.to_owned(), described(data));
    }

    /// Describes the data that a flow's dynamics were trained on, unless it is the flow's.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn set_dynamics_data(&mut self, data: &Dataset) {
        self.set_other_data(DYNAMICS_DATA, data);
    }

    /// The same of a flow's melodies.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn set_melody_data(&mut self, data: &Dataset) {
        self.set_other_data(MELODY_DATA, data);
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn set_other_data(&mut self, key: &str, data: &Dataset) {
        self.extra.remove(key);
        if self.data_fingerprint() != Some(&data.fingerprint()) {
            self.extra.insert(key.to_owned(), described(data));
        }
    }

    /// The [fingerprint](Dataset::fingerprint) of the data that the network was trained on, if it is known.
    pub fn data_fingerprint(&self) -> Option<&str> {
        self.extra.get(DATA)?.get("fingerprint")?.as_str()
    }

    /// The [contents](crate::data::dataset::song::Song::content) of all songs that the network was trained on, and those of a
    /// flow's codec, dynamics and melodies. None if it was trained before they were noted.
    pub fn trained_on(&self) -> HashSet<u64> {
        let songs = |key: &str| self.extra.get(key).and_then(|data| data.get(SONGS)?.as_array());
        let content = |text: &Value| u64::from_str_radix(text.as_str()?, 16).ok();
        [DATA, CODEC_DATA, DYNAMICS_DATA, MELODY_DATA]
            .iter()
            .filter_map(|key| songs(key))
            .flatten()
            .filter_map(content)
            .collect()
    }

    /// Removes the list of the songs, which only an evaluation needs.
    pub fn forget_songs(&mut self) {
        for key in [DATA, CODEC_DATA, DYNAMICS_DATA, MELODY_DATA] {
            self.extra.get_mut(key).and_then(Value::as_object_mut).map(|data| data.remove(SONGS));
        }
    }

    /// Adds to a flow's checkpoint its codec and the statistics of its latents.
    pub fn set_codec(&mut self, codec: &Self, statistics: &Statistics) {
        self.tensors.extend(prefixed(CODEC_PREFIX, codec.tensors.clone()));
        self.extra.insert(CODEC_STEP.to_owned(), codec.step.into());
        self.extra.extend(codec.extra.get(DATA).map(|data| (CODEC_DATA.to_owned(), data.clone())));
        self.extra.insert(STATISTICS.to_owned(), json!(statistics));
    }

    /// The codec: this checkpoint, or the codec that a flow's checkpoint carries.
    pub fn codec(&self) -> Self {
        if self.kind == Kind::Codec {
            return self.clone();
        }
        let step = self.extra.get(CODEC_STEP).and_then(Value::as_u64).unwrap_or(0);
        let mut codec = Self::new(Kind::Codec, self.config.clone(), step);
        codec.path.clone_from(&self.path);
        // Flows from before the codec's data was recorded have only a description of their own, usually the same.
        let data = self.extra.get(CODEC_DATA).or_else(|| self.extra.get(DATA));
        codec.extra.extend(data.map(|data| (DATA.to_owned(), data.clone())));
        codec.tensors = take_prefixed(CODEC_PREFIX, &mut self.tensors.clone());
        codec
    }

    /// The statistics of a flow's latents.
    ///
    /// # Errors
    /// Statistics that are missing or of another number of channels than the latents.
    pub fn statistics(&self) -> Result<Statistics> {
        self.extra
            .get(STATISTICS)
            .and_then(|value| serde_json::from_value::<Statistics>(value.clone()).ok())
            .filter(|statistics| statistics.channels() == self.config.vqvae.latent && statistics.is_usable())
            .ok_or_else(|| Error::file(&self.path, "has no usable statistics of its latents; it is damaged"))
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn described(data: &Dataset) -> Value {
    let summary = data.summary();
    json!({
        "fingerprint": data.fingerprint(),
        "training_songs": summary.training_songs,
        "validation_songs": summary.validation_songs,
        "training_windows": summary.training_windows,
        SONGS: data.training_contents().iter().map(|content| format!("{content:016x}")).collect::<Vec<_>>(),
    })
}
