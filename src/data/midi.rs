//! Standard MIDI files: bytes to notes in ticks, and rolls to bytes.

use super::roll::{Roll, STEPS_PER_BEAT, TimeSignature};
use midly::{EventIter, Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

/// Ticks per quarter note in the files that are written.
pub const TICKS_PER_BEAT: u32 = 480;
/// How many names of tracks a message quotes, and how many letters of each.
const NAMED: usize = 40;
/// The channel of drums, counted from 0.
const DRUMS: u8 = 9;

/// What a MIDI file holds, as far as a piano roll needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Ticks per quarter note, at least 1.
    pub ticks_per_beat: u32,
    /// The tracks in the file's order, those without notes too.
    pub tracks: Vec<Track>,
    /// (tick, microseconds per quarter note), by tick; empty means 120 beats per minute.
    pub tempos: Vec<(u64, u32)>,
    /// (tick, time signature), by tick; empty means 4/4.
    pub metres: Vec<(u64, TimeSignature)>,
}

/// A track of a [`Score`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// Its name, empty where the file gives none.
    pub name: String,
    /// Its notes, in the order in which they end.
    pub notes: Vec<TickNote>,
}

/// A note measured in ticks from the file's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickNote {
    /// When it begins.
    pub start: u64,
    /// When it ends, not before its start.
    pub end: u64,
    /// MIDI pitch, 0..=127.
    pub pitch: u8,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
    /// On the drum channel.
    pub drum: bool,
}

/// Which notes of a score are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Track names, upper or lower case; none means all tracks.
    pub tracks: Vec<String>,
    /// The drum channel too.
    pub drums: bool,
}

impl Score {
    /// The notes of the selected tracks, merged.
    ///
    /// # Errors
    /// If none of the named tracks is there, or the selection holds no note.
    pub fn notes(&self, selection: &Selection) -> Result<Vec<TickNote>, String> {
        let wanted = |track: &&Track| {
            selection.tracks.is_empty() || selection.tracks.iter().any(|t| t.eq_ignore_ascii_case(track.name.trim()))
        };
        let tracks: Vec<&Track> = self.tracks.iter().filter(wanted).collect();
        if tracks.is_empty() {
            let names = self.tracks.iter().map(|t| t.name.trim()).filter(|n| !n.is_empty());
            let there: Vec<String> = names.take(NAMED).map(|n| n.chars().take(NAMED).collect()).collect();
            return Err(format!(
                "has no track named {}; its tracks are: {}",
                selection.tracks.join(" or "),
                if there.is_empty() { "all unnamed".into() } else { there.join(", ") }
            ));
        }
        let all = || tracks.iter().flat_map(|t| t.notes.iter().copied());
        let notes: Vec<TickNote> = all().filter(|n| selection.drums || !n.drum).collect();
        match (notes.is_empty(), all().next()) {
            (false, _) => Ok(notes),
            (true, Some(_)) => Err("holds no notes but drums, which are read only with data.drums".into()),
            (true, None) => Err("holds no notes".into()),
        }
    }
}

/// Reads a Standard MIDI file of type 0 or 1.
///
/// A note that is struck again while it sounds ends there; one that is never released ends with its track.
///
/// # Errors
/// One sentence on what is wrong: no MIDI file, cut off, damaged, of type 2, in SMPTE time, no ticks, a tempo of zero.
pub fn parse(bytes: &[u8]) -> Result<Score, String> {
    let (format, declared, division, mut rest) = header(bytes)?;
    if format > 1 {
        return Err(format!("is a MIDI file of type {format}, which has no common time; only types 0 and 1 are read"));
    }
    if division & 0x8000 != 0 {
        return Err("counts time in SMPTE frames, not in beats, so that it has no grid".into());
    }
    if division == 0 {
        return Err("is damaged: it has 0 ticks per beat".into());
    }
    let mut score =
        Score { ticks_per_beat: division.into(), tracks: Vec::new(), tempos: Vec::new(), metres: Vec::new() };
    while let Some(part) = chunk(rest)? {
        if part.kind == *b"MTrk" {
            track(part.body, &mut score)?;
        }
        rest = part.rest;
    }
    if score.tracks.len() < usize::from(declared) {
        return Err(format!("is cut off: {} of its {declared} tracks are there", score.tracks.len()));
    }
    score.tempos.sort_by_key(|&(tick, _)| tick);
    score.metres.sort_by_key(|&(tick, _)| tick);
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

/// One part of a file.
struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
    /// What follows it.
    rest: &'a [u8],
}

