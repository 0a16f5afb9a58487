//! The parameter arena, layers, and sequences of layers.
//!
//! A network is built in two phases. Its layers first declare their parameters to a [`Layout`] (name, shape, PyTorch's order of
//! the elements, initialisation) and keep the [`ParamId`]s that they get. [`Params`] then allocates all of them at once. A forward
//! pass is described by a [`Pass`]: the tape, the parameters, and the seed of dropout and noise, if there is any.

pub mod host;
pub mod init;
pub mod layers;
pub mod layout;
pub mod params;
pub mod pass;
pub mod quantizer;
pub mod running;
pub mod sequential;
pub mod stacked;

pub use host::{HostTensor, Order};
pub use init::Init;
pub use layers::{Conv2d, ConvNorm, Dropout, GroupNorm, LayerNorm, Linear, Silu, group_count};
pub use layout::{Layout, ParamId, Scope, Stack};
pub use params::{Params, Part};
pub use pass::Pass;
pub use running::RunningStatistics;
pub use sequential::{Layer, Sequential};
pub use stacked::StackedLinear;
