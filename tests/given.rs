//! Music of which a part is given: training a flow to complete it, and exactness.

mod common;

use std::sync::OnceLock;

use common::program::{CODEC, FLOW, Place};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::condition::{Wish, masks};
use flocoder::data::corpus;
use flocoder::data::music::partial::{CellSet, PartialRoll};
use flocoder::data::music::roll::{Note, Roll};
use flocoder::gpu::Gpu;
use flocoder::rng::Philox;
use flocoder::sample::{Asked, Generator, Request, Variation};

const BARS: &str = "vqvae.columns=2";
const CONDITIONED: &str = "flow.arch=transformer flow.width=32 flow.layers=1 flow.rows=4 flow.picture=67 flow.attributes=24 \
    flow.sampling.guidance=1.5 flow.sampling.quantize=false flow.sampling.repeat=.5 flow.sampling.push=3";
const GIVEN: &str = "flow.given=36 flow.controls=8";
const TRAIN: &str = "train-flow -q --cache cache";
const STEPS: u32 = 32;

/// A flow with conditions, and one with the same weights that was then trained to complete music.
fn place() -> Option<(&'static Gpu, &'static Place)> {
    static TRAINED: OnceLock<Place> = OnceLock::new();
    let gpu = common::gpu()?;
    let place = TRAINED.get_or_init(|| {
        let place = Place::with_songs("given");
        place.succeeds(&format!("train-vqvae -q -o codec {CODEC} {BARS}"));
        place.succeeds(&format!("{TRAIN} --codec codec/codec.safetensors -o flow {FLOW} {CONDITIONED}"));
        place.succeeds(&format!("{TRAIN} --from flow/flow.safetensors -o complete {FLOW} {CONDITIONED} {GIVEN}"));
        place
    });
    Some((gpu, place))
}

fn generator(gpu: &Gpu, place: &Place, folder: &str) -> Generator {
    Generator::load(gpu, &place.path(&format!("{folder}/flow.safetensors"))).unwrap()
}

fn window(index: u64) -> Roll {
    corpus::compose(9, index % 8).merged().window(16 * (index as u32 % 5), STEPS)
}

fn request(partials: Vec<PartialRoll>) -> Request {
    Request { seed: 5, count: partials.len(), batch: 64, partials, ..Request::default() }
}

fn samples(gpu: &Gpu, generator: &Generator, request: &Request) -> Vec<Roll> {
    generator.generate(gpu, request, &generator.config.flow.sampling).unwrap()
}

#[test]
fn given_notes_stay_exactly_under_a_thousand_random_masks() {
    let Some((gpu, place)) = place() else { return };
    for (folder, count) in [("complete", 1000), ("flow", 100)] {
        let generator = generator(gpu, place, folder);
        let mask = |index| loop_until_given(&window(index), index);
        let partials: Vec<PartialRoll> = (0..count).map(mask).collect();
        let rolls = samples(gpu, &generator, &request(partials.clone()));
        let mut new = 0;
        for (partial, roll) in partials.iter().zip(&rolls) {
            let given = partial.given().notes();
            assert!(given.iter().all(|note| roll.notes().contains(note)), "a given note is missing or changed");
            for note in roll.notes().iter().filter(|note| !given.contains(note)) {
                assert!((note.start..note.end()).all(|step| partial.free().has(note.pitch, step)), "{note:?}");
                new += 1;
            }
        }
        assert!(new > 0, "something was written");
    }
}

/// A random mask with which something is given.
fn loop_until_given(roll: &Roll, index: u64) -> PartialRoll {
    let draws = (0..).map(|draw| masks::draw(&mut Philox::new(index, draw), roll, &[]));
    draws.into_iter().find(|mask| !mask.is_nothing()).unwrap()
}

#[test]
fn with_nothing_free_the_music_is_returned_and_with_nothing_given_it_is_new() {
    let Some((gpu, place)) = place() else { return };
    for folder in ["complete", "flow"] {
        let generator = generator(gpu, place, folder);
        let song = window(3);
        let kept = PartialRoll::without(&song, &CellSet::none(STEPS));
        assert_eq!(samples(gpu, &generator, &request(vec![kept]))[0].notes(), song.notes());
        let open = request(vec![PartialRoll::nothing(STEPS); 3]);
        let plain = Request { partials: Vec::new(), ..open.clone() };
        let notes =
            |request| samples(gpu, &generator, request).iter().map(|roll| roll.notes().to_vec()).collect::<Vec<_>>();
        assert!(notes(&open) == notes(&plain), "{folder}");
    }
}

