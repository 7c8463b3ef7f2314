//! What can become of a number or an array on its way.

use std::fmt;

use ndarray::{ArrayD, Axis, ShapeBuilder as _, Slice};
use wire::{Value, Wire as _};

/// So many rows are all that a brief speaks of.
const FIRST_ROWS: usize = 32;

/// What becomes of one part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Cut at ± this.
    Clipped(f64),
    /// Rounded to single precision.
    Single,
    /// Without its sign.
    Absolute,
    /// 0 where it is negative.
    Positive,
    /// 1 where it is 0.
    ZeroIsOne,
    /// What it was in the call before.
    Before,
    /// What it was in the first call.
    First,
    /// Added to what it was in the calls before.
    Added,
    /// Its memory read row by row.
    RowMajor,
    /// 0 after the first rows.
    FirstRows,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clipped(at) => write!(f, "clipped at {at}"),
            Self::Single => write!(f, "in single precision"),
            Self::Absolute => write!(f, "without its sign"),
            Self::Positive => write!(f, "0 where it is negative"),
            Self::ZeroIsOne => write!(f, "1 where it is 0"),
            Self::Before => write!(f, "of the call before"),
            Self::First => write!(f, "of the first call"),
            Self::Added => write!(f, "added to those before"),
            Self::RowMajor => write!(f, "read row by row from its memory"),
            Self::FirstRows => write!(f, "0 after {FIRST_ROWS} rows"),
        }
    }
}

impl Change {
    /// Changes of a number by itself.
    pub const NUMBERS: [Self; 7] = [
        Self::Clipped(1.0),
        Self::Clipped(5.0),
        Self::Clipped(100.0),
        Self::Single,
        Self::Absolute,
        Self::Positive,
        Self::ZeroIsOne,
    ];

    /// What can become of an argument like this one.
    pub fn of_argument(value: &Value) -> impl Iterator<Item = Self> + use<> {
        let all = Self::NUMBERS.into_iter().chain([
            Self::Before,
            Self::First,
            Self::RowMajor,
            Self::FirstRows,
        ]);
        let (is_array, is_matrix, is_float, is_whole) = kinds(value);
        all.filter(move |change| match change {
            Self::RowMajor => is_matrix,
            Self::FirstRows => is_array,
            Self::Absolute | Self::Positive | Self::ZeroIsOne => is_float,
            Self::Clipped(_) | Self::Single => is_float || is_whole,
            _ => true,
        })
    }

    /// What can become of a part of an answer like this one.
    pub fn of_answer(value: &Value) -> impl Iterator<Item = Self> + use<> {
        let (_, _, is_float, _) = kinds(value);
        let added = is_float.then_some(Self::Added);
        // In which order the numbers of an answer lie in memory is nobody's business.
        Self::of_argument(value).filter(|change| *change != Self::RowMajor).chain(added)
    }

    /// True when it depends on earlier calls.
    pub fn is_memory(self) -> bool {
        matches!(self, Self::Before | Self::First | Self::Added)
    }

    /// Makes the change. `kept` is what it remembers.
    pub fn make(self, part: &mut Value, kept: &mut Option<Value>) {
        match self {
            Self::Clipped(at) => map_numbers(part, |number| number.clamp(-at, at)),
            Self::Single => map_numbers(part, |number| f64::from(number as f32)),
            Self::Absolute => map_numbers(part, f64::abs),
            Self::Positive => map_numbers(part, |number| number.max(0.0)),
            Self::ZeroIsOne => map_numbers(part, |it| if it == 0.0 { 1.0 } else { it }),
            Self::Before => {
                let before = kept.replace(part.clone());
                put_back(part, before.as_ref());
            }
            Self::First => put_back(part, Some(kept.get_or_insert_with(|| part.clone()))),
            Self::Added => {
                add(part, kept.as_ref());
                *kept = Some(part.clone());
            }
            Self::RowMajor => map_array(part, in_rows),
            Self::FirstRows => map_array(part, first_rows),
        }
    }
}

/// Whether it is an array, a matrix, of floating-point numbers, a whole number. Arrays of other numbers than
/// `f64` are none: no change reaches into them.
fn kinds(value: &Value) -> (bool, bool, bool, bool) {
    let rank = match value {
        Value::Array(_) => ArrayD::<f64>::from_value(value.clone()).map_or(0, |it| it.ndim()),
        _ => 0,
    };
    let is_float = rank > 0 || matches!(value, Value::Float(_));
    (rank > 0, rank > 1, is_float, matches!(value, Value::Integer(_)))
}

/// True for two numbers, and for two arrays of one rank.
pub fn is_exchangeable(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => one.shape().len() == other.shape().len(),
        (Value::Float(_), Value::Float(_)) | (Value::Integer(_), Value::Integer(_)) => true,
        _ => false,
    }
}

