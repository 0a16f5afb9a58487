//! The grid of a song: beats, and the conversion of ticks to steps.
//!
//! Annotated beats (POP909's `beat_midi.txt`) are preferred, because the ticks of a recorded performance are unrelated to its
//! beats. Without an annotation the grid is that of the file's ticks, shifted by the [`phase`] at which most onsets fall on
//! it.

use super::midi::{Score, TickNote};
use super::roll::{MAX_STEPS, STEPS_PER_BEAT, TimeSignature};
use std::collections::BTreeMap;
use std::ops::Range;

/// Microseconds per quarter note where a file sets no tempo: 120 beats per minute.
const DEFAULT_MICROS: u32 = 500_000;

/// Annotated beats of a performance.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// (time in seconds, whether a downbeat), sorted by time; at least two.
    beats: Vec<(f64, bool)>,
}

impl Annotation {
    /// Parses a `beat_midi.txt`: one beat per line, with its time in seconds in the first column and 1 in the third on a
    /// downbeat.
    ///
    /// # Errors
    /// If a line is not three numbers, the times do not increase, or there are fewer than two beats.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut beats: Vec<(f64, bool)> = Vec::new();
        let text = text.trim_start_matches('\u{FEFF}');
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let mut columns = line.split_whitespace().map(str::parse::<f64>);
            let (Some(Ok(time)), _, Some(Ok(downbeat))) = (columns.next(), columns.next(), columns.next()) else {
                return Err(format!("beat annotation, line {}: '{}' is not three numbers", i + 1, excerpt(line)));
            };
            if !time.is_finite() || beats.last().is_some_and(|&(last, _)| time <= last) {
                return Err(format!("beat annotation, line {}: the time {time} is not after the one before it", i + 1));
            }
            beats.push((time, downbeat == 1.0));
        }
        if beats.len() < 2 {
            return Err("beat annotation: fewer than two beats".into());
        }
        Ok(Self { beats })
    }

    /// Seconds to beats: linear between beats, extrapolated from the first and the last interval.
    fn beat(&self, seconds: f64) -> f64 {
        let after = self.beats.partition_point(|&(time, _)| time <= seconds).clamp(1, self.beats.len() - 1);
        let (from, to) = (self.beats[after - 1].0, self.beats[after].0);
        (after - 1) as f64 + (seconds - from) / (to - from)
    }

    /// Beats to seconds, the inverse of [`beat`](Self::beat).
    fn seconds(&self, beat: f64) -> f64 {
        let after = (beat.floor().max(0.0) as usize + 1).clamp(1, self.beats.len() - 1);
        let (from, to) = (self.beats[after - 1].0, self.beats[after].0);
        from + (beat - (after - 1) as f64) * (to - from)
    }

    fn downbeats(&self) -> Vec<usize> {
        let marked: Vec<usize> = (0..self.beats.len()).filter(|&i| self.beats[i].1).collect();
        if marked.is_empty() { vec![0] } else { marked }
    }

    /// Median interval between beats, in seconds.
    fn median_interval(&self) -> f64 {
        let mut intervals: Vec<f64> = self.beats.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        intervals.sort_by(f64::total_cmp);
        intervals[intervals.len() / 2]
    }
}

fn excerpt(line: &str) -> String {
    line.chars().take(40).collect()
}

/// The grid of one song: its ticks in steps, its bars, tempo and time signature.
#[derive(Debug, Clone)]
pub struct Grid {
    clock: Clock,
    bars: Bars,
    /// Quarter notes per minute: the constant tempo at which the song would last as long as it does.
    pub tempo: f64,
    /// The time signature of most of the song.
    pub time_signature: TimeSignature,
}

#[derive(Debug, Clone)]
enum Clock {
    /// Annotated beats, with `lead` beats added before the first.
    Beats { annotation: Annotation, tempos: TempoMap, lead: f64 },
    /// The file's ticks. The phase is in quarters of a tick, as a step is a quarter of a beat.
    Ticks { ticks_per_beat: u32, phase: u32 },
}

#[derive(Debug, Clone)]
enum Bars {
    /// The first step of each bar, and the length of bars after the last, in steps.
    Annotated { starts: Vec<u32>, then: u32 },
    /// (first step, steps per bar) of each section with one time signature.
    Sections(Vec<(f64, f64)>),
}

