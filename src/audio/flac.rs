//! 16-bit stereo .flac files: the samples of a .wav file, losslessly, in about a quarter of the space.

use super::sound::{SAMPLE_RATE, Stereo};
use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::config::Encoder;
use flacenc::error::Verify;
use flacenc::source::MemSource;

/// Samples of each channel in a frame, except the last.
const FRAME: usize = 4096;

/// Sound as the bytes of a .flac file of 16 bits and two channels at [`SAMPLE_RATE`].
pub fn flac(sound: &Stereo) -> Vec<u8> {
    let samples: Vec<i32> = sound.interleaved().map(i32::from).collect();
    let source = MemSource::from_samples(&samples, 2, 16, SAMPLE_RATE as usize);
    let settings = Encoder::default().into_verified().expect("defaults are valid");
    let mut stream =
        flacenc::encode_with_fixed_block_size(&settings, source, FRAME).expect("a sound in memory can be read");
    // The encoder takes the short last frame for the least size, which decoders take for a stream of varying sizes.
    stream.stream_info_mut().set_block_sizes(FRAME, FRAME).expect("the frame's size is valid");
    let mut bytes = ByteSink::new();
    stream.write(&mut bytes).expect("memory can be written");
    bytes.into_inner()
}
