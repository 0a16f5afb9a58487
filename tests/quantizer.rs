//! The residual quantizer on the device: against PyTorch's numbers, and on clusters that it has to find.

mod common;

use std::path::{Path, PathBuf};

use flocoder::config::Gradient;
use flocoder::gpu::Gpu;
use flocoder::nn::quantizer::{CodebookUse, QuantizerSettings, ResidualQuantizer};
use flocoder::ops::quantize::{quantize_straight_through, rotation_gradient};
use flocoder::rng::Philox;
use flocoder::tape::Tape;
use flocoder::tensor::Tensor;
use flocoder::train::container::{AnyTensor, read_safetensors};

/// The folders of golden files: those of `FLOCODER_GOLDEN_DIR`, else the project's own.
fn golden() -> Vec<PathBuf> {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let root = std::env::var_os("FLOCODER_GOLDEN_DIR").map_or_else(own, PathBuf::from);
    ["plain", "neighbourhood"].map(|folder| root.join(folder)).into()
}

/// One golden file.
struct Golden {
    settings: serde_json::Value,
    tensors: std::collections::BTreeMap<String, AnyTensor>,
}

impl Golden {
    fn open(path: &Path) -> Self {
        let (metadata, tensors) = read_safetensors(path).unwrap();
        let settings = metadata.get("config").map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
        Self { settings, tensors: tensors.into_iter().collect() }
    }

    fn shape_and_values(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        match &self.tensors[name] {
            AnyTensor::F32(tensor) => (tensor.shape.clone(), tensor.data.clone()),
            other => panic!("{name}: numbers wanted, {other:?} given"),
        }
    }

    fn values(&self, name: &str) -> Vec<f32> {
        self.shape_and_values(name).1
    }

    fn tensor(&self, gpu: &Gpu, name: &str) -> Tensor {
        let (shape, values) = self.shape_and_values(name);
        Tensor::from_f32(gpu, &shape, &values)
    }

    fn setting(&self, name: &str) -> f32 {
        self.settings[name].as_f64().unwrap() as f32
    }
}

/// Fails unless the normalised mean-square error is within `bound`.
#[track_caller]
fn assert_close(what: &str, ours: &[f32], theirs: &[f32], bound: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}: lengths");
    let square = |x: f32| f64::from(x).powi(2);
    let error: f64 = ours.iter().zip(theirs).map(|(a, b)| square(a - b)).sum();
    let size: f64 = theirs.iter().map(|&b| square(b)).sum();
    assert!(error <= bound * size, "{what}: normalised mean-square error {:e}", error / size);
}

#[test]
fn one_training_step_is_that_of_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    for folder in golden() {
        let golden = Golden::open(&folder.join("quantizer_step.safetensors"));
        let z = golden.tensor(gpu, "in.z");
        let quantizer = ResidualQuantizer {
            books: golden.tensor(gpu, "in.codebooks"),
            cluster_size: golden.tensor(gpu, "in.cluster_size"),
            embed_sum: golden.tensor(gpu, "in.embed_sum"),
        };
        let settings = QuantizerSettings {
            decay: golden.setting("decay"),
            epsilon: golden.setting("eps"),
            // The file weighs each level by itself, the quantizer takes the mean of all.
            commitment: golden.setting("commitment_weight") * quantizer.books.shape()[0] as f32,
            dead_code_threshold: 0.0,
            dead_code_fraction: 0.0,
            seed: 0,
        };
        let step = quantizer.train_step(&z, &settings, 1);
        let close = |name: &str, tensor: &Tensor, bound| {
            assert_close(name, &tensor.read_f32().unwrap(), &golden.values(name), bound);
        };
        close("out.y", &step.quantized.sum, 1e-10);
        close("out.commitment", &step.commitment, 1e-10);
        close("out.commitment_grad_z", &step.commitment_gradient, 1e-8);
        close("out.codebooks", &quantizer.books, 1e-10);
        close("out.cluster_size", &quantizer.cluster_size, 1e-10);
        close("out.embed_sum", &quantizer.embed_sum, 1e-10);
        let cotangent = golden.tensor(gpu, "in.cotangent");
        close("out.rotation_grad_z", &rotation_gradient(&z, &step.quantized.sum, &cotangent), 1e-8);
    }
}

