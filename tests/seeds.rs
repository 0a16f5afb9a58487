//! The fuzzers' seeds, including inputs that fuzzers found: see `scripts/fuzz`.

#[path = "../fuzz/checks.rs"]
mod checks;

fn check_all(target: &str, check: fn(&[u8])) {
    let folder = format!("{}/fuzz/seeds/{target}", env!("CARGO_MANIFEST_DIR"));
    let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(seeds.len() >= 4, "seeds of {target}: {seeds:?}");
    for seed in seeds {
        println!("{}", seed.display());
        check(&std::fs::read(seed).unwrap());
    }
}

#[test]
fn midi_files_are_read_or_refused() {
    check_all("midi", checks::midi);
}

#[test]
fn pictures_are_read_or_refused() {
    check_all("png", checks::png);
}

#[test]
fn checkpoints_are_read_or_refused() {
    check_all("checkpoint", checks::checkpoint);
}

#[test]
fn configurations_are_read_or_refused() {
    check_all("config", checks::config);
}
