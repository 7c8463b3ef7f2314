//! Arrays on the wire.

use ndarray::{Array, Dimension, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn};

use crate::{element::Number, mismatch::Mismatch, raw_array::RawArray, value::Value, wire::Wire};

/// The ranks of arrays that can cross, with the names of their array types.
pub trait Rank: Dimension {
    const NAME: &'static str;
}

macro_rules! ranks {
    ($($rank:ident $name:literal,)*) => {
        $(impl Rank for $rank {
            const NAME: &'static str = $name;
        })*
    };
}

ranks! {
    Ix0 "Array0",
    Ix1 "Array1",
    Ix2 "Array2",
    Ix3 "Array3",
    Ix4 "Array4",
    IxDyn "ArrayD",
}

impl<T: Number, D: Rank> Wire for Array<T, D> {
    fn into_value(self) -> Value {
        Value::Array(RawArray::from_array(self))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let array = match value {
            Value::Array(array) => array.into_array(),
            _ => None,
        };
        array.ok_or_else(|| Mismatch::new(format!("{}<{}>", D::NAME, T::NAME)))
    }
}
