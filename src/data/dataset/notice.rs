//! What a scan has to say about files: those that could not be used, and groups of files that were treated alike.

use serde::Serialize;
use std::fmt;

/// A file that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its name in the data set.
    pub name: String,
    /// Why it was skipped.
    pub reason: String,
}

impl Skipped {
    pub(super) fn new(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into() }
    }
}

/// Files that were treated alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What they are, and what was done with them.
    pub what: String,
    /// Their names in the data set; at least one.
    pub names: Vec<String>,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.names[..] {
            [only] => write!(f, "{}: {only}", self.what),
            names => write!(f, "{}: {}, such as {}", self.what, names.len(), names.first().map_or("", |name| name)),
        }
    }
}

/// Adds a name to the notice that says `what`, with a new notice if there is none yet.
pub(super) fn note(notices: &mut Vec<Notice>, what: &str, name: &str) {
    match notices.iter_mut().find(|notice| notice.what == what) {
        Some(notice) => notice.names.push(name.to_owned()),
        None => notices.push(Notice { what: what.to_owned(), names: vec![name.to_owned()] }),
    }
}
