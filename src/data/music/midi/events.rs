//! The events of a track.
//!
//! The reader continues where the format's wording forbids it but the meaning is clear: a running status survives meta, system
//! and exclusive events; system events of a live connection are passed over; data bytes above 127 still count as data.

use super::bytes::{Bytes, push_number};

/// An event, as far as a piano roll needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Event<'a> {
    /// The onset of a note, with a velocity of 1..=127.
    On { channel: u8, pitch: u8, velocity: u8 },
    /// The release of a note.
    Off { channel: u8, pitch: u8 },
    /// A meta event: type and data.
    Meta(u8, &'a [u8]),
    /// Any other.
    Other,
}

/// Why the events of a track end early.
#[derive(Debug, PartialEq)]
pub(super) enum Break {
    /// The bytes end within an event.
    CutOff,
    /// A data byte without an event that it could belong to: these are no events.
    NoStatus { at: usize, found: u8 },
}

/// The events of a track, one after the other.
pub(super) struct Events<'a> {
    bytes: Bytes<'a>,
    /// Status of the latest channel event.
    running: Option<u8>,
}

impl<'a> Events<'a> {
    pub fn new(bytes: Bytes<'a>) -> Self {
        Self { bytes, running: None }
    }

    /// Offset in the file of the next event.
    pub fn at(&self) -> usize {
        self.bytes.at
    }

    /// The next event with the ticks before it; `None` at the end.
    ///
    /// # Errors
    /// See [`Break`].
    pub fn next(&mut self) -> Result<Option<(u64, Event<'a>)>, Break> {
        if self.bytes.peek().is_none() {
            return Ok(None);
        }
        let start = self.bytes;
        let delta = self.bytes.number().ok_or(Break::CutOff);
        match delta.and_then(|delta| Ok((delta, self.event()?))) {
            Err(Break::CutOff) => {
                self.bytes = start;
                Err(Break::CutOff)
            }
            result => result.map(Some),
        }
    }

    /// As [`next`](Self::next), with the bytes of the event: its status, and system exclusive data with their length.
    ///
    /// # Errors
    /// See [`Break`].
    pub fn next_with_bytes(&mut self) -> Result<Option<(u64, Event<'a>, Vec<u8>)>, Break> {
        let mut from = self.bytes;
        let Some((delta, event)) = self.next()? else { return Ok(None) };
        from.number();
        let read = from.take(self.at() - from.at).unwrap_or_default();
        let bytes = match (read, self.running) {
            ([0x00..0x80, ..], Some(status)) => [&[status], read].concat(),
            ([status @ (0xF0 | 0xF7), data @ ..], _) if !is_sized(data) => {
                let mut bytes = vec![*status];
                push_number(&mut bytes, data.len() as u64);
                [&bytes, data].concat()
            }
            _ => read.to_vec(),
        };
        Ok(Some((delta, event, bytes)))
    }

    fn event(&mut self) -> Result<Event<'a>, Break> {
        let at = self.bytes.at;
        let first = self.bytes.peek().ok_or(Break::CutOff)?;
        if first >= 0x80 {
            self.bytes.byte();
        }
        let event = match first {
            0x00..0x80 => self.channel(self.running.ok_or(Break::NoStatus { at, found: first })?),
            0x80..0xF0 => {
                self.running = Some(first);
                self.channel(first)
            }
            0xF0 | 0xF7 => self.exclusive(),
            0xF1 | 0xF3 => self.bytes.take(1).map(|_| Event::Other),
            0xF2 => self.bytes.take(2).map(|_| Event::Other),
            0xF4..=0xF6 | 0xF8..=0xFE => Some(Event::Other),
            0xFF => self.meta(),
        };
        event.ok_or(Break::CutOff)
    }

    fn channel(&mut self, status: u8) -> Option<Event<'a>> {
        let (channel, first) = (status & 0x0F, self.bytes.byte()?);
        let second = if matches!(status >> 4, 0xC | 0xD) { 0 } else { self.bytes.byte()? };
        Some(match status >> 4 {
            0x8 | 0x9 if first > 127 => Event::Other,
            0x9 if second > 0 => Event::On { channel, pitch: first, velocity: second.min(127) },
            0x8 | 0x9 => Event::Off { channel, pitch: first },
            _ => Event::Other,
        })
    }

    /// System exclusive data: its length and bytes, or without a length all bytes up to 0xF7.
    fn exclusive(&mut self) -> Option<Event<'a>> {
        let start = self.bytes;
        let whole = self.data();
        if whole.is_none() {
            self.bytes = start;
            let end = start.rest().iter().position(|byte| *byte == 0xF7)?;
            self.bytes.take(end + 1)?;
        }
        Some(Event::Other)
    }

    fn meta(&mut self) -> Option<Event<'a>> {
        let kind = self.bytes.byte()?;
        Some(Event::Meta(kind, self.data()?))
    }

    /// A length and as many bytes.
    fn data(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.number()?;
        self.bytes.take(usize::try_from(length).ok()?)
    }
}

/// Whether bytes are a length and as many bytes.
fn is_sized(data: &[u8]) -> bool {
    let mut bytes = Bytes::new(data, 0, data.len());
    bytes.number().is_some_and(|length| length == bytes.rest().len() as u64)
}
