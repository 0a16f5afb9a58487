//! Pieces longer than a window: windows that continue each other, and sections that return.

mod conditions;
mod melody;
mod plan;
mod write;

pub use plan::{MOST, Plan, WINDOW, Window};
pub use write::generate;
