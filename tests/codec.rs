//! Codecs of some pitches, with norms per position, standardised latents and noise: training, resuming, every command that decodes.

mod common;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::container::{Metadata, write_safetensors};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::{Config, Precision, TrainConfig, VqvaeConfig};
use flocoder::data::music::roll::Roll;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::models::Vqvae;
use flocoder::models::vqvae::STATISTICS;
use flocoder::nn::HostTensor;
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;
use flocoder::train::codec::noise::noisy;
use flocoder::train::parts::MicroBatch;
use serde_json::Value;

/// The settings of the codec, for 48 pitches.
const STANDARDISED: &str = "data.pitches=[40,87] vqvae.norm=position vqvae.output_bias=-3 vqvae.standardise=true \
    vqvae.latent_noise=0.5 vqvae.weights.commitment=0.01 train.beta2=0.99";

/// A folder with a codec of these settings, and a flow on its latents.
fn place() -> Option<&'static Place> {
    static TRAINED: OnceLock<Place> = OnceLock::new();
    common::gpu()?;
    Some(TRAINED.get_or_init(|| {
        let place = Place::with_songs("codec");
        place.succeeds(&format!("train-vqvae -q -o codec {CODEC} {STANDARDISED}"));
        place.succeeds(&format!("train-flow -q --codec codec/codec.safetensors --cache cache -o flow {FLOW}"));
        place
    }))
}

fn checkpoint(place: &Place, run: &str) -> Checkpoint {
    Checkpoint::load(&place.path(&format!("{run}/codec.safetensors")), Kind::Codec).unwrap()
}

#[test]
fn a_resumed_run_ends_as_one_that_never_stopped() {
    let Some(place) = place() else { return };
    let train = format!("train-vqvae -q {CODEC} {STANDARDISED}");
    place.succeeds(&format!("{train} -o again"));
    place.succeeds(&format!("{train} -o resumed train.steps=2"));
    place.succeeds("train-vqvae -q -o resumed --resume train.steps=4");
    for file in ["codec.safetensors", "codec-resume-4.safetensors"] {
        let whole = place.read(&format!("codec/{file}"));
        assert!(whole == place.read(&format!("again/{file}")), "{file} of the same run again");
        assert!(whole == place.read(&format!("resumed/{file}")), "{file} of a resumed run");
    }
    let statistics = |run: &str| STATISTICS.map(|name| checkpoint(place, run).tensors[name].data.clone());
    place.succeeds(&format!("{train} -o earlier train.steps=3"));
    assert_ne!(statistics("codec"), statistics("earlier"), "the statistics follow the encoder");
}

#[test]
fn noise_and_settings_change_the_training() {
    let Some(place) = place() else { return };
    let train = format!("train-vqvae -q {CODEC} {STANDARDISED}");
    for (run, setting) in [("quiet", "vqvae.latent_noise=0"), ("slow", "train.beta2=0.999"), ("seed", "train.seed=1")] {
        place.succeeds(&format!("{train} -o {run} {setting}"));
        assert_ne!(checkpoint(place, run).tensors, checkpoint(place, "codec").tensors, "{setting}");
    }
}

#[test]
fn noise_has_a_level_for_each_window_and_passes_the_gradient() {
    let Some(gpu) = common::gpu() else { return };
    let config = VqvaeConfig { standardise: true, latent_noise: 0.5, ..VqvaeConfig::default() };
    let config = Config { vqvae: config, ..Config::default() };
    let (windows, shape) = (64, [64, 6, 4, 16]);
    let zeros = Tensor::zeros(gpu, &shape);
    let train = TrainConfig { batch: windows, ..TrainConfig::default() };
    let (config, all) = (Config { train: train.clone(), ..config }, MicroBatch::new(&train, 0));
    let noise = |step: u64| {
        noisy(&Tape::inference(), &config, &Var::constant(zeros.clone()), step, all).value.read_f32().unwrap()
    };
    let values = noise(1);
    let deviations: Vec<f64> = values
        .chunks(values.len() / windows)
        .map(|window| (window.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / window.len() as f64).sqrt())
        .collect();
    let mean = deviations.iter().sum::<f64>() / windows as f64;
    assert!((mean - 0.25).abs() < 0.06, "deviations from 0 to 0.5, of mean {mean}");
    assert!(deviations.iter().all(|deviation| *deviation < 0.57), "{deviations:?}");
    assert!(deviations.iter().any(|deviation| *deviation < 0.1) && deviations.iter().any(|deviation| *deviation > 0.4));
    assert_eq!(values, noise(1));
    assert_ne!(values, noise(2));
    let tape = Tape::recording();
    let leaf = tape.leaf(zeros.clone());
    let cotangent: Vec<f32> = (0..values.len()).map(|i| i as f32).collect();
    let y = noisy(&tape, &config, &leaf, 1, all);
    let gradient = tape.backward([(y, Tensor::from_f32(gpu, &shape, &cotangent))]).take(&leaf).unwrap();
    assert_eq!(gradient.read_f32().unwrap(), cotangent);
}

/// What a codec needs is checked before it is used.
#[test]
fn missing_statistics_are_refused() {
    let (Some(gpu), Some(place)) = (common::gpu(), place()) else { return };
    let Checkpoint { config, tensors, path, .. } = checkpoint(place, "codec");
    let refused = |tensors: &_| Vqvae::open(gpu, &config.vqvae, 2, tensors, &path).map(drop).unwrap_err().to_string();
    let mut without = tensors.clone();
    without.remove(STATISTICS[0]);
    let mut zero = tensors.clone();
    zero.get_mut(STATISTICS[1]).unwrap().data[2] = 0.0;
    for tensors in [without, zero] {
        let text = refused(&tensors);
        assert!(text.contains("has no usable `latent_mean` and `latent_deviation` of 4 channels"), "{text}");
    }
}

