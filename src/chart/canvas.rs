//! A picture with methods that draw lines, rectangles and text.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::{MonoTextStyle, iso_8859_1::FONT_6X10};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::Primitive;
use embedded_graphics::primitives::{Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Baseline, Text};
use embedded_graphics::{Drawable, Pixel};
use std::convert::Infallible;

use super::style::BACKGROUND;
use crate::data::picture::Picture;

/// Width of a character and height of a line of text, in pixels.
pub const CHARACTER: (u32, u32) = (6, 10);

/// A picture to draw on. Drawing is clipped to its bounds.
#[derive(Debug, Clone)]
pub struct Canvas {
    picture: Picture,
}

impl Canvas {
    /// An empty canvas.
    pub fn new(width: u32, height: u32) -> Self {
        let background = [BACKGROUND.r(), BACKGROUND.g(), BACKGROUND.b()];
        Self { picture: Picture::new(width, height, background) }
    }

    /// The finished picture.
    pub fn picture(self) -> Picture {
        self.picture
    }

    /// A line of text with its upper left corner at (x, y).
    pub fn text(&mut self, text: &str, (x, y): (i32, i32), colour: Rgb888) {
        self.aligned(text, (x, y), colour, Alignment::Left);
    }

    /// A line of text with its upper right corner at (x, y).
    pub fn text_right(&mut self, text: &str, (x, y): (i32, i32), colour: Rgb888) {
        self.aligned(text, (x, y), colour, Alignment::Right);
    }

    fn aligned(&mut self, text: &str, (x, y): (i32, i32), colour: Rgb888, alignment: Alignment) {
        let style = MonoTextStyle::new(&FONT_6X10, colour);
        let mut text = Text::with_alignment(text, Point::new(x, y), style, alignment);
        text.text_style.baseline = Baseline::Top;
        self.draw(&text);
    }

    /// A line, one pixel wide.
    pub fn line(&mut self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), colour: Rgb888) {
        let line = Line::new(Point::new(x0, y0), Point::new(x1, y1));
        self.draw(&line.into_styled(PrimitiveStyle::with_stroke(colour, 1)));
    }

    /// A filled rectangle.
    pub fn fill(&mut self, (x, y): (i32, i32), (width, height): (u32, u32), colour: Rgb888) {
        let rectangle = Rectangle::new(Point::new(x, y), Size::new(width, height));
        self.draw(&rectangle.into_styled(PrimitiveStyle::with_fill(colour)));
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, (x, y): (i32, i32), (width, height): (u32, u32), colour: Rgb888) {
        let rectangle = Rectangle::new(Point::new(x, y), Size::new(width, height));
        self.draw(&rectangle.into_styled(PrimitiveStyle::with_stroke(colour, 1)));
    }

    fn draw<T>(&mut self, shape: &impl Drawable<Color = Rgb888, Output = T>) {
        let Ok(_) = shape.draw(self);
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.picture.width, self.picture.height)
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && x < self.picture.width
                && y < self.picture.height
            {
                self.picture.set(x, y, [colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}
