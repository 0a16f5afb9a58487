//! Finding and reading songs in a folder, a single file or a zip archive.
//!
//! A file that cannot be used is skipped and reported with its reason; it never ends the scan. Nothing is unpacked to disk,
//! so that the names inside an archive cannot escape from it.

use super::song::Song;
use crate::data::music::midi::Selection;
use crate::error::{Error, Result};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use zip::ZipArchive;

/// Name of the file with annotated beats for the MIDI files in the same folder.
const ANNOTATION: &str = "beat_midi.txt";
/// Ignored folders and files: earlier versions of POP909's songs, and metadata that macOS adds to archives.
const IGNORED: [&str; 2] = ["versions", "__MACOSX"];

/// Largest file that is read, after decompression: 64 MiB.
const MAX_BYTES: u64 = 64 << 20;
/// Largest compression ratio of a file in an archive, with 1 MiB of tolerance. Music compresses about tenfold; a ratio of a
/// thousand indicates a decompression bomb.
const MAX_RATIO: u64 = 100;

/// A progress callback, (files done, total files), called from several threads.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Result of a scan.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// The songs, sorted by name.
    pub songs: Vec<Song>,
    /// The files that could not be used, sorted by name.
    pub skipped: Vec<Skipped>,
}

/// A file that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its name in the data set.
    pub name: String,
    /// Why it was skipped.
    pub reason: String,
}

/// Reads every song under `path`, in parallel.
///
/// # Errors
/// If the path cannot be opened, has no .mid or .png file, or none that can be used.
pub fn scan(path: &Path, selection: &Selection, progress: Progress<'_>) -> Result<Scan> {
    let source = Source::open(path)?;
    let names = source.names()?;
    let songs: Vec<&str> = names.iter().map(String::as_str).filter(|n| kind(n).is_some() && !ignored(n)).collect();
    if songs.is_empty() {
        return Err(Error::file(path, "holds no .mid or .png file; set data.path to a folder, file or .zip that does"));
    }
    let annotations: HashSet<&str> =
        names.iter().map(String::as_str).filter(|n| n.rsplit('/').next() == Some(ANNOTATION)).collect();
    let done = AtomicUsize::new(0);
    let read_song = |reader: &mut Reader, name: &str| {
        let song = load(reader, name, &annotations, selection);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, songs.len());
        song.map_err(|reason| Skipped { name: name.to_owned(), reason })
    };
    // One reader per chunk, as a zip reader has a single file position.
    let per_reader = songs.len().div_ceil(rayon::current_num_threads());
    let read: Vec<Result<Vec<Result<Song, Skipped>>>> = songs
        .par_chunks(per_reader)
        .map(|names| {
            let mut reader = source.reader()?;
            Ok(names.iter().map(|name| read_song(&mut reader, name)).collect())
        })
        .collect();
    let mut scan = Scan::default();
    for songs in read {
        for song in songs? {
            match song {
                Ok(song) => scan.songs.push(song),
                Err(skipped) => scan.skipped.push(skipped),
            }
        }
    }
    match (&scan.songs[..], &scan.skipped[..]) {
        ([], [only]) if songs.len() == 1 => Err(Error::file(path, &only.reason)),
        ([], [first, ..]) => Err(Error::file(
            path,
            format!("none of its {} files can be used; for example, {} {}", songs.len(), first.name, first.reason),
        )),
        _ => Ok(scan),
    }
}

/// One song from a file on disk, on the grid of the annotated beats in its folder, if any.
///
/// # Errors
/// [`Error::File`] if it cannot be used.
pub fn read_song(path: &Path, selection: &Selection) -> Result<Song> {
    let mut scan = scan(path, selection, &|_, _| {})?;
    match scan.songs.len() {
        1 => Ok(scan.songs.remove(0)),
        n => Err(Error::file(path, format!("holds {n} songs; give a file with one"))),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Midi,
    Png,
}

fn kind(name: &str) -> Option<Kind> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "mid" | "midi" => Some(Kind::Midi),
        "png" => Some(Kind::Png),
        _ => None,
    }
}

/// Whether a file is hidden or in an ignored folder.
fn ignored(name: &str) -> bool {
    name.split('/').any(|part| (part.starts_with('.') && part.len() > 1 && part != "..") || IGNORED.contains(&part))
}

