//! Flows conditioned on music: training, resuming, and what can be asked of their samples.

mod common;

use std::sync::OnceLock;

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::data::music::midi;
use flocoder::data::music::roll::Roll;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::sample::ConditionTable;

/// A codec whose columns are bars, and a flow with all conditions on its latents, of 2 bars and 16 rows of 8 pitches.
const BARS: &str = "vqvae.columns=2";
const CONDITIONED: &str = "flow.arch=transformer flow.width=32 flow.layers=1 flow.rows=4 flow.picture=67 flow.attributes=24 \
    flow.sampling.guidance=1.5 flow.sampling.quantize=false";
const TRAIN: &str = "train-flow -q --codec codec/codec.safetensors --cache cache";
const SAMPLE: &str = "sample -q --checkpoint flow/flow.safetensors --seed 3";

fn place() -> Option<&'static Place> {
    static TRAINED: OnceLock<Place> = OnceLock::new();
    common::gpu()?;
    Some(TRAINED.get_or_init(|| {
        let place = Place::with_songs("conditioned");
        place.succeeds(&format!("train-vqvae -q -o codec {CODEC} {BARS}"));
        place.succeeds(&format!("{TRAIN} -o flow {FLOW} {CONDITIONED}"));
        place
    }))
}

fn roll(place: &Place, folder: &str, number: usize) -> Roll {
    image::read(&place.read(&format!("{folder}/sample-{number:04}.png")), Orphans::Drop).unwrap()
}

fn notes(roll: &Roll) -> Vec<(u32, u32, u8)> {
    roll.notes().iter().map(|note| (note.start, note.duration, note.pitch)).collect()
}

#[test]
fn a_resumed_run_ends_as_one_that_never_stopped() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("{TRAIN} -o resumed {FLOW} {CONDITIONED} train.steps=2"));
    place.succeeds("train-flow -q --cache cache -o resumed --resume train.steps=4");
    for file in ["flow.safetensors", "flow-resume-4.safetensors"] {
        assert!(place.read(&format!("flow/{file}")) == place.read(&format!("resumed/{file}")), "{file}");
    }
}

#[test]
fn a_checkpoint_carries_the_conditions_of_training_windows() {
    let Some(place) = place() else { return };
    let path = place.path("flow/flow.safetensors");
    let mut checkpoint = Checkpoint::load(&path, Kind::Flow).unwrap();
    let table = ConditionTable::load(&checkpoint).unwrap().expect("a flow with conditions");
    assert!(!table.rows.is_empty() && table.rows.iter().all(|row| row.chords.len() == 8 && row.bars.len() == 2));
    assert!(table.rows.iter().any(|row| row.shift != 0), "songs in other keys than C");
    place.succeeds("export --f16 flow/flow.safetensors half.safetensors");
    let half = Checkpoint::load(&place.path("half.safetensors"), Kind::Flow).unwrap();
    assert_eq!(ConditionTable::load(&half).unwrap().unwrap().rows, table.rows, "f16 holds the rows exactly");
    checkpoint.tensors.get_mut("conditions.rows").unwrap().data.pop();
    let error = ConditionTable::load(&checkpoint).unwrap_err().to_string();
    assert!(error.contains("is no usable flow") && error.contains("number of rows"), "{error}");
    checkpoint.tensors.remove("conditions.rows");
    assert!(ConditionTable::load(&checkpoint).unwrap_err().to_string().contains("has no tensor conditions.rows"));
}

#[test]
fn a_sample_is_the_same_in_any_batch() {
    let Some(place) = place() else { return };
    let asked = "--chords Am --density 1.2 --polyphony 3 --groove .9 --repeat .5";
    for (folder, batch) in [("three", 3), ("one", 1)] {
        place.succeeds(&format!("{SAMPLE} -n 3 {asked} --batch {batch} -o {folder}"));
    }
    for number in 0..3 {
        assert_eq!(notes(&roll(place, "three", number)), notes(&roll(place, "one", number)));
    }
}

