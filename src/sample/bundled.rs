//! The trained flow that is bundled with the program, with its codec. `models/README.md` describes it.

use std::path::Path;

use crate::checkpoint::container::parse_safetensors;
use crate::checkpoint::{Checkpoint, Kind};
use crate::error::Result;

/// Its path in the repository, and its name in messages.
const NAME: &str = "models/flow.safetensors";
static FLOW: &[u8] = include_bytes!("../../models/flow.safetensors");

/// The checkpoint of a flow in a file or, without one, the bundled flow's.
///
/// # Errors
/// A file that is missing or damaged, or holds no flow.
pub fn flow_or(path: Option<&Path>) -> Result<Checkpoint> {
    path.map_or_else(flow, |path| Checkpoint::load(path, Kind::Flow))
}

/// The flow's checkpoint.
///
/// # Errors
/// Only if the program was built with a damaged file.
pub fn flow() -> Result<Checkpoint> {
    let path = Path::new(NAME);
    Checkpoint::of(path, parse_safetensors(path, FLOW)?, &[Kind::Flow])
}
