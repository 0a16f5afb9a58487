//! Writes the inputs of a row one after the other.

/// Classes of a number of columns, by the least of each.
const DISTANCES: [usize; 8] = [1, 2, 3, 4, 5, 7, 9, 13];
/// Their number, with that of none.
pub const DISTANCE_CLASSES: usize = DISTANCES.len() + 1;

/// A row of inputs, zeros at first.
pub struct Writer<'a> {
    row: &'a mut [f32],
    /// The number of inputs that are written.
    pub at: usize,
}

impl<'a> Writer<'a> {
    /// Before the first input of a row.
    pub fn new(row: &'a mut [f32]) -> Self {
        row.fill(0.0);
        Self { row, at: 0 }
    }

    /// `weight` at one of `count` places, or zeros.
    pub fn weighted(&mut self, count: usize, which: Option<(usize, f32)>) {
        if let Some((which, weight)) = which {
            self.row[self.at..self.at + count][which] = weight;
        }
        self.at += count;
    }

    /// 1 at one of `count` places, or zeros.
    pub fn one_of(&mut self, count: usize, which: Option<usize>) {
        self.weighted(count, which.map(|which| (which, 1.0)));
    }

    /// 1 or 0.
    pub fn flag(&mut self, on: bool) {
        self.one_of(1, on.then_some(0));
    }

    /// A number and 1, or zeros.
    pub fn number(&mut self, number: Option<f32>) {
        self.weighted(1, number.map(|number| (0, number)));
        self.flag(number.is_some());
    }

    /// The class of a number of columns.
    pub fn distance(&mut self, columns: Option<usize>) {
        let class = |columns: usize| DISTANCES.partition_point(|&least| least <= columns).max(1) - 1;
        self.one_of(DISTANCE_CLASSES, Some(columns.map_or(DISTANCES.len(), class)));
    }

    /// 1 at each of some of `count` places.
    pub fn several(&mut self, count: usize, which: impl Iterator<Item = usize>) {
        which.for_each(|which| self.row[self.at..self.at + count][which] = 1.0);
        self.at += count;
    }
}
