//! Training as the commands do it, on any device.

use std::fs;
use std::path::Path;

use super::program::Place;
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::{Config, Precision};
use flocoder::data::dataset::Dataset;
use flocoder::error::Result;
use flocoder::gpu::Gpu;
use flocoder::ranks::Ranks;
use flocoder::train::run::{RunDir, Verbosity};
use flocoder::train::{Task, codec, flow};

/// Trains a codec and a flow on its latents, as the configurations of these names with `overrides` say, validates both and draws samples.
///
/// # Errors
/// A failure of the device.
pub fn train(gpu: &Gpu, place: &Place, [codec, flow]: [&str; 2], precision: Precision, overrides: &str) -> Result<()> {
    let configured = |name: &str, more: &str| {
        let data = format!("data.path={} data.validation=0.3 data.validation_windows=4", place.path("songs").display());
        let overrides = format!("{data} train.warmup=0 {overrides} {more}");
        let overrides: Vec<String> = overrides.split_whitespace().map(str::to_owned).collect();
        let mut config = Config::load(Some(Path::new(&format!("configs/{name}.yaml"))), &overrides).unwrap();
        config.train.precision = precision;
        config
    };
    let task = |config: &Config, kind: Kind| {
        let path = place.path(kind.name());
        let _ = fs::remove_dir_all(&path);
        (Dataset::open(&config.data, &|_, _| {}).unwrap(), RunDir::create(Some(&path), kind, kind.name()).unwrap())
    };
    let verbosity = Verbosity::Quiet;
    let config = configured(codec, "");
    let (data, run) = task(&config, Kind::Codec);
    codec::train(&Task { gpu, config: &config, data: &data, run: &run, ranks: &Ranks::alone(), verbosity }, None)?;
    let mut trained = Checkpoint::load(&run.checkpoint_path(), Kind::Codec)?;
    // On paper all statistics are zeros, which no codec can divide by.
    if let Some(deviation) = trained.tensors.get_mut("latent_deviation") {
        deviation.data.fill(1.0);
    }
    let config = flow::with_codec(&configured(flow, "flow.augs_per=1 flow.sampling.steps=2"), &trained);
    let (data, run) = task(&config, Kind::Flow);
    flow::train(
        &Task { gpu, config: &config, data: &data, run: &run, ranks: &Ranks::alone(), verbosity },
        &trained,
        &place.path("cache"),
        flow::Start::New,
    )
    .map(drop)
}
