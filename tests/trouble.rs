//! Failures during training: out of memory, a lost device, non-finite gradients, a shared folder.

mod common;

use common::program::{CODEC, Place, sentence};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::{Config, TrainConfig};
use flocoder::data::dataset::Dataset;
use flocoder::error::{Error, Result};
use flocoder::gpu::Gpu;
use flocoder::models::VelocityField;
use flocoder::nn::Part;
use flocoder::ranks::Ranks;
use flocoder::train::codec::validate::Validation;
use flocoder::train::run::{RunDir, Verbosity};
use flocoder::train::step::Optimizer;
use flocoder::train::{Task, codec};
use std::time::{Duration, Instant};

/// Trains a codec in the folder `run` of a place.
fn train(gpu: &Gpu, place: &Place, run: &str, settings: &str) -> Result<Validation> {
    let overrides = format!("{CODEC} data.path={} {settings}", place.path("songs").display());
    let overrides: Vec<String> = overrides.split_whitespace().map(str::to_owned).collect();
    let config = Config::load(None, &overrides)?;
    let data = Dataset::open(&config.data, &|_, _| {})?;
    let run = RunDir::create(Some(&place.path(run)), Kind::Codec, run)?;
    let task =
        Task { gpu, config: &config, data: &data, run: &run, ranks: &Ranks::alone(), verbosity: Verbosity::Quiet };
    codec::train(&task, None)
}

/// The step of the checkpoint that a run left.
fn kept(place: &Place, run: &str) -> u64 {
    Checkpoint::load(&place.path(run).join("codec.safetensors"), Kind::Codec).unwrap().step
}

