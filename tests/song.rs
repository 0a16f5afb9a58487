//! A part of a song written anew: all other events stay, tick for tick, and no new note is outside of the free cells.

mod common;

use std::collections::BTreeMap;

use flocoder::data::corpus;
use flocoder::data::music::beats::{Annotation, Grid};
use flocoder::data::music::midi::{self, Selection};
use flocoder::data::music::partial::CellSet;
use flocoder::data::music::roll::{Note, Roll, TimeSignature};
use flocoder::data::music::timing;
use flocoder::rng::Philox;
use flocoder::song::{self, Area, BarList, Harmony, Rewrite, SongFile, WINDOW_STEPS, WindowRequest};
use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

/// A song on no particular grid: two tracks of a composed song, drums, pedal, lyrics, tempo changes and changes of the time signature.
fn song(index: u64) -> Vec<u8> {
    let mut random = Philox::new(77, index);
    let composed = corpus::compose(21, index);
    let ticks_per_beat = [96u32, 120, 480, 384, 221][random.below(5)];
    let jitter = if random.chance(0.5) { ticks_per_beat as usize / 24 } else { 0 };
    let shift = if random.chance(0.3) { ticks_per_beat / 9 } else { 0 };
    let tick = |step: u32| step * ticks_per_beat / 4;
    let mut tracks: Vec<Vec<(u32, TrackEventKind<'static>)>> = vec![Vec::new(); 4];
    let midi = |channel: u8, message| TrackEventKind::Midi { channel: u4::new(channel), message };
    let meta = TrackEventKind::Meta;
    let steps = composed.merged().steps();
    let mut at = 0;
    while at < steps {
        let (beats, exponent, length) = [(4, 2, 16), (3, 2, 12), (6, 3, 12), (2, 2, 8), (1, 2, 4)][random.below(5)];
        tracks[0].push((tick(at), meta(MetaMessage::TimeSignature(beats, exponent, 24, 8))));
        tracks[0].push((tick(at) + 1, meta(MetaMessage::Tempo((300_000 + random.below(600_000) as u32).into()))));
        at += length * random.between(1, 9) as u32;
    }
    tracks[0].push((5, meta(MetaMessage::KeySignature(2, false))));
    for (track, channel, roll) in [(1, 0, &composed.melody), (2, 4, &composed.piano)] {
        tracks[track].push((0, meta(MetaMessage::TrackName(if track == 1 { b"MELODY" } else { b"PIANO" }))));
        tracks[track].push((0, midi(channel, MidiMessage::ProgramChange { program: u7::new(40) })));
        let mut last_ends = BTreeMap::new();
        for note in roll.notes() {
            let start = tick(note.start) + shift + random.below(jitter + 1) as u32;
            let start = start.max(*last_ends.get(&note.pitch).unwrap_or(&0));
            let end = (tick(note.end()) + shift).max(start + 1);
            last_ends.insert(note.pitch, end);
            let key = u7::new(note.pitch);
            tracks[track].push((start, midi(channel, MidiMessage::NoteOn { key, vel: u7::new(note.velocity) })));
            let off = match random.chance(0.5) {
                true => MidiMessage::NoteOff { key, vel: u7::new(7) },
                false => MidiMessage::NoteOn { key, vel: u7::new(0) },
            };
            tracks[track].push((end, midi(channel, off)));
        }
        for bar in 0..steps / 16 {
            let pedal = |value| MidiMessage::Controller { controller: u7::new(64), value: u7::new(value) };
            tracks[track].push((tick(16 * bar) + 3, midi(channel, pedal(127))));
            tracks[track].push((tick(16 * bar + 14), midi(channel, pedal(0))));
            tracks[track].push((tick(16 * bar + 2), meta(MetaMessage::Lyric(b"la"))));
        }
    }
    for beat in 0..steps / 4 {
        let key = u7::new(if beat % 2 == 0 { 36 } else { 60 });
        tracks[3].push((tick(4 * beat), midi(9, MidiMessage::NoteOn { key, vel: u7::new(99) })));
        tracks[3].push((tick(4 * beat + 1), midi(9, MidiMessage::NoteOff { key, vel: u7::new(0) })));
    }
    let mut smf = Smf::new(Header::new(Format::Parallel, Timing::Metrical(u15::new(ticks_per_beat as u16))));
    for mut track in tracks {
        // A release comes before an onset of the same tick.
        let is_on = |kind: &TrackEventKind| matches!(kind, TrackEventKind::Midi { message: MidiMessage::NoteOn { vel, .. }, .. } if vel.as_int() > 0);
        track.sort_by_key(|(tick, kind)| (*tick, is_on(kind)));
        let mut now = 0;
        let mut events: Vec<TrackEvent> = Vec::new();
        for (tick, kind) in track {
            events.push(TrackEvent { delta: u28::new(tick - now), kind });
            now = tick;
        }
        events.push(TrackEvent { delta: u28::new(0), kind: meta(MetaMessage::EndOfTrack) });
        smf.tracks.push(events);
    }
    let mut bytes = Vec::new();
    smf.write(&mut bytes).unwrap();
    bytes
}

/// Random notes everywhere, in place of a generator.
fn stand_in(request: &WindowRequest, random: &mut Philox) -> Vec<Roll> {
    let roll = |partial: &flocoder::data::music::partial::PartialRoll| {
        let note = |_| Note {
            start: random.below(WINDOW_STEPS as usize) as u32,
            duration: random.between(1, 24) as u32,
            pitch: random.below(128) as u8,
            velocity: random.between(1, 127) as u8,
        };
        let roll = Roll::new(WINDOW_STEPS, (0..400).map(note).collect());
        partial.completed(&roll)
    };
    request.partials.iter().map(roll).collect()
}

fn written(song: &SongFile, area: &Area, random: &mut Philox, variants: usize) -> Vec<Vec<u8>> {
    let plan = Rewrite { song, area, harmony: Some(Harmony::of(song)), key: None, variants };
    let new = song::rewrite(&plan, &mut |request| {
        assert_eq!((request.partials.len(), request.chords.as_ref().map(Vec::len)), (variants, Some(32)));
        for (partial, passage) in request.partials.iter().zip(&request.passages) {
            assert!(passage.as_ref().is_none_or(|passage| &partial.completed(passage) == passage));
        }
        assert_eq!(request.passages.len(), variants);
        Ok(stand_in(request, random))
    });
    new.unwrap()
        .iter()
        .map(|notes| song::write(song, area, notes, Some(0), &timing::Timing::default()).unwrap())
        .collect()
}

/// (tick, event) of each track.
fn events(bytes: &[u8]) -> Vec<Vec<(u64, TrackEventKind<'_>)>> {
    let mut tracks = Vec::new();
    for track in Smf::parse(bytes).unwrap().tracks {
        let mut now = 0;
        tracks.push(
            track
                .into_iter()
                .map(|event| {
                    now += u64::from(event.delta.as_int());
                    (now, event.kind)
                })
                .collect(),
        );
    }
    tracks
}

/// The events without the notes that `is_taken` accepts, given as (tick, pitch); drums stay.
fn without<'a>(
    track: &[(u64, TrackEventKind<'a>)],
    is_taken: impl Fn(u64, u8) -> bool,
) -> Vec<(u64, TrackEventKind<'a>)> {
    let mut sounding = BTreeMap::new();
    let mut kept = Vec::new();
    for (tick, kind) in track {
        let key = match kind {
            TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, vel } } if channel.as_int() != 9 => {
                Some((key.as_int(), vel.as_int() > 0))
            }
            TrackEventKind::Midi { channel, message: MidiMessage::NoteOff { key, .. } } if channel.as_int() != 9 => {
                Some((key.as_int(), false))
            }
            _ => None,
        };
        let taken = match key {
            Some((pitch, true)) => {
                sounding.insert(pitch, is_taken(*tick, pitch));
                sounding[&pitch]
            }
            Some((pitch, false)) => sounding[&pitch],
            None => false,
        };
        if !taken {
            kept.push((*tick, *kind));
        }
    }
    kept
}

