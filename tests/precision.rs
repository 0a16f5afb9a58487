//! Training in f16: loss curves as in f32, skipped steps at overflow, resuming and sampling.

mod common;

use common::program::{CODEC, FLOW, Place};
use flocoder::config::{Precision, ScheduleKind, TrainConfig};
use flocoder::gpu::{Capabilities, Gpu};
use flocoder::nn::{Init, Layout, Order, Params, Part};
use flocoder::train::step::Optimizer;

/// The device, if it has 16-bit floats.
fn gpu() -> Option<&'static Gpu> {
    let gpu = common::gpu()?;
    match gpu.capabilities().check_f16() {
        Ok(()) => Some(gpu),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

/// Largest distance of two curves, as a fraction of the loss: at each of the first ten steps, at any step, and on average.
struct Tolerance {
    early: f64,
    ever: f64,
    average: f64,
}

/// Checks that the training losses of two runs are close but not equal.
#[track_caller]
fn assert_close_curves(place: &Place, runs: [&str; 2], tolerance: &Tolerance) {
    let losses = |run: &str| -> Vec<f64> {
        let lines = place.metrics(run).into_iter().filter(|line| line["phase"] == "train");
        lines.map(|line| line["loss"].as_f64().unwrap()).collect()
    };
    let [in_f32, in_f16] = runs.map(losses);
    assert!(in_f32.last() < Some(&(0.7 * in_f32[0])), "{}: nothing is learned: {in_f32:?}", runs[0]);
    assert_eq!(in_f32.len(), in_f16.len(), "{runs:?}");
    let distances: Vec<f64> = in_f32.iter().zip(&in_f16).map(|(a, b)| (a - b).abs() / a).collect();
    let largest = |distances: &[f64]| distances.iter().copied().fold(0.0, f64::max);
    let (early, ever) = (largest(&distances[..10]), largest(&distances));
    let average = distances.iter().sum::<f64>() / distances.len() as f64;
    let within = early < tolerance.early && ever < tolerance.ever && average < tolerance.average;
    assert!(
        early > 0.0 && within,
        "{runs:?}: distances {early} early, {ever} at most, {average} on average: {distances:?}"
    );
}

/// The curves may differ only by rounding. Those of a codec diverge more over time than those of a flow: a vector between two codes
/// may be assigned to either, and the codes follow the vectors.
#[test]
fn curves_in_f16_match_those_in_f32() {
    if gpu().is_none() {
        return;
    }
    let place = Place::with_songs("precision");
    let codec =
        "train.steps=40 train.learning_rate=0.004 train.batch=4 train.checkpoint_every=40 train.validate_every=40";
    let flow =
        "train.steps=40 train.learning_rate=0.003 train.batch=8 train.checkpoint_every=40 train.validate_every=40";
    for precision in ["f32", "f16"] {
        let set = format!("train.precision={precision}");
        place.succeeds(&format!("train-vqvae -q -o codec-{precision} {CODEC} {codec} {set}"));
        let codec = "--codec codec-f32/codec.safetensors --cache cache";
        place.succeeds(&format!("train-flow -q {codec} -o flow-{precision} {FLOW} {flow} {set}"));
    }
    assert_close_curves(&place, ["codec-f32", "codec-f16"], &Tolerance { early: 0.002, ever: 0.15, average: 0.03 });
    assert_close_curves(&place, ["flow-f32", "flow-f16"], &Tolerance { early: 0.002, ever: 0.01, average: 0.002 });
}

#[test]
fn a_run_in_f16_resumes_with_its_scale_and_makes_samples() {
    if gpu().is_none() {
        return;
    }
    let place = Place::with_songs("precision-resumed");
    let f16 = "train.precision=f16";
    place.succeeds(&format!("train-vqvae -q -o codec {CODEC} {f16}"));
    place.succeeds(&format!("train-vqvae -q -o codec-resumed {CODEC} {f16} train.steps=2"));
    place.succeeds("train-vqvae -q -o codec-resumed --resume train.steps=4");
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.succeeds(&format!("train-flow -q {codec} -o flow {FLOW} {f16}"));
    place.succeeds(&format!("train-flow -q {codec} -o flow-resumed {FLOW} {f16} train.steps=2"));
    place.succeeds("train-flow -q --cache cache -o flow-resumed --resume train.steps=4");
    for kind in ["codec", "flow"] {
        for file in [format!("{kind}.safetensors"), format!("{kind}-resume-4.safetensors")] {
            let [whole, resumed] = ["", "-resumed"].map(|run| place.read(&format!("{kind}{run}/{file}")));
            assert!(whole == resumed, "{kind}: {file} differs");
        }
        let last = place.metrics(kind).into_iter().rfind(|line| line["phase"] == "train").unwrap();
        assert_eq!(last["step"], 4);
        assert!(last["loss_scale"].as_f64().is_some_and(|scale| scale >= 1.0), "{last}");
    }
    place.succeeds("sample --checkpoint flow/flow.safetensors -n 1 -o music");
    // A run may be resumed in the other precision: its state is f32 in both.
    place.succeeds("train-vqvae -q -o codec --resume train.steps=5 train.precision=f32");
    place.succeeds("train-vqvae -q -o codec --resume train.steps=6 train.precision=f16");
}

#[test]
fn a_step_that_overflows_changes_nothing_but_the_scale() {
    let Some(gpu) = gpu() else { return };
    let train = TrainConfig { warmup: 0, schedule: ScheduleKind::Constant, ..TrainConfig::default() };
    let params = || {
        let mut layout = Layout::new();
        layout.root().parameter("w", &[5], Order::Same, Init::Constant(1.0));
        Params::new(gpu, layout, 0).unwrap()
    };
    let parts = |params: &Params| {
        [Part::Weights, Part::FirstMoments, Part::SecondMoments, Part::Ema].map(|part| params.export(part).unwrap())
    };
    let give = |params: &Params, gradient: f32| {
        let mut values = vec![0.0; params.layout().length()];
        values[..5].fill(gradient);
        params.flat(Part::Gradients).write_f32(&values);
    };
    let (half, whole) = (params(), params());
    let optimizer = |precision| Optimizer::new(gpu, &TrainConfig { precision, ..train.clone() }).unwrap();
    let mut in_f16 = optimizer(Precision::F16);
    let scale = |optimizer: &Optimizer| optimizer.scale.scale().unwrap().read_f32().unwrap()[0];
    let first = scale(&in_f16);
    for bad in [f32::INFINITY, f32::NAN] {
        let before = parts(&half);
        give(&half, bad);
        let numbers = in_f16.step(&half, &train, 1, 0.5).unwrap().read().unwrap();
        assert!(numbers.iter().all(|(name, number)| name == "loss_scale" && number.is_finite()), "{numbers:?}");
        assert_eq!(parts(&half), before);
    }
    assert_eq!(scale(&in_f16), first / 4.0);
    // The same gradient, scaled and not, makes the same step.
    give(&half, 0.25 * first / 4.0);
    let numbers = in_f16.step(&half, &train, 1, 0.5).unwrap().read().unwrap();
    assert_eq!(
        numbers,
        [
            ("loss_scale".to_owned(), f64::from(first) / 4.0),
            ("gradient_norm".to_owned(), f64::from(0.25 * 5f32.sqrt()))
        ]
    );
    give(&whole, 0.25);
    optimizer(Precision::F32).step(&whole, &train, 1, 0.5).unwrap();
    assert_eq!(parts(&half), parts(&whole));
    assert_ne!(parts(&half), parts(&params()));
}

#[test]
fn an_adapter_without_16_bit_floats_is_refused() {
    let Some(gpu) = common::gpu() else { return };
    let without = Capabilities { f16: false, name: "Old".to_owned(), ..gpu.capabilities().clone() };
    let error = without.check_f16().unwrap_err().to_string();
    assert_eq!(error, "GPU: the adapter Old has no 16-bit floats; set train.precision: f32");
}
