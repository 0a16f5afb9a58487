//! Kernels whose indices are checked, for tests: one beyond the end of a binding becomes the last one.
//!
//! wgpu has such checks too, but leaves them to the driver where it promises to check storage buffers, as software Vulkan does:
//! that drops a store beyond the end, and reads zero. So a kernel that gives other bits with these checks has a wrong index.

use super::f16_storage::{end_of, is_word};
use super::reflect::Binding;

/// The text with each index of a binding restricted to its length.
pub fn restrict(mut text: &str, bindings: &[Binding]) -> String {
    let mut out = String::with_capacity(2 * text.len());
    while let Some(start) = text.find(|c: char| c == '/' || is_word(c)) {
        out.push_str(&text[..start]);
        text = &text[start..];
        let length = match text {
            _ if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
            _ if text.starts_with('/') => 1,
            _ => text.find(|c| !is_word(c)).unwrap_or(text.len()),
        };
        let word;
        (word, text) = text.split_at(length);
        let is_binding = bindings.iter().any(|binding| binding.name == word) && !out.ends_with(['.', '&']);
        out.push_str(word);
        if let Some(rest) = text.strip_prefix('[').filter(|_| is_binding) {
            let (index, rest) = rest.split_at(end_of(rest, ']'));
            let index = restrict(index, bindings);
            out.push_str(&format!("[min({index}, arrayLength(&{word}) - 1u)"));
            text = rest;
        }
    }
    out + text
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
