//! A progression of chords as a user writes it: `Am F C G`, or with bars `| Am . F G | C |`.

use super::symbol::{self, Fault};
use super::tones::Chord;
use crate::text::count;

/// A progression, beat by beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progression {
    beats_per_bar: usize,
    /// One chord per beat.
    beats: Vec<Chord>,
}

/// A word of the text.
#[derive(Clone, Copy)]
struct Word<'a> {
    /// Its first column, counted from 1.
    column: usize,
    text: &'a str,
}

impl Progression {
    /// Reads a progression. Without bar lines each chord lasts a bar; between bar lines the chords of a bar divide it evenly. A
    /// point repeats the chord before it, `%` the bar before it. Commas count as spaces.
    ///
    /// # Errors
    /// One sentence that begins with the column of the symbol.
    pub fn parse(text: &str, beats_per_bar: usize) -> Result<Self, String> {
        let words = words(text);
        let has_bars = words.iter().any(|word| word.text == "|");
        let bars: Vec<&[Word<'_>]> =
            if has_bars { words.split(|word| word.text == "|").collect() } else { words.chunks(1).collect() };
        // The bar lines at both ends are optional.
        let empty = |bar: Option<&&[Word<'_>]>| bar.is_some_and(|bar| bar.is_empty());
        let first = usize::from(empty(bars.first()));
        let after = bars.len() - usize::from(bars.len() > first && empty(bars.last()));
        let mut read = Self { beats_per_bar, beats: Vec::new() };
        for (number, bar) in bars[first..after].iter().enumerate() {
            match bar {
                [] => {
                    return Err(format!(
                        "bar {} is empty; write % to repeat the bar before it, or N for no chord",
                        number + 1
                    ));
                }
                [Word { text: "%", column }] => read.repeat_bar(*column)?,
                bar => read.push_bar(bar)?,
            }
        }
        if read.beats.is_empty() { Err("there are no chords; write some such as 'Am F C G'".into()) } else { Ok(read) }
    }

    fn repeat_bar(&mut self, column: usize) -> Result<(), String> {
        let before = self.beats.len().checked_sub(self.beats_per_bar);
        let before =
            before.ok_or_else(|| format!("column {column}: '%' repeats the bar before it, but this is the first"))?;
        self.beats.extend_from_within(before..);
        Ok(())
    }

    fn push_bar(&mut self, bar: &[Word<'_>]) -> Result<(), String> {
        if !self.beats_per_bar.is_multiple_of(bar.len()) {
            return Err(format!(
                "column {}: a bar of {} cannot be divided evenly among {}; write . to repeat a chord, as in | C . F G |",
                bar[0].column,
                count(self.beats_per_bar, "beat"),
                count(bar.len(), "chord")
            ));
        }
        for word in bar {
            let chord = match word.text {
                "." => self.beats.last().copied().ok_or_else(|| {
                    format!("column {}: '.' repeats the chord before it, but there is none", word.column)
                })?,
                text => symbol::read(text)
                    .map_err(|Fault { at, reason }| format!("column {}: {reason}", word.column + at))?,
            };
            self.beats.extend(std::iter::repeat_n(chord, self.beats_per_bar / bar.len()));
        }
        Ok(())
    }

    /// Number of bars.
    pub fn bars(&self) -> usize {
        self.beats.len() / self.beats_per_bar
    }

    /// The chord of each beat of `bars` bars: the progression again and again.
    ///
    /// # Errors
    /// One sentence if it has more bars than that.
    pub fn beats(&self, bars: usize) -> Result<Vec<Chord>, String> {
        if self.bars() > bars {
            return Err(format!("the chords last {}, but the music {}", count(self.bars(), "bar"), count(bars, "bar")));
        }
        Ok(self.beats.iter().copied().cycle().take(bars * self.beats_per_bar).collect())
    }
}

/// The words between spaces and commas. A bar line is a word.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut begin: Option<(usize, usize)> = None;
    let ends = text.char_indices().chain([(text.len(), ' ')]);
    for (column, (at, character)) in ends.enumerate() {
        let separates = character.is_whitespace() || character == ',' || character == '|';
        if let (true, Some((from, column))) = (separates, begin) {
            words.push(Word { column, text: &text[from..at] });
            begin = None;
        }
        if character == '|' {
            words.push(Word { column: column + 1, text: "|" });
        } else if !separates && begin.is_none() {
            begin = Some((at, column + 1));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chords' names, one per beat.
    fn beats(text: &str, bars: usize) -> String {
        let beats = Progression::parse(text, 4).and_then(|progression| progression.beats(bars));
        beats.unwrap().iter().map(Chord::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_chord_lasts_a_bar() {
        assert_eq!(beats("Am F, C G", 4), "Am Am Am Am F F F F C C C C G G G G");
        assert_eq!(beats("Am . N", 3), "Am Am Am Am Am Am Am Am N N N N");
        assert_eq!(beats("C G", 3), "C C C C G G G G C C C C");
    }

    #[test]
    fn bar_lines_divide() {
        assert_eq!(beats("| Am . F G | C |", 2), "Am Am F G C C C C");
        assert_eq!(beats("C F|%|G7", 3), "C C F F C C F F G7 G7 G7 G7");
        assert_eq!(Progression::parse("| C | F G |", 4).unwrap().bars(), 2);
    }

    #[test]
    fn an_error_begins_with_the_column() {
        let error = |text| Progression::parse(text, 4).unwrap_err();
        assert_eq!(error("Am f C"), "column 4: 'f' begins with a small letter; write F");
        assert_eq!(
            error("Am  C/x G"),
            "column 7: 'x' after the slash is not a note; write a letter A to G with # or b, as in C/E"
        );
        assert_eq!(
            error("| C | C F G |"),
            "column 7: a bar of 4 beats cannot be divided evenly among 3 chords; write . to repeat a chord, as in | C . F G |"
        );
        assert_eq!(error("C♯ H"), "column 4: 'H' is not a chord; the note H is written B");
        assert_eq!(error(". C"), "column 1: '.' repeats the chord before it, but there is none");
        assert_eq!(error("| % |"), "column 3: '%' repeats the bar before it, but this is the first");
        assert_eq!(error("| C | | F |"), "bar 2 is empty; write % to repeat the bar before it, or N for no chord");
        for text in ["", " , ", "|", "| |"] {
            assert!(Progression::parse(text, 4).is_err(), "{text}");
        }
    }

    #[test]
    fn more_bars_than_the_music_has_are_an_error() {
        let long = Progression::parse("C D E", 4).unwrap();
        assert_eq!(long.beats(2).unwrap_err(), "the chords last 3 bars, but the music 2 bars");
    }
}
