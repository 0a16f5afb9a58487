//! Samples and reconstructions from outside: the same music in any batch, by every method, with sound.

mod common;

use common::program::{FLOW, Place};

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
fn every_method_makes_music_that_can_be_heard() {
    let Some(place) = place() else { return };
    for method in ["euler", "midpoint", "heun", "rk4"] {
        place.succeeds(&format!("{SAMPLE} -n 1 --steps 2 --method {method} -o by-{method}"));
        assert!(place.read(&format!("by-{method}/sample-0000.mid")).starts_with(b"MThd"));
    }
    place.succeeds(&format!("{SAMPLE} -n 1 --wav --no-quantize -o heard"));
    let sound = hound::WavReader::open(place.path("heard/sample-0000.wav")).unwrap();
    assert_eq!((sound.spec().channels, sound.spec().sample_rate, sound.spec().bits_per_sample), (2, 44_100, 16));
    assert!(sound.duration() > 0 && sound.into_samples::<i16>().all(|sample| sample.is_ok()));
}

#[test]
fn a_song_goes_through_the_codec_and_back() {
    let Some(place) = place() else { return };
    let song = place.files("songs/dances")[0].display().to_string();
    let printed = place.succeeds(&format!("reconstruct {song} --checkpoint codec/codec.safetensors -o back"));
    assert!(printed.starts_with("note F1 0.") && printed.contains("sustain F1 0."), "{printed}");
    let names: Vec<_> = place.files("back").iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["difference.png", "original.mid", "original.png", "reconstruction.mid", "reconstruction.png"]);
}

#[test]
fn latents_are_kept_and_made_anew_where_damaged() {
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
