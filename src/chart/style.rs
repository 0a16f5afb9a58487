//! Colours of charts, and how they write numbers.

use embedded_graphics::pixelcolor::{Rgb888, RgbColor};

/// Background.
pub const BACKGROUND: Rgb888 = Rgb888::new(18, 18, 22);
/// Titles and labels.
pub const TEXT: Rgb888 = Rgb888::new(210, 210, 215);
/// Frames, axis labels and background curves.
pub const FAINT: Rgb888 = Rgb888::new(90, 90, 100);
/// Colours of the curves of a panel, in order.
pub const CURVES: [Rgb888; 6] = [
    Rgb888::new(102, 178, 255),
    Rgb888::new(255, 170, 80),
    Rgb888::new(120, 220, 130),
    Rgb888::new(255, 110, 130),
    Rgb888::new(200, 150, 255),
    Rgb888::YELLOW,
];

/// A number with about three digits, without an exponent between 1e-3 and 1e5.
pub fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e5).contains(&size) => format!("{value:.1e}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
