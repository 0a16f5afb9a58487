//! A picture of the decoded codes of a codec.

use crate::chart::canvas::{CHARACTER, Canvas};
use crate::chart::{FAINT, Legend, TEXT};
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
/// Levels per row of the picture.
const COLUMNS: usize = 4;
/// Side of a cell in pixels.
const CELL: u32 = 3;
/// Colour of what a code takes away.
const LOSS: Rgb888 = Rgb888::new(60, 90, 255);
/// Brightness of the cells that do not change.
const GREY: f32 = 0.25;
/// Margin between levels in pixels.
const GAP: u32 = 8;
/// Colour of the frame around the code of level 0 that the others are added to.
const MARK: Rgb888 = Rgb888::new(255, 255, 255);

/// A picture of all codes, level by level, by index. Red is the probability of an onset, green that of a sustain. Each code
/// is decoded at the central position of a silent latent. Codes of later levels quantize residuals, so they are added to a code
/// of level 0, which is marked: the one most like a held note. They are drawn as the change that they make to it: grey where it stays,
/// red and green where cells are added, blue where they are taken away.
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
    let distances: Vec<f32> = tiles.iter().map(|tile| distance_from_a_note(tile, decoder.cells, layout)).collect();
    let base = (0..codes).min_by(|&a, &b| distances[a].total_cmp(&distances[b])).unwrap_or(0);
    let added = |level: usize, code: usize| firsts[base].iter().zip(book(level, code)).map(|(a, b)| a + b).collect();
    let deeper: Vec<Vec<f32>> =
        (1..levels).flat_map(|level| (0..codes).map(move |code| (level, code))).map(|(l, c)| added(l, c)).collect();
    tiles.extend(decoder.tiles(&deeper)?);
    let (first, later) = tiles.split_at(codes);
    let coloured: Vec<_> = first
        .iter()
        .map(|tile| colours(tile, layout))
        .chain(later.iter().map(|tile| changes(&first[base], tile, layout)))
        .collect();
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
    let rows: Vec<f32> =
        tile.chunks(width * layout.count()).map(|row| row.chunks(layout.count()).map(lit).sum()).collect();
    let all: f32 = rows.iter().sum();
    (0..height).map(|row| all + width as f32 - 2.0 * rows[row]).fold(f32::INFINITY, f32::min)
}

/// The probability that a note sounds at a cell.
fn lit(cell: &[f32]) -> f32 {
    cell.iter().copied().fold(0.0, f32::max).min(1.0)
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

/// The colours of the cells of a tile that differs from `base`.
fn changes(base: &[f32], tile: &[f32], layout: Layout) -> Vec<Rgb888> {
    let change = |(base, cell): (&[f32], &[f32])| {
        let grey = GREY * lit(base).min(lit(cell));
        let gain =
            |channel: usize| cell.get(channel).zip(base.get(channel)).map_or(0.0, |(new, old)| (new - old).max(0.0));
        let gains = if layout.channels == Channels::Gray { [gain(0), gain(0)] } else { [gain(0), gain(1)] };
        // The square root, so that the small changes of the last levels remain visible.
        let [red, green, blue] = [gains[0], gains[1], (lit(base) - lit(cell)).max(0.0)].map(f32::sqrt);
        let channel = |value: f32| (255.0 * (grey + (1.0 - GREY) * value).clamp(0.0, 1.0)) as u8;
        Rgb888::new(channel(red), channel(green), channel(blue))
    };
    base.chunks(layout.count()).zip(tile.chunks(layout.count())).map(change).collect()
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
    // As many codes per row as make a level about as wide as high.
    let fits = |per_row: &usize| 2 * *per_row as u32 * wide >= codes.div_ceil(*per_row) as u32 * high;
    let per_row = (0..).map(|power| 1 << power).find(fits).unwrap_or(1).min(codes);
    let size = (wide * per_row as u32 + 1, high * codes.div_ceil(per_row) as u32 + 1);
    let columns = levels.min(COLUMNS);
    let (width, height) = (size.0 + GAP, size.1 + title + GAP);
    let legend = legend(base, layout);
    let across = (width * columns as u32).max(legend.width() + GAP);
    let mut canvas = Canvas::new(GAP + across, GAP + height * levels.div_ceil(columns) as u32 + 2 * title);
    let place_of = |level: usize, code: usize| {
        let (left, top) = (GAP + width * (level % columns) as u32, GAP + height * (level / columns) as u32);
        (left + 1 + wide * (code % per_row) as u32, top + title + 1 + high * (code / per_row) as u32)
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
    legend.draw(&mut canvas, (GAP as i32, below));
    let tile = format!("each code: {} pitches x {} steps, with silence around it", cells[0], cells[1]);
    canvas.text(&tile, (GAP as i32, below + title as i32), TEXT);
    canvas.picture()
}

fn legend(base: usize, layout: Layout) -> Legend {
    let meanings: &[(Rgb888, &str)] = match layout.channels {
        Channels::Gray => &[(Rgb888::new(255, 255, 255), "note")],
        _ => &[(Rgb888::new(255, 0, 0), "onset"), (Rgb888::new(0, 255, 0), "held"), (Rgb888::new(255, 255, 0), "both")],
    };
    let mut legend = Legend::new(meanings, "");
    legend.entries.push((MARK, format!("code {base}, grey in later levels")));
    legend.entries.push((LOSS, "taken away".to_owned()));
    legend
}