fn grid(bytes: &[u8], annotation: Option<&str>) -> Grid {
    let score = midi::parse(bytes).unwrap();
    let notes = score.notes(&Selection::default()).unwrap();
    match annotation {
        Some(text) => Grid::annotated(&score, &notes, Annotation::parse(text).unwrap()).unwrap(),
        None => Grid::ticks(&score, &notes),
    }
}

/// Beats of a performance, which do not follow the ticks.
fn annotation(index: u64) -> String {
    let mut random = Philox::new(78, index);
    let beat = |beat: u32| {
        let seconds = 0.3 + 0.5 * f64::from(beat) + 0.1 * random.uniform();
        format!("{seconds:.3} 0 {}\n", u8::from(beat.is_multiple_of(4)))
    };
    (0..300).map(beat).collect()
}

/// A random part of a song.
fn random_area(song: &SongFile, random: &mut Philox) -> Area {
    let columns = song.columns();
    let first = random.below(columns.bars());
    let bars = random.between(1, (columns.bars() - first).min(20) as i32) as usize;
    let low = random.below(128) as u8;
    let pitches = if random.chance(0.5) { 0..=127 } else { low..=low.saturating_add(30).min(127) };
    let mut area = Area::new(song, BarList::from(first, bars), pitches).unwrap();
    if random.chance(0.5) {
        let share = random.uniform();
        let bits: Vec<bool> = (0..128 * columns.steps()).map(|_| random.chance(share)).collect();
        area = area.masked(&CellSet::of(columns.steps(), |pitch, step| bits[step as usize * 128 + usize::from(pitch)]));
    }
    if random.chance(0.3) {
        let tracks = song.tracks(&[["MELODY", "PIANO"][random.below(2)].to_owned()]).unwrap();
        area = area.of_tracks(tracks);
    }
    area
}

