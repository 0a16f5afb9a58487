//! A picture of the decoded codes of a codec.

use crate::chart::canvas::{CHARACTER, Canvas};
use crate::chart::{FAINT, TEXT};
use crate::config::{Channels, VqvaeConfig};
use crate::data::picture::Picture;
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::Vqvae;
use crate::tensor::Tensor;
use embedded_graphics::pixelcolor::Rgb888;

/// Side of the latent in which a code is decoded, at the centre of silence. Neighbourhood attention needs at least 7.
const SIDE: usize = 8;
/// Number of codes per batch.
const BATCH: usize = 32;
/// Codes per row of a level.
const PER_ROW: usize = 16;
/// Levels per row of the picture.
const COLUMNS: usize = 4;
/// Side of a cell in pixels.
const CELL: u32 = 2;
/// Margin between levels in pixels.
const GAP: u32 = 8;

/// A picture of all codes, level by level, by index. Red is the probability of an onset, green that of a sustain. Each code
/// is decoded at the central position of a silent latent. Codes of later levels quantize residuals, so they are added to the
/// codes of silence in the levels before.
///
/// # Errors
/// If the device fails.
pub fn draw(gpu: &Gpu, vqvae: &Vqvae, config: &VqvaeConfig, layout: Layout) -> Result<Picture> {
    let (levels, codes) = (config.levels, config.codes);
    let books = vqvae.quantizer.books.read_f32()?;
    let book = |level: usize, code: usize| &books[(level * codes + code) * config.latent..][..config.latent];
    let cells = config.downsampling();
    let silent = Tensor::zeros(gpu, &[1, SIDE * cells[0], SIDE * cells[1], layout.count()]);
    let silence = vqvae.quantize(&vqvae.encode(&silent));
    let (background, silent_codes) = (silence.sum.read_f32()?, silence.indices.read_u32()?);
    let middle = SIDE / 2 * SIDE + SIDE / 2;
    let before = |level: usize, i: usize| -> f32 {
        (0..level).map(|l| book(l, silent_codes[middle * levels + l] as usize)[i]).sum()
    };
    let all: Vec<(usize, usize)> = (0..levels).flat_map(|level| (0..codes).map(move |code| (level, code))).collect();
    let mut tiles = Vec::new();
    for batch in all.chunks(BATCH) {
        let mut latents = background.repeat(batch.len());
        for (latent, &(level, code)) in latents.chunks_mut(background.len()).zip(batch) {
            let position = &mut latent[middle * config.latent..][..config.latent];
            position.iter_mut().enumerate().for_each(|(i, x)| *x = before(level, i) + book(level, code)[i]);
        }
        let latents = Tensor::from_f32(gpu, &[batch.len(), SIDE, SIDE, config.latent], &latents);
        let output = layout.activate(vqvae.decode(&latents).read_f32()?);
        tiles.extend(output.chunks(output.len() / batch.len()).map(|values| tile(values, cells, layout)));
    }
    Ok(sheet(&tiles, cells, [levels, codes]))
}

/// The colours of the cells of the central latent position, row by row.
fn tile(values: &[f32], [height, width]: [usize; 2], layout: Layout) -> Vec<Rgb888> {
    let (count, middle) = (layout.count(), SIDE / 2);
    let intensity = |value: f32| (255.0 * value.clamp(0.0, 1.0)) as u8;
    let colour = |cell: &[f32]| match layout.channels {
        Channels::Gray => Rgb888::new(intensity(cell[0]), intensity(cell[0]), intensity(cell[0])),
        _ => Rgb888::new(intensity(cell[0]), intensity(cell[1]), 0),
    };
    let row = move |y| ((middle * height + y) * SIDE + middle) * width;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| row(y) + x));
    places.map(|place| colour(&values[place * count..][..count])).collect()
}

fn sheet(tiles: &[Vec<Rgb888>], cells: [usize; 2], [levels, codes]: [usize; 2]) -> Picture {
    let [high, wide] = cells.map(|count| CELL * count as u32 + 1);
    let title = CHARACTER.1 + 3;
    let across = codes.min(PER_ROW) as u32;
    let size = (wide * across + 1, high * codes.div_ceil(PER_ROW) as u32 + 1);
    let columns = levels.min(COLUMNS);
    let (width, height) = (size.0 + GAP, size.1 + title + GAP);
    let mut canvas = Canvas::new(GAP + width * columns as u32, GAP + height * levels.div_ceil(columns) as u32);
    for level in 0..levels {
        let (left, top) = (GAP + width * (level % columns) as u32, GAP + height * (level / columns) as u32);
        canvas.text(&format!("level {level}"), (left as i32, top as i32), TEXT);
        canvas.fill((left as i32, (top + title) as i32), size, FAINT);
        for (code, tile) in tiles[level * codes..(level + 1) * codes].iter().enumerate() {
            let x0 = left + 1 + wide * (code % PER_ROW) as u32;
            let y0 = top + title + 1 + high * (code / PER_ROW) as u32;
            for (i, &colour) in tile.iter().enumerate() {
                let (row, column) = ((i / cells[1]) as u32, (i % cells[1]) as u32);
                let place = (x0 + CELL * column, y0 + CELL * row);
                canvas.fill((place.0 as i32, place.1 as i32), (CELL, CELL), colour);
            }
        }
    }
    canvas.picture()
}
