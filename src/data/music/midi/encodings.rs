//! Bytes of a name as text, and texts in one form. In a browser's tab, which has to be downloaded, the tables of Shift-JIS and of
//! Unicode's forms are left out: such names are read as Latin-1 there.

/// Latin-1 (Windows-1252).
#[cfg(not(target_arch = "wasm32"))]
pub fn latin(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

/// Shift-JIS, if the bytes are.
#[cfg(not(target_arch = "wasm32"))]
pub fn japanese(bytes: &[u8]) -> Option<String> {
    let decoded = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    decoded.map(|text| text.into_owned())
}

/// The text with composed characters.
#[cfg(not(target_arch = "wasm32"))]
pub fn composed(text: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfkc(text).collect()
}

#[cfg(target_arch = "wasm32")]
pub fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(target_arch = "wasm32")]
pub fn japanese(_: &[u8]) -> Option<String> {
    None
}

#[cfg(target_arch = "wasm32")]
pub fn composed(text: &str) -> String {
    text.to_owned()
}
