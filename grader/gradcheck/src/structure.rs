use std::fmt;

use ndarray::{ArrayD, Zip};

/// How far from exact a pattern may be.
const PRECISION: f64 = 1e-6;

/// Whole factors up to this one are believed even when a single number shows them.
const LARGEST_WHOLE: f64 = 128.0;

/// A simple form of the difference between a wrong array and the right one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Structure {
    /// The same factor everywhere.
    Factor(f64),
    /// The axes of a square matrix are exchanged.
    Transposed,
    /// Zero everywhere.
    Zero,
}

impl Structure {
    /// The form of the difference between `wrong` and `right`, when it has one and shapes agree.
    ///
    /// One number shows a factor only when that is whole, or one over a whole number: any two
    /// numbers have some ratio.
    pub fn of(wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Self> {
        if wrong.shape() != right.shape() || wrong.is_empty() {
            return None;
        }
        if wrong.iter().all(|&it| it == 0.0) {
            return Some(Self::Zero);
        }
        let transposed = || (right.ndim() == 2).then(|| right.t().to_owned());
        match factor(wrong, right) {
            Some(factor) => Some(Self::Factor(factor)),
            None if transposed().is_some_and(|it| agree(wrong, &it, 1.0)) => Some(Self::Transposed),
            None => None,
        }
    }
}

impl fmt::Display for Structure {
    /// What a person would say of one number; with `{:#}`, of all elements of an array.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Transposed => return write!(f, "is transposed"),
            Self::Zero => write!(f, "is zero")?,
            Self::Factor(factor) if is_close(factor, -1.0) => write!(f, "has the wrong sign")?,
            Self::Factor(factor) if factor < 0.0 => {
                write!(f, "is {} times what it should be", short(factor))?;
            }
            Self::Factor(factor) if factor > 1.0 => {
                write!(f, "is {} times too large", short(factor))?;
            }
            Self::Factor(factor) => write!(f, "is {} times too small", short(1.0 / factor))?,
        }
        if f.alternate() { write!(f, " everywhere") } else { Ok(()) }
    }
}

/// Three decimals, or none for a whole number.
fn short(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn factor(wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<f64> {
    let largest = right.iter().zip(wrong).max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()))?;
    let factor = largest.1 / largest.0;
    let telling = right.iter().filter(|it| it.abs() > PRECISION * largest.0.abs()).count() > 1;
    let believed = factor.is_finite() && (telling || is_whole(factor) || is_whole(1.0 / factor));
    (believed && !is_close(factor, 1.0) && agree(wrong, right, factor)).then_some(factor)
}

fn agree(wrong: &ArrayD<f64>, right: &ArrayD<f64>, factor: f64) -> bool {
    let largest = wrong.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()));
    wrong.shape() == right.shape()
        && Zip::from(wrong)
            .and(right)
            .all(|wrong, right| (wrong - factor * right).abs() <= PRECISION * largest)
}

fn is_whole(number: f64) -> bool {
    number.abs() <= LARGEST_WHOLE && number.round() != 0.0 && is_close(number, number.round())
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= PRECISION * other.abs()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::random;

    fn told(wrong: Array2<f64>, right: &Array2<f64>) -> Option<String> {
        Structure::of(&wrong.into_dyn(), &right.clone().into_dyn()).map(|it| format!("{it:#}"))
    }

    #[test]
    fn factors_are_told_as_a_person_would() {
        let right = random((3, 3), 1);
        let by = |factor: f64| told(&right * factor, &right).unwrap();
        assert_eq!(by(-1.0), "has the wrong sign everywhere");
        assert_eq!(by(32.0), "is 32 times too large everywhere");
        assert_eq!(by(0.25), "is 4 times too small everywhere");
        assert_eq!(by(-2.0), "is -2 times what it should be everywhere");
        assert_eq!(by(0.0), "is zero everywhere");
    }

    #[test]
    fn a_transposed_matrix_is_recognised() {
        let right = random((3, 3), 1);
        assert_eq!(told(right.t().to_owned(), &right).unwrap(), "is transposed");
    }

    #[test]
    fn what_has_no_simple_form_is_not_guessed_at() {
        let right = random((3, 3), 1);
        assert_eq!(told(random((3, 3), 2), &right), None);
        assert_eq!(told(random((3, 2), 2), &right), None);
        assert_eq!(told(&right * f64::NAN, &right), None);
        // A single number always has some ratio; only a whole one says something.
        assert_eq!(told(array![[0.37]], &array![[1.0]]), None);
        assert_eq!(told(array![[3.0]], &array![[1.0]]).unwrap(), "is 3 times too large everywhere");
    }
}
