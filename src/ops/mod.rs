//! One file per operation: shapes, dispatch, backward.
