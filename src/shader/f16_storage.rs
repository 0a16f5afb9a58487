//! f16 as a storage format of kernels that are written for f32: a pass over naga's intermediate representation.
//!
//! A kernel declares its bindings as arrays of f32, and all its arithmetic is f32. Where a launch binds an f16 tensor instead, [`store`]
//! declares that array as f16, converts each load from it to f32 and each value stored to it to f16. So every kernel runs on any mixture
//! of the two, exactly but for the rounding of its stores, and none is written twice.
//!
//! A binding that a kernel itself declares as f16 is unchanged and takes f16 tensors only.

use naga::{Expression, GlobalVariable, Handle, LocalVariable, Module, Scalar, ScalarKind, Span, Type, TypeInner};

use super::reflect::Binding;
use super::storage::{Appended, Elements, Format, Stored, convert};
use crate::dtype::Dtype;

/// f16 in place of f32.
const IN_F16: Format = Format {
    decode: |appended, raw, _| converted(appended, raw, Dtype::F32),
    encode: |appended, value| converted(appended, value, Dtype::F16),
    by_component: true,
};

/// Adapts a module to bindings whose tensors have the element types `stored`. Returns whether it changed.
///
/// # Errors
/// Names a binding that cannot be stored so.
pub fn store(module: &mut Module, bindings: &[Binding], stored: &[Dtype]) -> Result<bool, String> {
    let mut in_f16 = Stored::new();
    for (binding, &stored) in bindings.iter().zip(stored) {
        match (binding.dtype, stored) {
            (Some(declared), stored) if declared == stored => {}
            (Some(Dtype::F32), Dtype::F16) => {
                let ty = declare_f16(module, binding.variable);
                let name = Some(format!("{}_loaded", binding.name));
                let loaded = LocalVariable { name, ty, init: None };
                in_f16.insert(binding.variable, Elements { loaded, format: IN_F16 });
            }
            _ => return Err(format!("the binding {} takes no {}: {binding:?}", binding.name, stored.name())),
        }
    }
    if in_f16.is_empty() {
        return Ok(false);
    }
    if convert(module, &in_f16) {
        Ok(true)
    } else {
        Err("a function or a matrix unit is given a pointer into a binding in f16".to_owned())
    }
}

/// Declares an array as f16. Returns the type that its elements had.
fn declare_f16(module: &mut Module, array: Handle<GlobalVariable>) -> Handle<Type> {
    let declared = module.types[module.global_variables[array].ty].inner.clone();
    let TypeInner::Array { base: full, size, .. } = declared else { unreachable!("a binding is an array") };
    let (inner, aligned) = match module.types[full].inner {
        TypeInner::Vector { size, .. } => {
            (TypeInner::Vector { size, scalar: Scalar::F16 }, (size as u32).next_power_of_two())
        }
        _ => (TypeInner::Scalar(Scalar::F16), 1),
    };
    let mut ty = |inner| module.types.insert(Type { name: None, inner }, Span::UNDEFINED);
    let base = ty(inner);
    module.global_variables[array].ty = ty(TypeInner::Array { base, size, stride: 2 * aligned });
    full
}

fn converted(appended: &mut Appended<'_>, expr: Handle<Expression>, to: Dtype) -> Handle<Expression> {
    appended.append(Expression::As { expr, kind: ScalarKind::Float, convert: Some(to.bytes() as u8) })
}

#[cfg(test)]
mod tests {
    use crate::dtype::Dtype::{self, F16, F32, U32};
    use crate::shader::Parsed;

    const BINDINGS: &str = "\
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> at: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<vec4<f32>>;
struct Pair { x: array<f32, 2> }
fn first() -> f32 { return y[0]; }
";
    const STORED: [Dtype; 4] = [F16, U32, F16, F16];

    /// A kernel of these statements.
    fn kernel(body: &str) -> String {
        format!("{BINDINGS}@compute @workgroup_size(1)\nfn main() {{\n{body}\n}}\n")
    }

