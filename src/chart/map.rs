//! Heat maps: rows of numbers as rows of squares, brighter for larger numbers.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::style::{FAINT, TEXT};
use crate::data::picture::Picture;

/// Side of a square in pixels.
const SIDE: u32 = 4;
/// Squares per line; longer rows wrap.
const PER_LINE: usize = 256;
/// Margin around rows and between them, in pixels.
const GAP: u32 = 6;

/// A row of a map.
#[derive(Debug, Clone)]
pub struct Row {
    /// Title above the row.
    pub title: String,
    /// Numbers. Those up to 0 are dark blue, the largest of the row is white.
    pub values: Vec<f64>,
}

/// All rows, one below the other.
pub fn draw(rows: &[Row]) -> Picture {
    let lines = |row: &Row| row.values.len().div_ceil(PER_LINE).max(1) as u32;
    let title = CHARACTER.1 + 3;
    let height = rows.iter().map(|row| title + SIDE * lines(row) + GAP).sum::<u32>() + GAP;
    let widest = rows.iter().map(|row| row.values.len().min(PER_LINE)).max().unwrap_or(0) as u32;
    let longest_title = rows.iter().map(|row| row.title.len() as u32 * CHARACTER.0).max().unwrap_or(0);
    let mut canvas = Canvas::new((SIDE * widest).max(longest_title) + 2 * GAP, height);
    let mut top = GAP;
    for row in rows {
        canvas.text(&row.title, (GAP as i32, top as i32), TEXT);
        top += title;
        let largest = row.values.iter().copied().fold(0.0, f64::max);
        let across = row.values.len().min(PER_LINE) as u32;
        for (i, &value) in row.values.iter().enumerate() {
            let (x, y) = (GAP + SIDE * (i % PER_LINE) as u32, top + SIDE * (i / PER_LINE) as u32);
            canvas.fill((x as i32, y as i32), (SIDE, SIDE), colour(if largest > 0.0 { value / largest } else { 0.0 }));
        }
        let below = (top + SIDE * lines(row)) as i32;
        canvas.line((GAP as i32, below), ((GAP + SIDE * across) as i32 - 1, below), FAINT);
        top += SIDE * lines(row) + GAP;
    }
    canvas.picture()
}

/// Dark blue at 0, orange, white at 1. The scale is the square root, so that rare codes remain visible.
fn colour(fraction: f64) -> Rgb888 {
    let x = fraction.clamp(0.0, 1.0).sqrt();
    let channel = |from: f64, to: f64| (255.0 * ((x - from) / (to - from)).clamp(0.0, 1.0)) as u8;
    if fraction <= 0.0 {
        return Rgb888::new(20, 20, 70);
    }
    Rgb888::new(channel(0.0, 0.6).max(40), channel(0.2, 0.9).max(30), channel(0.6, 1.0).max(60))
}
