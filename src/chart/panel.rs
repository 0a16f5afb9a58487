//! Panels of curves: a title, a frame with tick marks on both axes, and a legend below it.

use embedded_graphics::pixelcolor::Rgb888;

use super::axis::{Axis, Division};
use super::canvas::{CHARACTER, Canvas};
use super::style::{FAINT, GRID, LABEL, TEXT};
use crate::data::picture::Picture;

/// Width and height of the frame in pixels.
const FRAME: (i32, i32) = (290, 150);
/// Margin left of the frame, with the labels of the vertical axis.
const LEFT: i32 = 54;
/// Margin above the frame, with the title.
const ABOVE: i32 = 22;
/// Margin between the frame and the legend, with the labels of the horizontal axis.
const BELOW: i32 = 20;
/// Margin right of the frame.
const RIGHT: i32 = 20;
/// Height of a line of the legend.
const LINE: i32 = CHARACTER.1 as i32 + 3;
/// Margin below the legend.
const GAP: i32 = 8;
/// Most points of a curve that are marked.
const MARKED: usize = 24;

/// A curve through points in order.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// Points (x, y); a point that cannot be drawn interrupts the curve.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub colour: Rgb888,
    /// Whether the area below the curve is filled.
    pub filled: bool,
}

/// Curves over common axes.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// The curves; later ones are drawn over earlier ones.
    pub curves: Vec<Curve>,
    /// Values that the vertical axis includes besides those of the curves, such as 0.
    pub includes: Vec<f64>,
    /// Division of the horizontal axis.
    pub x: Division,
    /// Division of the vertical axis.
    pub y: Division,
}

/// An entry of the legend: curve, place in the panel's legend.
type Entry<'a> = (&'a Curve, (i32, i32));

impl Panel {
    fn draw(&self, canvas: &mut Canvas, (left, top): (i32, i32)) {
        let (width, height) = FRAME;
        let (x0, y0) = (left + LEFT, top + ABOVE);
        let points = || self.curves.iter().flat_map(|curve| curve.points.iter());
        let x_axis = Axis::of(self.x, points().map(|(x, _)| *x));
        let y_axis = Axis::of(self.y, points().map(|(_, y)| *y).chain(self.includes.iter().copied()));
        let across = |x: f64| x0 + (x_axis.place(x) * f64::from(width - 1)).round() as i32;
        let up = |y: f64| y0 + height - 1 - (y_axis.place(y) * f64::from(height - 1)).round() as i32;
        let place = |(x, y): (f64, f64)| {
            (x_axis.place(x).is_finite() && y_axis.place(y).is_finite()).then(|| (across(x), up(y)))
        };
        canvas.text(&self.title, (x0, top + 8), TEXT);
        for (y, label) in y_axis.ticks() {
            canvas.fill((x0, up(y)), (width as u32, 1), GRID);
            canvas.text_right(&label, (x0 - 5, up(y) - CHARACTER.1 as i32 / 2), LABEL);
        }
        for (x, label) in x_axis.ticks() {
            canvas.fill((across(x), y0), (1, height as u32), GRID);
            let half = (label.len() as u32 * CHARACTER.0) as i32 / 2;
            canvas.text(&label, (across(x).min(x0 + width + RIGHT / 2 - half) - half, y0 + height + 5), LABEL);
        }
        for curve in &self.curves {
            curve.draw(canvas, y0 + height, place);
        }
        canvas.frame((x0 - 1, y0 - 1), (width as u32 + 2, height as u32 + 2), FAINT);
        for (curve, (x, y)) in self.legend().0 {
            let (x, y) = (x0 + x, y0 + height + BELOW + y);
            canvas.fill((x, y + 3), (10, 3), curve.colour);
            canvas.text(&curve.name, (x + 14, y), TEXT);
        }
    }

    /// The legend's entries and its height.
    fn legend(&self) -> (Vec<Entry<'_>>, i32) {
        let (mut x, mut y) = (0, 0);
        let mut entries = Vec::new();
        for curve in self.curves.iter().filter(|curve| !curve.name.is_empty()) {
            let width = 14 + (curve.name.chars().count() as u32 * CHARACTER.0) as i32;
            if x > 0 && x + width > FRAME.0 {
                (x, y) = (0, y + LINE);
            }
            entries.push((curve, (x, y)));
            x += width + 14;
        }
        let height = if entries.is_empty() { 0 } else { y + LINE };
        (entries, height)
    }
}

impl Curve {
    fn draw(&self, canvas: &mut Canvas, bottom: i32, place: impl Fn((f64, f64)) -> Option<(i32, i32)>) {
        let places: Vec<_> = self.points.iter().map(|&point| place(point)).collect();
        for pair in places.windows(2) {
            let [Some(from), Some(to)] = pair[..] else { continue };
            if !self.filled {
                canvas.line(from, to, self.colour);
                continue;
            }
            for x in from.0..=to.0 {
                let fraction = f64::from(x - from.0) / f64::from((to.0 - from.0).max(1));
                let y = from.1 + (fraction * f64::from(to.1 - from.1)).round() as i32;
                canvas.line((x, y), (x, bottom - 1), self.colour);
            }
        }
        if places.len() <= MARKED && !self.filled {
            places.into_iter().flatten().for_each(|(x, y)| canvas.fill((x - 1, y - 1), (3, 3), self.colour));
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
    let width = LEFT + FRAME.0 + RIGHT;
    let height =
        |row: &[Panel]| ABOVE + FRAME.1 + BELOW + row.iter().map(|panel| panel.legend().1).max().unwrap_or(0) + GAP;
    let total: i32 = panels.chunks(columns).map(height).sum();
    let mut canvas = Canvas::new((width * columns as i32) as u32, total.max(1) as u32);
    let mut top = 0;
    for row in panels.chunks(columns) {
        for (column, panel) in (0..).zip(row) {
            panel.draw(&mut canvas, (column * width, top));
        }
        top += height(row);
    }
    canvas.picture()
}
