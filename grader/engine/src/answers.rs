//! When two answers are the same.

use ndarray::ArrayD;
use serde::Serialize;
use wire::{Value, frame::Answer};

/// True when both returned the same up to `precision`, or both panicked with the same words, both in the
/// crate itself or both in one that it calls: an array that does not fit is no division by zero.
pub fn same_answer(one: &Answer, other: &Answer, precision: f64) -> bool {
    match (one, other) {
        (Answer::Returned(one), Answer::Returned(other)) => {
            same_value(one, other, &|a, b| same_number(a, b, precision))
        }
        (Answer::Panicked(one), Answer::Panicked(other)) => {
            one.message == other.message && one.file.is_empty() == other.file.is_empty()
        }
        _ => false,
    }
}

/// True when two arrays have one shape and the same elements.
pub fn same_array(one: &ArrayD<f64>, other: &ArrayD<f64>, precision: f64) -> bool {
    let mut pairs = one.iter().zip(other);
    one.shape() == other.shape() && pairs.all(|(a, b)| same_number(*a, *b, precision))
}

/// True when two values are the same to the bit: NaN is equal to itself here, and −0 is not equal to 0.
pub fn same_frame<T: Serialize>(one: &T, other: &T) -> bool {
    let [one, other] = [one, other].map(|it| wire::frame::encode(it).ok());
    one == other
}

/// True when a call that was made again was answered as before, up to this relative precision. Panics have
/// to be the same to the line.
pub fn same_again(one: &Answer, other: &Answer, precision: f64) -> bool {
    let near = |one: f64, other: f64| (one - other).abs() <= precision * one.abs().max(other.abs());
    match (one, other) {
        (Answer::Returned(one), Answer::Returned(other)) if same_value(one, other, &near) => true,
        _ => same_frame(one, other),
    }
}

/// True when two values are built alike and their numbers are the `same`.
fn same_value(one: &Value, other: &Value, same: &impl Fn(f64, f64) -> bool) -> bool {
    let all = |one: &[Value], other: &[Value]| {
        one.len() == other.len()
            && one.iter().zip(other).all(|(one, other)| same_value(one, other, same))
    };
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => same(*one, *other),
        (Value::Single(one), Value::Single(other)) => same((*one).into(), (*other).into()),
        (Value::Array(one), Value::Array(other)) => {
            let pairs = || one.numbers().into_iter().zip(other.numbers());
            one.shape() == other.shape() && pairs().all(|(a, b)| same(a, b))
        }
        (Value::Tuple(one), Value::Tuple(other)) | (Value::List(one), Value::List(other)) => {
            all(one, other)
        }
        (Value::Option(Some(one)), Value::Option(Some(other)))
        | (Value::Result(Ok(one)), Value::Result(Ok(other)))
        | (Value::Result(Err(one)), Value::Result(Err(other))) => same_value(one, other, same),
        (Value::Enum { variant: a, payload: one }, Value::Enum { variant: b, payload: other }) => {
            a == b && same_value(one, other, same)
        }
        (Value::Record(one), Value::Record(other)) => {
            let same_field =
                |((a, x), (b, y)): (&(_, _), &(_, _))| a == b && same_value(x, y, same);
            one.len() == other.len() && one.iter().zip(other).all(same_field)
        }
        _ => one == other,
    }
}

/// Equal up to `precision`. Here, unlike in a check, NaN matches NaN: both went wrong alike.
fn same_number(one: f64, other: f64, precision: f64) -> bool {
    let allowed = precision * one.abs().max(other.abs()).max(1e-3);
    // An infinite number would allow any difference.
    let near = allowed.is_finite() && (one - other).abs() <= allowed;
    one == other || (one.is_nan() && other.is_nan()) || near
}

#[cfg(test)]
mod tests {
    use wire::{Wire as _, frame::Panic};

    use super::*;

    #[test]
    fn only_the_same_infinity_is_the_same_as_an_infinite_number() {
        assert!(same_number(f64::INFINITY, f64::INFINITY, 1e-9));
        assert!(!same_number(f64::INFINITY, 1.0, 1e-9));
        assert!(!same_number(f64::INFINITY, f64::NEG_INFINITY, 1e-9));
        assert!(same_number(f64::NAN, f64::NAN, 1e-9) && !same_number(f64::NAN, 1.0, 1e-9));
    }

    #[test]
    fn numbers_are_the_same_up_to_the_precision() {
        let same = |one: f64, other: f64| same_number(one, other, 1e-9);
        assert!(same(1.0, 1.0 + 1e-10) && !same(1.0, 1.0 + 1e-8));
    }

    #[test]
    fn panics_are_the_same_by_their_words_and_by_whose_code_raised_them() {
        let panic = |message: &str, file: &str| {
            let (message, file) = (message.to_owned(), file.to_owned());
            Answer::Panicked(Panic { message, file, line: 3 })
        };
        let same = |one, other| same_answer(&one, &other, 1e-9);
        assert!(same(panic("index 3", ""), panic("index 3", "")));
        assert!(!same(panic("index 3", ""), panic("index 3", "lib.rs")));
        assert!(!same(panic("index 3", ""), panic("shapes differ", "")));
    }

    #[test]
    fn answers_are_the_same_up_to_the_order_of_a_sum() {
        let answer = |number: f64| Answer::Returned((number, true).into_value());
        assert!(same_again(&answer(1.0), &answer(1.0 + 1e-12), 1e-9));
        assert!(same_again(&answer(f64::NAN), &answer(f64::NAN), 1e-9));
        assert!(!same_again(&answer(1.0), &answer(1.001), 1e-9));
        assert!(!same_again(&answer(1.0), &answer(f64::NAN), 1e-9));
    }
}
