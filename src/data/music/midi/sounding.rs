//! From onsets and releases to notes.

use super::score::{DRUMS, TickNote};

/// Notes that currently sound in a track, by channel and pitch.
pub(super) struct Sounding {
    slots: Vec<Option<Struck>>,
    /// Number of slots that are taken.
    count: usize,
}

#[derive(Clone, Copy)]
struct Struck {
    start: u64,
    velocity: u8,
    /// The onset ended a note that still sounded: a release at the same tick belongs to that note.
    repeated: bool,
}

impl Sounding {
    pub fn new() -> Self {
        Self { slots: vec![None; 16 * 128], count: 0 }
    }

    fn slot(channel: u8, pitch: u8) -> usize {
        usize::from(channel & 15) << 7 | usize::from(pitch & 127)
    }

    pub fn strike(&mut self, channel: u8, pitch: u8, velocity: u8, now: u64, notes: &mut Vec<TickNote>) {
        let slot = Self::slot(channel, pitch);
        let repeated = self.slots[slot].is_some();
        self.end(slot, now, notes);
        self.slots[slot] = Some(Struck { start: now, velocity, repeated });
        self.count += 1;
    }

    pub fn release(&mut self, channel: u8, pitch: u8, now: u64, notes: &mut Vec<TickNote>) {
        let slot = Self::slot(channel, pitch);
        match &mut self.slots[slot] {
            Some(struck) if struck.repeated && struck.start == now => struck.repeated = false,
            _ => self.end(slot, now, notes),
        }
    }

    /// The notes that were never released, as if they ended at `now`. Nothing sounds afterwards.
    pub fn unreleased(&mut self, now: u64) -> Vec<TickNote> {
        let mut notes = Vec::with_capacity(self.count);
        if self.count > 0 {
            (0..self.slots.len()).for_each(|slot| self.end(slot, now, &mut notes));
        }
        notes
    }

    fn end(&mut self, slot: usize, now: u64, notes: &mut Vec<TickNote>) {
        if let Some(Struck { start, velocity, .. }) = self.slots[slot].take() {
            self.count -= 1;
            let (channel, pitch) = ((slot >> 7) as u8, (slot & 127) as u8);
            notes.push(TickNote { start, end: now, pitch, velocity, drum: channel == DRUMS });
        }
    }
}
