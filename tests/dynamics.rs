//! Velocities of samples: training on songs, checkpoints, what can be asked, and what stays as it is.

mod common;

use std::sync::OnceLock;

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::data::music::roll::Roll;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::dynamics::{Asked, Dynamics, Loudness};

const TRAIN: &str = "train-flow -q --codec codec/codec.safetensors --cache cache";
const ADD: &str = "train-dynamics -q --data songs --checkpoint plain/flow.safetensors";

/// Songs, a flow without dynamics, and the same with dynamics that are trained with it or afterwards.
fn place() -> Option<&'static Place> {
    static TRAINED: OnceLock<Place> = OnceLock::new();
    common::gpu()?;
    Some(TRAINED.get_or_init(|| {
        let place = Place::with_songs("dynamics");
        place.succeeds(&format!("train-vqvae -q -o codec {CODEC}"));
        place.succeeds(&format!("{TRAIN} -o plain {FLOW}"));
        place.succeeds(&format!("{TRAIN} -o loud {FLOW} flow.dynamics=true"));
        place.write("printed.txt", place.succeeds(&format!("{ADD} -o added.safetensors")));
        place
    }))
}

fn sample(place: &Place, checkpoint: &str, arguments: &str) -> Vec<Roll> {
    let folder = format!("samples{}", arguments.replace([' ', '-'], "_"));
    place.succeeds(&format!("sample -q --checkpoint {checkpoint} -n 3 --seed 1 --wav {arguments} -o {folder}"));
    let read = |number| place.read(&format!("{folder}/sample-{number:04}.png"));
    (0..3).map(|number| image::read(&read(number), Orphans::Drop).unwrap()).collect()
}

fn dynamics(place: &Place, file: &str) -> Dynamics {
    let checkpoint = Checkpoint::load(&place.path(file), Kind::Flow).unwrap();
    Dynamics::load(common::gpu().unwrap(), &checkpoint).unwrap().expect("a flow with dynamics")
}

#[test]
fn dynamics_are_the_same_whenever_they_are_trained() {
    let Some(place) = place() else { return };
    let [plain, loud, added] = ["plain/flow.safetensors", "loud/flow.safetensors", "added.safetensors"]
        .map(|file| Checkpoint::load(&place.path(file), Kind::Flow).unwrap());
    assert_eq!(loud.tensors, added.tensors);
    assert_eq!((&loud.config.flow, &loud.extra), (&added.config.flow, &added.extra));
    assert!(plain.tensors.iter().all(|(name, tensor)| loud.tensors[name] == *tensor), "the flow is as without them");
    assert_eq!(loud.tensors.len() - plain.tensors.len(), 8);
    assert!(Dynamics::load(common::gpu().unwrap(), &plain).unwrap().is_none());
}

#[test]
fn a_resumed_run_keeps_its_dynamics() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("{TRAIN} -o resumed {FLOW} flow.dynamics=true train.steps=2"));
    place.succeeds("train-flow -q --cache cache -o resumed --resume train.steps=4");
    assert!(place.read("loud/flow.safetensors") == place.read("resumed/flow.safetensors"));
}

#[test]
fn predicted_velocities_are_nearer_than_any_constant() {
    let Some(place) = place() else { return };
    let printed = String::from_utf8(place.read("printed.txt")).unwrap();
    let error = |what: &str| -> f64 {
        let line = printed.lines().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{printed}"));
        line[what.len()..].split_whitespace().next().unwrap().parse().unwrap()
    };
    let (predicted, level, constant) =
        (error("predicted, level and spread known"), error("level alone"), error("one velocity"));
    assert!(predicted < 0.8 * level && level <= constant, "{printed}");
}

#[test]
fn only_velocities_change() {
    let Some(place) = place() else { return };
    let plain = sample(place, "plain/flow.safetensors", "");
    let loud = sample(place, "loud/flow.safetensors", "--batch 1");
    let notes = |roll: &Roll| roll.notes().iter().map(|n| (n.start, n.duration, n.pitch)).collect::<Vec<_>>();
    for (plain, loud) in plain.iter().zip(&loud) {
        assert_eq!(notes(plain), notes(loud));
        assert!(plain.notes().iter().all(|note| note.velocity == 80));
    }
    let varied = |roll: &Roll| Loudness::of(roll.notes()).is_some_and(|loudness| loudness.spread > 0);
    assert!(loud.iter().any(varied));
    assert_eq!(sample(place, "loud/flow.safetensors", "--batch 3"), loud, "in any batch");
    assert_ne!(place.read("samples/sample-0000.wav"), place.read("samples__batch_1/sample-0000.wav"), "heard");
}

