//! Atomic writes of files: under a temporary name in the same folder, flushed, then renamed. Locks of folders.

use crate::error::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// Prefix of the names of incomplete files.
const TEMPORARY: &str = ".writing-";
/// Name of the lock file of a folder.
const LOCK: &str = ".lock";

/// Writes `path` through `write`. The old file is replaced only when the new content is on the disk.
///
/// # Errors
/// A folder that is missing or cannot be written, a full disk, any error of `write`. The old file is then unchanged and no
/// temporary file remains.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    try_replace(path, write).map_err(|e| Error::file(path, sentence(&e, path)))
}

fn try_replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    // The builder's default permissions are for secrets; these are ordinary files.
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

/// Refuses to write to `output` if it is one of the files that are read, under whatever name or link.
///
/// # Errors
/// If it is.
pub fn refuse_overwriting(output: &Path, inputs: impl IntoIterator<Item: AsRef<Path>>) -> Result<()> {
    // Files that do not exist are not the same.
    if inputs.into_iter().any(|input| same_file::is_same_file(input, output).unwrap_or(false)) {
        return Err(Error::file(output, "is an input of this command and would be lost; give the output another name"));
    }
    Ok(())
}

/// Refuses a file name with an ending other than `endings`, which are in lower case and without the dot.
///
/// # Errors
/// If it has another ending, or none.
pub fn check_ending(output: &Path, endings: &[&str]) -> Result<()> {
    let ending = output.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if ending.is_some_and(|ending| endings.contains(&ending.as_str())) {
        return Ok(());
    }
    Err(Error::file(output, format!("does not end in .{}, which is what is written; rename it", endings.join(" or ."))))
}

/// Creates a folder with its parents and checks that files can be written to it.
///
/// # Errors
/// If the folder cannot be created or written.
pub fn writable_folder(path: &Path) -> Result<()> {
    let probe = || -> io::Result<()> {
        fs::create_dir_all(path)?;
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(path)?.write_all(b"probe")
    };
    probe().map_err(|e| Error::file(path, sentence(&e, path)))
}

/// Makes `to` a hard link to the file `from`, replacing any file of that name; a copy if the file system has no hard links.
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
    // A rename does nothing if both names are already links to the same file.
    let _ = fs::remove_file(&temporary);
    renamed.map_err(|e| Error::file(to, sentence(&e, to)))
}

/// Removes temporary files that a killed process left in a folder, if they have not been written to for `untouched`.
pub fn remove_leftovers(folder: &Path, untouched: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) && age.is_some_and(|age| age >= untouched) {
            // A file that cannot be removed only takes space.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// An exclusive lock of a folder, held until it drops or the process ends.
#[derive(Debug)]
pub struct FolderLock {
    file: Option<File>,
}

impl Drop for FolderLock {
    /// Closing the file is not enough: a child process between fork and exec still holds it.
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = file.unlock();
        }
    }
}

impl FolderLock {
    /// Locks `folder`. On file systems without locks this always succeeds.
    ///
    /// # Errors
    /// If another process holds the lock, or the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK);
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(|e| Error::file(&path, sentence(&e, &path)))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(Error::file(
                folder,
                "is in use by another flocoder; wait until it ends, or choose another --output",
            )),
            Err(TryLockError::Error(_)) => Ok(Self { file: None }),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Flushes a folder, so that a rename in it survives a power cut. Only Unix lets a folder be opened.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn sentence(error: &io::Error, path: &Path) -> String {
    let unchanged = if path.is_file() { "; the old file is untouched" } else { "" };
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("cannot be written because the disk is full{unchanged}; free some space and try again")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "cannot be written: permission denied; choose another output folder".to_owned()
        }
        io::ErrorKind::NotFound => "cannot be written because its folder does not exist; create it first".to_owned(),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "cannot be written because a file is in the place of a folder; choose another output folder".to_owned()
        }
        _ => format!("cannot be written{unchanged}: {error}"),
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
        assert_eq!(names(folder.path()), ["weights"], "no temporary file remains");
    }

    #[test]
    fn a_missing_folder_and_a_file_in_its_place_are_sentences() {
        let folder = tempfile::tempdir().unwrap();
        let error = replace(&folder.path().join("none/x"), |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("folder does not exist"), "{error}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = writable_folder(&file.join("below")).unwrap_err().to_string();
        assert!(error.contains("a file is in the place of a folder"), "{error}");
    }

    #[test]
    fn a_link_keeps_the_old_content_when_the_first_name_is_replaced() {
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
    fn leftovers_are_removed_and_complete_files_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".writing-abc"), "half").unwrap();
        fs::write(folder.path().join("whole"), "whole").unwrap();
        remove_leftovers(folder.path(), Duration::from_secs(3600));
        assert_eq!(names(folder.path()).len(), 2, "a process may still be writing");
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
