//! The options that ask something of the timing of written notes.

use crate::data::music::timing::Timing;

/// When notes sound in the MIDI and sound files.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct TimingArgs {
    /// Move notes off the grid by milliseconds, as a player does; a number other than 1 is for more or less of it
    #[arg(long, value_name = "AMOUNT", num_args = 0..=1, require_equals = true, default_missing_value = "1", value_parser = amount)]
    pub humanize: Option<f64>,
    /// Share of a quarter that its first eighth lasts, 0.5 to 0.75: 0.5 is straight, 0.667 is triplets
    #[arg(long, value_name = "SHARE", value_parser = swing)]
    pub swing: Option<f64>,
}

impl TimingArgs {
    /// The timing, with the seed of the music.
    pub fn of(&self, seed: u64) -> Timing {
        let plain = Timing::default();
        Timing { swing: self.swing.unwrap_or(plain.swing), humanize: self.humanize.unwrap_or(plain.humanize), seed }
    }
}

fn amount(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|amount| (0.0..=4.0).contains(amount));
    parsed.ok_or_else(|| "it takes a number from 0 to 4".to_owned())
}

fn swing(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|share| (0.5..=0.75).contains(share));
    parsed.ok_or_else(|| "it takes a number from 0.5 to 0.75".to_owned())
}