#[test]
fn a_device_out_of_memory_ends_the_run_with_one_sentence() {
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("out-of-memory");
    let gpu = Gpu::open(None).unwrap();
    train(&gpu, &place, "enough", "data.validation=0 train.steps=1").unwrap();
    let enough = gpu.peak_bytes();
    let gpu = Gpu::open(None).unwrap();
    gpu.limit_memory(enough - 1);
    let error = train(&gpu, &place, "little", "data.validation=0 train.steps=1").unwrap_err();
    assert!(matches!(error, Error::Stopped { step: 1, kept: 0, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("the device is out of memory: "), "{text}");
    assert!(text.contains("bytes in use; lower train.batch or the network's width"), "{text}");
    assert!(text.ends_with("the checkpoint of step 0 is kept: continue with --resume"), "{text}");
    assert_eq!(kept(&place, "little"), 0);
    // With almost no memory, no network can be built, and no run is created.
    let gpu = Gpu::open(None).unwrap();
    gpu.limit_memory(1024);
    let error = train(&gpu, &place, "nothing", "train.steps=1").unwrap_err();
    assert!(matches!(error, Error::Device(_)), "{error}");
    assert!(place.files("nothing").is_empty());
    // The failure is kept: nothing computed after it can be trusted.
    assert!(gpu.check().is_err() && gpu.check().is_err());
    gpu.clear_failure();
    gpu.check().unwrap();
}

/// Free buffers of one phase are given back before the next one, with tensors of other sizes, is out of memory.
#[test]
fn memory_of_one_training_run_serves_the_next() {
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("two-phases");
    let phases = [
        ("large", "data.validation=0 train.steps=1 train.batch=7"),
        ("small", "data.validation=0 train.steps=1 train.batch=3"),
    ];
    let peaks = phases.map(|(run, settings)| {
        let gpu = Gpu::open(None).unwrap();
        train(&gpu, &place, &format!("{run}-alone"), settings).unwrap();
        (gpu.peak_bytes(), gpu.memory())
    });
    let gpu = Gpu::open(None).unwrap();
    let budget = peaks[0].0.max(peaks[1].0);
    assert!(budget < peaks[0].1, "the large run has free buffers to give back");
    gpu.limit_memory(budget);
    for (run, settings) in phases {
        train(&gpu, &place, run, settings).unwrap();
    }
    assert!(gpu.memory() <= budget);
}

#[test]
fn a_lost_device_ends_the_run_and_keeps_its_checkpoint() {
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("lost-device");
    let gpu = Gpu::open(None).unwrap();
    let error = std::thread::scope(|scope| {
        let run = scope.spawn(|| train(&gpu, &place, "run", "train.steps=1000000 train.validate_every=1000000"));
        let deadline = Instant::now() + Duration::from_secs(120);
        while place.saved("run", "codec") < Some(2) {
            assert!(Instant::now() < deadline && !run.is_finished(), "step 2 was not reached");
            std::thread::sleep(Duration::from_millis(5));
        }
        gpu.lose();
        run.join().expect("no panic").unwrap_err()
    });
    let Error::Stopped { step, kept: said, .. } = error else { panic!("{error}") };
    assert!(step >= said && said >= 2, "{error}");
    assert!(error.to_string().contains("the device was lost"), "{error}");
    assert_eq!(kept(&place, "run"), said);
    place.succeeds(&format!("train-vqvae -q -o run --resume train.steps={}", said + 1));
    assert_eq!(kept(&place, "run"), said + 1);
}

#[test]
fn a_non_finite_gradient_changes_nothing_if_skipping_is_allowed() {
    let Some(gpu) = common::gpu() else { return };
    let mut config = Config::default();
    (config.flow.dim, config.flow.dim_mults) = (8, vec![1]);
    let VelocityField { params, .. } = VelocityField::new(gpu, &config.flow, [8, 8, 4], 0).unwrap();
    let parts = || [Part::Weights, Part::FirstMoments, Part::Ema].map(|part| params.flat(part).read_f32().unwrap());
    let train = TrainConfig { skip_bad_steps: 2, ..TrainConfig::default() };
    let mut optimizer = Optimizer::new(gpu, &train).unwrap();
    let mut gradients = vec![0.5; params.flat(Part::Gradients).len()];
    let mut step = |number: u64, bad: f32| {
        gradients[3] = bad;
        params.flat(Part::Gradients).write_f32(&gradients);
        optimizer.step(&params, &train, number, 0.9).map(|gradient| gradient.skipped.is_some())
    };
    let before = parts();
    assert!(step(1, f32::NAN).unwrap() && step(2, f32::INFINITY).unwrap());
    assert_eq!(parts(), before);
    assert!(!step(3, 0.5).unwrap());
    assert!(parts().iter().zip(&before).all(|(now, before)| now != before));
    let after = parts();
    let error = step(4, f32::NAN).unwrap_err().to_string();
    assert!(error.starts_with("step 4: the gradient of "), "{error}");
    assert_eq!(parts(), after);
}

#[test]
fn skipped_steps_are_counted_up_to_the_limit() {
    let Some(place) = Place::trained("trouble") else { return };
    let skipping = "train.skip_bad_steps=3 train.steps=1000 train.validate_every=1000";
    place.succeeds(&format!("train-vqvae -q -o skips {CODEC} {skipping} train.steps=2"));
    // The first step makes the weights so large that no later gradient is finite.
    let resume =
        "train-vqvae -q -o skips --resume train.steps=1000 train.learning_rate=1e30 train.checkpoint_every=100";
    let output = place.command(resume).output().unwrap();
    sentence("too many", &output, "is not finite; the last good checkpoint is kept");
    let lines = place.metrics("skips");
    let skipped: Vec<_> = lines.iter().filter(|line| line["phase"] == "skipped").collect();
    let counts: Vec<_> = skipped.iter().map(|line| (line["skipped"].as_f64(), line["allowed"].as_f64())).collect();
    assert_eq!(counts, [1.0, 2.0, 3.0].map(|count| (Some(count), Some(3.0))), "{lines:?}");
    assert_eq!(kept(place, "skips"), 2);
}

#[test]
fn two_training_runs_share_an_adapter_and_a_cache_but_no_folder() {
    use common::program::FLOW;
    let Some(place) = Place::trained("trouble") else { return };
    let train = |run: &str| {
        let train = format!("train-flow -q --codec codec/codec.safetensors --cache shared -o {run} {FLOW}");
        place.command(&train).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [train("flow-a"), train("flow-b")].map(|child| child.wait_with_output().unwrap());
    assert!(both.iter().all(|output| output.status.success()), "{both:?}");
    for run in ["flow-a", "flow-b"] {
        assert_eq!(place.metrics(run), place.metrics("flow"));
        for name in ["flow.safetensors", "flow-resume-4.safetensors"] {
            assert!(place.read(&format!("{run}/{name}")) == place.read(&format!("flow/{name}")), "{run}/{name}");
        }
    }
    assert_eq!(place.files("shared").len(), 1, "one cache, nothing half-written");
    // A damaged cache is recomputed.
    let cache = place.files("shared").remove(0);
    let mut bytes = std::fs::read(&cache).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&cache, &bytes).unwrap();
    assert!(train("flow-c").wait().unwrap().success());
    assert!(place.read("flow-c/flow.safetensors") == place.read("flow/flow.safetensors"));
    bytes[last] ^= 1;
    assert!(std::fs::read(&cache).unwrap() == bytes);

    let endless = format!("train-vqvae -q -o shared-run {CODEC} train.steps=1000000 train.checkpoint_every=1000000");
    let mut first = place.command(&endless).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while place.last_line("shared-run").is_none() {
        assert!(Instant::now() < deadline, "the training never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    place.refuses("train-vqvae -o shared-run --resume", "is in use by another flocoder");
    place.refuses(&format!("train-vqvae -o shared-run {CODEC}"), "already holds a run");
    first.kill().unwrap();
    first.wait().unwrap();
    place.succeeds("train-vqvae -q -o shared-run --resume train.steps=1");
}
