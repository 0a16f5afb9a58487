//! Rendered sound.

/// Sample rate of all rendered sound, in Hz.
pub const SAMPLE_RATE: u32 = 44_100;
/// Seconds of sound after the end of the last note, for the release and the reverb.
pub const TAIL: f64 = 2.5;

/// Sound in two channels of equal length, with samples in [-1, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct Stereo {
    /// Left channel.
    pub left: Vec<f32>,
    /// Right channel.
    pub right: Vec<f32>,
}