#[test]
fn random_masks_are_exact() {
    let mut random = Philox::new(1000, 0);
    let (mut new_notes, mut taken_notes) = (0, 0);
    for index in 0..40 {
        let bytes = song(index);
        let annotation = (index % 4 == 3).then(|| annotation(index));
        let song = SongFile::of_midi(&bytes, annotation.as_deref()).unwrap();
        let (before, grid) = (events(&bytes), grid(&bytes, annotation.as_deref()));
        for _ in 0..25 {
            let area = random_area(&song, &mut random);
            let output = written(&song, &area, &mut random, 1).remove(0);
            let after = events(&output);
            let is_taken = |track: usize, tick: u64, pitch: u8| {
                area.tracks[track] && area.cells.has(pitch, grid.step(tick).round().max(0.0) as u32)
            };
            for (track, events) in before.iter().enumerate() {
                let kept = without(events, |tick, pitch| is_taken(track, tick, pitch));
                taken_notes += (events.len() - kept.len()) / 2;
                assert_eq!(after[track], kept, "song {index}, track {track}");
            }
            let has_cells = !area.cells.is_empty();
            assert_eq!(after.len(), before.len() + usize::from(has_cells));
            if !has_cells {
                continue;
            }
            // The cells in which kept notes sound.
            let kept = song.roll(|note| !is_taken(note.event.track, note.event.note.start, note.event.note.pitch));
            let free = &area.cells & &!&CellSet::sounding(&kept);
            let read = midi::parse(&output).unwrap();
            for note in &read.tracks[before.len()].notes {
                let (start, end) = (grid.step(note.start).round() as u32, grid.step(note.end).round() as u32);
                assert!((start..end.max(start + 1)).all(|step| free.has(note.pitch, step)), "song {index}: {note:?}");
                new_notes += 1;
            }
        }
    }
    assert!(new_notes > 10_000 && taken_notes > 10_000, "{new_notes} new notes for {taken_notes}");
}

#[test]
fn variants_differ_in_their_new_notes_only() {
    let song = SongFile::of_midi(&song(3), None).unwrap();
    let area = Area::new(&song, BarList::from(2, 12), 0..=127).unwrap();
    let variants = written(&song, &area, &mut Philox::new(5, 0), 3);
    let tracks: Vec<_> = variants.iter().map(|variant| events(variant)).collect();
    assert!(tracks.windows(2).all(|pair| pair[0][..4] == pair[1][..4] && pair[0][4] != pair[1][4]));
}

#[test]
fn a_mask_of_nothing_returns_the_song() {
    for index in 0..10 {
        let bytes = song(index);
        let song = SongFile::of_midi(&bytes, None).unwrap();
        let all = Area::new(&song, BarList::all(song.columns().bars()), 0..=127).unwrap();
        let area = all.masked(&CellSet::none(10));
        assert!(
            Rewrite { song: &song, area: &area, harmony: Some(Harmony::of(&song)), key: None, variants: 1 }
                .windows()
                .is_empty()
        );
        assert_eq!(events(&written(&song, &area, &mut Philox::new(1, 0), 1)[0]), events(&bytes));
    }
}

