//! Files that are either whole or not there: written under a temporary name in the same folder, flushed, renamed.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes `path` through `write`; whatever was there before stays until the new content is safely on the disk.
///
/// # Errors
/// A folder that is missing or cannot be written, a full disk, anything that `write` returns. The old file is untouched
/// and nothing half-written is left behind.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    try_replace(path, write).map_err(|e| Error::file(path, sentence(&e, path)))
}

fn try_replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    // The builder's default mode is for secrets; these are ordinary files.
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let temporary = builder.prefix(".writing-").tempfile_in(folder)?;
    let mut buffered = BufWriter::with_capacity(1 << 16, temporary.as_file());
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|e| e.error)?;
    sync_folder(folder)
}

/// Creates a folder with its parents and makes sure that files can be written there.
///
/// # Errors
/// One sentence where the folder cannot be made or written.
pub fn writable_folder(path: &Path) -> Result<()> {
    let make = || -> io::Result<()> {
        fs::create_dir_all(path)?;
        tempfile::Builder::new().prefix(".writing-").tempfile_in(path)?.write_all(b"probe")
    };
    make().map_err(|e| Error::file(path, sentence(&e, path)))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A rename is only safe from a power cut once the folder is on the disk too; not every system lets a folder be opened.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn sentence(error: &io::Error, path: &Path) -> String {
    let kept = if path.is_file() { "; the old file is untouched" } else { "" };
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("cannot be written because the disk is full{kept}; make room and try again")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "cannot be written for lack of permission; choose another output folder".to_owned()
        }
        io::ErrorKind::NotFound => "cannot be written because its folder does not exist; create it first".to_owned(),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "cannot be written because a file stands where a folder is needed; choose another output folder".to_owned()
        }
        _ => format!("cannot be written{kept}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_full_disk_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        replace(&path, |w| w.write_all(b"old")).unwrap();
        let full = |w: &mut dyn Write| {
            w.write_all(&[7; 100_000])?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        };
        let error = replace(&path, full).unwrap_err().to_string();
        assert!(error.contains("disk is full; the old file is untouched"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["weights"], "nothing half-written stays");
    }

    #[test]
    fn a_missing_folder_and_a_file_in_the_way_are_sentences() {
        let folder = tempfile::tempdir().unwrap();
        let error = replace(&folder.path().join("none/x"), |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("folder does not exist"), "{error}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = writable_folder(&file.join("below")).unwrap_err().to_string();
        assert!(error.contains("a file stands where a folder is needed"), "{error}");
    }

    #[test]
    fn writable_folder_creates_parents_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        writable_folder(&path).unwrap();
        assert!(names(&path).is_empty());
    }
}
