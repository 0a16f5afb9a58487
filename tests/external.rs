//! Comparison with published implementations. Ignored by default, because it needs Python with mir_eval, muspy, scipy and
//! tensorboard; `FLOCODER_PYTHON` names the interpreter, by default `python3`:
//!
//! ```text
//! FLOCODER_PYTHON=venv/bin/python cargo test --release --test external -- --ignored --nocapture
//! ```

mod common;

use std::path::Path;
use std::process::Command;

use common::program::{CODEC, FLOW, Place};

use flocoder::data::corpus;
use flocoder::data::music::midi;
use flocoder::data::music::roll::{Note, Roll, TimeSignature};
use flocoder::metrics::density::Densities;
use flocoder::metrics::features::{Features, NAMES};
use flocoder::metrics::frechet::{Moments, distance};
use flocoder::metrics::scores::Scores;
use flocoder::rng::Philox;
use serde_json::{Value, json};

/// Runs a script of `tests/external` on a folder. The script fails if it finds an error.
#[track_caller]
fn python(script: &str, folder: &Path) {
    let python = std::env::var("FLOCODER_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/external").join(script);
    let status = Command::new(&python).arg(script).arg(folder).status().unwrap_or_else(|e| panic!("{python}: {e}"));
    assert!(status.success());
}

/// Eight bars of a song with a note in the last bar: muspy counts bars up to the last note.
fn window(song: u64) -> Roll {
    let whole = corpus::compose(11, song).merged();
    let mut notes = whole.window(16 * 4, 128).notes().to_vec();
    notes.push(Note { start: 124, duration: 4, pitch: 20, velocity: 80 });
    Roll::new(128, notes).with_time(120.0, TimeSignature::COMMON)
}

/// The roll with some notes lost, moved, shortened, lengthened and added.
fn disturbed(roll: &Roll, seed: u64) -> Roll {
    let mut rng = Philox::new(seed, 0);
    let mut notes = Vec::new();
    for &note in roll.notes() {
        match rng.below(8) {
            0 => {}
            1 => notes.push(Note { start: note.start + 1, ..note }),
            2 => notes.push(Note { duration: note.duration + 1, ..note }),
            3 => notes.push(Note { duration: (note.duration / 2).max(1), ..note }),
            4 => notes.extend([note, Note { pitch: note.pitch + 1, ..note }]),
            _ => notes.push(note),
        }
    }
    Roll::new(128, notes).with_time(roll.tempo, roll.time_signature)
}

#[test]
#[ignore = "needs Python with mir_eval, muspy and scipy"]
fn measures_are_those_of_published_packages() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, roll: &Roll| std::fs::write(folder.path().join(name), midi::write(roll)).unwrap();
    let (mut rolls, mut pairs): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for song in 0..6 {
        let (truth, estimate) = (window(song), disturbed(&window(song), song));
        let (file, other) = (format!("truth-{song}.mid"), format!("estimate-{song}.mid"));
        write(&file, &truth);
        write(&other, &estimate);
        let values = Features::of(truth.notes(), 128).values();
        let features: serde_json::Map<_, _> =
            NAMES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        rolls.push(json!({ "file": file, "features": features }));
        let scores = Scores::of_rolls(&truth, &estimate);
        let f1 = json!({
            "note": scores.note.f1(), "note_with_offset": scores.note_with_offset.f1(), "frame": scores.frame.f1(),
        });
        pairs.push(json!({ "truth": file, "estimate": other, "f1": f1 }));
    }
    let mut rng = Philox::new(3, 0);
    let mut normals = |count: usize, mean: f64, deviation: f64| -> Vec<f64> {
        (0..count).map(|_| f64::from((mean + deviation * rng.normal()) as f32)).collect()
    };
    let overlaps: Vec<Value> = [(40, 0.5, 1.0), (90, 3.0, 0.4), (15, -0.2, 2.0)]
        .into_iter()
        .map(|(count, mean, deviation)| {
            let (a, b) = (normals(60, 0.0, 1.0), normals(count, mean, deviation));
            let value = Densities::of([std::slice::from_ref(&a), std::slice::from_ref(&b)]).overlap([&[1.0], &[1.0]]);
            json!({ "a": a, "b": b, "value": value })
        })
        .collect();
    let distances: Vec<Value> = [2, 5, 16]
        .into_iter()
        .map(|dimension| {
            let points = |values: Vec<f64>| values.into_iter().map(|x| x as f32).collect::<Vec<_>>();
            let (a, b) = (points(normals(60 * dimension, 0.0, 1.0)), points(normals(80 * dimension, 0.3, 1.5)));
            let rows = |values: &[f32]| values.chunks(dimension).map(<[f32]>::to_vec).collect::<Vec<_>>();
            let value = distance(&Moments::of(&a, dimension), &Moments::of(&b, dimension));
            json!({ "a": rows(&a), "b": rows(&b), "value": value })
        })
        .collect();
    let numbers = json!({ "rolls": rolls, "pairs": pairs, "overlaps": overlaps, "distances": distances });
    std::fs::write(folder.path().join("numbers.json"), numbers.to_string()).unwrap();
    python("measures.py", folder.path());
}

/// Runs that were stopped and resumed, so that each has two event files.
#[test]
#[ignore = "needs Python with tensorboard"]
fn event_files_are_read_by_tensorboard() {
    let place = Place::with_songs("external");
    place.succeeds(&format!("train-vqvae -q -o codec {CODEC} train.steps=2 train.validate_every=2"));
    place.succeeds("train-vqvae -q -o codec --resume train.steps=4");
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.succeeds(&format!("train-flow -q {codec} -o flow {FLOW} train.steps=2 train.validate_every=2"));
    place.succeeds("train-flow -q --cache cache -o flow --resume train.steps=4");
    for run in ["codec", "flow"] {
        python("events.py", &place.path(run));
    }
}
