//! Compression by zlib, which browsers undo by themselves.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The bytes, compressed.
pub fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory can be written")
}
