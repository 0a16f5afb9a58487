//! The track of new notes: its channel, program, markers and events.

use super::bar_list::BarList;
use super::song_file::{SongFile, SongNote};
use crate::data::music::key;
use crate::data::music::midi::TickEvent;
use crate::data::music::roll::{DEFAULT_VELOCITY, GENERATED, Note, STEPS_PER_BEAT};
use crate::data::music::timing::{Melody, Timing};

/// Its name; a second one in the same song is `flocoder 2`.
pub const NAME: &str = "flocoder";
/// Types of meta events.
const TEXT: u8 = 0x01;
const TRACK_NAME: u8 = 0x03;
const MARKER: u8 = 0x06;
const KEY_SIGNATURE: u8 = 0x59;
/// Status of channel events.
const ON: u8 = 0x90;
const OFF: u8 = 0x80;
const PROGRAM: u8 = 0xC0;
/// The drum channel, counted from 0.
const DRUMS: u8 = 9;
/// Sharps (or, below 0, flats) of the major key on each pitch class.
const SHARPS: [i8; key::COUNT] = [0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5];
/// Bars around the written ones whose mean velocity new notes have, if the network writes none.
const NEAR: usize = 4;

/// What the track is made of.
#[derive(Clone, Copy)]
pub struct NewTrack<'a> {
    /// The song.
    pub song: &'a SongFile,
    /// The bars that a network has written, which get markers.
    pub bars: &'a BarList,
    /// Whether a note of the song is taken out.
    pub is_taken: &'a dyn Fn(&SongNote) -> bool,
    /// The new notes, in steps of the song.
    pub notes: &'a [Note],
    /// The key signature to write if the song has none, as that of the major scale.
    pub key: Option<usize>,
    /// When the new notes sound.
    pub timing: &'a Timing,
}

