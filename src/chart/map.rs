//! Maps: rows of numbers as rows of cells, the larger the brighter.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::{FAINT, TEXT};
use crate::data::picture::Picture;

/// Side of a cell in pixels.
const CELL: u32 = 4;
/// Cells in a line; a longer row goes on below.
const ACROSS: usize = 256;
/// Room around rows and between them.
const GAP: u32 = 6;

/// A row of a map.
#[derive(Debug, Clone)]
pub struct Row {
    /// What stands above it.
    pub title: String,
    /// Numbers; 0 and what is below it is dark blue, the largest of the row is white.
    pub values: Vec<f64>,
}

/// All rows, one below the other.
pub fn draw(rows: &[Row]) -> Picture {
    let lines = |row: &Row| row.values.len().div_ceil(ACROSS).max(1) as u32;
    let title = CHARACTER.1 + 3;
    let height = rows.iter().map(|row| title + CELL * lines(row) + GAP).sum::<u32>() + GAP;
    let widest = rows.iter().map(|row| row.values.len().min(ACROSS)).max().unwrap_or(0) as u32;
    let words = rows.iter().map(|row| row.title.len() as u32 * CHARACTER.0).max().unwrap_or(0);
    let mut canvas = Canvas::new((CELL * widest).max(words) + 2 * GAP, height);
    let mut top = GAP;
    for row in rows {
        canvas.text(&row.title, (GAP as i32, top as i32), TEXT);
        top += title;
        let most = row.values.iter().copied().fold(0.0, f64::max);
        let across = row.values.len().min(ACROSS) as u32;
        for (i, &value) in row.values.iter().enumerate() {
            let (x, y) = (GAP + CELL * (i % ACROSS) as u32, top + CELL * (i / ACROSS) as u32);
            canvas.fill((x as i32, y as i32), (CELL, CELL), brightness(if most > 0.0 { value / most } else { 0.0 }));
        }
        let below = (top + CELL * lines(row)) as i32;
        canvas.line((GAP as i32, below), ((GAP + CELL * across) as i32 - 1, below), FAINT);
        top += CELL * lines(row) + GAP;
    }
    canvas.picture()
}

/// From dark blue at 0 over orange to white at 1, by the square root, so that rare codes are still seen.
fn brightness(share: f64) -> Rgb888 {
    let x = share.clamp(0.0, 1.0).sqrt();
    let channel = |from: f64, to: f64| (255.0 * ((x - from) / (to - from)).clamp(0.0, 1.0)) as u8;
    if share <= 0.0 {
        return Rgb888::new(20, 20, 70);
    }
    Rgb888::new(channel(0.0, 0.6).max(40), channel(0.2, 0.9).max(30), channel(0.6, 1.0).max(60))
}