#[test]
fn latents_are_quantized_as_by_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    for folder in golden() {
        let golden = Golden::open(&folder.join("quantize.safetensors"));
        let pixels = |name: &str| {
            let (shape, values) = golden.shape_and_values(name);
            let [batch, channels, area] = [shape[0], shape[1], shape[2] * shape[3]];
            let at = |row: usize, c: usize| values[(row / area * channels + c) * area + row % area];
            let rows = (0..batch * area).flat_map(|row| (0..channels).map(move |c| at(row, c)));
            Tensor::from_f32(gpu, &[batch * area, channels], &rows.collect::<Vec<_>>())
        };
        let books = golden.tensor(gpu, "in.codebooks");
        let &[levels, codes, dimension] = books.shape() else { panic!("codebooks of shape {:?}", books.shape()) };
        let quantizer = ResidualQuantizer { books, ..ResidualQuantizer::new(gpu, levels, codes, dimension) };
        let sum = quantizer.quantize(&pixels("in.z")).sum.read_f32().unwrap();
        assert_close("out.y", &sum, &pixels("out.y").read_f32().unwrap(), 1e-10);
    }
}

/// `count` rows around each of `clusters` points on a circle, far apart for their width.
fn rows_in_clusters(gpu: &Gpu, clusters: usize, count: usize) -> Tensor {
    let mut rng = Philox::new(1, 0);
    let row = |n: usize| {
        let (sin, cos) = (std::f64::consts::TAU * (n % clusters) as f64 / clusters as f64).sin_cos();
        [5.0 * cos + 0.1 * rng.normal(), 5.0 * sin + 0.1 * rng.normal()].map(|x| x as f32)
    };
    let rows: Vec<f32> = (0..clusters * count).flat_map(row).collect();
    Tensor::from_f32(gpu, &[clusters * count, 2], &rows)
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
    let rows = rows_in_clusters(gpu, 8, 20);
    let use_after = |started: bool| {
        let quantizer = ResidualQuantizer::new(gpu, 2, 8, 2);
        if started {
            quantizer.kmeans_init(&rows, 15, &mut Philox::new(4, 0)).unwrap();
        }
        for step in 0..120 {
            quantizer.train_step(&rows, &SETTINGS, step);
        }
        let quantized = quantizer.quantize(&rows);
        let left: f64 =
            quantized.sum.read_f32().unwrap().iter().zip(rows.read_f32().unwrap()).map(square_of_difference).sum();
        assert!(left / 320.0 < 0.05, "mean square left over: {}", left / 320.0);
        CodebookUse::of(&quantized.indices.read_u32().unwrap(), 2, 8)
    };
    // With k-means, and from codebooks that are all zero, which dead codes have to fill.
    for started in [true, false] {
        let found = use_after(started);
        assert!(found.iter().all(|level| level.fraction == 1.0), "k-means {started}: {found:?}");
    }
}

fn square_of_difference((a, b): (&f32, f32)) -> f64 {
    f64::from(a - b).powi(2)
}

#[test]
fn a_step_repeats_bit_for_bit() {
    let Some(gpu) = common::gpu() else { return };
    let rows = rows_in_clusters(gpu, 5, 301);
    let books = || {
        let quantizer = ResidualQuantizer::new(gpu, 3, 7, 2);
        quantizer.kmeans_init(&rows, 3, &mut Philox::new(4, 0)).unwrap();
        (0..3).for_each(|step| drop(quantizer.train_step(&rows, &SETTINGS, step)));
        quantizer.books.read_f32().unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    assert_eq!(books(), books());
}

#[test]
fn the_gradient_passes_the_quantizer_once() {
    let Some(gpu) = common::gpu() else { return };
    let tensor = |values: &[f32]| Tensor::from_f32(gpu, &[2, 2], values);
    let (z, q, g) = (tensor(&[1.0, 0.0, 0.0, 2.0]), tensor(&[0.0, 3.0, 0.0, 1.0]), [1.0, 2.0, 3.0, 4.0]);
    // The first row is turned by a quarter and stretched threefold, the second halved: so are their gradients, turned back.
    for (how, expected) in [(Gradient::StraightThrough, g), (Gradient::Rotation, [6.0, -3.0, 1.5, 2.0])] {
        let tape = Tape::recording();
        let leaf = tape.leaf(z.clone());
        let y = quantize_straight_through(&tape, &leaf, q.clone(), how);
        assert_eq!(y.value.read_f32().unwrap(), q.read_f32().unwrap());
        let gradient = tape.backward([(y, tensor(&g))]).take(&leaf).unwrap();
        assert_close("gradient", &gradient.read_f32().unwrap(), &expected, 1e-12);
    }
}
