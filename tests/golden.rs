//! Comparison with PyTorch: the same weights and inputs give the same outputs and gradients, for whole networks and for a step
//! of the quantizer.

mod common;

use std::path::Path;

use common::golden::{Golden, nmse, rms, to_nhwc};
use flocoder::config::{Arch, FlowConfig, Norm, VqvaeConfig};
use flocoder::dtype::Dtype;
use flocoder::gpu::Gpu;
use flocoder::models::{Conditions, Decoder, Encoder, Transformer, Unet};
use flocoder::nn::quantizer::{QuantizerSettings, ResidualQuantizer};
use flocoder::nn::{HostTensor, Layout, Params, Part, Pass, RunningStatistics};
use flocoder::ops::quantize::rotation_gradient;
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;

/// Normalised mean-square error allowed for outputs of networks.
const OUTPUT_BOUND: f64 = 1e-9;
/// Normalised mean-square error allowed for gradients of networks.
const GRADIENT_BOUND: f64 = 1e-7;
/// The error of a gradient smaller than this fraction of the RMS of all gradients is normalised by that fraction, because the
/// gradient may be zero in exact arithmetic.
const NEGLIGIBLE: f64 = 1e-4;
/// The same for activations and weights stored in f16, whose rounding errors add up along the network.
const F16_OUTPUT_BOUND: f64 = 1e-6;
const F16_GRADIENT_BOUND: f64 = 1e-5;
/// The same for results of a step of the quantizer, which is a shorter computation.
const QUANTIZER_BOUND: f64 = 1e-10;
/// The same for gradients of a step of the quantizer.
const QUANTIZER_GRADIENT_BOUND: f64 = 1e-8;

#[test]
fn unet() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("unet.safetensors") {
        let config = FlowConfig {
            dim: golden.size("dim"),
            dim_mults: serde_json::from_value(golden.config["dim_mults"].clone()).expect("a list of sizes"),
            n_classes: golden.size("n_classes"),
            ..FlowConfig::default()
        };
        let mut layout = Layout::new();
        let unet = Unet::new(layout.root(), &config, golden.size("channels"));
        let t = golden.tensor(gpu, "in.t");
        let classes = golden.integers("in.classes").map(|classes| {
            let shown: Vec<Option<usize>> = classes.iter().map(|&class| Some(class as usize)).collect();
            unet.classes(gpu, &shown)
        });
        compare(gpu, &golden, layout, |pass, x| unet.forward(pass, x, &t, classes.as_ref()));
    }
}

#[test]
fn transformer() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("transformer.safetensors") {
        let size = |key| golden.size(key);
        let config = FlowConfig {
            width: size("width"),
            layers: size("layers"),
            rows: size("rows"),
            picture: size("picture"),
            attributes: size("attributes"),
            ..FlowConfig::default()
        };
        let picture = to_nhwc(golden.float("in.picture"));
        let conditions = Conditions {
            picture: Some(Tensor::from_f32(gpu, &picture.shape, &picture.data)),
            attributes: Some(golden.tensor(gpu, "in.attributes")),
            flags: Some(golden.tensor(gpu, "in.flags")),
            ..Conditions::default()
        };
        let t = golden.tensor(gpu, "in.t");
        let f16 = gpu.capabilities().check_f16().is_ok().then_some(Dtype::F16);
        for format in [Dtype::F32].into_iter().chain(f16) {
            let mut layout = Layout::new();
            let latent = [size("height"), size("columns"), size("channels")];
            let network = Transformer::new(layout.root(), &config, latent);
            compare_in(gpu, &golden, layout, format, |pass, x| network.forward(pass, x, &t, &conditions));
        }
    }
}

#[test]
fn encoder() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("encoder.safetensors") {
        let mut layout = Layout::new();
        let encoder = Encoder::new(layout.root(), &codec_config(&golden), golden.size("in_channels"));
        compare(gpu, &golden, layout, |pass, x| encoder.forward(pass, x));
    }
}

#[test]
fn decoder() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("decoder.safetensors") {
        let mut layout = Layout::new();
        let decoder = Decoder::new(layout.root(), &codec_config(&golden), golden.size("in_channels"));
        compare(gpu, &golden, layout, |pass, z| decoder.forward(pass, z));
    }
}

