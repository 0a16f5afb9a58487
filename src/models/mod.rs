//! The two networks, forward only: the codec, which compresses pictures, and the U-Net, which generates what it compresses to.
//!
//! Parameters have the names that the Python package gives them, so that checkpoints can be exchanged.

pub mod codec;
pub mod settings;
pub mod unet;
pub mod velocity;
pub mod vqvae;

pub use codec::{Codec, Decoder, Encoder};
pub use unet::{Classes, Unet};
pub use velocity::VelocityField;
pub use vqvae::Vqvae;
