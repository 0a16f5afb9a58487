//! A .safetensors file: as it is, as a checkpoint of either kind, and as the state of a run.
#![no_main]

use flocoder::train::checkpoint::{Checkpoint, Kind, ResumeState};
use flocoder::train::container::parse_safetensors;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|data: &[u8]| {
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
});
