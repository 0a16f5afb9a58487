//! The residual quantizer on the device, on clusters that it must find. (`golden` compares it with PyTorch.)

mod common;

use common::golden::nmse;
use flocoder::gpu::Gpu;
use flocoder::nn::quantizer::{CodebookUse, QuantizerSettings, ResidualQuantizer};
use flocoder::ops::quantize::{Estimator, quantize_straight_through};
use flocoder::rng::Philox;
use flocoder::tape::Tape;
use flocoder::tensor::Tensor;

/// `count` vectors around each of `clusters` points on a circle, which are far apart compared with the width of a cluster.
fn vectors_in_clusters(gpu: &Gpu, clusters: usize, count: usize) -> Tensor {
    let mut rng = Philox::new(1, 0);
    let vector = |n: usize| {
        let (sin, cos) = (std::f64::consts::TAU * (n % clusters) as f64 / clusters as f64).sin_cos();
        [5.0 * cos + 0.1 * rng.normal(), 5.0 * sin + 0.1 * rng.normal()].map(|x| x as f32)
    };
    let vectors: Vec<f32> = (0..clusters * count).flat_map(vector).collect();
    Tensor::from_f32(gpu, &[clusters * count, 2], &vectors)
}

const SETTINGS: QuantizerSettings = QuantizerSettings {
    decay: 0.95,
    epsilon: 1e-5,
    commitment: 0.25,
    dead_code_threshold: 2.0,
    dead_code_fraction: 0.1,
    seed: 3,
};

#[test]
fn training_on_clusters_ends_with_every_code_used() {
    let Some(gpu) = common::gpu() else { return };
    let vectors = vectors_in_clusters(gpu, 8, 20);
    let use_after = |initialised: bool| {
        let quantizer = ResidualQuantizer::new(gpu, 2, 8, 2);
        if initialised {
            quantizer.kmeans_init(&vectors, 15, &mut Philox::new(4, 0)).unwrap();
        }
        for step in 0..120 {
            quantizer.train_step(&vectors, &SETTINGS, step);
        }
        let quantized = quantizer.quantize(&vectors);
        let error: f64 =
            quantized.sum.read_f32().unwrap().iter().zip(vectors.read_f32().unwrap()).map(square_of_difference).sum();
        assert!(error / 320.0 < 0.05, "mean square error: {}", error / 320.0);
        CodebookUse::of(&quantized.indices.read_u32().unwrap(), 2, 8)
    };
    // With k-means, and from codebooks of zeros, which the replacement of dead codes must fill.
    for initialised in [true, false] {
        let found = use_after(initialised);
        assert!(found.iter().all(|level| level.fraction == 1.0), "k-means {initialised}: {found:?}");
    }
}

fn square_of_difference((a, b): (&f32, f32)) -> f64 {
    f64::from(a - b).powi(2)
}

#[test]
fn a_step_repeats_bit_for_bit() {
    let Some(gpu) = common::gpu() else { return };
    let vectors = vectors_in_clusters(gpu, 5, 301);
    let books = || {
        let quantizer = ResidualQuantizer::new(gpu, 3, 7, 2);
        quantizer.kmeans_init(&vectors, 3, &mut Philox::new(4, 0)).unwrap();
        (0..3).for_each(|step| drop(quantizer.train_step(&vectors, &SETTINGS, step)));
        quantizer.books.read_f32().unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    assert_eq!(books(), books());
}

#[test]
fn the_gradient_passes_the_quantizer_once() {
    let Some(gpu) = common::gpu() else { return };
    let tensor = |values: &[f32]| Tensor::from_f32(gpu, &[2, 2], values);
    let (z, q, g) = (tensor(&[1.0, 0.0, 0.0, 2.0]), tensor(&[0.0, 3.0, 0.0, 1.0]), [1.0, 2.0, 3.0, 4.0]);
    // The first vector is rotated by a quarter turn and scaled by 3, the second by 1/2. Their gradients are scaled likewise and
    // rotated back.
    for (how, expected) in [(Estimator::StraightThrough, g), (Estimator::Rotation, [6.0, -3.0, 1.5, 2.0])] {
        let tape = Tape::recording();
        let leaf = tape.leaf(z.clone());
        let y = quantize_straight_through(&tape, &leaf, q.clone(), how);
        assert_eq!(y.value.read_f32().unwrap(), q.read_f32().unwrap());
        let gradient = tape.backward([(y, tensor(&g))]).take(&leaf).unwrap();
        assert!(nmse(&gradient.read_f32().unwrap(), &expected, 0.0) <= 1e-12);
    }
}
