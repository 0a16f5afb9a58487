//! Music of which a part is given, while the rest is generated.
//!
//! ```text
//! PartialRoll -> Context (latents of the given notes, what is free)  -> a condition of the network
//!                   |                                               -> Held: latents kept in their places at each step
//! passage     -> Followed: latents on their path to those of the passage, up to a time
//!                   roll of the last step + PartialRoll::completed  -> given notes exactly, new ones in free cells only
//! ```
//!
//! [`impose`] and [`beneath`] change a sample's logits before they are thresholded.

mod beneath;
mod context;
mod estimate;
mod followed;
mod held;
mod impose;
mod mask;

pub use beneath::beneath;
pub use context::{Context, Encoder};
pub use estimate::{estimated, known_bars, suitable};
pub use followed::Followed;
pub use held::{Held, Paste};
pub use impose::impose;