#[test]
fn controls_of_the_new_notes_reach_the_flow_that_has_them() {
    let Some((gpu, place)) = place() else { return };
    let notes = |folder: &str, wishes: Vec<Wish>| {
        let generator = generator(gpu, place, folder);
        let asked = Asked { wishes, ..Asked::default() };
        let request = Request { asked, ..request(vec![loop_until_given(&window(2), 2)]) };
        samples(gpu, &generator, &request)[0].notes().to_vec()
    };
    let wish = || vec![Wish::Voices(1.0)];
    assert!(notes("complete", wish()) != notes("complete", Vec::new()), "it changes the music");
    assert!(notes("flow", wish()) == notes("flow", Vec::new()), "it says nothing to a flow without controls");
}

#[test]
fn new_notes_are_in_the_register_asked_for() {
    let Some((gpu, place)) = place() else { return };
    let generator = generator(gpu, place, "complete");
    let asked = Asked { wishes: vec![Wish::Register(55, 70)], ..Asked::default() };
    let partials: Vec<PartialRoll> = (0..20).map(|index| loop_until_given(&window(index), index)).collect();
    let rolls = samples(gpu, &generator, &Request { asked, ..request(partials.clone()) });
    let new: Vec<Note> = partials.iter().zip(&rolls).flat_map(|(partial, roll)| partial.new_notes(roll)).collect();
    assert!(!new.is_empty() && new.iter().all(|note| (55..=70).contains(&note.pitch)));
}

#[test]
fn a_completion_is_the_same_in_any_batch() {
    let Some((gpu, place)) = place() else { return };
    for folder in ["complete", "flow"] {
        let generator = generator(gpu, place, folder);
        let together = request((0..5).map(|index| loop_until_given(&window(index), index)).collect());
        let alone = Request { batch: 1, ..together.clone() };
        let notes =
            |request| samples(gpu, &generator, request).iter().map(|roll| roll.notes().to_vec()).collect::<Vec<_>>();
        assert!(notes(&together) == notes(&alone), "{folder}");
        let last = Request { first: 4, count: 1, partials: together.partials[4..].to_vec(), ..together.clone() };
        assert!(notes(&last)[0] == notes(&together)[4]);
    }
}

/// The most typical of three candidates: the same in any batch, one of several, the first where it is the only one, and the given notes stay.
#[test]
fn the_most_typical_candidate_is_a_completion() {
    let Some((gpu, place)) = place() else { return };
    let generator = generator(gpu, place, "complete");
    let together = request((0..12).map(|index| loop_until_given(&window(index), index)).collect());
    let typical = |candidates, batch| {
        let sampling = generator.config.flow.sampling.clone().of_candidates(Some(candidates));
        generator.generate(gpu, &Request { batch, ..together.clone() }, &sampling).unwrap()
    };
    let (plain, of_three) = (samples(gpu, &generator, &together), typical(3, 12));
    assert!(typical(1, 12) == plain && typical(3, 5) == of_three);
    let kept = plain.iter().zip(&of_three).filter(|(plain, typical)| plain == typical).count();
    assert!((1..12).contains(&kept), "{kept} of 12 first candidates");
    for (partial, roll) in together.partials.iter().zip(&of_three) {
        assert!(partial.given().notes().iter().all(|note| roll.notes().contains(note)));
    }
}

/// Samples follow their passages, those without one are as ever, and given notes stay; in any batch, also in one whose samples all follow.
#[test]
fn passages_are_followed_by_the_samples_that_have_one() {
    let Some((gpu, place)) = place() else { return };
    for folder in ["complete", "flow"] {
        let generator = generator(gpu, place, folder);
        let plain = request((0..8).map(|index| loop_until_given(&window(index), index)).collect());
        let passage =
            |(index, partial): (u64, &PartialRoll)| (index % 2 == 0).then(|| partial.completed(&window(index + 1)));
        let passages = (0..).zip(&plain.partials).map(passage).collect();
        let following = Request { passages, ..plain.clone() };
        let with = |request: &Request, follow| {
            let sampling = generator.config.flow.sampling.clone().following(Some(follow));
            generator.generate(gpu, request, &sampling).unwrap()
        };
        let (new, followed) = (with(&plain, 0.9), with(&following, 0.9));
        assert!(with(&following, 0.0) == new, "0 follows nothing");
        assert!(with(&Request { batch: 3, ..following.clone() }, 0.9) == followed, "in any batch");
        assert!(with(&Request { batch: 1, ..following.clone() }, 0.9) == followed, "alone");
        let (is, is_not): (Vec<usize>, Vec<usize>) = (0..8).partition(|index| index % 2 == 0);
        assert!(is_not.iter().all(|&index| followed[index] == new[index]), "{folder}: others are as ever");
        assert!(is.iter().any(|&index| followed[index] != new[index]), "{folder}: a passage changes something");
        for (partial, roll) in plain.partials.iter().zip(&followed) {
            assert!(partial.given().notes().iter().all(|note| roll.notes().contains(note)));
        }
    }
}

