//! Music of which a part is given: on the device, while the rest is generated.

mod context;

pub use context::{Context, Encoder};
