//! The options that ask something of the music.

use super::loudness::LoudnessArgs;
use crate::condition::{Attribute, Wish, attributes};
use crate::data::music::chord::Progression;
use crate::data::music::key;
use crate::error::{Error, Result as OrError};
use crate::metrics::obedience::{share_in_chord, share_in_key};
use crate::sample::long::WINDOW;
use crate::sample::shared_noise::Form;
use crate::sample::{Asked, Generator, Given, Metre, Piece};
use crate::text::count;

/// Beats per bar that chords may be written for; which it is, the music tells.
const BEATS_PER_BAR: [usize; 9] = [4, 3, 6, 2, 5, 7, 12, 9, 1];

/// What is asked of all samples, of a flow that was trained with conditions. What is left open is drawn for each sample.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "What to ask of the music")]
pub struct AskedArgs {
    /// Key, such as C, F#, Bb or Am [default: drawn for each sample]
    #[arg(long, value_name = "KEY", conflicts_with = "class", value_parser = key::parse)]
    pub key: Option<usize>,
    /// Chords, one per bar: "Am F C G", or with bar lines several per bar: "Am F | C G"; repeated to the end
    #[arg(long, value_name = "CHORDS", value_parser = chords)]
    pub chords: Option<String>,
    /// Attributes.
    #[command(flatten)]
    pub attributes: AttributeArgs,
    /// Parts that are alike, a letter each, as in AABA; chords that are drawn repeat with them
    #[arg(long, value_name = "LETTERS", value_parser = |text: &str| text.parse::<Form>())]
    pub form: Option<Form>,
    /// Share of the noise that bars with the same chords have in common, 0 to 0.95, so that they return [default: the checkpoint's]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub repeat: Option<f64>,
    /// How loud it is.
    #[command(flatten)]
    pub loudness: LoudnessArgs,
}

/// Attributes of the music.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AttributeArgs {
    /// Notes per bar, as a multiple of the training songs' mean
    #[arg(long, value_name = "FACTOR", value_parser = |text: &str| Wish::parse("density", text))]
    pub density: Option<Wish>,
    /// Mean number of pitches that sound together
    #[arg(long, value_name = "PITCHES", value_parser = |text: &str| Wish::parse("polyphony", text))]
    pub polyphony: Option<Wish>,
    /// Mean duration of a note in sixteenths
    #[arg(long, value_name = "STEPS", value_parser = |text: &str| Wish::parse("duration", text))]
    pub duration: Option<Wish>,
    /// Lowest and highest MIDI pitch, as in 40-84; middle C is 60
    #[arg(long, value_name = "LOW-HIGH", value_parser = |text: &str| Wish::parse("register", text))]
    pub register: Option<Wish>,
    /// Likeness of the bars' rhythms, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = |text: &str| Wish::parse("groove", text))]
    pub groove: Option<Wish>,
    /// Mean number of new notes that begin together; 1 is a single voice
    #[arg(long, value_name = "NOTES", value_parser = |text: &str| Wish::parse("voices", text))]
    pub voices: Option<Wish>,
    /// Rhythm of a bar, x for an onset and . for none, one per sixteenth, repeated to a bar: "x..x..x."
    #[arg(long, value_name = "STEPS", value_parser = |text: &str| Wish::parse("rhythm", text))]
    pub rhythm: Option<Wish>,
}

impl AttributeArgs {
    /// Refuses what a flow was not trained to be asked.
    ///
    /// # Errors
    /// One sentence that names the option.
    pub fn check(&self, generator: &Generator) -> OrError<()> {
        if self.voices.is_some() && generator.config.flow.controls == 0 {
            return Err(Error::config(
                "this flow was trained without controls of new notes (flow.controls), so that it cannot be asked for --voices; leave it out",
            ));
        }
        Ok(())
    }

    /// The wishes for the attributes that are given.
    pub fn wishes(&self) -> Vec<Wish> {
        let of_windows = [self.density, self.polyphony, self.duration, self.register, self.groove, self.rhythm];
        of_windows.into_iter().chain([self.voices]).flatten().collect()
    }
}

