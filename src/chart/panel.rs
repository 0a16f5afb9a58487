//! Panels of curves: a title, a frame with the limits of both axes, and a legend.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::style::{FAINT, TEXT, short};
use crate::data::picture::Picture;

/// A panel's width and height in pixels.
const PANEL: (u32, u32) = (320, 210);
/// Margin left of the frame, with the limits of the vertical axis.
const LEFT: i32 = 50;
/// Margin above the frame, with the title.
const ABOVE: i32 = 18;
/// Margin below the frame, with the limits of the horizontal axis and the legend.
const BELOW: i32 = 32;
/// Margin right of the frame.
const RIGHT: i32 = 10;

/// A curve through points in order.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// Points (x, y); a non-finite point interrupts the curve.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub colour: Rgb888,
    /// Whether the area below the curve is filled.
    pub filled: bool,
}

/// Curves over common axes.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// The curves; later ones are drawn over earlier ones.
    pub curves: Vec<Curve>,
    /// Values that the vertical axis includes besides those of the curves, such as 0.
    pub includes: Vec<f64>,
}

/// Limits of an axis: the smallest and largest finite value, widened if they are equal; (0, 1) without values.
fn range(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let finite = || values.clone().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    match low.partial_cmp(&high) {
        Some(std::cmp::Ordering::Less) => (low, high),
        Some(_) if low == high => (low - 0.5, high + 0.5),
        _ => (0.0, 1.0),
    }
}

impl Panel {
    fn draw(&self, canvas: &mut Canvas, (left, top): (i32, i32)) {
        let (width, height) = (PANEL.0 as i32 - LEFT - RIGHT, PANEL.1 as i32 - ABOVE - BELOW);
        let (x0, y0) = (left + LEFT, top + ABOVE);
        let points = || self.curves.iter().flat_map(|curve| curve.points.iter());
        let (x_low, x_high) = range(points().map(|(x, _)| *x));
        let (y_low, y_high) = range(points().map(|(_, y)| *y).chain(self.includes.iter().copied()));
        let place = |(x, y): (f64, f64)| {
            let across = (x - x_low) / (x_high - x_low) * f64::from(width - 1);
            let up = (y - y_low) / (y_high - y_low) * f64::from(height - 1);
            (x0 + across.round() as i32, y0 + height - 1 - up.round() as i32)
        };
        for curve in &self.curves {
            curve.draw(canvas, y0 + height, place);
        }
        canvas.frame((x0 - 1, y0 - 1), (width as u32 + 2, height as u32 + 2), FAINT);
        let line = CHARACTER.1 as i32;
        canvas.text(&self.title, (x0, top + 4), TEXT);
        canvas.text_right(&short(y_high), (x0 - 4, y0), FAINT);
        canvas.text_right(&short(y_low), (x0 - 4, y0 + height - line), FAINT);
        canvas.text(&short(x_low), (x0, y0 + height + 3), FAINT);
        canvas.text_right(&short(x_high), (x0 + width, y0 + height + 3), FAINT);
        let mut x = x0;
        for curve in self.curves.iter().filter(|curve| !curve.name.is_empty()) {
            canvas.text(&curve.name, (x, y0 + height + 5 + line), curve.colour);
            x += (curve.name.len() as u32 + 2) as i32 * CHARACTER.0 as i32;
        }
    }
}

impl Curve {
    fn draw(&self, canvas: &mut Canvas, bottom: i32, place: impl Fn((f64, f64)) -> (i32, i32)) {
        let finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
        if let [only] = self.points[..]
            && finite(&only)
        {
            let (x, y) = place(only);
            canvas.fill((x - 1, y - 1), (3, 3), self.colour);
        }
        for pair in self.points.windows(2).filter(|pair| pair.iter().all(finite)) {
            let (from, to) = (place(pair[0]), place(pair[1]));
            if self.filled {
                for x in from.0..=to.0 {
                    let fraction = f64::from(x - from.0) / f64::from((to.0 - from.0).max(1));
                    let y = from.1 + (fraction * f64::from(to.1 - from.1)).round() as i32;
                    canvas.line((x, y), (x, bottom - 1), self.colour);
                }
            } else {
                canvas.line(from, to, self.colour);
            }
        }
    }
}

/// Panels in a grid of `columns` columns, in reading order.
///
/// # Panics
/// If `columns` is 0.
#[track_caller]
pub fn sheet(panels: &[Panel], columns: usize) -> Picture {
    assert!(columns > 0, "a sheet of 0 columns");
    let columns = columns.min(panels.len().max(1));
    let rows = panels.len().div_ceil(columns).max(1);
    let mut canvas = Canvas::new(PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    for (i, panel) in panels.iter().enumerate() {
        let (column, row) = ((i % columns) as i32, (i / columns) as i32);
        panel.draw(&mut canvas, (column * PANEL.0 as i32, row * PANEL.1 as i32));
    }
    canvas.picture()
}
