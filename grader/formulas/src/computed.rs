//! Values with a bound on their rounding error.

use ndarray::{ArrayD, Axis, IxDyn, Zip, arr0};

/// Half the distance from 1 to the next number.
const UNIT: f64 = f64::EPSILON / 2.0;

/// How many times the bound two right ways to compute a value may differ by: each of the two has an
/// error of its own, and their operations come in another order.
const WAYS: f64 = 16.0;

/// An array, or a number as an array of rank 0, and how far off each element may be.
///
/// The bound follows the operations (running error analysis: Higham, *Accuracy and Stability of
/// Numerical Algorithms*, 2nd ed., §3.3).
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// The elements.
    pub value: ArrayD<f64>,
    /// The bound of each.
    pub error: ArrayD<f64>,
}

impl Computed {
    /// A value that is exact.
    #[must_use]
    pub fn exact(value: ArrayD<f64>) -> Self {
        let error = ArrayD::zeros(value.raw_dim());
        Self { value, error }
    }

    /// A value that somebody has rounded.
    #[must_use]
    pub fn rounded(value: ArrayD<f64>) -> Self {
        let error = value.mapv(|it| UNIT * it.abs());
        Self { value, error }
    }

    /// A number that is exact.
    #[must_use]
    pub fn number(value: f64) -> Self {
        Self::exact(arr0(value).into_dyn())
    }

