//! MIDI files as other programs write them: what can be understood is read, the rest is refused with the offset.

use flocoder::data::dataset::song::Song;
use flocoder::data::music::midi::{self, Score, Selection};
use flocoder::data::music::roll::TimeSignature;

/// Four quarters of 480 ticks, without an end-of-track event.
const QUARTERS: &[u8] = b"\0\x90\x3C\x64\x83\x60\x80\x3C\x40\0\x90\x3E\x64\x83\x60\x80\x3E\x40\
    \0\x90\x40\x64\x83\x60\x80\x40\x40\0\x90\x41\x64\x83\x60\x80\x41\x40";
const END: &[u8] = b"\0\xFF\x2F\0";
const TEMPO: &[u8] = b"\0\xFF\x51\x03\x07\xA1\x20\0\xFF\x2F\0";

fn header(format: u8, tracks: u8) -> Vec<u8> {
    [b"MThd\0\0\0\x06\0", &[format, 0, tracks, 1, 0xE0][..]].concat()
}

/// A chunk that claims a length.
fn claims(kind: &[u8; 4], length: u32, body: &[u8]) -> Vec<u8> {
    [&kind[..], &length.to_be_bytes(), body].concat()
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    claims(kind, body.len() as u32, body)
}

/// A file of one track: these events, then the quarters.
fn before_quarters(events: &[u8]) -> Vec<u8> {
    [header(0, 1), chunk(b"MTrk", &[events, QUARTERS, END].concat())].concat()
}

fn score(file: &[u8]) -> Score {
    midi::parse(file).unwrap_or_else(|reason| panic!("{reason}: {file:x?}"))
}

/// Start in quarters, and pitch.
fn read(file: &[u8]) -> Vec<(u64, u8)> {
    let mut notes = score(file).notes(&Selection::default()).unwrap();
    notes.sort_by_key(|note| (note.start, note.pitch));
    assert!(notes.iter().all(|note| note.end - note.start == 480), "{notes:?}");
    notes.iter().map(|note| (note.start / 480, note.pitch)).collect()
}

#[track_caller]
fn is_whole(what: &str, file: &[u8]) {
    assert_eq!(read(file), [(0, 60), (1, 62), (2, 64), (3, 65)], "{what}");
    assert_eq!(score(file).cut_off, None, "{what}");
}

#[test]
fn a_running_status_survives_meta_and_exclusive_events() {
    for event in [&b"\xFF\x05\x02la"[..], b"\xF0\x02\x41\xF7", b"\xF7\x01\x00", b"\xF2\x01\x02", b"\xF8"] {
        let track = [b"\0\x90\x3C\x64\0", event, b"\x83\x60\x3C\0\0\x3E\x64\0", event, b"\x83\x60\x3E\0", END].concat();
        assert_eq!(read(&[header(0, 1), chunk(b"MTrk", &track)].concat()), [(0, 60), (1, 62)], "{event:x?}");
    }
}

#[test]
fn system_events_are_passed_over() {
    is_whole("without", &before_quarters(b""));
    for status in [0xF4, 0xF5, 0xF6, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE] {
        is_whole(&format!("{status:x}"), &before_quarters(&[0, status]));
    }
    for event in [&b"\0\xF1\x7F"[..], b"\0\xF3\x01", b"\0\xF2\0\0"] {
        is_whole(&format!("{event:x?}"), &before_quarters(event));
    }
    is_whole("exclusive data without a length", &before_quarters(b"\0\xF0\x7D\x12\x34\xF7")[..]);
}

#[test]
fn data_bytes_above_127_are_clipped_or_passed_over() {
    for event in [&b"\0\xB0\x07\xFF"[..], b"\0\xC0\x80", b"\0\xE0\xFF\xFF", b"\0\x90\x80\x40", b"\0\xD0\xFF"] {
        is_whole(&format!("{event:x?}"), &before_quarters(event));
    }
    let loud = before_quarters(b"\0\x91\x30\xC8\x83\x60\x81\x30\xFF");
    let notes = score(&loud).notes(&Selection::default()).unwrap();
    assert!(notes.iter().any(|note| note.pitch == 48 && note.velocity == 127 && note.end == 480));
}

