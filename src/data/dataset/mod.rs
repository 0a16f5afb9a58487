//! The data set: songs split into training and validation, and windows drawn from them.
//!
//! A song's side of the split is a function of the seed and its name; a training window is a function of the seed and its
//! index. Nothing here has mutable state, so that a training run can be resumed at any step.

mod archive;
mod copies;
mod folder;
mod kind;
mod listing;
pub mod notice;
pub mod song;
pub mod source;
pub mod split;
pub mod stats;
pub mod windows;

use crate::config::DataConfig;
use crate::data::evenly;
use crate::data::music::melody;
use crate::data::music::midi::Selection;
use crate::data::music::roll::Roll;
use crate::data::music::song_context::SongContext;
use crate::data::picture::tensor::Layout;
use crate::error::{Error, Result};
use crate::rng::Philox;
use crate::text::count;
use notice::{Notice, Skipped};
use rayon::prelude::*;
use serde::Serialize;
use song::{Part, Song};
use source::{Progress, Scan, scan};
use split::Split;
use windows::{separate_starts, starts};

/// Settings that are not part of a fingerprint while they have their defaults.
const LATER_DEFAULTS: [&str; 2] = ["\"pitches\":[0,127],", "\"align_bars\":false,"];

/// A window of a song, and its transposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Index into [`Dataset::songs`].
    pub song: usize,
    /// First step, the start of a bar.
    pub start: u32,
    /// Transposition in semitones.
    pub transpose: i32,
}

/// Songs in memory, split into training and validation.
#[derive(Debug)]
pub struct Dataset {
    songs: Vec<Song>,
    skipped: Vec<Skipped>,
    notices: Vec<Notice>,
    config: DataConfig,
    split: Split,
    /// Whether each song is held out.
    is_held_out: Vec<bool>,
    training: Vec<Window>,
    held_out: Vec<Window>,
    validation: Vec<Window>,
}

/// Size of a data set, for logs and checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Training songs.
    pub training_songs: usize,
    /// Validation songs.
    pub validation_songs: usize,
    /// Training windows: one for each bar where a window may begin.
    pub training_windows: usize,
    /// Validation windows.
    pub validation_windows: usize,
    /// Files that could not be used, with reasons.
    pub skipped: Vec<Skipped>,
    /// Groups of files that were left out or treated in another way.
    pub notices: Vec<Notice>,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} to train on with {}, {} to validate with {}, {} skipped",
            count(self.training_songs, "song"),
            count(self.training_windows, "window"),
            self.validation_songs,
            count(self.validation_windows, "window"),
            count(self.skipped.len(), "file")
        )
    }
}

impl Dataset {
    /// Reads all songs under `data.path` and splits them.
    ///
    /// # Errors
    /// An invalid configuration, a path that cannot be read, or songs without a single window.
    pub fn open(config: &DataConfig, progress: Progress<'_>) -> Result<Self> {
        config.validate()?;
        let path = config.path.as_deref().ok_or_else(|| {
            Error::config("data.path is not set; give it a folder of .mid files, a single file or a .zip")
        })?;
        let selection = Selection { tracks: config.tracks.clone(), drums: config.drums };
        Self::new(scan(path, &selection, progress)?, config)
    }

