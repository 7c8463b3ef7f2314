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

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Sends each as it is, in a list, and in an array of fixed length.
    #[track_caller]
    fn survive<T: Wire + Clone + PartialEq + Debug, const N: usize>(items: [T; N]) {
        for item in items.clone() {
            assert_eq!(T::from_value(sent(item.clone().into_value())).as_ref(), Ok(&item));
        }
        let list = items.to_vec();
        assert_eq!(Vec::from_value(sent(list.clone().into_value())), Ok(list));
        assert_eq!(<[T; N]>::from_value(sent(items.clone().into_value())), Ok(items));
    }

    fn sent(value: Value) -> Value {
        let frame = crate::frame::encode(&value).unwrap();
        crate::frame::decode(&frame[crate::frame::PREFIX..]).unwrap()
    }

    #[test]
    fn scalars_survive_alone_and_in_lists() {
        macro_rules! integers {
            ($($type:ident)*) => { $(survive([$type::MIN, $type::MAX, 1, 0]);)* };
        }
        integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
        survive([f64::MIN_POSITIVE, f64::NEG_INFINITY, 0.1, 5e-324]);
        survive([f32::MIN_POSITIVE, f32::NEG_INFINITY, 0.1]);
        survive([true, false]);
        survive(['a', 'é', '\u{10ffff}', '\0']);
        survive([String::new(), "naïve".to_owned()]);
        survive::<f64, 0>([]);
        survive::<String, 0>([]);
    }

    #[test]
    fn the_bits_of_floats_survive() {
        for bits in [f64::NAN.to_bits() ^ 1, 1 << 63, u64::MAX] {
            let back = f64::from_value(sent(f64::from_bits(bits).into_value())).unwrap();
            assert_eq!(back.to_bits(), bits);
        }
        let single = f32::from_value(sent((-0.0_f32).into_value())).unwrap();
        assert_eq!(single.to_bits(), (-0.0_f32).to_bits());
    }

    #[test]
    fn what_is_out_of_range_or_of_another_type_is_a_mismatch() {
        assert_eq!(u8::from_value(256_u16.into_value()), Err(Mismatch::new("u8")));
        assert!(usize::from_value((-1).into_value()).is_err());
        assert!(i64::from_value(u64::MAX.into_value()).is_err());
        assert!(f64::from_value(1_f32.into_value()).is_err());
        assert!(f64::from_value(1_u8.into_value()).is_err());
        assert!(Vec::<f32>::from_value(vec![1.0].into_value()).is_err());
        assert!(<[f64; 2]>::from_value([1.0].into_value()).is_err());
        for text in ["", "ab"] {
            assert!(char::from_value(text.to_owned().into_value()).is_err());
        }
    }

    #[test]
    fn lists_of_numbers_are_one_value() {
        assert!(matches!(vec![1.0; 100_000].into_value(), Value::Array(_)));
        assert!(matches!(vec![1_u8; 100_000].into_value(), Value::Bytes(_)));
    }
}
