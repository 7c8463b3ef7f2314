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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Wire;

    #[test]
    fn a_variant_is_its_name_and_payload() {
        let value = into_variant("Pair", (1.0, 2_u8).into_value());
        assert_eq!(value.to_string(), "Pair(1.0, 2)");
        let (name, payload) = variant(value, "Scheme").unwrap();
        assert_eq!((name.as_str(), Wire::from_value(payload)), ("Pair", Ok((1.0, 2_u8))));
        assert_eq!(variant(().into_value(), "Scheme").unwrap_err().expected, "Scheme");
    }
}
