//! A batch in parts: the gradient of the whole, to rounding, and runs that resume to equal bytes.

mod common;

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind, ResumeState};

const EIGHT: &str = "train.batch=8";
const ONE_STEP: &str = "train.batch=8 train.steps=1 train.clip=0";
/// A flow that is given conditions, parts of the music and controls.
const CONDITIONED: &str = "flow.arch=transformer flow.width=32 flow.layers=1 flow.rows=4 flow.picture=67 flow.attributes=24 \
    flow.given=36 flow.controls=8";

fn place() -> Option<&'static Place> {
    Place::trained("micro-batches")
}

/// Trains for a step in each number of parts. Adam's first moments after it are the gradient, but for a factor.
fn first_moments(place: &Place, command: &str, kind: &str, parts: usize) -> Vec<f32> {
    let run = format!("{kind}-{parts}-{}", command.len());
    place.succeeds(&format!("{command} -q -o {run} {ONE_STEP} train.micro_batches={parts}"));
    let mut state = ResumeState::load(&place.path(&format!("{run}/{kind}-resume-1.safetensors"))).unwrap();
    let shape = state.tensors["first_moments"].shape.clone();
    state.take("first_moments", &shape).unwrap().data
}

/// The norm of the difference, relative to that of `a`.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut a.iter().copied())
}

#[track_caller]
fn assert_same_gradient(place: &Place, command: &str, kind: &str, tolerance: f64) {
    let whole = first_moments(place, command, kind, 1);
    for parts in [2, 4, 8] {
        let gap = distance(&whole, &first_moments(place, command, kind, parts));
        eprintln!("{kind}, {parts} parts: {gap:.1e}");
        assert!(gap < tolerance, "{command}: {parts} parts differ by {gap:e}");
    }
}

#[test]
fn parts_of_a_codecs_batch_have_the_gradient_of_the_whole() {
    let Some(place) = place() else { return };
    assert_same_gradient(place, &format!("train-vqvae {CODEC}"), "codec", 1e-5);
    if common::gpu().is_some_and(|gpu| gpu.capabilities().check_f16().is_ok()) {
        assert_same_gradient(place, &format!("train-vqvae {CODEC} train.precision=f16"), "codec", 2e-2);
    }
}

#[test]
fn parts_of_a_flows_batch_have_the_gradient_of_the_whole() {
    let Some(place) = place() else { return };
    let flow = format!("train-flow --codec codec/codec.safetensors --cache cache {FLOW}");
    assert_same_gradient(place, &flow, "flow", 1e-5);
    assert_same_gradient(place, &format!("{flow} flow.pairing=assignment flow.n_classes=2"), "flow", 1e-5);
    if common::gpu().is_some_and(|gpu| gpu.capabilities().check_f16().is_ok()) {
        assert_same_gradient(place, &format!("{flow} train.precision=f16"), "flow", 2e-2);
    }
}

/// Conditions, what is given, and controls are drawn for the whole batch.
#[test]
fn parts_of_a_conditioned_flows_batch_have_the_gradient_of_the_whole() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("train-vqvae -q -o bars {CODEC} vqvae.columns=2"));
    let flow = format!("train-flow --codec bars/codec.safetensors --cache cache {FLOW} {CONDITIONED}");
    assert_same_gradient(place, &flow, "flow", 1e-5);
}

/// Codebooks follow the sums over all parts, and dead codes are replaced by the same vectors.
#[test]
fn codebooks_follow_all_parts() {
    let Some(place) = place() else { return };
    let tensors = |parts: usize| {
        let run = format!("books-{parts}");
        let train = format!("train-vqvae -q -o {run} {CODEC} {ONE_STEP} vqvae.codes=64 vqvae.dead_code_threshold=2");
        place.succeeds(&format!("{train} train.micro_batches={parts}"));
        let codes = Checkpoint::load(&place.path(&format!("{run}/codec.safetensors")), Kind::Codec).unwrap();
        let state = ResumeState::load(&place.path(&format!("{run}/codec-resume-1.safetensors"))).unwrap();
        (codes.tensors["codebooks"].data.clone(), state.tensors["cluster_size"].data.clone())
    };
    let (codes, sizes) = tensors(1);
    assert!(sizes.iter().filter(|&&size| size == sizes.iter().copied().fold(f32::INFINITY, f32::min)).count() > 1);
    for parts in [2, 8] {
        let (other, counts) = tensors(parts);
        assert!(distance(&sizes, &counts) < 1e-6 && distance(&codes, &other) < 1e-5, "{parts} parts");
    }
}

#[test]
fn a_run_in_parts_resumes_to_equal_bytes() {
    let Some(place) = place() else { return };
    let settings = format!("{EIGHT} train.micro_batches=4");
    let flow = format!("train-flow -q --codec codec/codec.safetensors --cache cache {FLOW} {settings}");
    for (kind, begin, resume) in [
        ("codec", format!("train-vqvae -q {CODEC} {settings} vqvae.standardise=true"), "train-vqvae"),
        ("flow", flow, "train-flow --cache cache"),
    ] {
        place.succeeds(&format!("{begin} -o whole-{kind}"));
        place.succeeds(&format!("{begin} -o cut-{kind} train.steps=2"));
        place.succeeds(&format!("{resume} -q -o cut-{kind} --resume train.steps=4"));
        for file in [format!("{kind}.safetensors"), format!("{kind}-resume-4.safetensors")] {
            let [whole, cut] = ["whole", "cut"].map(|run| place.read(&format!("{run}-{kind}/{file}")));
            assert!(whole == cut, "{file} differs");
        }
    }
}

#[test]
fn parts_divide_the_batch() {
    let Some(place) = place() else { return };
    place.refuses(
        &format!("train-vqvae -o refused {CODEC} train.batch=8 train.micro_batches=3"),
        "train.micro_batches is 3, which does not divide train.batch = 8; make it a divisor of the batch",
    );
    place.refuses(&format!("train-vqvae -o refused {CODEC} train.micro_batches=0"), "train.micro_batches is 0");
}
