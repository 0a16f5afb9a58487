//! What commands say and refuse: settings of the other network, resumed and finished runs, data without held-out songs.

mod common;

use common::program::{CODEC, FLOW, Place};
use flocoder::data::corpus;

/// What a command that has to succeed says on stderr.
#[track_caller]
fn says(place: &Place, arguments: &str) -> String {
    let output = place.command(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments}: {text}");
    text
}

fn place() -> Option<&'static Place> {
    Place::trained("commands")
}

#[test]
fn settings_of_the_codec_are_not_ignored_by_a_flow() {
    let Some(place) = place() else { return };
    let flow = format!("train-flow --codec codec/codec.safetensors --cache cache -o never {FLOW}");
    for key in ["data.steps=64", "data.steps=32", "data.velocity=true", "data.channels=gray", "vqvae.hidden=32"] {
        let part = format!("`{}` (command line) belongs to the codec", key.split('=').next().unwrap());
        place.refuses(&format!("{flow} {key}"), &part);
    }
    place.refuses(&format!("{flow} vqvae={{\"levels\":1}}"), "`vqvae.levels` (command line) belongs to the codec");
    place.refuses(
        &format!("train-vqvae -o never {CODEC} flow.dim=8"),
        "belongs to the flow, which train-vqvae does not",
    );
    place.refuses("train-flow --cache cache -o flow --resume vqvae.codes=4", "belongs to the codec");
}

#[test]
fn a_configuration_of_the_other_network_is_refused() {
    let Some(place) = place() else { return };
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.refuses(
        &format!("train-flow {codec} --config codec/config.yaml -o never"),
        "codec/config.yaml has the section `vqvae:` and no `flow:`, so it is for train-vqvae",
    );
    place.refuses(
        "train-vqvae --config flow/config.yaml -o never",
        "flow/config.yaml has the section `flow:` and no `vqvae:`, so it is for train-flow",
    );
    place.write("both.yaml", "vqvae:\n  patch: 8\nflow:\n  dim: 8\ndata:\n  steps: 64\n");
    place.refuses(
        &format!("train-flow {codec} --config both.yaml -o never {FLOW}"),
        "`data.steps` (both.yaml) is 64, but the codec was trained with 32",
    );
    place.write("agrees.yaml", "vqvae:\n  patch: 8\nflow:\n  dim: 8\ndata:\n  steps: 32\n");
    place.succeeds(&format!("train-flow -q {codec} --config agrees.yaml -o agrees {FLOW} train.steps=1"));
    place.succeeds(&format!("train-flow -q {codec} --config flow/config.yaml -o same train.steps=1"));
}

#[test]
fn a_resumed_run_says_where_and_a_finished_one_how_to_go_on() {
    let Some(place) = place() else { return };
    place.succeeds(&format!("train-vqvae -q -o resumed {CODEC} train.steps=2"));
    let text = says(place, "train-vqvae -o resumed --resume");
    assert!(text.contains("resumed: finished, step 2 of 2 is done; to train it further:\n"), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("  flocoder ")).unwrap();
    assert_eq!(line, "train-vqvae --resume --output resumed train.steps=4");
    let text = says(place, line);
    assert!(text.contains("resumed: resuming after step 2 of 4\n"), "{text}");
    let text = says(place, "train-flow -o flow --cache cache --resume");
    assert!(text.contains("  flocoder train-flow --resume --output flow --cache cache train.steps=8\n"), "{text}");
}

