//! The report of the statistics: a line for each, its name first.

use super::numbers::{Moments, Stats};
use crate::data::music::key;
use crate::data::music::roll::STEPS_PER_BEAT;
use crate::text::count;
use std::collections::BTreeMap;
use std::fmt;

/// Most songs that are named in a line.
const NAMED: usize = 5;
/// Most keys, tracks or time signatures in a line.
const MOST: usize = 12;

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, text: String| writeln!(f, "{name:<14} {text}");
        line("songs", self.songs.to_string())?;
        line("bars", self.bars.to_string())?;
        line("notes", self.notes.to_string())?;
        line("windows", self.window_text())?;
        if !self.without_window.is_empty() {
            line("too short", self.without_window_text())?;
        }
        let Moments { mean, deviation } = self.notes_per_bar.unwrap_or_default();
        let density = format!("{mean:.2} for four beats, with a standard deviation of {deviation:.2}");
        line("notes per bar", self.notes_per_bar.map_or("-".to_owned(), |_| density))?;
        let lit = self.lit.map_or("-".to_owned(), |lit| format!("{:.2} % of a window", 100.0 * lit));
        line("lit cells", lit)?;
        line("metres", frequencies(&self.time_signatures, |signature| signature.to_string()))?;
        line("keys", frequencies(&self.keys, |&key| key::name(key).to_owned()))?;
        if !self.tracks.is_empty() {
            line("tracks", frequencies(&self.tracks, |name| name.replace(char::is_control, " ")))?;
        }
        if !self.upbeats.is_empty() {
            line("upbeats", self.upbeat_text())?;
        }
        let (slow, fast) = (format!("{:.0}", self.tempo.0), format!("{:.0}", self.tempo.1));
        line("tempo", format!("{} beats per minute", range(slow, fast)))?;
        line("pitches", range(pitch(self.pitch.0), pitch(self.pitch.1)))?;
        let [low, middle, high] = self.velocity;
        let median = if low == high { String::new() } else { format!(", half of them {middle} or less") };
        line("velocities", range(low.to_string(), high.to_string()) + &median)?;
        write!(f, "skipped files  {}", self.skipped.len())?;
        self.skipped.iter().try_for_each(|s| write!(f, "\n  {} {}", s.name, s.reason))?;
        self.notices.iter().try_for_each(|notice| write!(f, "\n{notice}"))
    }
}

impl Stats {
    /// `12 of 8 bars (128 sixteenths), one after the other; 40 if they may begin at any bar`.
    fn window_text(&self) -> String {
        let bar = 4 * STEPS_PER_BEAT as usize;
        let length = match self.steps.is_multiple_of(bar) {
            true => format!("{} of 4/4, or {} sixteenths", count(self.steps / bar, "bar"), self.steps),
            false => format!("{} sixteenths", self.steps),
        };
        format!("{} of {length}, one after the other; {} if one begins at each bar", self.windows, self.starts)
    }

    fn without_window_text(&self) -> String {
        let half = self.steps.div_ceil(2);
        let verb = if self.without_window.len() == 1 { "is" } else { "are" };
        format!(
            "{} {verb} under half a window ({half} sixteenths) or nearly empty, and not trained on: {}",
            count(self.without_window.len(), "song"),
            named(self.without_window.iter().cloned(), NAMED)
        )
    }

    fn upbeat_text(&self) -> String {
        let songs = self.upbeats.len();
        let (verb, whose) = if songs == 1 { ("begins", "its") } else { ("begin", "their") };
        let lengths = self.upbeats.iter().map(|(name, beats)| format!("{name} ({})", in_beats(*beats)));
        format!(
            "{} probably {verb} with an upbeat, from which {whose} bars are counted, so that all are early; export with rests \
             before the upbeat: {}",
            count(songs, "song"),
            named(lengths, NAMED)
        )
    }
}

fn in_beats(beats: f64) -> String {
    if beats == 1.0 { "1 beat".to_owned() } else { format!("{beats} beats") }
}

/// A range in words; one value if both ends are the same.
fn range(low: String, high: String) -> String {
    if low == high { low } else { format!("{low} to {high}") }
}

/// A MIDI pitch with its name, where 60 is C4: `60 (C4)`.
fn pitch(number: u8) -> String {
    let names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    format!("{number} ({}{})", names[usize::from(number) % 12], i32::from(number) / 12 - 1)
}

/// `4/4 in 10 songs, 3/4 in 2`, the most frequent first.
fn frequencies<T: Ord>(counts: &BTreeMap<T, usize>, name: impl Fn(&T) -> String) -> String {
    let mut sorted: Vec<(&T, usize)> = counts.iter().map(|(item, &songs)| (item, songs)).collect();
    sorted.sort_by_key(|&(_, songs)| std::cmp::Reverse(songs));
    let text = |(rank, (item, songs)): (usize, (&T, usize))| {
        let songs = if rank == 0 { count(songs, "song") } else { songs.to_string() };
        format!("{} in {songs}", name(item))
    };
    named(sorted.into_iter().enumerate().map(text), MOST)
}

/// The first `most` names, and how many more there are.
fn named(names: impl ExactSizeIterator<Item = String>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let text = names.take(most).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{text} and {more} more") } else { text }
}
