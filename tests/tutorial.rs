//! The pages in `docs/`: the tutorial's commands, run in order at a small size, end well and leave the files that it promises;
//! the shapes that are told are those of the small configuration.

mod common;

use std::path::Path;
use std::process::Command;

use flocoder::config::Config;

const TUTORIAL: &str = include_str!("../docs/tutorial.md");
const HOW_IT_WORKS: &str = include_str!("../docs/how-it-works.md");

/// Replacements that make the tutorial's commands fast. Each text must be in the tutorial.
const SMALLER: [(&str, &str); 11] = [
    ("data compose songs", "data compose songs --songs 6"),
    (
        "small_vqvae.yaml",
        "small_vqvae.yaml train.steps=3 train.batch=2 data.validation_windows=2 vqvae.hidden=16 vqvae.levels=2",
    ),
    (
        "small_flow.yaml",
        "small_flow.yaml train.steps=2 train.batch=2 data.validation_windows=2 flow.dim=8 flow.dim_mults=[1,2] flow.augs_per=1",
    ),
    ("train.steps=30000", "train.steps=3"),
    ("--wav", "--wav -n 2 --steps 2"),
    ("--guidance 2 -n 4", "--guidance 2 -n 1 --steps 1"),
    ("--steps 200", "--steps 5"),
    ("--steps 40", "--steps 1"),
    ("--output shipped -n 4", "--output shipped -n 4 --steps 1"),
    ("--output evaluation/codec", "--output evaluation/codec --samples 2"),
    ("--output evaluation/flow", "--output evaluation/flow --samples 2 flow.sampling.steps=1"),
];

/// The contents of the tutorial's fenced blocks, each with the word after its fence.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let inside_fences = text.split("```").skip(1).step_by(2);
    inside_fences.map(|block| block.split_once('\n').expect("a fence on a separate line")).collect()
}

fn smaller(text: &str) -> String {
    SMALLER.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[track_caller]
fn run(line: &str, folder: &Path) {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("flocoder"), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_flocoder")).args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether a file is there and not empty; a `*` in its name matches anything.
fn written(folder: &Path, file: &str) -> bool {
    let (begin, end) = file.split_once('*').unwrap_or((file, ""));
    let parent = Path::new(file).parent().unwrap();
    let mut entries = std::fs::read_dir(folder.join(parent)).into_iter().flatten().flatten();
    entries.any(|entry| {
        let name = parent.join(entry.file_name()).into_os_string().into_string().unwrap();
        name.starts_with(begin) && name.ends_with(end) && entry.metadata().is_ok_and(|file| file.len() > 0)
    })
}

#[test]
fn every_command_does_what_the_page_promises() {
    if common::gpu().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("configs")).unwrap();
    for entry in std::fs::read_dir("configs").unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), folder.path().join("configs").join(entry.file_name())).unwrap();
    }
    let (mut commands, mut files) = (0, 0);
    for (kind, text) in blocks(TUTORIAL) {
        for line in smaller(text).lines() {
            match kind {
                "sh" => {
                    run(line, folder.path());
                    commands += 1;
                }
                "files" => {
                    assert!(written(folder.path(), line), "{line} is promised, but not there");
                    files += 1;
                }
                other => panic!("a block of the unknown kind {other:?}"),
            }
        }
    }
    assert!(commands > 10 && files > 10, "{commands} commands, {files} files: are all blocks read?");
}

#[test]
fn every_replaced_text_is_in_the_tutorial() {
    for (from, _) in SMALLER {
        assert!(TUTORIAL.contains(from), "{from}");
    }
}

#[test]
fn documented_shapes_are_those_of_the_small_configuration() {
    let config = Config::load(Some(Path::new("configs/small_vqvae.yaml")), &[]).unwrap();
    let codec = &config.vqvae;
    let [height, width, latent] = config.latent_shape();
    let sizes = format!(
        "patch {}, columns {}, hidden {}, latent {latent}, {} levels of {} codes",
        codec.patch, codec.columns, codec.hidden, codec.levels, codec.codes
    );
    for text in
        [sizes, format!("`[N, {height}, {width}, {latent}]`"), format!("\"noise [{height}, {width}, {latent}]\"")]
    {
        assert!(HOW_IT_WORKS.contains(&text), "docs/how-it-works.md does not say {text}");
    }
}
