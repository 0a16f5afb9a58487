//! Whether a picture of the right size is a piano roll at all: covers, photographs and blank pages have that size too.

use super::Picture;
use super::cells::LIT;

/// Largest difference between the channels of a grey pixel. That of a lit cell in colour is at least [`LIT`].
const GREY: u8 = 8;

/// Whether a picture is grey, whatever its colour type: no pixel has a colour.
pub(super) fn is_grey(picture: &Picture) -> bool {
    picture.rgb.chunks_exact(3).all(|p| p.iter().max().zip(p.iter().min()).is_none_or(|(max, min)| max - min <= GREY))
}

/// Refuses a picture whose colours are not those of a roll.
///
/// # Errors
/// One sentence with the share of cells that no roll has.
pub(super) fn check_colours(picture: &Picture) -> Result<(), String> {
    let grey = is_grey(picture);
    let (mut cells, mut lit, mut strange) = (0usize, 0usize, 0usize);
    for pixel in picture.rgb.chunks_exact(3) {
        let [red, green, blue] = [0, 1, 2].map(|channel| pixel[channel] >= LIT);
        cells += 1;
        lit += usize::from(red || green || blue);
        // Blue is dark, and a cell is either an onset or a sustain.
        strange += usize::from(blue || (red && green));
    }
    let percent = |count: usize, all: usize| 100 * count / all.max(1);
    if !grey && 10 * strange > lit {
        return Err(format!(
            "is no piano roll: in {} % of its lit cells blue is lit, or red and green together",
            percent(strange, lit)
        ));
    }
    // More than 42 of 128 pitches at once, on average.
    if 3 * lit > cells {
        return Err(format!("is no piano roll: {} % of its cells are lit", percent(lit, cells)));
    }
    Ok(())
}

/// Refuses a picture with more notes than any music: 8 new ones per column, on average.
///
/// # Errors
/// One sentence with the number of notes.
pub(super) fn check_density(notes: usize, columns: u32) -> Result<(), String> {
    if columns >= 16 && notes > 8 * columns as usize {
        return Err(format!("is no piano roll: it would have {notes} notes in {columns} columns"));
    }
    Ok(())
}
