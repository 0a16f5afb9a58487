//! The trained flow that comes inside the program, with its codec. `models/README.md` tells what it is.

use std::path::Path;

use crate::error::Result;
use crate::train::checkpoint::{Checkpoint, Kind};
use crate::train::container::parse_safetensors;

/// Where it lies in the project, and what messages call it.
const NAME: &str = "models/flow.safetensors";
static FLOW: &[u8] = include_bytes!("../../models/flow.safetensors");

/// The flow's checkpoint.
///
/// # Errors
/// None, unless the program was built with a damaged file.
pub fn flow() -> Result<Checkpoint> {
    let path = Path::new(NAME);
    Checkpoint::of(path, parse_safetensors(path, FLOW)?, &[Kind::Flow])
}
