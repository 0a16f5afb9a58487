//! A line to the user while a driver compiles kernels for long. Software Vulkan compiles a kernel when it first runs, so that the host
//! waits for a result instead of for a pipeline.

use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::gpu::lock::lock;

/// How long the host waits in silence.
const PATIENCE: Duration = Duration::from_secs(2);

/// Called with a sentence.
pub type Tell = fn(&str);

/// Whom to tell, once.
#[derive(Default)]
pub(super) struct SlowCompiling {
    tell: Mutex<Option<Tell>>,
}

impl SlowCompiling {
    /// From now on, tells the user of the first long wait.
    pub fn tell(&self, tell: Tell) {
        *lock(&self.tell) = Some(tell);
    }

    /// Waits, by `wait`, for kernels that the device `name` runs for the first time.
    pub fn during<T>(&self, name: &str, wait: impl FnOnce() -> T) -> T {
        let Some(tell) = *lock(&self.tell) else { return wait() };
        let (done, waiting) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    lock(&self.tell).take();
                    tell(&format!(
                        "{name} compiles kernels, which takes a while; most drivers keep them for the next run"
                    ));
                }
            });
            let result = wait();
            drop(done);
            result
        })
    }
}
