//! A picture of the decoded codes of a codec.

use crate::chart::canvas::{CHARACTER, Canvas};
use crate::chart::roll::legend;
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
/// Colour of the frame around the code of level 0 that the others are added to.
const MARK: Rgb888 = Rgb888::new(255, 255, 255);

/// A picture of all codes, level by level, by index. Red is the probability of an onset, green that of a sustain. Each code
/// is decoded at the central position of a silent latent. Codes of later levels quantize residuals, so they are added to a code
/// of level 0: the one that decodes most nearly to one held note, which is marked.
///
/// # Errors
/// If the device fails.
pub fn draw(gpu: &Gpu, vqvae: &Vqvae, config: &VqvaeConfig, layout: Layout) -> Result<Picture> {
    let (levels, codes) = (config.levels, config.codes);
    let books = vqvae.quantizer.books.read_f32()?;
    let book = |level: usize, code: usize| &books[(level * codes + code) * config.latent..][..config.latent];
    let decoder = Decoder::new(gpu, vqvae, config, layout)?;
    let firsts: Vec<Vec<f32>> = (0..codes).map(|code| book(0, code).to_vec()).collect();
    let mut tiles = decoder.tiles(&firsts)?;
    let unlike = tiles.iter().map(|tile| distance_from_a_note(tile, decoder.cells, layout)).collect::<Vec<_>>();
    let base = (0..codes).min_by(|&a, &b| unlike[a].total_cmp(&unlike[b])).unwrap_or(0);
    let added = |level: usize, code: usize| firsts[base].iter().zip(book(level, code)).map(|(a, b)| a + b).collect();
    let deeper: Vec<Vec<f32>> =
        (1..levels).flat_map(|level| (0..codes).map(move |code| (level, code))).map(|(l, c)| added(l, c)).collect();
    tiles.extend(decoder.tiles(&deeper)?);
    let coloured: Vec<_> = tiles.iter().map(|tile| colours(tile, layout)).collect();
    Ok(sheet(&coloured, decoder.cells, [levels, codes], base, layout))
}

/// Decodes vectors at the central position of a silent latent.
struct Decoder<'a> {
    gpu: &'a Gpu,
    vqvae: &'a Vqvae,
    layout: Layout,
    /// Cells of a latent position: pitches, steps.
    cells: [usize; 2],
    /// The latent of silence, `[SIDE, SIDE, D]`.
    silence: Vec<f32>,
}

impl<'a> Decoder<'a> {
    fn new(gpu: &'a Gpu, vqvae: &'a Vqvae, config: &VqvaeConfig, layout: Layout) -> Result<Self> {
        let cells = config.downsampling();
        let silent = Tensor::zeros(gpu, &[1, SIDE * cells[0], SIDE * cells[1], layout.count()]);
        let silence = vqvae.quantize(&vqvae.encode(&silent)).sum.read_f32()?;
        Ok(Self { gpu, vqvae, layout, cells, silence })
    }

    /// The values `[pitch, step, channel]` of the cells of the central position for each vector.
    fn tiles(&self, vectors: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        let middle = SIDE / 2 * SIDE + SIDE / 2;
        let mut tiles = Vec::new();
        for batch in vectors.chunks(BATCH) {
            let mut latents = self.silence.repeat(batch.len());
            for (latent, vector) in latents.chunks_mut(self.silence.len()).zip(batch) {
                latent[middle * vector.len()..][..vector.len()].copy_from_slice(vector);
            }
            let latents = Tensor::from_f32(self.gpu, &[batch.len(), SIDE, SIDE, batch[0].len()], &latents);
            let output = self.layout.activate(self.vqvae.decode(&latents).read_f32()?);
            tiles.extend(output.chunks(output.len() / batch.len()).map(|values| self.tile(values)));
        }
        Ok(tiles)
    }

    fn tile(&self, values: &[f32]) -> Vec<f32> {
        let ([height, width], count) = (self.cells, self.layout.count());
        let row = |y| ((SIDE / 2 * height + y) * SIDE + SIDE / 2) * width * count;
        (0..height).flat_map(|y| &values[row(y)..][..width * count]).copied().collect()
    }
}

