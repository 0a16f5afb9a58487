//! Imports go downward only: a module may use the rooms below its own, never those above.

use std::path::{Path, PathBuf};

/// From top to bottom; rooms on one line may use each other.
const ROOMS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["bench", "evaluate"],
    &["train"],
    &["sample"],
    &["checkpoint"],
    &["models"],
    &["nn"],
    &["tape", "ops"],
    // A launch binds tensors, and a tensor is a handle to the device's memory.
    &["tensor", "gpu"],
    &["chart"],
    &["metrics"],
    &["data", "audio"],
    &["config"],
    &["rng", "files"],
    &["error"],
];
/// Rooms that know nothing of the GPU, though they stand where they might.
const WITHOUT_GPU: &[&str] = &["chart", "metrics", "data", "audio", "config", "rng", "files", "error", "reference"];
/// The specification in code is for tests and for what checks the kernels on the user's machine.
const MAY_USE_REFERENCE: &[&str] = &["reference", "bench", "cli"];

fn rank(room: &str) -> usize {
    ROOMS
        .iter()
        .position(|row| row.contains(&room))
        .unwrap_or_else(|| panic!("`{room}` has no place in the order of rooms"))
}

/// The violation in one import, if it is one.
fn violation(room: &str, imported: &str) -> Option<&'static str> {
    if imported == room || imported == "lib" {
        return None;
    }
    if imported == "reference" {
        return (!MAY_USE_REFERENCE.contains(&room)).then_some("only tests and the self-test use the reference");
    }
    if room == "reference" {
        return (!WITHOUT_GPU.contains(&imported)).then_some("the reference stands on the ground alone");
    }
    if ["gpu", "tensor"].contains(&imported) && WITHOUT_GPU.contains(&room) {
        return Some("this room knows nothing of the GPU");
    }
    (rank(room) > rank(imported)).then_some("an upward import")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Rooms named after `crate::` or `flocoder::`, in any position of a line, outside of comments and test modules.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let after = lines.flat_map(|line| line.split("crate::").skip(1).chain(line.split("flocoder::").skip(1)));
    let word =
        |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned();
    after
        .map(|rest| if rest.starts_with('{') { panic!("one `use crate::` per room: {rest}") } else { word(rest) })
        .collect()
}

#[test]
fn imports_go_downward() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20);
    let mut wrong = Vec::new();
    for path in files {
        let inside = path.strip_prefix(&root).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        for imported in imports(&std::fs::read_to_string(&path).unwrap()) {
            if room != "lib"
                && let Some(why) = violation(&room, &imported)
            {
                wrong.push(format!("{}: crate::{imported}: {why}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn violations_are_seen() {
    assert_eq!(imports("//! crate::train\nuse crate::tensor::Tensor;\n"), ["tensor"]);
    assert!(violation("gpu", "ops").is_some() && violation("ops", "gpu").is_none());
    assert!(violation("data", "gpu").is_some() && violation("models", "reference").is_some());
}
