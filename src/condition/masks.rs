//! Random masks: which notes of a training window are given, and where new ones may be.

use std::ops::{Range, RangeInclusive};

use crate::config::conditions::STEPS_PER_BAR;
use crate::data::music::melody::skyline;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, PITCHES, Roll, STEPS_PER_BEAT};
use crate::rng::Philox;

/// Probability that nothing is given.
const NOTHING: f64 = 0.5;
/// Kinds of masks when something is given, with their probabilities.
const KINDS: [(Kind, f64); 6] = [
    (Kind::Span, 0.35),
    (Kind::Band, 0.05),
    (Kind::Rectangle, 0.1),
    (Kind::Brush, 0.05),
    (Kind::Tracks, 0.35),
    (Kind::Subset, 0.1),
];
/// Probability that a span is of whole bars, and that the tracks that are not given are so in a span only.
const WHOLE_BARS: f64 = 0.75;
const TRACKS_IN_SPAN: f64 = 0.25;
/// Longest span in beats; heights of a band, and strokes, in pitches.
const MOST_BEATS: usize = 28;
const BAND: Range<usize> = 6..30;
const STROKES: RangeInclusive<usize> = 1..=4;

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// All that begins in a span of time is hidden.
    Span,
    /// All that begins in a range of pitches.
    Band,
    /// All that begins in a range of pitches in a span.
    Rectangle,
    /// All that begins under strokes of a round brush.
    Brush,
    /// Some tracks are given, such as the melody or the accompaniment, and everything is free.
    Tracks,
    /// Notes at random are given, and everything is free.
    Subset,
}

/// A random mask of a window whose song has these tracks, the melody first, or none that are known. With half of the windows nothing
/// is given, so that a flow can be asked for both. The mixture is that of a PyTorch prototype, with more tracks and with strokes.
pub fn draw(random: &mut Philox, roll: &Roll, parts: &[Roll]) -> PartialRoll {
    if random.chance(NOTHING) {
        return PartialRoll::nothing(roll.steps());
    }
    let steps = roll.steps();
    match kind(random) {
        Kind::Span => PartialRoll::without(roll, &CellSet::rectangle(steps, ALL, span(random, steps))),
        Kind::Band => PartialRoll::without(roll, &CellSet::rectangle(steps, band(random, roll), 0..steps)),
        Kind::Rectangle => {
            PartialRoll::without(roll, &CellSet::rectangle(steps, band(random, roll), span(random, steps)))
        }
        Kind::Brush => PartialRoll::without(roll, &strokes(random, roll)),
        Kind::Tracks => tracks(random, roll, parts),
        Kind::Subset => {
            let share = 0.1 + 0.8 * random.uniform();
            let given = roll.notes().iter().copied().filter(|_| random.chance(share)).collect();
            PartialRoll::new(Roll::new(steps, given), &CellSet::all(steps))
        }
    }
}

const ALL: RangeInclusive<u8> = 0..=127;

fn kind(random: &mut Philox) -> Kind {
    let mut left = random.uniform() * KINDS.iter().map(|(_, share)| share).sum::<f64>();
    let mut at_end = |(_, share): &&(Kind, f64)| {
        left -= share;
        left < 0.0
    };
    KINDS.iter().find(&mut at_end).unwrap_or(&KINDS[0]).0
}

/// Steps: 1 to 7 of 8 bars, or some beats from any beat on.
fn span(random: &mut Philox, steps: u32) -> Range<u32> {
    let (unit, most) = if random.chance(WHOLE_BARS) {
        (STEPS_PER_BAR as u32, (steps as usize / STEPS_PER_BAR).saturating_sub(1))
    } else {
        (STEPS_PER_BEAT, MOST_BEATS)
    };
    let all = (steps / unit).max(1) as usize;
    let length = 1 + random.below(most.clamp(1, all));
    let first = random.below(all - length + 1);
    unit * first as u32..unit * (first + length) as u32
}

/// Pitches below, above or around a pitch between the lowest and the highest note.
fn band(random: &mut Philox, roll: &Roll) -> RangeInclusive<u8> {
    let pitches = || roll.notes().iter().map(|note| usize::from(note.pitch));
    let (lowest, highest) = (pitches().min().unwrap_or(0), pitches().max().unwrap_or(PITCHES - 1));
    let pitch = lowest + random.below(highest - lowest + 1);
    let above = pitch + BAND.start + random.below(BAND.len()) - 1;
    match random.below(3) {
        0 => 0..=pitch as u8,
        1 => pitch as u8..=127,
        _ => pitch as u8..=above.min(PITCHES - 1) as u8,
    }
}

