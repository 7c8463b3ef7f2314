//! The values that cross the process boundary, and how Rust types become them.

use std::{cell::Cell, fmt, marker::PhantomData};

use ndarray::{Array, Array1, Array2, Dimension};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, SeqAccess, Visitor},
};

/// One value on the wire. Its shape is part of the data and is verified before use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number.
    Float(f64),
    /// A count or a size.
    Integer(u64),
    /// Yes or no.
    Bool(bool),
    /// The variant of an enum, by name.
    Choice(String),
    /// An array in row-major order.
    Array {
        /// The length of each axis.
        shape: Vec<usize>,
        /// The elements, as many as the shape says.
        data: Vec<f64>,
    },
    /// Arguments of a function, or elements of a tuple.
    #[serde(deserialize_with = "nested")]
    List(Vec<Value>),
    /// A struct, field by field.
    #[serde(deserialize_with = "nested")]
    Record(Vec<(String, Value)>),
}

/// How deep values may lie in each other: an argument list of records of lists needs three.
const DEEPEST: usize = 8;

/// How many values may lie in one: the fields and arguments of a lesson are a dozen.
const MOST: usize = 1 << 10;

thread_local! {
    /// How deep the reader is, and how many values it has met since it was at the surface.
    static READ: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Reads what holds further values. A frame of a hostile worker could nest millions, each of which
/// would take some of the reader's stack, or list millions, each of which takes more memory than bytes.
fn nested<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let (depth, met) = READ.get();
    if depth == DEEPEST {
        return Err(D::Error::custom("values are nested too deep"));
    }
    READ.set((depth + 1, met));
    let read = from.deserialize_seq(Items(PhantomData));
    READ.set((depth, if depth == 0 { 0 } else { READ.get().1 }));
    read
}

/// Reads items one by one, and no more than [`MOST`] in one value.
struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
            let (depth, met) = READ.get();
            if met == MOST {
                return Err(A::Error::custom("there are too many values"));
            }
            READ.set((depth, met + 1));
        }
        Ok(items)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bool(answer) => write!(f, "{answer}"),
            Self::Choice(name) => write!(f, "{name}"),
            Self::Array { shape, data } => write!(f, "{data:?} of shape {shape:?}"),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "({})", items.join(", "))
            }
            Self::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}: {value}"));
                write!(f, "{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A value that is not of the type that the interface names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The type that was expected.
    pub expected: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to read a value as {}", self.expected)
    }
}

impl std::error::Error for Mismatch {}

/// A type that can cross the process boundary.
pub trait Wire: Sized {
    /// Turns it into what is sent.
    fn into_value(self) -> Value;

    /// Reads it back.
    ///
    /// # Errors
    /// When the value is of another type, or contradicts itself.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}

macro_rules! wire_scalar {
    ($type:ty, $variant:ident, $name:literal, $wire:ty) => {
        impl Wire for $type {
            fn into_value(self) -> Value {
                Value::$variant(self as $wire)
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                match value {
                    Value::$variant(inner) => Ok(inner as $type),
                    _ => Err(Mismatch { expected: $name }),
                }
            }
        }
    };
}

wire_scalar!(f64, Float, "f64", f64);
wire_scalar!(usize, Integer, "usize", u64);
wire_scalar!(bool, Bool, "bool", bool);

fn array_value<D: Dimension>(array: Array<f64, D>) -> Value {
    Value::Array { shape: array.shape().to_vec(), data: array.iter().copied().collect() }
}

macro_rules! wire_array {
    ($type:ty, $rank:literal, $name:literal) => {
        impl Wire for $type {
            fn into_value(self) -> Value {
                array_value(self)
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let mismatch = Mismatch { expected: $name };
                let Value::Array { shape, data } = value else { return Err(mismatch) };
                let Ok(shape) = <[usize; $rank]>::try_from(shape) else { return Err(mismatch) };
                Self::from_shape_vec(shape, data).map_err(|_| mismatch)
            }
        }
    };
}

wire_array!(Array1<f64>, 1, "Array1<f64>");
wire_array!(Array2<f64>, 2, "Array2<f64>");

macro_rules! wire_tuple {
    ($($name:ident),*) => {
        impl<$($name: Wire),*> Wire for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_value(self) -> Value {
                let ($($name,)*) = self;
                Value::List(vec![$($name.into_value()),*])
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let mismatch = Mismatch { expected: concat!("(", $(stringify!($name), ",",)* ")") };
                let Value::List(items) = value else { return Err(mismatch) };
                let mut items = items.into_iter();
                let tuple = ($($name::from_value(items.next().ok_or_else(|| mismatch.clone())?)?,)*);
                if items.next().is_some() { Err(mismatch) } else { Ok(tuple) }
            }
        }
    };
}

wire_tuple!();
wire_tuple!(A);
wire_tuple!(A, B);
wire_tuple!(A, B, C);
wire_tuple!(A, B, C, D);

/// Takes the field `name` out of a record; fields keep the order of their declaration.
///
/// # Errors
/// When the next field has another name or another type.
pub fn field<T: Wire>(
    fields: &mut impl Iterator<Item = (String, Value)>,
    name: &'static str,
) -> Result<T, Mismatch> {
    match fields.next() {
        Some((found, value)) if found == name => T::from_value(value),
        _ => Err(Mismatch { expected: name }),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn arrays_cross_in_row_major_order_whatever_their_layout() {
        let transposed = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].reversed_axes();
        let back = Array2::from_value(transposed.clone().into_value()).unwrap();
        assert_eq!(back, transposed);
    }

    #[test]
    fn a_shape_that_contradicts_its_data_is_refused() {
        let forged = Value::Array { shape: vec![usize::MAX, 2], data: vec![1.0] };
        assert!(Array2::from_value(forged).is_err());
    }

    #[test]
    fn tuples_refuse_missing_and_extra_items() {
        let one = Value::List(vec![Value::Float(1.0)]);
        assert_eq!(<(f64,)>::from_value(one.clone()), Ok((1.0,)));
        assert!(<(f64, f64)>::from_value(one.clone()).is_err());
        assert!(<()>::from_value(one).is_err());
    }
}