/// The next chunk; `None` at the end. Fewer than 8 bytes at the end are no chunk.
fn chunk(bytes: &[u8]) -> Result<Option<Chunk<'_>>, String> {
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
    let [a, b, c, d, length @ ..] = *head;
    let length = u32::from_be_bytes(length) as usize;
    if length > rest.len() {
        return Err(format!("is cut off: a part of {length} bytes has only {}", rest.len()));
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
            TrackEventKind::Meta(MetaMessage::TimeSignature(beats, power, ..)) => {
                if beats == 0 || power > 6 {
                    return Err(format!("is damaged: its time signature at tick {now} is {beats} over 2^{power}"));
                }
                score.metres.push((now, TimeSignature { beats, unit: 1 << power }));
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
    // The event reader stops without a word at bytes that it cannot read; a track that it read whole says that it ends.
    if !ended {
        return Err(format!("is damaged: track {number} breaks off before its end-of-track mark"));
    }
    sounding.finish(now, &mut track.notes);
    score.tracks.push(track);
    Ok(())
}

/// The notes that sound at one moment of a track, by channel and pitch.
struct Sounding(Vec<Option<Struck>>);

#[derive(Clone, Copy)]
struct Struck {
    start: u64,
    velocity: u8,
    /// It ended a note that still sounded: a release at the same tick means that one.
    again: bool,
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
        let again = self.0[slot].is_some();
        self.end(slot, now, notes);
        self.0[slot] = Some(Struck { start: now, velocity, again });
    }

    fn release(&mut self, channel: u8, pitch: u8, now: u64, notes: &mut Vec<TickNote>) {
        let slot = Self::slot(channel, pitch);
        match &mut self.0[slot] {
            Some(struck) if struck.again && struck.start == now => struck.again = false,
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

/// A roll as a type-1 MIDI file with one piano track.
pub fn write(roll: &Roll) -> Vec<u8> {
    write_tracks(&[("PIANO", roll)])
}

/// A type-1 MIDI file of 480 ticks per quarter note: a track with tempo and time signature (the first roll's), then one
/// piano track per (name, roll).
///
/// # Panics
/// If there is no roll.
#[track_caller]
pub fn write_tracks(tracks: &[(&str, &Roll)]) -> Vec<u8> {
    let (_, first) = tracks.first().expect("a MIDI file of no tracks");
    let length = tracks.iter().map(|(_, roll)| roll.steps()).max().unwrap_or(0);
    let mut smf = Smf::new(Header::new(Format::Parallel, Timing::Metrical((TICKS_PER_BEAT as u16).into())));
    smf.tracks.push(conductor(first, length));
    smf.tracks.extend(tracks.iter().enumerate().map(|(i, (name, roll))| piano(name, channel(i), roll)));
    let mut bytes = Vec::new();
    smf.write(&mut bytes).expect("a MIDI file in memory is within the format's limits");
    bytes
}

/// The channel of the i-th track: 0 to 15 without the drums.
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
    let TimeSignature { beats, unit } = roll.metre;
    vec![
        meta(0, MetaMessage::Tempo(micros.into())),
        // 24 MIDI clocks per metronome click, 8 thirty-seconds per quarter note: the customary values.
        meta(0, MetaMessage::TimeSignature(beats, unit.trailing_zeros() as u8, 24, 8)),
        meta(ticks(length), MetaMessage::EndOfTrack),
    ]
}

fn piano<'a>(name: &'a str, channel: u8, roll: &Roll) -> Vec<TrackEvent<'a>> {
    let midi = |message| TrackEventKind::Midi { channel: channel.into(), message };
    // Releases sort before strikes of the same step, so that a repeated note is let go before it is struck again.
    let mut events: Vec<(u32, bool, MidiMessage)> = Vec::with_capacity(2 * roll.notes().len());
    for note in roll.notes() {
        let key = note.pitch.into();
        events.push((note.start, true, MidiMessage::NoteOn { key, vel: note.velocity.into() }));
        events.push((note.end(), false, MidiMessage::NoteOff { key, vel: 0.into() }));
    }
    events.sort_by_key(|&(step, strike, _)| (step, strike));
    let mut track = vec![
        meta(0, MetaMessage::TrackName(name.as_bytes())),
        TrackEvent { delta: 0.into(), kind: midi(MidiMessage::ProgramChange { program: 0.into() }) },
    ];
    let mut now = 0;
    for (step, _, message) in events {
        track.push(TrackEvent { delta: ticks(step - now).into(), kind: midi(message) });
        now = step;
    }
    track.push(meta(ticks(roll.steps() - now), MetaMessage::EndOfTrack));
    track
}