    /// A data set of songs already read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn new(scan: Scan, config: &DataConfig) -> Result<Self> {
        config.validate()?;
        let Scan { mut songs, skipped, notices } = scan.within(config.pitches);
        if config.align_bars {
            songs = songs.into_iter().map(Song::with_aligned_bars).collect();
        }
        let windows = [const { Vec::new() }; 3];
        let [training, held_out, validation] = windows;
        let (config, is_held_out) = (config.clone(), Vec::new());
        let empty =
            Self { songs, skipped, notices, config, split: Split::Share, is_held_out, training, held_out, validation };
        let data = empty.split_by(Split::Share);
        if data.training.is_empty() && data.held_out.is_empty() {
            return Err(data.without_windows("songs"));
        }
        Ok(data)
    }

    /// The same songs, split in another way.
    pub fn split_by(mut self, split: Split) -> Self {
        self.is_held_out = split.held_out(&self.songs, self.config.validation, self.config.seed);
        self.split = split;
        self.training = self.windows(false, starts);
        self.held_out = self.windows(true, separate_starts);
        self.validation = evenly(&self.held_out, self.config.validation_windows);
        self
    }

    /// The same songs, split as when the [fingerprint](Self::fingerprint) was taken; as they are if it is of other data.
    pub fn split_as_in(self, fingerprint: &str) -> Self {
        if self.fingerprint() == fingerprint {
            return self;
        }
        let data = self.split_by(Split::Range);
        if data.fingerprint() == fingerprint { data } else { data.split_by(Split::Share) }
    }

    fn windows(&self, held_out: bool, starts: fn(&Song, &DataConfig) -> Vec<u32>) -> Vec<Window> {
        let songs = self.songs.iter().enumerate().filter(|(i, _)| self.is_held_out[*i] == held_out);
        songs
            .flat_map(|(song, s)| {
                starts(s, &self.config).into_iter().map(move |start| Window { song, start, transpose: 0 })
            })
            .collect()
    }

    /// Refuses to train on songs that have no window.
    ///
    /// # Errors
    /// If no training song has a window.
    pub fn check_training(&self) -> Result<()> {
        if self.training.is_empty() { Err(self.without_windows("training songs")) } else { Ok(()) }
    }

    fn without_windows(&self, which: &str) -> Error {
        Error::data(format!(
            "none of the {which} ({}) has a window of {} steps with at least {} notes; \
             lower data.steps or data.min_notes, or add songs",
            self.songs.len(),
            self.config.steps,
            self.config.min_notes
        ))
    }

    /// All songs, sorted by name.
    pub fn songs(&self) -> &[Song] {
        &self.songs
    }

    /// Encoding of cells as numbers.
    pub fn layout(&self) -> Layout {
        Layout::of(&self.config)
    }

    /// Number of songs, windows and skipped files.
    pub fn summary(&self) -> Summary {
        Summary {
            training_songs: self.songs.len() - self.held_out_songs(),
            validation_songs: self.held_out_songs(),
            training_windows: self.training.len(),
            validation_windows: self.validation.len(),
            skipped: self.skipped.clone(),
            notices: self.notices.clone(),
        }
    }

    fn held_out_songs(&self) -> usize {
        self.is_held_out.iter().filter(|held_out| **held_out).count()
    }

    /// The [contents](Song::content) of the songs that are trained on.
    pub fn training_contents(&self) -> Vec<u64> {
        let training = self.songs.iter().zip(&self.is_held_out).filter(|(_, held_out)| !**held_out);
        training.map(|(song, _)| song.content()).collect()
    }

    /// The roll of a window, `data.steps` columns.
    pub fn roll(&self, window: &Window) -> Roll {
        self.cut(window).transposed(window.transpose)
    }

    /// The tracks of a window, if its song has more than one: names and rolls like [`roll`](Self::roll).
    pub fn parts(&self, window: &Window) -> Vec<Part> {
        let cut = |part: &Part| Part {
            name: part.name.clone(),
            roll: part.roll.window(window.start, self.config.steps as u32).transposed(window.transpose),
        };
        self.songs[window.song].parts.iter().map(cut).collect()
    }

    /// The song of a window; its melody are all notes of music in one track.
    pub fn context(&self, window: &Window) -> SongContext {
        let Song { roll, parts, .. } = &self.songs[window.song];
        let melody = melody_of(parts).map_or(roll, |melody| &parts[melody].roll);
        SongContext::of(melody, window.start, self.config.steps as u32, roll.tempo)
    }

    /// The tracks of a window as [`parts`](Self::parts), that of the melody first.
    pub fn melody_first(&self, window: &Window) -> Vec<Roll> {
        let mut rolls: Vec<Roll> = self.parts(window).into_iter().map(|part| part.roll).collect();
        if let Some(melody) = melody_of(&self.songs[window.song].parts) {
            rolls.swap(0, melody);
        }
        rolls
    }

    fn cut(&self, window: &Window) -> Roll {
        self.songs[window.song].roll.window(window.start, self.config.steps as u32)
    }

    /// Training window `index` of a seed: uniform over all bars of training songs where a window may begin, and over the
    /// transpositions that the configuration and the roll allow.
    pub fn train_window(&self, seed: u64, index: u64) -> Window {
        let mut rng = Philox::new(seed, index);
        let window = *rng.choose(&self.training);
        Window { transpose: self.draw_transposition(&window, &mut rng), ..window }
    }

    fn draw_transposition(&self, window: &Window, rng: &mut Philox) -> i32 {
        let range = self.cut(window).transpositions_within(&self.config.pitches.range(), self.config.transpose);
        rng.between(*range.start(), *range.end())
    }

    /// The batch of a training step, `[batch, pitches, steps, channels]`: windows `step * batch..(step + 1) * batch` of the seed.
    pub fn train_batch(&self, seed: u64, step: u64, batch: usize) -> Vec<f32> {
        let windows: Vec<Window> =
            (0..batch as u64).map(|i| self.train_window(seed, step * batch as u64 + i)).collect();
        self.tensor(&windows)
    }

    /// The validation windows: always the same, not transposed, not overlapping. Empty without validation songs.
    pub fn validation_windows(&self) -> &[Window] {
        &self.validation
    }

    /// All non-overlapping windows of the validation songs, song by song. The validation windows are a subset.
    pub fn held_out_windows(&self) -> &[Window] {
        &self.held_out
    }

    /// Windows at every `stride`-th bar of each training song, each untransposed and in `copies - 1` random transpositions.
    ///
    /// # Panics
    /// If `stride` is 0.
    #[track_caller]
    pub fn encoding_windows(&self, stride: usize, copies: usize, seed: u64) -> Vec<Window> {
        let songs = self.training.chunk_by(|a, b| a.song == b.song);
        let places: Vec<Window> = songs.flat_map(|song| song.iter().step_by(stride).copied()).collect();
        let copy = |place: usize, number: usize| {
            let window = places[place];
            let mut rng = Philox::new(seed, (place * copies + number) as u64);
            let transpose = if number == 0 { 0 } else { self.draw_transposition(&window, &mut rng) };
            Window { transpose, ..window }
        };
        (0..places.len())
            .flat_map(|place| (0..copies).map(move |number| (place, number)))
            .map(|(p, n)| copy(p, n))
            .collect()
    }

    /// Windows as one tensor `[windows, pitches, steps, channels]`.
    pub fn tensor(&self, windows: &[Window]) -> Vec<f32> {
        let layout = self.layout();
        let size = layout.size(self.config.steps);
        let mut values = vec![0.0; windows.len() * size];
        values.par_chunks_mut(size).zip(windows).for_each(|(image, window)| layout.write(&self.roll(window), image));
        values
    }

    /// A hash of all songs, of their split and of the data settings except the path, in hexadecimal: equal for equal data at
    /// any path.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let settings = DataConfig { path: None, ..self.config.clone() };
        let settings = serde_json::to_string(&settings).expect("settings are plain values");
        // Defaults of later settings leave no mark, so that data from before there were these has the fingerprint that it had.
        let settings = LATER_DEFAULTS.iter().fold(settings, |settings, default| settings.replace(default, ""));
        hasher.update(settings.as_bytes());
        hasher.update(self.split.mark());
        for song in &self.songs {
            hasher.update(song.name.as_bytes());
            let numbers = [song.roll.steps(), song.roll.notes().len() as u32, song.bars.len() as u32];
            numbers.iter().chain(&song.bars).for_each(|n| {
                hasher.update(&n.to_le_bytes());
            });
            hasher.update(&song.roll.tempo.to_le_bytes());
            for n in song.roll.notes() {
                hasher.update(&n.start.to_le_bytes()).update(&n.duration.to_le_bytes()).update(&[n.pitch, n.velocity]);
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The index of the track with the melody.
fn melody_of(parts: &[Part]) -> Option<usize> {
    melody::track(&parts.iter().map(|part| (part.name.as_str(), &part.roll)).collect::<Vec<_>>())
}
