//! The files of a zip archive. Nothing is unpacked to disk, so that the names inside cannot escape from it.

use super::kind::{self, Kind, START};
use super::listing::{ANNOTATION, Entry, LeftOut, Listing, Place, left_out};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// An archive opened for reading.
pub type Archive = ZipArchive<BufReader<File>>;

/// Opens an archive.
///
/// # Errors
/// If the file cannot be opened or is not a zip archive.
pub fn open(path: &Path) -> Result<Archive> {
    let file = File::open(path).map_err(|e| Error::file(path, format!("cannot be opened: {e}")))?;
    ZipArchive::new(BufReader::new(file)).map_err(|e| Error::file(path, format!("is not a readable zip archive: {e}")))
}

/// Lists an archive.
///
/// # Errors
/// If it cannot be opened, or claims more compressed bytes than it has.
pub fn list(path: &Path) -> Result<Listing> {
    let mut archive = open(path)?;
    refuse_overlaps(path, &mut archive)?;
    let mut listing = Listing::default();
    let (mut annotations, mut versions) = (Vec::new(), BTreeSet::new());
    // Some programs on Windows separate folders by backslashes.
    let name = |(name, raw): (std::result::Result<std::borrow::Cow<'_, str>, _>, &[u8])| {
        name.unwrap_or_else(|_: zip::result::ZipError| String::from_utf8_lossy(raw)).replace('\\', "/")
    };
    let names: Vec<String> = archive.file_names().zip(archive.file_names_raw()).map(name).collect();
    for (index, name) in names.into_iter().enumerate() {
        let parts = || name.split('/').filter(|part| !part.is_empty());
        let hidden = |part| matches!(left_out(part), Some(LeftOut::Hidden));
        let version = parts().position(|part| matches!(left_out(part), Some(LeftOut::Versions)));
        if name.ends_with('/') || parts().any(hidden) {
            continue;
        }
        if let Some(position) = version.filter(|&position| position + 1 < parts().count()) {
            versions.insert(parts().take(position + 1).collect::<Vec<_>>().join("/"));
            continue;
        }
        let part = parts().next_back().unwrap_or_default();
        let known = Kind::of_name(part).is_some() || kind::is_other(part);
        let content = if known { Vec::new() } else { start(&mut archive, index) };
        let kind = Kind::of_name(part).or_else(|| Kind::of_content(&content));
        let reason = kind::unusable(part, &content).filter(|_| !kind::is_other(part));
        let annotates = part == ANNOTATION;
        let entry = Entry { name, place: Place::Archive(index) };
        match (kind, reason) {
            (Some(kind), _) => listing.songs.push((entry, kind)),
            (None, _) if annotates => annotations.push(entry),
            (None, Some(reason)) => listing.skip(&entry.name, reason),
            (None, None) => listing.other(&entry.name),
        }
    }
    versions.iter().for_each(|folder| listing.versions(folder));
    listing.finish(annotations);
    Ok(listing)
}

/// The first bytes of a file; empty if it cannot be unpacked.
fn start(archive: &mut Archive, index: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = archive.by_index(index).map(|file| file.take(START as u64).read_to_end(&mut bytes));
    if !matches!(read, Ok(Ok(_))) {
        bytes.clear();
    }
    bytes
}

/// Refuses an archive in which several files share the same compressed bytes: a small archive could expand without limit.
fn refuse_overlaps(path: &Path, archive: &mut Archive) -> Result<()> {
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
