//! Finding and reading songs in a folder, a single file or a zip archive.
//!
//! A file that cannot be used is skipped and reported with its reason; it never ends the scan.

use super::archive::{self, Archive};
use super::copies::originals;
use super::folder;
use super::kind::{Kind, is_zip};
use super::listing::{Entry, Listing, Place};
use super::notice::{Notice, Skipped, note};
use super::song::Song;
use crate::config::Pitches;
use crate::data::music::midi::Selection;
use crate::data::picture::image;
use crate::error::{Error, Result};
use crate::text::count;
use rayon::prelude::*;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest file that is read, after decompression: 64 MiB.
const MAX_BYTES: u64 = 64 << 20;
/// Largest compression ratio of a file in an archive, with 1 MiB of tolerance. Music compresses about tenfold; a ratio of a
/// thousand indicates a decompression bomb.
const MAX_RATIO: u64 = 100;
/// Notice of files that this program wrote.
const OWN: &str = "files written by flocoder left out";

/// A progress callback, (files done, total files), called from several threads.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Result of a scan.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// The songs, sorted by name.
    pub songs: Vec<Song>,
    /// The files that could not be used, sorted by name.
    pub skipped: Vec<Skipped>,
    /// Groups of files that were left out or treated in another way.
    pub notices: Vec<Notice>,
}

impl Scan {
    /// The songs without the notes outside a range of pitches, with one notice of these if there are any.
    pub fn within(mut self, pitches: Pitches) -> Self {
        let (mut all, mut names) = (0, Vec::new());
        for song in &mut self.songs {
            let left_out = song.roll.keep_within(&pitches.range());
            song.parts.iter_mut().for_each(|part| {
                part.roll.keep_within(&pitches.range());
            });
            all += left_out;
            names.extend((left_out > 0).then(|| song.name.clone()));
        }
        if all > 0 {
            let what = format!("songs cut to the pitches {pitches} (data.pitches), without {}", count(all, "note"));
            self.notices.push(Notice { what, names });
        }
        self
    }
}

/// Reads every song under `path`, in parallel. Music that this program made is left out, except in a single file.
///
/// # Errors
/// If the path cannot be opened, has no song, or none that can be used.
pub fn scan(path: &Path, selection: &Selection, progress: Progress<'_>) -> Result<Scan> {
    let source = Source::open(path)?;
    let Listing { songs, annotations, skipped, notices } = source.list()?;
    let done = AtomicUsize::new(0);
    let read_song = |reader: &mut Reader, (entry, kind): &(Entry, Kind)| {
        let song = load(reader, entry, *kind, annotations.get(&entry.name), selection);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, songs.len());
        song
    };
    // One reader per chunk, as a zip reader has a single file position.
    let per_reader = songs.len().div_ceil(rayon::current_num_threads()).max(1);
    let read: Vec<Result<Vec<Result<Loaded, String>>>> = songs
        .par_chunks(per_reader)
        .map(|songs| {
            let mut reader = source.reader()?;
            Ok(songs.iter().map(|song| read_song(&mut reader, song)).collect())
        })
        .collect();
    let read = read.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten();
    let mut scan = Scan { songs: Vec::new(), skipped, notices };
    for ((Entry { name, .. }, _), loaded) in songs.iter().zip(read) {
        match loaded {
            Ok(Loaded::Song(song)) if !song.roll.generated || source.is_single() => scan.songs.push(song),
            Ok(Loaded::Own(reason)) if source.is_single() => scan.skipped.push(Skipped::new(name, reason)),
            Ok(_) => note(&mut scan.notices, OWN, name),
            Err(reason) => scan.skipped.push(Skipped::new(name, reason)),
        }
    }
    scan.skipped.sort_by(|a, b| a.name.cmp(&b.name));
    if scan.songs.is_empty() {
        return Err(Error::file(path, no_song(&scan, source.is_single())));
    }
    for (song, original) in scan.songs.iter().zip(originals(&scan.songs)) {
        if let Some(reason) = &song.cut_off {
            note(&mut scan.notices, "songs read up to where they are cut off", &format!("{} {reason}", song.name));
        }
        let original = &scan.songs[original].name;
        if *original != song.name {
            let what = "copies of other songs kept on the same side of the split";
            note(&mut scan.notices, what, &format!("{} of {original}", song.name));
        }
    }
    Ok(scan)
}

/// Why a scan has no song.
fn no_song(scan: &Scan, single: bool) -> String {
    let own = scan.notices.iter().find(|notice| notice.what == OWN).map_or(0, |notice| notice.names.len());
    match &scan.skipped[..] {
        [only] if single => only.reason.clone(),
        [] if own > 0 => {
            format!(
                "has {own} files that flocoder made, which are not learned from, and no other songs; give other songs"
            )
        }
        [] => "has no .mid or .png file; set data.path to a folder, file or .zip that does".to_owned(),
        all @ [first, ..] => {
            format!("none of its {} files can be used; for example, {} {}", all.len(), first.name, first.reason)
        }
    }
}