#[test]
fn numbers_of_five_bytes_are_read() {
    is_whole("delta", &before_quarters(b"\x80\x80\x80\x80\0\xB0\x07\x40"));
    is_whole("length", &before_quarters(b"\0\xFF\x01\x80\x80\x80\x80\x01x"));
    // A delta beyond any music.
    let far = [header(0, 1), chunk(b"MTrk", &[&[0xFF; 40][..], b"\x7F", &QUARTERS[1..], END].concat())].concat();
    let error = Song::from_midi("", &far, None, &Selection::default()).unwrap_err();
    assert!(error.contains("at most 65536 steps"), "{error}");
}

#[test]
fn bytes_after_the_last_track_are_ignored() {
    let song = before_quarters(b"");
    let mut tag = b"TAGMy song".to_vec();
    tag.resize(128, 0);
    for rest in
        [&b"Downloaded from an archive of songs\r\n"[..], &tag, b"\0", &[0; 512], b"\x1A", b"XFIH\0\0\0\x04abcd"]
    {
        is_whole(&format!("{:x?}", &rest[..1]), &[&song, rest].concat());
    }
}

#[test]
fn wrong_lengths_counts_and_chunks_do_not_lose_a_track() {
    let (long, tempo) = ([QUARTERS, END].concat(), chunk(b"MTrk", TEMPO));
    let length = long.len() as u32;
    let with = |tracks: &[&[u8]]| [&header(1, tracks.len() as u8)[..], &tracks.concat()].concat();
    // The first of two tracks, then the last.
    for wrong in [0, 1, 7, length - 3, length + 3, length + 11, 200, 1 << 20, u32::MAX] {
        let track = claims(b"MTrk", wrong, &long);
        is_whole(&format!("{wrong} of {length}"), &with(&[&track, &tempo]));
        is_whole(&format!("{wrong} of {length} at the end"), &with(&[&tempo, &track]));
    }
    let swallowed = claims(b"MTrk", length - 4 + 8 + TEMPO.len() as u32, &[QUARTERS, END].concat());
    is_whole("a length over two tracks", &with(&[&swallowed, &tempo]));
    let track = chunk(b"MTrk", &long);
    is_whole("an empty track", &with(&[&chunk(b"MTrk", b""), &track]));
    is_whole("a foreign chunk", &with(&[&chunk(b"XFIH", b"abcd"), &track]));
    is_whole("bytes between chunks", &with(&[&tempo, b"\0\x01\x02", &track]));
    for declared in [0, 1, 5, 255] {
        is_whole("a wrong count", &[header(1, declared), tempo.clone(), track.clone()].concat());
    }
    is_whole("a longer header", &[&b"MThd\0\0\0\x0A\0\x01\0\x01\x01\xE0abcd"[..], &track].concat());
    for length in [0, 4, 5, 90, 255] {
        let mut file = with(&[&track]);
        file[7] = length;
        is_whole(&format!("a header of {length} bytes"), &file);
    }
}

#[test]
fn a_missing_end_mark_is_no_loss() {
    let tempo = chunk(b"MTrk", &TEMPO[..7]);
    let file = |length: usize| [header(1, 2), tempo.clone(), claims(b"MTrk", length as u32, QUARTERS)].concat();
    is_whole("missing", &file(QUARTERS.len()));
    is_whole("counted", &file(QUARTERS.len() + END.len()));
    is_whole("another one", &[header(0, 1), chunk(b"MTrk", &[QUARTERS, b"\0\xFF\0\0"].concat())].concat());
}

