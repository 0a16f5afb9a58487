//! Training on several ranks: the bytes of one, whatever their number, with a stop and a resume by another number. Ranks are threads
//! here; `scripts/test-mpi` does the same with processes.

mod common;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::Config;
use flocoder::data::dataset::Dataset;
use flocoder::error::Result;
use flocoder::gpu::Gpu;
use flocoder::ranks::threads::{self, Threads};
use flocoder::train::flow::Start;
use flocoder::train::run::{RunDir, Verbosity};
use flocoder::train::{Task, codec, flow};

/// Eight windows in four parts, with what else follows a batch than weights.
const PARTS: &str = "train.batch=8 train.micro_batches=4";
const CODEC_PARTS: &str = "vqvae.standardise=true vqvae.latent_noise=0.3 vqvae.dropout=0.1 vqvae.dead_code_threshold=2";

fn place() -> Option<&'static Place> {
    Place::trained("ranks")
}

fn settings(place: &Place, text: &str) -> Config {
    let songs = format!("data.path={}", place.path("songs").display());
    let all = text.split_whitespace().map(str::to_owned).chain([songs]).collect::<Vec<_>>();
    Config::load(None, &all).unwrap()
}

/// Trains on one rank, in its thread, until `steps`; resumes a run that is there. `opened` is called with the device.
fn train(
    link: Threads,
    kind: Kind,
    config: &Config,
    codec: &Checkpoint,
    folder: &Path,
    steps: u64,
    opened: impl FnOnce(usize, &Gpu),
) -> Result<()> {
    let (ranks, gpu) = (link.ranks(), Gpu::open(None)?);
    opened(ranks.rank(), &gpu);
    let mut config = config.clone();
    config.train.steps = steps;
    let resumed = folder.join(kind.file_name()).exists();
    let (run, resumed) = if resumed {
        let (run, checkpoint, state) = RunDir::resume(folder, kind)?;
        (run, Some((checkpoint, state)))
    } else if ranks.is_first() {
        (RunDir::create(Some(folder), kind, kind.name())?, None)
    } else {
        (RunDir::of_another_rank(folder, kind), None)
    };
    ranks.agree("the step", &format!("{:?}", run.saved()))?;
    let data = Dataset::open(&config.data, &|_, _| {})?;
    let verbosity = Verbosity::Quiet;
    let task = Task { gpu: &gpu, config: &config, data: &data, run: &run, ranks: &ranks, verbosity };
    if kind == Kind::Codec {
        return codec::train(&task, resumed).map(drop);
    }
    let start = resumed.map_or(Start::New, |resumed| Start::Resumed(Box::new(resumed)));
    // Each number of ranks encodes the songs anew.
    flow::train(&task, codec, &folder.join("cache"), start).map(drop)
}