impl Grid {
    /// The grid of annotated beats. Beats are added before the first one, at its tempo, so that no note is lost and step 0
    /// begins a bar.
    ///
    /// # Errors
    /// If the first beat is more than [`MAX_STEPS`] after the first note.
    pub fn annotated(score: &Score, notes: &[TickNote], annotation: Annotation) -> Result<Self, String> {
        let tempos = TempoMap::new(score);
        let downbeats = annotation.downbeats();
        let beats_per_bar = most_common(downbeats.windows(2).map(|pair| pair[1] - pair[0])).unwrap_or(4);
        let earliest = notes.iter().map(|n| n.start).min().unwrap_or(0);
        let early = (annotation.beat(tempos.seconds(earliest)) * f64::from(STEPS_PER_BEAT)).round().min(0.0);
        if -early > f64::from(MAX_STEPS) {
            return Err(format!(
                "beat annotation: its first beat is {:.0} steps after the first note, too far to be the beats of this file",
                -early
            ));
        }
        let needed = (-early / f64::from(STEPS_PER_BEAT)).ceil() as usize;
        let lead = (needed + downbeats[0]).next_multiple_of(beats_per_bar) - downbeats[0];
        let step = |beat: usize| (beat as u32).saturating_mul(STEPS_PER_BEAT);
        let starts = (0..lead + downbeats[0])
            .step_by(beats_per_bar)
            .chain(downbeats.iter().map(|&d| d + lead))
            .map(step)
            .collect();
        Ok(Self {
            tempo: 60e6 / (annotation.median_interval() * 1e6).round().max(1.0),
            time_signature: TimeSignature { beats: beats_per_bar.min(255) as u8, unit: 4 },
            bars: Bars::Annotated { starts, then: step(beats_per_bar) },
            clock: Clock::Beats { annotation, tempos, lead: lead as f64 },
        })
    }

    /// The grid of the file's own ticks, time signatures and tempo, at the best [`phase`].
    pub fn ticks(score: &Score, notes: &[TickNote]) -> Self {
        let end = notes.iter().map(|n| n.end).max().unwrap_or(0);
        let per_beat = f64::from(score.ticks_per_beat);
        let steps_per_quarter = f64::from(STEPS_PER_BEAT);
        let mut time_signatures = score.time_signatures.clone();
        if time_signatures.first().is_none_or(|&(tick, _)| tick > 0) {
            time_signatures.insert(0, (0, TimeSignature::COMMON));
        }
        let sections = time_signatures
            .iter()
            .map(|&(tick, m)| (tick as f64 / per_beat * steps_per_quarter, m.quarters_per_bar() * steps_per_quarter));
        let begin = notes.iter().map(|n| n.start).min().unwrap_or(0);
        let micros = mean(&score.tempos, DEFAULT_MICROS, begin..end);
        Self {
            clock: Clock::Ticks { ticks_per_beat: score.ticks_per_beat, phase: phase(notes, score.ticks_per_beat) },
            bars: Bars::Sections(sections.collect()),
            tempo: 60e6 / f64::from(micros),
            time_signature: longest(&time_signatures, TimeSignature::COMMON, end),
        }
    }

    /// Ticks to steps; negative before step 0.
    pub fn step(&self, tick: u64) -> f64 {
        let steps = f64::from(STEPS_PER_BEAT);
        match &self.clock {
            Clock::Beats { annotation, tempos, lead } => (annotation.beat(tempos.seconds(tick)) + lead) * steps,
            Clock::Ticks { ticks_per_beat, phase } => {
                (steps * tick as f64 - f64::from(*phase)) / f64::from(*ticks_per_beat)
            }
        }
    }

    /// Steps to ticks, the inverse of [`step`](Self::step), rounded; 0 before the first tick.
    pub fn tick(&self, step: f64) -> u64 {
        let steps = f64::from(STEPS_PER_BEAT);
        let tick = match &self.clock {
            Clock::Beats { annotation, tempos, lead } => tempos.tick(annotation.seconds(step / steps - lead)),
            Clock::Ticks { ticks_per_beat, phase } => (step * f64::from(*ticks_per_beat) + f64::from(*phase)) / steps,
        };
        tick.round().max(0.0) as u64
    }

    /// First steps of all bars that begin before `end`, followed by the end of the last bar.
    pub fn bars(&self, end: u32) -> Vec<u32> {
        let mut bars = match &self.bars {
            Bars::Annotated { starts, then } => {
                let last = starts.last().copied().unwrap_or(0);
                let more = (1..).map(|i| last.saturating_add(i * then)).take_while(|&s| s < end.saturating_add(*then));
                starts.iter().copied().chain(more).collect()
            }
            Bars::Sections(sections) => {
                let mut bars = Vec::new();
                for (i, &(from, length)) in sections.iter().enumerate() {
                    let until = sections.get(i + 1).map_or(f64::INFINITY, |next| next.0).min(f64::from(end) + length);
                    let starts = (0..).map(|i| from + f64::from(i) * length).take_while(|&s| s < until);
                    bars.extend(starts.map(|s| s.round() as u32));
                }
                bars
            }
        };
        bars.dedup();
        let past = bars.partition_point(|&s| s < end);
        bars.truncate(past + 1);
        bars
    }
}

