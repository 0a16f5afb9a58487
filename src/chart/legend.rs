//! Legends: a line of squares with their meanings, and a remark.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::style::{LABEL, TEXT};

/// Side of a square, and its distance from the text.
const SQUARE: (u32, u32) = (7, 4);
/// Distance between entries.
const BETWEEN: u32 = 14;

/// A legend of one line.
#[derive(Debug, Clone, Default)]
pub struct Legend {
    /// Colours and their meanings.
    pub entries: Vec<(Rgb888, String)>,
    /// A remark after the entries.
    pub remark: &'static str,
}

impl Legend {
    /// A legend of these entries and a remark.
    pub fn new(entries: &[(Rgb888, &str)], remark: &'static str) -> Self {
        Self { entries: entries.iter().map(|(colour, name)| (*colour, (*name).to_owned())).collect(), remark }
    }

    /// Its width in pixels.
    pub fn width(&self) -> u32 {
        self.entries.iter().map(|(_, name)| advance(name)).sum::<u32>() + text_width(self.remark)
    }

    /// Draws it with its upper left corner at (x, y).
    pub fn draw(&self, canvas: &mut Canvas, (x, y): (i32, i32)) {
        let mut x = x;
        for (colour, name) in &self.entries {
            canvas.fill((x, y + 2), (SQUARE.0, SQUARE.0), *colour);
            canvas.text(name, (x + (SQUARE.0 + SQUARE.1) as i32, y), TEXT);
            x += advance(name) as i32;
        }
        canvas.text(self.remark, (x, y), LABEL);
    }
}

fn advance(name: &str) -> u32 {
    SQUARE.0 + SQUARE.1 + text_width(name) + BETWEEN
}

fn text_width(text: &str) -> u32 {
    text.chars().count() as u32 * CHARACTER.0
}
