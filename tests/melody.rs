//! Melodies of a flow: training on songs, checkpoints, and what is written: given tokens stay, one voice, the same in any batch.

mod common;

use std::sync::OnceLock;

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::data::music::chord::Progression;
use flocoder::melody::{Ask, Melodies, Networks, Token, Which};
use flocoder::nn::{Part, Pass};
use flocoder::rng::Philox;
use flocoder::tape::Tape;

const TRAIN: &str = "train-melody -q --data songs --checkpoint flow/flow.safetensors";

/// Songs, a flow, and the same with melodies that are trained for a few steps.
fn place() -> Option<&'static Place> {
    static TRAINED: OnceLock<Place> = OnceLock::new();
    common::gpu()?;
    Some(TRAINED.get_or_init(|| {
        let place = Place::with_songs("melody");
        place.succeeds(&format!("train-vqvae -q -o codec {CODEC}"));
        place.succeeds(&format!("train-flow -q --codec codec/codec.safetensors --cache cache -o flow {FLOW}"));
        place.write("printed.txt", place.succeeds(&format!("{TRAIN} --steps 60 --show 1 -o sung.safetensors")));
        place
    }))
}

fn melodies(place: &Place, file: &str) -> Melodies {
    let checkpoint = Checkpoint::load(&place.path(file), Kind::Flow).unwrap();
    Melodies::load(&checkpoint).unwrap().expect("a flow with melodies")
}

/// Asks for two bars in D, of different numbers of the same seed.
fn asks(count: u64) -> Vec<Ask> {
    let chords = Progression::parse("D G", 4).unwrap().beats(2).unwrap();
    (0..count).map(|number| Ask::new(chords.clone(), -2, 5, number)).collect()
}

fn is_sound(tokens: &[Token]) -> bool {
    tokens.first() != Some(&Token::Hold) && !tokens.windows(2).any(|pair| pair == [Token::Silence, Token::Hold])
}

#[test]
fn training_adds_tensors_and_changes_nothing_else() {
    let Some(place) = place() else { return };
    let [plain, sung] = ["flow/flow.safetensors", "sung.safetensors"]
        .map(|file| Checkpoint::load(&place.path(file), Kind::Flow).unwrap());
    assert!(plain.tensors.iter().all(|(name, tensor)| sung.tensors[name] == *tensor), "the flow is as before");
    let added: Vec<&String> = sung.tensors.keys().filter(|name| !plain.tensors.contains_key(*name)).collect();
    assert!(!added.is_empty() && added.iter().all(|name| name.starts_with("melody")), "{added:?}");
    assert_eq!(plain.config, sung.config);
    assert!(Melodies::load(&plain).unwrap().is_none());
    place.succeeds(&format!("{TRAIN} --steps 60 -o again.safetensors"));
    assert!(place.read("again.safetensors") == place.read("sung.safetensors"), "the same bits");
    assert!(place.succeeds("inspect sung.safetensors").contains("sum of melody "), "shown by inspect");
}

#[test]
fn what_was_learned_is_printed() {
    let Some(place) = place() else { return };
    let printed = String::from_utf8(place.read("printed.txt")).unwrap();
    let measure = |name: &str| -> Vec<f64> {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{printed}"));
        line[name.len()..].split_whitespace().map(|number| number.parse().unwrap()).collect()
    };
    let [songs, new] = *measure("notes per bar") else { panic!("{printed}") };
    assert!(new > 0.5 * songs && new < 2.0 * songs, "{printed}");
    assert_eq!(printed.lines().filter(|line| ["the song's", "new"].contains(line)).count(), 2);
}

#[test]
fn one_voice_in_the_asked_key_and_range() {
    let Some(place) = place() else { return };
    let melodies = melodies(place, "sung.safetensors");
    let asks: Vec<Ask> = asks(6).into_iter().map(|ask| Ask { pitches: 62..=74, density: Some(6.0), ..ask }).collect();
    for notes in melodies.write(&asks) {
        assert!(notes.iter().all(|note| (62..=74).contains(&note.pitch) && note.end() <= 32));
        assert!(notes.windows(2).all(|pair| pair[0].end() <= pair[1].start), "{notes:?}");
    }
    assert!(melodies.tokens(&asks).iter().all(|tokens| is_sound(tokens)));
    assert!(melodies.tokens(&[]).is_empty());
}

