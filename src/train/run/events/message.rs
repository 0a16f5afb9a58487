//! Messages in the encoding of protocol buffers: a sequence of fields, each a key (number and wire type) and a value.

/// Wire types.
const VARINT: u32 = 0;
const BITS_64: u32 = 1;
const BYTES: u32 = 2;
const BITS_32: u32 = 5;

/// A message under construction.
#[derive(Debug, Clone, Default)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// A message without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its bytes.
    pub fn encoded(self) -> Vec<u8> {
        self.bytes
    }

    /// An integer (`int32`, `int64`, an enum).
    pub fn integer(mut self, field: u32, value: u64) -> Self {
        self.key(field, VARINT);
        self.varint(value);
        self
    }

    /// A `double`.
    pub fn double(mut self, field: u32, value: f64) -> Self {
        self.key(field, BITS_64);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A `float`.
    pub fn float(mut self, field: u32, value: f32) -> Self {
        self.key(field, BITS_32);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// `bytes` or a `string`.
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.key(field, BYTES);
        self.varint(value.len() as u64);
        self.bytes.extend(value);
        self
    }

    /// A message inside this one.
    pub fn message(self, field: u32, value: &Self) -> Self {
        self.bytes(field, &value.bytes)
    }

    /// `repeated double`, packed.
    pub fn doubles(self, field: u32, values: &[f64]) -> Self {
        let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(field, &packed)
    }

    fn key(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    /// Seven bits per byte, the lowest first; the highest bit of a byte is set if more bytes follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}
