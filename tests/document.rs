//! MIDI files with every event: written back as they are, and without some notes.

mod common;

use common::music::{file, off, on};
use flocoder::data::corpus;
use flocoder::data::music::midi::{Document, TickEvent};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

/// (tick, event) of each track, as another reader has them.
fn events(bytes: &[u8]) -> Vec<Vec<(u64, TrackEventKind<'_>)>> {
    let smf = Smf::parse(bytes).unwrap();
    smf.tracks
        .into_iter()
        .map(|track| {
            let mut now = 0;
            let timed = track.into_iter().map(|event| {
                now += u64::from(event.delta.as_int());
                (now, event.kind)
            });
            timed.collect()
        })
        .collect()
}

fn rewritten(bytes: &[u8]) -> Vec<u8> {
    Document::read(bytes).unwrap().write(|_| false, None).unwrap()
}

/// A file with events of all kinds.
fn rich() -> Vec<u8> {
    let controller = |controller: u8, value: u8| TrackEventKind::Midi {
        channel: 3.into(),
        message: MidiMessage::Controller { controller: controller.into(), value: value.into() },
    };
    let program =
        TrackEventKind::Midi { channel: 3.into(), message: MidiMessage::ProgramChange { program: 25.into() } };
    let bend = TrackEventKind::Midi {
        channel: 3.into(),
        message: MidiMessage::PitchBend { bend: midly::PitchBend(midly::num::u14::new(9000)) },
    };
    file(vec![
        (0, TrackEventKind::Meta(MetaMessage::TrackName(b"Piano"))),
        (0, TrackEventKind::Meta(MetaMessage::Tempo(500_000.into()))),
        (0, TrackEventKind::Meta(MetaMessage::KeySignature(-3, true))),
        (0, TrackEventKind::SysEx(&[0x7E, 0x7F, 9, 1, 0xF7])),
        (0, program),
        (7, controller(64, 127)),
        (100, on(3, 60)),
        (150, TrackEventKind::Meta(MetaMessage::Lyric("für".as_bytes()))),
        (301, off(3, 60)),
        (301, on(9, 36)),
        (302, off(9, 36)),
        (400, bend),
        (700, TrackEventKind::Meta(MetaMessage::Tempo(600_000.into()))),
        (20_000, TrackEventKind::Escape(&[0xF3, 1])),
    ])
}

#[test]
fn a_file_is_written_back_event_by_event() {
    let rich = rich();
    assert_eq!(events(&rewritten(&rich)), events(&rich));
    assert!(events(&rich)[0].len() > 12);
    for index in 0..5 {
        let song = corpus::compose(1, index).midi();
        assert_eq!(events(&rewritten(&song)), events(&song));
    }
}

#[test]
fn running_status_is_resolved() {
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\x01\xE0MTrk\0\0\0\x12".to_vec();
    bytes.extend([0, 0x90, 60, 90, 10, 62, 80, 10, 60, 0, 0, 62, 0, 0, 0xFF, 0x2F, 0, 0]);
    let document = Document::read(&bytes).unwrap();
    assert_eq!(document.tracks[0][1], TickEvent { tick: 10, bytes: vec![0x90, 62, 80] });
    assert_eq!(events(&rewritten(&bytes)), events(&bytes));
}

/// Start, end and pitch of the notes that are read.
fn notes(bytes: &[u8]) -> Vec<(u64, u64, u8)> {
    let document = Document::read(bytes).unwrap();
    let mut notes: Vec<_> = document.notes.iter().map(|n| (n.note.start, n.note.end, n.note.pitch)).collect();
    notes.sort_unstable();
    notes
}

#[test]
fn any_of_overlapping_notes_can_be_removed() {
    // Repeated onsets, releases before and after them at the same tick, a stray release, a note without one.
    let file = file(vec![
        (0, on(0, 60)),
        (100, on(0, 60)),
        (150, on(0, 60)),
        (200, off(0, 60)),
        (250, off(0, 60)),
        (300, on(0, 60)),
        (400, on(0, 60)),
        (400, off(0, 60)),
        (500, off(0, 60)),
        (600, on(0, 60)),
        (650, on(0, 64)),
        (800, off(0, 64)),
    ]);
    let all = notes(&file);
    assert_eq!(all.len(), 7);
    let document = Document::read(&file).unwrap();
    for bits in 0..1 << all.len() {
        let is_removed = |start: u64| {
            let index = all.iter().position(|note| note.0 == start).unwrap();
            bits >> index & 1 == 1
        };
        let bytes = document.write(|note| is_removed(note.note.start), None).unwrap();
        let kept: Vec<_> = all.iter().copied().filter(|note| !is_removed(note.0)).collect();
        if !kept.is_empty() {
            let unreleased = |note: &&(u64, u64, u8)| note.0 != 600;
            let (kept, left) = (kept.iter().filter(unreleased), notes(&bytes));
            assert!(kept.eq(left.iter().filter(unreleased)), "{bits:b}: {left:?}");
        }
    }
}

#[test]
fn a_track_is_added() {
    let song = corpus::compose(2, 0).midi();
    let document = Document::read(&song).unwrap();
    let track = vec![TickEvent { tick: 9, bytes: vec![0x90, 60, 5] }, TickEvent::meta(200, 0x06, &[b'x'; 200])];
    let with = document.write(|_| false, Some(track)).unwrap();
    let (before, after) = (events(&song), events(&with));
    assert_eq!((&after[..before.len()], after.len()), (&before[..], before.len() + 1));
    assert_eq!(after[before.len()].len(), 3, "an end was added");
    let single = document_of_type_0();
    let with = Document::read(&single).unwrap().write(|_| false, Some(Vec::new())).unwrap();
    assert_eq!(Smf::parse(&with).unwrap().header.format, Format::Parallel);
}

fn document_of_type_0() -> Vec<u8> {
    let bytes = rich();
    assert_eq!(
        Smf::parse(&bytes).unwrap().header,
        Header::new(Format::SingleTrack, Timing::Metrical(480.into())),
        "of type 0"
    );
    bytes
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let song = corpus::compose(3, 0).midi();
    let error = Document::read(&song[..song.len() / 2]).unwrap_err();
    assert!(error.starts_with("is cut off at byte") && error.contains("only a whole file"), "{error}");
}
