//! Heat maps: rows of numbers as rows of rectangles, brighter for larger numbers.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::legend::Legend;
use super::style::{FAINT, LABEL, TEXT};
use crate::data::picture::Picture;

/// Width and height of a number in pixels.
const CELL: (u32, u32) = (4, 8);
/// Width of the colour scale in pixels.
const GRADIENT: u32 = 64;
/// Numbers per line; longer rows wrap.
const PER_LINE: usize = 256;
/// Colour of numbers up to 0.
const NOTHING: Rgb888 = Rgb888::new(30, 30, 110);
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

/// The meaning of the colours.
#[derive(Debug, Clone, Copy)]
pub struct Meaning {
    /// Of numbers up to 0.
    pub zero: &'static str,
    /// Of the smallest numbers above 0.
    pub small: &'static str,
    /// Of the largest number of a row.
    pub largest: &'static str,
}

/// All rows, one below the other, and a legend.
pub fn draw(rows: &[Row], meaning: &Meaning) -> Picture {
    let lines = |row: &Row| row.values.len().div_ceil(PER_LINE).max(1) as u32;
    let title = CHARACTER.1 + 3;
    let height = rows.iter().map(|row| title + CELL.1 * lines(row) + GAP).sum::<u32>() + 2 * GAP + CHARACTER.1;
    let widest = rows.iter().map(|row| row.values.len().min(PER_LINE)).max().unwrap_or(0) as u32;
    let longest_title = rows.iter().map(|row| row.title.len() as u32 * CHARACTER.0).max().unwrap_or(0);
    let legend = Legend::new(&[(NOTHING, meaning.zero)], meaning.small);
    let largest_at = legend.width() + GRADIENT + 2 * GAP;
    let legend_width = largest_at + meaning.largest.len() as u32 * CHARACTER.0;
    let width = (CELL.0 * widest).max(longest_title).max(legend_width);
    let mut canvas = Canvas::new(width + 2 * GAP, height);
    let mut top = GAP;
    for row in rows {
        canvas.text(&row.title, (GAP as i32, top as i32), TEXT);
        top += title;
        let largest = row.values.iter().copied().fold(0.0, f64::max);
        let across = row.values.len().min(PER_LINE) as u32;
        for (i, &value) in row.values.iter().enumerate() {
            let (x, y) = (GAP + CELL.0 * (i % PER_LINE) as u32, top + CELL.1 * (i / PER_LINE) as u32);
            canvas.fill((x as i32, y as i32), CELL, colour(if largest > 0.0 { value / largest } else { 0.0 }));
        }
        let below = (top + CELL.1 * lines(row)) as i32;
        canvas.line((GAP as i32, below), ((GAP + CELL.0 * across) as i32 - 1, below), FAINT);
        top += CELL.1 * lines(row) + GAP;
    }
    legend.draw(&mut canvas, (GAP as i32, top as i32));
    for x in 0..GRADIENT {
        let place = ((2 * GAP + legend.width() + x) as i32, top as i32 + 1);
        canvas.fill(place, (1, CELL.1), colour(f64::from(x + 1) / f64::from(GRADIENT)));
    }
    canvas.text(meaning.largest, ((GAP + largest_at) as i32, top as i32), LABEL);
    canvas.picture()
}

/// Dark blue at 0, orange, white at 1. The scale is the square root, so that rare codes remain visible.
fn colour(fraction: f64) -> Rgb888 {
    let x = fraction.clamp(0.0, 1.0).sqrt();
    let channel = |from: f64, to: f64| (255.0 * ((x - from) / (to - from)).clamp(0.0, 1.0)) as u8;
    if fraction <= 0.0 {
        return NOTHING;
    }
    Rgb888::new(channel(0.0, 0.6).max(40), channel(0.2, 0.9).max(30), channel(0.6, 1.0).max(60))
}
