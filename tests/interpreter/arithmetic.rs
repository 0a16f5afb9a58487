//! Operations on the words of all invocations at once, component by component.

use naga::{BinaryOperator, MathFunction, Scalar, ScalarKind, UnaryOperator};

use super::accuracy;
use super::layout::rounded;

/// Words of several components of `n` invocations each. A single component stands for as many as others have.
type Words<'a> = &'a [u32];

fn float(word: u32) -> f32 {
    f32::from_bits(word)
}

fn component(words: Words<'_>, number: usize, n: usize) -> Words<'_> {
    let first = number * n % words.len();
    &words[first..first + n]
}

fn map(out: &mut [u32], a: Words<'_>, operation: impl Fn(u32) -> u32) {
    out.iter_mut().zip(a).for_each(|(out, &a)| *out = operation(a));
}

fn map2(out: &mut [u32], n: usize, [a, b]: [Words<'_>; 2], operation: impl Fn(u32, u32) -> u32) {
    for (c, out) in out.chunks_exact_mut(n).enumerate() {
        let operands = component(a, c, n).iter().zip(component(b, c, n));
        out.iter_mut().zip(operands).for_each(|(out, (&a, &b))| *out = operation(a, b));
    }
}

fn map3(out: &mut [u32], n: usize, [a, b, c]: [Words<'_>; 3], operation: impl Fn(u32, u32, u32) -> u32) {
    for (number, out) in out.chunks_exact_mut(n).enumerate() {
        let [a, b, c] = [a, b, c].map(|words| component(words, number, n));
        for (i, out) in out.iter_mut().enumerate() {
            *out = operation(a[i], b[i], c[i]);
        }
    }
}

/// `if condition { accept } else { reject }`, by component.
pub fn select(out: &mut [u32], n: usize, [condition, accept, reject]: [Words<'_>; 3]) {
    map3(out, n, [condition, accept, reject], |condition, accept, reject| if condition != 0 { accept } else { reject });
}

pub fn unary(out: &mut [u32], operator: UnaryOperator, scalar: Scalar, a: Words<'_>) {
    match (operator, scalar.kind) {
        (UnaryOperator::Negate, ScalarKind::Float) => map(out, a, |a| (-float(a)).to_bits()),
        (UnaryOperator::Negate, _) => map(out, a, u32::wrapping_neg),
        (UnaryOperator::LogicalNot, _) => map(out, a, |a| a ^ 1),
        (UnaryOperator::BitwiseNot, _) => map(out, a, |a| !a),
    }
}

/// `scalar` is that of the operands.
pub fn binary(out: &mut [u32], n: usize, operator: BinaryOperator, scalar: Scalar, operands: [Words<'_>; 2]) {
    match scalar.kind {
        ScalarKind::Float => of_floats(out, n, operator, scalar, operands),
        ScalarKind::Sint => of_signed(out, n, operator, operands),
        _ => of_unsigned(out, n, operator, operands),
    }
}

fn of_floats(out: &mut [u32], n: usize, operator: BinaryOperator, scalar: Scalar, operands: [Words<'_>; 2]) {
    use BinaryOperator as Op;
    let mut compare = |test: fn(&f32, &f32) -> bool| {
        map2(out, n, operands, |a, b| u32::from(test(&float(a), &float(b))));
    };
    match operator {
        Op::Equal => return compare(f32::eq),
        Op::NotEqual => return compare(f32::ne),
        Op::Less => return compare(f32::lt),
        Op::LessEqual => return compare(f32::le),
        Op::Greater => return compare(f32::gt),
        Op::GreaterEqual => return compare(f32::ge),
        Op::Add => map2(out, n, operands, |a, b| (float(a) + float(b)).to_bits()),
        Op::Subtract => map2(out, n, operands, |a, b| (float(a) - float(b)).to_bits()),
        Op::Multiply => map2(out, n, operands, |a, b| (float(a) * float(b)).to_bits()),
        Op::Divide if accuracy::any() => {
            map2(out, n, operands, |a, b| accuracy::divide(float(a), float(b)).to_bits());
        }
        Op::Divide => map2(out, n, operands, |a, b| (float(a) / float(b)).to_bits()),
        Op::Modulo => map2(out, n, operands, |a, b| (float(a) % float(b)).to_bits()),
        _ => panic!("not interpreted: {operator:?} of floats"),
    }
    round(out, scalar);
}

/// Rounds floats to their type.
fn round(out: &mut [u32], scalar: Scalar) {
    if scalar.width == 2 {
        out.iter_mut().for_each(|word| *word = rounded(float(*word), scalar));
    }
}

fn of_signed(out: &mut [u32], n: usize, operator: BinaryOperator, operands: [Words<'_>; 2]) {
    use BinaryOperator as Op;
    let mut by = |operation: fn(i32, i32) -> i32| map2(out, n, operands, |a, b| operation(a as i32, b as i32) as u32);
    match operator {
        Op::Divide => by(|a, b| a.checked_div(b).unwrap_or(a)),
        Op::Modulo => by(|a, b| a.checked_rem(b).unwrap_or(0)),
        Op::Less => by(|a, b| i32::from(a < b)),
        Op::LessEqual => by(|a, b| i32::from(a <= b)),
        Op::Greater => by(|a, b| i32::from(a > b)),
        Op::GreaterEqual => by(|a, b| i32::from(a >= b)),
        Op::ShiftRight => by(|a, b| a.wrapping_shr(b as u32)),
        _ => of_unsigned(out, n, operator, operands),
    }
}

/// Of bools too.
fn of_unsigned(out: &mut [u32], n: usize, operator: BinaryOperator, operands: [Words<'_>; 2]) {
    use BinaryOperator as Op;
    match operator {
        Op::Add => map2(out, n, operands, u32::wrapping_add),
        Op::Subtract => map2(out, n, operands, u32::wrapping_sub),
        Op::Multiply => map2(out, n, operands, u32::wrapping_mul),
        Op::Divide => map2(out, n, operands, |a, b| a.checked_div(b).unwrap_or(a)),
        Op::Modulo => map2(out, n, operands, |a, b| a.checked_rem(b).unwrap_or(0)),
        Op::Equal => map2(out, n, operands, |a, b| u32::from(a == b)),
        Op::NotEqual => map2(out, n, operands, |a, b| u32::from(a != b)),
        Op::Less => map2(out, n, operands, |a, b| u32::from(a < b)),
        Op::LessEqual => map2(out, n, operands, |a, b| u32::from(a <= b)),
        Op::Greater => map2(out, n, operands, |a, b| u32::from(a > b)),
        Op::GreaterEqual => map2(out, n, operands, |a, b| u32::from(a >= b)),
        Op::And | Op::LogicalAnd => map2(out, n, operands, |a, b| a & b),
        Op::InclusiveOr | Op::LogicalOr => map2(out, n, operands, |a, b| a | b),
        Op::ExclusiveOr => map2(out, n, operands, |a, b| a ^ b),
        Op::ShiftLeft => map2(out, n, operands, u32::wrapping_shl),
        Op::ShiftRight => map2(out, n, operands, u32::wrapping_shr),
    }
}

/// `scalar` is that of the operands; those that are absent are empty.
pub fn math(out: &mut [u32], n: usize, function: MathFunction, scalar: Scalar, [a, b, c]: [Words<'_>; 3]) {
    if function == MathFunction::Dot {
        return dot(out, n, scalar, [a, b]);
    }
    match scalar.kind {
        ScalarKind::Float => math_of_floats(out, n, function, [a, b, c]),
        ScalarKind::Sint => math_of_signed(out, n, function, [a, b, c]),
        _ => math_of_unsigned(out, n, function, [a, b, c]),
    }
    if scalar.kind == ScalarKind::Float {
        round(out, scalar);
    }
}

fn math_of_floats(out: &mut [u32], n: usize, function: MathFunction, [a, b, c]: [Words<'_>; 3]) {
    use MathFunction as Math;
    if accuracy::any() {
        match (function, accuracy::of_one(function)) {
            (Math::Pow, _) => return map2(out, n, [a, b], |a, b| accuracy::pow(float(a), float(b)).to_bits()),
            (Math::Fma, _) => {
                return map3(out, n, [a, b, c], |a, b, c| accuracy::fma(float(a), float(b), float(c)).to_bits());
            }
            (_, Some(of_one)) => return map(out, a, |a| of_one(float(a)).to_bits()),
            _ => {}
        }
    }
    let of_one: fn(f32) -> f32 = match function {
        Math::Abs => f32::abs,
        Math::Ceil => f32::ceil,
        Math::Floor => f32::floor,
        Math::Round => f32::round_ties_even,
        Math::Trunc => f32::trunc,
        Math::Exp => f32::exp,
        Math::Exp2 => f32::exp2,
        Math::Log => f32::ln,
        Math::Log2 => f32::log2,
        Math::Sin => f32::sin,
        Math::Cos => f32::cos,
        Math::Tanh => f32::tanh,
        Math::Sqrt => f32::sqrt,
        Math::InverseSqrt => |x| 1.0 / x.sqrt(),
        Math::Fract => |x| x - x.floor(),
        Math::Sign => |x| if x == 0.0 { 0.0 } else { x.signum() },
        // Of a NaN and a number, GPUs return either; software Vulkan, on which all cases run too, returns the number.
        Math::Min => return map2(out, n, [a, b], |a, b| or_nan([a, b], f32::min).to_bits()),
        Math::Max => return map2(out, n, [a, b], |a, b| or_nan([a, b], f32::max).to_bits()),
        Math::Pow => return map2(out, n, [a, b], |a, b| float(a).powf(float(b)).to_bits()),
        Math::Clamp => {
            return map3(out, n, [a, b, c], |x, low, high| float(x).max(float(low)).min(float(high)).to_bits());
        }
        // Exact but for a second rounding.
        Math::Fma => {
            let fma = |a, b, c| f64::from(float(a)) * f64::from(float(b)) + f64::from(float(c));
            return map3(out, n, [a, b, c], |a, b, c| (fma(a, b, c) as f32).to_bits());
        }
        Math::Mix => {
            return map3(out, n, [a, b, c], |a, b, t| (float(a) * (1.0 - float(t)) + float(b) * float(t)).to_bits());
        }
        _ => panic!("not interpreted: {function:?} of floats"),
    };
    map(out, a, |a| of_one(float(a)).to_bits());
}

fn or_nan(operands: [u32; 2], operation: fn(f32, f32) -> f32) -> f32 {
    let [a, b] = operands.map(float);
    if a.is_nan() || b.is_nan() { f32::NAN } else { operation(a, b) }
}

fn math_of_signed(out: &mut [u32], n: usize, function: MathFunction, [a, b, c]: [Words<'_>; 3]) {
    let signed = |word: u32| word as i32;
    match function {
        MathFunction::Abs => map(out, a, |a| signed(a).wrapping_abs() as u32),
        MathFunction::Sign => map(out, a, |a| signed(a).signum() as u32),
        MathFunction::Min => map2(out, n, [a, b], |a, b| signed(a).min(signed(b)) as u32),
        MathFunction::Max => map2(out, n, [a, b], |a, b| signed(a).max(signed(b)) as u32),
        MathFunction::Clamp => {
            map3(out, n, [a, b, c], |x, low, high| signed(x).max(signed(low)).min(signed(high)) as u32);
        }
        _ => panic!("not interpreted: {function:?} of i32"),
    }
}

fn math_of_unsigned(out: &mut [u32], n: usize, function: MathFunction, [a, b, c]: [Words<'_>; 3]) {
    match function {
        MathFunction::Abs => map(out, a, |a| a),
        MathFunction::Min => map2(out, n, [a, b], u32::min),
        MathFunction::Max => map2(out, n, [a, b], u32::max),
        MathFunction::Clamp => map3(out, n, [a, b, c], |x, low, high| x.max(low).min(high)),
        MathFunction::CountOneBits => map(out, a, u32::count_ones),
        MathFunction::CountLeadingZeros => map(out, a, u32::leading_zeros),
        MathFunction::CountTrailingZeros => map(out, a, u32::trailing_zeros),
        MathFunction::ReverseBits => map(out, a, u32::reverse_bits),
        _ => panic!("not interpreted: {function:?} of u32"),
    }
}

fn dot(out: &mut [u32], n: usize, scalar: Scalar, [a, b]: [Words<'_>; 2]) {
    assert_eq!(scalar, Scalar::F32, "not interpreted: dot of other than f32");
    for (i, out) in out.iter_mut().enumerate() {
        let terms = a[i..].iter().step_by(n).zip(b[i..].iter().step_by(n));
        *out = terms.map(|(&a, &b)| float(a) * float(b)).sum::<f32>().to_bits();
    }
}

/// Converts scalars of one type to another.
pub fn convert(out: &mut [u32], a: Words<'_>, from: Scalar, to: Scalar) {
    use ScalarKind::{Bool, Float, Sint, Uint};
    match (from.kind, to.kind) {
        (Float, Float) => map(out, a, |a| rounded(float(a), to)),
        (Float, Uint) => map(out, a, |a| float(a) as u32),
        (Float, Sint) => map(out, a, |a| float(a) as i32 as u32),
        (Float, Bool) => map(out, a, |a| u32::from(float(a) != 0.0)),
        (Sint, Float) => map(out, a, |a| rounded(a as i32 as f32, to)),
        (_, Float) => map(out, a, |a| rounded(a as f32, to)),
        (_, Bool) => map(out, a, |a| u32::from(a != 0)),
        _ => out.copy_from_slice(a),
    }
}
