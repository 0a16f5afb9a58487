//! Samples as files: pictures, MIDI files, audio, and a contact sheet of all pictures.

use std::path::Path;

use crate::audio::{Instrument, of_roll, write_wav};
use crate::chart::sheet::contact_sheet;
use crate::data::music::midi;
use crate::data::music::roll::Roll;
use crate::data::picture::image;
use crate::error::Result;
use crate::files;

/// Columns of the contact sheet.
const COLUMNS: usize = 4;

/// Writes `sample-0000.png`, `.mid` and, with an instrument, `.wav` for each roll, and the contact sheet `sheet.png`.
///
/// # Errors
/// A folder that cannot be written.
pub fn write(folder: &Path, rolls: &[Roll], instrument: Option<&Instrument>) -> Result<()> {
    for (number, roll) in rolls.iter().enumerate() {
        let path = |extension: &str| folder.join(format!("sample-{number:04}.{extension}"));
        files::replace(&path("png"), |file| file.write_all(&image::write(roll)))?;
        files::replace(&path("mid"), |file| file.write_all(&midi::write(roll)))?;
        if let Some(instrument) = instrument {
            write_wav(&path("wav"), &instrument.play(&of_roll(roll))?)?;
        }
    }
    let sheet = contact_sheet(rolls, COLUMNS).png(&[]);
    files::replace(&folder.join("sheet.png"), |file| file.write_all(&sheet))
}