#[test]
fn quantize() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("quantize.safetensors") {
        let books = golden.tensor(gpu, "in.codebooks");
        let &[levels, codes, dimension] = books.shape() else { panic!("codebooks of shape {:?}", books.shape()) };
        let quantizer = ResidualQuantizer { books, ..ResidualQuantizer::new(gpu, levels, codes, dimension) };
        let z = to_nhwc(golden.float("in.z"));
        let vectors = Tensor::from_f32(gpu, &[z.data.len() / dimension, dimension], &z.data);
        let mut report = Report::new(&golden.path);
        let sum = quantizer.quantize(&vectors).sum;
        report.output("out.y", &read(&sum), &to_nhwc(golden.float("out.y")).data, QUANTIZER_BOUND);
        report.finish();
    }
}

#[test]
fn quantizer_step() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("quantizer_step.safetensors") {
        let z = golden.tensor(gpu, "in.z");
        let quantizer = ResidualQuantizer {
            books: golden.tensor(gpu, "in.codebooks"),
            cluster_size: golden.tensor(gpu, "in.cluster_size"),
            embed_sum: golden.tensor(gpu, "in.embed_sum"),
        };
        let settings = QuantizerSettings {
            decay: golden.number("decay"),
            epsilon: golden.number("eps"),
            // The file's weight is for each level, the quantizer's for their mean.
            commitment: golden.number("commitment_weight") * quantizer.books.shape()[0] as f32,
            dead_code_threshold: 0.0,
            dead_code_fraction: 0.0,
            seed: 0,
        };
        let step = quantizer.train_step(&z, &settings, 1);
        let cotangent = golden.tensor(gpu, "in.cotangent");
        let rotated = rotation_gradient(&z, &step.quantized.sum, &cotangent);
        let mut report = Report::new(&golden.path);
        for (name, tensor) in [
            ("out.y", &step.quantized.sum),
            ("out.commitment", &step.commitment),
            ("out.codebooks", &quantizer.books),
            ("out.cluster_size", &quantizer.cluster_size),
            ("out.embed_sum", &quantizer.embed_sum),
        ] {
            report.output(name, &read(tensor), &golden.float(name).data, QUANTIZER_BOUND);
        }
        for (name, tensor) in [("out.commitment_grad_z", &step.commitment_gradient), ("out.rotation_grad_z", &rotated)]
        {
            report.gradient(name, &read(tensor), &golden.float(name).data, 0.0, QUANTIZER_GRADIENT_BOUND);
        }
        report.finish();
    }
}

/// A training step moves the statistics of a first batch towards its own, and standardises by its own.
#[test]
fn standardisation() {
    let Some(gpu) = poisoned_gpu() else { return };
    for golden in Golden::all("standardisation.safetensors") {
        let [first, x, cotangent] = ["in.first", "in.x", "in.cotangent"].map(|name| golden.tensor(gpu, name));
        let statistics = RunningStatistics::new(gpu, x.channels());
        statistics.initialise(&first);
        let tape = Tape::recording();
        let leaf = tape.leaf(x.clone());
        let y = statistics.train_step(&tape, &leaf);
        let output = y.value.clone();
        let gradient = tape.backward([(y, cotangent)]).take(&leaf).expect("a gradient of the input");
        let mut report = Report::new(&golden.path);
        for (name, tensor) in [
            ("out.y", &output),
            ("out.mean", &statistics.mean),
            ("out.deviation", &statistics.deviation),
            ("out.standardised", &statistics.standardise(&x)),
        ] {
            report.output(name, &read(tensor), &golden.float(name).data, OUTPUT_BOUND);
        }
        report.gradient("x", &read(&gradient), &golden.float("grad_in.x").data, 0.0, GRADIENT_BOUND);
        report.finish();
    }
}

/// The device, with new buffers filled with NaN, so that a read of unwritten memory shows.
fn poisoned_gpu() -> Option<&'static Gpu> {
    let gpu = common::gpu()?;
    gpu.poison_new_buffers(true);
    Some(gpu)
}

fn codec_config(golden: &Golden) -> VqvaeConfig {
    if golden.config["arch"] == "patch" {
        return VqvaeConfig {
            arch: Arch::Patch,
            patch: 1,
            kernel: 1,
            norm: Norm::Position,
            hidden: golden.size("hidden"),
            blocks: golden.size("blocks"),
            latent: golden.size("latent"),
            ..VqvaeConfig::default()
        };
    }
    VqvaeConfig {
        arch: Arch::Resnet,
        patch: 1,
        hidden: golden.size("hidden"),
        downsamples: golden.size("downsamples"),
        internal: golden.size("internal"),
        latent: golden.size("latent"),
        neighbourhood: golden.config["neighbourhood"].as_bool().unwrap_or(false),
        ..VqvaeConfig::default()
    }
}

