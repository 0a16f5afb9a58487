//! Convolutions of stride 1 in the subgroup variant: a workgroup computes segments of lines, so that a position loaded once is used
//! for all taps of a row of the kernel.

use super::problem::{Convolution, Problem, TURNS_OF_BLOCKS, column_width};

/// The template constants of `shaders/software/conv_subgroup.wgsl`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// Lanes of the subgroup.
    lanes: usize,
    /// Positions of a segment.
    segment: usize,
    /// Lines per workgroup, one segment of each.
    lines: usize,
    /// Whether a segment is a whole line, so that it has no halo to load.
    whole_line: bool,
    /// Whether the segments divide every line and the groups of lines divide their number, so that no workgroup has a remainder.
    divides: bool,
    /// Whether the lines of a workgroup are the same line of as many images, so that taps above or below the image are skipped.
    same_line: bool,
    /// Channels of a position per load: 4, or 1 where their number is not a multiple of 4.
    a_width: usize,
    /// Columns of C per load and store.
    width: usize,
    /// Loads of B per lane, each of `width` columns.
    vectors: usize,
}

/// Positions per workgroup.
const POSITIONS: usize = 32;
/// Channels of a position per step: one load of a lane.
const CHUNK: usize = 4;

impl Lines {
    pub(super) fn of(problem: &Problem, conv: Convolution, lanes: usize) -> Self {
        let (&Problem { n, b_transposed, .. }, [batch, height, width]) = (problem, conv.image);
        let segment = segment(width, conv.kernel);
        // Columns of transposed weights are read one by one, so that a lane's columns are `lanes` apart.
        let columns = if b_transposed { 1 } else { column_width(n, 4, lanes) };
        let (groups, most) = (n.div_ceil(lanes * columns), 4 / columns);
        let all = batch * height;
        let lines = (POSITIONS / segment).min(all.next_power_of_two());
        let same_line = batch >= lines;
        Self {
            lanes,
            segment,
            lines,
            divides: width.is_multiple_of(segment) && if same_line { batch } else { all }.is_multiple_of(lines),
            same_line,
            whole_line: segment == width,
            a_width: if problem.a_vec4 { 4 } else { 1 },
            width: columns,
            vectors: groups.div_ceil(groups.div_ceil(most)),
        }
    }

    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        vec![
            ("matrix", 0),
            ("lanes", self.lanes as u32),
            ("subgroup_variant", 1),
            ("stride", 1),
            ("segment", self.segment as u32),
            ("lines", self.lines as u32),
            ("whole_line", u32::from(self.whole_line)),
            ("divides", u32::from(self.divides)),
            ("same_line", u32::from(self.same_line)),
            ("chunk", CHUNK as u32),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
            ("vectors", self.vectors as u32),
        ]
    }

    pub(super) fn column_groups(&self, n: usize) -> usize {
        n.div_ceil(self.lanes * self.width * self.vectors)
    }

    /// Most turns of the loops of an invocation, for k channels.
    pub(super) fn turns(&self, k: usize, kernel: usize) -> usize {
        kernel * (k.div_ceil(CHUNK) + 2) + 1 + 2 * TURNS_OF_BLOCKS
    }

    /// Segments per line, and groups of lines.
    pub(super) fn tiles(&self, [batch, height, width]: [usize; 3]) -> [usize; 2] {
        let groups =
            if self.same_line { batch.div_ceil(self.lines) * height } else { (batch * height).div_ceil(self.lines) };
        [width.div_ceil(self.segment), groups]
    }
}

/// The template constants of `shaders/software/conv_dw_subgroup.wgsl`.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightLines {
    /// Lanes of the subgroup.
    lanes: usize,
    /// Positions of a segment.
    segment: usize,
    /// Lines per step, one segment of each.
    lines: usize,
    /// Whether a segment is a whole line.
    whole_line: bool,
    /// Whether the groups of channels and of columns divide m and n, so that no workgroup has a remainder.
    divides: bool,
    /// Channels of x per workgroup.
    rows: usize,
    /// Channels of x per load.
    a_width: usize,
    /// Columns of C per load and store.
    width: usize,
    /// Loads of dy per lane, each of `width` columns.
    vectors: usize,
}

