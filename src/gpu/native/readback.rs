//! Copies from the device to the host.

use crate::error::{Error, Result};

/// Waits for a mappable buffer and copies it out.
pub(super) fn map(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Result<Vec<u8>> {
    map_after(device, buffer, None)
}

/// The same of a buffer that a `submission` writes; without one, the last of all.
pub(super) fn map_after(
    device: &wgpu::Device,
    buffer: &wgpu::Buffer,
    submission_index: Option<wgpu::SubmissionIndex>,
) -> Result<Vec<u8>> {
    let lost = |error: &dyn std::fmt::Display| Error::device(format!("reading from the device failed: {error}"));
    buffer.slice(..).map_async(wgpu::MapMode::Read, |_| {});
    device.poll(wgpu::PollType::Wait { submission_index, timeout: None }).map_err(|error| lost(&error))?;
    let view = buffer.slice(..).get_mapped_range().map_err(|error| lost(&error))?;
    let data = view.to_vec();
    drop(view);
    buffer.unmap();
    Ok(data)
}