impl NewTrack<'_> {
    /// Its events.
    pub fn events(&self) -> Vec<TickEvent> {
        let document = &self.song.document;
        let mut events = vec![TickEvent::meta(0, TRACK_NAME, self.name().as_bytes())];
        events.push(TickEvent::meta(0, TEXT, GENERATED.as_bytes()));
        let has_key = || document.tracks.iter().flatten().any(|event| event.bytes.starts_with(&[0xFF, KEY_SIGNATURE]));
        if let Some(key) = self.key.filter(|_| !has_key()) {
            events.push(TickEvent::meta(0, KEY_SIGNATURE, &[SHARPS[key].to_be_bytes()[0], 0]));
        }
        let free = free_channel(document.tracks.iter().flatten());
        let channel = free.unwrap_or_else(|| self.model().0);
        if free.is_some() {
            events.push(TickEvent { tick: 0, bytes: vec![PROGRAM | channel, self.model().1] });
        }
        for (first, last) in self.bars.runs() {
            let text = if first == last {
                format!("{NAME}: bar {}", first + 1)
            } else {
                format!("{NAME}: bars {}-{}", first + 1, last + 1)
            };
            let start = self.song.columns().bar(first).start;
            events.push(TickEvent::meta(self.song.grid.tick(start.into()), MARKER, text.as_bytes()));
        }
        let velocity = self.velocity();
        let step = 60.0 / self.song.grid.tempo / f64::from(STEPS_PER_BEAT);
        for (note, time) in self.notes.iter().zip(self.timing.apply(self.notes, Melody::Highest, step)) {
            let Some((start, end)) = self.ticks(note, time, channel) else { continue };
            events.push(TickEvent {
                tick: start,
                bytes: vec![ON | channel, note.pitch, velocity.unwrap_or(note.velocity)],
            });
            events.push(TickEvent { tick: end, bytes: vec![OFF | channel, note.pitch, 0] });
        }
        // A repeated note is released before its next onset.
        events.sort_by_key(|event| (event.tick, event.bytes[0] & 0xF0 == ON));
        events
    }

    fn name(&self) -> String {
        let is_taken = |name: &String| self.song.document.score.tracks.iter().any(|track| track.name.is(name));
        let numbered = (2..).map(|number| format!("{NAME} {number}"));
        std::iter::once(NAME.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
    }

    /// The channel of most notes that are taken out, or else of most of all, and its program at the first written bar. The program is
    /// that of a piano if these notes have several.
    fn model(&self) -> (u8, u8) {
        let channels = |is_taken: bool| {
            let mut counts = [0usize; 16];
            let notes = self.song.notes().iter().filter(|note| !is_taken || (self.is_taken)(note));
            notes.for_each(|note| counts[usize::from(note.event.channel)] += 1);
            counts
        };
        let of_taken = channels(true);
        let counts = if of_taken.iter().any(|&count| count > 0) { of_taken } else { channels(false) };
        let most = (0..16).rev().max_by_key(|&channel| counts[channel]).unwrap_or(0);
        let first = self.bars.bars().first().map_or(0, |&bar| self.song.columns().bar(bar).start);
        let program = |channel: usize| self.program(channel as u8, self.song.grid.tick(first.into()));
        let used = (0..16).filter(|&channel| counts[channel] > 0);
        let is_one = used.map(program).collect::<std::collections::BTreeSet<_>>().len() == 1;
        (most as u8, if is_one { program(most) } else { 0 })
    }

    /// The program of a channel at a tick; that of a piano if none was chosen.
    fn program(&self, channel: u8, tick: u64) -> u8 {
        let events = self.song.document.tracks.iter().flatten();
        let changes = events.filter(|event| event.tick <= tick && event.bytes[0] == PROGRAM | channel);
        changes.max_by_key(|event| event.tick).and_then(|event| event.bytes.get(1)).map_or(0, |program| program & 0x7F)
    }

    /// The velocity of all notes if the network has written none: the mean of the song's notes in the bars and near them.
    fn velocity(&self) -> Option<u8> {
        if self.notes.iter().any(|note| note.velocity != DEFAULT_VELOCITY) {
            return None;
        }
        let (columns, bars) = (self.song.columns(), self.bars.bars());
        let (first, last) = (*bars.first()?, *bars.last()?);
        let span =
            columns.bar(first.saturating_sub(NEAR)).start..columns.bar((last + NEAR).min(columns.bars() - 1)).end;
        let near = self.song.notes().iter().filter(|note| span.contains(&note.note.start));
        let (count, sum) = near.fold((0, 0), |(count, sum), note| (count + 1, sum + u32::from(note.note.velocity)));
        Some((sum + count / 2).checked_div(count).map_or(DEFAULT_VELOCITY, |mean| mean as u8))
    }

    /// First tick and end of a note, cut before the next note of the song on its channel and pitch; `None` if one sounds there.
    fn ticks(&self, note: &Note, [start, end]: [f64; 2], channel: u8) -> Option<(u64, u64)> {
        let grid = &self.song.grid;
        let start = grid.tick(start);
        let mut end = grid.tick(end).max(start + 1);
        let kept = self.song.notes().iter().filter(|kept| !(self.is_taken)(kept)).map(|kept| kept.event);
        for kept in kept.filter(|kept| (kept.channel, kept.note.pitch) == (channel, note.pitch)) {
            match kept.note.start {
                from if from > start => end = end.min(from),
                from if from == start || kept.note.end > start => return None,
                _ => {}
            }
        }
        Some((start, end))
    }
}

/// The first channel that no event uses, other than that of drums.
fn free_channel<'a>(events: impl Iterator<Item = &'a TickEvent>) -> Option<u8> {
    let mut used = [false; 16];
    used[usize::from(DRUMS)] = true;
    events.filter_map(TickEvent::channel).for_each(|channel| used[usize::from(channel)] = true);
    (0..16).find(|&channel| !used[usize::from(channel)])
}
