//! What a flow's training starts from.

use std::collections::BTreeMap;

use crate::checkpoint::{Checkpoint, ResumeState};
use crate::config::FlowConfig;
use crate::nn::HostTensor;

/// The parameter of the transformer that takes its inputs, `[width, rows x channels]`.
const INPUT: &str = "input.weight";

/// What a training run starts from.
pub enum Start {
    /// Weights drawn from the seed.
    New,
    /// The weights of a trained flow, which may have fewer inputs.
    From(Box<Checkpoint>),
    /// A run's checkpoint and the state of its optimizer.
    Resumed(Box<(Checkpoint, ResumeState)>),
}

/// The weights of a flow for one that is otherwise the same but has channels of what is given, or of controls, too: the weights of these
/// are 0, so that the velocities are the same. Its `channels` are those of a latent. Other weights are left as they are.
pub fn widened(flow: &Checkpoint, wanted: &FlowConfig, channels: usize) -> BTreeMap<String, HostTensor> {
    let mut tensors = flow.tensors.clone();
    let had = &flow.config.flow;
    let before = channels + had.picture + had.given + had.controls;
    let is_new = |had: usize, wanted: usize| had == 0 || had == wanted;
    let added = (wanted.given + wanted.controls).saturating_sub(had.given + had.controls);
    // The channels that are added are the last ones.
    let is_extended = is_new(had.given, wanted.given) && is_new(had.controls, wanted.controls);
    if is_extended && (had.controls == 0 || had.given == wanted.given) && added > 0 {
        let wider = |input: &HostTensor| {
            let columns = |row: &[f32]| [row, &vec![0.0; added]].concat();
            let data: Vec<f32> = input.data.chunks(before).flat_map(columns).collect();
            HostTensor::new([input.shape[0], data.len() / input.shape[0]], data)
        };
        let fits = |input: &&mut HostTensor| {
            input.shape.len() == 2
                && input.shape[0] > 0
                && input.shape[1] == before * had.rows
                && had.rows == wanted.rows
        };
        if let Some(input) = tensors.get_mut(INPUT).filter(fits) {
            *input = wider(input);
        }
    }
    tensors
}
