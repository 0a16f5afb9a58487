//! Piano rolls as pictures and as tensors, and back.

pub mod cells;
mod decode;
pub mod image;
mod judge;
pub mod mask;
pub mod tensor;

/// Keyword of the text chunk that names the program, and the program's name in it.
const SOFTWARE: &str = "Software";
const PROGRAM: &str = "flocoder";

/// Whether a file is a PNG picture, as its first bytes tell.
pub fn is_png(start: &[u8]) -> bool {
    start.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// An RGB picture in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `[height, width, 3]`, 8 bits each.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// A picture of one colour.
    pub fn new(width: u32, height: u32, colour: [u8; 3]) -> Self {
        Self { width, height, rgb: colour.repeat(width as usize * height as usize) }
    }

    /// The colour of a pixel.
    pub fn get(&self, x: u32, y: u32) -> [u8; 3] {
        let at = self.index(x, y);
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Sets the colour of a pixel.
    pub fn set(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        let at = self.index(x, y);
        self.rgb[at..at + 3].copy_from_slice(&colour);
    }

    fn index(&self, x: u32, y: u32) -> usize {
        3 * (y as usize * self.width as usize + x as usize)
    }

    /// The picture as a PNG file with a text chunk per (keyword, text), and one that names the program.
    pub fn png(&self, texts: &[(&str, String)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(texts, &mut bytes).expect("a picture in memory is within PNG's limits");
        bytes
    }

    fn encode(&self, texts: &[(&str, String)], bytes: &mut Vec<u8>) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.add_text_chunk(SOFTWARE.into(), PROGRAM.into())?;
        for (keyword, text) in texts {
            encoder.add_text_chunk((*keyword).into(), text.clone())?;
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()
    }
}
