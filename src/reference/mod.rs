//! Each kernel once more, as plain loops in f64: the specification in code.

pub mod array;