#[test]
fn level_and_spread_are_those_asked_for() {
    let Some(place) = place() else { return };
    for (level, spread) in [(84, 10), (40, 5), (110, 3)] {
        let asked = format!("--velocity {level} --dynamics {spread}");
        for roll in sample(place, "added.safetensors", &asked).iter().filter(|roll| roll.notes().len() > 8) {
            let found = Loudness::of(roll.notes()).unwrap();
            assert!(found.level.abs_diff(level) <= 2 && found.spread <= spread + 1, "{asked}: {found:?}");
        }
    }
    let record = String::from_utf8(place.read("samples__velocity_84___dynamics_10/samples.jsonl")).unwrap();
    assert!(record.contains("\"velocity\":84,\"spread\":"), "{record}");
    place.refuses("sample --checkpoint plain/flow.safetensors -o no --velocity 84", "this flow has no dynamics");
    assert_eq!(place.command("sample -o no --velocity 0").output().unwrap().status.code(), Some(2));
}

#[test]
fn a_song_longer_than_a_window_has_one_level() {
    let Some(place) = place() else { return };
    let dynamics = dynamics(place, "loud/flow.safetensors");
    let song = flocoder::data::corpus::compose(9, 0).merged();
    let asked = Asked { level: Some(70), spread: None };
    let performed = dynamics.perform(&song, 3, 0, &asked).unwrap();
    assert_eq!(Loudness::of(performed.notes()).unwrap().level, 70);
    let silent = |roll: &Roll| roll.clone().with_velocities(&vec![1; roll.notes().len()]);
    assert_eq!(silent(&performed), silent(&song));
    assert_eq!(dynamics.perform(&song, 3, 0, &asked).unwrap(), performed);
    assert_ne!(dynamics.perform(&song, 3, 1, &asked).unwrap(), performed, "every sample is varied in another way");
    let silence = Roll::new(128, Vec::new());
    assert_eq!(dynamics.perform(&silence, 3, 0, &asked).unwrap(), silence);
}

#[test]
fn f16_holds_the_levels_and_nearly_the_same_network() {
    let Some(place) = place() else { return };
    place.succeeds("export --f16 loud/flow.safetensors half.safetensors");
    let [whole, half] = ["loud/flow.safetensors", "half.safetensors"].map(|file| dynamics(place, file));
    assert_eq!(whole.levels, half.levels);
    let window = (flocoder::data::corpus::compose(9, 1).merged().window(0, 32), Loudness { level: 84, spread: 9 });
    let [whole, half] = [whole, half].map(|dynamics| dynamics.predict(std::slice::from_ref(&window)).unwrap().concat());
    assert!(!whole.is_empty() && whole.iter().zip(&half).all(|(a, b)| (a - b).abs() < 0.5), "{whole:?} {half:?}");
}

#[test]
fn damaged_dynamics_are_refused() {
    let Some(place) = place() else { return };
    let checkpoint = Checkpoint::load(&place.path("loud/flow.safetensors"), Kind::Flow).unwrap();
    for (name, part) in [("dynamics.levels", "levels"), ("dynamics.scale", "scale"), ("dynamics.0.weight", "missing")] {
        let mut damaged = checkpoint.clone();
        damaged.tensors.remove(name);
        damaged.save(&place.path("damaged.safetensors")).unwrap();
        place.refuses("sample --checkpoint damaged.safetensors -n 1 -o no", part);
    }
    let with_cells =
        format!("train-vqvae -q -o cells {CODEC} data.velocity=true vqvae.weights.bce=0 vqvae.weights.mse=1");
    place.succeeds(&with_cells);
    place.refuses(
        &format!("train-flow --codec cells/codec.safetensors --cache cache -o no {FLOW} flow.dynamics=true"),
        "the codec's cells hold already",
    );
}

#[test]
fn an_evaluation_compares_velocities() {
    let Some(place) = place() else { return };
    let evaluate = "evaluate -q --data songs --checkpoint loud/flow.safetensors --samples 4 -o report";
    let whole: serde_json::Value = serde_json::from_str(&place.succeeds(&format!("{evaluate} --json"))).unwrap();
    let velocities = &whole["report"]["velocities"];
    assert_eq!(velocities["features"].as_array().unwrap().len(), 3);
    let [predicted, level] = ["predicted", "level"].map(|by| velocities["errors"][by]["value"].as_f64().unwrap());
    assert!(predicted < level, "{predicted} and {level}");
    let table = place.succeeds(evaluate);
    assert!(table.contains("repeated notes") && table.contains("level and spread known"), "{table}");
}
