//! Files that are either whole or not there: written under a temporary name in the same folder, flushed, renamed.

use crate::error::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// What the names of files begin with until they are whole.
const TEMPORARY: &str = ".writing-";
/// The file by which a process tells others that it works in a folder.
const LOCK: &str = ".lock";

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
    let temporary = builder.prefix(TEMPORARY).tempfile_in(folder)?;
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
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(path)?.write_all(b"probe")
    };
    make().map_err(|e| Error::file(path, sentence(&e, path)))
}

/// Gives the file `from` the second name `to`, in place of what had that name before; as a copy where there can be no link.
///
/// # Errors
/// As [`replace`].
pub fn also_as(from: &Path, to: &Path) -> Result<()> {
    let mut name = std::ffi::OsString::from(TEMPORARY);
    name.push(to.file_name().unwrap_or_default());
    let temporary = folder_of(to).join(name);
    let _ = fs::remove_file(&temporary);
    if fs::hard_link(from, &temporary).is_err() {
        return replace(to, |writer| io::copy(&mut File::open(from)?, writer).map(drop));
    }
    let renamed = fs::rename(&temporary, to).and_then(|()| sync_folder(folder_of(to)));
    // Renaming changes nothing where both names are the same file already.
    let _ = fs::remove_file(&temporary);
    renamed.map_err(|e| Error::file(to, sentence(&e, to)))
}

/// Removes what a process that was killed left half-written in a folder, if nobody has written to it for so long.
pub fn remove_leftovers(folder: &Path, untouched: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) && age.is_some_and(|age| age >= untouched) {
            // What cannot be removed only takes room.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A folder's lock: no other process has it until it drops, or this process ends in whatever way.
#[derive(Debug)]
pub struct FolderLock {
    file: Option<File>,
}

impl Drop for FolderLock {
    /// Closing the file would do, were there not processes that this one is about to start, which hold it too until they run.
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = file.unlock();
        }
    }
}

impl FolderLock {
    /// Takes the lock of `folder`. Where the disk knows no locks, everybody gets it.
    ///
    /// # Errors
    /// A folder that another process works in, or that cannot be written.
    pub fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK);
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(|e| Error::file(&path, sentence(&e, &path)))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(Error::file(
                folder,
                "is in use by another flocoder; wait until that ends, or choose another --output",
            )),
            Err(TryLockError::Error(_)) => Ok(Self { file: None }),
        }
    }
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
    fn a_second_name_stays_when_the_first_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        replace(&first, |w| w.write_all(b"old")).unwrap();
        for _ in 0..2 {
            also_as(&first, &second).unwrap();
        }
        replace(&first, |w| w.write_all(b"new")).unwrap();
        assert_eq!((fs::read(&first).unwrap(), fs::read(&second).unwrap()), (b"new".to_vec(), b"old".to_vec()));
        also_as(&first, &second).unwrap();
        assert_eq!(fs::read(&second).unwrap(), b"new");
        assert_eq!(names(folder.path()).len(), 2);
        assert!(also_as(&folder.path().join("none"), &second).is_err());
        assert_eq!(fs::read(&second).unwrap(), b"new");
    }

    #[test]
    fn leftovers_go_and_whole_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".writing-abc"), "half").unwrap();
        fs::write(folder.path().join("whole"), "whole").unwrap();
        remove_leftovers(folder.path(), Duration::from_secs(3600));
        assert_eq!(names(folder.path()).len(), 2, "somebody may still be writing");
        remove_leftovers(folder.path(), Duration::ZERO);
        assert_eq!(names(folder.path()), ["whole"]);
    }

    #[test]
    fn a_folder_has_one_lock() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        let error = FolderLock::take(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is in use by another flocoder"), "{error}");
        drop(lock);
        FolderLock::take(folder.path()).unwrap();
    }

    #[test]
    fn writable_folder_creates_parents_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        writable_folder(&path).unwrap();
        assert!(names(&path).is_empty());
    }
}