#[test]
fn a_key_transposes_and_changes_nothing_else() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("{SAMPLE} -n 2 --key C -o in-c"));
    place.succeeds(&format!("{SAMPLE} -n 2 --key Bm -o in-d"));
    for number in 0..2 {
        let in_c = roll(place, "in-c", number);
        assert_eq!(notes(&in_c.shifted(2)), notes(&roll(place, "in-d", number)));
    }
}

#[test]
fn corrections_are_off_by_default_and_a_form_changes_the_noise() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("{SAMPLE} -n 2 -o plain"));
    place.succeeds(&format!("{SAMPLE} -n 2 --repeat 0 -o unshared"));
    place.succeeds(&format!("{SAMPLE} -n 2 --form AA -o alike"));
    for number in 0..2 {
        assert_eq!(notes(&roll(place, "plain", number)), notes(&roll(place, "unshared", number)));
    }
    assert!((0..2).any(|number| notes(&roll(place, "plain", number)) != notes(&roll(place, "alike", number))));
}

#[test]
fn guidance_ends_at_its_time() {
    let Some(place) = place() else { return };
    let sampled = |settings: &str, guidance: &str| {
        place.succeeds(&format!("export flow/flow.safetensors until.safetensors {settings}"));
        place.succeeds(&format!("sample -q --checkpoint until.safetensors --seed 3 -n 2 {guidance} -o until"));
        [0, 1].map(|number| notes(&roll(place, "until", number)))
    };
    let [never, half, always] = ["0", "0.5", "1"]
        .map(|until| sampled(&format!("flow.sampling.steps=6 flow.sampling.guided_until={until}"), "--guidance 9"));
    assert_eq!(never, sampled("flow.sampling.steps=6", "--guidance 1"));
    assert!(never != half && half != always);
}

