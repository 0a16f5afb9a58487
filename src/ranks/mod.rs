//! Processes that work on one task together, each on an adapter: the ranks.

pub mod tree;
