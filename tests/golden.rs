//! Whole networks against PyTorch: the same weights and inputs give the same outputs and gradients.
//!
//! The files are in `tests/golden/` (see its README), or in the folder that `FLOCODER_GOLDEN_DIR` names: a folder of files
//! or a folder of such folders. Each network's configuration is taken from its file, so that files of any size will do.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flocoder::config::{Arch, FlowConfig, VqvaeConfig};
use flocoder::gpu::Gpu;
use flocoder::models::{Decoder, Encoder, Unet};
use flocoder::nn::{HostTensor, Layout, Params, Part, Pass};
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;
use flocoder::train::container::{AnyTensor, read_safetensors};
use serde_json::Value;

/// Normalised mean-square error allowed for outputs.
const OUTPUT_BOUND: f64 = 1e-9;
/// And for gradients.
const GRADIENT_BOUND: f64 = 1e-7;
/// A gradient smaller than this part of the RMS over all of them is compared with that part instead: it may be zero in
/// exact arithmetic.
const NEGLIGIBLE: f64 = 1e-4;

#[test]
fn unet() {
    for_each("unet.safetensors", |gpu, golden| {
        let channels = golden.size("channels");
        let config = FlowConfig {
            dim: golden.size("dim"),
            dim_mults: serde_json::from_value(golden.config["dim_mults"].clone()).expect("a list of sizes"),
            n_classes: golden.size("n_classes"),
            ..FlowConfig::default()
        };
        let mut layout = Layout::new();
        let unet = Unet::new(layout.root(), &config, channels);
        let t = golden.float("in.t");
        let t = Tensor::from_f32(gpu, &t.shape, &t.data);
        let classes = golden.integers("in.classes").map(|classes| {
            let shown: Vec<Option<usize>> = classes.iter().map(|&class| Some(class as usize)).collect();
            unet.classes(gpu, &shown)
        });
        golden.compare(gpu, layout, |pass, x| unet.forward(pass, x, &t, classes.as_ref()));
    });
}

#[test]
fn encoder() {
    for_each("encoder.safetensors", |gpu, golden| {
        let mut layout = Layout::new();
        let encoder = Encoder::new(layout.root(), &golden.codec(), golden.size("in_channels"));
        golden.compare(gpu, layout, |pass, x| encoder.forward(pass, x));
    });
}

#[test]
fn decoder() {
    for_each("decoder.safetensors", |gpu, golden| {
        let mut layout = Layout::new();
        let decoder = Decoder::new(layout.root(), &golden.codec(), golden.size("in_channels"));
        golden.compare(gpu, layout, |pass, z| decoder.forward(pass, z));
    });
}

/// Runs `check` on the file of this name in every golden folder.
fn for_each(file: &str, check: impl Fn(&Gpu, &Golden)) {
    let Some(gpu) = common::gpu() else { return };
    gpu.poison_new_buffers(true);
    let files: Vec<PathBuf> = folders().iter().map(|folder| folder.join(file)).filter(|path| path.exists()).collect();
    assert!(!files.is_empty(), "no {file} in any of {:?}", folders());
    for path in files {
        check(gpu, &Golden::open(path));
    }
}

/// The folder of golden files, or those within it.
fn folders() -> Vec<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let root = std::env::var_os("FLOCODER_GOLDEN_DIR").map_or_else(default, PathBuf::from);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders.push(root);
    folders
}

/// One golden file.
struct Golden {
    path: PathBuf,
    config: Value,
    tensors: BTreeMap<String, AnyTensor>,
}

impl Golden {
    fn open(path: PathBuf) -> Self {
        let (metadata, tensors) = read_safetensors(&path).unwrap_or_else(|error| panic!("{error}"));
        let config = serde_json::from_str(&metadata["config"]).expect("a configuration in JSON");
        Self { path, config, tensors }
    }

    fn size(&self, key: &str) -> usize {
        self.config[key].as_u64().unwrap_or_else(|| panic!("{}: no size {key}", self.path.display())) as usize
    }

    fn codec(&self) -> VqvaeConfig {
        VqvaeConfig {
            arch: Arch::Resnet,
            patch: 1,
            hidden: self.size("hidden"),
            downsamples: self.size("downsamples"),
            internal: self.size("internal"),
            latent: self.size("latent"),
            neighbourhood: self.config["neighbourhood"].as_bool().unwrap_or(false),
            ..VqvaeConfig::default()
        }
    }

    fn float(&self, name: &str) -> &HostTensor {
        match self.tensors.get(name) {
            Some(AnyTensor::F32(tensor)) => tensor,
            other => panic!("{}: {name} is {other:?}", self.path.display()),
        }
    }

    fn integers(&self, name: &str) -> Option<&[i32]> {
        match self.tensors.get(name)? {
            AnyTensor::I32 { data, .. } => Some(data),
            AnyTensor::F32(_) => panic!("{}: {name} holds no whole numbers", self.path.display()),
        }
    }

