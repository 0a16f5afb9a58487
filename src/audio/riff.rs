//! The chunks of a RIFF file, with or without the pad byte after a chunk of odd length.

/// A chunk: an identifier and bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    pub id: &'a [u8],
    pub body: &'a [u8],
    /// Bytes that the chunk claims beyond the end.
    pub missing: usize,
}

/// The chunks in some bytes. Fewer than 8 bytes at the end are ignored.
pub(super) fn chunks(mut bytes: &[u8]) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(8) {
        let (id, length) = head.split_at(4);
        let length = length.iter().rev().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
        let (body, after) = rest.split_at(length.min(rest.len()));
        chunks.push(Chunk { id, body, missing: length - body.len() });
        let padded = length % 2 == 1 && !is_id(after) && !after.is_empty();
        bytes = &after[usize::from(padded)..];
    }
    chunks
}

/// Whether bytes begin with the identifier of a chunk: four letters or digits.
fn is_id(bytes: &[u8]) -> bool {
    bytes.first_chunk::<4>().is_some_and(|id| id.iter().all(u8::is_ascii_alphanumeric))
}
