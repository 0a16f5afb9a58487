//! Music to test with: random rolls, and MIDI files written event by event.

use flocoder::data::music::roll::{Note, Roll, TimeSignature};
use flocoder::rng::Philox;
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

/// 200 random notes, with a random time signature and tempo.
pub fn random_roll(seed: u64, steps: u32, velocities: std::ops::RangeInclusive<i32>) -> Roll {
    let mut rng = Philox::new(seed, 0);
    let random_note = |_| Note {
        start: rng.below(steps as usize) as u32,
        duration: rng.between(1, 24) as u32,
        pitch: rng.between(0, 127) as u8,
        velocity: rng.between(*velocities.start(), *velocities.end()) as u8,
    };
    let notes = (0..200).map(random_note).collect();
    let time_signature = TimeSignature { beats: rng.between(2, 7) as u8, unit: 4 };
    Roll::new(steps, notes).with_time(60e6 / f64::from(rng.between(200_000, 1_500_000)), time_signature)
}

/// Start, end and pitch of each note.
pub fn ends(notes: &[Note]) -> Vec<(u32, u32, u8)> {
    notes.iter().map(|n| (n.start, n.end(), n.pitch)).collect()
}

/// A MIDI file of 480 ticks per beat: one track of (tick, event), which need not be sorted.
pub fn file(mut events: Vec<(u32, TrackEventKind<'static>)>) -> Vec<u8> {
    events.sort_by_key(|(tick, _)| *tick);
    let mut smf = Smf::new(Header::new(Format::SingleTrack, Timing::Metrical(480.into())));
    let mut now = 0;
    let mut track = Vec::new();
    for (tick, kind) in events {
        track.push(TrackEvent { delta: (tick - now).into(), kind });
        now = tick;
    }
    track.push(TrackEvent { delta: 0.into(), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    smf.tracks.push(track);
    let mut bytes = Vec::new();
    smf.write(&mut bytes).unwrap();
    bytes
}

/// A key goes down.
pub fn on(channel: u8, key: u8) -> TrackEventKind<'static> {
    let message = MidiMessage::NoteOn { key: key.into(), vel: 90.into() };
    TrackEventKind::Midi { channel: channel.into(), message }
}

/// A key goes up.
pub fn off(channel: u8, key: u8) -> TrackEventKind<'static> {
    let message = MidiMessage::NoteOff { key: key.into(), vel: 0.into() };
    TrackEventKind::Midi { channel: channel.into(), message }
}

/// A file with one note per (start, end, pitch) in ticks.
pub fn notes(ticks: &[(u32, u32, u8)]) -> Vec<u8> {
    file(ticks.iter().flat_map(|&(start, end, key)| [(start, on(0, key)), (end, off(0, key))]).collect())
}
