//! The rows of a training step: single columns and notes of many windows.

use rayon::prelude::*;

use super::Excerpt;
use super::masks;
use crate::melody::{Cell, View, Which, pitch, rhythm};
use crate::rng::Philox;

/// Rows of a window.
const COLUMNS: usize = 16;
const NOTES: usize = 12;

/// Rows of one of the networks.
#[derive(Default)]
pub struct Rows {
    /// `[N, inputs]`.
    pub inputs: Vec<f32>,
    /// The class of each.
    pub classes: Vec<u32>,
}

impl Rows {
    fn extend(&mut self, other: Self) {
        self.inputs.extend(other.inputs);
        self.classes.extend(other.classes);
    }
}

/// Rows of rhythm and of pitch of some windows, of which window `i` draws from stream `first + i`.
pub fn rows(excerpts: &[&Excerpt], seed: u64, first: u64) -> [Rows; 2] {
    let each: Vec<[Rows; 2]> = excerpts
        .par_iter()
        .enumerate()
        .map(|(place, excerpt)| of(excerpt, &mut Philox::new(seed, first + place as u64)))
        .collect();
    let mut all = [Rows::default(), Rows::default()];
    for rows in each {
        all.iter_mut().zip(rows).for_each(|(all, rows)| all.extend(rows));
    }
    all
}

fn of(Excerpt { cells, conditions, .. }: &Excerpt, random: &mut Philox) -> [Rows; 2] {
    let given = masks::given(cells.len(), random);
    let conditions = masks::shown(conditions, random);
    let mut free: Vec<usize> = (0..cells.len()).filter(|&column| !given[column]).collect();
    random.shuffle(&mut free);
    let notes: Vec<usize> = free.iter().copied().filter(|&column| matches!(cells[column], Cell::Onset(_))).collect();
    let mut rows = Which::ALL.map(|_| Rows::default());
    let chosen = |columns: &[usize], most: usize| columns[..columns.len().min(most)].to_vec();
    for (which, columns) in Which::ALL.into_iter().zip([chosen(&free, COLUMNS), chosen(&notes, NOTES)]) {
        let Rows { inputs, classes } = &mut rows[which as usize];
        let width = which.sizes()[0];
        inputs.resize(columns.len() * width, 0.0);
        for (&column, row) in columns.iter().zip(inputs.chunks_exact_mut(width)) {
            let view = View { cells, given: &given, column };
            let class = match which {
                Which::Rhythm => {
                    rhythm::write(&view, &conditions, row);
                    cells[column].rhythm()
                }
                Which::Pitch => {
                    pitch::write(&view, &conditions, row);
                    cells[column].pitch()
                }
            };
            classes.push(class.expect("all cells of an excerpt are known") as u32);
        }
    }
    rows
}