#[test]
fn a_song_that_is_cut_off_is_read_up_to_there() {
    let track = [QUARTERS, QUARTERS, QUARTERS, END].concat();
    let whole = [header(1, 2), chunk(b"MTrk", TEMPO), chunk(b"MTrk", &track)].concat();
    let song = |length: usize| Song::from_midi("", &whole[..length], None, &Selection::default());
    let (all, mut cut_songs) = (song(whole.len()).unwrap(), 0);
    for length in 0..whole.len() - END.len() {
        match song(length) {
            Err(reason) => assert!(!reason.contains('\n'), "{reason}"),
            Ok(song) => {
                let reason = song.cut_off.unwrap_or_else(|| panic!("{length} of {} bytes", whole.len()));
                assert!(reason.starts_with(&format!("is cut off at byte {length}, in track 2: expected")), "{reason}");
                let (last, complete) = song.roll.notes().split_last().unwrap();
                assert_eq!(complete, &all.roll.notes()[..complete.len()]);
                assert_eq!(last.start, all.roll.notes()[complete.len()].start);
                cut_songs += 1;
            }
        }
    }
    assert!(cut_songs > 80, "{cut_songs}");
    assert_eq!(song(whole.len() - END.len()).unwrap(), all, "only the end mark is missing");
}

#[test]
fn a_meta_event_without_a_valid_value_is_ignored() {
    let tempo_of = |file: &[u8]| Song::from_midi("", file, None, &Selection::default()).unwrap().roll.tempo;
    for event in [
        &b"\0\xFF\x51\x03\0\0\0"[..],
        b"\0\xFF\x51\x04\0\x07\xA1\x20",
        b"\0\xFF\x51\x02\x07\xA1",
        b"\0\xFF\x51\0",
        b"\0\xFF\x58\x04\0\x02\x18\x08",
        b"\0\xFF\x58\x04\x04\x07\x18\x08",
        b"\0\xFF\x58\x04\x04\xFF\x18\x08",
        b"\0\xFF\x58\0",
        b"\0\xFF\x59\0",
        b"\0\xFF\x59\x01\xEE",
        b"\0\xFF\x54\x05\0\0\0\0\xFF",
        b"\0\xFF\x54\x01\0",
        b"\0\xFF\x20\0",
        b"\0\xFF\x7F\0",
    ] {
        let file = before_quarters(event);
        is_whole(&format!("{event:x?}"), &file);
        assert!(score(&file).tempos.is_empty() && score(&file).time_signatures.is_empty(), "{event:x?}");
        assert_eq!(tempo_of(&file), 120.0, "{event:x?}");
    }
    let late = [header(0, 1), chunk(b"MTrk", &[QUARTERS, b"\x83\x60\xFF\x51\x03\0\0\0", END].concat())].concat();
    is_whole("at the end", &late);
    let short = score(&before_quarters(b"\0\xFF\x58\x02\x03\x02"));
    assert_eq!(short.time_signatures, [(0, TimeSignature { beats: 3, unit: 4 })]);
}

#[test]
fn a_note_that_is_never_released_ends_with_the_music() {
    let ends = |events: &[&[u8]]| {
        let file = [header(0, 1), chunk(b"MTrk", &events.concat())].concat();
        let notes = score(&file).notes(&Selection::default()).unwrap();
        notes.iter().filter(|note| note.pitch == 50).map(|note| (note.start, note.end)).collect::<Vec<_>>()
    };
    let (struck, far): (&[u8], &[u8]) = (b"\0\x90\x32\x64", b"\xFF\xFF\xFF\x7F\xFF\x2F\0");
    assert_eq!(ends(&[struck, QUARTERS, QUARTERS, far]), [(0, 8 * 480)], "with the last release");
    assert_eq!(ends(&[QUARTERS, struck, far]), [(4 * 480, 8 * 480)], "a bar after the last onset");
    assert_eq!(ends(&[QUARTERS, struck, b"\x60\xFF\x2F\0"]), [(4 * 480, 4 * 480 + 96)], "with its track");
}

