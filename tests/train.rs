//! Training runs of both networks: files, learning, interrupting and resuming.

mod common;

use common::program::{CODEC, FLOW, Place, sentence};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::Config;

fn place() -> Option<&'static Place> {
    Place::trained("train")
}

#[test]
fn a_run_has_its_checkpoint_metrics_picture_and_configuration() {
    let Some(place) = place() else { return };
    for (run, kind, picture, validated) in [
        ("codec", Kind::Codec, "reconstructions-000004.png", "note_f1"),
        ("flow", Kind::Flow, "samples-000004.png", "loss"),
    ] {
        let checkpoint = Checkpoint::load(&place.path(&format!("{run}/{run}.safetensors")), kind).unwrap();
        assert_eq!(checkpoint.step, 4);
        let config = Config::load(Some(&place.path(&format!("{run}/config.yaml"))), &[]).unwrap();
        let vqvae = if kind == Kind::Flow { checkpoint.config.vqvae.clone() } else { config.vqvae.clone() };
        assert_eq!(Config { vqvae, ..config }, checkpoint.config);
        assert!(place.read(&format!("{run}/{picture}")).starts_with(b"\x89PNG"));
        let metrics = place.metrics(run);
        let steps: Vec<_> =
            metrics.iter().map(|line| (line["step"].as_u64().unwrap(), line["phase"].as_str().unwrap())).collect();
        let expected: Vec<_> = (1..=4).flat_map(|step| [(step, "train"), (step, "validation")]).collect();
        assert_eq!(steps, expected, "fewer than five steps are validated each");
        let number = |line: usize, name: &str| metrics[line][name].as_f64().filter(|number| number.is_finite());
        assert!((0..8).all(|line| number(line, "loss").is_some()), "{metrics:?}");
        assert!((0..8).step_by(2).all(|line| number(line, "learning_rate") == Some(1e-3)), "{metrics:?}");
        assert!(number(7, validated).is_some(), "{metrics:?}");
        let text = String::from_utf8(place.read(&format!("{run}/metrics.jsonl"))).unwrap();
        let timed = |phase: &str, name: &str| {
            let lines = text.lines().filter(|line| line.contains(&format!("\"phase\":\"{phase}\"")));
            lines.clone().count() == 4 && lines.clone().all(|line| line.contains(&format!("\"{name}\":")))
        };
        assert!(timed("train", "samples_per_second") && timed("train", "wall_time"), "{text}");
        assert!(timed("validation", "wall_time"), "{text}");
    }
}

#[test]
fn a_codec_overfits_one_song() {
    let Some(place) = place() else { return };
    let song = place.files("songs/ballads")[0].display().to_string();
    place.succeeds(&format!(
        "train-vqvae -q -o overfit {CODEC} data.path={song} data.validation=0 data.transpose=0 train.steps=60 \
         train.learning_rate=0.02 train.checkpoint_every=60 train.validate_every=60"
    ));
    let losses: Vec<f64> = place
        .metrics("overfit")
        .iter()
        .filter(|line| line["phase"] == "train")
        .map(|line| line["loss"].as_f64().unwrap())
        .collect();
    let last = losses[50..].iter().sum::<f64>() / 10.0;
    assert!(last < 0.3 * losses[0], "{losses:?}");
}

#[test]
fn a_transformer_trains_resumes_and_samples() {
    let Some(place) = place() else { return };
    let flow = format!("{FLOW} flow.arch=transformer flow.width=32 flow.layers=1 flow.rows=4");
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.succeeds(&format!("train-flow -q {codec} -o transformer {flow}"));
    place.succeeds(&format!("train-flow -q {codec} -o transformer-resumed {flow} train.steps=2"));
    place.succeeds("train-flow -q --cache cache -o transformer-resumed --resume train.steps=4");
    let weights = |run: &str| place.read(&format!("{run}/flow.safetensors"));
    assert!(weights("transformer") == weights("transformer-resumed"));
    place.succeeds("sample --checkpoint transformer/flow.safetensors -n 2 -o transformer-samples");
}

#[test]
fn a_resumed_run_ends_as_one_that_never_stopped() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("train-vqvae -q -o codec-resumed {CODEC} train.steps=2"));
    place.succeeds("train-vqvae -q -o codec-resumed --resume train.steps=4");
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.succeeds(&format!("train-flow -q {codec} -o flow-resumed {FLOW} train.steps=2"));
    place.succeeds("train-flow -q --cache cache -o flow-resumed --resume train.steps=4");
    for kind in ["codec", "flow"] {
        for file in [format!("{kind}.safetensors"), format!("{kind}-resume-4.safetensors"), "config.yaml".to_owned()] {
            let (whole, resumed) =
                (place.read(&format!("{kind}/{file}")), place.read(&format!("{kind}-resumed/{file}")));
            assert!(whole == resumed, "{kind}: {file} differs");
        }
        let train =
            |run: &str| -> Vec<_> { place.metrics(run).into_iter().filter(|line| line["phase"] == "train").collect() };
        assert_eq!(train(kind), train(&format!("{kind}-resumed")));
    }
}

