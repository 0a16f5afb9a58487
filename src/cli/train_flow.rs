//! `flocoder train-flow`: trains a flow on a codec's latents.

use super::global::Global;
use super::reading::open_dataset;
use super::resume_line::ResumeLine;
use super::run_args::{RunArgs, check_agreement};
use crate::checkpoint::{Checkpoint, Kind};
use crate::error::{Error, Result};
use crate::ranks::{Ranks, together};
use crate::terminal::print;
use crate::train::run::interrupt;
use crate::train::{Task, flow};
use std::path::{Path, PathBuf};

/// Where encoded data sets are kept by default.
const CACHE: &str = "runs/cache";

const EXAMPLES: &str = "Examples:\n  flocoder train-flow --config configs/small_flow.yaml --codec runs/codec/codec.safetensors \\\n      --data songs --output runs/flow\n  flocoder train-flow --resume --output runs/flow train.steps=30000";

/// Arguments of `train-flow`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of the codec whose latents the flow is trained on; a resumed flow, and that of --from, include their codec
    #[arg(long, value_name = "FILE", required_unless_present_any = ["resume", "from"])]
    pub codec: Option<PathBuf>,
    /// Checkpoint of a flow from whose weights a new run starts. The flow of the run may have flow.given channels more
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resume", "codec"])]
    pub from: Option<PathBuf>,
    /// Folder for encoded data sets, shared by runs
    #[arg(long, value_name = "DIR", default_value = CACHE)]
    pub cache: PathBuf,
    /// Settings and folder.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Trains a new flow, or resumes one.
///
/// # Errors
/// Settings, codec, data, device or folder that cannot be used; a loss that is not finite.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    together(|ranks| train(args, global, ranks))
}

fn train(args: &Args, global: &Global, ranks: &Ranks) -> Result<()> {
    let given = args.run.given()?;
    let (run, resumed) =
        args.run.resumed(Kind::Flow)?.map(|(run, checkpoint, state)| (run, (checkpoint, state))).unzip();
    let checkpoint = resumed.as_ref().map(|(checkpoint, _)| checkpoint);
    let from = args.from.as_deref().map(|path| Checkpoint::load(path, Kind::Flow)).transpose()?;
    let codec = codec(args.codec.as_deref(), checkpoint.or(from.as_ref()))?;
    given.check_for_flow(&codec.config)?;
    let config = flow::with_codec(&args.run.configure(&given, checkpoint)?, &codec);
    config.validate_flow()?;
    let gpu = global.open_gpu_of(ranks)?;
    let data = open_dataset(&config.data, checkpoint, global)?;
    args.run.check_data(checkpoint, &data)?;
    check_agreement(ranks, &config, &data)?;
    interrupt::install()?;
    let run = args.run.folder(Kind::Flow, run, ranks)?;
    let cache = (args.cache != Path::new(CACHE)).then_some(&*args.cache);
    let line = ResumeLine { kind: Kind::Flow, folder: run.path(), cache, global };
    if let Some(checkpoint) = checkpoint {
        line.announce(checkpoint, &config);
    }
    let task = Task { gpu: &gpu, config: &config, data: &data, run: &run, ranks, verbosity: global.verbosity() };
    let start = match (resumed, from) {
        (Some(resumed), _) => flow::Start::Resumed(Box::new(resumed)),
        (None, Some(from)) => flow::Start::From(Box::new(from)),
        (None, None) => flow::Start::New,
    };
    let watch = args.run.watched(&run, ranks)?;
    flow::train(&task, &codec, &args.cache, start)?;
    drop(watch);
    line.farewell();
    print(run.checkpoint_path().display())
}

/// The codec of a new flow, or the one that a resumed flow carries.
fn codec(path: Option<&Path>, resumed: Option<&Checkpoint>) -> Result<Checkpoint> {
    let given = path.map(|path| Checkpoint::load(path, Kind::Codec)).transpose()?;
    match (given, resumed.map(Checkpoint::codec)) {
        (Some(given), Some(own)) if given.tensors != own.tensors => {
            Err(Error::file(given.path, "is not the codec that the flow was trained with; leave --codec out"))
        }
        (_, Some(codec)) | (Some(codec), None) => Ok(codec),
        (None, None) => Err(Error::config("--codec is missing; give it the checkpoint of a trained codec")),
    }
}