/// Runs a network forward and backward and compares output, input gradient and every parameter's gradient with the file.
fn compare(gpu: &Gpu, golden: &Golden, layout: Layout, network: impl Fn(&Pass<'_>, &Var) -> Var) {
    compare_in(gpu, golden, layout, Dtype::F32, network);
}

/// The same with activations and weights stored in a format.
fn compare_in(gpu: &Gpu, golden: &Golden, layout: Layout, format: Dtype, network: impl Fn(&Pass<'_>, &Var) -> Var) {
    let (output_bound, gradient_bound) = match format {
        Dtype::F16 => (F16_OUTPUT_BOUND, F16_GRADIENT_BOUND),
        _ => (OUTPUT_BOUND, GRADIENT_BOUND),
    };
    let params = Params::new(gpu, layout, 0).expect("an arena");
    let weights = golden.named("param.");
    assert_eq!(params.layout().entries().len(), weights.len(), "{}: number of parameters", golden.path.display());
    params.load(Part::Weights, &weights, &golden.path).unwrap_or_else(|error| panic!("{error}"));

    let image = |name: &str| to_nhwc(golden.float(name));
    let upload = |HostTensor { shape, data }: HostTensor| Tensor::from_f32(gpu, &shape, &data);
    let tape = Tape::recording();
    let x = tape.leaf(upload(image("in.x")));
    let f16_weights = (format == Dtype::F16).then(|| params.in_f16());
    let y = network(&Pass::new(&tape, &params).in_f16(f16_weights.as_ref()), &x);
    let output = y.value.clone();
    let mut gradients = tape.backward([(y, upload(image("in.cotangent")))]);
    let input_gradient = gradients.take(&x).expect("a gradient of the input");

    let mut report = Report::new(&golden.path);
    report.output("out.y", &read(&output), &image("out.y").data, output_bound);
    let wanted = golden.named("grad.");
    let negligible = NEGLIGIBLE * rms(wanted.values().flat_map(|tensor| &tensor.data));
    report.gradient("x", &read(&input_gradient), &image("grad_in.x").data, negligible, gradient_bound);
    for (name, gradient) in params.export(Part::Gradients).expect("gradients") {
        match wanted.get(&name) {
            Some(wanted) => report.gradient(&name, &gradient.data, &wanted.data, negligible, gradient_bound),
            None => assert!(gradient.data.iter().all(|&value| value == 0.0), "{name} has a gradient"),
        }
    }
    report.finish();
}

#[track_caller]
fn read(tensor: &Tensor) -> Vec<f32> {
    tensor.read_f32().unwrap_or_else(|error| panic!("{error}"))
}

/// Results of the comparison with one file.
struct Report<'a> {
    path: &'a Path,
    worst_output: (f64, String),
    worst_gradient: (f64, String),
    failures: Vec<String>,
}

impl<'a> Report<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, worst_output: (0.0, String::new()), worst_gradient: (0.0, String::new()), failures: Vec::new() }
    }

    fn output(&mut self, name: &str, given: &[f32], wanted: &[f32], bound: f64) {
        let error = nmse(given, wanted, 0.0);
        note(&mut self.worst_output, error, name);
        self.check(name, error, bound);
    }

    fn gradient(&mut self, name: &str, given: &[f32], wanted: &[f32], negligible: f64, bound: f64) {
        let error = nmse(given, wanted, negligible);
        note(&mut self.worst_gradient, error, name);
        self.check(name, error, bound);
    }

    fn check(&mut self, name: &str, error: f64, bound: f64) {
        if error > bound || error.is_nan() {
            self.failures.push(format!("{name}: {error:.1e}"));
        }
    }

    fn finish(self) {
        let ((output, output_name), (gradient, name)) = (self.worst_output, self.worst_gradient);
        eprintln!("{}: {output:.1e} ({output_name}), gradients {gradient:.1e} ({name})", self.path.display());
        assert!(self.failures.is_empty(), "{}: normalised errors {:#?}", self.path.display(), self.failures);
    }
}

fn note(worst: &mut (f64, String), error: f64, name: &str) {
    if error >= worst.0 {
        *worst = (error, name.to_owned());
    }
}
