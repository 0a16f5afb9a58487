//! Sizes of what a flow is conditioned on, which a configuration has to match. Conditions are of music in 4/4.

/// Steps of a bar.
pub const STEPS_PER_BAR: usize = 16;
/// Beats of a bar.
pub const BEATS_PER_BAR: usize = 4;
/// Attributes of a window.
pub const WINDOW_ATTRIBUTES: usize = 8;
/// Attributes of a bar.
pub const BAR_ATTRIBUTES: usize = 3;

/// Controls of new notes, each a channel and a flag.
pub const CONTROLS: usize = 4;

/// Channels of the picture of conditions at a latent position of so many pitches and beats: for each of both whether it is a chord tone and
/// whether it is the bass, then the attributes of the bar.
pub const fn picture_channels(pitches: usize, beats: usize) -> usize {
    2 * pitches * beats + BAR_ATTRIBUTES
}

/// Channels of what is given at a latent position of so many pitches and beats: the channels of its latent, and for each pitch and beat
/// the share of cells that are not free.
pub const fn given_channels(latent: usize, pitches: usize, beats: usize) -> usize {
    latent + pitches * beats
}