/// The phase of the onsets, in quarters of a tick: the offset within a step at which most onsets are within a tenth of a step
/// of the grid. Ties go to the offset with most exact hits; 0 wins every tie.
pub fn phase(notes: &[TickNote], ticks_per_beat: u32) -> u32 {
    // A step has ticks_per_beat quarter-ticks: an integer, which it need not be in ticks.
    let step = ticks_per_beat as usize;
    let near = step / 10;
    let mut onsets = vec![0u32; step];
    for note in notes {
        onsets[(u64::from(STEPS_PER_BEAT) * note.start % step as u64) as usize] += 1;
    }
    // Prefix sums over three periods of the histogram: the onsets within `near` of an offset are one difference.
    let mut sums = vec![0u32];
    for &count in onsets.iter().chain(&onsets).chain(&onsets) {
        sums.push(sums[sums.len() - 1] + count);
    }
    let hits = |offset: usize| {
        let centre = step + offset;
        (sums[centre + near + 1] - sums[centre - near], onsets[offset])
    };
    let candidates = (1..step).filter(|&offset| onsets[offset] > 0);
    let mut best = (hits(0), 0);
    for offset in candidates {
        // 0 needs only as many onsets near it as any other offset, not as many exact hits.
        let better = if best.1 == 0 { hits(offset).0 > best.0.0 } else { hits(offset) > best.0 };
        if better {
            best = (hits(offset), offset);
        }
    }
    best.1 as u32
}

/// The value that holds longest between tick 0 and `end`; ties go to the greatest.
fn longest<T: Copy + Ord>(changes: &[(u64, T)], default: T, end: u64) -> T {
    let mut held = BTreeMap::from([(default, changes.first().map_or(end, |first| first.0.min(end)))]);
    for (i, &(from, value)) in changes.iter().enumerate() {
        let until = changes.get(i + 1).map_or(end, |next| next.0.min(end));
        *held.entry(value).or_default() += until.saturating_sub(from);
    }
    held.into_iter().max_by_key(|&(_, ticks)| ticks).map_or(default, |(value, _)| value)
}

/// The mean of the values that hold in `span`, weighted by how long: at a constant tempo of so many microseconds per quarter note
/// the span lasts as long as it does.
fn mean(changes: &[(u64, u32)], default: u32, span: Range<u64>) -> u32 {
    let (mut sum, mut from, mut value) = (0u128, span.start, default);
    for &(tick, next) in changes.iter().chain([&(span.end, default)]) {
        let until = tick.clamp(from, span.end.max(from));
        sum += u128::from(until - from) * u128::from(value);
        (from, value) = (until, next);
    }
    let length = u128::from(span.end.saturating_sub(span.start));
    match (sum + length / 2).checked_div(length) {
        Some(mean) => mean as u32,
        None => changes.iter().take_while(|&&(tick, _)| tick <= span.start).last().map_or(default, |&(_, value)| value),
    }
}

/// The most common value; ties go to the smallest.
fn most_common(values: impl Iterator<Item = usize>) -> Option<usize> {
    let mut sorted: Vec<usize> = values.collect();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).rev().max_by_key(|run| run.len()).map(|run| run[0])
}

/// Conversion of ticks to seconds.
#[derive(Debug, Clone)]
pub struct TempoMap {
    /// (first tick, its time in seconds, seconds per tick) of each segment of constant tempo.
    segments: Vec<(u64, f64, f64)>,
}

impl TempoMap {
    /// The tempo map of a MIDI file.
    pub fn new(score: &Score) -> Self {
        let per_tick = |micros: u32| f64::from(micros) / 1e6 / f64::from(score.ticks_per_beat);
        let mut segments = vec![(0, 0.0, per_tick(DEFAULT_MICROS))];
        for &(tick, micros) in &score.tempos {
            let (from, seconds, rate) = segments[segments.len() - 1];
            segments.push((tick, seconds + (tick - from) as f64 * rate, per_tick(micros)));
        }
        Self { segments }
    }

    /// Ticks to seconds.
    pub fn seconds(&self, tick: u64) -> f64 {
        let (from, seconds, rate) = self.segments[self.segments.partition_point(|p| p.0 <= tick).max(1) - 1];
        seconds + (tick - from) as f64 * rate
    }
    /// Seconds to ticks, the inverse of [`seconds`](Self::seconds); negative before the first tick.
    fn tick(&self, seconds: f64) -> f64 {
        let after = self.segments.partition_point(|segment| segment.1 <= seconds).max(1);
        let (from, start, rate) = self.segments[after - 1];
        from as f64 + (seconds - start) / rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> Score {
        Score {
            ticks_per_beat: 480,
            tracks: Vec::new(),
            tempos: vec![(0, 500_000), (960, 750_000), (5000, 400_000)],
            time_signatures: Vec::new(),
            generated: false,
            cut_off: None,
        }
    }

    fn notes(starts: impl Iterator<Item = u64>) -> Vec<TickNote> {
        starts.map(|start| TickNote { start, end: start + 60, pitch: 60, velocity: 80, drum: false }).collect()
    }

    #[test]
    fn ticks_of_steps_are_the_inverse_of_steps_of_ticks() {
        let annotation = Annotation::parse("0.3 0 1\n0.8 0 0\n1.4 0 0\n2.1 0 1\n2.6 0 0\n3.0 0 1").unwrap();
        let notes = notes((0..50).map(|i| 17 + 120 * i));
        for grid in [Grid::ticks(&score(), &notes), Grid::annotated(&score(), &notes, annotation).unwrap()] {
            for tick in (17..10_000).step_by(7) {
                assert_eq!(grid.tick(grid.step(tick)), tick, "{grid:?}");
            }
            assert_eq!(grid.tick(-1e6), 0);
        }
    }
}
