//! Properties of any input: it is refused with one sentence, or its content survives being written and read again. Fuzzers check
//! them on generated inputs, tests on the seeds.
#![allow(dead_code, reason = "each fuzzer has one of them")]

use std::path::Path;

use flocoder::audio::of_score;
use flocoder::checkpoint::container::parse_safetensors;
use flocoder::checkpoint::{Checkpoint, Kind, ResumeState};
use flocoder::config::Config;
use flocoder::data::dataset::song::Song;
use flocoder::data::music::midi::{self as smf, Selection};
use flocoder::data::music::roll::MAX_STEPS;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;

const MARK: &[u8] = b"\nBEATS\n";

/// A .mid file, which a line `BEATS` and annotated beats may follow.
pub fn midi(data: &[u8]) {
    let (bytes, beats) = match data.windows(MARK.len()).position(|part| part == MARK) {
        Some(at) => (&data[..at], Some(String::from_utf8_lossy(&data[at + MARK.len()..]))),
        None => (data, None),
    };
    let _ = smf::parse(bytes).map(|score| of_score(&score));
    let everything = Selection { drums: true, ..Selection::default() };
    match Song::from_midi("a.mid", bytes, beats.as_deref(), &everything) {
        Ok(song) => {
            assert!(song.roll.steps() <= MAX_STEPS && song.bars.iter().is_sorted());
            let again = Song::from_midi("a.mid", &smf::write(&song.roll), None, &everything).expect("what was written");
            assert_eq!(again.roll.notes(), song.roll.notes());
        }
        Err(reason) => assert!(!reason.contains('\n'), "{reason}"),
    }
}

/// A picture of a piano roll.
pub fn png(data: &[u8]) {
    let _ = Song::from_png("a.png", data);
    for orphans in [Orphans::Drop, Orphans::Open] {
        match image::read(data, orphans) {
            Ok(roll) => assert_eq!(image::read(&image::write(&roll), orphans).as_ref(), Ok(&roll)),
            Err(reason) => assert!(!reason.contains('\n'), "{reason}"),
        }
    }
}

/// A .safetensors file: as such, as a checkpoint of either kind, and as a resume state.
pub fn checkpoint(data: &[u8]) {
    let path = Path::new("a.safetensors");
    let contents = match parse_safetensors(path, data) {
        Ok(contents) => contents,
        Err(error) => return assert!(!error.to_string().contains('\n'), "{error}"),
    };
    for kind in [Kind::Codec, Kind::Flow] {
        match Checkpoint::of(path, contents.clone(), &[kind]) {
            Ok(checkpoint) => {
                let _ = checkpoint.config.validate_codec();
                let _ = checkpoint.config.validate_flow();
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
    if let Err(error) = ResumeState::of(path, contents) {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

/// A configuration file, and its lines as overrides of a command line.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let overrides: Vec<String> = text.lines().map(str::to_owned).collect();
    for result in [Config::default().with_yaml(text, "a.yaml"), Config::default().with_overrides(&overrides)] {
        match result {
            Ok(config) => {
                let _ = config.validate_codec();
                let _ = config.validate_flow();
                let yaml = config.to_yaml();
                let again = Config::default().with_yaml(&yaml, "itself").expect("what was written");
                assert_eq!(again.to_yaml(), yaml);
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
}
