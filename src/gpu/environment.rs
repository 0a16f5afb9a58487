//! What drivers read from the environment when they start.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Threads of software Vulkan per processor core. It deals a dispatch out in as many pieces as it has threads, and each thread that
/// is done takes the next piece. With one per core, a thread that is woken late keeps the others waiting for half of the work.
const THREADS_PER_CORE: usize = 3;
/// The most that Mesa takes.
const MOST_THREADS: usize = 32;

/// Sets what the drivers should know and nobody has set: how many threads Mesa's software Vulkan has; and, on a machine without a
/// screen, that Mesa's device selection layer need not look for one and print an error of its own for every adapter.
///
/// # Safety
/// No other thread may read or write the environment meanwhile: call it first of all.
pub unsafe fn prepare() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let cores = available_parallelism().map_or(1, NonZero::get);
    let threads = (THREADS_PER_CORE * cores).min(MOST_THREADS);
    // SAFETY: this function's own condition.
    unsafe {
        if !is_set("LP_NUM_THREADS") && cores > 1 {
            std::env::set_var("LP_NUM_THREADS", threads.to_string());
        }
        if !is_set("XDG_RUNTIME_DIR") {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
    }
}