#[test]
fn a_rhythm_is_played() {
    let Some(place) = place() else { return };
    place.succeeds("export flow/flow.safetensors pushed.safetensors flow.sampling.push=3 flow.sampling.counts=1");
    place.succeeds("sample -q --checkpoint pushed.safetensors -n 2 --rhythm x... -o rhythmic");
    place.succeeds(&format!("{SAMPLE} -n 2 --rhythm x... -o unpushed"));
    for folder in ["rhythmic", "unpushed"] {
        let off_the_beat =
            |number| roll(place, folder, number).notes().iter().filter(|note| note.start % 4 != 0).count();
        let all = |number| roll(place, folder, number).notes().len();
        assert!((0..2).all(|number| 2 * off_the_beat(number) <= all(number)), "{folder}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let Some(place) = place() else { return };
    let sample = |asked: &str| {
        let output = place.command(&format!("{SAMPLE} -n 1 -o refused {asked}")).output().unwrap();
        assert!(!output.status.success(), "{asked}");
        String::from_utf8(output.stderr).unwrap()
    };
    for (asked, part) in [
        ("--chords H", "column 1: 'H' is not a chord"),
        ("--form ABC", "does not divide 2 bars evenly"),
        ("--register 84-40", "the lowest and the highest MIDI pitch"),
        ("--rhythm x..", "a rhythm has 1, 2, 4, 8 or 16 steps"),
        ("--class 1", "this flow was trained without classes"),
    ] {
        assert!(sample(asked).contains(part), "{}", sample(asked));
    }
    let flow = |setting: &str, part: &str| {
        let train = TRAIN.replace(" -q", "");
        place.refuses(&format!("{train} -o refused {FLOW} {CONDITIONED} {setting}"), part);
    };
    flow("flow.picture=35", "the picture of conditions has 67 channels with this codec");
    flow("flow.attributes=9", "it takes 8, 24 with those of the rhythm, or 0 for none");
    flow("flow.sampling.repeat=1", "flow.sampling.repeat is 1, but has to be from 0 to 0.95");
    place.succeeds(&format!("{TRAIN} -o unconditioned {FLOW}"));
    let refused = "sample --checkpoint unconditioned/flow.safetensors -o refused --chords Am";
    place.refuses(refused, "this flow was trained without conditions");
}

#[test]
fn an_evaluation_tells_whether_samples_have_what_was_asked_for() {
    let Some(place) = place() else { return };
    let evaluate = "evaluate -q --data songs --checkpoint flow/flow.safetensors --samples 4 -o report";
    let whole: serde_json::Value = serde_json::from_str(&place.succeeds(&format!("{evaluate} --json"))).unwrap();
    let obedience = &whole["report"]["obedience"];
    for share in ["in_key", "in_chord"] {
        let songs = obedience[share]["real"]["value"].as_f64().unwrap();
        assert!((0.7..=1.0).contains(&songs), "{obedience}");
        assert!(obedience[share]["generated"].is_object() && obedience[share]["other"].is_object(), "{obedience}");
    }
    assert_eq!(obedience["attributes"].as_array().unwrap().len(), 8);
    let table = place.succeeds(evaluate);
    assert!(table.contains("in the chord") && table.contains("distinct pitches"), "{table}");
}

#[test]
fn a_trained_flow_learns_which_texture_to_expect() {
    let Some(place) = place() else { return };
    let learn = "train-texture -q --data songs --checkpoint";
    place.succeeds(&format!("{learn} flow/flow.safetensors -o expects.safetensors"));
    place.succeeds("export --f16 expects.safetensors half-expects.safetensors");
    let load = |file: &str| Checkpoint::load(&place.path(file), Kind::Flow).unwrap();
    let table = |file: &str| ConditionTable::load(&load(file)).unwrap().unwrap();
    assert!(table("flow/flow.safetensors").expectation.is_none());
    let [whole, half] =
        ["expects.safetensors", "half-expects.safetensors"].map(|file| table(file).expectation.unwrap());
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= a.abs() / 1000.0 + 1e-6;
    assert!(whole.values().iter().zip(&half.values()).all(close), "f16 holds them nearly");
    let mut damaged = load("expects.safetensors");
    damaged.tensors.get_mut("conditions.expectation").unwrap().data.pop();
    let error = ConditionTable::load(&damaged).unwrap_err().to_string();
    assert!(error.contains("is no usable flow: the expected texture"), "{error}");
    place.succeeds(&format!("{TRAIN} -o plain {FLOW}"));
    place.refuses(
        "train-texture --data songs --checkpoint plain/flow.safetensors -o no.safetensors",
        "this flow was trained without conditions",
    );
}

#[test]
fn a_sample_has_a_melody_first() {
    let Some(place) = place() else { return };
    let learn = "train-melody -q --data songs --checkpoint flow/flow.safetensors --steps 40 -o sings.safetensors";
    place.succeeds(learn);
    let music = |checkpoint: &str, folder: &str, more: &str| -> Vec<Vec<u8>> {
        place.succeeds(&format!("sample -q -n 3 --seed 4 --checkpoint {checkpoint} -o {folder} {more}"));
        (0..3).map(|number| place.read(&format!("{folder}/sample-000{number}.mid"))).collect()
    };
    let sung = music("sings.safetensors", "sung", "");
    assert!(sung == music("sings.safetensors", "one-by-one", "--batch 1"), "the same in any batch");
    let [plain, without] = [("flow/flow.safetensors", ""), ("sings.safetensors", "--no-melody")]
        .map(|(checkpoint, option)| music(checkpoint, "plain", option));
    assert!(plain == without, "without a melody first the samples are those of the flow");
    let scores: Vec<midi::Score> = sung.iter().map(|bytes| midi::parse(bytes).unwrap()).collect();
    let melody = |score: &midi::Score| {
        let track = score.tracks.iter().find(|track| track.name.is("MELODY")).expect("a track of its own");
        let mut notes = track.notes.clone();
        notes.sort_by_key(|note| note.start);
        assert!(notes.windows(2).all(|pair| pair[0].end <= pair[1].start), "one voice: {notes:?}");
        notes.len()
    };
    assert!(scores.iter().map(melody).sum::<usize>() > 0, "the songs have melodies");
}
