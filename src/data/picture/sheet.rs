//! Many rolls in one picture: contact sheets of samples, and originals with their reconstructions.

use super::Picture;
use super::image::draw;
use crate::data::music::roll::{PITCHES, Roll};
use image::{Rgb, RgbImage, imageops};

/// Side of a cell in pixels. Sheets are for viewing; they are never read back.
const CELL: u32 = 2;
/// The colour of the lines between rolls.
const BORDER: [u8; 3] = [72, 72, 80];
/// A cell in both rolls.
const KEPT: [u8; 3] = [110, 110, 110];
/// A cell in the original only.
const MISSED: [u8; 3] = [255, 64, 64];
/// A cell in the reconstruction only.
const ADDED: [u8; 3] = [64, 144, 255];

/// Rolls in a grid of `columns` columns, in reading order, each framed by a line of one pixel.
///
/// # Panics
/// If `columns` is 0.
#[track_caller]
pub fn contact_sheet(rolls: &[Roll], columns: usize) -> Picture {
    grid(&rolls.iter().map(draw).collect::<Vec<_>>(), columns)
}

/// One column per pair of (original, reconstruction): the original on top, the reconstruction below it, and their difference
/// below that, with common cells in grey, missing cells in red and added cells in blue.
pub fn reconstructions(pairs: &[(Roll, Roll)]) -> Picture {
    let rows = [
        pairs.iter().map(|(original, _)| draw(original)).collect::<Vec<_>>(),
        pairs.iter().map(|(_, reconstruction)| draw(reconstruction)).collect(),
        pairs.iter().map(|(original, reconstruction)| difference(original, reconstruction)).collect(),
    ];
    grid(&rows.concat(), pairs.len().max(1))
}

/// Difference of two rolls. A cell is common if it is an onset in both, or a sustain in both.
fn difference(original: &Roll, reconstruction: &Roll) -> Picture {
    let (a, b) = (draw(original), draw(reconstruction));
    let lit = |p: &Picture, x, y| (x < p.width).then(|| p.get(x, y).map(|c| c > 0)).filter(|c| c.contains(&true));
    let mut picture = Picture::new(a.width.max(b.width), PITCHES as u32, [0; 3]);
    for y in 0..picture.height {
        for x in 0..picture.width {
            match (lit(&a, x, y), lit(&b, x, y)) {
                (None, None) => {}
                (Some(original), Some(reconstruction)) if original == reconstruction => picture.set(x, y, KEPT),
                (Some(_), _) => picture.set(x, y, MISSED),
                (None, Some(_)) => picture.set(x, y, ADDED),
            }
        }
    }
    picture
}

#[track_caller]
fn grid(pictures: &[Picture], columns: usize) -> Picture {
    assert!(columns > 0, "a sheet of 0 columns");
    let columns = columns.min(pictures.len().max(1)) as u32;
    let rows = pictures.len().div_ceil(columns as usize) as u32;
    let cell_width = pictures.iter().map(|p| p.width).max().unwrap_or(0) * CELL + 1;
    let cell_height = pictures.iter().map(|p| p.height).max().unwrap_or(0) * CELL + 1;
    let mut sheet = RgbImage::from_pixel(columns * cell_width + 1, rows * cell_height + 1, Rgb(BORDER));
    for (i, picture) in (0u32..).zip(pictures) {
        let (left, top) = (i % columns * cell_width + 1, i / columns * cell_height + 1);
        imageops::replace(&mut sheet, &enlarged(picture), left.into(), top.into());
    }
    Picture { width: sheet.width(), height: sheet.height(), rgb: sheet.into_raw() }
}

/// A picture with each cell as a square of [`CELL`] by [`CELL`] pixels.
fn enlarged(picture: &Picture) -> RgbImage {
    let (width, height) = (picture.width * CELL, picture.height * CELL);
    RgbImage::from_fn(width, height, |x, y| Rgb(picture.get(x / CELL, y / CELL)))
}
