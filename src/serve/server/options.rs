//! What a server is told.

use std::path::PathBuf;

/// Where to listen, and what to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name or address of the host.
    pub host: String,
    /// The port, 0 for a free one; without it the usual one, or a free one if that is taken. A browser keeps what a page has stored
    /// by its port too.
    pub port: Option<u16>,
    /// The folder of training runs, if they are shown.
    pub runs: Option<PathBuf>,
    /// The run that the page opens with.
    pub run: Option<String>,
    /// A folder from which the page's files are read in place of those in the program.
    pub page: Option<PathBuf>,
}

impl Default for Options {
    /// This machine only.
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: None, runs: None, run: None, page: None }
    }
}
