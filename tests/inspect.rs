//! `flocoder inspect`.

mod common;

use common::program::Place;
use flocoder::checkpoint::{Checkpoint, Kind};

fn place() -> Option<&'static Place> {
    Place::trained("inspect")
}

/// The number of elements in the line that begins with `begin`, its second last word.
#[track_caller]
fn elements(text: &str, begin: &str) -> usize {
    let line = text.lines().map(str::trim).find(|line| line.starts_with(begin));
    let line = line.unwrap_or_else(|| panic!("no line begins with {begin:?}:\n{text}"));
    line.split_whitespace().rev().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_checkpoint_is_described_with_its_parameters_and_history() {
    let Some(place) = place() else { return };
    for (run, kind, own) in [("codec", Kind::Codec, "validation"), ("flow", Kind::Flow, "sum of codec.")] {
        let file = format!("{run}/{run}.safetensors");
        let text = place.succeeds(&format!("inspect {file}"));
        assert!(text.starts_with(&format!("{run} of 4 steps")), "{text}");
        assert!(text.contains("  vqvae:") && text.contains("training_songs") && text.contains(own), "{text}");
        let checkpoint = Checkpoint::load(&place.path(&file), kind).unwrap();
        for (name, tensor) in &checkpoint.tensors {
            assert_eq!(elements(&text, &format!("{name} ")), tensor.data.len(), "{name}");
        }
        let all: usize = checkpoint.tensors.values().map(|tensor| tensor.data.len()).sum();
        assert_eq!(elements(&text, "sum of all"), all);
        assert!(!text.contains("unknown"), "{text}");
    }
    let text = place.succeeds("inspect codec/codec.safetensors");
    assert!(text.contains("level 0: ") && text.contains("% used, perplexity"), "{text}");
}

/// A checkpoint outside of a run's folder has no history. That of a flow draws the codes of its codec.
#[test]
fn a_checkpoint_alone_has_no_history_and_draws_its_codes() {
    let Some(place) = place() else { return };
    place.write("moved.safetensors", place.read("flow/flow.safetensors"));
    let text = place.succeeds("inspect moved.safetensors --codes codes.png");
    assert!(text.contains("unknown: no metrics.jsonl in the folder of the checkpoint"), "{text}");
    let png = place.read("codes.png");
    let reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    // 16 codes of 8 x 8 cells, three pixels a cell, four codes in a row, or the legend where it is wider.
    let levels = Checkpoint::load(&place.path("moved.safetensors"), Kind::Flow).unwrap().config.vqvae.levels;
    let (rows, across) = (levels.div_ceil(4) as u32, levels.min(4) as u32);
    assert!(reader.info().width >= 8 + across * (4 * 25 + 1 + 8));
    assert_eq!(reader.info().height, 8 + rows * (4 * 25 + 1 + 14 + 8) + 2 * 14);
    place.succeeds("inspect codec/codec.safetensors --codes again.png");
    assert!(place.read("again.png") == png, "the flow's codec differs");
    place.refuses("inspect songs", "cannot be read");
}
