//! flocoder learns to write music as pictures, on hand-written WGSL kernels.
//!
//! A *codec* (VQVAE) compresses piano rolls to small latents of discrete codes. A *flow* (a U-Net or a transformer, trained
//! by flow matching) turns noise into such latents. The codec's decoder turns them back into piano rolls, which become MIDI files and sound.
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
//! A room is a module of the crate's root. It imports only from rooms below its own; a test resolves every import and fails on an
//! upward one.
//!
//! | room | contents |
//! |---|---|
//! | [`cli`] | the commands, one file each: parse, call one library function, print |
//! | [`tab`] | the same page as a folder of files, which computes in the browser's tab |
//! | [`serve`] | a page to play on: HTTP, a queue of requests, one thread that computes |
//! | [`bench`](mod@bench) | cases: a kernel with a shape and its reference result, shared by self-test, tests and benches |
//! | [`evaluate`] | scores of a codec and of a flow, with baselines and confidence intervals |
//! | [`train`] | training runs: one loop, the steps of the two networks, a run's folder and logs |
//! | [`sample`] | from noise to music |
//! | [`melody`] | melodies to chords, note by note: a network of tokens, written before the flow accompanies them |
//! | [`dynamics`] | how loud notes are: levels to draw from, and a network over the notes of a window |
//! | [`checkpoint`] | files of weights with configuration and latent statistics; the state that resuming needs |
//! | [`models`] | the networks, forward only: the codec, and the two architectures of the flow |
//! | [`nn`] | the parameter arena, layers, the residual quantizer |
//! | [`ops`] | one file per operation: shapes, dispatch, backward |
//! | [`tape`] | the recorded operations of a forward pass, and the backward sweep |
//! | [`tensor`] | shape, element type and buffer handle; no arithmetic |
//! | [`gpu`] | adapter, tuning, buffers, pipelines, recording, timestamps |
//! | [`shader`] | from the files in `shaders/` to the module of a pipeline; needs no device |
//! | [`dtype`] | element types |
//! | [`chart`] | pictures for viewing: curves, maps, sheets and comparisons of rolls |
//! | [`condition`] | what a conditioned flow is given: chords, attributes of a window and of its bars, controls of new notes, hidden parts |
//! | [`metrics`] | measures of music: features, scores of a reconstruction, distances between two sets |
//! | [`audio`] | notes to sound |
//! | [`song`] | a user's song, of which a part is written anew and all else is kept |
//! | [`data`] | files to rolls, pictures, tensors and data sets, and back; the composed corpus |
//! | [`reference`](mod@reference) | every kernel in plain f64 loops: the specification, for tests and the self-test only |
//! | [`config`] | the four sections of a configuration, and errors that name the key |
//! | [`ranks`] | processes that work on one task together, and the order in which they add |
//! | [`rng`] | counter-based random numbers, and the list of all streams |
//! | [`parallel`] | iterators over all cores |
//! | [`files`] | files that are written atomically |
//! | [`terminal`] | results on stdout, messages on stderr |
//! | [`text`] | plurals, numbers and durations in messages |
//! | [`error`] | the one error type |
//!
//! The engine is [`nn`] to [`dtype`]: it imports nothing of music or the application, and of the rooms below only [`rng`] and
//! [`error`]. The rooms from [`chart`] down do not use the GPU. `shaders/` has one `.wgsl` file per kernel. `docs/glossary.md`
//! defines the terms.
//!
//! # How data flows
//!
//! Activations are `[N, H, W, C]`, so that a position is a row of C numbers, and nearly all arithmetic is a matrix product on rows
//! ([`ops::product`]). The kernels of these products have a variant for GPUs, one for matrix units and one for software Vulkan
//! ([`gpu::Products`]), which [`gpu::Tuning`] chooses. A forward pass is recorded on a [`tape::Tape`]: each operation launches its
//! kernels and records a [`tape::Backward`], and [`tape::Tape::backward`] runs these from the last to the first. The gradients of
//! parameters are summed in the arena ([`nn::Params`]), on which the optimizer works as a whole ([`ops::optimizer`]). Arithmetic is
//! f32, except that matrix units multiply f16 and sum in f32. Tensors may be stored in f16 ([`shader::f16_storage`],
//! [`train::step::LossScale`]). Launches are recorded and submitted together ([`gpu::Gpu`]); values are copied to the host only by
//! a readback.
//!
//! # Where to start reading
//!
//! * music as data: [`data::music::roll::Roll`], then the example below;
//! * training: [`train::training_loop`], then the steps in [`train::codec`] and [`train::flow`];
//! * sampling: [`sample::Generator::generate`];
//! * an operation: [`ops::activation`], a short one with all its parts;
//! * a kernel: `shaders/silu_fwd.wgsl`, then `shaders/shared/product_tile.wgsl`;
//! * the whole in order, with the shape of the data at each step: `docs/how-it-works.md`.
//!
//! # Example
//!
//! A composed song as a picture and back, which needs no GPU.
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

#![cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "in a browser's tab some modules are used in part"))]
#![warn(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads: see `terminal`")]

pub mod audio;
#[cfg(not(target_arch = "wasm32"))]
pub mod bench;
pub mod chart;
pub mod checkpoint;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod condition;
pub mod config;
pub mod data;
pub mod dtype;
pub mod dynamics;
pub mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod evaluate;
pub mod files;
pub mod gpu;
pub mod melody;
pub mod metrics;
pub mod models;
pub mod nn;
pub mod ops;
pub mod parallel;
pub mod ranks;
#[cfg(not(target_arch = "wasm32"))]
pub mod reference;
pub mod rng;
pub mod sample;
pub mod serve;
pub mod shader;
pub mod song;
pub mod tab;
pub mod tape;
pub mod tensor;
#[cfg(not(target_arch = "wasm32"))]
pub mod terminal;
pub mod text;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
