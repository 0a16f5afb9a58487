//! The errors that WGSL permits its built-in functions of f32 (<https://www.w3.org/TR/WGSL/#floating-point-accuracy>). Drivers are far
//! better, but need not be.

use naga::MathFunction;
use std::cell::Cell;

/// Which of the permitted results a function returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Errors {
    /// The nearest f32.
    None,
    /// The largest.
    Above,
    /// The smallest.
    Below,
    /// The largest or the smallest, by the bits of the argument.
    Mixed,
}

thread_local! {
    static ERRORS: Cell<Errors> = const { Cell::new(Errors::None) };
}

/// Interprets with errors.
pub fn with<T>(errors: Errors, run: impl FnOnce() -> T) -> T {
    ERRORS.set(errors);
    let result = run();
    ERRORS.set(Errors::None);
    result
}

/// Whether results have errors.
pub fn any() -> bool {
    ERRORS.get() != Errors::None
}

/// The distance of the f32 numbers around x.
fn ulp(x: f64) -> f64 {
    2f64.powi((x.abs().log2().floor() as i32).max(-126) - 23)
}

/// `exact` with an error of at most `error`. `bits` choose its sign.
fn off(exact: f64, error: f64, bits: u32) -> f32 {
    if !exact.is_finite() || exact == 0.0 {
        return exact as f32;
    }
    // What is rounded to the nearest f32 then is no further off.
    let error = (error - 0.5 * ulp(exact)).max(0.0);
    let above = match ERRORS.get() {
        Errors::None => return exact as f32,
        Errors::Above => true,
        Errors::Below => false,
        Errors::Mixed => bits.wrapping_mul(0x9e37_79b9) >> 31 == 0,
    };
    (if above { exact + error } else { exact - error }) as f32
}

/// 2.5 ULP.
pub fn divide(a: f32, b: f32) -> f32 {
    let exact = f64::from(a) / f64::from(b);
    off(exact, 2.5 * ulp(exact), a.to_bits() ^ b.to_bits().rotate_left(16))
}

/// As the product, rounded, plus c.
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    a * b + c
}

/// Inherited from `exp2(b * log2(a))`.
pub fn pow(a: f32, b: f32) -> f32 {
    exponential(b * logarithm(a, f64::log2), f64::exp2)
}

/// A function of one argument; `None` if it is correctly rounded.
pub fn of_one(function: MathFunction) -> Option<fn(f32) -> f32> {
    Some(match function {
        MathFunction::Exp => |x| exponential(x, f64::exp),
        MathFunction::Exp2 => |x| exponential(x, f64::exp2),
        MathFunction::Log => |x| logarithm(x, f64::ln),
        MathFunction::Log2 => |x| logarithm(x, f64::log2),
        MathFunction::InverseSqrt => inverse_sqrt,
        // Inherited from `1 / inverseSqrt(x)`.
        MathFunction::Sqrt => |x| if x == 0.0 { x } else { divide(1.0, inverse_sqrt(x)) },
        MathFunction::Tanh => tanh,
        // Of arguments in [-pi, pi].
        MathFunction::Sin => |x| off(f64::from(x).sin(), 2f64.powi(-11), x.to_bits()),
        MathFunction::Cos => |x| off(f64::from(x).cos(), 2f64.powi(-11), x.to_bits()),
        _ => return None,
    })
}

/// 3 + 2 |x| ULP.
fn exponential(x: f32, function: fn(f64) -> f64) -> f32 {
    let exact = function(f64::from(x));
    off(exact, (3.0 + 2.0 * f64::from(x).abs()) * ulp(exact), x.to_bits())
}

/// An absolute error of 2^-21 in [0.5, 2], 3 ULP elsewhere.
fn logarithm(x: f32, function: fn(f64) -> f64) -> f32 {
    let exact = function(f64::from(x));
    let error = if (0.5..=2.0).contains(&x) { 2f64.powi(-21) } else { 3.0 * ulp(exact) };
    off(exact, error, x.to_bits())
}

/// 2 ULP.
fn inverse_sqrt(x: f32) -> f32 {
    let exact = f64::from(x).sqrt().recip();
    off(exact, 2.0 * ulp(exact), x.to_bits())
}

/// The larger of an absolute error of 1e-5 and that inherited from `sinh(x) / cosh(x)`, of which each has that of two exponentials.
fn tanh(x: f32) -> f32 {
    let exact = f64::from(x).tanh();
    let inherited = 2.0 * (3.0 + 2.0 * f64::from(x).abs()) + 2.5;
    off(exact, (inherited * ulp(exact)).max(1e-5), x.to_bits())
}