/// One song from a file on disk, on the grid of the annotated beats in its folder, if they belong to it.
///
/// # Errors
/// [`Error::File`] if it cannot be used.
pub fn read_song(path: &Path, selection: &Selection) -> Result<Song> {
    let mut scan = scan(path, selection, &|_, _| {})?;
    match scan.songs.len() {
        1 => Ok(scan.songs.remove(0)),
        n => Err(Error::file(path, format!("has {n} songs; give a file with one"))),
    }
}

/// The text of the annotated beats in the folder of a MIDI file on disk, if they belong to it.
///
/// # Errors
/// A clause that says why they cannot be read.
pub fn annotation_of(path: &Path) -> Result<Option<String>, String> {
    let listing = folder::single(path, Kind::Midi);
    let Some(Entry { place: Place::Disk(path), .. }) = listing.annotations.values().next() else { return Ok(None) };
    let text = read_bytes(path).and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is no text".to_owned()));
    text.map(Some).map_err(|reason| format!("has a beat annotation that {reason}"))
}

/// The content of a file.
enum Loaded {
    Song(Song),
    /// A picture by this program that is not a roll, and why not.
    Own(String),
}

fn load(
    reader: &mut Reader,
    entry: &Entry,
    kind: Kind,
    annotation: Option<&Entry>,
    selection: &Selection,
) -> Result<Loaded, String> {
    let (name, bytes) = (&entry.name, reader.read(entry)?);
    if Kind::of_content(&bytes).unwrap_or(kind) == Kind::Png {
        return match Song::from_png(name, &bytes) {
            Err(reason) if image::is_own(&bytes) => Ok(Loaded::Own(reason)),
            result => result.map(Loaded::Song),
        };
    }
    let Some(annotation) = annotation else { return Song::from_midi(name, &bytes, None, selection).map(Loaded::Song) };
    let text = reader.read(annotation).map_err(|reason| format!("has a beat annotation that {reason}"))?;
    let (text, ..) = encoding_rs::UTF_8.decode(&text);
    Song::from_midi(name, &bytes, Some(&text), selection).map(Loaded::Song)
}

/// A place with songs.
enum Source {
    Folder(PathBuf),
    File(PathBuf, Kind),
    Zip(PathBuf),
}

/// A source opened for reading, one per thread.
enum Reader {
    Files,
    Zip(Archive),
}

impl Source {
    fn open(path: &Path) -> Result<Self> {
        let metadata = std::fs::metadata(path).map_err(|e| {
            Error::file(
                path,
                format!("cannot be opened ({e}); set data.path to a folder, a .mid or .png file or a .zip"),
            )
        })?;
        if metadata.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        // A pipe can be read only once: it is taken for a MIDI file until its content tells.
        let (start, piped) =
            if metadata.is_file() { (folder::start(path), None) } else { (Vec::new(), Some(Kind::Midi)) };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_zip(&start) || name.to_ascii_lowercase().ends_with(".zip") {
            return Ok(Self::Zip(path.to_owned()));
        }
        match Kind::of_content(&start).or_else(|| Kind::of_name(&name)).or(piped) {
            Some(kind) => Ok(Self::File(path.to_owned(), kind)),
            None => Err(Error::file(path, "is neither a folder nor a .mid, .png or .zip file")),
        }
    }

    fn list(&self) -> Result<Listing> {
        match self {
            Self::Folder(root) => folder::list(root),
            Self::File(path, kind) => Ok(folder::single(path, *kind)),
            Self::Zip(path) => archive::list(path),
        }
    }

    fn is_single(&self) -> bool {
        matches!(self, Self::File(..))
    }

    fn reader(&self) -> Result<Reader> {
        Ok(match self {
            Self::Folder(_) | Self::File(..) => Reader::Files,
            Self::Zip(path) => Reader::Zip(archive::open(path)?),
        })
    }
}

impl Reader {
    fn read(&mut self, entry: &Entry) -> Result<Vec<u8>, String> {
        match (self, &entry.place) {
            (Self::Zip(archive), Place::Archive(index)) => {
                let file = archive.by_index(*index).map_err(|e| format!("cannot be unpacked: {e}"))?;
                let most = file.compressed_size().saturating_mul(MAX_RATIO).saturating_add(1 << 20);
                read_bounded(file, most)
            }
            (_, Place::Disk(path)) => read_bytes(path),
            (Self::Files, Place::Archive(_)) => unreachable!("a file of an archive is read from the archive"),
        }
    }
}

/// The bytes of a file on disk of at most 64 MiB.
///
/// # Errors
/// A clause that says why it cannot be read.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    read_bounded(File::open(path).map_err(|e| format!("cannot be opened: {e}"))?, MAX_BYTES)
}

/// All bytes of a reader, at most [`MAX_BYTES`] and at most `limit`.
fn read_bounded(reader: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let most = limit.min(MAX_BYTES);
    let mut bytes = Vec::new();
    let read = reader.take(most + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    if read as u64 > MAX_BYTES {
        return Err(format!("is larger than {} MiB", MAX_BYTES >> 20));
    }
    if read as u64 > most {
        return Err(format!("is more than {MAX_RATIO} times as large as its compressed form, unlike any music"));
    }
    Ok(bytes)
}
