//! Samples as files: pictures, MIDI files, audio, a contact sheet of all pictures, and a page to look at and listen to.

use std::path::Path;

use super::page;
use super::piece::{Given, Piece, file};
use super::record::{Line, Record};
use crate::audio::{Format, Instrument, of_score};
use crate::chart::sheet::sheet;
use crate::data::music::roll::Roll;
use crate::data::music::{key, midi};
use crate::data::picture::image;
use crate::dynamics::Loudness;
use crate::error::{Error, Result};

/// Columns of the contact sheet.
const COLUMNS: usize = 4;
/// The contact sheet and the page.
const SHEET: &str = "sheet.png";
/// The page with all samples.
pub const PAGE: &str = "index.html";

/// A folder of samples, before they are written.
#[derive(Debug)]
pub struct Gallery {
    record: Record,
    format: Option<Format>,
}

impl Gallery {
    /// Checks that a folder, if it exists, can hold `count` samples, with sound files of a format or without.
    ///
    /// # Errors
    /// A folder with other files of these names.
    pub fn open(folder: &Path, count: usize, format: Option<Format>) -> Result<Self> {
        let record = Record::open(folder)?;
        let kinds = ["png", "mid"].into_iter().chain(format.map(Format::ending));
        let of_pieces = kinds.flat_map(|kind| (0..count as u64).map(move |number| file(number, kind)));
        record.check(of_pieces.chain([SHEET, PAGE].map(str::to_owned)))?;
        Ok(Self { record, format })
    }

    /// Removes the earlier samples of the folder, and writes `sample-0000.png`, `.mid` and, with an instrument, `.wav` or `.flac` for each
    /// piece, the contact sheet `sheet.png`, the page `index.html`, and the record `samples.jsonl`. `written` is called with the
    /// number of pieces so far. Returns the number of earlier samples and their seeds.
    ///
    /// # Errors
    /// A folder that is missing or cannot be written.
    ///
    /// # Panics
    /// If there is an instrument, but the gallery was opened without sound.
    #[track_caller]
    pub fn write(
        mut self,
        seed: u64,
        pieces: &[Piece],
        instrument: Option<&Instrument>,
        mut written: impl FnMut(usize),
    ) -> Result<(usize, Vec<u64>)> {
        assert!(self.format.is_some() || instrument.is_none(), "the gallery was opened without sound");
        let earlier = self.record.clear()?;
        for (count, piece) in (1..).zip(pieces) {
            let tracks = piece.tracks();
            let tracks: Vec<(&str, &Roll)> = tracks.iter().map(|(name, roll)| (*name, roll)).collect();
            let midi = midi::write_timed(&tracks, &piece.timing);
            let mut contents = vec![(piece.file("png"), image::write(&piece.roll)), (piece.file("mid"), midi.clone())];
            if let Some((instrument, format)) = instrument.zip(self.format) {
                let notes = midi::parse(&midi).and_then(|score| of_score(&score)).map_err(Error::data)?;
                let sound = instrument.play(&notes)?;
                contents.push((piece.file(format.ending()), format.encode(&sound)));
            }
            let loudness = Loudness::of(piece.roll.notes());
            let line = Line {
                sample: Some(piece.number),
                seed: Some(seed),
                key: Some(piece.key.to_owned()),
                unlikeness: piece.unlikeness,
                given_key: piece.given.as_ref().map(|given| key::name(given.key).to_owned()),
                given_chords: piece.given.as_ref().map(Given::names),
                notes: Some(piece.roll.notes().len()),
                velocity: loudness.map(|loudness| loudness.level),
                spread: loudness.map(|loudness| loudness.spread),
                ..Line::default()
            };
            self.record.write(line, &contents)?;
            written(count);
        }
        let titled: Vec<_> =
            pieces.iter().map(|piece| (format!("{}  {}", piece.number, piece.key), &piece.roll)).collect();
        let pictures = [
            (SHEET.to_owned(), sheet(&titled, COLUMNS).png(&[])),
            (PAGE.to_owned(), page::of(seed, pieces, self.format).into_bytes()),
        ];
        self.record.write(Line::default(), &pictures)?;
        Ok(earlier)
    }
}
