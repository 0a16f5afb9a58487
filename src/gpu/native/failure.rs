//! The sticky failure of a device: the first error is kept, since nothing computed after it can be trusted.

use std::sync::{Arc, Mutex};

use crate::gpu::lock::lock;

/// The first failure of a device. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Failure {
    message: Arc<Mutex<Option<String>>>,
}

impl Failure {
    /// Keeps a failure, unless there is an earlier one.
    pub fn keep(&self, message: String) {
        lock(&self.message).get_or_insert(message);
    }

    /// The failure, if there is one.
    pub fn get(&self) -> Option<String> {
        lock(&self.message).clone()
    }

    /// Forgets the failure.
    pub fn clear(&self) {
        lock(&self.message).take();
    }

    /// Whether there is one.
    pub fn is_kept(&self) -> bool {
        lock(&self.message).is_some()
    }

    /// Keeps the errors of a device, and its loss.
    pub fn watch(&self, device: &wgpu::Device) {
        let kept = self.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| kept.keep(explain(&error))));
        let kept = self.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                kept.keep(lost(&message));
            }
        });
    }
}

pub(super) fn lost(message: &str) -> String {
    format!("the device was lost ({message}); restart the program")
}

/// An error of wgpu as a message for the user.
fn explain(error: &wgpu::Error) -> String {
    match error {
        wgpu::Error::OutOfMemory { .. } => {
            "the device is out of memory; lower train.batch or the network's width".to_owned()
        }
        other => {
            let mut text = other.to_string();
            let mut cause = std::error::Error::source(other);
            while let Some(inner) = cause {
                text = format!("{text}: {inner}");
                cause = inner.source();
            }
            // One line, as every message of the program.
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    }
}
