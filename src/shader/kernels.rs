//! Every kernel, found by its file in `shaders/` when the program is built (`build.rs`).

use super::Kernel;

include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