/// Trains on `size` ranks in the folder `run`.
fn train_on(place: &Place, size: usize, kind: Kind, config: &Config, run: &str, steps: u64) -> Result<()> {
    let codec = Checkpoint::load(&place.path("codec/codec.safetensors"), Kind::Codec)?;
    let (codec, folder) = (&codec, &place.path(run));
    std::thread::scope(|scope| {
        let start = |link| scope.spawn(move || train(link, kind, config, codec, folder, steps, |_, _| {}));
        let started: Vec<_> = threads::links(size).into_iter().map(start).collect();
        started.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

/// Trains runs called `name` on 1, 2 and 4 ranks, and one that is stopped and resumed by other numbers.
fn assert_same_bytes(kind: Kind, name: &str, config: &Config) {
    let Some(place) = place() else { return };
    let files = |run: &str| {
        [kind.file_name(), format!("{kind}-resume-4.safetensors")].map(|name| place.read(&format!("{run}/{name}")))
    };
    let run = |number: &str| format!("{name}-{number}");
    train_on(place, 1, kind, config, &run("1"), 4).unwrap();
    for size in [2, 4] {
        train_on(place, size, kind, config, &run(&size.to_string()), 4).unwrap();
        assert!(files(&run(&size.to_string())) == files(&run("1")), "{name}: {size} ranks");
    }
    for (size, steps) in [(4, 1), (2, 2), (1, 3), (3, 4)] {
        train_on(place, size, kind, config, &run("resumed"), steps).unwrap();
    }
    assert!(files(&run("resumed")) == files(&run("1")), "{name}: resumed by other numbers");
    assert_eq!(place.metrics(&run("1")).len(), 8, "one rank writes the log");
    let validations = |run: &str| {
        let lines = place.metrics(run).into_iter();
        lines.filter(|line| line["phase"] == "validation").collect::<Vec<_>>()
    };
    for size in [2, 4] {
        assert_eq!(validations(&run(&size.to_string())), validations(&run("1")), "{name}: {size} ranks validate");
        // With one part per rank and with several, gradients leave during the sweep.
        let lines = place.metrics(&run(&size.to_string()));
        let line = lines.iter().find(|line| line["phase"] == "train").unwrap();
        let [sent, overlapped] =
            ["exchange_bytes", "exchange_bytes_overlapped"].map(|name| line[name].as_f64().unwrap());
        assert!(0.0 < overlapped && overlapped < sent && line["exchange_ms"].is_number(), "{line}");
    }
}

fn codec_config(place: &Place, text: &str) -> Config {
    settings(place, &format!("{CODEC} {PARTS} {CODEC_PARTS} {text}"))
}

fn flow_config(place: &Place, text: &str) -> Config {
    let codec = Checkpoint::load(&place.path("codec/codec.safetensors"), Kind::Codec).unwrap();
    let config = settings(place, &format!("{FLOW} {PARTS} flow.n_classes=2 flow.pairing=assignment {text}"));
    flow::with_codec(&config, &codec)
}

#[test]
fn a_codec_has_the_same_bytes_on_any_number_of_ranks() {
    let Some(place) = place() else { return };
    assert_same_bytes(Kind::Codec, "codec", &codec_config(place, ""));
}

#[test]
fn a_flow_has_the_same_bytes_on_any_number_of_ranks() {
    let Some(place) = place() else { return };
    assert_same_bytes(Kind::Flow, "flow", &flow_config(place, ""));
}

#[test]
fn an_exchange_in_f16_has_the_same_bytes_on_any_number_of_ranks() {
    let Some(place) = place() else { return };
    assert_same_bytes(Kind::Codec, "rounded-codec", &codec_config(place, "train.exchange=f16"));
    let several = "train.exchange=f16 train.micro_batches=8 train.messages=4";
    assert_same_bytes(Kind::Flow, "rounded-flow", &flow_config(place, several));
}

/// Rounded gradients train about as well, in half of the bytes.
#[test]
fn an_exchange_in_f16_loses_little() {
    let Some(place) = place() else { return };
    let [exact, rounded] = ["f32", "f16"].map(|format| {
        let (run, steps) = (format!("loss-{format}"), 60);
        let config = codec_config(place, &format!("train.exchange={format} train.messages=2 train.validate_every=60"));
        train_on(place, 2, Kind::Codec, &config, &run, steps).unwrap();
        let lines = place.metrics(&run);
        let of = |name: &str| {
            lines.iter().rev().filter_map(|line| line["loss"].as_f64().and(line[name].as_f64())).collect::<Vec<_>>()
        };
        let losses = of("loss");
        (losses[..20].iter().sum::<f64>() / 20.0, losses[losses.len() - 1], of("exchange_bytes")[0])
    });
    assert!(exact.0 < 0.8 * exact.1, "{exact:?} has learned");
    assert!((rounded.0 / exact.0 - 1.0).abs() < 0.02, "{rounded:?} {exact:?}");
    assert!(rounded.2 < 0.7 * exact.2, "{rounded:?} {exact:?}");
}

/// A run may go on with the other format, and with other numbers of messages and parts.
#[test]
fn the_format_of_the_exchange_may_change() {
    let Some(place) = place() else { return };
    let formats = ["exchange=f32", "exchange=f16", "messages=2", "exchange=f32"];
    for size in [1, 2] {
        let mut config = codec_config(place, "");
        for (step, format) in (1..).zip(formats) {
            config = config.with_overrides(&[format!("train.{format}")]).unwrap();
            train_on(place, size, Kind::Codec, &config, &format!("changing-{size}"), step).unwrap();
        }
    }
    let files = [1, 2].map(|size| place.read(&format!("changing-{size}/codec-resume-4.safetensors")));
    assert!(files[0] == files[1]);
}

#[test]
fn f16_has_the_same_bytes_on_any_number_of_ranks() {
    let (Some(gpu), Some(place)) = (common::gpu(), place()) else { return };
    if gpu.capabilities().check_f16().is_err() {
        return;
    }
    for exchange in ["f32", "f16"] {
        let config = settings(place, &format!("{CODEC} {PARTS} train.precision=f16 train.exchange={exchange}"));
        let bytes = |size: usize| {
            let run = format!("half-{exchange}-{size}");
            train_on(place, size, Kind::Codec, &config, &run, 2).unwrap();
            ["codec", "codec-resume-2"].map(|name| place.read(&format!("{run}/{name}.safetensors")))
        };
        assert!(bytes(1) == bytes(2), "exchange in {exchange}");
    }
}

#[test]
fn more_ranks_than_parts_are_refused() {
    let Some(place) = place() else { return };
    let config = settings(place, &format!("{CODEC} train.batch=8 train.micro_batches=2"));
    let error = train_on(place, 3, Kind::Codec, &config, "too-many", 1).unwrap_err().to_string();
    let wanted =
        "3 ranks cannot share a batch of train.micro_batches = 2; set it to a multiple of 3, or start fewer ranks";
    assert!(error.contains(wanted), "{error}");
    let config = settings(place, &format!("{CODEC} {PARTS} train.exchange=f16 train.messages=2"));
    let error = train_on(place, 3, Kind::Codec, &config, "too-many", 1).unwrap_err().to_string();
    assert!(error.contains("3 ranks cannot share a batch of train.messages = 2"), "{error}");
}

/// A rank that loses its device names the step and the checkpoint that is kept, and the other one does not wait for it.
#[test]
fn a_rank_that_fails_ends_all() {
    let Some(place) = place() else { return };
    let endless = "train.steps=1000000 train.validate_every=1000000 train.checkpoint_every=1";
    let config = settings(place, &format!("{CODEC} {PARTS} {endless}"));
    let codec = Checkpoint::load(&place.path("codec/codec.safetensors"), Kind::Codec).unwrap();
    let folder = place.path("failing");
    let devices = Mutex::new(Vec::new());
    let opened = |rank: usize, gpu: &Gpu| devices.lock().unwrap().push((rank, gpu.clone()));
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let (config, codec, folder, opened) = (&config, &codec, &folder, &opened);
        let start = |link| scope.spawn(move || train(link, Kind::Codec, config, codec, folder, 1_000_000, opened));
        let started: Vec<_> = threads::links(2).into_iter().map(start).collect();
        let deadline = Instant::now() + Duration::from_secs(120);
        while place.saved("failing", "codec") < Some(2) {
            assert!(Instant::now() < deadline, "step 2 was not reached");
            std::thread::sleep(Duration::from_millis(5));
        }
        let of_second = devices.lock().unwrap().iter().find(|(rank, _)| *rank == 1).unwrap().1.clone();
        of_second.lose();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let texts: Vec<String> = results.into_iter().map(|result| result.unwrap_err().to_string()).collect();
    assert!(texts[0].contains("rank 1 has ended before the task was done"), "{texts:?}");
    assert!(texts[1].starts_with("step ") && texts[1].contains("GPU: the device was lost (on purpose)"), "{texts:?}");
    assert!(texts[1].contains("is kept: continue with --resume"), "{texts:?}");
    let step = Checkpoint::load(&folder.join("codec.safetensors"), Kind::Codec).unwrap().step;
    train_on(place, 1, Kind::Codec, &config, "failing", step + 1).unwrap();
}