    /// True when it is one number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.value.ndim() == 0
    }

    /// True when another way to compute the same may have given `got`. `precision` is what each
    /// element may be off besides, relative to its size. Here NaN equals NaN.
    #[must_use]
    pub fn may_be(&self, got: &ArrayD<f64>, precision: f64) -> bool {
        self.value.shape() == got.shape()
            && Zip::from(&self.value)
                .and(&self.error)
                .and(got)
                .all(|want, error, got| same(*want, *error, *got, precision))
    }

    /// Element by element: whether it may be what was computed.
    #[must_use]
    pub fn which_may_be(&self, got: &ArrayD<f64>, precision: f64) -> Option<ArrayD<bool>> {
        (self.value.shape() == got.shape()).then(|| {
            Zip::from(&self.value)
                .and(&self.error)
                .and(got)
                .map_collect(|want, error, got| same(*want, *error, *got, precision))
        })
    }

    /// Each element with something done to it that does not enlarge its error.
    #[must_use]
    pub fn clip(&self, clip: &dyn Fn(f64) -> f64) -> Self {
        Self { value: self.value.mapv(clip), error: self.error.clone() }
    }

    /// A function of each element. Its rounding error is relative to the result, or to `scale` where that
    /// is larger: near zero, tanh by way of exponentials is right to a unit of 1.
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64, scale: f64) -> Self {
        let value = self.value.mapv(&f);
        let error = Zip::from(&self.value).and(&self.error).and(&value).map_collect(|x, e, y| {
            let moved = |to: f64| if *e == 0.0 { 0.0 } else { (f(to) - y).abs() };
            nonnan(moved(x + e).max(moved(x - e))) + 2.0 * UNIT * y.abs().max(scale)
        });
        Self { value, error }
    }

    /// Combines two element by element, broadcast to one shape; `None` where their shapes do not fit.
    pub(crate) fn zip(
        &self,
        other: &Self,
        value: impl Fn(f64, f64) -> f64,
        error: impl Fn((f64, f64), (f64, f64), f64) -> f64,
    ) -> Option<Self> {
        let shape = common_shape(self.value.shape(), other.value.shape())?;
        let [a, ea] = [&self.value, &self.error].map(|it| it.broadcast(IxDyn(&shape)));
        let [b, eb] = [&other.value, &other.error].map(|it| it.broadcast(IxDyn(&shape)));
        let (a, ea, b, eb) = (a?, ea?, b?, eb?);
        let result = Zip::from(&a).and(&b).map_collect(|a, b| value(*a, *b));
        let errors = Zip::from(&a).and(&ea).and(&b).and(&eb).and(&result);
        let errors = errors.map_collect(|a, ea, b, eb, r| nonnan(error((*a, *ea), (*b, *eb), *r)));
        Some(Self { error: errors, value: result })
    }

    /// The matrix product; `None` where the shapes do not fit.
    pub(crate) fn dot(&self, other: &Self) -> Option<Self> {
        let value = product(&self.value, &other.value)?;
        let [a, b] = [self, other].map(|it| it.value.mapv(f64::abs));
        let terms = product(&a, &b)?;
        let inner = *self.value.shape().last()? as f64;
        let carried = product(&a, &other.error)? + product(&self.error, &b)?;
        let error = (carried + terms * (inner * UNIT)).mapv(nonnan);
        Some(Self { value, error })
    }

    /// A vector as a matrix of one column.
    pub(crate) fn as_column(&self) -> Option<Self> {
        let column = |it: &ArrayD<f64>| it.clone().insert_axis(Axis(1));
        (self.value.ndim() == 1).then_some(())?;
        self.moved(|it| Some(column(it)))
    }

    /// A vector as a matrix of one row.
    pub(crate) fn as_row(&self) -> Option<Self> {
        let row = |it: &ArrayD<f64>| it.clone().insert_axis(Axis(0));
        (self.value.ndim() == 1).then_some(())?;
        self.moved(|it| Some(row(it)))
    }

    /// Repeated to a shape; `None` where it does not fit.
    #[must_use]
    pub fn spread(&self, shape: &[usize]) -> Option<Self> {
        self.moved(|it| it.broadcast(IxDyn(shape)).map(|it| it.to_owned()))
    }

    /// The sum over an axis, or over all elements.
    pub(crate) fn sum(&self, axis: Option<usize>) -> Option<Self> {
        let sum = |of: &ArrayD<f64>| match axis {
            None => Some(arr0(of.sum()).into_dyn()),
            Some(axis) if axis < of.ndim() => Some(of.sum_axis(Axis(axis))),
            Some(_) => None,
        };
        let terms = match axis {
            None => self.value.len(),
            Some(axis) => *self.value.shape().get(axis)?,
        } as f64;
        let magnitudes = sum(&self.value.mapv(f64::abs))?;
        let error = (sum(&self.error)? + magnitudes * (terms * UNIT)).mapv(nonnan);
        Some(Self { value: sum(&self.value)?, error })
    }

    /// The largest element along an axis, which is as far off as any of them may be.
    pub(crate) fn largest(&self, axis: usize) -> Option<Self> {
        let largest = |of: &ArrayD<f64>, least: f64| {
            (axis < of.ndim()).then(|| of.fold_axis(Axis(axis), least, |a, b| a.max(*b)))
        };
        Some(Self {
            value: largest(&self.value, f64::NEG_INFINITY)?,
            error: largest(&self.error, 0.0)?,
        })
    }

    /// Something done to where elements stand, not to what they are.
    pub(crate) fn moved(&self, to: impl Fn(&ArrayD<f64>) -> Option<ArrayD<f64>>) -> Option<Self> {
        Some(Self { value: to(&self.value)?, error: to(&self.error)? })
    }
}

fn same(want: f64, error: f64, got: f64, precision: f64) -> bool {
    // An infinite bound would allow any difference.
    let allowed = WAYS * (error + UNIT * want.abs()) + precision * want.abs().max(got.abs());
    let near = allowed.is_finite() && (want - got).abs() <= allowed;
    want == got || (want.is_nan() && got.is_nan()) || near
}

/// The bound of what is not a number is not asked for: NaN equals NaN alone.
fn nonnan(error: f64) -> f64 {
    if error.is_nan() { f64::INFINITY } else { error }
}

/// The shape that two arrays are broadcast to, as ndarray and NumPy do it.
fn common_shape(one: &[usize], other: &[usize]) -> Option<Vec<usize>> {
    let rank = one.len().max(other.len());
    let length = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis])
    };
    let common = |axis| match (length(one, axis), length(other, axis)) {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    };
    (0..rank).map(common).collect()
}

