//! f16 as a storage format of kernels that are written for f32.
//!
//! A kernel's text declares its bindings as arrays of f32, and all its arithmetic is f32. Where a launch binds an f16 tensor
//! instead, [`store`] declares that array as f16, converts each load from it to f32 and each value stored to it to f16. So every
//! kernel runs on any mixture of the two, exactly but for the rounding of its stores, and none is written twice.
//!
//! A binding that a kernel itself declares as f16 is unchanged and takes f16 tensors only.

use super::reflect::Binding;
use super::words::{end_of, is_word, may_be_binding, rewritten};
use crate::dtype::Dtype;

/// The text of a kernel for bindings whose tensors have the element types `stored`.
///
/// # Errors
/// Names a binding that cannot be stored so.
pub fn store(wgsl: &str, bindings: &[Binding], stored: &[Dtype]) -> Result<String, String> {
    let mut in_f16 = Vec::new();
    for (binding, &stored) in bindings.iter().zip(stored) {
        match (binding.dtype, stored) {
            (Some(declared), stored) if declared == stored => {}
            (Some(Dtype::F32), Dtype::F16) => in_f16.push(binding),
            _ => return Err(format!("the binding {} takes no {}: {binding:?}", binding.name, stored.name())),
        }
    }
    if in_f16.is_empty() {
        return Ok(wgsl.to_owned());
    }
    let enable = if wgsl.contains("enable f16;") { "" } else { "enable f16;\n" };
    Ok(format!("{enable}{}", converted(wgsl, &in_f16)))
}

/// The WGSL type of `width` scalars.
fn vector(number: Dtype, width: u8) -> String {
    match width {
        1 => number.name().to_owned(),
        _ => format!("vec{width}<{}>", number.name()),
    }
}

/// The text with all declarations, loads and stores of `in_f16` converted.
fn converted(text: &str, in_f16: &[&Binding]) -> String {
    rewritten(text, |before, word, rest| {
        let binding = in_f16.iter().find(|binding| binding.name == word).filter(|_| may_be_binding(before))?;
        match rest.strip_prefix(": array<") {
            Some(rest) if before.ends_with("> ") => Some((declared(binding), rest.split_once(';')?.1)),
            _ => used(binding, rest, in_f16),
        }
    })
}

fn declared(binding: &Binding) -> String {
    format!("{}: array<{}>;", binding.name, vector(Dtype::F16, binding.width))
}

/// The converted load or store that begins with a binding's name, and the text after it; `None` if there is neither.
fn used<'a>(binding: &Binding, text: &'a str, in_f16: &[&Binding]) -> Option<(String, &'a str)> {
    let (half, full) = (vector(Dtype::F16, binding.width), vector(Dtype::F32, binding.width));
    let (index, rest) = text.strip_prefix('[')?.split_at(end_of(&text[1..], ']'));
    let place = format!("{}[{}]", binding.name, converted(index, in_f16));
    let load = (format!("{full}({place})"), &rest[1..]);
    let rest = load.1;
    let (component, operator) = rest.split_at(rest.find(|c| c != '.' && !is_word(c)).unwrap_or(rest.len()));
    let Some((operation, value)) = operator.trim_start().split_once('=') else { return Some(load) };
    if value.starts_with('=') || !["", "+", "-", "*", "/"].contains(&operation) {
        return Some(load);
    }
    let (value, rest) = value.split_at(end_of(value, ';'));
    let (place, value) = (format!("{place}{component}"), converted(value.trim(), in_f16));
    let (half, full) = if component.is_empty() { (half.as_str(), full.as_str()) } else { ("f16", "f32") };
    let stored = match operation {
        "" => format!("{place} = {half}({value})"),
        _ => format!("{place} = {half}({full}({place}) {operation} ({value}))"),
    };
    Some((stored, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shader::reflect::reflect;

    const KERNEL: &str = "\
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // x[i]
@group(0) @binding(1) var<storage, read> at: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<vec4<f32>>;
struct Pair { x: array<f32, 2> }
@compute @workgroup_size(1)
fn main() {
    var p: Pair;
    y[at[0]] = max(x[at[1] + 2u].y, y[u32(y[3])]) / p.x[1];
    y[1] += x[0].x - 1.0;
    z[2].w = y[4];
    z[0] = x[1];
    if y[0] == y[1] && y[2] <= 1.0 { y[0] = 0.0; }
}
";

    #[test]
    fn loads_and_stores_are_converted_and_nothing_else() {
        let (bindings, _) = reflect(KERNEL).unwrap();
        let text = store(KERNEL, &bindings, &[Dtype::F16, Dtype::U32, Dtype::F16, Dtype::F16]).unwrap();
        for line in [
            "enable f16;",
            "@group(0) @binding(0) var<storage, read> x: array<vec4<f16>>; // x[i]",
            "struct Pair { x: array<f32, 2> }",
            "    y[at[0]] = f16(max(vec4<f32>(x[at[1] + 2u]).y, f32(y[u32(f32(y[3]))])) / p.x[1]);",
            "    y[1] = f16(f32(y[1]) + (vec4<f32>(x[0]).x - 1.0));",
            "    z[2].w = f16(f32(y[4]));",
            "    z[0] = vec4<f16>(vec4<f32>(x[1]));",
            "    if f32(y[0]) == f32(y[1]) && f32(y[2]) <= 1.0 { y[0] = f16(0.0); }",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
        }
        let (bindings, _) = reflect(&text).unwrap();
        let dtypes: Vec<_> = bindings.iter().map(|binding| binding.dtype.unwrap()).collect();
        assert_eq!(dtypes, [Dtype::F16, Dtype::U32, Dtype::F16, Dtype::F16]);
    }

    #[test]
    fn a_kernel_for_f32_alone_stays_as_it_is() {
        let (bindings, _) = reflect(KERNEL).unwrap();
        let plain = [Dtype::F32, Dtype::U32, Dtype::F32, Dtype::F32];
        assert_eq!(store(KERNEL, &bindings, &plain).unwrap(), KERNEL);
        let error = store(KERNEL, &bindings, &[Dtype::F32; 4]).unwrap_err();
        assert!(error.starts_with("the binding at takes no f32"), "{error}");
    }
}
