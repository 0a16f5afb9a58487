//! Chooses the template constants and the grid of a product.

use super::lines::{Lines, WeightLines};
use super::problem::{Convolution, Form, Problem, TURNS_OF_BLOCKS, column_width};
use super::tile::Tile;
use crate::dtype::Dtype;
use crate::gpu::tuning::SplitK;
use crate::gpu::{Grid, MatrixUnits, Products, Tuning};

/// How a kernel computes a [`Problem`].
#[derive(Debug, Clone)]
pub(in crate::ops) struct Plan {
    /// Template constants of the variant.
    pub constants: Vec<(&'static str, u32)>,
    /// Workgroups across the columns of C.
    pub column_groups: usize,
    /// Workgroups down the rows of C.
    pub row_groups: usize,
    /// Where workgroups sweep lines of images: workgroups per line; else 0.
    pub tiles_across: usize,
    /// Workgroups of one product or partial sum.
    workgroups: usize,
    /// Floating-point operations of all products.
    flop: usize,
    /// Most turns of the loops of an invocation.
    turns: usize,
    /// Terms of a partial sum.
    pub terms: usize,
    /// Partial sums.
    pub partials: usize,
    /// Whether the kernel of an outer form can sum B's rows too, as the gradient of a bias.
    pub sums_bias: bool,
}

impl Plan {
    /// The grid for `batches` products or partial sums.
    pub fn grid(&self, batches: usize) -> Grid {
        Grid::linear(self.workgroups).batched(batches).computing(self.flop).looping(self.turns)
    }
}

/// Plans a product. A pure function of sizes and tuning, so that results do not change from run to run.
pub(in crate::ops) fn plan(problem: &Problem, tuning: &Tuning) -> Plan {
    let lines = problem.conv.filter(|conv| conv.stride == 1).zip(tuning.products.lanes());
    match (problem.form, lines) {
        (Form::Inner, Some((conv, lanes))) => inner_by_lines(problem, conv, lanes),
        (Form::Inner, None) => inner(problem, tuning),
        (Form::Outer { .. }, Some((conv, lanes))) => outer_by_lines(problem, conv, lanes, tuning),
        (Form::Outer { split }, None) => outer(problem, split, tuning),
    }
}

/// Whether an input gradient of this stride reads the weights transposed in place.
pub(in crate::ops) fn reads_transposed(tuning: &Tuning, stride: usize) -> bool {
    tuning.weights_in_place && stride == 1
}

fn inner(problem: &Problem, tuning: &Tuning) -> Plan {
    let &Problem { m, n, k, batches, .. } = problem;
    let shape = match tuning.products.lanes() {
        Some(lanes) => Shape::inner_by_subgroup(problem, lanes),
        None => Shape::tiled(problem, tuning, batches),
    };
    let (column_groups, row_groups) = (n.div_ceil(shape.columns), m.div_ceil(shape.rows));
    let taps = problem.conv.map_or(1, |conv| conv.kernel * conv.kernel);
    Plan {
        constants: shape.constants(problem),
        column_groups,
        row_groups,
        tiles_across: 0,
        workgroups: column_groups * row_groups,
        flop: problem.flop(),
        turns: shape.turns(k.div_ceil(shape.chunk) * taps, shape.chunk / 4) + 2 * taps,
        terms: k,
        partials: 1,
        sums_bias: false,
    }
}

fn inner_by_lines(problem: &Problem, conv: Convolution, lanes: usize) -> Plan {
    let lines = Lines::of(problem, conv, lanes);
    let column_groups = lines.column_groups(problem.n);
    let [tiles_across, tiles_down] = lines.tiles(conv.image);
    Plan {
        constants: lines.constants(),
        column_groups,
        row_groups: tiles_down,
        tiles_across,
        workgroups: column_groups * tiles_across * tiles_down,
        flop: problem.flop(),
        turns: lines.turns(problem.k, conv.kernel),
        terms: problem.k,
        partials: 1,
        sums_bias: false,
    }
}

fn outer(problem: &Problem, split: bool, tuning: &Tuning) -> Plan {
    let &Problem { m, n, k, batches, .. } = problem;
    let taps = problem.conv.map_or(1, |conv| conv.kernel * conv.kernel);
    let lanes = tuning.products.lanes();
    let shape = if let Some(lanes) = lanes {
        Shape::outer_by_subgroup(problem, lanes)
    } else {
        let likely = if split { likely_partials(k) } else { 1 };
        Shape::tiled(problem, tuning, batches * taps * likely)
    };
    let (column_groups, row_groups) = (n.div_ceil(shape.columns), m.div_ceil(shape.rows));
    let workgroups = column_groups * row_groups * taps;
    let terms = if split { terms_per_partial(&tuning.split_k, k, workgroups, m + n) } else { k };
    Plan {
        constants: shape.constants(problem),
        column_groups,
        row_groups,
        tiles_across: 0,
        workgroups,
        flop: problem.flop(),
        turns: shape.turns(terms.div_ceil(shape.chunk), shape.chunk),
        terms,
        partials: if split { k.div_ceil(terms) } else { 1 },
        sums_bias: lanes.is_some() && problem.conv.is_none(),
    }
}

fn outer_by_lines(problem: &Problem, conv: Convolution, lanes: usize, tuning: &Tuning) -> Plan {
    let &Problem { m, n, k, .. } = problem;
    let [_, _, width] = conv.image;
    let lines = WeightLines::of(width, conv.kernel, m, n, lanes);
    let (column_groups, row_groups) = (lines.column_groups(n), lines.row_groups(m));
    let workgroups = column_groups * row_groups * conv.kernel;
    let terms = width * lines.lines_per_partial(terms_per_partial(&tuning.split_k, k, workgroups, m + n), width);
    Plan {
        constants: lines.constants(),
        column_groups,
        row_groups,
        tiles_across: 0,
        workgroups,
        flop: problem.flop(),
        turns: lines.turns(terms, width),
        terms,
        partials: k.div_ceil(terms),
        sums_bias: true,
    }
}

/// Terms per partial sum: few enough that all partial sums together, of `workgroups` workgroups each, fill the device, and no
/// fewer, since each partial sum is written and read once more. `channels`: elements of both operands per term.
fn terms_per_partial(split: &SplitK, k: usize, workgroups: usize, channels: usize) -> usize {
    let filling = Some(split.workgroups / workgroups.max(1)).filter(|&count| count >= split.fewest).unwrap_or(1);
    let partials = filling.max((k * channels).div_ceil(split.cached));
    k.div_ceil(partials.clamp(1, k.div_ceil(split.shortest))).next_multiple_of(16)
}

/// The number of partial sums assumed when a tile is chosen: at most four, so that smaller tiles are preferred to more partial
/// sums.
fn likely_partials(k: usize) -> usize {
    /// Terms of a partial sum. Not measured.
    const TERMS: usize = 128;
    (k / TERMS).clamp(1, 4)
}

/// The part of C that a workgroup computes, and how it is loaded.
struct Shape {
    /// Lanes of a subgroup, of which one computes it in the subgroup variant, or several on matrix units; else 0.
    lanes: usize,
    /// Rows of C per workgroup.
    rows: usize,
    /// Columns of C per workgroup.
    columns: usize,
    /// Terms of the sum per step.
    chunk: usize,
    /// Rows and columns per invocation in the tile variant, per subgroup on matrix units.
    own: [usize; 2],
    /// Whether a step loads the next step's terms.
    ahead: bool,
    /// Elements of A per load: 4 or 1.
    a_width: usize,
    /// Elements of B and C per load and store: 4, 2 or 1.
    width: usize,
    /// Loads of B per lane and term in the subgroup variant, each of `width` columns.
    vectors: usize,
    /// The matrix units that compute it.
    units: Option<MatrixUnits>,
}

impl Shape {
    /// In the tile variant, or on matrix units where both operands are f16: f32 operands would be rounded to f16.
    fn tiled(problem: &Problem, tuning: &Tuning, products: usize) -> Self {
        let units = match tuning.products {
            Products::Matrix(units) if problem.stored == [Dtype::F16; 2] => Some(units),
            _ => None,
        };
        let tile = Tile::choose(tuning, units, [problem.m, problem.n], products);
        let Tile { rows, columns, own_rows, own_columns, .. } = tile;
        // Columns of a transposed B are as far apart as invocations.
        let width = if problem.b_transposed { 1 } else { column_width(problem.n, problem.alignment, 1) };
        let chunk = tile.chunk(units, problem.k);
        let lanes = units.map_or(0, |units| units.lanes as usize);
        Self {
            lanes,
            rows,
            columns,
            chunk,
            own: [own_rows, own_columns],
            a_width: a_width(problem),
            width,
            vectors: 1,
            ahead: tile.ahead,
            units,
        }
    }

