//! Rows of D numbers, in named variables of four.

/// Numbers per row that the kernels write out as named variables; more would not fit a GPU's registers.
const LARGEST_DIMENSION: usize = 64;

/// Checks the dimension of rows and codes.
#[track_caller]
pub(super) fn dimension(op: &str, d: usize) -> (&'static str, u32) {
    assert!(
        (1..=LARGEST_DIMENSION).contains(&d),
        "{op}: rows of {d} numbers, at most {LARGEST_DIMENSION} are possible"
    );
    ("d", d as u32)
}

/// Values of four (or, where four does not divide `d`, of one) in a row of `d` numbers.
pub(super) fn values_per_row(d: usize) -> usize {
    if d.is_multiple_of(4) { d / 4 } else { d }
}
