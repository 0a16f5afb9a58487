//! The networks, forward only: the codec, which compresses piano rolls to latents, and the flow, which generates latents by a U-Net or
//! a transformer.
//!
//! Parameters of the codec and the U-Net have the names of the Python package, so that checkpoints can be exchanged.

pub mod codec;
pub mod settings;
pub mod transformer;
pub mod unet;
pub mod velocity;
pub mod vqvae;

pub use codec::{Codec, Decoder, Encoder};
pub use transformer::{Conditions, Transformer};
pub use unet::{Classes, Unet};
pub use velocity::{Conditioning, VelocityField};
pub use vqvae::Vqvae;
