//! Enums on the wire: helpers for the generated conversions.

use crate::{mismatch::Mismatch, value::Value};

/// The variant `name` of an enum. Its payload is `()` for a unit variant, the tuple of its fields, or
/// a record.
#[must_use]
pub fn into_variant(name: &str, payload: Value) -> Value {
    Value::Enum { variant: name.to_owned(), payload: Box::new(payload) }
}

/// The name and payload of a variant; `name` is the enum, as it is called when the value is none.
///
/// # Errors
/// When the value is no variant of an enum.
pub fn variant(value: Value, name: &str) -> Result<(String, Value), Mismatch> {
    match value {
        Value::Enum { variant, payload } => Ok((variant, *payload)),
        _ => Err(Mismatch::new(name)),
    }
}
