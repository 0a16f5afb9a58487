//! Mutexes of the device.

use std::sync::{Mutex, MutexGuard};

/// Ignores poisoning by a panicking thread: every critical section leaves its value consistent.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
