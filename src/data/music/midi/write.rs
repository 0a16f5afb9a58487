//! Rolls to the bytes of a Standard MIDI file.

use super::score::DRUMS;
use crate::data::music::roll::{GENERATED, Roll, STEPS_PER_BEAT, TimeSignature};
use crate::data::music::timing;
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

/// Ticks per quarter note in written files.
pub const TICKS_PER_BEAT: u32 = 480;

/// A roll as a type-1 MIDI file with one piano track.
pub fn write(roll: &Roll) -> Vec<u8> {
    write_tracks(&[("PIANO", roll)])
}

/// A type-1 MIDI file of 480 ticks per quarter note: a track with the first roll's tempo and time signature, then one piano
/// track per (name, roll).
///
/// # Panics
/// If `tracks` is empty.
#[track_caller]
pub fn write_tracks(tracks: &[(&str, &Roll)]) -> Vec<u8> {
    write_timed(tracks, &timing::Timing::default())
}

/// As [`write_tracks`], with notes that are off the grid.
///
/// # Panics
/// If `tracks` is empty.
#[track_caller]
pub fn write_timed(tracks: &[(&str, &Roll)], timing: &timing::Timing) -> Vec<u8> {
    let (_, first) = tracks.first().expect("a MIDI file of no tracks");
    let length = tracks.iter().map(|(_, roll)| roll.steps()).max().unwrap_or(0);
    let mut smf = Smf::new(Header::new(Format::Parallel, Timing::Metrical((TICKS_PER_BEAT as u16).into())));
    smf.tracks.push(conductor(first, length));
    for (i, (name, roll)) in tracks.iter().enumerate() {
        let times = timing.apply(roll.notes(), melody(i, tracks.len()), 60.0 / roll.tempo / f64::from(STEPS_PER_BEAT));
        smf.tracks.push(piano(name, channel(i), roll, &times));
    }
    let mut bytes = Vec::new();
    smf.write(&mut bytes).expect("a MIDI file in memory is within the format's limits");
    bytes
}

/// Which notes of track `i` are the melody: of several tracks all of the first.
fn melody(i: usize, tracks: usize) -> timing::Melody {
    match (i, tracks) {
        (_, 1) => timing::Melody::Highest,
        (0, _) => timing::Melody::All,
        _ => timing::Melody::None,
    }
}

/// The channel of track `i`: 0 to 15, skipping the drum channel.
fn channel(i: usize) -> u8 {
    let i = (i % 15) as u8;
    if i >= DRUMS { i + 1 } else { i }
}

fn ticks(step: u32) -> u32 {
    step * (TICKS_PER_BEAT / STEPS_PER_BEAT)
}

fn meta(delta: u32, message: MetaMessage<'_>) -> TrackEvent<'_> {
    TrackEvent { delta: delta.into(), kind: TrackEventKind::Meta(message) }
}

fn conductor(roll: &Roll, length: u32) -> Vec<TrackEvent<'static>> {
    let micros = (60e6 / roll.tempo).round().clamp(1.0, f64::from(0xFF_FFFF)) as u32;
    let TimeSignature { beats, unit } = roll.time_signature;
    let mut track = vec![
        meta(0, MetaMessage::Tempo(micros.into())),
        // 24 MIDI clocks per metronome click, 8 thirty-second notes per quarter note: the customary values.
        meta(0, MetaMessage::TimeSignature(beats, unit.trailing_zeros() as u8, 24, 8)),
    ];
    if roll.generated {
        track.push(meta(0, MetaMessage::Text(GENERATED.as_bytes())));
    }
    track.push(meta(ticks(length), MetaMessage::EndOfTrack));
    track
}

/// `times` are those of the roll's notes, in steps.
fn piano<'a>(name: &'a str, channel: u8, roll: &Roll, times: &[[f64; 2]]) -> Vec<TrackEvent<'a>> {
    let midi = |message| TrackEventKind::Midi { channel: channel.into(), message };
    // Releases sort before onsets of the same tick, so that a repeated note is released before its next onset.
    let mut events: Vec<(u32, bool, MidiMessage)> = Vec::with_capacity(2 * roll.notes().len());
    for (note, time) in roll.notes().iter().zip(times) {
        let key = note.pitch.into();
        let [start, end] = time.map(|step| (step * f64::from(ticks(1))).round() as u32);
        events.push((start, true, MidiMessage::NoteOn { key, vel: note.velocity.into() }));
        events.push((end.max(start + 1), false, MidiMessage::NoteOff { key, vel: 0.into() }));
    }
    events.sort_by_key(|&(tick, onset, _)| (tick, onset));
    let mut track = vec![
        meta(0, MetaMessage::TrackName(name.as_bytes())),
        TrackEvent { delta: 0.into(), kind: midi(MidiMessage::ProgramChange { program: 0.into() }) },
    ];
    let mut now = 0;
    for (tick, _, message) in events {
        track.push(TrackEvent { delta: (tick - now).into(), kind: midi(message) });
        now = tick;
    }
    track.push(meta(ticks(roll.steps()).saturating_sub(now), MetaMessage::EndOfTrack));
    track
}
