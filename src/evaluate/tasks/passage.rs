//! The passage of its song that a hidden part most likely repeats.

use super::case::Case;
use super::settings::{Attributes, Chords, Settings};
use super::task::Task;
use crate::data::dataset::{Dataset, Window};
use crate::data::music::chord::recognise;
use crate::data::music::roll::{Roll, STEPS_PER_BEAT};
use crate::metrics::features::STEPS_PER_BAR;
use crate::song::{Harmony, Known};

/// The window of a case with the passage in its hidden part, found in the rest of the song, as far as a user of the task has it: all but the
/// hidden bars, or those before them for a continuation. `None` if no passage is alike, the task hides a voice of the whole song, or attributes
/// are told, which a passage would contradict.
pub fn passage(data: &Dataset, case: &Case, settings: &Settings) -> Option<Roll> {
    if settings.attributes != Attributes::Hidden {
        return None;
    }
    let Window { song, start, .. } = case.excerpt.window;
    let partial = &case.prompt.partial;
    let is_hidden = |bar: &usize| !partial.free().window(*bar as u32 * STEPS_PER_BAR, STEPS_PER_BAR).is_empty();
    let hidden: Vec<usize> = (0..(partial.steps() / STEPS_PER_BAR) as usize).filter(is_hidden).collect();
    let part = *hidden.first()?..hidden.last()? + 1;
    // Bars are counted from the first whole one.
    let upbeat = start % STEPS_PER_BAR;
    let song = &data.songs()[song].roll;
    let song = song.window(upbeat, song.steps() - upbeat).shifted(case.excerpt.shift);
    let start = (start / STEPS_PER_BAR) as usize;
    let is_known = |bar: usize| match settings.task {
        Task::Fill | Task::Beats => bar < start + part.start || bar >= start + part.end,
        Task::Continue => bar < start + part.start,
        Task::Accompany | Task::Melody | Task::Vary => false,
    };
    let harmony = harmony(&song, settings);
    Known::new(&song, &song, harmony.as_ref(), is_known).passage(partial, start, part)
}

/// The chords of a song in bars, if the flow is told chords.
pub fn harmony(song: &Roll, settings: &Settings) -> Option<Harmony> {
    let chords = || recognise(song, 2 * STEPS_PER_BEAT).into_iter().flat_map(|chord| [chord; 2]).collect();
    (settings.chords == Chords::Given).then(|| Harmony::told(chords()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;
    use crate::data::corpus;
    use crate::data::dataset::song::Song;
    use crate::data::dataset::source::Scan;
    use crate::data::music::midi::Selection;
    use crate::evaluate::tasks::Excerpt;

    #[test]
    fn composed_songs_repeat_their_phrases() {
        let song = |index| {
            let song = corpus::compose(3, index);
            Song::from_midi(&song.name, &song.midi(), None, &Selection::default()).unwrap()
        };
        let scan = Scan { songs: (0..8).map(song).collect(), skipped: Vec::new(), notices: Vec::new() };
        let data = Dataset::new(scan, &DataConfig::default()).unwrap();
        let windows = (0..8).map(|song| Window { song, start: 128, transpose: 0 });
        let excerpts: Vec<Excerpt> = windows.map(|window| Excerpt::cut(&data, window)).collect();
        let cases = |task| Case::of(excerpts.clone(), &Settings::of(task), None, 0);
        let found = |task| cases(task).iter().filter_map(|case| passage(&data, case, &Settings::of(task))).count();
        assert!(found(Task::Fill) >= 4 && found(Task::Continue) > 0, "{} {}", found(Task::Fill), found(Task::Continue));
        assert_eq!([Task::Accompany, Task::Melody, Task::Vary].map(found), [0; 3]);
        for case in cases(Task::Fill) {
            let Some(passage) = passage(&data, &case, &Settings::of(Task::Fill)) else { continue };
            assert_eq!(case.prompt.partial.completed(&passage).notes(), passage.notes());
        }
    }
}
