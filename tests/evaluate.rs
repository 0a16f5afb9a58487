//! `flocoder evaluate`: complete and reproducible reports, and refusals.

mod common;

use common::program::Place;
use flocoder::data::corpus;
use flocoder::data::music::midi;
use flocoder::data::music::roll::TimeSignature;
use serde_json::Value;

const CODEC: &str = "evaluate --data songs --checkpoint codec/codec.safetensors";
const FLOW: &str = "evaluate --data songs --checkpoint flow/flow.safetensors --samples 6";

fn place() -> Option<&'static Place> {
    Place::trained("evaluate")
}

/// Checks that a value and the lower end of its interval are within bounds.
#[track_caller]
fn check_estimate(estimate: &Value, least: f64, most: f64) {
    let [value, low, high] = ["value", "low", "high"].map(|key| estimate[key].as_f64().unwrap());
    assert!((least..=most).contains(&value) && low <= high && (least..=most).contains(&low), "{estimate}");
}

#[track_caller]
fn check_bars(bars: &Value) {
    let names: Vec<_> = bars.as_array().unwrap().iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(names, ["their reconstruction", "a random other song", "the bar before", "the bar eight before"]);
    for row in bars.as_array().unwrap() {
        ["pitch", "duration", "note_f1"].iter().for_each(|key| check_estimate(&row[key], 0.0, 1.0));
    }
}

#[test]
fn a_codec_is_evaluated_on_held_out_songs() {
    let Some(place) = place() else { return };
    let text = place.succeeds(&format!("{CODEC} -o codec-report --json"));
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&whole["kind"], &whole["step"]), (&Value::from("codec"), &Value::from(4)));
    assert_eq!(whole["data_as_trained_on"], true);
    let report = &whole["report"];
    for kind in ["note", "note_with_offset", "frame", "onset", "sustain"] {
        check_estimate(&report["f1"][kind], 0.0, 1.0);
    }
    // 16 x 4 latent positions for 128 x 32 cells, each with a code of four bits per level.
    let levels = report["codebooks"].as_array().unwrap().len();
    assert_eq!(report["bits_per_window"], 16.0 * 4.0 * 4.0 * levels as f64);
    let [entropy, window] = ["bits_by_entropy", "bits_per_window"].map(|bits| report[bits].as_f64().unwrap());
    assert!(entropy > 0.0 && entropy <= window, "{entropy} bits of {window}");
    check_bars(&report["bars"]);
    let kept: Value = serde_json::from_slice(&place.read("codec-report/evaluation.json")).unwrap();
    assert_eq!(kept, whole);
    assert!(place.read("codec-report/reconstructions.png").starts_with(b"\x89PNG"));
    let validated = place.metrics("codec").pop().unwrap();
    let all = place.succeeds(&format!("{CODEC} -o codec-table"));
    assert!(
        all.contains("note F1, with offsets")
            && all.contains("the held-out ones; the data is that of the training run"),
        "{all}"
    );
    assert!(validated["note_f1"].as_f64().is_some_and(|f1| (0.0..=1.0).contains(&f1)));
}

#[test]
fn two_evaluations_of_a_flow_are_equal() {
    let Some(place) = place() else { return };
    let text = place.succeeds(&format!("{FLOW} -o flow-report --json"));
    assert_eq!(text, place.succeeds(&format!("{FLOW} -o flow-again --json")), "two evaluations differ");
    let whole: Value = serde_json::from_str(&text).unwrap();
    let report = &whole["report"];
    assert_eq!(report["features"].as_array().unwrap().len(), 11);
    let check = |scores: &Value, most: f64| {
        ["generated", "training", "noise"].iter().for_each(|set| check_estimate(&scores[set], 0.0, most));
    };
    report["features"].as_array().unwrap().iter().for_each(|row| check(&row["overlap"], 1.0));
    check(&report["mean_overlap"], 1.0);
    check(&report["frechet_of_pixels"], f64::MAX);
    check(&report["frechet_of_windows"], f64::MAX);
    check_bars(&report["bars"]);
    let musicality = &report["musicality"];
    for (table, count) in [("repetition", 7), ("voices", 13)] {
        let rows = musicality[table].as_array().unwrap();
        assert_eq!(rows.len(), count);
        rows.iter().for_each(|row| check(&row["overlap"], 1.0));
    }
    assert_eq!(musicality["worst"].as_array().unwrap().len(), 2);
    assert_eq!((&musicality["windows"], &report["obedience"]), (&report["windows"], &Value::Null));
    let nearest = report["memorisation"]["samples"].as_array().unwrap();
    assert_eq!(nearest.len(), 6);
    for found in nearest {
        assert!(place.path("songs").join(found["song"].as_str().unwrap()).is_file(), "{found}");
        assert!((0.0..=1.0).contains(&found["overlap"].as_f64().unwrap()), "{found}");
    }
    for picture in ["features.png", "nearest.png"] {
        assert!(place.read(&format!("flow-report/{picture}")).starts_with(b"\x89PNG"));
    }
    let table = place.succeeds(&format!("{FLOW} -o flow-table"));
    for part in ["groove consistency", "nearest training window", "onsets, 4 bars apart", "stable ends", "  < worst"] {
        assert!(table.contains(part), "{table}");
    }
}

