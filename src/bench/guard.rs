//! Isolates failures: a case that panics does not end a run of many.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// Runs `work`. A panic becomes an error, after which the device is ready for the next case.
///
/// # Errors
/// That of `work`, or the message of its panic.
pub fn guarded<T>(gpu: &Gpu, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let result = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::device(format!("a bug in the program: {}", message(&*panic)))));
    if result.is_err() {
        gpu.poison_new_buffers(false);
        // A failure of the device belongs to this case.
        let _ = gpu.wait();
        gpu.clear_failure();
    }
    result
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn both_kinds_of_panic_have_a_message() {
        assert_eq!(message(&"fixed"), "fixed");
        assert_eq!(message(&"formatted".to_owned()), "formatted");
        assert_eq!(message(&7), "a panic without a message");
    }
}
