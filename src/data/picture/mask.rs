//! Pictures of which cells of a roll are meant.

use super::cells::LIT;
use super::decode::Decoded;
use crate::data::music::partial::CellSet;
use crate::data::music::roll::{MAX_STEPS, PITCHES};

/// The lit pixels of a picture of 128 rows, high pitch on top, one column per step, as a roll is drawn. A pixel of any colour is lit;
/// black and transparent ones are not.
///
/// # Errors
/// One sentence if the bytes are no PNG, truncated or damaged, or the picture has another height.
pub fn read(bytes: &[u8]) -> Result<CellSet, String> {
    let picture = Decoded::read(bytes, check_size)?.picture;
    let is_lit = |pitch: u8, step| picture.get(step, PITCHES as u32 - 1 - u32::from(pitch)).iter().any(|&v| v >= LIT);
    Ok(CellSet::of(picture.width, is_lit))
}

fn check_size(width: u32, height: u32) -> Result<(), String> {
    if height != PITCHES as u32 {
        return Err(format!(
            "is a picture of {width}x{height}; a mask has 128 rows and a column per sixteenth, as to-image draws the song"
        ));
    }
    if width > MAX_STEPS {
        return Err(format!("has {width} columns; a mask has at most {MAX_STEPS}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::picture::image;

    #[test]
    fn the_mask_of_a_song_is_where_it_sounds() {
        let song = corpus::compose(0, 0).merged();
        assert_eq!(read(&image::write(&song)), Ok(CellSet::sounding(&song)));
        let folded = image::write_folded(&song.window(0, 512));
        assert!(read(&folded).unwrap_err().starts_with("is a picture of 256x256; a mask has 128 rows"));
    }
}
