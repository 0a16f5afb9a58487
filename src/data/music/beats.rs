//! Where the beats are: from ticks to steps.
//!
//! Annotated beats are best (POP909's `beat_midi.txt`): the music was played, and its ticks know nothing of beats. Without
//! them the file's own ticks count, moved by the phase at which most onsets fall on the grid.

use super::midi::{Score, TickNote};
use super::roll::{MAX_STEPS, STEPS_PER_BEAT, TimeSignature};
use std::collections::BTreeMap;

/// Microseconds per quarter note where a file sets no tempo: 120 beats per minute.
const DEFAULT_MICROS: u32 = 500_000;

/// The beats of a performance.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// (time in seconds, begins a bar), by time; at least two.
    beats: Vec<(f64, bool)>,
}

impl Annotation {
    /// Reads a `beat_midi.txt`: one beat a line, its time in seconds in the first column, 1 in the third where a bar begins.
    ///
    /// # Errors
    /// If a line is no beat, the times do not rise, or there are fewer than two.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut beats: Vec<(f64, bool)> = Vec::new();
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let mut columns = line.split_whitespace().map(str::parse::<f64>);
            let (Some(Ok(time)), _, Some(Ok(downbeat))) = (columns.next(), columns.next(), columns.next()) else {
                return Err(format!("beat annotation, line {}: '{}' is not three numbers", i + 1, excerpt(line)));
            };
            if !time.is_finite() || beats.last().is_some_and(|&(last, _)| time <= last) {
                return Err(format!("beat annotation, line {}: the time {time} does not come after the last", i + 1));
            }
            beats.push((time, downbeat == 1.0));
        }
        if beats.len() < 2 {
            return Err("beat annotation: fewer than two beats".into());
        }
        Ok(Self { beats })
    }

    /// The time in beats of a time in seconds: linear between beats, and before and after them as in the nearest interval.
    fn beat(&self, seconds: f64) -> f64 {
        let after = self.beats.partition_point(|&(time, _)| time <= seconds).clamp(1, self.beats.len() - 1);
        let (from, to) = (self.beats[after - 1].0, self.beats[after].0);
        (after - 1) as f64 + (seconds - from) / (to - from)
    }

    fn downbeats(&self) -> Vec<usize> {
        let marked: Vec<usize> = (0..self.beats.len()).filter(|&i| self.beats[i].1).collect();
        if marked.is_empty() { vec![0] } else { marked }
    }

    /// The median of the time between beats, in seconds.
    fn median_interval(&self) -> f64 {
        let mut intervals: Vec<f64> = self.beats.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        intervals.sort_by(f64::total_cmp);
        intervals[intervals.len() / 2]
    }
}

fn excerpt(line: &str) -> String {
    line.chars().take(40).collect()
}

/// The grid of one song: where its ticks lie in steps, where its bars begin, how fast it is.
#[derive(Debug, Clone)]
pub struct Grid {
    clock: Clock,
    bars: Bars,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// The time signature that most of the song is in.
    pub metre: TimeSignature,
}

#[derive(Debug, Clone)]
enum Clock {
    /// Annotated beats, with so many beats put before the first.
    Beats { annotation: Annotation, tempos: TempoMap, lead: f64 },
    /// The file's ticks; the phase is in quarters of a tick, since a step is a quarter of a beat.
    Ticks { ticks_per_beat: u32, phase: u32 },
}

#[derive(Debug, Clone)]
enum Bars {
    /// The first step of each bar, and the length of bars after the last, in steps.
    Marked { starts: Vec<u32>, then: u32 },
    /// (first step, steps per bar) of each stretch of one time signature.
    Metres(Vec<(f64, f64)>),
}

