//! The program killed at random moments: its files load, and the resumed run ends like one that was never killed.
#![cfg(unix)]

mod common;

use common::program::{CODEC, FLOW, Place, signal};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::rng::Philox;
use flocoder::train::run::RunDir;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Most saved steps before a kill.
const STEPS: usize = 5;
/// Longest further delay before a kill, in seconds: one or two steps.
const DELAY: f64 = 0.05;

/// Kills a training run `times` times, checks each time that all files in its folder load, and at the end that the checkpoint and
/// the resume state equal those of a run that was never killed.
fn kill_and_compare(place: &Place, kind: Kind, begin: &str, resume: &str, times: usize) {
    let run = format!("{kind}-killed");
    let intervals =
        "train.checkpoint_every=1 train.validate_every=3 train.keep_last=2 train.schedule=constant train.steps=";
    let (begin, resume) =
        (format!("{begin} -q -o {run} {intervals}"), format!("{resume} -q -o {run} --resume train.steps="));
    let start = Instant::now();
    place.succeeds(&format!("{begin}1"));
    let mut rng = Philox::new(times as u64, 0);
    let longest = start.elapsed().as_secs_f64();
    let (mut kept, mut steps) = (1, [0; 2]);
    for number in 0..times {
        // Far more steps than will ever be taken.
        let mut child = place.command(&format!("{resume}1000000")).stdout(Stdio::null()).spawn().unwrap();
        // Alternates between any moment during start-up and any moment during the first steps.
        let delay = longest * rng.uniform();
        if number % 2 == 0 {
            std::thread::sleep(Duration::from_secs_f64(delay));
        } else {
            let (wanted, deadline) = (kept + rng.below(STEPS) as u64, Instant::now() + Duration::from_secs(120));
            while place.saved(&run, kind.name()) < Some(wanted) {
                assert!(Instant::now() < deadline, "{number}: step {wanted} was not reached");
                std::thread::sleep(Duration::from_micros(500));
            }
            std::thread::sleep(Duration::from_secs_f64(DELAY * rng.uniform()));
        }
        signal(&child, "KILL");
        child.wait().unwrap();
        let (_, checkpoint, state) =
            RunDir::resume(&place.path(&run), kind).unwrap_or_else(|e| panic!("{number}: {e}"));
        assert_eq!(checkpoint.step, state.step, "{number}");
        assert!(checkpoint.step >= kept, "{number}: step {} after {kept}", checkpoint.step);
        steps[usize::from(checkpoint.step > kept)] += 1;
        kept = checkpoint.step;
        for path in place.files(&run) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // Every file is a checkpoint, except the resume state, which was loaded above, and incomplete files.
            if name.ends_with(".safetensors") && !name.contains("resume") {
                Checkpoint::load(&path, kind).unwrap_or_else(|e| panic!("{number}: {e}"));
            }
        }
    }
    eprintln!(
        "{kind}: killed {times} times; {} times steps were saved, {} times not; at step {kept}",
        steps[1], steps[0]
    );
    let last = kept + 1;
    place.succeeds(&format!("{resume}{last}"));
    let whole = format!("{kind}-whole");
    place.succeeds(&format!("{}{last}", begin.replace(&run, &whole)));
    let (killed, whole) = (place.contents(&run), place.contents(&whole));
    for name in [format!("{kind}.safetensors"), format!("{kind}-resume-{last}.safetensors")] {
        assert!(killed[&name] == whole[&name], "{name} differs");
    }
    assert!(killed.keys().all(|name| !name.starts_with(".writing-")), "{:?}", killed.keys());
}

fn codec(place: &Place, times: usize) {
    let train = format!("train-vqvae {CODEC}");
    kill_and_compare(place, Kind::Codec, &train, "train-vqvae", times);
}

fn flow(place: &Place, times: usize) {
    let train = format!("train-flow --codec codec/codec.safetensors --cache cache {FLOW}");
    kill_and_compare(place, Kind::Flow, &train, "train-flow --cache cache", times);
}

#[test]
fn a_few_times() {
    let Some(place) = Place::trained("kill") else { return };
    codec(place, 4);
    flow(place, 2);
}

#[test]
#[ignore = "takes minutes: scripts/kill-test"]
fn a_hundred_times() {
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("kill-a-hundred-times");
    place.succeeds(&format!("train-vqvae -q -o codec {CODEC}"));
    codec(&place, 70);
    flow(&place, 30);
}