#[test]
fn a_folder_with_a_run_is_not_overwritten() {
    let Some(place) = place() else { return };
    place.refuses(&format!("train-vqvae -o codec {CODEC}"), "already holds a run; continue it with --resume");
    place.refuses("train-vqvae -o songs --resume", "holds no codec.safetensors to resume from");
    place.refuses("train-vqvae -o codec --resume vqvae.hidden=32", "where [32, ");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_saves_and_can_be_resumed() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let Some(place) = place() else { return };
    let endless = format!(
        "train-vqvae -o stopped {CODEC} train.steps=1000000 train.checkpoint_every=1000000 train.validate_every=1000000"
    );
    let child = place.command(&endless).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let log = place.path("stopped/metrics.jsonl");
    let deadline = Instant::now() + Duration::from_secs(120);
    while !std::fs::read_to_string(&log).is_ok_and(|text| text.lines().count() >= 2) {
        assert!(Instant::now() < deadline, "the training never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("continue with: flocoder train-vqvae --resume --output stopped\n"),
        "{text}"
    );
    let step =
        |run: &str| Checkpoint::load(&place.path(&format!("{run}/codec.safetensors")), Kind::Codec).unwrap().step;
    let stopped = step("stopped");
    assert!(place.read("stopped/curves.png").starts_with(b"\x89PNG"), "an interrupted run has its curves");
    assert!(stopped >= 2);
    place.succeeds(&format!("train-vqvae -q -o stopped --resume train.steps={}", stopped + 1));
    assert_eq!(step("stopped"), stopped + 1);
    let steps: Vec<_> = place
        .metrics("stopped")
        .iter()
        .filter(|line| line["phase"] == "train")
        .map(|line| line["step"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, (1..=stopped + 1).collect::<Vec<_>>());
}

/// As `flocoder train-vqvae ... 2>&1 | head` does.
#[cfg(unix)]
#[test]
fn a_run_goes_on_where_nobody_reads_its_messages() {
    use std::process::Stdio;
    let Some(place) = place() else { return };
    let mut command = place.command(&format!("train-vqvae -o unheard {CODEC}"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert!(child.wait().unwrap().success());
    assert!(place.read("unheard/codec.safetensors") == place.read("codec/codec.safetensors"));
}

#[test]
fn a_non_finite_loss_stops_the_run_and_keeps_the_checkpoint() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("train-vqvae -q -o diverged {CODEC} train.steps=2"));
    let good = place.read("diverged/codec.safetensors");
    let output = place
        .command("train-vqvae -q -o diverged --resume train.steps=50 train.validate_every=50 train.learning_rate=1e30")
        .output()
        .unwrap();
    sentence("diverged", &output, "step 4: ");
    sentence("diverged", &output, "encoder.0.weight is not finite; the last good checkpoint is kept");
    assert!(place.read("diverged/codec.safetensors") == good);
    let song = place.files("songs/ballads")[0].display().to_string();
    place.succeeds(&format!("reconstruct {song} --checkpoint diverged/codec.safetensors -o diverged/song"));
}

#[test]
fn a_run_that_fails_in_its_first_steps_has_an_initial_checkpoint() {
    let Some(place) = place() else { return };
    let hopeless = format!(
        "train-vqvae -o hopeless {CODEC} train.learning_rate=1e30 train.checkpoint_every=100 \
         train.steps=50 train.validate_every=50"
    );
    place.refuses(&hopeless, "the last good checkpoint is kept: lower train.learning_rate and continue with --resume");
    place.refuses(&hopeless, "already holds a run; continue it with --resume");
    place.succeeds("train-vqvae -q -o hopeless --resume train.learning_rate=0.001 train.steps=2");
}

#[cfg(unix)]
#[test]
fn encoding_can_be_interrupted_and_leaves_nothing() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let Some(place) = place() else { return };
    let long =
        format!("train-flow -q --codec codec/codec.safetensors --cache cut-cache -o cut {FLOW} flow.augs_per=256");
    let child = place.command(&long).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    // The folder is created immediately before encoding.
    while !place.path("cut-cache").exists() {
        assert!(Instant::now() < deadline, "the encoding never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error: interrupted while encoding the songs; nothing was saved"), "{text}");
    assert!(place.files("cut").is_empty() && place.files("cut-cache").is_empty());
}

#[test]
fn a_flow_can_be_sampled_by_folder() {
    let Some(place) = place() else { return };
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.refuses(&format!("train-flow {codec} -o three {FLOW} flow.n_classes=3"), "the songs are in 2 folders");
    place.succeeds(&format!("train-flow -q {codec} -o classes {FLOW} flow.n_classes=2 train.steps=1"));
    let sample = "sample --checkpoint classes/flow.safetensors -n 1";
    place.succeeds(&format!("{sample} -o first --class 0 --guidance 2"));
    place.succeeds(&format!("{sample} -o second --class 1 --guidance 2"));
    assert!(place.read("first/sheet.png") != place.read("second/sheet.png"), "the class changes nothing");
    place.refuses(&format!("{sample} -o third --class 2"), "has the classes 0 to 1, not 2");
    place.refuses("sample --checkpoint flow/flow.safetensors -o third --class 0", "was trained without classes");
}

#[test]
fn a_flow_can_be_sampled_by_key() {
    let Some(place) = place() else { return };
    let codec = "--codec codec/codec.safetensors --cache cache";
    let keys = "flow.classes=key flow.n_classes=12";
    place.refuses(
        &format!("train-flow {codec} -o few {FLOW} flow.classes=key flow.n_classes=3"),
        "key, which has 12 classes",
    );
    place.succeeds(&format!("train-flow -q {codec} -o keys {FLOW} {keys} train.steps=2"));
    let sample = "sample --checkpoint keys/flow.safetensors -n 1 --guidance 2";
    place.succeeds(&format!("{sample} -o minor --key Am"));
    place.succeeds(&format!("{sample} -o major --key C"));
    place.succeeds(&format!("{sample} -o other --key F#"));
    assert!(place.read("minor/sheet.png") == place.read("major/sheet.png"), "A minor has the notes of C major");
    assert!(place.read("minor/sheet.png") != place.read("other/sheet.png"), "the key changes nothing");
    place.refuses("sample --checkpoint flow/flow.safetensors -o third --key C", "was not trained with keys");
    place.refuses("sample --checkpoint flow/flow.safetensors -o third --guidance 2", "was trained without classes");
}
