//! Copies from the device to the host.

use crate::error::{Error, Result};

/// Waits for a mappable buffer and copies it out.
pub(super) fn map(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Result<Vec<u8>> {
    let lost = |error: &dyn std::fmt::Display| Error::device(format!("reading from the device failed: {error}"));
    buffer.slice(..).map_async(wgpu::MapMode::Read, |_| {});
    device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| lost(&error))?;
    let view = buffer.slice(..).get_mapped_range().map_err(|error| lost(&error))?;
    let data = view.to_vec();
    drop(view);
    buffer.unmap();
    Ok(data)
}