#[test]
fn other_songs_are_reported_and_an_empty_split_is_refused() {
    let Some(place) = place() else { return };
    let other = place.succeeds(&format!("{CODEC} -o other --json data.seed=5"));
    assert_eq!(serde_json::from_str::<Value>(&other).unwrap()["data_as_trained_on"], false);
    place.refuses(&format!("{CODEC} -o none data.min_notes=100000"), "none of the songs (4) has a window");
    place.refuses(&format!("{CODEC} -o none vqvae.levels=1"), "a trained network is fixed");
    place.refuses("evaluate --data songs --checkpoint songs/none.safetensors", "there is no such file");
    place.refuses("evaluate --data nowhere --checkpoint codec/codec.safetensors", "cannot be opened");
    assert_eq!(place.command(&format!("{FLOW} --samples 0")).output().unwrap().status.code(), Some(2));
}

/// Songs that a network was trained on are recognised by their notes under any name, and left out.
#[test]
fn only_songs_that_were_not_trained_on_are_judged() {
    let Some(place) = place() else { return };
    let judged = |arguments: &str| -> Value {
        serde_json::from_str(&place.succeeds(&format!("{arguments} -q --json"))).unwrap()
    };
    corpus::write(&place.path("others"), 3, 77, |_| ()).unwrap();
    std::fs::create_dir(place.path("mixed")).unwrap();
    for (number, path) in place.files("songs").iter().chain(&place.files("others")).enumerate() {
        std::fs::copy(path, place.path(&format!("mixed/renamed-{number}.mid"))).unwrap();
    }
    for kind in ["codec", "flow --samples 3"] {
        let name = kind.split(' ').next().unwrap();
        let checkpoint = format!("evaluate --checkpoint {name}/{name}.safetensors{}", &kind[name.len()..]);
        for (data, which, songs) in [
            ("songs", "held_out", 1),
            ("songs --all", "all", 4),
            ("others", "unknown", 3),
            ("mixed", "others", 4),
            ("mixed --all", "all", 7),
        ] {
            let whole = judged(&format!("{checkpoint} -o judged --data {data}"));
            assert_eq!((&whole["judged"], &whole["report"]["songs"]), (&which.into(), &songs.into()), "{data}");
            assert_eq!(whole["data_as_trained_on"], which == "held_out");
            let has_trained = ["held_out", "others"].contains(&which);
            if name == "flow" {
                assert_eq!(whole["report"]["mean_overlap"]["training"].is_object(), has_trained, "{data}");
                assert_eq!(whole["report"]["memorisation"].is_object(), has_trained, "{data}");
            }
        }
    }
    let text = place.succeeds(&format!("{CODEC} -o said --data mixed").replace("--data songs", ""));
    assert!(text.contains("Evaluated on 4 of 7 songs; the other 3 are in the training set."), "{text}");
    let text = place.succeeds("evaluate -q --checkpoint flow/flow.safetensors --samples 2 -o said --data others");
    assert!(text.contains("Evaluated on all 3 songs; none is in the training set."), "{text}");
    let own = place.succeeds("evaluate -q --checkpoint flow/flow.safetensors --codec -o said --data songs");
    assert!(
        own.contains("note F1") && own.contains("the held-out ones; the data is that of the training run"),
        "{own}"
    );
}

