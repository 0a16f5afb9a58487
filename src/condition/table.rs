//! A table of rows, as a checkpoint of a flow holds it.

use super::Row;

/// The bytes of all rows, one after the other. All rows have as many beats and bars.
pub fn to_bytes(rows: &[Row]) -> Vec<u8> {
    rows.iter().flat_map(Row::to_bytes).collect()
}

/// The rows of [`to_bytes`].
///
/// # Errors
/// One clause if the bytes are not a number of rows, or the number and the fault of the first row that cannot be read.
pub fn of_bytes(bytes: &[u8], beats: usize, bars: usize) -> Result<Vec<Row>, String> {
    let size = Row::size(beats, bars);
    if !bytes.len().is_multiple_of(size) {
        return Err(format!(
            "the table of conditions has {} bytes, which is not a number of rows of {size}",
            bytes.len()
        ));
    }
    let read = |(index, bytes)| Row::of_bytes(bytes, beats, bars).map_err(|fault| format!("row {index}: {fault}"));
    bytes.chunks_exact(size).enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let row = |index| Row::of(&corpus::compose(1, index).merged().window(0, 128), 0);
        let mut bytes = to_bytes(&[row(0), row(1), row(2)]);
        assert_eq!(bytes.len(), 3 * 161);
        let rows = of_bytes(&bytes, 32, 8).unwrap();
        assert_eq!((rows.len(), to_bytes(&rows)), (3, bytes.clone()));
        assert_eq!(of_bytes(&[], 32, 8), Ok(Vec::new()));
        assert!(of_bytes(&bytes[1..], 32, 8).unwrap_err().contains("482 bytes"));
        bytes[161 + 1] = 0xDF;
        assert!(of_bytes(&bytes, 32, 8).unwrap_err().starts_with("row 1: "));
    }
}
