//! The parameter arena, layers and what they are strung together with.
//!
//! A network is built in two phases. Its layers first declare their parameters to a [`Layout`] (name, shape, how PyTorch
//! orders the elements, how they begin) and keep the [`ParamId`]s they are given. [`Params`] then allocates all of them at
//! once. A forward pass is described by a [`Pass`]: the tape, the parameters, and whether anything is drawn at random.

pub mod host;
pub mod init;
pub mod layers;
pub mod layout;
pub mod params;
pub mod pass;
pub mod quantizer;
pub mod sequential;
pub mod stacked;

pub use host::{HostTensor, Order};
pub use init::Init;
pub use layers::{Conv2d, ConvNorm, Dropout, GroupNorm, Linear, Silu, group_count};
pub use layout::{Layout, ParamId, Scope, Stack};
pub use params::{Params, Part};
pub use pass::Pass;
pub use sequential::{Layer, Sequential};
pub use stacked::StackedLinear;
