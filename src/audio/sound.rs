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

impl Stereo {
    /// The samples of both channels in turn, as whole numbers of 16 bits.
    pub fn interleaved(&self) -> impl Iterator<Item = i16> {
        let level = |sample: f32| (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
        self.left.iter().zip(&self.right).flat_map(move |(&left, &right)| [level(left), level(right)])
    }

    /// The largest absolute sample.
    pub fn peak(&self) -> f32 {
        self.left.iter().chain(&self.right).fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    /// This sound, louder by a factor.
    pub fn amplified(mut self, gain: f32) -> Self {
        self.left.iter_mut().chain(&mut self.right).for_each(|sample| *sample *= gain);
        self
    }
}
