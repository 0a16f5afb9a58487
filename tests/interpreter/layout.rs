//! Values in words: one for each scalar, whatever its type. A bool is 0 or 1, and an f16 is kept as the f32 of the same value.

use half::f16;
use naga::{ArraySize, Expression, Handle, Literal, Module, Scalar, ScalarKind, Type, TypeInner};

/// Words of a value of a type, or of what a pointer points to.
pub fn words(module: &Module, inner: &TypeInner) -> usize {
    let of = |ty: Handle<Type>| words(module, &module.types[ty].inner);
    match *inner {
        TypeInner::Scalar(_) | TypeInner::Atomic(_) | TypeInner::ValuePointer { size: None, .. } => 1,
        TypeInner::Vector { size, .. } | TypeInner::ValuePointer { size: Some(size), .. } => size as usize,
        TypeInner::Matrix { columns, rows, .. } => columns as usize * rows as usize,
        TypeInner::CooperativeMatrix { columns, rows, .. } => columns as usize * rows as usize,
        TypeInner::Pointer { base, .. } => of(base),
        TypeInner::Array { base, size: ArraySize::Constant(length), .. } => length.get() as usize * of(base),
        TypeInner::Array { .. } => 0,
        TypeInner::Struct { ref members, .. } => members.iter().map(|member| of(member.ty)).sum(),
        _ => panic!("not interpreted: {inner:?}"),
    }
}

/// The scalars of a type, or of what a pointer points to; those of a structure count as u32.
pub fn scalar(module: &Module, inner: &TypeInner) -> Scalar {
    match *inner {
        TypeInner::Pointer { base, .. } | TypeInner::Array { base, .. } => scalar(module, &module.types[base].inner),
        TypeInner::CooperativeMatrix { scalar, .. } => scalar,
        _ => inner.scalar().unwrap_or(Scalar::U32),
    }
}

/// What a type's element or member `index` is preceded by, in words, and the words of one.
pub fn part(module: &Module, inner: &TypeInner, index: usize) -> usize {
    match *inner {
        TypeInner::Pointer { base, .. } => part(module, &module.types[base].inner, index),
        TypeInner::Struct { ref members, .. } => {
            members[..index].iter().map(|member| words(module, &module.types[member.ty].inner)).sum()
        }
        _ => index * element(module, inner),
    }
}

/// Words from one element to the next. In storage, a vector of three takes four.
pub fn element(module: &Module, inner: &TypeInner) -> usize {
    match *inner {
        TypeInner::Pointer { base, .. } => element(module, &module.types[base].inner),
        TypeInner::Array { base, size: ArraySize::Dynamic, stride } => {
            (stride / u32::from(scalar(module, &module.types[base].inner).width)) as usize
        }
        TypeInner::Array { base, .. } => words(module, &module.types[base].inner),
        TypeInner::Matrix { rows, .. } => rows as usize,
        _ => 1,
    }
}

/// Whether a type is a pointer to an array whose length follows from its binding.
pub fn is_in_storage(module: &Module, inner: &TypeInner) -> bool {
    matches!(*inner, TypeInner::Pointer { base, .. }
        if matches!(module.types[base].inner, TypeInner::Array { size: ArraySize::Dynamic, .. }))
}

/// How many elements a type has, or what a pointer points to; `None` for an array in storage.
pub fn length(module: &Module, inner: &TypeInner) -> Option<usize> {
    match *inner {
        TypeInner::Pointer { base, .. } => length(module, &module.types[base].inner),
        TypeInner::Array { size: ArraySize::Constant(length), .. } => Some(length.get() as usize),
        TypeInner::Array { .. } => None,
        TypeInner::Vector { size, .. } | TypeInner::ValuePointer { size: Some(size), .. } => Some(size as usize),
        TypeInner::Matrix { columns, .. } => Some(columns as usize),
        _ => panic!("has no elements: {inner:?}"),
    }
}

/// The words of a value of four-byte scalars that is laid out in bytes, as `Params` are.
pub fn from_bytes(module: &Module, inner: &TypeInner, bytes: &[u8], out: &mut Vec<u32>) {
    let member = |ty: Handle<Type>, offset: u32, out: &mut Vec<u32>| {
        from_bytes(module, &module.types[ty].inner, &bytes[offset as usize..], out);
    };
    match *inner {
        TypeInner::Struct { ref members, .. } => {
            members.iter().for_each(|found| member(found.ty, found.offset, out));
        }
        TypeInner::Array { base, size: ArraySize::Constant(length), stride } => {
            (0..length.get()).for_each(|i| member(base, i * stride, out));
        }
        TypeInner::Scalar(_) | TypeInner::Vector { .. } => {
            let scalars = bytes.chunks_exact(4).take(words(module, inner));
            out.extend(scalars.map(|scalar| u32::from_le_bytes(scalar.try_into().unwrap())));
        }
        _ => panic!("not interpreted in Params: {inner:?}"),
    }
}

/// The value of an expression, if it is constant.
pub fn constant(
    module: &Module,
    expressions: &naga::Arena<Expression>,
    expression: Handle<Expression>,
) -> Option<Vec<u32>> {
    let of = |handle| constant(module, expressions, handle);
    Some(match expressions[expression] {
        Expression::Literal(value) => vec![literal(value)],
        Expression::ZeroValue(ty) => vec![0; words(module, &module.types[ty].inner)],
        Expression::Constant(handle) => constant(module, &module.global_expressions, module.constants[handle].init)?,
        Expression::Splat { size, value } => of(value)?.repeat(size as usize),
        Expression::Compose { ref components, .. } => {
            components.iter().map(|&component| of(component)).collect::<Option<Vec<_>>>()?.concat()
        }
        _ => return None,
    })
}

fn literal(value: Literal) -> u32 {
    match value {
        Literal::F32(value) => value.to_bits(),
        Literal::F16(value) => value.to_f32().to_bits(),
        Literal::U32(value) => value,
        Literal::I32(value) => value as u32,
        Literal::Bool(value) => u32::from(value),
        _ => panic!("not interpreted: {value:?}"),
    }
}

/// A float as a scalar of its type holds it.
pub fn rounded(value: f32, scalar: Scalar) -> u32 {
    match scalar {
        Scalar { kind: ScalarKind::Float, width: 2 } => f16::from_f32(value).to_f32().to_bits(),
        _ => value.to_bits(),
    }
}
