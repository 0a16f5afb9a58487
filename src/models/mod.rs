//! The two networks, forward only: the codec, which compresses piano rolls to latents, and the U-Net, which generates latents.
//!
//! Parameters have the names of the Python package, so that checkpoints can be exchanged.

pub mod codec;
pub mod settings;
pub mod unet;
pub mod velocity;
pub mod vqvae;

pub use codec::{Codec, Decoder, Encoder};
pub use unet::{Classes, Unet};
pub use velocity::VelocityField;
pub use vqvae::Vqvae;
