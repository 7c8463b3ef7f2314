use std::fmt;

use ndarray::{ArrayD, ArrayViewD, Axis, Zip};

use super::finite_difference::FiniteDifference;

/// How far from exact a pattern may be.
const PRECISION: f64 = 1e-6;

/// Whole factors up to this one are believed even when a single number shows them.
const LARGEST_WHOLE: f64 = 128.0;

/// A factor that is nearer to one is told as a percentage.
const NEARLY: f64 = 0.01;

/// How many wrong slices are named.
const NAMED: usize = 4;

/// A simple form of the difference between a wrong array and the right one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Structure {
    /// The same factor everywhere.
    Factor(f64),
    /// The axes of a square matrix are exchanged.
    Transposed,
    /// Zero everywhere.
    Zero,
    /// Right once it is multiplied with this intermediate.
    Missing(String),
    /// Right once it is divided by this intermediate.
    Surplus(String),
    /// All slices are alike, as one that was broadcast would be; those of the right array are not.
    Alike(Slice),
    /// Every slice is right but for a factor of its own.
    Scaled(Slice),
    /// Only these slices are wrong, at most half of them.
    Part {
        /// What they are.
        slice: Slice,
        /// Their numbers.
        numbers: Vec<usize>,
        /// What they have in common.
        form: Option<Box<Structure>>,
    },
    /// The difference has the size and sign of a finite difference's.
    Difference(FiniteDifference),
}

/// What an array falls into along one of its axes: the rows or columns of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The axis that numbers the slices.
    pub axis: usize,
    /// How many axes the array has.
    pub rank: usize,
}