fn load(reader: &mut Reader, name: &str, annotations: &HashSet<&str>, selection: &Selection) -> Result<Song, String> {
    let bytes = reader.read(name)?;
    if let Some(Kind::Png) = kind(name) {
        return Song::from_png(name, &bytes);
    }
    let annotation =
        name.rsplit_once('/').map_or(ANNOTATION.to_owned(), |(folder, _)| format!("{folder}/{ANNOTATION}"));
    if !annotations.contains(annotation.as_str()) {
        return Song::from_midi(name, &bytes, None, selection);
    }
    let text = reader.read(&annotation).map_err(|reason| format!("has a beat annotation that {reason}"))?;
    Song::from_midi(name, &bytes, Some(&String::from_utf8_lossy(&text)), selection)
}

/// A place with songs.
enum Source {
    Folder(PathBuf),
    /// The folder of a single file, and its name.
    File(PathBuf, String),
    Zip(PathBuf),
}

/// A source opened for reading, one per thread.
enum Reader {
    Folder(PathBuf),
    Zip(ZipArchive<BufReader<File>>),
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
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
            return Ok(Self::Zip(path.to_owned()));
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if kind(&name).is_none() {
            return Err(Error::file(path, "is neither a folder nor a .mid, .png or .zip file"));
        }
        Ok(Self::File(path.parent().unwrap_or(Path::new("")).to_owned(), name))
    }

    /// The names of all files, sorted, with forward slashes.
    fn names(&self) -> Result<Vec<String>> {
        let mut names = match self {
            Self::Folder(root) => {
                let mut names = Vec::new();
                walk(root, "", &mut names)?;
                names
            }
            Self::File(folder, name) => {
                let annotated = folder.join(ANNOTATION).is_file();
                std::iter::once(name.clone()).chain(annotated.then(|| ANNOTATION.to_owned())).collect()
            }
            Self::Zip(path) => {
                let mut archive = open_zip(path)?;
                refuse_overlaps(path, &mut archive)?;
                // A name that cannot be decoded does not find its file again, which is then reported as skipped.
                let names = archive.file_names().zip(archive.file_names_raw());
                names.map(|(name, raw)| name.unwrap_or_else(|_| String::from_utf8_lossy(raw)).into_owned()).collect()
            }
        };
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn reader(&self) -> Result<Reader> {
        Ok(match self {
            Self::Folder(root) | Self::File(root, _) => Reader::Folder(root.clone()),
            Self::Zip(path) => Reader::Zip(open_zip(path)?),
        })
    }
}

impl Reader {
    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Folder(root) => read_bytes(&root.join(name)),
            Self::Zip(archive) => {
                let file = archive.by_name(name).map_err(|e| format!("cannot be unpacked: {e}"))?;
                let most = file.compressed_size().saturating_mul(MAX_RATIO).saturating_add(1 << 20);
                read_bounded(file, most)
            }
        }
    }
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>> {
    let file = File::open(path).map_err(|e| Error::file(path, format!("cannot be opened: {e}")))?;
    ZipArchive::new(BufReader::new(file)).map_err(|e| Error::file(path, format!("is not a readable zip archive: {e}")))
}

/// Refuses an archive in which several files share the same compressed bytes: a small archive could expand without limit.
fn refuse_overlaps(path: &Path, archive: &mut ZipArchive<BufReader<File>>) -> Result<()> {
    let mut compressed = 0u64;
    for i in 0..archive.len() {
        // An entry that cannot be located is skipped, with its reason, when it is read.
        compressed = compressed.saturating_add(archive.by_index_raw(i).map_or(0, |file| file.compressed_size()));
    }
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if compressed > length {
        let reason =
            format!("is not a readable zip archive: it claims {compressed} compressed bytes in a file of {length}");
        return Err(Error::file(path, reason));
    }
    Ok(())
}

/// Adds the names of all files below `folder`, whose own name is `prefix`. Links to folders are not followed, as they may
/// form cycles.
fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    let cannot = |e: std::io::Error| Error::file(folder, format!("cannot be listed: {e}"));
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        // A name that is not Unicode does not find its file again, which is then reported as one that cannot be opened.
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type().map_err(cannot)?.is_dir() {
            if !ignored(&name) {
                walk(&entry.path(), &name, names)?;
            }
        } else {
            names.push(name);
        }
    }
    Ok(())
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
