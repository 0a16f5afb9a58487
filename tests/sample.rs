//! Samples and reconstructions: the same music in any batch, every solver, sound.

mod common;

use std::path::Path;

use common::program::{FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::Config;
use flocoder::nn::HostTensor;

const SAMPLE: &str = "sample --checkpoint flow/flow.safetensors";

fn place() -> Option<&'static Place> {
    Place::trained("sample")
}

#[test]
fn a_sample_is_the_same_in_any_batch_and_at_any_time() {
    let Some(place) = place() else { return };
    for (folder, batch) in [("five", 5), ("again", 5), ("three", 3), ("one", 1)] {
        place.succeeds(&format!("{SAMPLE} -n 5 --seed 7 --batch {batch} -o {folder}"));
    }
    place.succeeds(&format!("{SAMPLE} -n 5 --seed 8 -o other"));
    for file in
        (0..5).flat_map(|i| ["mid", "png"].map(|kind| format!("sample-{i:04}.{kind}"))).chain(["sheet.png".to_owned()])
    {
        let first = place.read(&format!("five/{file}"));
        for folder in ["again", "three", "one"] {
            assert!(place.read(&format!("{folder}/{file}")) == first, "{folder}/{file} differs");
        }
    }
    assert_eq!(place.files("five").len(), 11);
    assert!(place.read("five/sheet.png") != place.read("other/sheet.png"), "the seed changes nothing");
}

#[test]
fn every_solver_makes_music_and_sound() {
    let Some(place) = place() else { return };
    for method in ["euler", "midpoint", "heun", "rk4"] {
        place.succeeds(&format!("{SAMPLE} -n 1 --steps 2 --method {method} -o by-{method}"));
        assert!(place.read(&format!("by-{method}/sample-0000.mid")).starts_with(b"MThd"));
    }
    place.succeeds(&format!("{SAMPLE} -n 1 --wav --no-quantize -o heard"));
    let sound = hound::WavReader::open(place.path("heard/sample-0000.wav")).unwrap();
    assert_eq!((sound.spec().channels, sound.spec().sample_rate, sound.spec().bits_per_sample), (2, 44_100, 16));
    place.succeeds(&format!("{SAMPLE} -n 1 --flac --no-quantize -o flac"));
    let flac = claxon::FlacReader::open(place.path("flac/sample-0000.flac")).unwrap();
    assert_eq!(flac.streaminfo().samples, Some(u64::from(sound.duration())));
    assert!(sound.duration() > 0 && sound.into_samples::<i16>().all(|sample| sample.is_ok()));
}

#[test]
fn a_song_is_reconstructed_by_the_codec() {
    let Some(place) = place() else { return };
    let song = place.files("songs/dances")[0].display().to_string();
    let printed = place.succeeds(&format!("reconstruct {song} --checkpoint codec/codec.safetensors -o back"));
    assert!(printed.starts_with("note F1 0.") && printed.contains("sustain F1 0."), "{printed}");
    let names: Vec<_> = place.files("back").iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["difference.png", "original.mid", "original.png", "reconstruction.mid", "reconstruction.png"]);
}

#[test]
fn latents_are_cached_and_recomputed_if_damaged() {
    let Some(place) = place() else { return };
    let train = |run: &str| {
        place.succeeds(&format!(
            "train-flow -q --codec codec/codec.safetensors --cache kept -o {run} {FLOW} train.steps=1"
        ));
        let files = place.files("kept");
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    };
    let path = train("before");
    let written = |path: &std::path::Path| std::fs::metadata(path).unwrap().modified().unwrap();
    let (whole, time) = (std::fs::read(&path).unwrap(), written(&path));
    let key = path.file_stem().unwrap().to_str().unwrap().strip_prefix("latents-").unwrap();
    assert!(key.len() == 24 && key.bytes().all(|digit| digit.is_ascii_hexdigit()), "{key}");
    assert!(train("with") == path && written(&path) == time, "the cache was not used");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(train("after"), path);
    assert!(std::fs::read(&path).unwrap() == whole);
    for run in ["with", "after"] {
        assert!(place.read(&format!("{run}/flow.safetensors")) == place.read("before/flow.safetensors"), "{run}");
    }
}

#[test]
fn the_bundled_models_sample_and_reconstruct() {
    let Some(place) = place() else { return };
    place.succeeds("sample -n 1 --steps 2 --key D -o bundled");
    assert!(place.read("bundled/sample-0000.mid").starts_with(b"MThd"));
    let song = place.files("songs/ballads")[0].display().to_string();
    let printed = place.succeeds(&format!("reconstruct {song} -o bundled-back"));
    let f1 = printed.strip_prefix("note F1 ").and_then(|rest| rest.split_whitespace().next()).unwrap();
    assert!(f1.parse::<f64>().unwrap() > 0.8, "{printed}");
    for model in ["codec", "flow"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/{model}.safetensors"));
        let bundled = Checkpoint::open(&path).unwrap();
        assert_eq!((bundled.kind.name(), &bundled.config.data.path), (model, &None));
    }
}

#[test]
fn an_exported_checkpoint_is_the_same_network_at_half_the_size() {
    let Some(place) = place() else { return };
    place.succeeds("export flow/flow.safetensors whole.safetensors");
    place.succeeds("export flow/flow.safetensors half.safetensors --f16");
    place.succeeds("export flow/flow.safetensors only-codec.safetensors --codec");
    let open = |name: &str| Checkpoint::open(&place.path(name)).unwrap();
    let (trained, whole, half) = (open("flow/flow.safetensors"), open("whole.safetensors"), open("half.safetensors"));
    assert!(trained.config.data.path.is_some() && whole.config.data.path.is_none());
    assert_eq!((&whole.tensors, whole.step, &whole.extra), (&trained.tensors, trained.step, &trained.extra));
    assert!(place.read("half.safetensors").len() < place.read("whole.safetensors").len());
    for (name, tensor) in &half.tensors {
        for (&half, &whole) in tensor.data.iter().zip(&trained.tensors[name].data) {
            assert!((half - whole).abs() <= whole.abs() / 2048.0 + f32::EPSILON, "{name}: {half} and {whole}");
        }
    }
    let (carried, codec) = (open("only-codec.safetensors"), open("codec/codec.safetensors"));
    assert_eq!((carried.step, carried.tensors), (codec.step, codec.tensors));
    place.succeeds("sample --checkpoint half.safetensors -n 1 -o from-half");
    place.succeeds("export flow/flow.safetensors finer.safetensors flow.sampling.steps=30");
    assert_eq!(open("finer.safetensors").config.flow.sampling.steps, 30);
    place.refuses("export flow/flow.safetensors wider.safetensors flow.dim=32", "only flow.sampling can be overridden");
}

#[test]
fn values_beyond_f16_are_refused() {
    let place = Place::new("export");
    let mut checkpoint = Checkpoint::new(Kind::Codec, Config::default(), 1);
    checkpoint.tensors.insert("large".to_owned(), HostTensor::new([1], vec![1e6]));
    checkpoint.save(&place.path("codec.safetensors")).unwrap();
    place.refuses_and_leaves_nothing(
        "export codec.safetensors half.safetensors --f16",
        "`large` has values beyond the range of f16",
    );
}
