//! Pictures for viewing: panels of curves, heat maps, sheets and comparisons of piano rolls.

pub mod axis;
pub mod canvas;
pub mod comparison;
pub mod legend;
pub mod map;
pub mod panel;
pub mod roll;
pub mod sheet;
mod style;
pub mod written;

pub use axis::Division;
pub use canvas::Canvas;
pub use legend::Legend;
pub use panel::{Curve, Panel};
pub use style::{BACKGROUND, CURVES, FAINT, TEXT};