#[test]
fn the_new_track_says_what_was_written() {
    let composed = corpus::compose(4, 0);
    let song = SongFile::of_midi(&composed.midi(), None).unwrap();
    let area = Area::new(&song, "3-4,9".parse().unwrap(), 0..=127).unwrap();
    let output = written(&song, &area, &mut Philox::new(1, 0), 1).remove(0);
    let track = &events(&output)[3];
    let texts: Vec<_> = track
        .iter()
        .filter_map(|(tick, kind)| match kind {
            TrackEventKind::Meta(MetaMessage::TrackName(text) | MetaMessage::Marker(text)) => {
                Some((*tick, String::from_utf8_lossy(text).into_owned()))
            }
            _ => None,
        })
        .collect();
    let text = |tick: u64, text: &str| (tick, text.to_owned());
    assert_eq!(texts, [text(0, "flocoder"), text(3840, "flocoder: bars 3-4"), text(15_360, "flocoder: bar 9")]);
    assert!(track.iter().any(|(_, kind)| matches!(kind, TrackEventKind::Meta(MetaMessage::KeySignature(0, false)))));
    let channels = |track: &[(u64, TrackEventKind<'_>)]| -> Vec<u8> {
        let channel = |kind: &TrackEventKind| match kind {
            TrackEventKind::Midi { channel, .. } => Some(channel.as_int()),
            _ => None,
        };
        let mut channels: Vec<u8> = track.iter().filter_map(|(_, kind)| channel(kind)).collect();
        channels.dedup();
        channels
    };
    assert_eq!(channels(track), [2], "the melody has 0, the piano 1");
    // A second time: a separate track.
    let again = SongFile::of_midi(&output, None).unwrap();
    assert_eq!(again.names(), ["MELODY", "PIANO", "flocoder"]);
    let output = written(&again, &Area::new(&again, "1".parse().unwrap(), 0..=127).unwrap(), &mut Philox::new(2, 0), 1);
    assert_eq!(SongFile::of_midi(&output[0], None).unwrap().names(), ["MELODY", "PIANO", "flocoder", "flocoder 2"]);
}

#[test]
fn a_song_goes_on_in_its_time_signature() {
    let roll = corpus::compose(6, 0).merged().window(0, 12 * 9).with_time(100.0, TimeSignature { beats: 3, unit: 4 });
    let song = SongFile::of_roll(&roll).unwrap();
    let bars = song.sounding_bars();
    let longer = song.clone().extended(10);
    assert_eq!(longer.columns().bars(), bars + 10);
    let area = Area::new(&longer, BarList::from(bars, 10), 0..=127).unwrap();
    let output = written(&longer, &area, &mut Philox::new(3, 0), 1).remove(0);
    let read = midi::parse(&output).unwrap();
    let new = &read.tracks[2].notes;
    let begin = 120 * 12 * bars as u64;
    assert!(new.iter().all(|note| note.start >= begin && note.end <= begin + 120 * 120));
    assert!(new.iter().map(|note| note.start).max() > Some(begin + 120 * 100));
    assert_eq!(read.tracks[1].notes.len(), song.notes().len());
}

#[test]
fn bars_of_single_beats_count_as_four() {
    let beats = |beats| {
        let song = corpus::compose(4, 0).merged().with_time(100.0, TimeSignature { beats, unit: 4 });
        SongFile::of_midi(&midi::write(&song), None).unwrap()
    };
    let [one, four] = [1, 4].map(beats);
    assert_eq!((one.columns(), one.sounding_bars(), one.beats_per_bar()), (four.columns(), four.sounding_bars(), 4));
    let [one, four] = [one, four].map(|song| song.extended(8));
    assert_eq!(one.columns(), four.columns());
    assert_eq!(beats(3).columns().bar(1), 12..24);
}

#[test]
fn eight_columns_are_an_excerpt() {
    let roll = corpus::compose(6, 0).merged().window(0, 8 * 30).with_time(100.0, TimeSignature { beats: 2, unit: 4 });
    let song = SongFile::of_roll(&roll).unwrap();
    let (columns, music) = song.excerpt(3).unwrap();
    assert_eq!((columns.bars(), columns.len(), music.steps()), (16, 8, 128));
    assert_eq!(music.notes(), roll.window(24, 128).notes());
    let (columns, music) = song.excerpt(28).unwrap();
    assert_eq!((columns.len(), music.steps()), (8, 128), "silent bars follow the last");
    assert!(song.excerpt(30).unwrap_err().ends_with("so there is no bar 31"));
}

#[test]
fn bars_that_the_networks_do_not_know_are_refused() {
    let roll = corpus::compose(6, 0).merged().with_time(100.0, TimeSignature { beats: 35, unit: 4 });
    let song = SongFile::of_roll(&roll).unwrap();
    assert_eq!(
        Area::new(&song, "2".parse().unwrap(), 0..=127).unwrap_err(),
        "has 140 sixteenths in bar 2, but the networks write bars of at most 128"
    );
    assert!(Area::new(&song, "2000".parse().unwrap(), 0..=127).unwrap_err().contains("so there is no bar 2000"));
    assert!(song.tracks(&["VIOLIN".into()]).unwrap_err().ends_with("no track named 'VIOLIN'; its tracks are: PIANO"));
}
