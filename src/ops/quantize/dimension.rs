//! The dimension D of vectors and codes.

/// Kernels hold a vector in named variables; a larger one would not fit a GPU's registers.
const LARGEST: usize = 64;

/// Checks the dimension of vectors and codes, and gives it as a template constant.
#[track_caller]
pub(super) fn dimension(op: &str, d: usize) -> (&'static str, u32) {
    assert!((1..=LARGEST).contains(&d), "{op}: the dimension is {d}, but has to be 1 to {LARGEST}");
    ("d", d as u32)
}

/// Loads per vector, of four elements where four divides `d`, else of one.
pub(super) fn loads_per_vector(d: usize) -> usize {
    if d.is_multiple_of(4) { d / 4 } else { d }
}
