//! Charts as pictures: panels of curves, and heat maps.

pub mod canvas;
pub mod map;
pub mod panel;
mod style;

pub use canvas::Canvas;
pub use panel::{Curve, Panel};
pub use style::{BACKGROUND, CURVES, FAINT, TEXT, short};
