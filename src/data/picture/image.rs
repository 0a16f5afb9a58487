//! Piano rolls as PNG pictures, and back.
//!
//! A picture has 128 rows, high pitch on top, and one column per step. The first cell of a note is red, the cells that
//! continue it are green, blue is 0. The intensity is twice the velocity. Below velocity 10 that would be under the threshold
//! [`LIT`]: the intensity is then 20, and blue holds the difference. A picture of 256x256 is a roll of 512 steps folded once:
//! the first half on top, the second below it and mirrored left to right, so that the music is continuous at the fold.

use super::Picture;
use super::cells::{Cell, Orphans, read_cells};
use crate::data::music::roll::{MAX_STEPS, PITCHES, Roll, TimeSignature};
use std::io::Cursor;

/// Smallest intensity of a colour channel that counts as lit.
pub const LIT: u8 = 20;
/// Columns of the roll in a folded picture of 256x256.
pub const FOLDED_STEPS: u32 = 512;
/// The fastest tempo of a MIDI file, in beats per minute: one microsecond per beat.
const FASTEST: f64 = 60e6;
/// Keywords of the text chunks with a roll's tempo and time signature.
const TEMPO: &str = "tempo";
const TIME_SIGNATURE: &str = "time_signature";

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

/// Tempo and time signature of a roll as text chunks.
fn time_texts(roll: &Roll) -> [(&'static str, String); 2] {
    [(TEMPO, roll.tempo.to_string()), (TIME_SIGNATURE, roll.time_signature.to_string())]
}

/// A roll as a PNG file of 128 rows.
pub fn write(roll: &Roll) -> Vec<u8> {
    // A PNG has at least one column.
    let roll = if roll.steps() == 0 { &roll.window(0, 1) } else { roll };
    draw(roll).png(&time_texts(roll))
}

/// A roll of at most 512 steps as a folded PNG file of 256x256.
///
/// # Panics
/// If the roll is longer than [`FOLDED_STEPS`].
#[track_caller]
pub fn write_folded(roll: &Roll) -> Vec<u8> {
    draw_folded(roll).png(&time_texts(roll))
}

/// Reads a PNG of 128 rows or of 256x256, of any colour type and depth.
///
/// In a grey picture every run of lit cells is one note. Without text chunks the tempo is 120 and the time signature 4/4.
///
/// # Errors
/// One sentence if the bytes are no PNG, truncated, damaged, or of a size that is no piano roll.
pub fn read(bytes: &[u8], orphans: Orphans) -> Result<Roll, String> {
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err("is not a PNG picture".into());
    }
    let damaged = |e: png::DecodingError| format!("is a damaged or cut-off PNG: {e}");
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 64 << 20 });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    // Check the size before allocating for it.
    let info = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = (info.width, info.height);
    let folded = (width, height) == (256, 256);
    if !folded && height != PITCHES as u32 {
        return Err(format!("is a picture of {width}x{height}; a piano roll has 128 rows or is 256x256"));
    }
    if !folded && width > MAX_STEPS {
        return Err(format!("has {width} columns; at most {MAX_STEPS} are read, so cut it into parts"));
    }
    let mut reader = decoder.read_info().map_err(damaged)?;
    // The decoder assumes a palette of complete colours.
    if reader.info().palette.as_ref().is_some_and(|palette| palette.len() % 3 != 0) {
        return Err("is a damaged or cut-off PNG: its palette ends in the middle of a colour".into());
    }
    let size = reader.output_buffer_size().ok_or("is too large a picture")?;
    let mut pixels = vec![0; size];
    reader.next_frame(&mut pixels).map_err(damaged)?;
    reader.finish().map_err(damaged)?;
    let samples = reader.output_color_type().0.samples();
    let steps = if folded { FOLDED_STEPS } else { width };
    let pixel = |pitch: u8, step: u32| {
        let row = 127 - u32::from(pitch);
        let (x, y) = if step < width { (step, row) } else { (FOLDED_STEPS - 1 - step, row + PITCHES as u32) };
        let at = samples * (y as usize * width as usize + x as usize);
        &pixels[at..at + samples]
    };
    let roll = read_cells(steps, orphans, |pitch, step| match pixel(pitch, step) {
        // Grey, with or without alpha.
        [grey] | [grey, _] => match velocity(*grey, 0) {
            Some(v) if step > 0 && pixel(pitch, step - 1)[0] >= LIT => Cell::Sustain(v),
            Some(v) => Cell::Onset(v),
            None => Cell::Empty,
        },
        [red, green, blue, ..] => match (velocity(*red, *blue), velocity(*green, *blue)) {
            (Some(v), _) => Cell::Onset(v),
            (None, Some(v)) => Cell::Sustain(v),
            (None, None) => Cell::Empty,
        },
        [] => Cell::Empty,
    });
    let (tempo, time_signature) = time_of(reader.info());
    Ok(roll.with_time(tempo, time_signature))
}

/// Tempo and time signature from the text chunks.
fn time_of(info: &png::Info<'_>) -> (f64, TimeSignature) {
    let texts = &info.uncompressed_latin1_text;
    let text = |keyword: &str| texts.iter().find(|t| t.keyword == keyword).map(|t| t.text.trim());
    let tempo = text(TEMPO).and_then(|t| t.parse().ok()).filter(|t: &f64| (1.0..=FASTEST).contains(t));
    let time_signature = text(TIME_SIGNATURE).and_then(|t| t.parse().ok());
    (tempo.unwrap_or(120.0), time_signature.unwrap_or(TimeSignature::COMMON))
}
