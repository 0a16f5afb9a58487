//! The dynamics within a flow's checkpoint.

use super::network::PREFIX;
use super::{Dynamics, INPUTS, Levels};
use crate::checkpoint::Checkpoint;
use crate::condition::Scale;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nn::{HostTensor, Part};

/// Tensors besides the network's: levels and spreads `[rows, 2]`, means and deviations of the inputs `[2, inputs]`. f16 holds the levels exactly.
const LEVELS: &str = "dynamics.levels";
const SCALE: &str = "dynamics.scale";

impl Dynamics {
    /// Adds them to a flow's checkpoint, in place of those that it has.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn save(&self, checkpoint: &mut Checkpoint) -> Result<()> {
        let (levels, Scale { mean, deviation }) = (self.levels.values(), &self.scale);
        checkpoint.tensors.extend(self.params.export(Part::Weights)?);
        checkpoint.tensors.insert(LEVELS.to_owned(), HostTensor::new([levels.len() / 2, 2], levels));
        checkpoint.tensors.insert(SCALE.to_owned(), HostTensor::new([2, INPUTS], [*mean, *deviation].concat()));
        checkpoint.config.flow.dynamics = true;
        Ok(())
    }

    /// Those of a flow's checkpoint; `None` if the flow has none.
    ///
    /// # Errors
    /// Tensors that are missing or damaged; the adapter's memory or limits.
    pub fn load(gpu: &Gpu, checkpoint: &Checkpoint) -> Result<Option<Self>> {
        let Checkpoint { config, tensors, path, .. } = checkpoint;
        if !config.flow.dynamics {
            return Ok(None);
        }
        Self::declare().0.check(tensors, path)?;
        let unusable = |fault: &str| Error::file(path, format!("has no usable {PREFIX}: {fault}"));
        let values = |name: &str| {
            let tensor = tensors.get(name).map(|tensor| tensor.data.as_slice());
            tensor.ok_or_else(|| unusable(&format!("the tensor {name} is missing")))
        };
        let levels = Levels::of_values(values(LEVELS)?).map_err(|fault| unusable(&fault))?;
        let scale = match values(SCALE)?.as_chunks::<INPUTS>().0 {
            &[mean, deviation] if deviation.iter().all(|&deviation| deviation > 0.0) => Scale { mean, deviation },
            _ => return Err(unusable("the scale of the inputs is damaged")),
        };
        let dynamics = Self::new(gpu, config.data.steps, scale, levels, 0)?;
        dynamics.params.load(Part::Weights, tensors, path)?;
        Ok(Some(dynamics))
    }
}
