//! Music of which a part is given and a part is to be written.

mod cell_set;
mod partial_roll;

pub use cell_set::CellSet;
pub use partial_roll::PartialRoll;
