// Windows of 7 positions along an axis of n: centred on the query, shifted inwards at the borders; all n where there are fewer.
// All kernels of neighbourhood attention have these parameters.
struct Params {
    length: u32, // invocations
    height: u32,
    width: u32,
    heads: u32,
    depth: u32,
    scale: f32,
}
{{ params }}

const SIDE = 7u;

fn window_side(n: u32) -> u32 {
    return min(SIDE, n);
}

// The first key of query i.
fn window_start(i: u32, n: u32) -> u32 {
    return min(max(i, SIDE / 2u) - SIDE / 2u, n - window_side(n));
}

// The first and the last query whose window contains key j.
fn first_query(j: u32) -> u32 {
    return select(0u, j - SIDE / 2u, j >= SIDE);
}

fn last_query(j: u32, n: u32) -> u32 {
    return select(j + SIDE / 2u, n - 1u, j + SIDE >= n);
}

// Sample, row and column of a position, counted over all samples.
fn coordinates_of(position: u32) -> vec3<u32> {
    let line = position / params.width;
    let sample = line / params.height;
    return vec3<u32>(sample, line - sample * params.height, position - line * params.width);
}

fn position_at(sample: u32, row: u32, column: u32) -> u32 {
    return (sample * params.height + row) * params.width + column;
}
