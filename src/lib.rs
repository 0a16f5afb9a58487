//! flocoder writes music as pictures, on hand-written WGSL kernels.

pub mod audio;
pub mod bench;
pub mod cli;
pub mod config;
pub mod data;
pub mod error;
pub mod files;
pub mod gpu;
pub mod models;
pub mod nn;
pub mod ops;
pub mod reference;
pub mod rng;
pub mod sample;
pub mod tape;
pub mod tensor;
pub mod train;
