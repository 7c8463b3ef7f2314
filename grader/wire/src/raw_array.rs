use std::{cmp::Reverse, fmt};

use ndarray::{Array, ArrayD, ArrayViewD, Dimension, IxDyn};
use serde::{Deserialize, Serialize};

use crate::{
    element::{Element, Elements, Number, with_elements},
    frame::MAX_FRAME_BYTES,
};

/// How many axes an array may have.
pub const MAX_AXES: usize = 4;

/// An array of whatever element type, as it lies in memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct RawArray {
    axes: Axes,
    elements: Elements,
}

/// What was read, before its parts are known to agree.
#[derive(Deserialize)]
struct Parts {
    axes: Axes,
    elements: Elements,
}

/// The axes of an array. They have a fixed size, so that reading them allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Axes {
    rank: u8,
    /// The length of each axis; 1 beyond the rank.
    lengths: [usize; MAX_AXES],
    /// The axes in the order of their strides, the largest first; each its own number beyond the rank.
    order: [u8; MAX_AXES],
}

const IN_SEQUENCE: [u8; MAX_AXES] = [0, 1, 2, 3];

impl RawArray {
    /// The type of the elements.
    #[must_use]
    pub fn element(&self) -> Element {
        self.elements.element()
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.axes.shape()
    }

    /// The elements in row-major order, whatever their order in memory. Integers beyond 2⁵³ are rounded.
    #[must_use]
    #[allow(clippy::unnecessary_cast, reason = "f64 is one of the types")]
    pub fn numbers(&self) -> Vec<f64> {
        with_elements!(&self.elements, items => {
            self.axes.view(items).iter().map(|item| *item as f64).collect()
        })
    }

    /// The bytes that its elements take in memory.
    pub(crate) fn size(&self) -> usize {
        self.elements.size()
    }

    /// Takes the elements of an array as they lie in memory. Where there are gaps between them, or
    /// strides are negative, they are copied in row-major order.
    ///
    /// # Panics
    /// When the array has more than [`MAX_AXES`] axes.
    pub(crate) fn from_array<T: Number, D: Dimension>(array: Array<T, D>) -> Self {
        let array = array.into_dyn();
        let axes = Axes::of(&array.view());
        let in_memory = array.permuted_axes(axes.to_memory());
        Self { axes, elements: T::pack(into_elements(in_memory)) }
    }

    /// The array in the memory order that it had; `None` when it has other elements or another rank.
    pub(crate) fn into_array<T: Number, D: Dimension>(self) -> Option<Array<T, D>> {
        let Self { axes, elements } = self;
        let in_memory = ArrayD::from_shape_vec(axes.lengths_in_memory(), T::unpack(elements)?).ok();
        in_memory?.permuted_axes(axes.back()).into_dimensionality().ok()
    }
}

/// The elements in row-major order, without a copy where they have it.
fn into_elements<T: Number>(array: ArrayD<T>) -> Vec<T> {
    if !array.is_standard_layout() {
        return array.iter().copied().collect();
    }
    let length = array.len();
    let (elements, offset) = array.into_raw_vec_and_offset();
    match elements.len() == length {
        true => elements,
        // A part of an array, cut out without a copy, keeps all of its elements.
        false => elements[offset.unwrap_or(0)..][..length].to_vec(),
    }
}

impl Axes {
    fn of<T>(array: &ArrayViewD<'_, T>) -> Self {
        let rank = array.ndim();
        assert!(
            rank <= MAX_AXES,
            "an array of {rank} axes cannot be passed on: at most {MAX_AXES}"
        );
        let mut lengths = [1; MAX_AXES];
        lengths[..rank].copy_from_slice(array.shape());
        let mut axes = Self { rank: rank as u8, lengths, order: IN_SEQUENCE };
        if !array.is_standard_layout() {
            axes.order[..rank].sort_by_key(|axis| Reverse(array.strides()[usize::from(*axis)]));
            let in_memory = array.view().permuted_axes(axes.to_memory());
            if !in_memory.is_standard_layout() {
                axes.order = IN_SEQUENCE;
            }
        }
        axes
    }

    fn shape(&self) -> &[usize] {
        &self.lengths[..usize::from(self.rank)]
    }

    /// The order of the axes in memory, for `permuted_axes`.
    fn to_memory(self) -> IxDyn {
        self.dimension(self.order.map(usize::from))
    }

    /// The order that undoes [`Axes::to_memory`].
    fn back(self) -> IxDyn {
        let mut back = [0; MAX_AXES];
        for (position, axis) in self.order.into_iter().enumerate() {
            back[usize::from(axis)] = position;
        }
        self.dimension(back)
    }

    /// The length of each axis, in the order of the axes in memory.
    fn lengths_in_memory(self) -> IxDyn {
        self.dimension(self.order.map(|axis| self.lengths[usize::from(axis)]))
    }

    fn dimension(self, numbers: [usize; MAX_AXES]) -> IxDyn {
        IxDyn(&numbers[..usize::from(self.rank)])
    }

    /// The elements in their places.
    fn view<T>(self, elements: &[T]) -> ArrayViewD<'_, T> {
        let in_memory = ArrayViewD::from_shape(self.lengths_in_memory(), elements);
        in_memory.expect("the shape was compared with the elements").permuted_axes(self.back())
    }

    /// True when this is the shape of so many elements. A frame cannot hold more of them than bytes, and
    /// no axis of an empty array needs to be longer: whoever sums over it allocates the other axes.
    fn fits(&self, elements: usize) -> bool {
        let rank = usize::from(self.rank);
        let mut sorted = self.order;
        sorted.sort_unstable();
        let filled = self.lengths.iter().filter(|length| **length != 0);
        let product = filled.copied().try_fold(1, usize::checked_mul);
        rank <= MAX_AXES
            && sorted == IN_SEQUENCE
            && self.order[rank..] == IN_SEQUENCE[rank..]
            && self.lengths[rank..].iter().all(|length| *length == 1)
            && product.is_some_and(|product| product <= MAX_FRAME_BYTES)
            && self.lengths.iter().product::<usize>() == elements
    }
}