    /// Measured, with 8 lanes: the unrolled code of a step of 32 rows, 64 columns and four terms just fits the first instruction cache of a
    /// processor. With 16, half the columns per lane and more rows are faster.
    fn inner_by_subgroup(problem: &Problem, lanes: usize) -> Self {
        let width = column_width(problem.n, problem.alignment, lanes);
        if problem.m == 1 && problem.conv.is_none() {
            return Self::row(problem, lanes, width);
        }
        let columns = match (lanes, problem.b_transposed) {
            (8, _) => 8,
            (_, true) => 6,
            (_, false) => 4,
        };
        let choices: &[usize] = match problem.flop() {
            ..TINY => &[8],
            TINY..SMALL => &[32, 8],
            SMALL.. => &[48, 32, 24, 16, 8],
        };
        let rows = subgroup_rows(problem.m, choices, if lanes == 8 { 32 } else { 48 });
        let vectors = vectors_per_lane(problem.n, lanes, width, columns);
        Self::by_subgroup(lanes, rows, 4, a_width(problem), width, vectors)
    }

    /// One row of C, as an embedding of one time is. A load of A serves several of B, whatever its width: with 1, all such products have
    /// the same text.
    fn row(problem: &Problem, lanes: usize, width: usize) -> Self {
        let a_width = if problem.b_transposed { a_width(problem) } else { 1 };
        Self::by_subgroup(lanes, 1, if a_width == 4 { 16 } else { 8 }, a_width, width, 1)
    }