/// Weights of PyTorch may come with statistics, or without, which are then computed from songs.
#[test]
fn weights_are_imported_with_and_without_statistics() {
    let Some(place) = place() else { return };
    let Checkpoint { config, tensors, .. } = checkpoint(place, "codec");
    place.write("imported.yaml", config.codec_yaml());
    let import = |name: &str, tensors: &BTreeMap<String, HostTensor>| {
        write_safetensors(&place.path(name), &Metadata::new(), tensors, Precision::F32).unwrap();
        format!("import {name} --config imported.yaml -o imported-{name}")
    };
    place.succeeds(&import("whole.safetensors", &tensors));
    let imported = |name: &str| Checkpoint::load(&place.path(name), Kind::Codec).unwrap().tensors;
    assert_eq!(imported("imported-whole.safetensors"), tensors);
    let mut weights = tensors.clone();
    weights.retain(|name, _| !STATISTICS.contains(&name.as_str()));
    let command = import("weights.safetensors", &weights);
    place.refuses(&command, "has no `latent_mean` and `latent_deviation`");
    place.succeeds(&format!("{command} --data songs"));
    let computed = imported("imported-weights.safetensors");
    assert!(computed[STATISTICS[1]].data.iter().all(|deviation| *deviation > 0.0));
    assert_eq!(computed.keys().collect::<Vec<_>>(), tensors.keys().collect::<Vec<_>>());
}

#[test]
fn the_evaluation_reports_noise_and_density() {
    let Some(place) = place() else { return };
    let text = place.succeeds("evaluate --data songs --checkpoint codec/codec.safetensors -q -o report --json");
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["data_as_trained_on"], true);
    let report = &whole["report"];
    let noise = report["noise"].as_array().unwrap();
    let deviations: Vec<f64> = noise.iter().map(|row| row["deviation"].as_f64().unwrap()).collect();
    assert_eq!(deviations, [0.0, 0.2, 0.3, 0.5]);
    for row in noise.iter().map(|row| &row["note_f1"]).chain([&report["f1"]["note"]]) {
        assert!((0.0..=1.0).contains(&row["value"].as_f64().unwrap()), "{row}");
    }
    assert!(noise.iter().all(|row| row["density"]["value"].as_f64().unwrap() >= 0.0));
    // 6 x 4 latent positions for 48 x 32 cells.
    let levels = report["codebooks"].as_array().unwrap().len() as f64;
    assert_eq!(report["bits_per_window"], 6.0 * 4.0 * 4.0 * levels);
    let text = place.succeeds("evaluate --data songs --checkpoint flow/flow.safetensors --codec -q -o table");
    assert!(text.contains("noise on the latents") && text.contains("decoded notes per note"), "{text}");
}

/// Every picture has 128 rows, and no note is outside of the codec's pitches.
#[test]
fn decoded_music_has_its_pitches() {
    let Some(place) = place() else { return };
    let read = |name: &str| -> Roll { image::read(&place.read(name), Orphans::Drop).unwrap() };
    place.succeeds("sample --checkpoint flow/flow.safetensors -n 2 -o samples -q");
    let pictures: Vec<_> =
        place.files("samples").into_iter().filter(|path| path.extension().is_some_and(|e| e == "png")).collect();
    let mut rolls = 0;
    for path in &pictures {
        if let Ok(roll) = image::read(&std::fs::read(path).unwrap(), Orphans::Drop) {
            rolls += 1;
            assert!(roll.notes().iter().all(|note| (40..=87).contains(&note.pitch)), "{}", path.display());
        }
    }
    assert!(rolls >= 2, "{pictures:?}");
    let song = place.files("songs/ballads")[0].display().to_string();
    let output =
        place.command(&format!("reconstruct {song} --checkpoint codec/codec.safetensors -o there")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [original, result] = ["there/original.png", "there/reconstruction.png"].map(read);
    assert!(result.notes().iter().all(|note| (40..=87).contains(&note.pitch)));
    let outside = original.notes().iter().filter(|note| !(40..=87).contains(&note.pitch)).count();
    let message = String::from_utf8_lossy(&output.stderr).contains("outside of the codec's pitches 40 to 87");
    assert_eq!(message, outside > 0);
    place.succeeds("inspect codec/codec.safetensors --codes codes.png");
    assert!(place.read("codes.png").starts_with(b"\x89PNG"));
}

/// The codec's statistics are the flow's: its own are 0 and 1.
#[test]
fn a_flow_takes_latents_as_the_codec_standardises_them() {
    let Some(place) = place() else { return };
    let flow = Checkpoint::load(&place.path("flow/flow.safetensors"), Kind::Flow).unwrap();
    let statistics = flow.statistics().unwrap();
    assert_eq!((statistics.mean, statistics.deviation), (vec![0.0; 4], vec![1.0; 4]));
    assert_eq!(flow.codec().tensors, checkpoint(place, "codec").tensors);
    place.refuses(
        &format!("train-flow --codec codec/codec.safetensors -o none {FLOW} data.pitches=[0,127]"),
        "belongs to the codec",
    );
}
