//! Threads share a device: while one waits for a result, others record.

mod common;

use flocoder::gpu::{Gpu, work};
use flocoder::ops::elementwise::add;
use flocoder::ops::matmul::{Operand, Size, matmul};
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

/// Side of the matrices of the long work.
const SIDE: usize = 512;

/// Records the same product so many times, and returns its result.
fn long_work(gpu: &Gpu, products: usize) -> Tensor {
    let matrix = Tensor::from_f32(gpu, &[SIDE, SIDE], &vec![1.0 / SIDE as f32; SIDE * SIDE]);
    let result = Tensor::zeros(gpu, &[SIDE, SIDE]);
    let [a, b, c] = [&matrix, &matrix, &result].map(|tensor| Operand::dense(tensor, SIDE, SIDE));
    for _ in 0..products {
        matmul(&Size::single([SIDE; 3], false), a, b, None, c);
    }
    result
}

fn doubled(gpu: &Gpu) -> Tensor {
    let x = Var::constant(Tensor::from_f32(gpu, &[2], &[1.0, 2.0]));
    add(&Tape::inference(), &x, &x).value
}

/// All of a thread's work is one submission. Software Vulkan submits the next one only when it is idle, and compiles kernels only then.
#[test]
fn a_thread_records_and_drops_tensors_while_another_waits() {
    if common::gpu().is_none() {
        return;
    }
    // A separate device, on which no other test waits.
    let gpu = &Gpu::open(None).unwrap();
    let sum = || doubled(gpu).read_f32().unwrap();
    assert_eq!(sum(), [2.0, 4.0]);
    long_work(gpu, 1).read_f32().unwrap();
    let start = Instant::now();
    long_work(gpu, 5).read_f32().unwrap();
    let products = (5.0 / start.elapsed().as_secs_f64()) as usize + 5;
    let products = products.min(work::SUBMISSION as usize / (3 * SIDE.pow(3)));
    let begun = Barrier::new(2);
    let (recorded, [start, end]) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let result = long_work(gpu, products);
            begun.wait();
            let start = Instant::now();
            result.read_f32().unwrap();
            [start, Instant::now()]
        });
        begun.wait();
        thread::sleep((Instant::now() - start) / 10);
        let before = gpu.counters().dispatches;
        drop(doubled(gpu));
        assert_eq!(gpu.counters().dispatches, before + 1);
        (Instant::now(), reader.join().unwrap())
    });
    let waited = end - start;
    assert!(
        recorded + waited / 4 < end,
        "recorded {:?} before the end of {waited:?}",
        end.saturating_duration_since(recorded)
    );
    assert_eq!(sum(), [2.0, 4.0]);
}