impl AskedArgs {
    /// What is asked of a generator's samples of some bars.
    ///
    /// # Errors
    /// A flow that was trained without conditions, or more bars than a sample has.
    pub fn of(&self, generator: &Generator, bars: usize, metre: &Metre) -> OrError<Asked> {
        let wishes = self.attributes.wishes();
        self.attributes.check(generator)?;
        let Some(table) = &generator.conditions else {
            let asks = self.chords.is_some() || !wishes.is_empty() || self.form.is_some() || self.repeat.is_some();
            if asks {
                return Err(Error::config(
                    "this flow was trained without conditions, so that only a key can be asked of it; leave out --chords and the like",
                ));
            }
            return Ok(Asked::default());
        };
        // The flow's own number of bars, of which a window has 8 in all bundled configurations.
        let columns = match metre.columns(bars) {
            WINDOW => table.patches.columns,
            columns => columns,
        };
        let error = |fault: String| Error::config(fault);
        let in_columns = |text: &String| -> Result<_, String> {
            let beats = Progression::parse(text, metre.beats_per_bar())?.beats(metre.bars(columns))?;
            Ok(metre.in_columns(&beats, columns))
        };
        let chords = self.chords.as_ref().map(in_columns).transpose().map_err(error)?;
        if let Some(form) = &self.form {
            form.covariance(columns).map_err(error)?;
        }
        Ok(Asked { key: self.key, chords, wishes, form: self.form.clone() })
    }
}

/// Checks chords before the time signature is known.
pub(super) fn chords(text: &str) -> Result<String, String> {
    let mut errors = BEATS_PER_BAR.iter().map(|&beats| Progression::parse(text, beats).err());
    let first = errors.next().flatten();
    match first {
        Some(error) if errors.all(|error| error.is_some()) => Err(error),
        _ => Ok(text.to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let most = crate::sample::shared_noise::MOST;
    let parsed = text.parse().ok().filter(|share| (0.0..=most).contains(share));
    parsed.ok_or_else(|| format!("it takes a number from 0 to {most}"))
}

/// Lines about a sample of a flow with conditions: how it follows its key and chords, the chords, and `shown` of its attributes.
pub fn told(piece: &Piece, given: &Given, shown: &[Attribute]) -> Vec<String> {
    let Piece { number, key, roll, unlikeness, .. } = piece;
    let notes = roll.notes();
    let percent = |share: Option<f64>| share.map_or("none".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let (in_key, in_chord) = (share_in_key(notes, given.key), share_in_chord(notes, &given.chords));
    let mut lines = vec![
        format!(
            "sample {number}: {key}, {}, {} in {}, {} in its chords{}",
            count(notes.len(), "note"),
            percent(in_key),
            key::name(given.key),
            percent(in_chord),
            unlikeness.map_or(String::new(), |unlikeness| format!(", unlike songs by {unlikeness:.2}"))
        ),
        format!("  {}", given.names().join(" | ")),
    ];
    if !shown.is_empty() {
        let got = attributes::attributes(roll);
        let attribute = |&attribute: &Attribute| {
            let (name, [wanted, got]) =
                natural(attribute, [given.attributes[attribute as usize], got[attribute as usize]]);
            format!("{name} {got} (asked {wanted})")
        };
        lines.push(format!("  {}", shown.iter().map(attribute).collect::<Vec<_>>().join(", ")));
    }
    lines
}

/// An attribute's name and values in the units of the options.
fn natural(attribute: Attribute, values: [f32; 2]) -> (&'static str, [String; 2]) {
    let two = |value: f32| format!("{value:.2}");
    let one = |value: f32| format!("{value:.1}");
    let whole = |value: f32| format!("{value:.0}");
    match attribute {
        Attribute::Density => ("notes per bar", values.map(|value| one(value.exp()))),
        Attribute::Duration => (attribute.name(), values.map(|value| one(value.exp()))),
        Attribute::Lowest | Attribute::Highest | Attribute::Pitches => (attribute.name(), values.map(whole)),
        Attribute::Polyphony => (attribute.name(), values.map(one)),
        Attribute::Groove | Attribute::Onsets => (attribute.name(), values.map(two)),
    }
}
