//! Bytes of a Standard MIDI file to notes in ticks.

use super::bytes::Bytes;
use super::chunks::{Extent, Header, breaks_off};
use super::events::{Break, Event, Events};
use super::names::Name;
use super::score::{Score, TickNote, Track};
use super::sounding::Sounding;
use crate::data::music::roll::{GENERATED, TimeSignature};

/// Number of tracks that a header can count. More are not read.
const MOST_TRACKS: usize = u16::MAX as usize;
/// Length of an end-of-track event with its delta: where no more is missing, no note is.
const LENGTH_OF_END: usize = 4;
/// Types of meta events.
const TEXT: u8 = 0x01;
const TRACK_NAME: u8 = 0x03;
pub(super) const END_OF_TRACK: u8 = 0x2F;
const TEMPO: u8 = 0x51;
const TIME_SIGNATURE: u8 = 0x58;

/// Reads a Standard MIDI file of type 0 or 1, or of type 2 with a single track, on its own or in a RIFF container.
///
/// A repeated onset ends the note that still sounds on its pitch. A note that is never released ends with the last onset or
/// release of the file, or a bar of 4/4 after its onset if that is later, but not after its track. Of a file that is cut off, the
/// notes before the cut are read, and [`Score::cut_off`] is set. Wrong lengths and counts, meta events without a valid value and
/// bytes after the last track are ignored.
///
/// # Errors
/// One sentence, with the offset, if the bytes are no MIDI file, hold no track, a track is not made of events, the file is of type
/// 2 with several tracks, in SMPTE time or without ticks per beat, or if no note precedes the end of a file that is cut off.
pub fn parse(file: &[u8]) -> Result<Score, String> {
    let header = Header::read(file)?;
    let at = header.division_at;
    if header.division & 0x8000 != 0 {
        return Err(format!(
            "counts time in SMPTE frames (byte {at}), so that it has no grid; export it with ticks per beat"
        ));
    }
    if header.division == 0 {
        return Err(format!("is damaged at byte {at}: expected the number of ticks per beat, found 0"));
    }
    let mut reading = Reading::new(header.division.into());
    let mut at = header.next;
    while reading.tracks.len() < MOST_TRACKS
        && let Some(extent) = Extent::next(file, at)
    {
        let ended = reading.track(file, &extent)?;
        at = extent.after(file, ended);
    }
    let read = reading.tracks.len();
    if header.format >= 2 && read > 1 {
        return Err(format!(
            "is a MIDI file of type {}, whose {read} tracks share no time; convert it to type 0 or 1",
            header.format
        ));
    }
    if breaks_off(file, at) {
        reading.cut_off(file.len(), read + 1, "expected a track");
    }
    let score = reading.finish();
    if score.tracks.iter().any(|track| !track.notes.is_empty()) {
        return Ok(score);
    }
    match score.cut_off {
        Some(reason) => Err(format!("{reason}; no note precedes it")),
        None if read < header.tracks => Err(format!(
            "has only {read} of its {} tracks, and no notes: expected a track (MTrk) at byte {at}",
            header.tracks
        )),
        None if read == 0 => Err(format!("has no tracks: expected a track (MTrk) at byte {at}")),
        None => Ok(score),
    }
}

/// A score while its tracks are read.
struct Reading {
    ticks_per_beat: u32,
    tracks: Vec<Track>,
    /// Notes that were never released, with the number of their track. Each ends with its track for now.
    unreleased: Vec<(usize, TickNote)>,
    sounding: Sounding,
    tempos: Vec<(u64, u32)>,
    time_signatures: Vec<(u64, TimeSignature)>,
    generated: bool,
    cut_off: Option<String>,
    /// Tick of the last onset or release.
    last: u64,
}

impl Reading {
    fn new(ticks_per_beat: u32) -> Self {
        Self {
            ticks_per_beat,
            tracks: Vec::new(),
            unreleased: Vec::new(),
            sounding: Sounding::new(),
            tempos: Vec::new(),
            time_signatures: Vec::new(),
            generated: false,
            cut_off: None,
            last: 0,
        }
    }

    fn cut_off(&mut self, at: usize, track: usize, expected: &str) {
        self.cut_off.get_or_insert_with(|| format!("is cut off at byte {at}, in track {track}: {expected}"));
    }

    /// Reads one track. Returns the offset after its end-of-track event, if it has one.
    fn track(&mut self, file: &[u8], extent: &Extent) -> Result<Option<usize>, String> {
        let number = self.tracks.len() + 1;
        let mut events = Events::new(Bytes::new(file, extent.start, extent.end));
        let (mut track, mut now) = (Track::default(), 0u64);
        let mut ended = None;
        while ended.is_none() {
            let (delta, event) = match events.next() {
                Ok(Some(event)) => event,
                Ok(None) => {
                    if extent.missing > LENGTH_OF_END {
                        self.cut_off(extent.end, number, &format!("expected {} bytes more", extent.missing));
                    }
                    break;
                }
                Err(Break::CutOff) => {
                    let expected = format!("expected the rest of the event at byte {}", events.at());
                    self.cut_off(extent.end, number, &expected);
                    break;
                }
                Err(Break::NoStatus { at, found }) => {
                    return Err(format!(
                        "is damaged in track {number} at byte {at}: expected the status byte of an event (128 to 255), \
                         found {found}"
                    ));
                }
            };
            now = now.saturating_add(delta);
            self.event(event, now, &mut track);
            ended = matches!(event, Event::Meta(END_OF_TRACK, _)).then(|| events.at());
        }
        self.unreleased.extend(self.sounding.unreleased(now).into_iter().map(|note| (self.tracks.len(), note)));
        self.tracks.push(track);
        Ok(ended)
    }

    fn event(&mut self, event: Event<'_>, now: u64, track: &mut Track) {
        match event {
            Event::On { channel, pitch, velocity } => {
                self.sounding.strike(channel, pitch, velocity, now, &mut track.notes);
                self.last = self.last.max(now);
            }
            Event::Off { channel, pitch } => {
                self.sounding.release(channel, pitch, now, &mut track.notes);
                self.last = self.last.max(now);
            }
            Event::Meta(TEMPO, &[a, b, c]) if [a, b, c] != [0; 3] => {
                self.tempos.push((now, u32::from_be_bytes([0, a, b, c])));
            }
            Event::Meta(TIME_SIGNATURE, &[beats, exponent, ..]) => {
                self.time_signatures.extend(TimeSignature::of_exponent(beats, exponent).map(|t| (now, t)));
            }
            Event::Meta(TRACK_NAME, name) if track.name.as_str().is_empty() => track.name = Name::decode(name),
            Event::Meta(TEXT, text) => self.generated |= text == GENERATED.as_bytes(),
            Event::Meta(..) | Event::Other => {}
        }
    }

    fn finish(mut self) -> Score {
        let bar = 4 * u64::from(self.ticks_per_beat);
        for (track, note) in self.unreleased {
            let end = note.end.min(self.last.max(note.start.saturating_add(bar)));
            self.tracks[track].notes.push(TickNote { end, ..note });
        }
        self.tempos.sort_by_key(|&(tick, _)| tick);
        self.time_signatures.sort_by_key(|&(tick, _)| tick);
        Score {
            ticks_per_beat: self.ticks_per_beat,
            tracks: self.tracks,
            tempos: self.tempos,
            time_signatures: self.time_signatures,
            generated: self.generated,
            cut_off: self.cut_off,
        }
    }
}
