//! A training run as the user sees it: its folder, its logs, its progress on the terminal, and how it is interrupted.
//!
//! The folder ([`RunDir`]) holds the resolved configuration, the latest checkpoint with the state needed to resume, and the
//! logs ([`RunLog`]): `metrics.jsonl`, event files for TensorBoard, and pictures.

mod dir;
pub mod events;
mod history;
pub mod interrupt;
mod log;
mod metrics_log;
mod progress;

pub use dir::{CONFIG, Resumed, RunDir};
pub use history::{History, Line};
pub use log::{METRICS, RunLog};
pub use metrics_log::{
    Better, EXCHANGE_BYTES, EXCHANGE_MS, EXCHANGE_OVERLAPPED, MetricsLog, SAMPLES_PER_SECOND, VALIDATION, WALL_TIME,
};
pub use progress::{Progress, Verbosity};
