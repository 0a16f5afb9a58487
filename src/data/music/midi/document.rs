//! A MIDI file with every event, to be changed in places and written back.

use std::collections::HashMap;

use super::bytes::{Bytes, push_number};
use super::chunks::{Extent, Header};
use super::events::{Event, Events};
use super::read::{END_OF_TRACK, parse};
use super::score::{Score, TickNote};
use super::sounding::Sounding;

/// Largest number of variable length: 28 bits.
const LONGEST_DELTA: u64 = 0x0FFF_FFFF;
/// Velocity of a release where none is known.
const RELEASE_VELOCITY: u8 = 64;

/// An event at a tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TickEvent {
    /// Ticks from the start of the file.
    pub tick: u64,
    /// The event with its status, without running status.
    pub bytes: Vec<u8>,
}

impl TickEvent {
    /// A meta event.
    pub fn meta(tick: u64, kind: u8, data: &[u8]) -> Self {
        let mut bytes = vec![0xFF, kind];
        push_number(&mut bytes, data.len() as u64);
        bytes.extend_from_slice(data);
        Self { tick, bytes }
    }

    /// The channel of a channel event, 0 to 15.
    pub fn channel(&self) -> Option<u8> {
        let status = *self.bytes.first()?;
        (0x80..0xF0).contains(&status).then_some(status & 0x0F)
    }

    fn is_end(&self) -> bool {
        self.bytes.starts_with(&[0xFF, END_OF_TRACK])
    }
}

/// A note of a document, with the events that begin and end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentNote {
    /// Index of its track.
    pub track: usize,
    /// Its channel, 0 to 15.
    pub channel: u8,
    /// Ticks, pitch and velocity.
    pub note: TickNote,
    /// Index of its onset among the track's events.
    on: usize,
    /// Index of its release, if it has one.
    off: Option<usize>,
    /// Index of the onset of the same pitch that ends it, if there is one.
    cut_by: Option<usize>,
}

/// The events of a MIDI file, track by track.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The notes as they are read, with tempi and time signatures.
    pub score: Score,
    /// Sorted by tick.
    pub tracks: Vec<Vec<TickEvent>>,
    /// The notes of all tracks. An event that belongs to none of them is not the beginning or end of a note.
    pub notes: Vec<DocumentNote>,
    /// The type of the file.
    format: u16,
}

impl Document {
    /// Reads a file. Its notes are those of [`parse`], with the same ticks.
    ///
    /// # Errors
    /// As [`parse`], and if the file is cut off, since what is missing cannot be kept.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        let score = parse(file)?;
        if let Some(reason) = score.cut_off {
            return Err(format!("{reason}; export it again, since only a whole file can be kept event by event"));
        }
        let header = Header::read(file)?;
        let mut document = Self { tracks: Vec::new(), notes: Vec::new(), format: header.format, score };
        let mut at = header.next;
        while document.tracks.len() < document.score.tracks.len()
            && let Some(extent) = Extent::next(file, at)
        {
            let ended = document.read_track(file, &extent);
            at = extent.after(file, ended);
        }
        Ok(document)
    }

    /// Reads the events of a track. Returns the offset after its end-of-track event, if it has one.
    fn read_track(&mut self, file: &[u8], extent: &Extent) -> Option<usize> {
        let mut events = Events::new(Bytes::new(file, extent.start, extent.end));
        let (mut track, mut now, mut ended) = (Vec::new(), 0u64, None);
        let mut pairing = Pairing::new();
        // `parse` has refused what are no events.
        while let (None, Ok(Some((delta, event, bytes)))) = (ended, events.next_with_bytes()) {
            now = now.saturating_add(delta);
            pairing.event(event, now, track.len());
            track.push(TickEvent { tick: now, bytes });
            ended = matches!(event, Event::Meta(END_OF_TRACK, _)).then(|| events.at());
        }
        let number = self.tracks.len();
        // The notes are in the order of the score, whose ends of notes without a release are those of the whole file.
        let read = &self.score.tracks[number].notes;
        let notes = pairing.finish().into_iter().zip(read).map(|(pair, &note)| DocumentNote {
            track: number,
            channel: pair.channel,
            note,
            on: pair.on,
            off: pair.off,
            cut_by: pair.cut_by,
        });
        self.notes.extend(notes);
        self.tracks.push(track);
        ended
    }

    /// The bytes of the file without the notes that `is_removed` accepts, and with another track if there is one. A note that a
    /// removed one ended keeps its end: a release takes the place of the onset.
    ///
    /// # Errors
    /// One sentence if there are 2^28 ticks or more between two events, or more tracks than a file can have.
    pub fn write(
        &self,
        is_removed: impl Fn(&DocumentNote) -> bool,
        added: Option<Vec<TickEvent>>,
    ) -> Result<Vec<u8>, String> {
        // A file of type 0 has one track.
        let format = if added.is_some() { 1 } else { self.format };
        let mut tracks = self.without(is_removed);
        tracks.extend(added);
        let too_far = |events: &Vec<TickEvent>| {
            let ticks = || events.iter().map(|event| event.tick);
            std::iter::once(0).chain(ticks()).zip(ticks()).any(|(from, to)| to - from > LONGEST_DELTA)
        };
        if tracks.iter().any(too_far) {
            return Err("has a rest of more than 268,435,455 ticks, which cannot be written".into());
        }
        let count = u16::try_from(tracks.len());
        let count = count.map_err(|_| format!("has {} tracks, to which none can be added", u16::MAX))?;
        let division = self.score.ticks_per_beat as u16;
        let mut bytes = b"MThd\0\0\0\x06".to_vec();
        [format, count, division].iter().for_each(|word| bytes.extend(word.to_be_bytes()));
        tracks.iter().for_each(|track| push_track(&mut bytes, track));
        Ok(bytes)
    }

    /// The events of all tracks without some notes.
    fn without(&self, is_removed: impl Fn(&DocumentNote) -> bool) -> Vec<Vec<TickEvent>> {
        let mut tracks: Vec<Vec<Option<TickEvent>>> =
            self.tracks.iter().map(|track| track.iter().cloned().map(Some).collect()).collect();
        let (removed, kept): (Vec<&DocumentNote>, Vec<_>) = self.notes.iter().partition(|note| is_removed(note));
        for note in removed {
            [Some(note.on), note.off].into_iter().flatten().for_each(|event| tracks[note.track][event] = None);
        }
        for note in kept.into_iter().filter(|note| note.off.is_none()) {
            if let Some(event) = note.cut_by.and_then(|event| tracks[note.track].get_mut(event))
                && event.is_none()
            {
                let bytes = vec![0x80 | note.channel, note.note.pitch, RELEASE_VELOCITY];
                *event = Some(TickEvent { tick: note.note.end, bytes });
            }
        }
        tracks.into_iter().map(|track| track.into_iter().flatten().collect()).collect()
    }
}

