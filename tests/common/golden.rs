//! Golden files: results of PyTorch (see `tests/golden/README.md`).
//!
//! They are in `tests/golden/`, or in the folder that `FLOCODER_GOLDEN_DIR` names: a folder of files or a folder of such
//! folders. A network's configuration is read from its file, so that networks of any size can be compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flocoder::checkpoint::container::{AnyTensor, read_safetensors};
use flocoder::gpu::Gpu;
use flocoder::nn::HostTensor;
use flocoder::tensor::Tensor;
use serde_json::Value;

/// One golden file.
pub struct Golden {
    pub path: PathBuf,
    pub config: Value,
    tensors: BTreeMap<String, AnyTensor>,
}

impl Golden {
    /// The files of this name in all folders. There may be none, if there is any golden file at all.
    pub fn all(file: &str) -> Vec<Self> {
        let folders = folders();
        let files = folders.iter().map(|folder| folder.join(file)).filter(|path| path.exists());
        let all: Vec<Self> = files.map(Self::open).collect();
        if all.is_empty() {
            assert!(folders.iter().any(|folder| has_golden_file(folder)), "no golden file in any of {folders:?}");
            eprintln!("skipped: no {file} in any of {folders:?}");
        }
        all
    }

    fn open(path: PathBuf) -> Self {
        let (metadata, tensors) = read_safetensors(&path).unwrap_or_else(|error| panic!("{error}"));
        let config = metadata.get("config").map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"));
        Self { path, config, tensors }
    }

    /// A whole number of the configuration.
    pub fn size(&self, key: &str) -> usize {
        self.config[key].as_u64().unwrap_or_else(|| panic!("{}: no size {key}", self.path.display())) as usize
    }

    /// A number of the configuration.
    pub fn number(&self, key: &str) -> f32 {
        self.config[key].as_f64().unwrap_or_else(|| panic!("{}: no number {key}", self.path.display())) as f32
    }

    /// The floating-point tensor of this name.
    pub fn float(&self, name: &str) -> &HostTensor {
        match self.tensors.get(name) {
            Some(AnyTensor::F32(tensor)) => tensor,
            other => panic!("{}: {name} is {other:?}", self.path.display()),
        }
    }

    /// The floating-point tensor of this name, on the device.
    pub fn tensor(&self, gpu: &Gpu, name: &str) -> Tensor {
        let HostTensor { shape, data } = self.float(name);
        Tensor::from_f32(gpu, shape, data)
    }

    /// The whole numbers of this name, if there are any.
    pub fn integers(&self, name: &str) -> Option<&[i32]> {
        match self.tensors.get(name)? {
            AnyTensor::I32 { data, .. } => Some(data),
            AnyTensor::F32(_) => panic!("{}: {name} holds no whole numbers", self.path.display()),
        }
    }

    /// The floating-point tensors whose names begin with `prefix`, without it.
    pub fn named(&self, prefix: &str) -> BTreeMap<String, HostTensor> {
        let strip = |(name, tensor): (&String, &AnyTensor)| match tensor {
            AnyTensor::F32(tensor) => Some((name.strip_prefix(prefix)?.to_owned(), tensor.clone())),
            AnyTensor::I32 { .. } => None,
        };
        self.tensors.iter().filter_map(strip).collect()
    }
}

/// The folder of golden files, and those within it.
fn folders() -> Vec<PathBuf> {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let root = std::env::var_os("FLOCODER_GOLDEN_DIR").map_or_else(own, PathBuf::from);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders.push(root);
    folders
}

fn has_golden_file(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).expect("a readable folder").flatten();
    entries.any(|entry| entry.path().extension().is_some_and(|extension| extension == "safetensors"))
}

/// Root of the mean square.
pub fn rms<'a>(values: impl IntoIterator<Item = &'a f32>) -> f64 {
    let square_and_count = |(sum, count), &value: &f32| (sum + f64::from(value).powi(2), count + 1.0);
    let (sum, count) = values.into_iter().fold((0.0, 0.0), square_and_count);
    if count == 0.0 { 0.0 } else { (sum / count).sqrt() }
}

/// Mean-square error, normalised by the mean square of the expected values, or by `least` squared if that is larger.
#[track_caller]
pub fn nmse(given: &[f32], wanted: &[f32], least: f64) -> f64 {
    assert_eq!(given.len(), wanted.len(), "lengths");
    let errors: Vec<f32> = given.iter().zip(wanted).map(|(given, wanted)| given - wanted).collect();
    let (error, size) = (rms(&errors), rms(wanted).max(least));
    if error == 0.0 { 0.0 } else { (error / size).powi(2) }
}

/// `[N, C, H, W]` of a file as `[N, H, W, C]`.
pub fn to_nhwc(tensor: &HostTensor) -> HostTensor {
    let [n, c, h, w] = tensor.shape[..] else { panic!("[N, C, H, W] wanted, {:?} given", tensor.shape) };
    let mut data = vec![0.0; tensor.data.len()];
    for (from, &value) in tensor.data.iter().enumerate() {
        let (image, channel, position) = (from / (c * h * w), from / (h * w) % c, from % (h * w));
        data[(image * h * w + position) * c + channel] = value;
    }
    HostTensor::new([n, h, w, c], data)
}