#[test]
fn tracks_are_found_by_name() {
    let named = |name: &[u8]| {
        let event = [b"\0\xFF\x03", &[name.len() as u8][..], name, QUARTERS, END].concat();
        [header(1, 2), chunk(b"MTrk", TEMPO), chunk(b"MTrk", &event)].concat()
    };
    let japanese = encoding_rs::SHIFT_JIS.encode("ピアノ").0;
    for (stored, wanted) in [
        (&b"Piano\0"[..], "piano"),
        (b"  Piano \0\0", "PIANO"),
        (b"Fl\xF6te", "Flöte"),
        (b"Fl\xF6te", "FLÖTE"),
        ("Flöte".as_bytes(), "FLÖTE"),
        ("ФЛЕЙТА".as_bytes(), "флейта"),
        (&japanese, "ピアノ"),
    ] {
        let selection = Selection { tracks: vec![wanted.to_owned()], drums: false };
        assert_eq!(score(&named(stored)).notes(&selection).map(|notes| notes.len()), Ok(4), "{wanted}");
    }
    let other = Selection { tracks: vec!["Bass".into()], drums: false };
    let error = score(&named(b"Fl\xF6te\0")).notes(&other).unwrap_err();
    assert_eq!(error, "has no track named Bass; its tracks are: Flöte");
}

#[test]
fn containers_and_types_are_told_by_content() {
    let song = before_quarters(b"");
    let mut padded = song.clone();
    padded.resize(song.len().next_multiple_of(2), 0);
    let length = |n: usize| (n as u32).to_le_bytes();
    let riff = [b"RIFF", &length(padded.len() + 12)[..], b"RMIDdata", &length(song.len()), &padded].concat();
    is_whole("RIFF", &riff);
    let info = b"LIST\x10\0\0\0INFOINAM\x04\0\0\0name";
    is_whole("RIFF with names", &[b"RIFF", &length(90)[..], b"RMID", info, &riff[12..], info].concat());
    is_whole("MacBinary", &[&[0; 128][..], &song].concat());
    let typed = |format: u8, tracks: &[Vec<u8>]| [header(format, tracks.len() as u8), tracks.concat()].concat();
    let track = chunk(b"MTrk", &[QUARTERS, END].concat());
    is_whole("type 2 with one track", &typed(2, std::slice::from_ref(&track)));
    let error = midi::parse(&typed(2, &[track.clone(), track])).unwrap_err();
    assert!(error.contains("type 2, whose 2 tracks share no time"), "{error}");
}

#[test]
fn what_cannot_be_read_is_said_with_its_offset() {
    let with = |offset: usize, bytes: &[u8]| {
        let mut file = before_quarters(b"");
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        file
    };
    for (file, expected) in [
        (b"<!DOCTYPE html>".to_vec(), "is not a MIDI file: it does not begin with MThd"),
        (b"MThd\0\0\0\x06\0".to_vec(), "is cut off at byte 9: expected 14 bytes of a header"),
        (header(0, 0), "has no tracks: expected a track (MTrk) at byte 14"),
        (header(0, 1), "has only 0 of its 1 tracks, and no notes: expected a track (MTrk) at byte 14"),
        (with(12, &[0xE7, 40]), "SMPTE frames (byte 12)"),
        (with(12, &[0, 0]), "is damaged at byte 12: expected the number of ticks per beat, found 0"),
        (
            with(23, &[65]),
            "is damaged in track 1 at byte 23: expected the status byte of an event (128 to 255), found 65",
        ),
    ] {
        let error = midi::parse(&file).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn one_tempo_keeps_the_length() {
    let changes = |tempos: &[u32]| {
        let tempo = |micros: &u32| [&b"\0\xFF\x51\x03"[..], &micros.to_be_bytes()[1..], QUARTERS].concat();
        let track = [tempos.iter().flat_map(tempo).collect::<Vec<_>>(), END.to_vec()].concat();
        let file = [header(0, 1), chunk(b"MTrk", &track)].concat();
        Song::from_midi("", &file, None, &Selection::default()).unwrap().roll.tempo
    };
    assert_eq!(changes(&[600_000]), 100.0);
    assert_eq!(changes(&[500_000, 1_000_000]), 80.0);
    assert!((changes(&[580_000, 600_000, 620_000, 601_000]) - 60e6 / 600_250.0).abs() < 1e-9);
}
