//! Files of 16-bit weights, coded and back.
//!
//! A coded file has a word for the bytes of the head, the head of the `.safetensors` file, a byte for each tensor (its [`Kind`]),
//! the tensors that are not coded, then the coded ones.

use half::f16;
use serde_json::Value;

use super::model::{MAGNITUDE, Model};
use super::range_coder::{Decoder, Probability};

/// Bits of sign and mantissa. They are not expected to be anything, but that the last may be 0 in a whole tensor
/// (`export --significant-bits`).
const REST: u32 = 16 - MAGNITUDE;
const LOW: u32 = REST - 1;
/// Smaller tensors are not coded.
const SMALLEST: usize = 1024;

/// How a tensor is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As it is.
    Plain,
    /// Values from 0 to 255, in a byte each.
    Bytes,
    /// Coded.
    Coded,
}

/// A tensor in the file: its first byte, its number of values and its columns.
struct Place {
    start: usize,
    values: usize,
    columns: usize,
}

/// A file with 16-bit floats in fewer bytes.
#[cfg(not(target_arch = "wasm32"))]
pub fn encoded(file: &[u8]) -> Vec<u8> {
    let (head, places) = places(file).expect("the program has written the file");
    let (mut encoder, mut model) = (super::range_coder::Encoder::new(), Model::new());
    let (mut kinds, mut others) = (Vec::new(), Vec::new());
    for place in &places {
        let values = &file[place.start..place.start + 2 * place.values];
        let bytes: Option<Vec<u8>> = values.as_chunks::<2>().0.iter().map(|&value| byte(value)).collect();
        let kind = match bytes {
            Some(bytes) => {
                others.extend(bytes);
                Kind::Bytes
            }
            None if place.values < SMALLEST => {
                others.extend_from_slice(values);
                Kind::Plain
            }
            None => {
                write(&mut encoder, &mut model, values, place.columns);
                Kind::Coded
            }
        };
        kinds.push(kind as u8);
    }
    let mut bytes = (head as u32).to_le_bytes().to_vec();
    [&file[..head], &kinds, &others, &encoder.finish()].into_iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// The file of a coded one; `None` if it is damaged.
pub fn decoded(coded: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = coded.split_first_chunk::<4>()?;
    let head = u32::from_le_bytes(*length) as usize;
    let mut file = rest.get(..head)?.to_vec();
    let (_, places) = places(&file)?;
    let (kinds, rest) = rest[head..].split_at_checked(places.len())?;
    let kinds = kinds.iter().map(|&kind| kind_of(kind)).collect::<Option<Vec<Kind>>>()?;
    let bytes = |(place, kind): (&Place, &Kind)| match kind {
        Kind::Plain => 2 * place.values,
        Kind::Bytes => place.values,
        Kind::Coded => 0,
    };
    let (mut others, coded) = rest.split_at_checked(places.iter().zip(&kinds).map(bytes).sum())?;
    let (mut decoder, mut model) = (Decoder::new(coded), Model::new());
    for (place, kind) in places.iter().zip(&kinds) {
        let (own, after) = others.split_at_checked(bytes((place, kind)))?;
        others = after;
        match kind {
            Kind::Plain => file.extend_from_slice(own),
            Kind::Bytes => own.iter().for_each(|&byte| file.extend(f16::from_f32(byte.into()).to_le_bytes())),
            Kind::Coded => read(&mut decoder, &mut model, place, &mut file),
        }
    }
    Some(file)
}

fn kind_of(byte: u8) -> Option<Kind> {
    [Kind::Plain, Kind::Bytes, Kind::Coded].into_iter().find(|kind| *kind as u8 == byte)
}

/// The byte that a value is, if it is one exactly.
#[cfg(not(target_arch = "wasm32"))]
fn byte(value: [u8; 2]) -> Option<u8> {
    let byte = f16::from_le_bytes(value).to_f32() as u8;
    (f16::from_f32(byte.into()).to_le_bytes() == value).then_some(byte)
}

#[cfg(not(target_arch = "wasm32"))]
fn write(encoder: &mut super::range_coder::Encoder, model: &mut Model, values: &[u8], columns: usize) {
    model.begin(columns);
    let mut last = Probability::default();
    for (i, &value) in values.as_chunks::<2>().0.iter().enumerate() {
        let value = u32::from(u16::from_le_bytes(value));
        let (sign, magnitude, low) = (value >> 15, value >> LOW & ((1 << MAGNITUDE) - 1), value & ((1 << LOW) - 1));
        let expected = model.expected(i % columns);
        let mut node = 1;
        for place in (0..MAGNITUDE).rev() {
            let bit = magnitude >> place & 1;
            encoder.bit(bit == 1, &mut expected[node]);
            node = 2 * node + bit as usize;
        }
        model.learn(i % columns, magnitude);
        encoder.bits((sign << (LOW - 1)) | (low >> 1), REST - 1);
        encoder.bit(low & 1 == 1, &mut last);
    }
}

fn read(decoder: &mut Decoder<'_>, model: &mut Model, place: &Place, file: &mut Vec<u8>) {
    model.begin(place.columns);
    let mut last = Probability::default();
    for i in 0..place.values {
        let expected = model.expected(i % place.columns);
        let mut node = 1;
        for _ in 0..MAGNITUDE {
            node = 2 * node + usize::from(decoder.bit(&mut expected[node]));
        }
        let magnitude = node as u32 - (1 << MAGNITUDE);
        model.learn(i % place.columns, magnitude);
        let rest = (decoder.bits(REST - 1) << 1) | u32::from(decoder.bit(&mut last));
        let value = (rest >> LOW) << 15 | magnitude << LOW | rest & ((1 << LOW) - 1);
        file.extend_from_slice(&(value as u16).to_le_bytes());
    }
}

/// The bytes of a file's head, and its tensors in order.
fn places(file: &[u8]) -> Option<(usize, Vec<Place>)> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let head = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let tensors: serde_json::Map<String, Value> = serde_json::from_slice(rest.get(..head)?).ok()?;
    let place = |tensor: &Value| {
        let offsets = tensor.get("data_offsets")?;
        let [start, end] = [0, 1].map(|i| offsets.get(i).and_then(Value::as_u64).map(|offset| offset as usize));
        let values = end?.checked_sub(start?)? / 2;
        // A vector has one row; of other tensors the first axis has the rows.
        let shape = tensor.get("shape")?.as_array()?;
        let rows = shape.first().and_then(Value::as_u64).filter(|_| shape.len() > 1).unwrap_or(1) as usize;
        Some(Place { start: 8 + head + start?, values, columns: (values / rows.max(1)).max(1) })
    };
    let tensors = tensors.iter().filter(|(name, _)| *name != "__metadata__");
    let mut places = tensors.map(|(_, tensor)| place(tensor)).collect::<Option<Vec<Place>>>()?;
    places.sort_by_key(|place| place.start);
    Some((8 + head, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Checkpoint, Kind};
    use crate::config::Config;
    use crate::nn::HostTensor;
    use crate::rng::Philox;

    #[test]
    fn a_file_is_the_same_after_coding() {
        let mut checkpoint = Checkpoint::new(Kind::Flow, Config::default(), 1);
        let mut random = Philox::new(0, 0);
        let normal: Vec<f32> = (0..64 * 96).map(|i| (random.normal() * f64::from(1 + i % 96)) as f32).collect();
        checkpoint.tensors.insert("matrix".to_owned(), HostTensor::new([64, 96], normal));
        checkpoint
            .tensors
            .insert("bytes".to_owned(), HostTensor::new([5000], (0..5000).map(|i| (i % 7) as f32).collect()));
        checkpoint.tensors.insert("scalar".to_owned(), HostTensor::new([1], vec![-0.0]));
        let file = checkpoint.in_f16();
        let coded = encoded(&file);
        assert!(coded.len() < file.len() - 64 * 96 / 4);
        assert_eq!(decoded(&coded), Some(file));
        for damaged in [&coded[..0], &coded[..100], &[255; 64]] {
            assert_eq!(decoded(damaged), None);
        }
    }
}