/// The cells under a few strokes, each from a random cell among the notes to another.
fn strokes(random: &mut Philox, roll: &Roll) -> CellSet {
    let steps = roll.steps();
    let end = |random: &mut Philox| {
        let pitches = band(random, roll);
        (f64::from(*pitches.start()), f64::from(steps) * random.uniform())
    };
    let count = STROKES.start() + random.below(STROKES.end() - STROKES.start() + 1);
    let lines: Vec<_> = (0..count).map(|_| (end(random), end(random), 2.0 + 6.0 * random.uniform())).collect();
    CellSet::of(steps, |pitch, step| {
        let at = (f64::from(pitch), f64::from(step));
        lines.iter().any(|&(from, to, radius)| distance(at, from, to) <= radius)
    })
}

/// Distance of a point to a line from one point to another.
fn distance(at: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (along, offset) = ((to.0 - from.0, to.1 - from.1), (at.0 - from.0, at.1 - from.1));
    let squared = along.0.powi(2) + along.1.powi(2);
    let share = if squared > 0.0 { (along.0 * offset.0 + along.1 * offset.1) / squared } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (offset.0 - share * along.0).hypot(offset.1 - share * along.1)
}

/// Some tracks: in most cases the melody alone or all but the melody, else any of them but not all. Of a song with one track the
/// melody is its highest notes.
fn tracks(random: &mut Philox, roll: &Roll, parts: &[Roll]) -> PartialRoll {
    let steps = roll.steps();
    let skyline = [skyline(roll)];
    let (melody, all) = if parts.len() > 1 { (&parts[0], parts) } else { (&skyline[0], &skyline[..]) };
    let has = |part: &Roll, note: &Note| {
        part.notes().binary_search_by_key(&(note.start, note.pitch), |note| (note.start, note.pitch)).is_ok()
    };
    let (by_melody, inverted) = (parts.len() < 2 || random.chance(0.6), random.chance(0.5));
    let chosen: Vec<bool> = all.iter().map(|_| random.chance(0.5)).collect();
    let certain = random.below(all.len());
    let is_given = |note: &Note| {
        if by_melody {
            return has(melody, note) != inverted;
        }
        // One track is certain to be given, its neighbour certain not to be.
        let excluded = (certain + 1) % all.len();
        let given = |(i, part): (usize, &Roll)| i != excluded && (chosen[i] || i == certain) && has(part, note);
        all.iter().enumerate().any(given)
    };
    let area = if random.chance(TRACKS_IN_SPAN) {
        CellSet::rectangle(steps, ALL, span(random, steps))
    } else {
        CellSet::all(steps)
    };
    let given = roll.notes().iter().filter(|note| is_given(note) || !area.has(note.pitch, note.start)).copied();
    PartialRoll::new(Roll::new(steps, given.collect()), &area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn masks_of_all_kinds_are_drawn() {
        let song = corpus::compose(0, 0);
        let roll = song.merged().window(0, 128);
        let parts = [song.melody.window(0, 128), song.piano.window(0, 128)];
        let (mut nothing, mut melodies, mut accompaniments, mut spans) = (0, 0, 0, 0);
        for stream in 0..2000 {
            let mask = draw(&mut Philox::new(1, stream), &roll, &parts);
            let given = mask.given().notes();
            assert!(given.iter().all(|note| roll.notes().contains(note)), "given notes are those of the window");
            assert!((&CellSet::sounding(mask.given()) & mask.free()).is_empty());
            assert!(mask.is_nothing() || !mask.free().is_empty());
            nothing += u32::from(mask.is_nothing());
            melodies += u32::from(given.len() == parts[0].notes().len());
            accompaniments += u32::from(given.len() + parts[0].notes().len() == roll.notes().len());
            spans += u32::from((1..8).any(|bars| mask.free().len() == 128 * 16 * bars));
        }
        assert!((950..1050).contains(&nothing), "{nothing} of 2000");
        assert!(melodies > 60 && accompaniments > 30 && spans > 150, "{melodies} {accompaniments} {spans}");
    }

    #[test]
    fn spans_are_within_the_window() {
        for stream in 0..500 {
            for steps in [16, 64, 128] {
                let span = span(&mut Philox::new(2, stream), steps);
                assert!(!span.is_empty() && span.end <= steps, "{span:?} of {steps}");
            }
        }
    }
}