impl Grid {
    /// The grid of the annotated beats. Beats are put before the first one, at its pace, so that no note is lost and step 0
    /// begins a bar.
    ///
    /// # Errors
    /// If the beats begin too long after the first note.
    pub fn annotated(score: &Score, notes: &[TickNote], annotation: Annotation) -> Result<Self, String> {
        let tempos = TempoMap::new(score);
        let downbeats = annotation.downbeats();
        let beats_per_bar = most_common(downbeats.windows(2).map(|pair| pair[1] - pair[0])).unwrap_or(4);
        let earliest = notes.iter().map(|n| n.start).min().unwrap_or(0);
        let early = (annotation.beat(tempos.seconds(earliest)) * f64::from(STEPS_PER_BEAT)).round().min(0.0);
        if -early > f64::from(MAX_STEPS) {
            return Err(format!("beat annotation: its first beat comes {:.0} steps after the first note", -early));
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
            metre: TimeSignature { beats: beats_per_bar.min(255) as u8, unit: 4 },
            bars: Bars::Marked { starts, then: step(beats_per_bar) },
            clock: Clock::Beats { annotation, tempos, lead: lead as f64 },
        })
    }

    /// The grid of the file's own ticks, time signatures and tempo, at the best [`phase`].
    pub fn ticks(score: &Score, notes: &[TickNote]) -> Self {
        let end = notes.iter().map(|n| n.end).max().unwrap_or(0);
        let per_beat = f64::from(score.ticks_per_beat);
        let steps_per_quarter = f64::from(STEPS_PER_BEAT);
        let mut metres = score.metres.clone();
        if metres.first().is_none_or(|&(tick, _)| tick > 0) {
            metres.insert(0, (0, TimeSignature::COMMON));
        }
        let stretches = metres
            .iter()
            .map(|&(tick, m)| (tick as f64 / per_beat * steps_per_quarter, m.quarters_per_bar() * steps_per_quarter));
        let micros = longest(&score.tempos, DEFAULT_MICROS, end);
        Self {
            clock: Clock::Ticks { ticks_per_beat: score.ticks_per_beat, phase: phase(notes, score.ticks_per_beat) },
            bars: Bars::Metres(stretches.collect()),
            tempo: 60e6 / f64::from(micros),
            metre: longest(&metres, TimeSignature::COMMON, end),
        }
    }

    /// A tick's place in steps; below 0 for what comes before the first beat.
    pub fn step(&self, tick: u64) -> f64 {
        let steps = f64::from(STEPS_PER_BEAT);
        match &self.clock {
            Clock::Beats { annotation, tempos, lead } => (annotation.beat(tempos.seconds(tick)) + lead) * steps,
            Clock::Ticks { ticks_per_beat, phase } => {
                (steps * tick as f64 - f64::from(*phase)) / f64::from(*ticks_per_beat)
            }
        }
    }

    /// The first steps of all bars that begin before `end`, and then the end of the last one.
    pub fn bars(&self, end: u32) -> Vec<u32> {
        let mut bars = match &self.bars {
            Bars::Marked { starts, then } => {
                let last = starts.last().copied().unwrap_or(0);
                let more = (1..).map(|i| last.saturating_add(i * then)).take_while(|&s| s < end.saturating_add(*then));
                starts.iter().copied().chain(more).collect()
            }
            Bars::Metres(stretches) => {
                let mut bars = Vec::new();
                for (i, &(from, length)) in stretches.iter().enumerate() {
                    let until = stretches.get(i + 1).map_or(f64::INFINITY, |next| next.0).min(f64::from(end) + length);
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

/// The phase of the onsets: the offset below one step, in quarters of a tick, at which most of them lie within a tenth of a
/// step of the grid. Of equals the one that is hit exactly most often, and 0 before all others.
pub fn phase(notes: &[TickNote], ticks_per_beat: u32) -> u32 {
    // A step is ticks_per_beat quarter-ticks long, whole where it would not be in ticks.
    let step = ticks_per_beat as usize;
    let near = step / 10;
    let mut onsets = vec![0u32; step];
    for note in notes {
        onsets[(u64::from(STEPS_PER_BEAT) * note.start % step as u64) as usize] += 1;
    }
    // Running sums over the circle unrolled to three turns: onsets within `near` of a place are one difference.
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
        // 0 needs only as many onsets near it as any other place, not as many exactly on it.
        let better = if best.1 == 0 { hits(offset).0 > best.0.0 } else { hits(offset) > best.0 };
        if better {
            best = (hits(offset), offset);
        }
    }
    best.1 as u32
}

/// The value that holds longest between tick 0 and `end`, the greatest of equals.
fn longest<T: Copy + Ord>(changes: &[(u64, T)], default: T, end: u64) -> T {
    let mut held = BTreeMap::from([(default, changes.first().map_or(end, |first| first.0.min(end)))]);
    for (i, &(from, value)) in changes.iter().enumerate() {
        let until = changes.get(i + 1).map_or(end, |next| next.0.min(end));
        *held.entry(value).or_default() += until.saturating_sub(from);
    }
    held.into_iter().max_by_key(|&(_, ticks)| ticks).map_or(default, |(value, _)| value)
}

/// The most common of some numbers, the smallest of equals.
fn most_common(values: impl Iterator<Item = usize>) -> Option<usize> {
    let mut sorted: Vec<usize> = values.collect();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).rev().max_by_key(|run| run.len()).map(|run| run[0])
}

/// Ticks to seconds.
#[derive(Debug, Clone)]
pub struct TempoMap {
    /// (first tick, its time in seconds, seconds per tick).
    pieces: Vec<(u64, f64, f64)>,
}

impl TempoMap {
    /// Of a file.
    pub fn new(score: &Score) -> Self {
        let per_tick = |micros: u32| f64::from(micros) / 1e6 / f64::from(score.ticks_per_beat);
        let mut pieces = vec![(0, 0.0, per_tick(DEFAULT_MICROS))];
        for &(tick, micros) in &score.tempos {
            let (from, seconds, rate) = pieces[pieces.len() - 1];
            pieces.push((tick, seconds + (tick - from) as f64 * rate, per_tick(micros)));
        }
        Self { pieces }
    }

    /// The time of a tick in seconds.
    pub fn seconds(&self, tick: u64) -> f64 {
        let (from, seconds, rate) = self.pieces[self.pieces.partition_point(|p| p.0 <= tick).max(1) - 1];
        seconds + (tick - from) as f64 * rate
    }
}
