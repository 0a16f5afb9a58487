//! A request as music: the song, and what of it is written.

use std::ops::{Range, RangeInclusive};

use super::draft::Draft;
use super::request::{AreaRequest, Request, TaskName};
use crate::condition::Wish;
use crate::data::music::chord::{Chord, Progression};
use crate::data::music::partial::CellSet;
use crate::data::music::roll::MAX_STEPS;
use crate::sample::{Composition, MELODY, Metre};
use crate::song::{Area, BarList, Harmony, SongFile, WINDOW};

/// Most bars of a song that are written into, and that are added at once.
const BARS: usize = 4096;
const MORE: usize = 256;
/// Bars that are written if the page does not say how many.
const DEFAULT_BARS: usize = 8;
/// Pitches of a melody if no register is asked for: C4 to C6.
const OF_MELODY: RangeInclusive<u8> = 60..=84;
/// The share of noise of a variation if none is asked for.
const STRENGTH: f32 = 0.4;

/// What an engine is to write.
#[derive(Debug)]
pub struct Task {
    /// Where.
    pub kind: Kind,
    /// The key, as that of the major scale.
    pub key: Option<usize>,
    /// Attributes of the new notes.
    pub wishes: Vec<Wish>,
    /// How closely the passage that a part most likely repeats is followed.
    pub follow: Option<f64>,
    /// Guidance scale.
    pub guidance: Option<f64>,
    /// Median velocity.
    pub velocity: Option<u8>,
    /// Steps of the solver.
    pub steps: Option<usize>,
    /// Seed of the noise.
    pub seed: u64,
    /// Number of variants.
    pub variants: usize,
    /// The notes of the piece that are taken out.
    pub removed: Vec<usize>,
}

/// A part of a song, or a new piece.
#[derive(Debug)]
pub enum Kind {
    /// A part of a song.
    Part {
        /// The song with its edits.
        song: Box<SongFile>,
        /// The part.
        area: Area,
        /// The chords of the song; without them the network gets none.
        harmony: Option<Harmony>,
        /// The share of noise of a variation.
        strength: Option<f32>,
        /// Whether only one note sounds at a time.
        is_melody: bool,
    },
    /// A new piece.
    New {
        /// Its windows.
        composition: Composition,
        /// Its time signature.
        metre: Metre,
        /// Its number of bars, which may be less than a window's.
        bars: usize,
        /// The chord of each quarter of its columns, if some are asked for.
        chords: Option<Vec<Chord>>,
    },
}

impl Task {
    /// The task of a request for a draft.
    ///
    /// # Errors
    /// One sentence.
    pub fn of(request: &Request, draft: &Draft) -> Result<Self, String> {
        request.check()?;
        let (kind, removed) = match request.task {
            TaskName::New => (new(request)?, draft.all()),
            _ => part(request, draft)?,
        };
        let Request { follow, guidance, velocity, steps, seed, variants, .. } = *request;
        let mut wishes = request.wishes()?;
        if request.task == TaskName::Melody {
            // The first of two wishes for the same control is overruled by the second.
            wishes.insert(0, MELODY);
        }
        let key = request.key()?;
        Ok(Self { kind, key, wishes, follow, guidance, velocity, steps, seed, variants, removed })
    }
}

/// A new piece.
fn new(request: &Request) -> Result<Kind, String> {
    let bars = bars(request)?;
    let metre = Metre::new(request.state.time_signature())?;
    // A window is written as a whole.
    let columns = metre.columns(bars).max(WINDOW);
    let composition = Composition::new(metre.bars(columns), metre.clone(), None).map_err(|error| error.to_string())?;
    let in_columns = |text| -> Result<Vec<Chord>, String> {
        let beats = Progression::parse(text, metre.beats_per_bar())?.beats(metre.bars(columns))?;
        Ok(metre.in_columns(&beats, columns))
    };
    let chords = request.chords().map(in_columns).transpose().map_err(of_chords)?;
    Ok(Kind::New { composition, metre, bars, chords })
}

