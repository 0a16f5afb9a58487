//! Environment variables that drivers read when they start.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Threads of software Vulkan per processor core. It splits a dispatch into as many parts as it has threads, and an idle thread
/// takes the next part. With one thread per core, the others wait for half of the work if one wakes up late.
const THREADS_PER_CORE: usize = 3;
/// Mesa's largest number of threads.
const MOST_THREADS: usize = 32;

/// Sets variables of Mesa unless they are set already: the number of threads of software Vulkan; vectors of 512 bits, which Mesa does not
/// choose, where the processor has fast ones; and, on a machine without a screen, that the device selection layer does not look for
/// one, which prints an error for every adapter.
///
/// # Safety
/// No other thread may read or write the environment at the same time: call it before any thread is started.
pub unsafe fn prepare() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let cores = available_parallelism().map_or(1, NonZero::get);
    let threads = (THREADS_PER_CORE * cores).min(MOST_THREADS);
    // SAFETY: the caller guarantees that no other thread uses the environment.
    unsafe {
        if !is_set("LP_NUM_THREADS") && cores > 1 {
            std::env::set_var("LP_NUM_THREADS", threads.to_string());
        }
        if !is_set("LP_NATIVE_VECTOR_WIDTH") && has_wide_vectors() {
            std::env::set_var("LP_NATIVE_VECTOR_WIDTH", "512");
        }
        if !is_set("XDG_RUNTIME_DIR") {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
    }
}

/// Whether the processor has vectors of 512 bits that cost it no clock rate: Intel's from Ice Lake on, AMD's from Zen 4 on. Measured on
/// Zen 5 alone (`docs/performance.md`).
fn has_wide_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512vbmi2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}
