//! The section `data:` (stand-in).

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where the music is, and how windows are cut from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A folder, a file or a .zip.
    pub path: Option<PathBuf>,
    /// Columns of a window.
    pub steps: usize,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { path: None, steps: 128 }
    }
}