#[test]
fn given_tokens_stay() {
    let Some(place) = place() else { return };
    let melodies = melodies(place, "sung.safetensors");
    let mut given = vec![None; 32];
    // A note of another key and one beyond the network's pitches, silence, and a column of a held note whose beginning is free.
    for (column, token) in
        [(0, Token::Onset(61)), (1, Token::Hold), (6, Token::Hold), (9, Token::Silence), (20, Token::Onset(110))]
    {
        given[column] = Some(token);
    }
    let asks: Vec<Ask> = asks(4).into_iter().map(|ask| Ask { given: given.clone(), ..ask }).collect();
    for tokens in melodies.tokens(&asks) {
        assert!(
            tokens.iter().zip(&given).all(|(token, given)| given.is_none_or(|given| given == *token)),
            "{tokens:?}"
        );
        assert!(is_sound(&tokens), "{tokens:?}");
    }
    let whole = melodies.tokens(&asks[..1]).remove(0);
    let all = Ask { given: whole.iter().copied().map(Some).collect(), ..asks[1].clone() };
    assert_eq!(melodies.tokens(&[all]), [whole], "all is given");
}

#[test]
fn a_melody_is_the_same_in_any_batch() {
    let Some(place) = place() else { return };
    let melodies = melodies(place, "sung.safetensors");
    let asks = asks(20);
    let together = melodies.write(&asks);
    assert_eq!(melodies.write(&asks), together, "the same again");
    for (ask, notes) in asks.iter().zip(&together).step_by(3) {
        assert_eq!(&melodies.write(std::slice::from_ref(ask))[0], notes);
    }
    assert!(together.windows(2).any(|pair| pair[0] != pair[1]), "samples differ");
    let other = Ask { seed: 6, ..asks[0].clone() };
    assert_ne!(melodies.write(&[other])[0], together[0]);
}

/// Rows of numbers of the size of inputs, most of them 0.
#[test]
fn the_processor_computes_what_the_device_computes() {
    let Some(place) = place() else { return };
    let checkpoint = Checkpoint::load(&place.path("sung.safetensors"), Kind::Flow).unwrap();
    let networks = Networks::new(common::gpu().unwrap(), 0).unwrap();
    networks.params.load(Part::Weights, &checkpoint.tensors, &checkpoint.path).unwrap();
    let melodies = melodies(place, "sung.safetensors");
    let mut random = Philox::new(3, 0);
    for which in Which::ALL {
        let width = which.sizes()[0];
        let rows: Vec<f32> =
            (0..5 * width).map(|_| if random.chance(0.1) { random.normal() as f32 } else { 0.0 }).collect();
        let tape = Tape::inference();
        let device = networks.forward(&Pass::new(&tape, &networks.params), which, &rows).value.read_f32().unwrap();
        let host: Vec<f32> = rows.chunks(width).flat_map(|row| melodies.logits(which, row)).collect();
        assert!(host.iter().any(|logit| logit.abs() > 0.01), "trained");
        let difference = device.iter().zip(&host).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(device.len() == host.len() && difference < 1e-4, "{which:?}: {difference}");
    }
}

#[test]
fn f16_holds_nearly_the_same_network() {
    let Some(place) = place() else { return };
    place.succeeds("export --f16 --significant-bits 10 sung.safetensors half.safetensors");
    assert_eq!(melodies(place, "half.safetensors").write(&asks(3)).len(), 3);
}

#[test]
fn what_cannot_be_used_is_refused() {
    let Some(place) = place() else { return };
    let mut damaged = Checkpoint::load(&place.path("sung.safetensors"), Kind::Flow).unwrap();
    damaged.tensors.remove("melody.pitch.layers.0.weight");
    damaged.save(&place.path("damaged.safetensors")).unwrap();
    let keep = "train-melody --data songs --steps 0 -o no.safetensors --checkpoint";
    place.refuses(&format!("{keep} damaged.safetensors"), "melody.pitch.layers.0.weight is missing");
    place.refuses(&format!("{keep} flow/flow.safetensors"), "has no melodies to keep");
}
