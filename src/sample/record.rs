//! The record of a folder of samples: `samples.jsonl`, which says what the samples are and which files are the program's own.
//!
//! Samples replace the earlier samples of a folder. A file is removed or replaced only if the record has its name and the hash of
//! its contents: a file that came from elsewhere, or that was edited, stays.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files;

/// The record's name.
const NAME: &str = "samples.jsonl";

/// A line of the record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Number of the sample; none for files about all samples.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample: Option<u64>,
    /// Its seed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<u64>,
    /// Its estimated key, as its major and its relative minor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// The key given to a flow with conditions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub given_key: Option<String>,
    /// The chords given to it, bar by bar.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub given_chords: Option<Vec<String>>,
    /// The command, the song and the bars that a part of a song was written with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written: Option<Written>,
    /// Number of its notes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub notes: Option<usize>,
    /// Median velocity of its notes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub velocity: Option<u8>,
    /// Median distance of velocities from it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spread: Option<u8>,
    /// How unlike songs it is, if the best were chosen: 0 is the least, and songs have about 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unlikeness: Option<f64>,
    /// BLAKE3 hash of each of its files, by name.
    pub files: BTreeMap<String, String>,
}

/// What was written of which song.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The command.
    pub command: String,
    /// The song's file.
    pub song: String,
    /// The bars, counted from 1.
    pub bars: Vec<usize>,
}

/// The record of a folder.
#[derive(Debug)]
pub struct Record {
    folder: PathBuf,
    lines: Vec<Line>,
}

impl Record {
    /// Reads the record of a folder; it is empty if there is none.
    ///
    /// # Errors
    /// A record that cannot be read, or that is none.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::file(&path, format!("cannot be read: {error}"))),
        };
        // The last line of an interrupted write is incomplete; its files are not written yet.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>();
        let lines =
            lines.map_err(|_| Error::file(&path, "is no record of samples; move it, or choose another --output"))?;
        Ok(Self { folder: folder.to_owned(), lines })
    }

    /// Refuses names at which there are files that are not the program's own.
    ///
    /// # Errors
    /// One sentence with the name.
    pub fn check(&self, names: impl IntoIterator<Item = String>) -> Result<()> {
        let own: BTreeMap<_, _> = self.lines.iter().flat_map(|line| &line.files).collect();
        for name in names {
            let path = self.folder.join(&name);
            if path.exists() && !own.get(&name).is_some_and(|hash| is_unchanged(&path, hash)) {
                let what = if own.contains_key(&name) {
                    "was changed after it was sampled"
                } else {
                    "already exists, and is no sample that this command wrote there"
                };
                return Err(Error::file(&path, format!("{what}; move it, or choose another --output")));
            }
        }
        Ok(())
    }

    /// Removes the earlier samples: each file of the record that is unchanged. Returns their number and their seeds.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn clear(&mut self) -> Result<(usize, Vec<u64>)> {
        let removed =
            |path: &Path| fs::remove_file(path).map_err(|e| Error::file(path, format!("cannot be removed: {e}")));
        for (name, hash) in self.lines.iter().flat_map(|line| &line.files) {
            let path = self.folder.join(name);
            if is_plain(name) && is_unchanged(&path, hash) {
                removed(&path)?;
            }
        }
        let path = self.folder.join(NAME);
        if path.exists() {
            removed(&path)?;
        }
        let lines = std::mem::take(&mut self.lines);
        let mut seeds: Vec<u64> = lines.iter().filter_map(|line| line.seed).collect();
        seeds.dedup();
        Ok((lines.iter().filter(|line| line.sample.is_some()).count(), seeds))
    }

    /// Adds a line for files with these contents, then writes the files, so that a killed process leaves no file without a line.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&mut self, mut line: Line, contents: &[(String, Vec<u8>)]) -> Result<()> {
        let hashed = |(name, bytes): &(String, Vec<u8>)| (name.clone(), hash(bytes));
        line.files = contents.iter().map(hashed).collect();
        let path = self.folder.join(NAME);
        let text = serde_json::to_string(&line).expect("a line of texts and numbers") + "\n";
        let append = || File::options().create(true).append(true).open(&path)?.write_all(text.as_bytes());
        append().map_err(|error| Error::file(&path, format!("cannot be written: {error}")))?;
        self.lines.push(line);
        for (name, bytes) in contents {
            files::replace(&self.folder.join(name), |file| file.write_all(bytes))?;
        }
        Ok(())
    }
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn is_unchanged(path: &Path, hashed: &str) -> bool {
    path.symlink_metadata().is_ok_and(|file| file.is_file()) && fs::read(path).is_ok_and(|bytes| hash(&bytes) == hashed)
}

/// Whether a name is one of a file in the folder itself.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(sample: u64) -> Line {
        Line { sample: Some(sample), seed: Some(7), ..Line::default() }
    }

    #[test]
    fn own_files_are_removed_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut record = Record::open(folder.path()).unwrap();
        record.write(piece(0), &[("a.mid".into(), b"a".into()), ("b.mid".into(), b"b".into())]).unwrap();
        fs::write(path("b.mid"), "edited").unwrap();
        fs::write(path("c.mid"), "foreign").unwrap();
        let mut record = Record::open(folder.path()).unwrap();
        record.check(["a.mid".to_owned(), "new.mid".to_owned()]).unwrap();
        for (name, part) in [("b.mid", "was changed"), ("c.mid", "already exists")] {
            let error = record.check([name.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains(name), "{error}");
        }
        assert_eq!(record.clear().unwrap(), (1, vec![7]));
        assert!(!path("a.mid").exists() && path("b.mid").exists() && path("c.mid").exists() && !path(NAME).exists());
        assert_eq!(Record::open(folder.path()).unwrap().clear().unwrap(), (0, vec![]));
    }

    #[test]
    fn a_record_names_no_file_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out.mid"));
        fs::create_dir(&inside).unwrap();
        fs::write(&outside, "x").unwrap();
        let files = BTreeMap::from([("../out.mid".to_owned(), hash(b"x"))]);
        fs::write(inside.join(NAME), serde_json::to_string(&Line { files, ..piece(0) }).unwrap() + "\n").unwrap();
        Record::open(&inside).unwrap().clear().unwrap();
        assert!(outside.exists());
        fs::write(inside.join(NAME), "a diary\n").unwrap();
        assert!(Record::open(&inside).unwrap_err().to_string().contains("no record of samples"));
    }

    #[test]
    fn an_incomplete_line_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::open(folder.path()).unwrap();
        record.write(piece(0), &[]).unwrap();
        File::options().append(true).open(folder.path().join(NAME)).unwrap().write_all(b"{\"sample\"").unwrap();
        assert_eq!(Record::open(folder.path()).unwrap().lines, [piece(0)]);
    }
}
