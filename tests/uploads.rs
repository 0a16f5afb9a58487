//! Uploads are recorded in the order of all commands, so that a training step is one submission.

mod common;

use common::program::Place;
use common::training::train;
use flocoder::config::Precision;
use flocoder::gpu::Gpu;
use flocoder::ops::elementwise::add;
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;

/// A device whose counters no other test moves; `None` without an adapter.
fn own_gpu() -> Option<Gpu> {
    common::gpu().map(|_| Gpu::open(None).unwrap())
}

fn doubled(x: &Tensor) -> Tensor {
    let x = Var::constant(x.clone());
    add(&Tape::inference(), &x, &x).value
}

#[test]
fn a_dispatch_reads_what_was_uploaded_before_it() {
    let Some(gpu) = &own_gpu() else { return };
    let before = gpu.counters();
    let x = Tensor::from_f32(gpu, &[3], &[1.0, 2.0, 3.0]);
    let first = doubled(&x);
    x.write_f32(&[10.0, 20.0, 30.0]);
    let second = doubled(&x);
    x.clear();
    let third = doubled(&x);
    x.write_f32(&[100.0, 200.0, 300.0]);
    gpu.flush().unwrap();
    let after = gpu.counters();
    assert_eq!(after.submissions - before.submissions, 1);
    assert_eq!(after.uploaded - before.uploaded, 3 * 12);
    assert_eq!(first.read_f32().unwrap(), [2.0, 4.0, 6.0]);
    assert_eq!(second.read_f32().unwrap(), [20.0, 40.0, 60.0]);
    assert_eq!(third.read_f32().unwrap(), [0.0; 3]);
    assert_eq!(x.read_f32().unwrap(), [100.0, 200.0, 300.0]);
}

/// More than the staging buffer holds at once, and a single upload that it could not hold.
#[test]
fn uploads_of_any_size_arrive() {
    let Some(gpu) = common::gpu() else { return };
    let values = |seed: usize, length: usize| (0..length).map(|i| ((i * 7 + seed) % 1009) as f32).collect::<Vec<_>>();
    let lengths = [1, 3_000_001, 300_000, 700_003, 1_000_000, 999_999, 5, 2_500_000, 400_000];
    let tensors: Vec<Tensor> = lengths
        .iter()
        .enumerate()
        .map(|(seed, &length)| Tensor::from_f32(gpu, &[length], &values(seed, length)))
        .collect();
    for (seed, (tensor, &length)) in tensors.iter().zip(&lengths).enumerate() {
        assert!(tensor.read_f32().unwrap() == values(seed, length), "{length} values");
    }
    assert!(Tensor::from_f32(gpu, &[0], &[]).is_empty());
}

/// Submissions of training for so many steps, most of which neither log nor validate.
fn submissions(gpu: &Gpu, place: &Place, steps: u64) -> u64 {
    let precision = if gpu.capabilities().f16 { Precision::F16 } else { Precision::F32 };
    let rarely =
        "train.batch=2 flow.dynamics=false train.log_every=1000 train.validate_every=1000 train.checkpoint_every=1000";
    let before = gpu.counters().submissions;
    train(gpu, place, ["demo_vqvae", "demo_flow"], precision, &format!("train.steps={steps} {rarely}")).unwrap();
    gpu.counters().submissions - before
}

#[test]
fn a_training_step_is_one_submission() {
    let Some(gpu) = &own_gpu() else { return };
    let place = Place::with_songs("uploads");
    // Both runs validate equally often.
    let [fewer, more] = [21, 23].map(|steps| submissions(gpu, &place, steps));
    assert_eq!(more - fewer, 2 * 2, "two steps of the codec and two of the flow");
}
