//! What is done to values.

use ndarray::{ArrayD, Axis, IxDyn, Slice};

use crate::computed::{Computed, add_error, product_error, quotient_error};

/// An operation on one or two values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operation {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a · b, element by element.
    Multiply,
    /// a / b, element by element.
    Divide,
    /// The matrix product.
    Dot,
    /// The product of each element of a with each of b.
    Outer,
    /// The larger of two.
    Larger,
    /// The smaller of two.
    Smaller,
    /// 1 where a > b, else 0.
    Above,
    /// 1 where both are not 0, else 0.
    Both,
    /// The quotient that is 0 where both are 0.
    Ratio,
    /// −a.
    Negate,
    /// |a|.
    Absolute,
    /// a².
    Square,
    /// a³.
    Cube,
    /// √a.
    Root,
    /// eᵃ.
    Exponential,
    /// The natural logarithm.
    Logarithm,
    /// The hyperbolic tangent.
    Tanh,
    /// 1/(1 + e⁻ᵃ).
    Logistic,
    /// The complementary error function.
    Erfc,
    /// The larger of a and 0.
    Relu,
    /// The sine.
    Sine,
    /// The arctangent.
    Arctangent,
    /// a/(1 + |a|).
    Softsign,
    /// −1, 0 or 1.
    Sign,
    /// 1 where a is positive, else 0: the derivative of ReLU.
    Step,
    /// Half of a.
    Half,
    /// Twice a.
    Twice,
    /// 1 − a.
    Complement,
    /// The transpose of a matrix.
    Transpose,
    /// The elements in their order, in the shape of the transpose.
    Reshape,
    /// The sum of all elements.
    Sum,
    /// The mean of all elements.
    Mean,
    /// The largest element along an axis.
    MaxAxis(usize),
    /// The sum over an axis.
    SumAxis(usize),
    /// The mean over an axis.
    MeanAxis(usize),
    /// The first entry along an axis.
    First(usize),
    /// The last entry along an axis.
    Last(usize),
    /// The first so many rows.
    Rows(usize),
    /// With zeros in the first row.
    WithoutFirst,
    /// With zeros in the last row.
    WithoutLast,
    /// Kept within ± a number.
    Clip(f64),
    /// Rounded to `f32`.
    Single,
    /// Rounded to so many decimals.
    Decimals(i32),
    /// Cut to a whole number.
    Truncated,
}

impl Operation {
    /// The operation that an author calls by this name, with the number that it has as an argument.
    #[must_use]
    pub fn named(name: &str, number: Option<usize>) -> Option<Self> {
        Some(match (name, number) {
            ("dot", None) => Self::Dot,
            ("max", None) => Self::Larger,
            ("min", None) => Self::Smaller,
            ("ratio", None) => Self::Ratio,
            ("abs", None) => Self::Absolute,
            ("pow2", None) => Self::Square,
            ("sqrt", None) => Self::Root,
            ("exp", None) => Self::Exponential,
            ("sigmoid", None) => Self::Logistic,
            ("ln", None) => Self::Logarithm,
            ("erfc", None) => Self::Erfc,
            ("tanh", None) => Self::Tanh,
            ("t", None) => Self::Transpose,
            ("sum", None) => Self::Sum,
            ("mean", None) => Self::Mean,
            ("sum_axis", Some(axis)) => Self::SumAxis(axis),
            ("mean_axis", Some(axis)) => Self::MeanAxis(axis),
            ("max_axis", Some(axis)) => Self::MaxAxis(axis),
            _ => return None,
        })
    }

    /// How many values it takes.
    #[must_use]
    pub fn arity(self) -> usize {
        match self {
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Dot => 2,
            Self::Outer => 2,
            Self::Larger | Self::Smaller | Self::Above | Self::Both | Self::Ratio => 2,
            _ => 1,
        }
    }

    /// The result; `None` where the shapes do not fit.
    #[must_use]
    pub fn apply(self, arguments: &[Computed]) -> Option<Computed> {
        match arguments {
            [a] => self.of_one(a),
            [a, b] => self.of_two(a, b),
            _ => None,
        }
    }

    fn of_two(self, a: &Computed, b: &Computed) -> Option<Computed> {
        let larger_error = |a: (f64, f64), b: (f64, f64), _: f64| a.1.max(b.1);
        let truth = |holds: bool| f64::from(u8::from(holds));
        match self {
            Self::Add => a.zip(b, |a, b| a + b, add_error),
            Self::Subtract => a.zip(b, |a, b| a - b, add_error),
            Self::Multiply => a.zip(b, |a, b| a * b, product_error),
            Self::Divide => a.zip(b, |a, b| a / b, quotient_error),
            Self::Ratio => {
                a.zip(b, |a, b| if a == 0.0 && b == 0.0 { 0.0 } else { a / b }, quotient_error)
            }
            Self::Dot => a.dot(b),
            Self::Outer => a.as_column()?.dot(&b.as_row()?),
            Self::Larger => a.zip(b, f64::max, larger_error),
            Self::Smaller => a.zip(b, f64::min, larger_error),
            Self::Above => a.zip(b, |a, b| truth(a > b), open),
            Self::Both => a.zip(b, |a, b| truth(a != 0.0 && b != 0.0), larger_error),
            _ => None,
        }
    }