/// Appends a track, with an end if it has none.
fn push_track(bytes: &mut Vec<u8>, events: &[TickEvent]) {
    bytes.extend(b"MTrk\0\0\0\0");
    let (start, mut now) = (bytes.len(), 0);
    let last = events.last().map_or(0, |event| event.tick);
    let end = (!events.last().is_some_and(TickEvent::is_end)).then(|| TickEvent::meta(last, END_OF_TRACK, &[]));
    for event in events.iter().chain(&end) {
        push_number(bytes, event.tick - now);
        bytes.extend_from_slice(&event.bytes);
        now = event.tick;
    }
    let length = (bytes.len() - start) as u32;
    bytes[start - 4..start].copy_from_slice(&length.to_be_bytes());
}

/// Pairs onsets with releases while the events of a track are read, by the rules of [`Sounding`].
struct Pairing {
    sounding: Sounding,
    /// The notes that have ended, in the order of the score.
    ended: Vec<TickNote>,
    pairs: Vec<Pair>,
    /// The onset that sounds on each channel and pitch.
    onsets: HashMap<(u8, u8), usize>,
    /// The note that the latest onset of a channel and pitch cut, and when.
    cuts: HashMap<(u8, u8), (usize, u64)>,
}

/// The events of a note.
struct Pair {
    channel: u8,
    on: usize,
    off: Option<usize>,
    cut_by: Option<usize>,
}

impl Pairing {
    fn new() -> Self {
        Self {
            sounding: Sounding::new(),
            ended: Vec::new(),
            pairs: Vec::new(),
            onsets: HashMap::new(),
            cuts: HashMap::new(),
        }
    }

    /// Takes event number `index` of a track, at tick `now`.
    fn event(&mut self, event: Event<'_>, now: u64, index: usize) {
        match event {
            Event::On { channel, pitch, velocity } => {
                self.sounding.strike(channel, pitch, velocity, now, &mut self.ended);
                let before = self.onsets.insert((channel, pitch), index);
                if let Some(on) = before {
                    self.cuts.insert((channel, pitch), (self.pairs.len(), now));
                    self.pairs.push(Pair { channel, on, off: None, cut_by: Some(index) });
                }
            }
            Event::Off { channel, pitch } => {
                let count = self.ended.len();
                self.sounding.release(channel, pitch, now, &mut self.ended);
                if self.ended.len() > count {
                    let on = self.onsets.remove(&(channel, pitch)).expect("a note that ends has begun");
                    self.pairs.push(Pair { channel, on, off: Some(index), cut_by: None });
                } else if let Some((cut, _)) = self.cuts.remove(&(channel, pitch)).filter(|&(_, at)| at == now) {
                    // The release after the next onset of the same tick belongs to the note before it.
                    self.pairs[cut].off = Some(index);
                }
            }
            Event::Meta(..) | Event::Other => {}
        }
    }

    /// The events of all notes, those without a release last.
    fn finish(mut self) -> Vec<Pair> {
        let mut unreleased: Vec<_> = self.onsets.into_iter().collect();
        unreleased.sort_unstable();
        let pair = |((channel, _), on)| Pair { channel, on, off: None, cut_by: None };
        self.pairs.extend(unreleased.into_iter().map(pair));
        self.pairs
    }
}
