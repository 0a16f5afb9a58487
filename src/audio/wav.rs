//! 16-bit stereo .wav files.

use super::sound::{SAMPLE_RATE, Stereo};
use hound::{SampleFormat, WavSpec, WavWriter};
use std::io::Cursor;

/// Sound as the bytes of a .wav file of 16 bits and two channels at [`SAMPLE_RATE`].
pub fn wav(sound: &Stereo) -> Vec<u8> {
    let samples = sound.left.iter().zip(&sound.right).flat_map(|(&left, &right)| [left, right]);
    encode(samples, 2, SAMPLE_RATE).expect("a sound of at most an hour is within WAV's limits")
}

/// Sample rate of [`preview_wav`], in Hz.
pub const PREVIEW_RATE: u32 = SAMPLE_RATE / 2;

/// Sound as a .wav file of a quarter of the size: 16 bits, one channel, [`PREVIEW_RATE`].
///
/// # Errors
/// If the sound is too long for a .wav file.
pub fn preview_wav(sound: &Stereo) -> Result<Vec<u8>, String> {
    let pairs = sound.left.chunks_exact(2).zip(sound.right.chunks_exact(2));
    let mono = pairs.map(|(left, right)| (left[0] + left[1] + right[0] + right[1]) / 4.0);
    encode(mono, 1, PREVIEW_RATE).map_err(|error| error.to_string())
}

fn encode(samples: impl Iterator<Item = f32>, channels: u16, sample_rate: u32) -> Result<Vec<u8>, hound::Error> {
    let spec = WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}
