//! The files of a folder on disk, searched to any depth.

use super::kind::{self, Kind, START};
use super::listing::{ANNOTATION, Entry, LeftOut, Listing, Place, left_out};
use crate::error::{Error, Result};
use std::collections::{HashSet, VecDeque};
use std::fs::{DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Lists a folder. What cannot be listed below it is skipped. Links to folders are followed after all other folders, and each
/// folder is read once, so that links cannot form cycles.
///
/// # Errors
/// If the folder itself cannot be listed.
pub fn list(root: &Path) -> Result<Listing> {
    let mut walk = Walk::default();
    walk.folder(root, "").map_err(|error| Error::file(root, format!("cannot be listed: {error}")))?;
    while let Some((path, name)) = walk.folders.pop().or_else(|| walk.links.pop_front()) {
        if let Err(error) = walk.folder(&path, &name) {
            walk.listing.skip(&name, format!("cannot be listed: {error}"));
        }
    }
    walk.listing.finish(walk.annotations);
    Ok(walk.listing)
}

/// Lists a single file, with the annotation beside it.
pub fn single(path: &Path, kind: Kind) -> Listing {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut listing = Listing::default();
    let annotation = path.with_file_name(ANNOTATION);
    if kind == Kind::Midi && annotation.is_file() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = |entry: io::Result<DirEntry>| Some(entry.ok()?.file_name().to_string_lossy().into_owned());
        let names = std::fs::read_dir(folder).into_iter().flatten().filter_map(beside);
        let songs = names.filter(|name| Kind::of_name(name) == Some(Kind::Midi) && left_out(name).is_none());
        listing.songs.extend(songs.map(|name| (Entry { place: Place::Disk(folder.join(&name)), name }, Kind::Midi)));
    }
    let song = Entry { name: name(path), place: Place::Disk(path.to_owned()) };
    listing.songs.retain(|(entry, _)| entry.name != song.name);
    listing.songs.push((song.clone(), kind));
    let annotations = annotation.is_file().then(|| Entry { name: name(&annotation), place: Place::Disk(annotation) });
    listing.finish(annotations.into_iter().collect());
    listing.songs.retain(|(entry, _)| entry.name == song.name);
    listing
}

/// The first bytes of a file; empty if it cannot be read.
pub fn start(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START as u64).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear();
    }
    bytes
}

/// A search in progress.
#[derive(Default)]
struct Walk {
    listing: Listing,
    annotations: Vec<Entry>,
    /// Folders to read, and links to folders, with their names in the data set.
    folders: Vec<(PathBuf, String)>,
    links: VecDeque<(PathBuf, String)>,
    /// Folders that were read, without links in their paths.
    seen: HashSet<PathBuf>,
}

impl Walk {
    fn folder(&mut self, path: &Path, name: &str) -> io::Result<()> {
        if !self.seen.insert(path.canonicalize()?) {
            return Ok(());
        }
        for entry in std::fs::read_dir(path)? {
            self.entry(&entry?, name)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, folder: &str) -> io::Result<()> {
        // The path finds a file whose name is not Unicode; the name is only shown.
        let (path, part) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let name = if folder.is_empty() { part.clone() } else { format!("{folder}/{part}") };
        let own = entry.file_type()?;
        let target = if own.is_symlink() { std::fs::metadata(&path).map(|m| m.file_type()) } else { Ok(own) };
        match (left_out(&part), target) {
            (Some(LeftOut::Versions), Ok(kind)) if kind.is_dir() => self.listing.versions(&name),
            (Some(LeftOut::Hidden), _) => {}
            (_, Ok(kind)) if kind.is_dir() && own.is_symlink() => self.links.push_back((path, name)),
            (_, Ok(kind)) if kind.is_dir() => self.folders.push((path, name)),
            (_, Ok(kind)) if kind.is_file() => self.file(path, name, &part),
            (_, Ok(_)) if Kind::of_name(&part).is_some() => self.listing.skip(&name, "is not a regular file"),
            (_, Ok(_)) => self.listing.other(&name),
            (_, Err(error)) => self.listing.skip(&name, format!("is a link that cannot be followed: {error}")),
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf, name: String, part: &str) {
        let content = if Kind::of_name(part).is_some() || kind::is_other(part) { Vec::new() } else { start(&path) };
        let entry = Entry { name, place: Place::Disk(path) };
        match Kind::of_name(part).or_else(|| Kind::of_content(&content)) {
            Some(kind) => self.listing.songs.push((entry, kind)),
            None if part == ANNOTATION => self.annotations.push(entry),
            None => match kind::unusable(part, &content).filter(|_| !kind::is_other(part)) {
                Some(reason) => self.listing.skip(&entry.name, reason),
                None => self.listing.other(&entry.name),
            },
        }
    }
}
