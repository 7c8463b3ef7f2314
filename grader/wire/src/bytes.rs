//! Numbers as serde's bytes: one copy, whatever their count.

use std::{fmt, marker::PhantomData};

use bytemuck::{AnyBitPattern, NoUninit};
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

/// Writes the numbers as they lie in memory.
pub fn serialize<T: NoUninit, S: Serializer>(numbers: &[T], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytemuck::cast_slice(numbers))
}

/// Reads numbers; both ends are one machine, so their byte order is the same.
pub fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
where
    T: NoUninit + AnyBitPattern,
    D: Deserializer<'de>,
{
    from.deserialize_bytes(Numbers(PhantomData))
}

struct Numbers<T>(PhantomData<T>);

impl<T: NoUninit + AnyBitPattern> Visitor<'_> for Numbers<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes of whole numbers")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
        if bytes.len().is_multiple_of(size_of::<T>()) {
            Ok(bytemuck::allocation::pod_collect_to_vec(bytes))
        } else {
            Err(E::invalid_length(bytes.len(), &self))
        }
    }
}