impl TryFrom<Parts> for RawArray {
    type Error = &'static str;

    fn try_from(Parts { axes, elements }: Parts) -> Result<Self, Self::Error> {
        match axes.fits(elements.len()) {
            true => Ok(Self { axes, elements }),
            false => Err("the shape of an array contradicts its elements"),
        }
    }
}

impl fmt::Display for RawArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_elements!(&self.elements, items => {
            f.debug_list().entries(self.axes.view(items).iter()).finish()?;
        });
        write!(f, " of shape {:?}", self.shape())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array0, Array2, Array3, Array4, Axis, ShapeBuilder, array, s};

    use super::*;
    use crate::{frame, value::Value, wire::Wire};

    /// The array as it arrives.
    fn sent<A: Wire>(array: A) -> A {
        let frame = frame::encode(&array.into_value()).unwrap();
        A::from_value(frame::decode(&frame[frame::PREFIX..]).unwrap()).unwrap()
    }

    #[test]
    fn every_order_of_axes_survives() {
        let four = Array4::from_shape_fn((2, 3, 4, 5), |(i, j, k, l)| i + 10 * j + 100 * k + l);
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 3, 1]] {
            let turned = four.clone().permuted_axes(order);
            let arrived = sent(turned.clone());
            assert_eq!((arrived.strides(), &arrived), (turned.strides(), &turned), "{order:?}");
        }
        let column_major = Array2::from_shape_fn((3, 2).f(), |(i, j)| (i * 2 + j) as f32);
        assert_eq!(sent(column_major.clone()).strides(), column_major.strides());
    }

    #[test]
    fn gaps_and_reversed_axes_arrive_in_rows() {
        let rows = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let every_other = rows.clone().slice_move(s![.., ..;2]);
        assert_eq!(sent(every_other), array![[1.0, 3.0], [4.0, 6.0]]);
        let lower = rows.clone().slice_move(s![1.., ..]);
        assert_eq!(sent(lower), array![[4.0, 5.0, 6.0]]);
        let mut reversed = rows;
        reversed.invert_axis(Axis(1));
        assert_eq!(sent(reversed), array![[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]);
    }

    #[test]
    fn every_type_and_rank_survives() {
        assert_eq!(sent(ndarray::arr0(f64::MIN_POSITIVE)), ndarray::arr0(f64::MIN_POSITIVE));
        assert_eq!(sent(array![i8::MIN, i8::MAX]), array![i8::MIN, i8::MAX]);
        assert_eq!(sent(array![usize::MAX]), array![usize::MAX]);
        assert_eq!(sent(Array3::<u16>::zeros((2, 0, 3))).dim(), (2, 0, 3));
        assert!(sent(array![f64::NAN])[0].is_nan());
    }

    #[test]
    fn another_type_or_rank_is_a_mismatch() {
        let value = || array![[1.0, 2.0]].into_value();
        assert!(Array2::<f32>::from_value(value()).is_err());
        assert!(Array0::<f64>::from_value(value()).is_err());
        assert!(Vec::<f64>::from_value(value()).is_err());
    }

    #[test]
    fn a_shape_that_contradicts_its_data_is_refused() {
        let honest = Value::Array(RawArray::from_array(array![[1.0, 2.0]]));
        let Value::Array(array) = &honest else { unreachable!() };
        for (rank, lengths, order) in [
            (2, [1, 3, 1, 1], IN_SEQUENCE),
            (2, [usize::MAX, 2, 1, 1], IN_SEQUENCE),
            (5, [1, 2, 1, 1], IN_SEQUENCE),
            (2, [1, 2, 1, 1], [0, 0, 2, 3]),
            (1, [1, 2, 1, 1], IN_SEQUENCE),
            (1, [2, 1, 1, 1], [1, 0, 2, 3]),
        ] {
            let axes = Axes { rank, lengths, order };
            let forged = Value::Array(RawArray { axes, elements: array.elements.clone() });
            let frame = frame::encode(&forged).unwrap();
            assert!(frame::decode::<Value>(&frame[frame::PREFIX..]).is_err(), "{axes:?}");
        }
    }

    #[test]
    fn an_empty_array_has_no_endless_axis() {
        let read = |length: usize| {
            let axes = Axes { rank: 2, lengths: [0, length, 1, 1], order: IN_SEQUENCE };
            let empty = RawArray { axes, elements: Elements::F64(Vec::new()) };
            let frame = frame::encode(&Value::Array(empty)).unwrap();
            frame::decode::<Value>(&frame[frame::PREFIX..])
        };
        assert!(read(1000).is_ok());
        assert!(read(1 << 40).is_err());
        assert!(read(usize::MAX).is_err());
    }

    #[test]
    fn a_part_of_a_number_is_refused() {
        let frame = frame::encode(&array![0.0].into_value()).unwrap();
        let (length, bytes) = frame[frame::PREFIX..].split_last_chunk::<9>().unwrap();
        assert_eq!(*bytes, [8, 0, 0, 0, 0, 0, 0, 0, 0], "a length and so many bytes");
        assert!(frame::decode::<Value>(&[length, &[7; 1], &bytes[2..]].concat()).is_err());
    }

    #[test]
    fn numbers_come_in_rows_whatever_their_order() {
        let turned = array![[1, 2], [3, 4], [5, 6]].reversed_axes();
        assert_eq!(RawArray::from_array(turned).numbers(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    }
}
