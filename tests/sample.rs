//! Samples and reconstructions: the same music in any batch, every solver, sound.

mod common;

use std::path::Path;

use common::program::{FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::Config;
use flocoder::data::music::key;
use flocoder::data::music::roll::Roll;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
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
    for file in (0..5)
        .flat_map(|i| ["mid", "png"].map(|kind| format!("sample-{i:04}.{kind}")))
        .chain(["sheet.png", "index.html"].map(str::to_owned))
    {
        let first = place.read(&format!("five/{file}"));
        for folder in ["again", "three", "one"] {
            assert!(place.read(&format!("{folder}/{file}")) == first, "{folder}/{file} differs");
        }
    }
    assert_eq!(place.files("five").len(), 13, "pictures, .mid files, sheet, page and record");
    assert!(place.read("five/sheet.png") != place.read("other/sheet.png"), "the seed changes nothing");
}

/// The record's lines of samples.
fn record(place: &Place, folder: &str) -> Vec<serde_json::Value> {
    let text = String::from_utf8(place.read(&format!("{folder}/samples.jsonl"))).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter(|line| line["sample"].is_u64()).collect()
}

#[test]
fn a_key_is_exact_and_without_one_nothing_is_transposed() {
    let Some(place) = place() else { return };
    place.succeeds(&format!(
        "train-flow -q --codec codec/codec.safetensors --cache cache -o keys {FLOW} flow.classes=key flow.n_classes=12"
    ));
    let sample = "sample --checkpoint keys/flow.safetensors -n 3";
    let printed = place.succeeds(&format!("{sample} --key Bb -o in-b-flat"));
    let drawn = place.succeeds(&format!("{sample} -o in-any-key"));
    for (i, line) in record(place, "in-b-flat").iter().enumerate() {
        let notes = image::read(&place.read(&format!("in-b-flat/sample-{i:04}.png")), Orphans::Drop).unwrap();
        assert!(key::fits_best(key::parse("Bb").unwrap(), &key::pitch_classes(notes.notes())));
        assert_eq!((&line["key"], line["seed"].as_u64()), (&"Bb / Gm".into(), Some(0)));
        assert_eq!(line["notes"].as_u64(), Some(notes.notes().len() as u64));
        assert!(line["given_key"].is_null() && line["given_chords"].is_null(), "{line}");
        assert!(printed.contains(&format!("sample {i}: Bb / Gm, {} notes", notes.notes().len())), "{printed}");
    }
    for (i, line) in record(place, "in-any-key").iter().enumerate() {
        assert!(drawn.contains(&format!("sample {i}: {}", line["key"].as_str().unwrap())), "{drawn}");
    }
}

/// The notes of the samples of a folder.
fn rolls(place: &Place, folder: &str) -> Vec<Roll> {
    let read = |line: &serde_json::Value| {
        let picture = place.read(&format!("{folder}/sample-{:04}.png", line["sample"].as_u64().unwrap()));
        image::read(&picture, Orphans::Drop).unwrap()
    };
    record(place, folder).iter().map(read).collect()
}

/// The bundled flow writes in C, so that a key only transposes.
#[test]
fn the_bundled_flow_writes_the_same_music_in_all_twelve_keys() {
    let Some(place) = place() else { return };
    place.succeeds("sample -n 2 --steps 2 --key C -o in-c");
    let in_c = rolls(place, "in-c");
    assert!(in_c.iter().all(|roll| roll.notes().len() > 50), "{in_c:?}");
    for (wanted, name) in ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"].iter().enumerate() {
        let printed = place.succeeds(&format!("sample -n 2 --steps 2 --key {name} --batch 1 -o in-key"));
        let shift = if wanted <= 6 { wanted as i32 } else { wanted as i32 - 12 };
        let in_key = rolls(place, "in-key");
        assert_eq!((in_key.len(), in_c.len()), (2, 2));
        for (roll, in_c) in in_key.iter().zip(&in_c) {
            let moved = in_c.clone().shifted(shift);
            let starts = |roll: &Roll| roll.notes().iter().map(|note| (note.start, note.pitch)).collect::<Vec<_>>();
            assert_eq!(starts(roll), starts(&moved), "{name}");
        }
        for line in record(place, "in-key") {
            assert_eq!(line["given_key"].as_str(), Some(key::name(wanted)));
            assert_eq!(line["given_chords"].as_array().unwrap().len(), 8);
            assert!(printed.contains(&format!(" in {}, ", key::name(wanted))), "{printed}");
        }
    }
}

