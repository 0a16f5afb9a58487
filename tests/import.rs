//! PyTorch's weights as checkpoints: the outputs are PyTorch's, and every command takes the result.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::golden::{nmse, to_nhwc};
use common::program::{Place, sentence};
use flocoder::checkpoint::container::{AnyTensor, Metadata, read_safetensors, write_safetensors};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::Precision;
use flocoder::models::Conditioning;
use flocoder::nn::HostTensor;
use flocoder::sample::Generator;
use flocoder::tensor::Tensor;

/// The configurations of the two networks in `tests/golden/import/`.
const CODEC: &str = "data:\n  steps: 32\nvqvae:\n  arch: resnet\n  patch: 1\n  columns: 1\n  hidden: 8\n  \
    downsamples: 2\n  internal: 8\n  latent: 4\n  levels: 2\n  codes: 16\n";
const FLOW: &str = "flow:\n  dim: 4\n  dynamics: true\n  dim_mults: [1, 2]\n  n_classes: 3\n  classes: folder\n  sampling:\n    steps: 2\n";

/// Largest RMS error of an output, as a part of the RMS of PyTorch's.
const BOUND: f64 = 1e-5;

fn golden(name: &str) -> BTreeMap<String, AnyTensor> {
    read_safetensors(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/import").join(name)).unwrap().1
}

fn floats(tensors: BTreeMap<String, AnyTensor>) -> BTreeMap<String, HostTensor> {
    let float = |(name, tensor)| match tensor {
        AnyTensor::F32(tensor) => Some((name, tensor)),
        AnyTensor::I32 { .. } => None,
    };
    tensors.into_iter().filter_map(float).collect()
}

/// A folder with the weights and configurations of both networks.
fn place(name: &str) -> Place {
    let place = Place::with_songs(name);
    for file in ["codec.safetensors", "flow.safetensors"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/import").join(file);
        place.write(&format!("torch-{file}"), std::fs::read(path).unwrap());
    }
    place.write("codec.yaml", CODEC);
    place.write("flow.yaml", FLOW);
    place
}

/// Writes tensors as PyTorch would: without a description.
fn write(place: &Place, name: &str, tensors: &BTreeMap<String, HostTensor>) {
    write_safetensors(&place.path(name), &Metadata::new(), tensors, Precision::F32).unwrap();
}

fn import_both(place: &Place) {
    let said = place.succeeds("import torch-codec.safetensors --config codec.yaml");
    assert!(said.contains("weights and codebooks are those of the file"), "{said}");
    let said = place.succeeds("import torch-flow.safetensors --config flow.yaml --codec codec.safetensors");
    assert!(said.contains("its latents are used as they are"), "{said}");
}

#[test]
fn outputs_are_those_of_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    let place = place("import-outputs");
    import_both(&place);
    let outputs = golden("outputs.safetensors");
    let AnyTensor::I32 { data: classes, .. } = &outputs["in.classes"] else { panic!("no classes") };
    let classes: Vec<Option<usize>> = classes.iter().map(|&class| Some(class as usize)).collect();
    let outputs = floats(outputs.clone());
    let input = |name: &str| {
        let HostTensor { shape, data } = to_nhwc(&outputs[name]);
        Tensor::from_f32(gpu, &shape, &data)
    };
    let compare = |name: &str, given: &[f32], wanted: &[f32]| {
        let error = nmse(given, wanted, 0.0).sqrt();
        eprintln!("{name}: {error:.1e}");
        assert!(error <= BOUND, "{name}: {error}");
    };
    let Generator { vqvae, field, .. } = Generator::load(gpu, &place.path("flow.safetensors")).unwrap();
    let latent = vqvae.encode(&input("in.x"));
    let quantized = vqvae.quantize(&latent).sum;
    let decoded = vqvae.decode(&quantized);
    for (name, given) in [("out.latent", latent), ("out.quantized", quantized), ("out.decoded", decoded)] {
        compare(name, &given.read_f32().unwrap(), &to_nhwc(&outputs[name]).data);
    }
    let size = outputs["in.noise"].data.len() / 2;
    for (i, &t) in outputs["in.t"].data.iter().enumerate() {
        let of_sample = |values: Vec<f32>| values[i * size..(i + 1) * size].to_vec();
        let shown = field.network.classes(gpu, &classes);
        for (name, classes) in [("out.velocity", &shown), ("out.velocity_without_class", &Conditioning::Nothing)] {
            let given = of_sample(field.at(&input("in.noise"), t, classes).read_f32().unwrap());
            compare(name, &given, &of_sample(to_nhwc(&outputs[name]).data));
        }
    }
}

#[test]
fn an_imported_checkpoint_is_like_any_other() {
    if common::gpu().is_none() {
        return;
    }
    let place = place("import-commands");
    import_both(&place);
    place.succeeds("inspect flow.safetensors");
    place.succeeds("sample --checkpoint flow.safetensors -n 2 -o samples --class 1");
    place.succeeds("reconstruct songs/ballads/song-0001.mid --checkpoint codec.safetensors");
    place.succeeds("evaluate --checkpoint codec.safetensors --data songs data.validation=0.5 --samples 2");
    place.succeeds("evaluate --checkpoint flow.safetensors --data songs data.validation=0.5 --samples 2");
    let run = "train-flow --codec codec.safetensors -o run data.path=songs flow.dim=4 flow.dim_mults=[1,2] \
        flow.augs_per=1 train.steps=1 train.batch=2";
    place.succeeds(run);
    // Trained and imported checkpoints hold the same tensors.
    let names =
        |path: &str| Checkpoint::open(&place.path(path)).unwrap().codec().tensors.into_keys().collect::<Vec<_>>();
    assert_eq!(names("run/flow.safetensors"), names("codec.safetensors"));
}

