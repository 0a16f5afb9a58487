//! Piano rolls as PNG pictures, and back.
//!
//! A picture has 128 rows, high pitch on top, and one column per step. The first cell of a note is red, the cells that
//! continue it are green, blue is 0. The intensity is twice the velocity. Below velocity 10 that would be under the threshold
//! [`LIT`]: the intensity is then 20, and blue holds the difference. A picture of 256x256 is a roll of 512 steps folded once:
//! the first half on top, the second below it and mirrored left to right, so that the music is continuous at the fold.

use super::cells::{Cell, LIT, Orphans, read_cells};
use super::decode::{Decoded, text_of};
use super::judge::{check_colours, check_density, is_grey};
use super::{PROGRAM, Picture, SOFTWARE};
use crate::data::music::roll::{GENERATED, MAX_STEPS, PITCHES, Roll, TimeSignature};

/// Columns of the roll in a folded picture of 256x256.
pub const FOLDED_STEPS: u32 = 512;
/// Keywords of the text chunks with a roll's tempo and time signature.
const TEMPO: &str = "tempo";
const TIME_SIGNATURE: &str = "time_signature";
/// Keyword of the text chunk with the mark [`GENERATED`].
const COMMENT: &str = "Comment";

/// The colour of an onset (red) or sustain (green): twice the velocity, or [`LIT`] with the difference in blue.
pub fn colour(velocity: u8, onset: bool) -> [u8; 3] {
    let intensity = velocity.saturating_mul(2);
    let (lit, raised) = (intensity.max(LIT), LIT.saturating_sub(intensity));
    if onset { [lit, 0, raised] } else { [0, lit, raised] }
}

/// The velocity of a lit channel, the inverse of [`colour`]; `None` if it is not lit.
fn velocity(intensity: u8, blue: u8) -> Option<u8> {
    let raised = if intensity == LIT && blue < LIT { blue } else { 0 };
    (intensity >= LIT).then_some((intensity - raised) / 2)
}

/// The picture of a roll, one column per step.
pub fn draw(roll: &Roll) -> Picture {
    let mut picture = Picture::new(roll.steps(), PITCHES as u32, [0; 3]);
    for note in roll.notes() {
        for step in note.start..note.end() {
            picture.set(step, 127 - u32::from(note.pitch), colour(note.velocity, step == note.start));
        }
    }
    picture
}

/// A 512x128 picture folded to 256x256.
///
/// # Panics
/// If the roll is longer than [`FOLDED_STEPS`].
#[track_caller]
pub fn draw_folded(roll: &Roll) -> Picture {
    assert!(roll.steps() <= FOLDED_STEPS, "a roll of {} steps does not fold into 256x256", roll.steps());
    let flat = draw(&roll.window(0, FOLDED_STEPS));
    let mut folded = Picture::new(256, 256, [0; 3]);
    for y in 0..256 {
        for x in 0..256 {
            let (step, row) = unfold(x, y);
            folded.set(x, y, flat.get(step, row));
        }
    }
    folded
}

/// Column and row in the flat picture of a pixel of the folded one.
fn unfold(x: u32, y: u32) -> (u32, u32) {
    if y < PITCHES as u32 { (x, y) } else { (FOLDED_STEPS - 1 - x, y - PITCHES as u32) }
}

/// Text chunks with the tempo and time signature of a roll, and the mark of music that a model made.
fn texts(roll: &Roll) -> Vec<(&'static str, String)> {
    let time = [(TEMPO, roll.tempo.to_string()), (TIME_SIGNATURE, roll.time_signature.to_string())];
    time.into_iter().chain(roll.generated.then(|| (COMMENT, GENERATED.to_owned()))).collect()
}

/// A roll as a PNG file of 128 rows.
pub fn write(roll: &Roll) -> Vec<u8> {
    // A PNG has at least one column.
    let roll = if roll.steps() == 0 { &roll.window(0, 1) } else { roll };
    draw(roll).png(&texts(roll))
}

/// A roll of at most 512 steps as a folded PNG file of 256x256.
///
/// # Panics
/// If the roll is longer than [`FOLDED_STEPS`].
#[track_caller]
pub fn write_folded(roll: &Roll) -> Vec<u8> {
    draw_folded(roll).png(&texts(roll))
}

/// Reads a PNG of 128 rows or of 256x256, of any colour type and depth, on black where it is transparent.
///
/// In a grey picture every run of lit cells is one note. Without text chunks the tempo is 120 and the time signature 4/4, and the
/// picture is refused if its cells are unlike those of music.
///
/// # Errors
/// One sentence if the bytes are no PNG, truncated, damaged, or the picture is no piano roll.
pub fn read(bytes: &[u8], orphans: Orphans) -> Result<Roll, String> {
    let decoded = Decoded::read(bytes, check_size)?;
    let picture = &decoded.picture;
    let known = decoded.text(TEMPO).is_some();
    if !known {
        check_colours(picture)?;
    }
    let (grey, width) = (is_grey(picture), picture.width);
    let steps = if is_folded(width, picture.height) { FOLDED_STEPS } else { width };
    let pixel = |pitch: u8, step: u32| {
        let row = 127 - u32::from(pitch);
        let (x, y) = if step < width { (step, row) } else { (FOLDED_STEPS - 1 - step, row + PITCHES as u32) };
        picture.get(x, y)
    };
    let roll = read_cells(0..=127, steps, orphans, |pitch, step| {
        let [red, green, blue] = pixel(pitch, step);
        match (velocity(red, blue), velocity(green, blue)) {
            _ if grey => match velocity(red, 0) {
                Some(v) if step > 0 && pixel(pitch, step - 1)[0] >= LIT => Cell::Sustain(v),
                Some(v) => Cell::Onset(v),
                None => Cell::Empty,
            },
            (Some(v), _) => Cell::Onset(v),
            (None, Some(v)) => Cell::Sustain(v),
            (None, None) => Cell::Empty,
        }
    });
    if !known {
        check_density(roll.notes().len(), steps)?;
    }
    let tempo = decoded.text(TEMPO).and_then(|text| text.parse().ok()).filter(|tempo: &f64| *tempo > 0.0);
    let time_signature = decoded.text(TIME_SIGNATURE).and_then(|text| text.parse().ok());
    Ok(roll
        .with_time(tempo.unwrap_or(120.0), time_signature.unwrap_or(TimeSignature::COMMON))
        .marked(decoded.text(COMMENT) == Some(GENERATED)))
}

/// Whether a picture was written by this program, or shows music that it made.
pub fn is_own(bytes: &[u8]) -> bool {
    text_of(bytes, COMMENT).is_some_and(|text| text == GENERATED)
        || text_of(bytes, SOFTWARE).is_some_and(|text| text == PROGRAM)
}

fn is_folded(width: u32, height: u32) -> bool {
    (width, height) == (256, 256)
}

fn check_size(width: u32, height: u32) -> Result<(), String> {
    if !is_folded(width, height) && height != PITCHES as u32 {
        return Err(format!("is a picture of {width}x{height}; a piano roll has 128 rows or is 256x256"));
    }
    if !is_folded(width, height) && width > MAX_STEPS {
        return Err(format!("has {width} columns; at most {MAX_STEPS} are read, so cut it into parts"));
    }
    Ok(())
}