/// The command that began a run, with `--resume`, goes on with it; a file that disagrees is refused.
#[test]
fn the_same_command_with_resume_goes_on() {
    let Some(place) = place() else { return };
    let (section, keys): (&str, Vec<_>) =
        ("vqvae:\n", CODEC.split_whitespace().filter(|key| key.starts_with("vqvae.")).collect());
    let yaml: String = keys.iter().map(|key| format!("  {}\n", key["vqvae.".len()..].replace('=', ": "))).collect();
    place.write(
        "mine.yaml",
        format!("data:\n  path: null\n  steps: 32\n{section}{yaml}train:\n  batch: 2\n  steps: 500\n"),
    );
    let begin = "train-vqvae -q --config mine.yaml --data songs -o again train.steps=1 data.validation=0.3";
    place.succeeds(begin);
    place.succeeds(&format!("{begin} --resume"));
    place.refuses(
        "train-vqvae --config mine.yaml -o again --resume",
        "`train.steps` (mine.yaml) is 500, but the run was begun with 1; leave --config out, or change it by train.steps=500",
    );
    let flow = format!("train-flow --cache cache -o flow-again {FLOW} train.steps=1 --codec");
    place.succeeds(&format!("{flow} codec/codec.safetensors"));
    place.succeeds(&format!("{flow} codec/codec.safetensors --resume"));
    place.refuses(
        &format!("{flow} again/codec.safetensors --resume"),
        "is not the codec that the flow was trained with",
    );
    // The file of a new run is not overwritten by the run's own.
    std::fs::create_dir(place.path("taken")).unwrap();
    place.write("taken/config.yaml", place.read("mine.yaml"));
    place.refuses("train-vqvae --config taken/config.yaml --data songs -o taken", "is an input of this command");
}

#[test]
fn songs_are_given_by_option_or_key_but_not_by_both() {
    let Some(place) = place() else { return };
    place.refuses("train-vqvae -o never --data songs data.path=songs", "--data and data.path=... are the same setting");
    place.refuses("evaluate --data songs data.path=songs", "--data and data.path=... are the same setting");
    place.refuses("evaluate", "--data is missing; give it a folder");
    let codec = "evaluate --checkpoint codec/codec.safetensors -q --json";
    let by_option = place.succeeds(&format!("{codec} --data songs -o by-option"));
    assert_eq!(by_option, place.succeeds(&format!("{codec} data.path=songs -o by-key")));
}

#[test]
fn one_song_has_nothing_to_validate_with() {
    let Some(place) = place() else { return };
    corpus::write(&place.path("one"), 1, 5, |_| ()).unwrap();
    let text = says(place, &format!("train-vqvae -o one-codec {CODEC} data.path=one"));
    assert!(text.contains("1 song to train on with ") && text.contains("0 to validate with 0 windows"), "{text}");
    assert!(text.contains("note: one song leaves nothing to validate with: there will be no scores"), "{text}");
    assert!(text.contains("step 4: nothing to validate with") && !text.contains("F1"), "{text}");
    let flow = format!("train-flow --codec one-codec/codec.safetensors --cache cache -o one-flow {FLOW} data.path=one");
    let text = says(place, &flow);
    assert!(text.contains("step 4: nothing to validate with"), "{text}");
    for (run, picture) in [("one-codec", "reconstructions-000004.png"), ("one-flow", "samples-000004.png")] {
        assert!(place.read(&format!("{run}/{picture}")).starts_with(b"\x89PNG"));
        assert!(place.files(run).iter().all(|path| !path.to_string_lossy().contains("best")));
        let validations = place.metrics(run).into_iter().filter(|line| line["phase"] == "validation");
        assert!(
            validations.clone().count() == 4 && validations.clone().all(|line| line.as_object().unwrap().len() == 2)
        );
    }
    place.refuses("evaluate --checkpoint one-codec/codec.safetensors --data one", "no window of a held-out song");
    let text = says(place, &format!("train-vqvae -o four-codec {CODEC} train.steps=1"));
    assert!(text.contains("note: only 1 song to validate with: scores will depend on which"), "{text}");
}

#[test]
fn more_levels_than_the_codec_has_are_refused() {
    let Some(place) = place() else { return };
    let part = "--levels is 99, but the codec has 2 levels; it takes 1 to 2, or 0 for all";
    place.refuses("sample --checkpoint flow/flow.safetensors -n 1 -o never --levels 99", part);
    let part = "flow.sampling.levels is 3, but the codec has 2 levels";
    place.refuses("evaluate --checkpoint flow/flow.safetensors --data songs flow.sampling.levels=3", part);
    place.refuses("export flow/flow.safetensors out.safetensors flow.sampling.levels=3", part);
}
