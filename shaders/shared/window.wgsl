// Windows of 7 positions along an axis of n: centred, and shifted inwards at the borders; all n where there are fewer. All kernels of
// neighbourhood attention are given the same sizes.
struct Params {
    length: u32,
    height: u32,
    width: u32,
    heads: u32,
    depth: u32,
    scale: f32,
}
{{ immediates }}

const SIDE = 7u;

fn window_side(n: u32) -> u32 {
    return min(SIDE, n);
}

// The first position that position i sees.
fn window_start(i: u32, n: u32) -> u32 {
    return min(max(i, SIDE / 2u) - SIDE / 2u, n - window_side(n));
}

// The first and the last position that see position j.
fn first_viewer(j: u32) -> u32 {
    return select(0u, j - SIDE / 2u, j >= SIDE);
}

fn last_viewer(j: u32, n: u32) -> u32 {
    return select(j + SIDE / 2u, n - 1u, j + SIDE >= n);
}

// Sample, row and column of a pixel counted over all pictures.
fn place_of(pixel: u32) -> vec3<u32> {
    let line = pixel / params.width;
    let sample = line / params.height;
    return vec3<u32>(sample, line - sample * params.height, pixel - line * params.width);
}

fn pixel_at(sample: u32, row: u32, column: u32) -> u32 {
    return (sample * params.height + row) * params.width + column;
}