    fn of_one(self, a: &Computed) -> Option<Computed> {
        match self {
            Self::Transpose => a.moved(|it| Some(it.t().to_owned())),
            Self::Reshape => a.moved(reshaped),
            Self::Sum => a.sum(None),
            Self::SumAxis(axis) => a.sum(Some(axis)),
            Self::Mean => divided(a.sum(None)?, a.value.len()),
            Self::MeanAxis(axis) => {
                let sum = a.sum(Some(axis))?;
                divided(sum, a.value.len_of(Axis(axis)))
            }
            Self::MaxAxis(axis) => a.largest(axis),
            Self::First(axis) => a.moved(|it| entry(it, axis, false)),
            Self::Last(axis) => a.moved(|it| entry(it, axis, true)),
            Self::WithoutFirst => a.moved(|it| without_row(it, false)),
            Self::WithoutLast => a.moved(|it| without_row(it, true)),
            Self::Rows(rows) => a.moved(|it| first_rows(it, rows)),
            _ => self.of_element().map(|f| a.map(f, self.scale())),
        }
    }

    /// The magnitude that the error of a function is relative to, where its results are smaller.
    fn scale(self) -> f64 {
        match self {
            Self::Tanh | Self::Logistic | Self::Sine | Self::Arctangent | Self::Softsign => 1.0,
            _ => 0.0,
        }
    }

    /// The function of one element.
    fn of_element(self) -> Option<Box<dyn Fn(f64) -> f64>> {
        Some(match self {
            Self::Clip(bound) => Box::new(move |a: f64| a.clamp(-bound, bound)),
            Self::Decimals(decimals) => {
                let scale = 10_f64.powi(decimals);
                Box::new(move |a: f64| (a * scale).round() / scale)
            }
            _ => {
                let f = self.of_element_alone()?;
                Box::new(f)
            }
        })
    }

    fn of_element_alone(self) -> Option<fn(f64) -> f64> {
        Some(match self {
            Self::Negate => |a| -a,
            Self::Absolute => f64::abs,
            Self::Square => |a| a * a,
            Self::Cube => |a| a * a * a,
            Self::Root => f64::sqrt,
            Self::Exponential => f64::exp,
            Self::Logarithm => f64::ln,
            Self::Tanh => f64::tanh,
            Self::Logistic => |a| 1.0 / (1.0 + (-a).exp()),
            Self::Erfc => libm::erfc,
            Self::Relu => |a| a.max(0.0),
            Self::Sine => f64::sin,
            Self::Arctangent => f64::atan,
            Self::Softsign => |a| a / (1.0 + a.abs()),
            Self::Sign => |a| if a == 0.0 { 0.0 } else { a.signum() },
            Self::Step => |a| if a > 0.0 { 1.0 } else { 0.0 },
            Self::Half => |a| a / 2.0,
            Self::Twice => |a| 2.0 * a,
            Self::Complement => |a| 1.0 - a,
            Self::Single => |a| f64::from(a as f32),
            Self::Truncated => f64::trunc,
            _ => return None,
        })
    }
}

/// Nobody can tell which of two is larger where rounding may exchange them: then either answer will do.
fn open(a: (f64, f64), b: (f64, f64), _: f64) -> f64 {
    if (a.0 - b.0).abs() <= 16.0 * (a.1 + b.1) { 1.0 } else { 0.0 }
}

fn reshaped(array: &ArrayD<f64>) -> Option<ArrayD<f64>> {
    let [rows, columns] = *array.shape() else { return None };
    ArrayD::from_shape_vec(IxDyn(&[columns, rows]), array.iter().copied().collect()).ok()
}

fn entry(array: &ArrayD<f64>, axis: usize, last: bool) -> Option<ArrayD<f64>> {
    let length = *array.shape().get(axis)?;
    let at = if last { length.checked_sub(1)? } else { 0 };
    (at < length).then(|| array.index_axis(Axis(axis), at).to_owned())
}

fn without_row(array: &ArrayD<f64>, last: bool) -> Option<ArrayD<f64>> {
    let rows = *array.shape().first()?;
    let mut array = array.clone();
    let row = if last { rows.checked_sub(1)? } else { 0 };
    if row < rows {
        array.index_axis_mut(Axis(0), row).fill(0.0);
    }
    Some(array)
}

fn first_rows(array: &ArrayD<f64>, rows: usize) -> Option<ArrayD<f64>> {
    let length = *array.shape().first()?;
    Some(array.slice_axis(Axis(0), Slice::from(0..rows.min(length))).to_owned())
}

fn divided(sum: Computed, count: usize) -> Option<Computed> {
    sum.zip(&Computed::number(count as f64), |a, b| a / b, quotient_error)
}
