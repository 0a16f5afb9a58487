//! Bytes of a Standard MIDI file to notes in ticks.

use super::score::{DRUMS, Score, TickNote, Track};
use crate::data::music::roll::TimeSignature;
use midly::{EventIter, MetaMessage, MidiMessage, TrackEvent, TrackEventKind};

/// Reads a Standard MIDI file of type 0 or 1.
///
/// A repeated onset ends the note that still sounds on its pitch. A note that is never released ends with its track.
///
/// # Errors
/// One sentence if the bytes are no MIDI file, truncated, damaged, of type 2, in SMPTE time, without ticks per beat, or have
/// a tempo of zero.
pub fn parse(bytes: &[u8]) -> Result<Score, String> {
    let (format, declared, division, mut rest) = header(bytes)?;
    if format > 1 {
        return Err(format!("is a MIDI file of type {format}, whose tracks share no time; convert it to type 0 or 1"));
    }
    if division & 0x8000 != 0 {
        return Err("counts time in SMPTE frames, so that it has no grid; export it with ticks per beat".into());
    }
    if division == 0 {
        return Err("is damaged: it has 0 ticks per beat".into());
    }
    let mut score =
        Score { ticks_per_beat: division.into(), tracks: Vec::new(), tempos: Vec::new(), time_signatures: Vec::new() };
    while let Some(part) = chunk(rest)? {
        if part.kind == *b"MTrk" {
            track(part.body, &mut score)?;
        }
        rest = part.rest;
    }
    if score.tracks.len() < usize::from(declared) {
        return Err(format!("is cut off: only {} of its {declared} tracks are present", score.tracks.len()));
    }
    score.tempos.sort_by_key(|&(tick, _)| tick);
    score.time_signatures.sort_by_key(|&(tick, _)| tick);
    Ok(score)
}

/// Format, number of tracks, division, and the bytes after the header.
fn header(bytes: &[u8]) -> Result<(u16, u16, u16, &[u8]), String> {
    if !bytes.starts_with(b"MThd") {
        return Err(
            if bytes.is_empty() { "is empty" } else { "is not a MIDI file: it does not begin with MThd" }.into()
        );
    }
    let Chunk { body, rest, .. } = chunk(bytes)?.ok_or("is cut off in its header")?;
    let word = |i: usize| body.get(2 * i..2 * i + 2).map(|w| u16::from_be_bytes([w[0], w[1]]));
    match (word(0), word(1), word(2)) {
        (Some(format), Some(tracks), Some(division)) => Ok((format, tracks, division, rest)),
        _ => Err("is damaged: its header is too short".into()),
    }
}

/// A chunk of a file.
struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
    /// The bytes after it.
    rest: &'a [u8],
}

/// The next chunk; `None` at the end. Fewer than 8 trailing bytes are ignored.
fn chunk(bytes: &[u8]) -> Result<Option<Chunk<'_>>, String> {
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
    let [a, b, c, d, length @ ..] = *head;
    let length = u32::from_be_bytes(length) as usize;
    if length > rest.len() {
        return Err(format!("is cut off: a chunk of {length} bytes has only {}", rest.len()));
    }
    let (body, rest) = rest.split_at(length);
    Ok(Some(Chunk { kind: [a, b, c, d], body, rest }))
}

/// Reads one track into the score.
fn track(body: &[u8], score: &mut Score) -> Result<(), String> {
    let number = score.tracks.len() + 1;
    let mut track = Track::default();
    let mut sounding = Sounding::new();
    let mut now = 0u64;
    let mut ended = false;
    for event in EventIter::new(body) {
        let TrackEvent { delta, kind } = event.map_err(|e| format!("is damaged in track {number}: {e}"))?;
        now += u64::from(delta.as_int());
        match kind {
            TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, vel } } if vel > 0 => {
                sounding.strike(channel.as_int(), key.as_int(), vel.as_int(), now, &mut track.notes);
            }
            TrackEventKind::Midi {
                channel,
                message: MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. },
            } => sounding.release(channel.as_int(), key.as_int(), now, &mut track.notes),
            TrackEventKind::Meta(MetaMessage::Tempo(micros)) => match micros.as_int() {
                0 => return Err(format!("is damaged: its tempo is 0 microseconds per beat at tick {now}")),
                micros => score.tempos.push((now, micros)),
            },
            TrackEventKind::Meta(MetaMessage::TimeSignature(beats, exponent, ..)) => {
                if beats == 0 || exponent > 6 {
                    return Err(format!("is damaged: its time signature at tick {now} is {beats} over 2^{exponent}"));
                }
                score.time_signatures.push((now, TimeSignature { beats, unit: 1 << exponent }));
            }
            TrackEventKind::Meta(MetaMessage::TrackName(name)) if track.name.is_empty() => {
                track.name = String::from_utf8_lossy(name).into_owned();
            }
            TrackEventKind::Meta(MetaMessage::EndOfTrack) => {
                ended = true;
                break;
            }
            _ => {}
        }
    }
    // midly ends the iteration silently at bytes that it cannot parse; only a completely read track reaches its end mark.
    if !ended {
        return Err(format!("is damaged: track {number} has no end-of-track event"));
    }
    sounding.finish(now, &mut track.notes);
    score.tracks.push(track);
    Ok(())
}

/// Notes that currently sound in a track, by channel and pitch.
struct Sounding(Vec<Option<Struck>>);

#[derive(Clone, Copy)]
struct Struck {
    start: u64,
    velocity: u8,
    /// The onset ended a note that still sounded: a release at the same tick belongs to that note.
    repeated: bool,
}

impl Sounding {
    fn new() -> Self {
        Self(vec![None; 16 * 128])
    }

    fn slot(channel: u8, pitch: u8) -> usize {
        usize::from(channel & 15) << 7 | usize::from(pitch & 127)
    }

    fn strike(&mut self, channel: u8, pitch: u8, velocity: u8, now: u64, notes: &mut Vec<TickNote>) {
        let slot = Self::slot(channel, pitch);
        let repeated = self.0[slot].is_some();
        self.end(slot, now, notes);
        self.0[slot] = Some(Struck { start: now, velocity, repeated });
    }

    fn release(&mut self, channel: u8, pitch: u8, now: u64, notes: &mut Vec<TickNote>) {
        let slot = Self::slot(channel, pitch);
        match &mut self.0[slot] {
            Some(struck) if struck.repeated && struck.start == now => struck.repeated = false,
            _ => self.end(slot, now, notes),
        }
    }

    fn finish(&mut self, now: u64, notes: &mut Vec<TickNote>) {
        (0..self.0.len()).for_each(|slot| self.end(slot, now, notes));
    }

    fn end(&mut self, slot: usize, now: u64, notes: &mut Vec<TickNote>) {
        if let Some(Struck { start, velocity, .. }) = self.0[slot].take() {
            let (channel, pitch) = ((slot >> 7) as u8, (slot & 127) as u8);
            notes.push(TickNote { start, end: now, pitch, velocity, drum: channel == DRUMS });
        }
    }
}
