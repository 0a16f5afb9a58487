//! Iterators over all cores. A browser's tab has one.

#[cfg(not(target_arch = "wasm32"))]
pub use rayon::prelude::*;

/// Items in order.
#[cfg(target_arch = "wasm32")]
pub trait IntoParallelIterator: IntoIterator + Sized {
    /// The items.
    fn into_par_iter(self) -> Self::IntoIter {
        self.into_iter()
    }
}

#[cfg(target_arch = "wasm32")]
impl<T: IntoIterator> IntoParallelIterator for T {}

/// Items by reference, in order.
#[cfg(target_arch = "wasm32")]
pub trait IntoParallelRefIterator<T> {
    /// The items.
    fn par_iter(&self) -> std::slice::Iter<'_, T>;
}

#[cfg(target_arch = "wasm32")]
impl<T> IntoParallelRefIterator<T> for [T] {
    fn par_iter(&self) -> std::slice::Iter<'_, T> {
        self.iter()
    }
}
