//! The values that cross the process boundary.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser,
};

use crate::{
    guard::{self, MAX_DEPTH, MAX_VALUES},
    raw_array::RawArray,
};

/// One value on the wire.
///
/// It is written and read within [`MAX_DEPTH`] and [`MAX_VALUES`]; reading allocates no more for it
/// than its bytes, and what so many empty values take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// An integer of whatever type.
    Integer(i128),
    /// An `f64`.
    Float(f64),
    /// An `f32`.
    Single(f32),
    /// A string or a character.
    Text(String),
    /// A list of bytes.
    #[serde(with = "crate::bytes")]
    Bytes(Vec<u8>),
    /// Something or nothing.
    Option(Option<Box<Value>>),
    /// A success or an error.
    Result(Result<Box<Value>, Box<Value>>),
    /// A variant of an enum.
    Enum {
        /// Its name.
        variant: String,
        /// What it holds: a tuple, which may be empty, or a record.
        payload: Box<Value>,
    },
    /// The elements of a tuple, or the arguments of a function.
    #[serde(deserialize_with = "items")]
    Tuple(Vec<Value>),
    /// A list of anything but numbers.
    #[serde(deserialize_with = "items")]
    List(Vec<Value>),
    /// A struct, field by field in the order of their declaration.
    #[serde(deserialize_with = "items")]
    Record(Vec<(String, Value)>),
    /// An array, or a list of numbers.
    Array(RawArray),
    /// A function that the grader evaluates, by its number among the arguments.
    Callback(u32),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let _level = guard::enter().ok_or_else(|| ser::Error::custom(too_many()))?;
        Self::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let _level = guard::enter().ok_or_else(|| de::Error::custom(too_many()))?;
        Self::deserialize(from)
    }
}

/// What a value is that cannot be written or read.
pub fn too_many() -> String {
    format!("more than {MAX_VALUES} values, or more than {MAX_DEPTH} levels of them")
}

/// Reads items one by one: room for as many as a frame claims to hold is never set aside.
fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(Items(PhantomData))
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        std::iter::from_fn(|| from.next_element().transpose()).collect()
    }
}

impl Value {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        let list = |items: &[Self]| items.iter().map(Self::weight).sum();
        let field =
            |(name, value): &(String, Self)| size_of_val(name) + name.len() + value.weight();
        let held = match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Array(array) => array.size(),
            Self::Option(Some(inner)) | Self::Result(Ok(inner) | Err(inner)) => inner.weight(),
            Self::Enum { variant, payload } => variant.len() + payload.weight(),
            Self::Tuple(items) | Self::List(items) => list(items),
            Self::Record(fields) => fields.iter().map(field).sum(),
            _ => 0,
        };
        size_of::<Self>() + held
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(answer) => write!(f, "{answer}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Single(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "{bytes:?}"),
            Self::Option(None) => write!(f, "None"),
            Self::Option(Some(inner)) => write!(f, "Some({inner})"),
            Self::Result(Ok(inner)) => write!(f, "Ok({inner})"),
            Self::Result(Err(inner)) => write!(f, "Err({inner})"),
            Self::Enum { variant, payload } => enum_variant(f, variant, payload),
            Self::Tuple(items) => write!(f, "({})", joined(items)),
            Self::List(items) => write!(f, "[{}]", joined(items)),
            Self::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}: {value}"));
                write!(f, "{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
            Self::Array(array) => write!(f, "{array}"),
            Self::Callback(_) => write!(f, "a function"),
        }
    }
}

fn joined(items: &[Value]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A variant as Rust writes it: a unit variant is its name alone.
fn enum_variant(f: &mut fmt::Formatter<'_>, variant: &str, payload: &Value) -> fmt::Result {
    match payload {
        Value::Tuple(items) if items.is_empty() => write!(f, "{variant}"),
        Value::Tuple(_) => write!(f, "{variant}{payload}"),
        _ => write!(f, "{variant} {payload}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::into_record, wire::Wire};

    #[test]
    fn weight_counts_what_a_value_holds() {
        let one = size_of::<Value>();
        assert_eq!(true.into_value().weight(), one);
        assert_eq!(vec![1.0; 1000].into_value().weight(), one + 8000);
        assert_eq!(vec![1_u8; 1000].into_value().weight(), one + 1000);
        assert_eq!(vec![true; 10].into_value().weight(), 11 * one);
        assert_eq!(Some(Some("abc".to_owned())).into_value().weight(), 3 * one + 3);
        let record = into_record([("ab", true.into_value())]);
        assert_eq!(record.weight(), 2 * one + size_of::<String>() + 2);
    }

    #[test]
    fn values_read_like_rust() {
        let value = (Some(1_u8), Err::<(), _>('x'), vec![true], vec![1.5_f32, 2.0]).into_value();
        assert_eq!(value.to_string(), "(Some(1), Err(\"x\"), [true], [1.5, 2.0] of shape [2])");
    }
}