/// What was kept, where it has the same form.
pub fn put_back(part: &mut Value, kept: Option<&Value>) {
    let fits = match (&*part, kept) {
        (Value::Array(part), Some(Value::Array(kept))) => part.shape() == kept.shape(),
        _ => true,
    };
    if let Some(kept) = kept.filter(|_| fits) {
        *part = kept.clone();
    }
}

/// Changes every number by itself. Whole numbers are rounded as a conversion does it.
pub fn map_numbers(part: &mut Value, change: impl Fn(f64) -> f64) {
    match part {
        Value::Float(number) => *number = change(*number),
        Value::Integer(number) => *number = change(*number as f64) as i128,
        _ => map_array(part, |array| array.mapv_into(change)),
    }
}

/// The other memory order: columns for rows.
pub fn turn(part: &mut Value) {
    map_array(part, |array| {
        let mut turned = ArrayD::zeros(array.raw_dim().set_f(array.is_standard_layout()));
        turned.assign(&array);
        turned
    });
}

fn map_array(part: &mut Value, change: impl FnOnce(ArrayD<f64>) -> ArrayD<f64>) {
    if let Ok(array) = ArrayD::from_value(part.clone()) {
        *part = change(array).into_value();
    }
}

fn add(part: &mut Value, kept: Option<&Value>) {
    match (&mut *part, kept) {
        (Value::Float(part), Some(Value::Float(kept))) => *part += kept,
        (Value::Array(_), Some(kept)) => {
            let Ok(kept) = ArrayD::<f64>::from_value(kept.clone()) else { return };
            map_array(part, |part| if part.shape() == kept.shape() { part + kept } else { part });
        }
        _ => (),
    }
}

fn in_rows(array: ArrayD<f64>) -> ArrayD<f64> {
    let memory = array.as_slice_memory_order().map(<[f64]>::to_vec);
    let rows = memory.and_then(|memory| ArrayD::from_shape_vec(array.raw_dim(), memory).ok());
    rows.unwrap_or(array)
}

fn first_rows(mut array: ArrayD<f64>) -> ArrayD<f64> {
    if array.len_of(Axis(0)) > FIRST_ROWS {
        array.slice_axis_mut(Axis(0), Slice::from(FIRST_ROWS..)).fill(0.0);
    }
    array
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn made(change: Change, parts: &[Value]) -> Vec<Value> {
        let mut kept = None;
        let make = |part: &Value| {
            let mut part = part.clone();
            change.make(&mut part, &mut kept);
            part
        };
        parts.iter().map(make).collect()
    }

    #[test]
    fn numbers_are_changed_alone_and_in_arrays() {
        let parts = [(-7.5).into_value(), array![0.5, 9.0].into_value(), 300_u32.into_value()];
        let clipped = made(Change::Clipped(5.0), &parts);
        assert_eq!(
            clipped,
            [(-5.0).into_value(), array![0.5, 5.0].into_value(), 5_u32.into_value()]
        );
        let whole = ((1_u32 << 24) + 1).into_value();
        assert_eq!(made(Change::Single, &[whole]), [(1_u32 << 24).into_value()]);
        assert_eq!(
            made(Change::ZeroIsOne, &[array![0.0, 2.0].into_value()]),
            [array![1.0, 2.0].into_value()]
        );
    }

    #[test]
    fn whole_numbers_in_a_list_are_exchanged_and_never_changed() {
        let changes: Vec<_> = Change::of_answer(&vec![3_usize, 1].into_value()).collect();
        assert_eq!(changes, [Change::Before, Change::First]);
    }

    #[test]
    fn what_was_before_takes_its_place_where_it_fits() {
        let parts = [1.0, 2.0, 3.0].map(|it| it.into_value());
        assert_eq!(made(Change::Before, &parts), [1.0, 1.0, 2.0].map(|it| it.into_value()));
        assert_eq!(made(Change::First, &parts), [1.0, 1.0, 1.0].map(|it| it.into_value()));
        assert_eq!(made(Change::Added, &parts), [1.0, 3.0, 6.0].map(|it| it.into_value()));
        let arrays = [array![1.0].into_value(), array![2.0, 3.0].into_value()];
        assert_eq!(made(Change::First, &arrays), arrays);
    }

    #[test]
    fn memory_is_read_in_rows_and_late_rows_are_lost() {
        let columns = array![[1.0, 2.0], [3.0, 4.0]].reversed_axes();
        let rows = array![[1.0, 2.0], [3.0, 4.0]].into_value();
        assert_eq!(made(Change::RowMajor, &[columns.into_value()]), [rows]);
        let tall = Array2::<f64>::ones((33, 1));
        let Value::Array(cut) = &made(Change::FirstRows, &[tall.into_value()])[0] else { panic!() };
        assert_eq!(cut.numbers().iter().sum::<f64>(), 32.0);
    }
}