#[test]
fn names_of_the_python_package_are_understood() {
    let place = place("import-names");
    let mut tensors = floats(golden("codec.safetensors"));
    let books = tensors.remove("codebooks").unwrap();
    for (level, codes) in books.data.chunks(16 * 4).enumerate() {
        let name = |part: &str| format!("vq.layers.{level}._codebook.{part}");
        tensors.insert(name("embed"), HostTensor::new([1, 16, 4], codes.to_vec()));
        tensors.insert(name("cluster_size"), HostTensor::new([1, 16], vec![1.0; 16]));
        tensors.insert(name("initted"), HostTensor::new([1], vec![1.0]));
    }
    let compiled = tensors.into_iter().map(|(name, tensor)| (format!("_orig_mod.{name}"), tensor)).collect();
    write(&place, "compiled.safetensors", &compiled);
    place.succeeds("import torch-codec.safetensors --config codec.yaml");
    place.succeeds("import compiled.safetensors --config codec.yaml -o other.safetensors");
    let tensors = |name: &str| Checkpoint::load(&place.path(name), Kind::Codec).unwrap().tensors;
    assert_eq!(tensors("other.safetensors"), tensors("codec.safetensors"));
}

#[test]
fn what_the_file_lacks_is_computed_from_songs() {
    if common::gpu().is_none() {
        return;
    }
    let place = place("import-data");
    let mut tensors = floats(golden("codec.safetensors"));
    tensors.remove("codebooks");
    write(&place, "no-books.safetensors", &tensors);
    place.refuses("import no-books.safetensors --config codec.yaml", "add --data SONGS");
    place.succeeds("import no-books.safetensors --config codec.yaml --data songs");
    let codec = Checkpoint::load(&place.path("codec.safetensors"), Kind::Codec).unwrap();
    let books = &codec.tensors["codebooks"];
    assert!(books.shape == [2, 16, 4] && books.data.iter().any(|&code| code != 0.0));
    assert_eq!(codec.tensors["encoder.0.conv1.weight"], tensors["encoder.0.conv1.weight"]);
    place.succeeds("import torch-flow.safetensors --config flow.yaml --codec codec.safetensors --data songs");
    let statistics = Checkpoint::load(&place.path("flow.safetensors"), Kind::Flow).unwrap().statistics().unwrap();
    assert!(statistics.mean.iter().all(|&mean| mean != 0.0), "{statistics:?}");
}

#[test]
fn what_cannot_be_imported_is_refused_in_a_sentence() {
    let place = place("import-refused");
    let codec = "import torch-codec.safetensors --config codec.yaml";
    for (arguments, part) in [
        ("import torch-codec.safetensors --config flow.yaml", "vqvae.arch=resnet"),
        (&format!("{codec} vqvae.hidden=16"), "has the shape [8, 2, 3, 3] where [16, 2, 3, 3] is wanted"),
        (&format!("{codec} vqvae.codes=8"), "set vqvae.levels, vqvae.codes and vqvae.latent"),
        (&format!("{codec} -o torch-codec.safetensors"), "is an input of this command"),
        (&format!("{codec} --codec torch-codec.safetensors"), "--codec is for a flow"),
        ("import torch-flow.safetensors --config flow.yaml", "add --codec"),
        ("import missing.safetensors --config codec.yaml", "there is no such file"),
        ("import codec.yaml --config codec.yaml", "is not a .safetensors file"),
    ] {
        place.refuses_and_leaves_nothing(arguments, part);
    }
    let tensors = floats(golden("codec.safetensors"));
    let with = |name: &str, values: Vec<f32>| {
        let mut tensors = tensors.clone();
        tensors.insert(name.to_owned(), HostTensor::new([values.len()], values));
        tensors
    };
    write(&place, "more.safetensors", &with("encoder.11.q_proj.bias", vec![0.0; 4]));
    place.refuses("import more.safetensors --config codec.yaml", "`encoder.11.q_proj.bias` has no place");
    write(&place, "nan.safetensors", &with("encoder.8.bias", vec![f32::NAN; 4]));
    place.refuses("import nan.safetensors --config codec.yaml", "`encoder.8.bias` has values that are not finite");
    write(&place, "other.safetensors", &[("weight".to_owned(), HostTensor::new([1], vec![0.0]))].into());
    place.refuses("import other.safetensors --config codec.yaml", "holds neither a codec");
    place.succeeds(codec);
    place.refuses(codec, "exists already");
    place.refuses("import codec.safetensors --config codec.yaml", "is a checkpoint of flocoder already");
}

#[test]
fn a_file_of_pytorch_is_answered_with_the_lines_that_convert_it() {
    let place = place("import-pickle");
    for (name, start) in [("weights.pt", &b"PK\x03\x04"[..]), ("old.pth", b"\x80\x02}q")] {
        place.write(name, start);
        let output = place.command(&format!("import {name} --config codec.yaml")).output().unwrap();
        sentence(name, &output, "is a file of PyTorch; convert it by the two lines of Python printed here");
        let lines = String::from_utf8(output.stdout).unwrap();
        assert!(lines.lines().count() == 2 && lines.contains(&format!("torch.load(\"{name}\"")), "{lines}");
    }
}
