//! Held-out windows of eight bars, in C, with their melodies.

use std::collections::HashSet;

use crate::condition::Row;
use crate::data::dataset::{Dataset, Window};
use crate::data::evenly;
use crate::data::music::melody::skyline;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::song_context::SongContext;
use crate::data::music::to_c;
use crate::error::{Error, Result};
use crate::evaluate::windows::in_four;
use crate::metrics::features::{STEPS_PER_BAR, STEPS_PER_WINDOW};

/// Steps of an excerpt.
pub const STEPS: u32 = STEPS_PER_WINDOW;
/// Bars of an excerpt.
pub const BARS: u32 = STEPS / STEPS_PER_BAR;
/// Least notes of the melody and of the accompaniment.
const LEAST: [usize; 2] = [16, 32];

/// A window of a song in C major or A minor.
#[derive(Debug, Clone, PartialEq)]
pub struct Excerpt {
    /// Where it is from.
    pub window: Window,
    /// What else of its song is known.
    pub context: Option<SongContext>,
    /// Semitones by which it is transposed.
    pub shift: i32,
    /// Its notes.
    pub roll: Roll,
    /// The notes of the melody: of a track ([`melody::track`](crate::data::music::melody::track)), or the skyline of music in one.
    pub melody: Roll,
    /// All other notes.
    pub accompaniment: Roll,
    /// Its conditions, with the chords that are recognised in it.
    pub row: Row,
}

impl Excerpt {
    /// Of a window that is in C and its melody.
    pub fn of(roll: Roll, melody: &Roll) -> Self {
        let onsets: HashSet<(u32, u8)> = melody.notes().iter().map(|note| (note.start, note.pitch)).collect();
        let is_melody = |note: &Note| onsets.contains(&(note.start, note.pitch));
        let (melody, others): (Vec<Note>, Vec<Note>) = roll.notes().iter().copied().partition(is_melody);
        let voice = |notes| Roll::new(roll.steps(), notes).with_time(roll.tempo, roll.time_signature);
        Self {
            window: Window { song: 0, start: 0, transpose: 0 },
            context: None,
            shift: 0,
            melody: voice(melody),
            accompaniment: voice(others),
            row: Row::of(&roll, 0),
            roll,
        }
    }

    /// A window of a data set.
    pub fn cut(data: &Dataset, window: Window) -> Self {
        let shift = to_c::shift(&data.roll(&window), &data.songs()[window.song].roll);
        Self::transposed(data, window, shift)
    }

    fn transposed(data: &Dataset, window: Window, shift: i32) -> Self {
        let roll = data.roll(&window);
        let melody = data.melody_first(&window).into_iter().next().unwrap_or_else(|| skyline(&roll));
        let context = Some(data.context(&window));
        Self { window, context, shift, ..Self::of(roll.shifted(shift), &melody.shifted(shift)) }
    }

    /// The music of its song `bars` bars before, transposed as it is; silent before the song's beginning.
    pub fn earlier(&self, data: &Dataset, bars: u32) -> Self {
        let steps = bars * STEPS_PER_BAR;
        let (start, silent) = (self.window.start.saturating_sub(steps), steps.saturating_sub(self.window.start));
        let earlier = Self::transposed(data, Window { start, ..self.window }, self.shift);
        let delayed = |voice: &Roll| {
            let notes = voice.notes().iter().map(|note| Note { start: note.start + silent, ..*note });
            Roll::new(voice.steps(), notes.collect())
        };
        Self {
            window: earlier.window,
            context: earlier.context,
            shift: self.shift,
            ..Self::of(delayed(&earlier.roll), &delayed(&earlier.melody))
        }
    }
}

/// At most `limit` windows of held-out songs, evenly spaced: in bars of 4/4, not overlapping, with a melody and an accompaniment.
///
/// # Errors
/// If no window has enough notes, or windows are not of eight bars.
pub fn choose(data: &Dataset, limit: usize) -> Result<Vec<Excerpt>> {
    let windows = in_four(data, data.held_out_windows());
    let excerpts = windows.into_iter().map(|window| Excerpt::cut(data, window));
    let counts = |excerpt: &Excerpt| [&excerpt.melody, &excerpt.accompaniment].map(|voice| voice.notes().len());
    let enough = |excerpt: &Excerpt| counts(excerpt).iter().zip(LEAST).all(|(count, least)| *count >= least);
    let chosen = evenly(&excerpts.filter(enough).collect::<Vec<_>>(), limit);
    if chosen.is_empty() {
        let [melody, others] = LEAST;
        return Err(Error::data(format!(
            "no held-out window in bars of 4/4 has {melody} notes of a melody and {others} others; give other songs"
        )));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;
    use crate::data::corpus;
    use crate::data::dataset::song::Song;
    use crate::data::dataset::source::Scan;
    use crate::data::dataset::split::Split;
    use crate::data::music::midi::Selection;

    fn songs() -> Dataset {
        let song = |index| {
            let song = corpus::compose(3, index);
            Song::from_midi(&song.name, &song.midi(), None, &Selection::default()).unwrap()
        };
        let scan = Scan { songs: (0..3).map(song).collect(), skipped: Vec::new(), notices: Vec::new() };
        let data = Dataset::new(scan, &DataConfig::default()).unwrap();
        data.split_by(Split::AllExcept(HashSet::new()))
    }

    #[test]
    fn excerpts_are_in_c_with_the_melody_of_its_track() {
        let data = songs();
        let excerpts = choose(&data, 5).unwrap();
        assert_eq!(excerpts.len(), 5);
        for excerpt in excerpts {
            let Window { song, start, .. } = excerpt.window;
            assert_eq!(to_c::shift(&excerpt.roll, &data.songs()[song].roll.clone().shifted(excerpt.shift)), 0);
            let melody = corpus::compose(3, song as u64).melody.window(start, STEPS).shifted(excerpt.shift);
            assert_eq!(excerpt.melody.notes().len(), melody.notes().len());
            assert_eq!(excerpt.roll.notes().len(), excerpt.melody.notes().len() + excerpt.accompaniment.notes().len());
        }
    }

    #[test]
    fn earlier_music_is_silent_before_the_song() {
        let data = songs();
        let excerpts = choose(&data, 100).unwrap();
        let (first, second) = (&excerpts[0], &excerpts[1]);
        assert_eq!((first.window.start, second.window.start), (0, 128));
        let late = first.earlier(&data, 4);
        assert!(late.roll.notes().iter().all(|note| note.start >= 64));
        assert_eq!(late.roll.onsets_in(64, 128), first.roll.onsets_in(0, 64));
        let before = second.earlier(&data, 8);
        assert_eq!(before.roll.notes(), data.roll(&first.window).shifted(second.shift).notes());
        assert!(!before.melody.notes().is_empty());
    }
}
