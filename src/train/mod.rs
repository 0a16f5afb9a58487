//! One visible training loop per network, and what they share.
//!
//! A run lives in a folder ([`run_dir::RunDir`]): its resolved configuration, `metrics.jsonl`, pictures, event files
//! for TensorBoard, the latest checkpoint and, beside it, what resuming needs.

pub mod classes;
pub mod codec;
pub mod events;
pub mod flow;
pub mod history;
pub mod interrupt;
pub mod latents;
pub mod log;
pub mod loss_scale;
pub mod pairing;
pub mod progress;
pub mod run_dir;
pub mod run_log;
pub mod schedule;
pub mod skips;
pub mod update;
pub mod validate;