    /// The statements become these lines, except for declarations of variables, where x, y and z are in f16.
    #[track_caller]
    fn becomes(body: &str, expected: &str) {
        let parsed = Parsed::new(kernel(body), &STORED).unwrap();
        let text = parsed.wgsl().unwrap();
        let body = renumbered(text.split_once("fn main() {").unwrap().1);
        let dropped = |line: &&str| !line.starts_with("var ") && !["", "}", "return;"].contains(line);
        let found: Vec<&str> = body.lines().map(str::trim).filter(dropped).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).collect();
        assert_eq!(found.join(" "), expected.join(" "), "in\n{text}");
    }

    /// The text with naga's names of values, `_e17`, replaced by `_0`, `_1`, ... in their order.
    fn renumbered(text: &str) -> String {
        let mut numbers = Vec::new();
        let mut pieces = text.split("_e");
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (number, rest) = piece.split_at(piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len()));
            let known = numbers.iter().position(|&known| known == number);
            let place = known.unwrap_or_else(|| {
                numbers.push(number);
                numbers.len() - 1
            });
            out += &format!("_{place}{rest}");
        }
        out
    }

    #[test]
    fn loads_and_stores_are_converted() {
        becomes("z[0] = x[1];", "let _0 = x[1]; x_loaded = vec4<f32>(_0); let _1 = x_loaded; z[0] = vec4<f16>(_1);");
        becomes("y[1] += 2.0;", "let _0 = y[1]; y_loaded = f32(_0); let _1 = y_loaded; y[1] = f16((_1 + 2f));");
    }

    #[test]
    fn the_largest_number_is_written_exactly() {
        becomes("y[0] = min(f32(at[0]), 3.4028234e38);", "let _0 = at[0]; y[0] = f16(min(f32(_0), 0x1.fffffep+127f));");
    }

    #[test]
    fn components_are_of_converted_vectors() {
        becomes("y[0] = x[1].y;", "let _0 = x[1]; x_loaded = vec4<f32>(_0); let _1 = x_loaded.y; y[0] = f16(_1);");
        becomes("z[2].w = 3.0;", "z[2].w = f16(3f);");
        becomes(
            "z[at[0]][at[1]] *= 2.0;",
            "let _0 = at[0];
             let _1 = at[1];
             let _2 = z[_0]; z_loaded = vec4<f32>(_2); let _3 = z_loaded[_1];
             z[_0][_1] = f16((_3 * 2f));",
        );
        becomes(
            "let p = &x[1]; y[0] = (*p).x + p.y;",
            "let _0 = x[1]; x_loaded = vec4<f32>(_0); let _1 = x_loaded.x;
             let _2 = x[1]; x_loaded = vec4<f32>(_2); let _3 = x_loaded.y;
             y[0] = f16((_1 + _3));",
        );
    }

    #[test]
    fn indices_may_hold_loads() {
        becomes(
            "y[at[0]] = max(x[at[1] + 2u].y, y[u32(y[3])]);",
            "let _0 = at[0];
             let _1 = at[1];
             let _2 = x[(_1 + 2u)]; x_loaded = vec4<f32>(_2); let _3 = x_loaded.y;
             let _4 = y[3]; y_loaded = f32(_4); let _5 = y_loaded;
             let _6 = y[u32(_5)]; y_loaded = f32(_6); let _7 = y_loaded;
             y[_0] = f16(max(_3, _7));",
        );
    }

    #[test]
    fn blocks_are_converted() {
        becomes(
            "if y[0] < 1.0 { y[1] = 0.0; } else { y[arrayLength(&y) - 1u] = 1.0; }",
            "let _0 = y[0]; y_loaded = f32(_0); let _1 = y_loaded;
             if (_1 < 1f) {
             y[1] = f16(0f);
             } else {
             y[(arrayLength((&y)) - 1u)] = f16(1f);",
        );
        becomes(
            "var i = 0u; loop { if y[i] > 1.0 { break; } continuing { i += u32(y[i]); } }",
            "loop {
             let _0 = i;
             let _1 = y[_0]; y_loaded = f32(_1); let _2 = y_loaded;
             if (_2 > 1f) {
             break;
             continuing {
             let _3 = i;
             let _4 = i;
             let _5 = y[_4]; y_loaded = f32(_5); let _6 = y_loaded;
             i = (_3 + u32(_6));",
        );
        becomes(
            "switch at[0] { case 0u: { y[1] = 1.0; } default: { y[0] = x[0].w; } }",
            "let _0 = at[0];
             switch _0 {
             case 0u: {
             y[1] = f16(1f);
             default: {
             let _1 = x[0]; x_loaded = vec4<f32>(_1); let _2 = x_loaded.w;
             y[0] = f16(_2);",
        );
    }

    #[test]
    fn fields_and_locals_with_the_name_of_a_binding_are_not() {
        becomes("var p: Pair; p.x[1] = 3.0; y[0] = p.x[1];", "p.x[1] = 3f; let _0 = p.x[1]; y[0] = f16(_0);");
        becomes("let x = vec2(1.0, 2.0); y[0] = x[1];", "let x_1 = vec2<f32>(1f, 2f); y[0] = f16(x_1.y);");
    }

    #[test]
    fn functions_and_declarations_are_converted() {
        let text = renumbered(&Parsed::new(kernel("y[1] = first();"), &STORED).unwrap().wgsl().unwrap());
        assert!(
            text.contains("let _0 = y[0];\n    y_loaded_1 = f32(_0);\n    let _1 = y_loaded_1;\n    return _1;"),
            "{text}"
        );
        let again = Parsed::new(text, &STORED).unwrap();
        assert!(!again.converted, "the text is one for f16");
        assert!(Parsed::new(again.text, &[F32, U32, F16, F16]).is_err());
    }

    #[test]
    fn a_kernel_for_f32_alone_is_unchanged() {
        let parsed = Parsed::new(kernel("y[1] = y[0];"), &[F32, U32, F32, F32]).unwrap();
        assert!(!parsed.converted && parsed.wgsl().unwrap() == kernel("y[1] = y[0];"));
        let error = Parsed::new(kernel(""), &[F32; 4]).unwrap_err();
        assert!(error.starts_with("the binding at takes no f32"), "{error}");
    }

    #[test]
    fn a_pointer_that_is_an_argument_is_refused() {
        let square = "fn square(p: ptr<function, f32>) -> f32 { return *p * *p; }\n";
        let error = Parsed::new(square.to_owned() + &kernel("y[0] = square(&y[1]);"), &STORED).unwrap_err();
        assert!(error.ends_with("a pointer into a binding in f16"), "{error}");
    }
}
