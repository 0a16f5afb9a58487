//! 16-bit stereo .wav files.

use super::sound::{SAMPLE_RATE, Stereo};
use crate::error::Result;
use crate::files;
use hound::{SampleFormat, WavSpec, WavWriter};
use std::io::Cursor;
use std::path::Path;

/// Writes sound as a .wav file of 16 bits and two channels at [`SAMPLE_RATE`], atomically.
///
/// # Errors
/// If the file cannot be written.
pub fn write_wav(path: &Path, sound: &Stereo) -> Result<()> {
    let bytes = wav(sound);
    files::replace(path, |out| out.write_all(&bytes))
}

/// Sound as the bytes of a .wav file, as [`write_wav`] writes it.
pub fn wav(sound: &Stereo) -> Vec<u8> {
    encode(sound).expect("a sound in memory is within WAV's limits")
}

fn encode(sound: &Stereo) -> std::result::Result<Vec<u8>, hound::Error> {
    let spec = WavSpec { channels: 2, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::with_capacity(44 + 4 * sound.left.len()));
    let mut writer = WavWriter::new(&mut bytes, spec)?;
    let level = |sample: f32| (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
    for (&left, &right) in sound.left.iter().zip(&sound.right) {
        writer.write_sample(level(left))?;
        writer.write_sample(level(right))?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}
