//! Detection of losses and weights that are not finite.

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::nn::{HostTensor, Params};
use crate::train::run::RunDir;

/// Refuses losses that are not finite, naming the first such parameter, or the loss if all parameters are finite.
///
/// # Errors
/// [`Error::NotFinite`], or a failure of the device.
pub fn check_finite(numbers: &[(String, f64)], params: &Params, step: u64, run: &RunDir) -> Result<()> {
    let Some((name, _)) = numbers.iter().find(|(_, number)| !number.is_finite()) else { return Ok(()) };
    let tensor = params.first_non_finite()?.unwrap_or_else(|| format!("the loss `{name}`"));
    Err(Error::NotFinite { step, tensor, resumable: run.has_checkpoint() })
}

/// Refuses weights or codes that are not finite, before they replace the last good checkpoint.
///
/// # Errors
/// [`Error::NotFinite`] naming the first such tensor.
pub fn check_finite_tensors(checkpoint: &Checkpoint, run: &RunDir) -> Result<()> {
    let bad = |(_, tensor): &(&String, &HostTensor)| tensor.data.iter().any(|value| !value.is_finite());
    match checkpoint.tensors.iter().find(bad) {
        Some((name, _)) => {
            let (step, tensor) = (checkpoint.step, name.clone());
            Err(Error::NotFinite { step, tensor, resumable: run.has_checkpoint() })
        }
        None => Ok(()),
    }
}
