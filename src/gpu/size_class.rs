//! Sizes of buffers and bindings.

/// Sizes of buffers and bindings are multiples of this many bytes, so that every binding can be read as `vec4`.
pub(super) const ALIGNMENT: u64 = 16;

/// The bytes of a binding of `bytes` bytes.
pub(super) fn bound(bytes: u64) -> u64 {
    bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT)
}

/// Smallest buffer, in bytes; also keeps every binding readable as `vec4`.
pub(super) const SMALLEST: u64 = 256;

/// Buffers up to this size have few sizes, so that a free one is found for most tensors.
const COARSE: u64 = 1 << 20;

/// The size of a buffer for `bytes`: the smallest of 2^k and 1.5 * 2^k that holds them; of a large one, whose waste counts, the next multiple of a
/// sixteenth of 2^k.
pub(super) fn size_class(bytes: u64) -> u64 {
    let power = bytes.max(SMALLEST).next_power_of_two();
    if bytes > COARSE {
        return bytes.next_multiple_of(power / 32);
    }
    let between = power / 4 * 3;
    if bytes <= between && between >= SMALLEST { between } else { power }
}