#[test]
fn music_in_three_has_no_measures_of_bars_of_four() {
    let Some(place) = place() else { return };
    let waltz = corpus::compose(78, 0).merged().with_time(120.0, TimeSignature { beats: 3, unit: 4 });
    place.write("waltz.mid", midi::write(&waltz));
    let evaluate = "evaluate -q --data waltz.mid --checkpoint flow/flow.safetensors --samples 2 -o waltz";
    let whole: Value = serde_json::from_str(&place.succeeds(&format!("{evaluate} --json"))).unwrap();
    assert!(whole["report"]["musicality"].is_null() && whole["report"]["features"].is_array(), "{whole}");
    let text = place.succeeds(evaluate);
    assert!(text.contains("need bars of 4/4, and no window has only such bars"), "{text}");
}

#[test]
fn the_built_in_flow_is_judged_by_default() {
    let Some(place) = place() else { return };
    let text = place.succeeds("evaluate -q --data songs -o built-in --samples 1 flow.sampling.steps=1");
    assert!(text.contains("Evaluated on all 4 songs; none is in the training set."), "{text}");
    let text = place.succeeds("inspect");
    assert!(text.starts_with("flow of 6032 steps: models/flow.safetensors"), "{text}");
}

/// Each task on composed songs, by the built-in flow in one step.
#[test]
fn hidden_parts_are_written_and_compared_with_baselines() {
    let Some(place) = place() else { return };
    let evaluate = "evaluate -q --data songs --samples 4 flow.sampling.steps=1 --task";
    for (task, baselines) in [("fill", 6), ("beats", 4), ("continue", 5), ("accompany", 3), ("melody", 3), ("vary", 3)]
    {
        let line = format!("{evaluate} {task} -o task-{task} --json");
        let text = place.succeeds(&line);
        let report = &serde_json::from_str::<Value>(&text).unwrap()["report"];
        assert_eq!((&report["settings"]["task"], &report["windows"]), (&task.into(), &4.into()));
        let rows = report["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 2 + baselines, "{task}");
        assert_eq!((&rows[0]["what"], &rows[1]["what"]), (&"the flow".into(), &"real music".into()));
        for key in ["pitch", "duration", "onset_f1", "rhythm_f1"] {
            rows.iter().for_each(|row| check_estimate(&row[key], 0.0, 1.0));
            assert_eq!(rows[1][key]["value"], 1.0, "{task}: {key} of real music");
        }
        for key in ["in_key", "in_chord"] {
            check_estimate(&rows[0][key], 0.0, 1.0);
        }
        assert_eq!(rows[0]["seam_f1"].is_object(), ["fill", "continue"].contains(&task));
        assert_eq!(report["exactness"]["missing"], 0);
        assert_eq!(report["exactness"]["outside"], 0);
        assert_eq!(report["repeated"].is_object(), ["fill", "beats", "continue"].contains(&task));
        assert_eq!(report["continuation"].is_object(), task == "continue");
        if task == "fill" {
            assert_eq!(text, place.succeeds(&line), "two evaluations differ");
            assert_ne!(text, place.succeeds(&format!("{line} --seed 1")));
        }
    }
    let text = place.succeeds(&format!("{evaluate} continue -o task-table"));
    for part in ["the last 4 of 8 bars hidden; chords given", "the 4 bars before", "Borders of", "of 32 bars after"] {
        assert!(text.contains(part), "{text}");
    }
    let text = place.succeeds(&format!("{evaluate} accompany --attributes asked --chords hidden -o task-asked"));
    assert!(text.contains("chords hidden, density") && text.contains("correlation of highest pitch asked"), "{text}");
}

#[test]
fn tasks_need_a_flow_of_eight_bars() {
    let Some(place) = place() else { return };
    place.refuses(&format!("{CODEC} -o none --task fill"), "--task evaluates a flow, and this is a codec");
    place.refuses(&format!("{FLOW} -o none --task fill"), "--task needs a flow whose windows have 128 steps");
    for wrong in ["--chords hidden", "--task fill --attributes some", "--task vary --strength 0"] {
        assert_eq!(place.command(&format!("{FLOW} {wrong}")).output().unwrap().status.code(), Some(2), "{wrong}");
    }
}