/// The product of matrices and vectors, as ndarray's `dot`.
fn product(a: &ArrayD<f64>, b: &ArrayD<f64>) -> Option<ArrayD<f64>> {
    let fits = a.ndim() >= 1 && b.ndim() >= 1 && a.shape().last() == b.shape().first();
    let as_1 = |of: &ArrayD<f64>| of.clone().into_dimensionality::<ndarray::Ix1>().ok();
    let as_2 = |of: &ArrayD<f64>| of.clone().into_dimensionality::<ndarray::Ix2>().ok();
    if !fits {
        return None;
    }
    Some(match (a.ndim(), b.ndim()) {
        (1, 1) => arr0(as_1(a)?.dot(&as_1(b)?)).into_dyn(),
        (2, 1) => as_2(a)?.dot(&as_1(b)?).into_dyn(),
        (1, 2) => as_1(a)?.dot(&as_2(b)?).into_dyn(),
        (2, 2) => as_2(a)?.dot(&as_2(b)?).into_dyn(),
        _ => return None,
    })
}

/// Another way to compute the same may round the terms, which may be larger than their sum.
pub(crate) fn add_error(a: (f64, f64), b: (f64, f64), _: f64) -> f64 {
    a.1 + b.1 + UNIT * (a.0.abs() + b.0.abs())
}

pub(crate) fn product_error(a: (f64, f64), b: (f64, f64), result: f64) -> f64 {
    a.0.abs() * b.1 + b.0.abs() * a.1 + UNIT * result.abs()
}

pub(crate) fn quotient_error(a: (f64, f64), b: (f64, f64), result: f64) -> f64 {
    let carried = a.1 + result.abs() * b.1;
    if carried == 0.0 { UNIT * result.abs() } else { carried / b.0.abs() + UNIT * result.abs() }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_difference_of_near_numbers_may_be_off_by_what_they_are_off() {
        let one = Computed::rounded(arr0(1.0).into_dyn());
        let a = one.map(f64::tanh, 1.0);
        let small =
            one.zip(&a.zip(&a, |a, b| a * b, product_error).unwrap(), |a, b| a - b, add_error);
        let small = small.unwrap();
        let other = 1.0 / 1.0_f64.cosh().powi(2);
        assert!(small.may_be(&arr0(other).into_dyn(), 0.0));
        assert!(!small.may_be(&arr0(other * (1.0 + 1e-12)).into_dyn(), 0.0));
    }

    #[test]
    fn only_the_same_infinity_is_an_infinite_number_and_nan_is_nan() {
        let is = |want: f64, got: f64| Computed::number(want).may_be(&arr0(got).into_dyn(), 1e-9);
        assert!(is(f64::INFINITY, f64::INFINITY) && is(f64::NAN, f64::NAN));
        assert!(!is(f64::INFINITY, f64::NEG_INFINITY) && !is(f64::INFINITY, 1.0));
        assert!(!is(1.0, f64::NAN) && !is(f64::NAN, 1.0));
    }

    #[test]
    fn the_largest_along_an_axis_is_as_far_off_as_any() {
        let of = Computed {
            value: array![[1.0, 3.0, 2.0], [-4.0, -5.0, -6.0]].into_dyn(),
            error: array![[0.1, 0.2, 0.3], [0.0, 0.0, 0.5]].into_dyn(),
        };
        let largest = of.largest(1).unwrap();
        assert_eq!(largest.value, array![3.0, -4.0].into_dyn());
        assert_eq!(largest.error, array![0.3, 0.5].into_dyn());
        assert_eq!(of.largest(0).unwrap().value, array![1.0, 3.0, 2.0].into_dyn());
        assert_eq!(of.largest(2), None);
    }

    #[test]
    fn shapes_are_broadcast_or_do_not_fit() {
        assert_eq!(common_shape(&[3, 1], &[2]), Some(vec![3, 2]));
        assert_eq!(common_shape(&[], &[2]), Some(vec![2]));
        assert_eq!(common_shape(&[3], &[2]), None);
        let (x, w) = (array![[1.0, 2.0]].into_dyn(), array![[3.0, 4.0]].into_dyn());
        assert_eq!(product(&x, &w), None);
        assert_eq!(product(&x, &w.t().into_owned()), Some(array![[11.0]].into_dyn()));
    }
}
