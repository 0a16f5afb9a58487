//! Whether a picture of the right size is a piano roll at all: covers, photographs and blank pages have that size too.

use super::Picture;
use super::cells::LIT;

/// Largest difference between the channels of a grey pixel. That of a lit cell in colour is at least [`LIT`].
const GREY: u8 = 8;

/// With fewer lit cells, a chord of neighbouring pitches may be all that there is.
const FEW: usize = 64;

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
    let width = picture.width as usize;
    let cells = picture.rgb.len() / 3;
    let (mut lit, mut strange, mut stacked) = (0usize, 0usize, 0usize);
    for (i, pixel) in picture.rgb.chunks_exact(3).enumerate() {
        let [red, green, blue] = [0, 1, 2].map(|channel| pixel[channel] >= LIT);
        let is_lit = |pixel: &[u8]| pixel.iter().any(|value| *value >= LIT);
        let above = i.checked_sub(width).map(|above| &picture.rgb[3 * above..3 * above + 3]);
        lit += usize::from(is_lit(pixel));
        // Blue is dark, and a cell is either an onset or a sustain.
        strange += usize::from(blue || (red && green));
        // Semitones rarely sound together; areas and letters consist of cells above each other.
        stacked += usize::from(is_lit(pixel) && above.is_some_and(is_lit));
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
    if lit >= FEW && 2 * stacked > lit {
        return Err(format!(
            "is no piano roll: above {} % of its lit cells the next pitch is lit too",
            percent(stacked, lit)
        ));
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
