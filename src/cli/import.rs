//! `flocoder import`: a checkpoint from PyTorch's weights.

use std::path::PathBuf;

use super::global::Global;
use super::reading::read_dataset;
use crate::checkpoint::import::{Weights, conversion, is_pickled};
use crate::checkpoint::{Checkpoint, Kind, Statistics};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::files;
use crate::gpu::Gpu;
use crate::models::Vqvae;
use crate::models::vqvae::{CODEBOOKS, STATISTICS};
use crate::nn::Part;
use crate::terminal::print;
use crate::train::{codec, flow};

/// What the file lacks, and where it comes from.
const HELP: &str = "\
The file has weights only. The rest has to be given:
  --config  the sizes of the network; a codec of the Python package has
            vqvae.arch: resnet and vqvae.patch: 1
  --codec   a flow's codec, which has to be imported first
  --data    songs, for the mean and deviation of the latents of a flow that
            was trained on standardised ones; the Python package trains on
            latents as they are, so omit it there. Or, for a codec without
            codebooks, the songs to compute them from

Examples:
  flocoder import vqvae.safetensors --config codec.yaml
  flocoder import unet.safetensors --config flow.yaml --codec codec.safetensors";

/// Arguments of `import`.
///
/// The file has the weights only, by the names of the Python package. Everything else comes from the arguments.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Weights of a codec or a flow: a state dictionary of PyTorch
    #[arg(value_name = "WEIGHTS.safetensors")]
    pub weights: PathBuf,
    /// Configuration with the sizes of the network
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Checkpoint of the codec of a flow
    #[arg(long, value_name = "FILE")]
    pub codec: Option<PathBuf>,
    /// Songs to compute from what the weights lack: the statistics of a flow's latents, or a codec's codebooks
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Checkpoint to write [default: codec or flow, with the ending .safetensors, if there is no such file yet]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Configuration keys to change, such as vqvae.arch=resnet
    #[arg(value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Writes the checkpoint and prints where its parts come from.
///
/// # Errors
/// Weights that cannot be read or do not fit the configuration, a missing `--codec` or `--data`, a file that cannot be written.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    if is_pickled(&args.weights) {
        let converted = args.weights.with_extension("safetensors");
        print(conversion(&args.weights, &converted))?;
        let reason = format!(
            "is a file of PyTorch; convert it by the two lines of Python printed here, then import {}",
            converted.display()
        );
        return Err(Error::file(&args.weights, reason));
    }
    let weights = Weights::read(&args.weights)?;
    let output = output(args, weights.kind)?;
    let mut config = Config::load(Some(&args.config), &args.overrides)?;
    if args.data.is_some() {
        config.data.path.clone_from(&args.data);
    }
    let (checkpoint, note) = match weights.kind {
        Kind::Codec => import_codec(args, global, weights, &config)?,
        Kind::Flow => import_flow(args, global, weights, &config)?,
    };
    checkpoint.save(&output)?;
    print(format_args!("{}: {}; {note}", checkpoint.kind, output.display()))
}

/// The file to write; without `--output`, none that exists.
fn output(args: &Args, kind: Kind) -> Result<PathBuf> {
    let output = args.output.clone().unwrap_or_else(|| kind.file_name().into());
    files::check_ending(&output, &["safetensors"])?;
    files::refuse_overwriting(&output, args.codec.iter().chain([&args.weights, &args.config]))?;
    if args.output.is_none() && output.exists() {
        return Err(Error::file(&output, "exists already; choose the file to write with --output"));
    }
    Ok(output)
}

fn import_codec(args: &Args, global: &Global, weights: Weights, config: &Config) -> Result<(Checkpoint, &'static str)> {
    if args.codec.is_some() {
        return Err(Error::config("--codec is for a flow, but these are the weights of a codec; omit it"));
    }
    let mut checkpoint = weights.checkpoint(config)?;
    let has = |name: &str| checkpoint.tensors.contains_key(name);
    let is_standardised = !config.vqvae.standardise || STATISTICS.into_iter().all(has);
    if has(CODEBOOKS) && is_standardised {
        return Ok((checkpoint, "weights and codebooks are those of the file"));
    }
    if args.data.is_none() {
        let reason = if is_standardised {
            "has no codebooks (`codebooks` or `vq.layers.0._codebook.embed`); add --data SONGS to compute some"
        } else {
            "has no `latent_mean` and `latent_deviation`, by which vqvae.standardise standardises latents; add --data SONGS to \
             compute them and codebooks"
        };
        return Err(Error::file(&args.weights, reason));
    }
    let (gpu, data) = (global.open_gpu()?, read_dataset(&config.data, None, global)?);
    let vqvae = Vqvae::new(&gpu, &config.vqvae, data.layout().count(), 0)?;
    vqvae.params.load(Part::Weights, &checkpoint.tensors, &checkpoint.path)?;
    codec::initialise_codebooks(&gpu, config, &data, &vqvae)?;
    checkpoint.tensors = vqvae.export()?;
    Ok((checkpoint, "the file had no codebooks: they are the k-means of the songs' latents"))
}

fn import_flow(args: &Args, global: &Global, weights: Weights, config: &Config) -> Result<(Checkpoint, &'static str)> {
    let Some(path) = &args.codec else {
        let reason = "holds a flow without its codec; import the codec first and add --codec CODEC.safetensors";
        return Err(Error::file(&args.weights, reason));
    };
    let codec = Checkpoint::open(path)?.codec();
    let config = flow::with_codec(config, &codec);
    let mut checkpoint = weights.checkpoint(&config)?;
    let channels = config.vqvae.latent;
    let (statistics, note) = if args.data.is_some() {
        let (gpu, data) = (global.open_gpu()?, read_dataset(&config.data, None, global)?);
        (
            statistics(&gpu, &config, &data, &codec, global)?,
            "its latents are standardised by the statistics of the songs",
        )
    } else {
        (
            Statistics::standard(channels),
            "its latents are used as they are; if it was trained on standardised ones, add --data SONGS",
        )
    };
    checkpoint.set_codec(&codec, &statistics);
    Ok((checkpoint, note))
}

fn statistics(gpu: &Gpu, config: &Config, data: &Dataset, codec: &Checkpoint, global: &Global) -> Result<Statistics> {
    let vqvae = Vqvae::open(gpu, &config.vqvae, data.layout().count(), &codec.tensors, &codec.path)?;
    flow::statistics(gpu, config, data, &vqvae, global.verbosity())
}
