//! Numbers, characters and strings on the wire.

use ndarray::{Array1, Ix1};

use crate::{element::Number, mismatch::Mismatch, raw_array::RawArray, value::Value, wire::Wire};

fn array<T: Number>(numbers: Vec<T>) -> Value {
    Value::Array(RawArray::from_array(Array1::from_vec(numbers)))
}

fn numbers<T: Number>(value: Value) -> Result<Vec<T>, Mismatch> {
    let array = match value {
        Value::Array(array) => array.into_array::<T, Ix1>(),
        _ => None,
    };
    let array = array.ok_or_else(|| Mismatch::new(format!("Vec<{}>", T::NAME)))?;
    Ok(array.into_raw_vec_and_offset().0)
}

fn bytes(value: Value) -> Result<Vec<u8>, Mismatch> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        _ => Err(Mismatch::new("Vec<u8>")),
    }
}

/// A scalar of `$type`, how it is sent, what of it is taken, and how a list of it is sent and read.
macro_rules! wire_scalar {
    ($type:ident, $into:expr, $from:pat => $read:expr $(, $list_into:expr, $list_from:expr)?) => {
        impl Wire for $type {
            fn into_value(self) -> Value {
                $into(self)
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let read = match value {
                    $from => $read,
                    _ => None,
                };
                read.ok_or_else(|| Mismatch::new(stringify!($type)))
            }

            $(fn list_into_value(items: Vec<Self>) -> Value {
                $list_into(items)
            }

            fn list_from_value(value: Value) -> Result<Vec<Self>, Mismatch> {
                $list_from(value)
            })?
        }
    };
}

macro_rules! wire_integers {
    ($($type:ident)*) => {$(
        wire_scalar!($type, |integer| Value::Integer(integer as i128),
            Value::Integer(integer) => Self::try_from(integer).ok(), array, numbers);
    )*};
}

wire_integers!(i8 i16 i32 i64 isize u16 u32 u64 usize);
wire_scalar!(u8, |integer| Value::Integer(i128::from(integer)),
    Value::Integer(integer) => Self::try_from(integer).ok(), Value::Bytes, bytes);
wire_scalar!(f64, Value::Float, Value::Float(number) => Some(number), array, numbers);
wire_scalar!(f32, Value::Single, Value::Single(number) => Some(number), array, numbers);
wire_scalar!(bool, Value::Bool, Value::Bool(answer) => Some(answer));
wire_scalar!(String, Value::Text, Value::Text(text) => Some(text));
wire_scalar!(char, |character: char| Value::Text(character.to_string()),
    Value::Text(text) => single(&text));

/// The character that is the whole text.
fn single(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.as_str().is_empty())
}
