//! How the subgroup body takes a convolution of stride 1: a workgroup computes stretches of lines, so that a pixel that was
//! loaded once serves all taps of a row of the kernel.

use super::problem::{Convolution, Problem, column_width};

/// What `shaders/software/conv_subgroup.wgsl` is compiled for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// Pixels of a line.
    across: usize,
    /// Lines.
    down: usize,
    /// Whether `across` pixels are a whole line, beside which nothing has to be loaded.
    whole: bool,
    /// Whether stretches and groups of lines are all full.
    even: bool,
    /// Whether the lines lie at one height of as many pictures, so that rows of the kernel outside of them are left out.
    level: bool,
    /// Channels of a pixel per load: 4, or 1 where their number is not a multiple of 4.
    a_width: usize,
    /// Columns of C per load and store, and how many such groups of eight times as many columns.
    width: usize,
    spans: usize,
}

/// Pixels per workgroup.
const PIXELS: usize = 32;
/// Channels of a pixel per step: one load of a lane.
const CHUNK: usize = 4;

impl Lines {
    pub(super) fn of(problem: &Problem, conv: Convolution) -> Self {
        let (&Problem { n, b_transposed, .. }, [batch, height, width]) = (problem, conv.image);
        let across = stretch(width, conv.kernel);
        // Columns of transposed weights are read one by one, so that a lane's columns are eight apart.
        let columns = if b_transposed { 1 } else { column_width(n, 4, true) };
        let (groups, most) = (n.div_ceil(8 * columns), 4 / columns);
        let lines = batch * height;
        let down = (PIXELS / across).min(lines.next_power_of_two());
        let level = batch >= down;
        Self {
            across,
            down,
            even: width.is_multiple_of(across) && if level { batch } else { lines }.is_multiple_of(down),
            level,
            whole: across == width,
            a_width: if problem.a_in_fours { 4 } else { 1 },
            width: columns,
            spans: groups.div_ceil(groups.div_ceil(most)),
        }
    }

    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        vec![
            ("matrix", 0),
            ("subgroup_body", 1),
            ("stride", 1),
            ("across", self.across as u32),
            ("down", self.down as u32),
            ("whole", u32::from(self.whole)),
            ("even", u32::from(self.even)),
            ("level", u32::from(self.level)),
            ("chunk", CHUNK as u32),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
            ("spans", self.spans as u32),
        ]
    }

    pub(super) fn column_groups(&self, n: usize) -> usize {
        n.div_ceil(8 * self.width * self.spans)
    }

    /// Stretches per line, and groups of lines.
    pub(super) fn tiles(&self, [batch, height, width]: [usize; 3]) -> [usize; 2] {
        let groups = if self.level { batch.div_ceil(self.down) * height } else { (batch * height).div_ceil(self.down) };
        [width.div_ceil(self.across), groups]
    }
}

/// What `shaders/software/conv_dw_subgroup.wgsl` is compiled for.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightLines {
    /// Pixels of a line, and lines, per turn.
    across: usize,
    down: usize,
    whole: bool,
    /// Whether groups of channels and of columns are all full.
    even: bool,
    /// Channels of x per workgroup, and per load.
    rows: usize,
    a_width: usize,
    /// Columns of C per load and store, and how many such groups of eight times as many columns.
    width: usize,
    spans: usize,
}

/// Accumulators of a lane, one per tap, channel and column: what is written out for them, eight products each, about fills a
/// processor's first instruction cache. Fewer suit large pictures, by a tenth; small ones lose more than that.
const ACCUMULATORS: usize = 192;
/// Pixels per turn.
const TURN: usize = 8;

impl WeightLines {
    /// For `lines` lines of `width` pixels, and the gradient of a kernel `[kernel, kernel, m, n]`.
    pub(super) fn of(width: usize, kernel: usize, m: usize, n: usize) -> Self {
        let across = stretch(width, kernel).min(TURN);
        let columns = column_width(n, 4, true);
        let a_width = if m.is_multiple_of(4) { 4 } else { 1 };
        let rows = (ACCUMULATORS / (kernel * columns) / 8 * 8).clamp(8, m.next_multiple_of(8));
        let even = m.is_multiple_of(rows) && n.is_multiple_of(8 * columns);
        Self { across, down: TURN / across, whole: across == width, even, rows, a_width, width: columns, spans: 1 }
    }

    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        vec![
            ("matrix", 0),
            ("subgroup_body", 1),
            ("stride", 1),
            ("across", self.across as u32),
            ("down", self.down as u32),
            ("whole", u32::from(self.whole)),
            ("even", u32::from(self.even)),
            ("rows", self.rows as u32),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
            ("spans", self.spans as u32),
        ]
    }

    pub(super) fn column_groups(&self, n: usize) -> usize {
        n.div_ceil(8 * self.width * self.spans)
    }

    pub(super) fn row_groups(&self, m: usize) -> usize {
        m.div_ceil(self.rows)
    }

    /// Lines of a partial sum of about `positions` positions: a multiple of those of a step.
    pub(super) fn lines_per_partial(&self, positions: usize, width: usize) -> usize {
        positions.div_ceil(width).next_multiple_of(self.down)
    }
}

/// Pixels of a line per workgroup: those that make the fewest loads of a line, counting those beside the stretch.
fn stretch(width: usize, kernel: usize) -> usize {
    let loads = |across: &usize| {
        let beside = if *across == width { 0 } else { kernel - 1 };
        width.div_ceil(*across) * (across + beside)
    };
    [32, 16, 8, 4, 2, 1].into_iter().min_by_key(loads).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::problem::Form;
    use super::{Convolution, Lines, Problem, stretch};
    use crate::dtype::Dtype;

    #[test]
    fn stretches_waste_little() {
        assert_eq!([64, 32, 16, 12, 8, 7, 4, 2, 1].map(|width| stretch(width, 3)), [32, 32, 16, 16, 8, 8, 4, 2, 1]);
    }

    #[test]
    fn columns_are_shared_evenly_among_groups() {
        let lines = |n, b_transposed| {
            let conv = Convolution { kernel: 3, stride: 1, image: [1, 16, 16] };
            let problem = Problem {
                form: Form::Inner,
                m: 256,
                n,
                k: 16,
                batches: 1,
                stored: [Dtype::F32; 2],
                a_in_fours: true,
                alignment: 4,
                b_transposed,
                conv: Some(conv),
            };
            Lines::of(&problem, conv)
        };
        let groups = |n, transposed| lines(n, transposed).column_groups(n);
        assert_eq!([8, 16, 32, 48, 64].map(|n| groups(n, true)), [1, 1, 1, 2, 2]);
        assert_eq!([2, 16, 32, 48, 64].map(|n| groups(n, false)), [1, 1, 1, 2, 2]);
        assert_eq!(lines(48, true).spans, 3);
    }
}