#[test]
fn the_bundled_flow_takes_every_wish_and_tells_what_became_of_it() {
    let Some(place) = place() else { return };
    let sample = "sample -n 1 --steps 8";
    let told = place.succeeds(&format!("{sample} --seed 3 -o drawn"));
    assert_eq!(told.lines().count(), 3, "the sample, its chords, the folder: {told}");
    let plain = rolls(place, "drawn");
    let asked = "--chords Am,F,C,G --density 1.3 --polyphony 3.5 --duration 3 --register 40-84 --groove .9 \
        --rhythm x..x..x. --form AABA --repeat .5 --guidance 2";
    let told = place.succeeds(&format!("{sample} --seed 3 {asked} -o asked"));
    assert!(told.contains("\n  Am | F | C | G | Am | F | C | G\n"), "{told}");
    for part in ["notes per bar ", "polyphony ", "duration ", "lowest pitch ", "highest pitch ", "groove "] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains("(asked 40)") && told.contains("(asked 84)") && !told.contains("distinct pitches"), "{told}");
    assert!(rolls(place, "asked") != plain);
    let line = &record(place, "asked")[0];
    assert_eq!((&line["given_key"], &line["given_chords"][2]), (&"C / Am".into(), &"C".into()));
    let page = String::from_utf8(place.read("asked/index.html")).unwrap();
    assert_eq!(page.matches("class=\"chord\"").count(), 8);
    place.succeeds(&format!("{sample} --seed 3 --form AABA -o form"));
    let chords = record(place, "form")[0]["given_chords"].as_array().unwrap().clone();
    assert!(chords[..2] == chords[2..4] && chords[..2] == chords[6..] && chords[..2] != chords[4..6], "{chords:?}");
    let told = place.succeeds(&format!("{sample} --seed 3 -v -o drawn"));
    assert!(told.contains("distinct pitches ") && rolls(place, "drawn") == plain, "{told}");
    place.refuses(&format!("{sample} --class 0 -o never"), "was trained without classes");
}

/// A flow whose latents are decoded as they are quantizes them if levels are asked for.
#[test]
fn levels_quantize_and_exclude_their_opposite() {
    let Some(place) = place() else { return };
    let sheet = |arguments: &str| {
        place.succeeds(&format!("sample -n 1 --steps 4 {arguments} -o levels"));
        place.read("levels/sheet.png")
    };
    let (plain, unquantized, all, eight, one) =
        (sheet(""), sheet("--no-quantize"), sheet("--levels 0"), sheet("--levels 8"), sheet("--levels 1"));
    assert!(plain == unquantized && all == eight, "the bundled flow does not quantize, and its codec has 8 levels");
    assert!(plain != all && all != one);
    let both = place.command("sample -n 1 --no-quantize --levels 1 -o never").output().unwrap();
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn earlier_samples_go_and_other_files_stay() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("{SAMPLE} -n 3 --seed 1 --wav -o reused"));
    place.write("reused/mine.wav", "a recording");
    let output = place.command(&format!("{SAMPLE} -n 1 --seed 2 -o reused")).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && told.contains("removed 3 earlier samples (seed 1) from reused"), "{told}");
    let names = |folder: &str| -> Vec<String> {
        place.files(folder).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let new = ["index.html", "sample-0000.mid", "sample-0000.png", "samples.jsonl", "sheet.png"];
    let mut expected = new.to_vec();
    expected.insert(1, "mine.wav");
    assert_eq!(names("reused"), expected);
    // A sample that was edited is neither replaced nor removed.
    place.write("reused/sample-0000.mid", "edited");
    let refused = format!("{SAMPLE} -n 1 -o reused");
    place.refuses(&refused, "sample-0000.mid: was changed after it was sampled; move it, or choose another --output");
    assert_eq!(
        (place.read("reused/sample-0000.mid"), names("reused")),
        (b"edited".to_vec(), expected.iter().map(|name| (*name).to_owned()).collect())
    );
    std::fs::create_dir(place.path("foreign")).unwrap();
    place.write("foreign/sheet.png", "a photograph");
    place.refuses(&format!("{SAMPLE} -n 1 -o foreign"), "sheet.png: already exists");
}

#[test]
fn the_page_has_a_picture_and_a_player_for_each_sample() {
    let Some(place) = place() else { return };
    let page = |arguments: &str| {
        place.succeeds(&format!("{SAMPLE} -n 2 {arguments} -o page"));
        String::from_utf8(place.read("page/index.html")).unwrap()
    };
    let (silent, heard) = (page(""), page("--wav"));
    for text in [&silent, &heard] {
        assert_eq!(text.matches("<svg").count(), 2);
        assert!(text.contains("href=\"sample-0001.mid\"") && !text.contains("//"), "the page uses the network");
    }
    assert_eq!((silent.matches("<audio").count(), heard.matches("<audio").count()), (0, 2));
    assert!(heard.contains("src=\"sample-0000.wav\""));
}

#[test]
fn sampling_shows_its_progress() {
    let Some(place) = place() else { return };
    let output = place.command(&format!("{SAMPLE} -n 3 --batch 2 --steps 2 -o shown")).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("sampling 4/4") && told.contains("writing 3/3"), "{told}");
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