/// The distance of a tile from the nearest picture of one note that is held over all steps.
fn distance_from_a_note(tile: &[f32], [height, width]: [usize; 2], layout: Layout) -> f32 {
    let lit = |cell: &[f32]| cell.iter().copied().fold(0.0, f32::max).min(1.0);
    let rows: Vec<f32> =
        tile.chunks(width * layout.count()).map(|row| row.chunks(layout.count()).map(lit).sum()).collect();
    let all: f32 = rows.iter().sum();
    let from = |row: usize| all - rows[row] + (width as f32 - rows[row]);
    (0..height).map(from).fold(f32::INFINITY, f32::min)
}

/// The colours of a tile's cells, row by row.
fn colours(tile: &[f32], layout: Layout) -> Vec<Rgb888> {
    let intensity = |value: f32| (255.0 * value.clamp(0.0, 1.0)) as u8;
    let colour = |cell: &[f32]| match layout.channels {
        Channels::Gray => Rgb888::new(intensity(cell[0]), intensity(cell[0]), intensity(cell[0])),
        _ => Rgb888::new(intensity(cell[0]), intensity(cell[1]), 0),
    };
    tile.chunks(layout.count()).map(colour).collect()
}

fn sheet(
    tiles: &[Vec<Rgb888>],
    cells: [usize; 2],
    [levels, codes]: [usize; 2],
    base: usize,
    layout: Layout,
) -> Picture {
    let [high, wide] = cells.map(|count| CELL * count as u32 + 1);
    let title = CHARACTER.1 + 4;
    let across = codes.min(PER_ROW) as u32;
    let size = (wide * across + 1, high * codes.div_ceil(PER_ROW) as u32 + 1);
    let columns = levels.min(COLUMNS);
    let (width, height) = (size.0 + GAP, size.1 + title + GAP);
    let legend_height = 2 * title;
    let mut canvas =
        Canvas::new(GAP + width * columns as u32, GAP + height * levels.div_ceil(columns) as u32 + legend_height);
    let place_of = |level: usize, code: usize| {
        let (left, top) = (GAP + width * (level % columns) as u32, GAP + height * (level / columns) as u32);
        (left + 1 + wide * (code % PER_ROW) as u32, top + title + 1 + high * (code / PER_ROW) as u32)
    };
    for level in 0..levels {
        let (left, top) = place_of(level, 0);
        let name = if level == 0 { "level 0".to_owned() } else { format!("level {level}, added to code {base}") };
        canvas.text(&name, (left as i32, (top - title) as i32), TEXT);
        canvas.fill((left as i32 - 1, top as i32 - 1), size, FAINT);
        for (code, tile) in tiles[level * codes..(level + 1) * codes].iter().enumerate() {
            let (x0, y0) = place_of(level, code);
            for (i, &colour) in tile.iter().enumerate() {
                let (row, column) = ((i / cells[1]) as u32, (i % cells[1]) as u32);
                let place = (x0 + CELL * column, y0 + CELL * row);
                canvas.fill((place.0 as i32, place.1 as i32), (CELL, CELL), colour);
            }
        }
    }
    let (x, y) = place_of(0, base);
    canvas.frame((x as i32 - 1, y as i32 - 1), (wide + 1, high + 1), MARK);
    let below = (GAP + height * levels.div_ceil(columns) as u32) as i32;
    let mut x = GAP as i32;
    let meanings: &[(Rgb888, &str)] = match layout.channels {
        Channels::Gray => &[(Rgb888::new(255, 255, 255), "note")],
        _ => &[(Rgb888::new(255, 0, 0), "onset"), (Rgb888::new(0, 255, 0), "held"), (Rgb888::new(255, 255, 0), "both")],
    };
    for &(colour, name) in meanings {
        x = legend(&mut canvas, (x, below), colour, name);
    }
    legend(&mut canvas, (x, below), MARK, &format!("code {base}"));
    let tile = format!("a code: {} pitches x {} steps", cells[0], cells[1]);
    canvas.text(&tile, (GAP as i32, below + title as i32), FAINT);
    canvas.picture()
}