/// A part of a song, and the notes that it takes out.
fn part(request: &Request, draft: &Draft) -> Result<(Kind, Vec<usize>), String> {
    let mut song = draft.song()?;
    let all = 0..=127;
    let area = match request.task {
        TaskName::Fill | TaskName::New => {
            let asked = request.area.as_ref().ok_or("say what to write: bars, or cells")?;
            song = reaching(song, asked)?;
            let bars = listed(&song, asked)?;
            masked(Area::new(&song, bars, all).map_err(of_song)?, asked)
        }
        TaskName::Continue => {
            let more = bars(request)?;
            song = song.extended(more);
            Area::new(&song, BarList::from(song.sounding_bars(), more), all).map_err(of_song)?
        }
        TaskName::Accompany | TaskName::Melody => {
            let is_melody = request.task == TaskName::Melody;
            let given = given(request, &song, is_melody)?;
            let bars = request.area.as_ref().map(|asked| listed(&song, asked)).transpose()?;
            let register = request.register.map_or(OF_MELODY, |[low, high]| low.min(127) as u8..=high.min(127) as u8);
            let pitches = if is_melody { register } else { all };
            let area = Area::beside(&song, &given, bars.as_ref(), pitches).map_err(of_song)?;
            request.area.iter().fold(area, masked)
        }
        TaskName::Vary => {
            let bars = request.area.as_ref().map(|asked| listed(&song, asked)).transpose()?;
            let bars = bars.unwrap_or_else(|| BarList::all(song.sounding_bars()));
            let area = Area::new(&song, bars, all).map_err(of_song)?;
            request.area.iter().fold(area, masked)
        }
    };
    if area.cells.is_empty() {
        return Err("there is nothing to write: none of the cells is in the bars of the piece".to_owned());
    }
    let takes_some = song.notes().iter().any(|note| area.takes(note));
    let knows_chords = match request.task {
        // A melody alone does not tell its chords.
        TaskName::Accompany => takes_some,
        _ => !song.notes().is_empty(),
    };
    let harmony = harmony(request, &song, &area, knows_chords)?;
    let removed = draft.taken(&area);
    let strength = (request.task == TaskName::Vary).then(|| request.strength.unwrap_or(STRENGTH));
    let is_melody = request.task == TaskName::Melody;
    Ok((Kind::Part { song: Box::new(song), area, harmony, strength, is_melody }, removed))
}

/// The chords that are asked for, or else those of the song if it tells them.
fn harmony(request: &Request, song: &SongFile, area: &Area, is_known: bool) -> Result<Option<Harmony>, String> {
    let Some(text) = request.chords() else { return Ok(is_known.then(|| Harmony::of(song))) };
    let progression = Progression::parse(text, song.beats_per_bar()).map_err(of_chords)?;
    Harmony::of(song).with(song.columns(), &area.bars, &progression).map(Some).map_err(of_chords)
}

/// The number of bars that is asked for.
fn bars(request: &Request) -> Result<usize, String> {
    let bars = request.bars.unwrap_or(DEFAULT_BARS);
    if (1..=MORE).contains(&bars) { Ok(bars) } else { Err(format!("1 to {MORE} bars are written at once, not {bars}")) }
}

/// Which tracks stay.
fn given(request: &Request, song: &SongFile, is_melody: bool) -> Result<Vec<bool>, String> {
    let tracks = song.document().tracks.len();
    match &request.given_tracks {
        // The track of the added notes is only there if there are some.
        Some(given) if given.iter().all(|&track| track <= tracks) => {
            Ok((0..tracks).map(|track| given.contains(&track)).collect())
        }
        Some(_) => Err(format!("the song has {tracks} tracks")),
        None if is_melody => song.tracks(&[]).map_err(of_song),
        None => Ok(song.melody()),
    }
}

/// The song with the bars of an area, which may be after its end.
fn reaching(song: SongFile, asked: &AreaRequest) -> Result<SongFile, String> {
    let last = asked.bars.map_or(0, |[_, last]| last);
    let end = asked.cells.iter().flatten().map(|&[_, _, _, end]| end).max().unwrap_or(0);
    if last >= BARS || end > MAX_STEPS {
        return Err(format!("a song has at most {BARS} bars and {MAX_STEPS} steps"));
    }
    let song = song.with_bars(last + 1);
    let (bars, steps) = (song.columns().bars(), song.columns().steps());
    let length = song.columns().bar(bars - 1).len();
    let missing = (end.saturating_sub(steps) as usize).div_ceil(length);
    Ok(if asked.bars.is_none() { song.with_bars(bars + missing) } else { song })
}

/// The bars of an area.
fn listed(song: &SongFile, asked: &AreaRequest) -> Result<BarList, String> {
    let columns = song.columns();
    match (asked.bars, &asked.cells) {
        (Some([first, last]), _) if first <= last && last < BARS => Ok(BarList::from(first, last + 1 - first)),
        (Some([first, last]), _) => Err(format!("there are no bars {first} to {last}")),
        (None, Some(cells)) => {
            let touches = |bar: &Range<u32>| cells.iter().any(|&[_, _, start, end]| start < bar.end && end > bar.start);
            Ok(BarList::of((0..columns.bars()).filter(|&bar| touches(&columns.bar(bar))).collect()))
        }
        (None, None) => Ok(BarList::all(song.sounding_bars())),
    }
}

/// The part of an area that is in the cells that are asked for.
fn masked(area: Area, asked: &AreaRequest) -> Area {
    let Some(cells) = &asked.cells else { return area };
    let pitch = |pitch: u32| pitch.min(127) as u8;
    let rectangles = cells.iter().map(|&[low, high, start, end]| (pitch(low)..=pitch(high), start..end));
    let mask = CellSet::rectangles(area.cells.steps(), rectangles);
    area.masked(&mask)
}

fn of_song(reason: String) -> String {
    format!("the song {reason}")
}

fn of_chords(reason: String) -> String {
    format!("chords: {reason}")
}
