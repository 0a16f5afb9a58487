//! The files of a folder or archive, before any song is read.

use super::kind::Kind;
use super::notice::{Notice, Skipped, note};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// Name of the file with the annotated beats of the MIDI file in the same folder.
pub const ANNOTATION: &str = "beat_midi.txt";
/// Name of folders with earlier versions of POP909's songs.
const VERSIONS: &str = "versions";
/// Name of folders with metadata that macOS adds to archives.
const MACOS: &str = "__MACOSX";

/// A file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name in the data set: the path with forward slashes.
    pub name: String,
    pub place: Place,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Place {
    Disk(PathBuf),
    /// Index in an archive.
    Archive(usize),
}

impl Entry {
    /// Name of the folder, empty for the uppermost.
    pub fn folder(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The name without its ending.
    fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(stem, _)| stem)
    }
}

/// Why a file or folder is left out by its name.
pub enum LeftOut {
    /// It is not meant to be seen.
    Hidden,
    /// It is worth a notice.
    Versions,
}

/// Whether the name of a file or folder, without its path, is left out.
pub fn left_out(part: &str) -> Option<LeftOut> {
    match part {
        VERSIONS => Some(LeftOut::Versions),
        MACOS => Some(LeftOut::Hidden),
        "." | ".." => None,
        _ => part.starts_with('.').then_some(LeftOut::Hidden),
    }
}

/// The files of a source.
#[derive(Debug, Default)]
pub struct Listing {
    /// Possible songs, sorted by name.
    pub songs: Vec<(Entry, Kind)>,
    /// The file with the annotated beats of a song, by the song's name.
    pub annotations: HashMap<String, Entry>,
    pub skipped: Vec<Skipped>,
    pub notices: Vec<Notice>,
}

impl Listing {
    pub fn versions(&mut self, folder: &str) {
        note(&mut self.notices, "earlier versions of songs (folders called `versions`) left out", folder);
    }

    pub fn other(&mut self, name: &str) {
        note(&mut self.notices, "files of other kinds left out", name);
    }

    pub fn skip(&mut self, name: &str, reason: impl Into<String>) {
        self.skipped.push(Skipped::new(name, reason));
    }

    /// Sorts the files, leaves out pictures of songs that are there as MIDI files, and gives annotations to their songs.
    pub fn finish(&mut self, annotations: Vec<Entry>) {
        self.songs.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let midi = |song: &&(Entry, Kind)| song.1 == Kind::Midi;
        let stems: HashSet<String> = self.songs.iter().filter(midi).map(|(entry, _)| entry.stem().to_owned()).collect();
        let is_copy = |(entry, kind): &mut (Entry, Kind)| *kind == Kind::Png && stems.contains(entry.stem());
        for (entry, _) in self.songs.extract_if(.., is_copy) {
            note(&mut self.notices, "pictures of songs that are there as MIDI files left out", &entry.name);
        }
        for annotation in annotations {
            let mut songs = self.songs.iter().filter(|(e, k)| *k == Kind::Midi && e.folder() == annotation.folder());
            match (songs.next(), songs.count()) {
                (Some((song, _)), 0) => {
                    self.annotations.insert(song.name.clone(), annotation);
                }
                (Some(_), _) => {
                    let what = "annotated beats beside several songs not used, since they belong to one";
                    note(&mut self.notices, what, &annotation.name);
                }
                (None, _) => self.other(&annotation.name),
            }
        }
    }
}
