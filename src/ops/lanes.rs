//! How the lanes of a workgroup share work, on GPUs and on software Vulkan: by the adapter's [`Body`].

use crate::gpu::kernel::Constants;
use crate::gpu::{Body, Gpu};

/// The constants of `shared/team.wgsl`: on software Vulkan a team is one subgroup of eight lanes, since workgroup memory and
/// barriers cost more there than anything they save; elsewhere 128 lanes meet in workgroup memory.
pub(super) fn team(gpu: &Gpu) -> Constants<'static> {
    TEAMS[usize::from(gpu.capabilities().body != Body::Subgroup)]
}

/// Every set of constants that [`team`] gives.
pub(super) const TEAMS: &[Constants<'static>] =
    &[&[("lanes", 8), ("one_subgroup", 1)], &[("lanes", 128), ("one_subgroup", 0)]];

/// Lanes of a workgroup that goes through a stretch of memory: on software Vulkan the eight of one subgroup, since those of a
/// larger workgroup would go through it one eight after the other, each striding over the rest.
pub(super) fn lanes(gpu: &Gpu) -> u32 {
    if gpu.capabilities().body == Body::Subgroup { 8 } else { 64 }
}

/// Elements that one invocation moves at once: 4 where `channels` is a multiple of it, else 1.
pub(super) fn vector(channels: usize) -> usize {
    if channels.is_multiple_of(4) { 4 } else { 1 }
}

/// The ratio of neighbouring frequencies of which `steps` steps make a factor of 1/10000, in units of 2^-32
/// (`shared/turn.wgsl`).
pub(super) fn geometric(steps: usize) -> u32 {
    (10_000f64.powf(-1.0 / steps as f64) * 2f64.powi(32)).round() as u32
}
