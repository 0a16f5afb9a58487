//! Writing a part of a song, window after window.

use super::rewrite::Rewrite;
use super::song_file::SongFile;
use super::source::Source;
use super::window_request::{Place, WINDOW_STEPS, WindowRequest, restored};
use super::windows::Window;
use crate::data::music::columns::COLUMN;
use crate::data::music::key;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::song_context::SongContext;
use crate::data::music::to_c;
use crate::error::Result;

/// The new notes of each variant, in steps of the song: notes of what `generate` returns for each window, one roll per variant, as
/// far as they are in free cells.
///
/// Columns after the end of the song are free for the generator, since nothing is known of them, but not kept.
///
/// # Errors
/// Those of `generate`.
pub fn rewrite(
    rewrite: &Rewrite<'_>,
    generate: &mut dyn FnMut(&WindowRequest<'_>) -> Result<Vec<Roll>>,
) -> Result<Vec<Vec<Note>>> {
    let source = Source::of(rewrite);
    let columns = source.columns;
    let free = PartialRoll::new(source.given.clone(), &source.cells);
    let windows = rewrite.windows();
    let texture = source.texture(&windows);
    let mut written: Vec<Vec<Note>> = vec![Vec::new(); rewrite.variants];
    for (number, window) in windows.into_iter().enumerate() {
        let open = source.open(&window);
        let partials: Vec<PartialRoll> = written.iter().map(|new| source.partial(new, &window, &open)).collect();
        let passages = written
            .iter()
            .zip(&partials)
            .map(|(new, partial)| source.passage(new, (partial, &open), &window))
            .collect();
        let Window { start, written: own } = window;
        let original = source.original.window(start as u32 * COLUMN, WINDOW_STEPS);
        let request = WindowRequest {
            number,
            partials,
            texture: texture.clone(),
            passages,
            context: SongContext::of(&source.given, start as u32 * COLUMN, WINDOW_STEPS, rewrite.song.tempo()),
            chords: rewrite.harmony.as_ref().map(|harmony| harmony.window(start)),
            key: rewrite.key.unwrap_or_else(|| key_of(&original, rewrite.song)),
            original,
            place: Place {
                columns,
                free: &free,
                start: start as u32 * COLUMN,
                own: own.start as u32 * COLUMN..own.end as u32 * COLUMN,
            },
            written: &written,
        };
        let rolls = generate(&request)?;
        assert_eq!(rolls.len(), rewrite.variants, "a roll per variant");
        let new = request.new_notes(&rolls);
        written.iter_mut().zip(new).for_each(|(written, new)| written.extend(new));
    }
    Ok(written.into_iter().map(|notes| restored(columns, notes).notes().to_vec()).collect())
}

/// The key of the music in a window of a song.
fn key_of(window: &Roll, song: &SongFile) -> usize {
    let classes = |roll: &Roll| key::pitch_classes(roll.notes()).map(f64::from);
    to_c::key_of(&classes(window), &classes(&song.roll(|_| true)))
}
