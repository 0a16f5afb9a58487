//! flocoder learns to write music as pictures, on hand-written WGSL kernels.
//!
//! A *codec* (VQVAE) compresses piano rolls to small latents of discrete codes. A *flow* (a U-Net trained by flow matching)
//! turns noise into such latents. The codec's decoder turns them back into piano rolls, which become MIDI files and sound.
//!
//! ```text
//! .mid -> roll -> picture -> encoder -> latent -> quantizer -> codes -> decoder -> picture -> roll -> .mid, .wav
//!                                         |           ^
//!                                         v           |
//!                            noise ->  flow: ODE solver
//! ```
//!
//! # Rooms
//!
//! A module imports only from the rows below its own; a test reads every import and fails on an upward one.
//!
//! | room | holds |
//! |---|---|
//! | [`cli`] | the commands, one file each: parse, call one library function, print |
//! | [`bench`](mod@bench), [`evaluate`] | cases that the self-test, the tests and the benches share; how good a network is |
//! | [`train`] | training runs: one loop, two networks; their folders, logs and progress |
//! | [`sample`] | from noise to music |
//! | [`checkpoint`] | checkpoint files, and the state that resuming needs |
//! | [`models`] | the two networks, forward only, with the parameter names of the Python package |
//! | [`nn`] | the parameter arena, layers, the residual quantizer |
//! | [`tape`], [`ops`] | what was recorded, and the backward sweep; one file per operation: shapes, dispatch, backward |
//! | [`tensor`], [`gpu`] | shape and buffer handle, no arithmetic; adapter, kernels, pool, recording, timestamps |
//! | [`chart`] | curves and maps as pictures |
//! | [`metrics`] | numbers about music: features, scores of a reconstruction, distances between two sets |
//! | [`data`], [`audio`] | pure functions from bytes to notes to rolls to pictures and back; notes to sound |
//! | [`config`] | the four sections of a configuration, and errors that name the key |
//! | [`rng`], [`files`] | counter-based random numbers; files that are whole or not there |
//! | [`terminal`] | results on stdout, messages on stderr |
//! | [`error`], [`text`] | the one error type; plurals, numbers and durations in messages |
//!
//! [`reference`](mod@reference) stands apart: it states every kernel once more in plain f64 loops, for the tests and the
//! self-test. It, [`data`], [`audio`], [`metrics`], [`chart`] and [`config`] know nothing of the GPU. `shaders/` holds one `.wgsl` file per kernel.
//!
//! # How data flows
//!
//! Activations are `[N, H, W, C]`, so that a pixel is a row, and nearly all arithmetic is a matrix product on rows
//! ([`ops::product`]). That core is written once for GPUs, once for matrix units and once for software Vulkan
//! ([`gpu::Body`]). A forward pass goes through a [`tape::Tape`]: each operation launches its kernels and records a
//! [`tape::Backward`], and [`tape::Tape::backward`] walks the records from the last to the first. Gradients of parameters are
//! added up in the arena ([`nn::Params`]), over which the optimizer runs as a whole ([`ops::optimizer`]). Arithmetic is f32;
//! tensors may be stored in f16 ([`gpu::half`], [`train::step::LossScale`]). Launches are recorded and submitted together
//! ([`gpu::Gpu`]); numbers come back to the host only when somebody reads them.
//!
//! # Where to start reading
//!
//! * what the program does with music: [`data::music::roll::Roll`], then the example below;
//! * how a network is trained: [`train::codec`], then [`train::flow`]; how music is made: [`sample::Generator::generate`];
//! * how an operation is made: [`ops::activation`], a short one with all its parts;
//! * what runs on the device: `shaders/silu_fwd.wgsl`, then `shaders/shared/product_tile.wgsl`;
//! * `docs/how-it-works.md` tells all of it in order, with the shape of the data at each step.
//!
//! # Example
//!
//! A composed song, as a picture and back. This needs no GPU.
//!
//! ```
//! use flocoder::data::corpus;
//! use flocoder::data::picture::cells::Orphans;
//! use flocoder::data::picture::image;
//!
//! let song = corpus::compose(0, 0);
//! let roll = song.merged();
//! let png = image::write(&roll);
//! let again = image::read(&png, Orphans::Drop)?;
//! assert_eq!(roll, again);
//! # Ok::<(), String>(())
//! ```

#![warn(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads: see `terminal`")]

pub mod audio;
pub mod bench;
pub mod chart;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod data;
pub mod dtype;
pub mod error;
pub mod evaluate;
pub mod files;
pub mod gpu;
pub mod metrics;
pub mod models;
pub mod nn;
pub mod ops;
pub mod reference;
pub mod rng;
pub mod sample;
pub mod shader;
pub mod tape;
pub mod tensor;
pub mod terminal;
pub mod text;
pub mod train;