    /// Eight terms per step. Measured, as for the inner form.
    fn outer_by_subgroup(problem: &Problem, lanes: usize) -> Self {
        let width = column_width(problem.n, problem.alignment, lanes);
        let choices: &[usize] = if problem.a_vec4 { &[64, 48, 32, 24, 16, 8] } else { &[8] };
        let rows = subgroup_rows(problem.m, choices, if lanes == 8 { 32 } else { 64 });
        Self::by_subgroup(lanes, rows, 8, a_width(problem), width, vectors_per_lane(problem.n, lanes, width, 4))
    }

    fn by_subgroup(lanes: usize, rows: usize, chunk: usize, a_width: usize, width: usize, vectors: usize) -> Self {
        let columns = lanes * width * vectors;
        Self { lanes, rows, columns, chunk, own: [0; 2], a_width, width, vectors, ahead: false, units: None }
    }

    /// Most turns of the loops of an invocation, for a sum in so many steps. A step of the tile variant takes `at_once` turns.
    fn turns(&self, steps: usize, at_once: usize) -> usize {
        let [own_rows, own_columns] = self.own;
        match self.units {
            // A row of C has a loop over the terms of a step.
            None if self.rows == 1 => steps * (self.chunk / self.a_width + 2) + 2,
            None if self.own == [0; 2] => steps + 2 + self.vectors.max(2) * TURNS_OF_BLOCKS,
            None => steps.max(1) * (at_once + 2),
            Some(MatrixUnits { side, lanes, emulated }) => {
                let [side, lanes] = [side, lanes].map(|number| number as usize);
                let (matrices, elements) = ((own_rows / side) * (own_columns / side), side * side);
                let emulation = if emulated { matrices * (elements + 1) } else { 0 };
                let step = 2 + self.chunk / side * (1 + emulation);
                steps.max(1) * step + matrices * ((elements / 4).div_ceil(lanes) + 1) + emulation
            }
        }
    }

    fn constants(&self, problem: &Problem) -> Vec<(&'static str, u32)> {
        let (side, emulated) = self.units.map_or((0, false), |units| (units.side, units.emulated));
        let subgroup = self.own == [0; 2];
        // Partial sums are multiples of steps, if the whole sum is.
        let whole_steps = subgroup && problem.form != Form::Inner && problem.k.is_multiple_of(self.chunk);
        let mut constants = vec![
            ("matrix", side),
            ("lanes", self.lanes as u32),
            ("emulated", emulated.into()),
            ("subgroup_variant", subgroup.into()),
            ("rows", self.rows as u32),
            ("columns", self.columns as u32),
            ("chunk", self.chunk as u32),
            ("ahead", self.ahead.into()),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
            ("vectors", self.vectors as u32),
            ("whole_steps", whole_steps.into()),
            ("own_rows", self.own[0] as u32),
            ("own_columns", self.own[1] as u32),
        ];
        constants.extend(problem.conv.map(|conv| ("stride", conv.stride as u32)));
        constants
    }
}

/// Elements of A per load.
fn a_width(problem: &Problem) -> usize {
    if problem.a_vec4 { 4 } else { 1 }
}

/// Loads of B per lane and term, for at most `columns` columns per lane, which share the loads of A. All workgroups have equally
/// many.
fn vectors_per_lane(n: usize, lanes: usize, width: usize, columns: usize) -> usize {
    let vectors = n.div_ceil(lanes * width);
    vectors.div_ceil(vectors.div_ceil(columns / width))
}

/// Rows per subgroup, at most `most`: of the choices that of the least total cost. Measured on software Vulkan, in arbitrary units.
fn subgroup_rows(m: usize, choices: &[usize], most: usize) -> usize {
    /// The products of a row.
    const PER_ROW: usize = 3;
    /// The loads of B, which the rows of a workgroup share.
    const PER_WORKGROUP: usize = 56;
    let cost = |rows: &usize| m.div_ceil(*rows) * (rows * PER_ROW + PER_WORKGROUP);
    choices.iter().copied().filter(|rows| *rows <= most).min_by_key(cost).unwrap_or(8)
}

/// Below so many floating-point operations, some microseconds, an inner product takes the fewest rows, whose text is the shortest: it takes
/// less time to run than another text to compile.
const TINY: usize = 1 << 16;
/// Below so many, up to two hundred microseconds, it takes one of two numbers of rows.
const SMALL: usize = 1 << 23;
