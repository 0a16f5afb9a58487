//! Sizes of buffers and bindings.

/// Sizes of buffers and bindings are multiples of this many bytes, so that every binding can be read as `vec4`.
pub(super) const ALIGNMENT: u64 = 16;

/// The bytes of a binding of `bytes` bytes.
pub(super) fn bound(bytes: u64) -> u64 {
    bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT)
}

/// Smallest buffer, in bytes; also keeps every binding readable as `vec4`.
pub(super) const SMALLEST: u64 = 256;

/// The smallest of 2^k and 1.5 * 2^k that holds `bytes`.
pub(super) fn size_class(bytes: u64) -> u64 {
    let power = bytes.max(SMALLEST).next_power_of_two();
    let between = power / 4 * 3;
    if bytes <= between && between >= SMALLEST { between } else { power }
}
