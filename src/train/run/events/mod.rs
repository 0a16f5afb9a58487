//! Event files, which TensorBoard reads: scalars, images, sounds and histograms of a run, one record after the other.
//!
//! A file is a sequence of [`record`]s, each a message `Event` in [`message`]'s encoding (TensorFlow's `event.proto` and
//! `summary.proto`). Each process of a run writes a new file. A resumed run writes its first step into it, and TensorBoard then
//! ignores later steps in earlier files.

pub mod message;
pub mod record;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use message::Message;

use super::metrics_log::now;
use crate::audio::{PREVIEW_RATE, Stereo, preview_wav};
use crate::data::picture::Picture;
use crate::error::{Error, Result};

/// Content of the first record.
const VERSION: &str = "brain.Event:2";
/// Field numbers of `Event`...
const WALL_TIME: u32 = 1;
const STEP: u32 = 2;
const FILE_VERSION: u32 = 3;
const SUMMARY: u32 = 5;
const SESSION_LOG: u32 = 7;
/// ... of `SessionLog`, with the status of a process that starts...
const STATUS: u32 = 1;
const START: u64 = 1;
/// ... of `Summary`...
const VALUE: u32 = 1;
/// ... and of `Summary.Value`.
const TAG: u32 = 1;
const SIMPLE_VALUE: u32 = 2;
const IMAGE: u32 = 4;
const HISTOGRAM: u32 = 5;
const AUDIO: u32 = 6;

/// An event file, open for writing.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// Creates a file in `folder`, for a run at `step`.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn create(folder: &Path, step: u64) -> Result<Self> {
        let seconds = now() as u64;
        let name = |number: u32| format!("events.out.tfevents.{seconds:010}.flocoder.{number}");
        let number = (0..).find(|number| !folder.join(name(*number)).exists()).unwrap_or(0);
        let path = folder.join(name(number));
        let file =
            File::create_new(&path).map_err(|e| Error::file(&path, format!("cannot be opened for writing: {e}")))?;
        let mut events = Self { path, file };
        events.write(Message::new().double(WALL_TIME, now()).bytes(FILE_VERSION, VERSION.as_bytes()))?;
        if step > 0 {
            events.write(event(step + 1).message(SESSION_LOG, &Message::new().integer(STATUS, START)))?;
        }
        Ok(events)
    }

    /// Numbers of a phase, as `phase/name`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn scalars<K: AsRef<str>>(&mut self, step: u64, phase: &str, numbers: &[(K, f64)]) -> Result<()> {
        let value = |(name, number): &(K, f64)| {
            value(&format!("{phase}/{}", name.as_ref())).float(SIMPLE_VALUE, *number as f32)
        };
        self.summary(step, numbers.iter().map(value))
    }

    /// A picture.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn image(&mut self, step: u64, tag: &str, picture: &Picture) -> Result<()> {
        const RGB: u64 = 3;
        let image = Message::new()
            .integer(1, picture.height.into())
            .integer(2, picture.width.into())
            .integer(3, RGB)
            .bytes(4, &picture.png(&[]));
        self.summary(step, [value(tag).message(IMAGE, &image)])
    }

    /// A sound, in one channel at half the sample rate.
    ///
    /// # Errors
    /// A full disk and the like.
    pub fn sound(&mut self, step: u64, tag: &str, sound: &Stereo) -> Result<()> {
        let bytes =
            preview_wav(sound).map_err(|error| Error::file(&self.path, format!("cannot be written: {error}")))?;
        let audio = Message::new()
            .float(1, PREVIEW_RATE as f32)
            .integer(2, 1)
            .integer(3, (sound.left.len() / 2) as u64)
            .bytes(4, &bytes)
            .bytes(5, b"audio/wav");
        self.summary(step, [value(tag).message(AUDIO, &audio)])
    }

    /// How often each of the numbers 0, 1, 2 ... came up.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn histogram(&mut self, step: u64, tag: &str, counts: &[u64]) -> Result<()> {
        let sum = |power: i32| counts.iter().enumerate().map(|(i, &n)| n as f64 * (i as f64).powi(power)).sum::<f64>();
        let limits: Vec<f64> = (0..counts.len()).map(|i| i as f64 + 0.5).collect();
        let buckets: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        let histogram = Message::new()
            .double(1, 0.0)
            .double(2, counts.len().saturating_sub(1) as f64)
            .double(3, sum(0))
            .double(4, sum(1))
            .double(5, sum(2))
            .doubles(6, &limits)
            .doubles(7, &buckets);
        self.summary(step, [value(tag).message(HISTOGRAM, &histogram)])
    }

    fn summary(&mut self, step: u64, values: impl IntoIterator<Item = Message>) -> Result<()> {
        let summary = values.into_iter().fold(Message::new(), |summary, value| summary.message(VALUE, &value));
        self.write(event(step).message(SUMMARY, &summary))
    }

    /// One write per record: what is on the disk after a crash ends with a whole one.
    fn write(&mut self, event: Message) -> Result<()> {
        let record = record::framed(&event.encoded());
        self.file.write_all(&record).map_err(|e| Error::file(&self.path, format!("cannot be written: {e}")))
    }
}

fn event(step: u64) -> Message {
    Message::new().double(WALL_TIME, now()).integer(STEP, step)
}

fn value(tag: &str) -> Message {
    Message::new().bytes(TAG, tag.as_bytes())
}
