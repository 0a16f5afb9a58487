//! Variants of a song as files: MIDI files, pictures of the written bars, audio.

use std::path::Path;

use super::record::{Line, Record};
use crate::audio::{Format, Instrument, of_score};
use crate::chart::written::{Part, written};
use crate::data::music::roll::Roll;
use crate::data::music::{key, midi};
use crate::data::picture::image;
use crate::error::{Error, Result};
use crate::text::count;

/// Name of the picture of all variants.
const SHEET: &str = "sheet.png";

/// A variant.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The song as a MIDI file.
    pub midi: Vec<u8>,
    /// The written bars.
    pub written: Roll,
    /// Given and new notes of the written bars and those around them.
    pub around: [Roll; 2],
    /// Number of new notes.
    pub notes: usize,
    /// How unlike songs it is, if the best were chosen.
    pub unlikeness: Option<f64>,
}

/// A folder of variants, before they are written.
#[derive(Debug)]
pub struct Variants {
    record: Record,
    name: &'static str,
    format: Option<Format>,
}

impl Variants {
    /// Checks that a folder, if it exists, can hold `count` variants with this name, with sound files of a format or without.
    ///
    /// # Errors
    /// A folder with other files of these names.
    pub fn open(folder: &Path, name: &'static str, count: usize, format: Option<Format>) -> Result<Self> {
        if folder.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mid")) {
            return Err(Error::file(folder, "is a name of a file, but --output takes a folder, for all variants"));
        }
        let record = Record::open(folder)?;
        let kinds = ["mid", "png"].into_iter().chain(format.map(Format::ending));
        let files = kinds.flat_map(|kind| (0..count).map(move |number| file(name, number, kind)));
        record.check(files.chain([SHEET.to_owned()]))?;
        Ok(Self { record, name, format })
    }

    /// Removes the earlier samples and variants of the folder, and writes `NAME-0000.mid`, `.png` and, with an instrument, `.wav` or
    /// `.flac` for each variant, the sheet `sheet.png` of all, and the record `samples.jsonl`, in which each has what `line` says. Returns the number of earlier
    /// ones and their seeds.
    ///
    /// # Errors
    /// A folder that is missing or cannot be written; music too long for sound.
    pub fn write(
        mut self,
        line: &Line,
        variants: &[Variant],
        instrument: Option<&Instrument>,
    ) -> Result<(usize, Vec<u64>)> {
        let mut files = Vec::new();
        for (number, variant) in variants.iter().enumerate() {
            let name = |kind| file(self.name, number, kind);
            let mut contents = vec![(name("mid"), variant.midi.clone()), (name("png"), image::write(&variant.written))];
            if let Some((instrument, format)) = instrument.zip(self.format) {
                let notes = midi::parse(&variant.midi).and_then(|score| of_score(&score));
                let sound = instrument.play(&notes.map_err(Error::data)?)?;
                contents.push((name(format.ending()), format.encode(&sound)));
            }
            files.push(contents);
        }
        let earlier = self.record.clear()?;
        for (number, (variant, contents)) in variants.iter().zip(&files).enumerate() {
            let line = Line {
                sample: Some(number as u64),
                key: Some(key::describe(variant.written.notes()).to_owned()),
                notes: Some(variant.notes),
                unlikeness: variant.unlikeness,
                ..line.clone()
            };
            self.record.write(line, contents)?;
        }
        let part = |(number, variant): (usize, &Variant)| Part {
            title: format!("{} {number}: {}", self.name, count(variant.notes, "note")),
            given: variant.around[0].clone(),
            new: variant.around[1].clone(),
        };
        let parts: Vec<Part> = variants.iter().enumerate().map(part).collect();
        self.record.write(Line::default(), &[(SHEET.to_owned(), written(&parts).png(&[]))])?;
        Ok(earlier)
    }
}

/// The name of a variant's file.
pub fn file(name: &str, number: usize, kind: &str) -> String {
    format!("{name}-{number:04}.{kind}")
}