/// Accumulators of a lane, one per tap, channel and column. Their unrolled code, eight products each, about fills the first
/// instruction cache of a processor. Measured: fewer are faster by a tenth on large images, and slower by more on small ones.
const ACCUMULATORS: usize = 192;
/// Positions per step.
const STEP: usize = 8;

impl WeightLines {
    /// For lines of `width` positions, and the gradient of a kernel `[kernel, kernel, m, n]`.
    pub(super) fn of(width: usize, kernel: usize, m: usize, n: usize, lanes: usize) -> Self {
        let segment = segment(width, kernel).min(STEP);
        let columns = column_width(n, 4, lanes);
        let a_width = if m.is_multiple_of(4) { 4 } else { 1 };
        let rows = (ACCUMULATORS / (kernel * columns) / 8 * 8).clamp(8, m.next_multiple_of(8));
        let divides = m.is_multiple_of(rows) && n.is_multiple_of(lanes * columns);
        let (lines, whole_line) = (STEP / segment, segment == width);
        Self { lanes, segment, lines, whole_line, divides, rows, a_width, width: columns, vectors: 1 }
    }

    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        vec![
            ("matrix", 0),
            ("lanes", self.lanes as u32),
            ("subgroup_variant", 1),
            ("stride", 1),
            ("segment", self.segment as u32),
            ("lines", self.lines as u32),
            ("whole_line", u32::from(self.whole_line)),
            ("divides", u32::from(self.divides)),
            ("rows", self.rows as u32),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
            ("vectors", self.vectors as u32),
        ]
    }

    pub(super) fn column_groups(&self, n: usize) -> usize {
        n.div_ceil(self.lanes * self.width * self.vectors)
    }

    pub(super) fn row_groups(&self, m: usize) -> usize {
        m.div_ceil(self.rows)
    }

    /// Most turns of the loops of an invocation, for a partial sum of so many positions in lines of `width`.
    pub(super) fn turns(&self, positions: usize, width: usize) -> usize {
        (positions / width).div_ceil(self.lines) * (width.div_ceil(self.segment) + 2)
            + 1
            + self.vectors * TURNS_OF_BLOCKS
    }

    /// Lines of a partial sum of about `positions` positions: a multiple of those of a step.
    pub(super) fn lines_per_partial(&self, positions: usize, width: usize) -> usize {
        positions.div_ceil(width).next_multiple_of(self.lines)
    }
}

/// Positions of a segment: the power of two up to 32 with which a line takes the fewest loads, halos included.
fn segment(width: usize, kernel: usize) -> usize {
    let loads = |segment: &usize| {
        let halo = if *segment == width { 0 } else { kernel - 1 };
        width.div_ceil(*segment) * (segment + halo)
    };
    [32, 16, 8, 4, 2, 1].into_iter().min_by_key(loads).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::problem::Form;
    use super::{Convolution, Lines, Problem, segment};
    use crate::dtype::Dtype;

    #[test]
    fn segments_fit_lines() {
        assert_eq!([64, 32, 16, 12, 8, 7, 4, 2, 1].map(|width| segment(width, 3)), [32, 32, 16, 16, 8, 8, 4, 2, 1]);
    }

    #[test]
    fn columns_are_distributed_evenly_over_workgroups() {
        let lines = |n, b_transposed| {
            let conv = Convolution { kernel: 3, stride: 1, image: [1, 16, 16] };
            let problem = Problem {
                form: Form::Inner,
                m: 256,
                n,
                k: 16,
                batches: 1,
                stored: [Dtype::F32; 2],
                a_vec4: true,
                alignment: 4,
                b_transposed,
                conv: Some(conv),
            };
            Lines::of(&problem, conv, 8)
        };
        let groups = |n, transposed| lines(n, transposed).column_groups(n);
        assert_eq!([8, 16, 32, 48, 64].map(|n| groups(n, true)), [1, 1, 1, 2, 2]);
        assert_eq!([2, 16, 32, 48, 64].map(|n| groups(n, false)), [1, 1, 1, 2, 2]);
        assert_eq!(lines(48, true).vectors, 3);
    }
}
