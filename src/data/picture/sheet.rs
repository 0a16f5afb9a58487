//! Many rolls in one picture: contact sheets of samples, and originals beside their reconstructions.

use super::Picture;
use super::image::draw;
use crate::data::music::roll::{PITCHES, Roll};
use image::{Rgb, RgbImage, imageops};

/// Pixels of a cell's side: sheets are looked at, not read back.
const ENLARGED: u32 = 2;
/// The colour of the lines between rolls.
const BORDER: [u8; 3] = [72, 72, 80];
/// A cell that both rolls have.
const KEPT: [u8; 3] = [110, 110, 110];
/// A cell that only the original has.
const MISSED: [u8; 3] = [255, 64, 64];
/// A cell that only the reconstruction has.
const ADDED: [u8; 3] = [64, 144, 255];

/// Rolls in a grid of so many columns, read like a page, with a line of one pixel around each.
///
/// # Panics
/// If `columns` is 0.
#[track_caller]
pub fn contact_sheet(rolls: &[Roll], columns: usize) -> Picture {
    grid(&rolls.iter().map(draw).collect::<Vec<_>>(), columns)
}

/// One column per pair of (original, reconstruction): the original on top, the reconstruction below it, and their difference
/// below that: grey where they agree, red what is missing, blue what was added.
pub fn reconstructions(pairs: &[(Roll, Roll)]) -> Picture {
    let rows = [
        pairs.iter().map(|(original, _)| draw(original)).collect::<Vec<_>>(),
        pairs.iter().map(|(_, reconstruction)| draw(reconstruction)).collect(),
        pairs.iter().map(|(original, reconstruction)| difference(original, reconstruction)).collect(),
    ];
    grid(&rows.concat(), pairs.len().max(1))
}

/// Where two rolls agree and differ; a cell agrees if it is an onset in both, or a sustain in both.
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
    let cell_width = pictures.iter().map(|p| p.width).max().unwrap_or(0) * ENLARGED + 1;
    let cell_height = pictures.iter().map(|p| p.height).max().unwrap_or(0) * ENLARGED + 1;
    let mut sheet = RgbImage::from_pixel(columns * cell_width + 1, rows * cell_height + 1, Rgb(BORDER));
    for (i, picture) in (0u32..).zip(pictures) {
        let (left, top) = (i % columns * cell_width + 1, i / columns * cell_height + 1);
        imageops::replace(&mut sheet, &enlarged(picture), left.into(), top.into());
    }
    Picture { width: sheet.width(), height: sheet.height(), rgb: sheet.into_raw() }
}

/// A picture with each cell as a square of [`ENLARGED`] pixels.
fn enlarged(picture: &Picture) -> RgbImage {
    let (width, height) = (picture.width * ENLARGED, picture.height * ENLARGED);
    RgbImage::from_fn(width, height, |x, y| Rgb(picture.get(x / ENLARGED, y / ENLARGED)))
}