impl Structure {
    /// The form of the difference between `wrong` and `right`, when it has one and shapes agree.
    ///
    /// One number shows a factor only when that is whole, or one over a whole number: any two
    /// numbers have some ratio.
    ///
    /// ```
    /// use gradcheck::Structure;
    /// use ndarray::array;
    ///
    /// let right = array![[1.0, 2.0], [3.0, 5.0]].into_dyn();
    /// let structure = Structure::of(&(32.0 * &right), &right).expect("a constant factor");
    /// assert_eq!(format!("{structure:#}"), "is 32 times too large everywhere");
    /// ```
    pub fn of(wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Self> {
        Self::within(PRECISION, wrong, right)
    }

    /// The form, where the two are known to a part of their largest elements.
    pub(crate) fn within(part: f64, wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Self> {
        let close = Close(part);
        if !close.comparable(wrong, right) {
            return None;
        }
        let slices = || (0..wrong.ndim()).map(|axis| Slice { axis, rank: wrong.ndim() });
        close
            .factor(&wrong.view(), &right.view())
            .map(Self::from_factor)
            .or_else(|| close.transposed(wrong, right))
            .or_else(|| slices().find_map(|slice| slice.alike(close, wrong, right)))
            .or_else(|| slices().find_map(|slice| slice.part(close, wrong, right)))
            .or_else(|| slices().find_map(|slice| slice.scaled(close, wrong, right)))
    }

    fn from_factor(factor: f64) -> Self {
        if factor == 0.0 { Self::Zero } else { Self::Factor(factor) }
    }

    /// The intermediate with which `wrong` is to be multiplied or divided to be `right`.
    pub(crate) fn of_factors(
        part: f64,
        wrong: &ArrayD<f64>,
        right: &ArrayD<f64>,
        factors: &[(String, ArrayD<f64>)],
    ) -> Option<Self> {
        let close = Close(part);
        let all =
            |one: &ArrayD<f64>, other: &ArrayD<f64>| close.agree(&one.view(), &other.view(), 1.0);
        let mut factors = factors.iter().filter(|(_, factor)| factor.shape() == right.shape());
        factors.find_map(|(name, factor)| match () {
            () if !close.comparable(wrong, right) => None,
            () if all(&(wrong * factor), right) => Some(Self::Missing(name.clone())),
            () if all(wrong, &(right * factor)) => Some(Self::Surplus(name.clone())),
            () => None,
        })
    }
}

impl Slice {
    /// All slices of `wrong` are the same.
    fn alike(self, close: Close, wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Structure> {
        let same = |array: &ArrayD<f64>| {
            let first = array.index_axis(Axis(self.axis), 0);
            array.axis_iter(Axis(self.axis)).all(|slice| close.agree(&slice, &first, 1.0))
        };
        (self.is_telling(wrong) && same(wrong) && !same(right)).then_some(Structure::Alike(self))
    }

    /// Every slice has a factor of its own.
    fn scaled(self, close: Close, wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Structure> {
        let mut pairs = self.pairs(wrong, right);
        let all = pairs.all(|(wrong, right)| {
            close.agree(&wrong, &right, 1.0)
                || close.multiple(&wrong, &right).is_some_and(|it| it.telling)
        });
        (self.is_telling(wrong) && all).then_some(Structure::Scaled(self))
    }

    /// Few slices are wrong.
    fn part(self, close: Close, wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Structure> {
        let largest = largest(&wrong.view()).max(largest(&right.view()));
        let agree = |one: &f64, other: &f64| (one - other).abs() <= close.0 * largest;
        let pairs = self.pairs(wrong, right).enumerate();
        let off = pairs.filter(|(_, (wrong, right))| !Zip::from(wrong).and(right).all(agree));
        let numbers: Vec<_> = off.map(|(at, _)| at).collect();
        if self.rank < 2 || 2 * numbers.len() > wrong.len_of(Axis(self.axis)) {
            return None;
        }
        let [wrong, right] = [wrong, right].map(|it| it.select(Axis(self.axis), &numbers));
        let form =
            close.factor(&wrong.view(), &right.view()).map(Structure::from_factor).map(Box::new);
        Some(Structure::Part { slice: self, numbers, form })
    }

    fn pairs<'a>(
        self,
        wrong: &'a ArrayD<f64>,
        right: &'a ArrayD<f64>,
    ) -> impl Iterator<Item = (ArrayViewD<'a, f64>, ArrayViewD<'a, f64>)> {
        wrong.axis_iter(Axis(self.axis)).zip(right.axis_iter(Axis(self.axis)))
    }

    /// Several slices of several elements: what they have in common is no accident.
    fn is_telling(self, array: &ArrayD<f64>) -> bool {
        let slices = array.len_of(Axis(self.axis));
        self.rank > 1 && slices > 1 && array.len() / slices > 1
    }

    /// What one slice is called, and what follows its number.
    fn name(self) -> (&'static str, String) {
        match (self.rank, self.axis) {
            (2, 0) => ("row", String::new()),
            (2, 1) => ("column", String::new()),
            (_, axis) => ("slice", format!(" of axis {axis}")),
        }
    }

    /// “row 3”, “rows 0 and 3”, “slices 0, 1, 2, 3 and 4 more of axis 1”.
    fn numbered(self, numbers: &[usize]) -> String {
        let shown: Vec<_> = numbers.iter().take(NAMED).map(usize::to_string).collect();
        let (noun, rest) = self.name();
        match (&shown[..], numbers.len() - shown.len()) {
            ([only], 0) => format!("{noun} {only}{rest}"),
            ([all @ .., last], 0) => format!("{noun}s {} and {last}{rest}", all.join(", ")),
            (_, more) => format!("{noun}s {} and {more} more{rest}", shown.join(", ")),
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, rest) = self.name();
        write!(f, "{noun}{rest}")
    }
}

impl fmt::Display for Structure {
    /// What a person would say of one number; with `{:#}`, of all elements of an array.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => write!(f, "is zero")?,
            Self::Factor(factor) => write_factor(f, *factor)?,
            Self::Transposed => return write!(f, "is transposed"),
            Self::Missing(name) => return write!(f, "lacks the factor {name}"),
            Self::Surplus(name) => return write!(f, "has the factor {name} once too often"),
            Self::Alike(slice) => return write!(f, "repeats one {slice}"),
            Self::Scaled(slice) => return write!(f, "is right but for a factor in each {slice}"),
            Self::Part { slice, numbers, form } => {
                match form {
                    Some(form) => write!(f, "{form}")?,
                    None => write!(f, "is wrong")?,
                }
                return write!(f, " in {} alone", slice.numbered(numbers));
            }
            Self::Difference(difference) => return write!(f, "is {difference}"),
        }
        if f.alternate() { write!(f, " everywhere") } else { Ok(()) }
    }
}

fn write_factor(f: &mut fmt::Formatter<'_>, factor: f64) -> fmt::Result {
    match factor {
        _ if factor == -1.0 => write!(f, "has the wrong sign"),
        _ if factor < 0.0 => write!(f, "is {} times what it should be", short(factor)),
        _ if (factor - 1.0).abs() < NEARLY => {
            let word = if factor > 1.0 { "large" } else { "small" };
            write!(f, "is {} % too {word}", short(100.0 * (factor - 1.0).abs()))
        }
        _ if factor > 1.0 => write!(f, "is {} times too large", short(factor)),
        _ => write!(f, "is {} times too small", short(1.0 / factor)),
    }
}

/// Three decimals, or none for a whole number; what that would hide, or fill a line with, as a power of
/// ten.
fn short(number: f64) -> String {
    match number.abs() {
        size if (0.01..1e6).contains(&size) => ((number * 1e3).round() / 1e3).to_string(),
        _ => format!("{number:.1e}"),
    }
}

/// A number that one array is times another.
struct Multiple {
    factor: f64,
    /// More than one element shows it.
    telling: bool,
}

/// The part of their largest elements by which two arrays may differ and be the same.
#[derive(Clone, Copy)]
struct Close(f64);

impl Close {
    /// Of one shape, and different.
    fn comparable(self, wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> bool {
        wrong.shape() == right.shape()
            && !wrong.is_empty()
            && !self.agree(&wrong.view(), &right.view(), 1.0)
    }

    fn multiple(self, wrong: &ArrayViewD<f64>, right: &ArrayViewD<f64>) -> Option<Multiple> {
        let pairs = right.iter().zip(wrong);
        let (most, of_wrong) = pairs.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()))?;
        let factor = of_wrong / most;
        let telling = right.iter().filter(|it| it.abs() > self.0 * most.abs()).count() > 1;
        let agrees = factor.is_finite() && self.agree(wrong, right, factor);
        agrees.then_some(Multiple { factor, telling })
    }

    fn factor(self, wrong: &ArrayViewD<f64>, right: &ArrayViewD<f64>) -> Option<f64> {
        let Multiple { factor, telling } = self.multiple(wrong, right)?;
        match () {
            () if self.is_whole(factor) => Some(factor.round()),
            () if self.is_whole(1.0 / factor) => Some(1.0 / (1.0 / factor).round()),
            () => (telling || factor == 0.0).then_some(factor),
        }
    }

    fn is_whole(self, number: f64) -> bool {
        let whole = number.round();
        number.abs() <= LARGEST_WHOLE
            && whole != 0.0
            && (number - whole).abs() <= self.0 * whole.abs()
    }

    fn transposed(self, wrong: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<Structure> {
        let turned = right.ndim() == 2 && self.agree(&wrong.view(), &right.t(), 1.0);
        turned.then_some(Structure::Transposed)
    }

    fn agree(self, wrong: &ArrayViewD<f64>, right: &ArrayViewD<f64>, factor: f64) -> bool {
        let largest = largest(wrong);
        wrong.shape() == right.shape()
            && Zip::from(wrong)
                .and(right)
                .all(|wrong, right| (wrong - factor * right).abs() <= self.0 * largest)
    }
}

fn largest(array: &ArrayViewD<f64>) -> f64 {
    array.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3, array, s};

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
    fn what_was_broadcast_is_recognised() {
        let right = random((4, 3), 1);
        let row = right.sum_axis(Axis(0)).insert_axis(Axis(0));
        let repeated = row.broadcast((4, 3)).unwrap().to_owned();
        assert_eq!(told(repeated, &right).unwrap(), "repeats one row");
        let column = right.column(1).insert_axis(Axis(1));
        let repeated = column.broadcast((4, 3)).unwrap().to_owned();
        assert_eq!(told(repeated, &right).unwrap(), "repeats one column");
        // A right one whose rows are alike has no such mistake.
        let alike = Array2::from_shape_fn((4, 3), |(_, column)| 1.0 + column as f64);
        assert_eq!(told(&alike * 2.0, &alike).unwrap(), "is 2 times too large everywhere");
    }

    #[test]
    fn a_factor_of_each_row_or_column_is_recognised() {
        let right = random((4, 3), 1);
        let of_rows = array![[1.0], [2.0], [-3.0], [0.1]];
        assert_eq!(
            told(&right * &of_rows, &right).unwrap(),
            "is right but for a factor in each row"
        );
        let of_columns = array![[1.0, 2.0, -3.0]];
        assert_eq!(
            told(&right * &of_columns, &right).unwrap(),
            "is right but for a factor in each column"
        );
    }

    #[test]
    fn the_rows_and_columns_that_are_wrong_are_named() {
        let right = random((6, 5), 1);
        let mut wrong = right.clone();
        wrong[[3, 0]] += 1.0;
        wrong[[3, 2]] -= 0.5;
        assert_eq!(told(wrong.clone(), &right).unwrap(), "is wrong in row 3 alone");
        wrong[[0, 2]] -= 0.5;
        assert_eq!(told(wrong, &right).unwrap(), "is wrong in rows 0 and 3 alone");
        let mut wrong = right.clone();
        wrong.column_mut(4).mapv_inplace(|it| it * it + 1.0);
        assert_eq!(told(wrong.clone(), &right).unwrap(), "is wrong in column 4 alone");
        wrong.column_mut(4).fill(0.0);
        assert_eq!(told(wrong, &right).unwrap(), "is zero in column 4 alone");
    }

    #[test]
    fn an_array_of_three_axes_has_slices() {
        let right: Array3<f64> = random((12, 2, 3), 1);
        let mut wrong = right.clone();
        wrong.slice_mut(s![..5, .., ..]).mapv_inplace(|it| it * it + 1.0);
        let structure = Structure::of(&wrong.into_dyn(), &right.into_dyn()).unwrap();
        let told = "is wrong in slices 0, 1, 2, 3 and 1 more of axis 0 alone";
        assert_eq!(structure.to_string(), told);
    }

    #[test]
    fn an_intermediate_that_is_missing_or_twice_there_is_named() {
        let right: ArrayD<f64> = random((4, 3), 1).into_dyn();
        let slope: ArrayD<f64> = random((4, 3), 2).into_dyn();
        let factors = [("σ′".to_owned(), slope.clone())];
        let told = |wrong: &ArrayD<f64>| {
            Structure::of_factors(PRECISION, wrong, &right, &factors).map(|it| it.to_string())
        };
        assert_eq!(told(&(&right / &slope)).unwrap(), "lacks the factor σ′");
        assert_eq!(told(&(&right * &slope)).unwrap(), "has the factor σ′ once too often");
        assert_eq!(told(&(&right + &slope)), None);
        assert_eq!(told(&right), None);
    }

    #[test]
    fn what_has_no_simple_form_is_not_guessed_at() {
        let right = random((3, 3), 1);
        assert_eq!(told(random((3, 3), 2), &right), None);
        assert_eq!(told(random((3, 2), 2), &right), None);
        assert_eq!(told(&right * f64::NAN, &right), None);
        assert_eq!(told(right.clone(), &right), None);
        // The transpose of a symmetric matrix is the matrix.
        let symmetric = &right + &right.t();
        assert_eq!(told(&symmetric * (1.0 + 1e-9), &symmetric), None);
        // A single number always has some ratio; only a whole one says something.
        assert_eq!(told(array![[0.37]], &array![[1.0]]), None);
        assert_eq!(told(array![[3.0]], &array![[1.0]]).unwrap(), "is 3 times too large everywhere");
    }
}