#[test]
fn a_wider_flow_has_the_velocities_of_the_flow_that_it_starts_from() {
    let Some((gpu, place)) = place() else { return };
    place.succeeds(&format!(
        "{TRAIN} --from flow/flow.safetensors -o widened {FLOW} {CONDITIONED} {GIVEN} train.learning_rate=1e-30"
    ));
    // In two stages, the same.
    let still = "train.learning_rate=1e-30";
    place.succeeds(&format!("{TRAIN} --from flow/flow.safetensors -o half {FLOW} {CONDITIONED} flow.given=36 {still}"));
    place.succeeds(&format!("{TRAIN} --from half/flow.safetensors -o twice {FLOW} {CONDITIONED} {GIVEN} {still}"));
    let [before, after, twice] = ["flow", "widened", "twice"].map(|folder| generator(gpu, place, folder));
    let plain = Request { seed: 1, count: 2, batch: 2, ..Request::default() };
    let notes =
        |generator| samples(gpu, generator, &plain).iter().map(|roll| roll.notes().to_vec()).collect::<Vec<_>>();
    assert!(notes(&before) == notes(&after) && notes(&before) == notes(&twice));
    let input = |folder: &str| {
        let path = place.path(&format!("{folder}/flow.safetensors"));
        Checkpoint::load(&path, Kind::Flow).unwrap().tensors["input.weight"].shape.clone()
    };
    assert_eq!((input("flow")[1], input("widened")[1]), (4 * (4 + 67), 4 * (4 + 67 + 36 + 8)));
}

#[test]
fn a_resumed_run_ends_as_one_that_never_stopped() {
    let Some((_, place)) = place() else { return };
    place.succeeds(&format!(
        "{TRAIN} --from flow/flow.safetensors -o resumed {FLOW} {CONDITIONED} {GIVEN} train.steps=2"
    ));
    place.succeeds(&format!("{TRAIN} -o resumed --resume train.steps=4"));
    for file in ["flow.safetensors", "flow-resume-4.safetensors"] {
        assert!(place.read(&format!("complete/{file}")) == place.read(&format!("resumed/{file}")), "{file}");
    }
}

#[test]
fn a_variation_of_no_strength_is_the_music_as_the_codec_has_it() {
    let Some((gpu, place)) = place() else { return };
    let generator = generator(gpu, place, "complete");
    let vary = |strength| {
        let variation = Some(Variation { originals: vec![window(1), window(2)], strength });
        samples(gpu, &generator, &Request { seed: 2, count: 2, batch: 2, variation, ..Request::default() })
    };
    let difference = |a: &[Roll], b: &[Roll]| {
        let onsets = |rolls: &[Roll]| -> Vec<(usize, u32, u8)> {
            let of = |(i, roll): (usize, &Roll)| {
                roll.notes().iter().map(move |n: &Note| (i, n.start, n.pitch)).collect::<Vec<_>>()
            };
            rolls.iter().enumerate().flat_map(of).collect()
        };
        let (a, b) = (onsets(a), onsets(b));
        a.iter().filter(|onset| !b.contains(onset)).count() + b.iter().filter(|onset| !a.contains(onset)).count()
    };
    let [none, little, all] = [0.0, 0.05, 1.0].map(vary);
    assert!(difference(&none, &little) <= difference(&none, &all), "more strength changes more");
}

#[test]
fn what_does_not_fit_is_refused() {
    let Some((gpu, place)) = place() else { return };
    let generator = generator(gpu, place, "complete");
    let refused =
        |request: Request| generator.generate(gpu, &request, &generator.config.flow.sampling).unwrap_err().to_string();
    assert!(refused(request(vec![PartialRoll::nothing(48)])).contains("48 steps, but this flow writes 32"));
    let long =
        Request { passages: vec![Some(Roll::new(48, Vec::new()))], ..request(vec![PartialRoll::nothing(STEPS)]) };
    assert!(refused(long).contains("48 steps, but this flow writes 32"));
    let one = Request { count: 2, ..request(vec![PartialRoll::nothing(STEPS)]) };
    assert!(refused(one).contains("music is given for 1 sample of 2"));
    place.refuses(
        &format!("train-flow --from flow/flow.safetensors -o no {FLOW} {CONDITIONED} flow.given=3"),
        "what is given has 36 channels with this codec",
    );
    place.refuses(
        &format!("train-flow --from flow/flow.safetensors -o no {FLOW} {CONDITIONED} flow.controls=3"),
        "controls have 8 channels; set it to 8",
    );
}
