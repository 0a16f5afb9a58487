//! Kernels whose indices are checked, for tests: one beyond the end of a binding becomes the last one.
//!
//! wgpu has such checks too, but leaves them to the driver where it promises to check storage buffers, as software Vulkan does:
//! that drops a store beyond the end, and reads zero. So a kernel that gives other bits with these checks has a wrong index.

use super::reflect::Binding;
use super::words::{end_of, may_be_binding, rewritten};

/// The text with each index of a binding restricted to its length.
pub fn restrict(text: &str, bindings: &[Binding]) -> String {
    rewritten(text, |before, word, rest| {
        let is_binding = bindings.iter().any(|binding| binding.name == word) && may_be_binding(before);
        let rest = rest.strip_prefix('[').filter(|_| is_binding)?;
        let (index, rest) = rest.split_at(end_of(rest, ']'));
        Some((format!("{word}[min({}, arrayLength(&{word}) - 1u)", restrict(index, bindings)), rest))
    })
}

#[cfg(test)]
mod tests {
    use super::restrict;
    use crate::shader::reflect::reflect;

    #[test]
    fn indices_of_bindings_are_restricted_and_no_others() {
        let text = "\
@group(0) @binding(0) var<storage, read> at: array<u32>; // at[i]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> shared_y: array<f32, 4>;
@compute @workgroup_size(1)
fn main() {
    y[at[1] + 2u] = shared_y[3] + y[0];
}
";
        let (bindings, _) = reflect(text).unwrap();
        let restricted = restrict(text, &bindings);
        let line = "    y[min(at[min(1, arrayLength(&at) - 1u)] + 2u, arrayLength(&y) - 1u)] = shared_y[3] + y[min(0, arrayLength(&y) - 1u)];";
        assert!(restricted.lines().any(|found| found == line), "{restricted}");
        assert_eq!(restricted.lines().count(), text.lines().count());
        reflect(&restricted).unwrap();
    }
}
