//! Pairs of f32 as single integers of 64 bits: a format of bindings for drivers whose time to compile a load grows with its components.
//!
//! An array of `vec4<f32>` is declared as one of `vec2<u64>`, and an array of `vec2<f32>` as one of `u64`. Bytes in memory and values in
//! kernels are the same.

use naga::{
    BinaryOperator, Expression, GlobalVariable, Handle, Literal, LocalVariable, Module, Scalar, ScalarKind, Span,
    SwizzleComponent, Type, TypeInner, VectorSize,
};

use super::reflect::Binding;
use super::storage::{Appended, Elements, Format, Stored, convert};

/// One integer in place of a `vec2<f32>`.
const ONE: Format = Format {
    decode: |appended, raw, ty| {
        let by = appended.literal(Literal::U32(32));
        let components = halves(appended, raw, by).to_vec();
        appended.append(Expression::Compose { ty, components })
    },
    encode: |appended, value| {
        let by = appended.literal(Literal::U32(32));
        let [low, high] = [0, 1].map(|index| appended.append(Expression::AccessIndex { base: value, index }));
        joined(appended, low, high, by)
    },
    by_component: false,
};

/// Two integers in place of a `vec4<f32>`.
const TWO: Format = Format {
    decode: |appended, raw, ty| {
        let by = twice_32(appended);
        let [low, high] = halves(appended, raw, by);
        let components = [(low, 0), (high, 0), (low, 1), (high, 1)]
            .map(|(base, index)| appended.append(Expression::AccessIndex { base, index }));
        appended.append(Expression::Compose { ty, components: components.to_vec() })
    },
    encode: |appended, value| {
        use SwizzleComponent::{W, X, Y, Z};
        let by = twice_32(appended);
        let [low, high] = [[X, Z, X, X], [Y, W, X, X]]
            .map(|pattern| appended.append(Expression::Swizzle { size: VectorSize::Bi, vector: value, pattern }));
        joined(appended, low, high, by)
    },
    by_component: false,
};

/// Declares the arrays of `vec4<f32>` and `vec2<f32>` among the bindings so, and converts their loads and stores. Returns whether the module
/// changed: it has such an array, and no kernel stores a component of it alone or gives a function a pointer into it.
pub fn pair(module: &mut Module, bindings: &[Binding]) -> bool {
    let mut paired = module.clone();
    let stored: Stored = bindings
        .iter()
        .filter_map(|binding| {
            let (ty, format) = declare(&mut paired, binding.variable)?;
            let name = Some(format!("{}_loaded", binding.name));
            Some((binding.variable, Elements { loaded: LocalVariable { name, ty, init: None }, format }))
        })
        .collect();
    let changed = !stored.is_empty() && convert(&mut paired, &stored);
    if changed {
        *module = paired;
    }
    changed
}

/// Declares an array as integers. Returns the type that its elements had, and their format.
fn declare(module: &mut Module, array: Handle<GlobalVariable>) -> Option<(Handle<Type>, Format)> {
    let TypeInner::Array { base: full, size, stride } = module.types[module.global_variables[array].ty].inner else {
        return None;
    };
    let (inner, format) = match module.types[full].inner {
        TypeInner::Vector { size: VectorSize::Bi, scalar: Scalar::F32 } => (TypeInner::Scalar(Scalar::U64), ONE),
        TypeInner::Vector { size: VectorSize::Quad, scalar: Scalar::F32 } => {
            (TypeInner::Vector { size: VectorSize::Bi, scalar: Scalar::U64 }, TWO)
        }
        _ => return None,
    };
    let mut ty = |inner| module.types.insert(Type { name: None, inner }, Span::UNDEFINED);
    let base = ty(inner);
    module.global_variables[array].ty = ty(TypeInner::Array { base, size, stride });
    Some((full, format))
}

/// The first and the second f32 of each integer. `by`: 32 for each.
fn halves(appended: &mut Appended<'_>, raw: Handle<Expression>, by: Handle<Expression>) -> [Handle<Expression>; 2] {
    let shifted = appended.append(Expression::Binary { op: BinaryOperator::ShiftRight, left: raw, right: by });
    [raw, shifted].map(|expr| {
        let expr = appended.append(Expression::As { expr, kind: ScalarKind::Uint, convert: Some(4) });
        appended.append(Expression::As { expr, kind: ScalarKind::Float, convert: None })
    })
}

/// Integers of first and second f32. `by`: 32 for each.
fn joined(
    appended: &mut Appended<'_>,
    low: Handle<Expression>,
    high: Handle<Expression>,
    by: Handle<Expression>,
) -> Handle<Expression> {
    let [low, high] = [low, high].map(|expr| {
        let expr = appended.append(Expression::As { expr, kind: ScalarKind::Uint, convert: None });
        appended.append(Expression::As { expr, kind: ScalarKind::Uint, convert: Some(8) })
    });
    let high = appended.append(Expression::Binary { op: BinaryOperator::ShiftLeft, left: high, right: by });
    appended.append(Expression::Binary { op: BinaryOperator::InclusiveOr, left: low, right: high })
}

fn twice_32(appended: &mut Appended<'_>) -> Handle<Expression> {
    let value = appended.literal(Literal::U32(32));
    appended.append(Expression::Splat { size: VectorSize::Bi, value })
}

#[cfg(test)]
mod tests {
    use crate::dtype::Dtype::F32;
    use crate::shader::Parsed;

    /// The text of a kernel of these statements, if it changed.
    fn paired(body: &str) -> Option<String> {
        let text = format!(
            "@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
             @group(0) @binding(1) var<storage, read_write> y: array<vec2<f32>>;
             @group(0) @binding(2) var<storage, read_write> z: array<f32>;
             @compute @workgroup_size(1) fn main() {{ {body} }}"
        );
        let mut parsed = Parsed::new(text, &[F32; 3]).unwrap();
        parsed.pair().then(|| parsed.wgsl().unwrap())
    }

    #[test]
    fn vectors_become_integers_and_numbers_do_not() {
        let text = paired("y[1] = x[2].zw + y[0]; z[0] = x[3].y;").unwrap();
        for line in ["x: array<vec2<u64>>", "y: array<u64>", "z: array<f32>", "y[1] = (u64(bitcast<u32>("] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn a_component_is_not_stored_alone() {
        assert_eq!(paired("y[1].x = z[0];"), None);
        assert_eq!(paired("z[0] = 1.0; z[1] = z[2];").map(|text| text.contains("z: array<f32>")), Some(true));
    }
}
