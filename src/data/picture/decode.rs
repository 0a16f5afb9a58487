//! PNG files to pixels and texts.

use super::Picture;
use std::io::Cursor;

/// Memory that a file may make the decoder allocate: 64 MiB.
const MAX_BYTES: usize = 64 << 20;

/// The pixels of a PNG file and its texts.
pub(super) struct Decoded {
    /// The picture on black, of any colour type and depth in the file.
    pub picture: Picture,
    texts: Vec<(String, String)>,
}

impl Decoded {
    /// Decodes a file. `fits` checks width and height before anything is allocated for them.
    ///
    /// # Errors
    /// One sentence if the bytes are no PNG, truncated or damaged, or the reason of `fits`.
    pub fn read(bytes: &[u8], fits: impl FnOnce(u32, u32) -> Result<(), String>) -> Result<Self, String> {
        let mut decoder = decoder(bytes)?;
        let info = decoder.read_header_info().map_err(damaged)?;
        let (width, height) = (info.width, info.height);
        fits(width, height)?;
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
        let rgb = pixels.chunks_exact(samples).flat_map(on_black).collect();
        Ok(Self { picture: Picture { width, height, rgb }, texts: texts(reader.info()) })
    }

    /// The text of a keyword, from a tEXt, zTXt or iTXt chunk.
    pub fn text(&self, keyword: &str) -> Option<&str> {
        find(&self.texts, keyword)
    }
}

/// The text of a keyword in a file whose pixels need not be decodable.
pub(super) fn text_of(bytes: &[u8], keyword: &str) -> Option<String> {
    let reader = decoder(bytes).ok()?.read_info().ok()?;
    find(&texts(reader.info()), keyword).map(str::to_owned)
}

fn decoder(bytes: &[u8]) -> Result<png::Decoder<Cursor<&[u8]>>, String> {
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    if !super::is_png(bytes) {
        return Err("is not a PNG picture".into());
    }
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MAX_BYTES });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    Ok(decoder)
}

fn damaged(error: png::DecodingError) -> String {
    format!("is a damaged or cut-off PNG: {error}")
}

/// The colour of a pixel of 1 to 4 samples (grey or colour, with or without alpha) on a black background.
fn on_black(pixel: &[u8]) -> [u8; 3] {
    let over = |value: u8, alpha: u8| ((u32::from(value) * u32::from(alpha) + 127) / 255) as u8;
    match *pixel {
        [grey] => [grey; 3],
        [grey, alpha] => [over(grey, alpha); 3],
        [red, green, blue] => [red, green, blue],
        [red, green, blue, alpha] => [red, green, blue].map(|value| over(value, alpha)),
        _ => [0; 3],
    }
}

fn find<'a>(texts: &'a [(String, String)], keyword: &str) -> Option<&'a str> {
    texts.iter().find(|(key, _)| key == keyword).map(|(_, text)| text.trim())
}

/// Keyword and text of each text chunk that can be read.
fn texts(info: &png::Info<'_>) -> Vec<(String, String)> {
    let plain = info.uncompressed_latin1_text.iter().map(|t| (t.keyword.clone(), t.text.clone()));
    let packed = info.compressed_latin1_text.iter().filter_map(|t| Some((t.keyword.clone(), t.get_text().ok()?)));
    let unicode = info.utf8_text.iter().filter_map(|t| Some((t.keyword.clone(), t.get_text().ok()?)));
    plain.chain(packed).chain(unicode).collect()
}