    /// The floating-point tensors whose names begin with `prefix`, without it.
    fn named(&self, prefix: &str) -> BTreeMap<String, HostTensor> {
        let strip = |(name, tensor): (&String, &AnyTensor)| match tensor {
            AnyTensor::F32(tensor) => Some((name.strip_prefix(prefix)?.to_owned(), tensor.clone())),
            AnyTensor::I32 { .. } => None,
        };
        self.tensors.iter().filter_map(strip).collect()
    }

    /// Runs a network forward and backward and holds everything against the file.
    fn compare(&self, gpu: &Gpu, layout: Layout, network: impl Fn(&Pass<'_>, &Var) -> Var) {
        let params = Params::new(gpu, layout, 0).expect("an arena");
        let weights = self.named("param.");
        assert_eq!(params.layout().entries().len(), weights.len(), "{}: number of parameters", self.path.display());
        params.load(Part::Weights, &weights, &self.path).unwrap_or_else(|error| panic!("{error}"));

        let tape = Tape::recording();
        let x = tape.leaf(upload(gpu, self.float("in.x")));
        let y = network(&Pass::new(&tape, &params), &x);
        let output = download(&y.value);
        let mut gradients = tape.backward([(y, upload(gpu, self.float("in.cotangent")))]);
        let input_gradient = download(&gradients.take(&x).expect("a gradient of the input"));
        let mut report = Report::new(&self.path);
        report.check("output", &output, self.float("out.y"), 0.0, OUTPUT_BOUND);

        let wanted = self.named("grad.");
        let negligible = NEGLIGIBLE * rms(wanted.values().flat_map(|tensor| tensor.data.iter().map(|&x| f64::from(x))));
        report.check("gradient of x", &input_gradient, self.float("grad_in.x"), negligible, GRADIENT_BOUND);
        for (name, gradient) in params.export(Part::Gradients).expect("gradients") {
            match wanted.get(&name) {
                Some(wanted) => report.check(&name, &gradient, wanted, negligible, GRADIENT_BOUND),
                None => assert!(gradient.data.iter().all(|&value| value == 0.0), "{name} has a gradient"),
            }
        }
        report.finish();
    }
}

/// What was compared with one file, and how it went.
struct Report<'a> {
    path: &'a Path,
    output: f64,
    gradient: (f64, String),
    failures: Vec<String>,
}

impl<'a> Report<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, output: 0.0, gradient: (0.0, String::new()), failures: Vec::new() }
    }

    /// Compares the RMS of the error with that of what is wanted, or with `negligible` where that is larger.
    fn check(&mut self, name: &str, given: &HostTensor, wanted: &HostTensor, negligible: f64, bound: f64) {
        assert_eq!(given.shape, wanted.shape, "{}: {name}", self.path.display());
        let pairs = given.data.iter().zip(&wanted.data);
        let error = rms(pairs.map(|(&given, &wanted)| f64::from(given) - f64::from(wanted)));
        let size = rms(wanted.data.iter().map(|&x| f64::from(x))).max(negligible);
        let nmse = (error / size).powi(2);
        if name == "output" {
            self.output = nmse;
        } else if nmse >= self.gradient.0 {
            self.gradient = (nmse, name.to_owned());
        }
        if nmse > bound || nmse.is_nan() {
            self.failures.push(format!("{name}: {nmse:.1e}"));
        }
    }

    fn finish(self) {
        let (nmse, name) = self.gradient;
        eprintln!("{}: output {:.1e}, worst gradient {nmse:.1e} ({name})", self.path.display(), self.output);
        assert!(self.failures.is_empty(), "{}: normalised errors {:#?}", self.path.display(), self.failures);
    }
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value * value, count + 1.0));
    if count == 0.0 { 0.0 } else { (sum / count).sqrt() }
}

/// `[N, C, H, W]` in a file, `[N, H, W, C]` on the device.
fn upload(gpu: &Gpu, tensor: &HostTensor) -> Tensor {
    let [n, c, h, w] = tensor.shape[..] else { panic!("[N, C, H, W] wanted, {:?} given", tensor.shape) };
    let mut data = vec![0.0; tensor.data.len()];
    for (from, &value) in tensor.data.iter().enumerate() {
        let (image, channel, pixel) = (from / (c * h * w), from / (h * w) % c, from % (h * w));
        data[(image * h * w + pixel) * c + channel] = value;
    }
    Tensor::from_f32(gpu, &[n, h, w, c], &data)
}

fn download(tensor: &Tensor) -> HostTensor {
    let [n, h, w, c] = tensor.nhwc();
    let values = tensor.read_f32().unwrap_or_else(|error| panic!("{error}"));
    let mut data = vec![0.0; values.len()];
    for (from, value) in values.into_iter().enumerate() {
        let (image, pixel, channel) = (from / (c * h * w), from / c % (h * w), from % c);
        data[(image * c + channel) * h * w + pixel] = value;
    }
    HostTensor::new([n, c, h, w], data)
}
