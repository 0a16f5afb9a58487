//! The parameter arena, layers and blocks.
