//! A .mid file, and after a line `BEATS`, where there is one, the annotation of its beats.
#![no_main]

use flocoder::audio::of_score;
use flocoder::data::midi::{self, Selection};
use flocoder::data::roll::MAX_STEPS;
use flocoder::data::song::Song;
use libfuzzer_sys::fuzz_target;

const MARK: &[u8] = b"\nBEATS\n";

fuzz_target!(|data: &[u8]| {
    let (bytes, beats) = match data.windows(MARK.len()).position(|part| part == MARK) {
        Some(at) => (&data[..at], Some(String::from_utf8_lossy(&data[at + MARK.len()..]))),
        None => (data, None),
    };
    let _ = midi::parse(bytes).map(|score| of_score(&score));
    let everything = Selection { drums: true, ..Selection::default() };
    match Song::from_midi("a.mid", bytes, beats.as_deref(), &everything) {
        Ok(song) => {
            assert!(song.roll.steps() <= MAX_STEPS && song.bars.iter().is_sorted());
            let again = Song::from_midi("a.mid", &midi::write(&song.roll), None, &everything).expect("what was written");
            assert_eq!(again.roll.notes(), song.roll.notes());
        }
        Err(reason) => assert!(!reason.contains('\n'), "{reason}"),
    }
});
