//! One case may fail without taking the rest of a table with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// What `work` gives; a panic in it becomes an error, and the device is left fit for the next case.
///
/// # Errors
/// That of `work`, or what it panicked with.
pub fn guarded<T>(gpu: &Gpu, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        gpu.poison_new_buffers(false);
        // Whatever else went wrong on the device went wrong in the case that panicked.
        let _ = gpu.wait();
        Err(Error::device(format!("a bug in the program: {}", message(&*panic))))
    })
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
