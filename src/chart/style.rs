//! Colours of charts.

use embedded_graphics::pixelcolor::Rgb888;

/// Background.
pub const BACKGROUND: Rgb888 = Rgb888::new(18, 18, 22);
/// Titles and legends.
pub const TEXT: Rgb888 = Rgb888::new(210, 210, 215);
/// Labels of axes.
pub const LABEL: Rgb888 = Rgb888::new(150, 150, 160);
/// Frames and background curves.
pub const FAINT: Rgb888 = Rgb888::new(90, 90, 100);
/// Lines at tick marks.
pub const GRID: Rgb888 = Rgb888::new(40, 40, 47);
/// Colours of the curves of a panel, in order.
pub const CURVES: [Rgb888; 8] = [
    Rgb888::new(102, 178, 255),
    Rgb888::new(255, 170, 80),
    Rgb888::new(120, 220, 130),
    Rgb888::new(255, 110, 130),
    Rgb888::new(200, 150, 255),
    Rgb888::new(250, 230, 90),
    Rgb888::new(90, 220, 220),
    Rgb888::new(190, 190, 195),
];
