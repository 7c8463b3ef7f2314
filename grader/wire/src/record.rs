//! Structs on the wire: helpers for the generated conversions.

use std::vec::IntoIter;

use crate::{mismatch::Mismatch, value::Value, wire::Wire};

/// The fields of a record that are not yet taken.
#[derive(Debug)]
pub struct Fields {
    record: &'static str,
    fields: IntoIter<(String, Value)>,
}

/// A record of the fields, which stand in the order of their declaration.
pub fn into_record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Record(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The fields of a record; `name` is what it is called when they do not fit.
///
/// # Errors
/// When the value is no record.
pub fn record(value: Value, name: &'static str) -> Result<Fields, Mismatch> {
    match value {
        Value::Record(fields) => Ok(Fields { record: name, fields: fields.into_iter() }),
        _ => Err(Mismatch::new(name)),
    }
}

/// Takes the next field of a record; fields keep the order of their declaration.
///
/// # Errors
/// When the next field has another name or another type.
pub fn field<T: Wire>(fields: &mut Fields, name: &'static str) -> Result<T, Mismatch> {
    let record = fields.record;
    match fields.fields.next() {
        Some((found, value)) if found == name => T::from_value(value).map_err(|mismatch| {
            Mismatch::new(format!("{} (field {name} of {record})", mismatch.expected))
        }),
        _ => Err(Mismatch::new(format!("{record} with its field {name}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward() -> Value {
        into_record([("z", 0.5.into_value()), ("steps", 3_u8.into_value())])
    }

    #[test]
    fn fields_are_taken_in_their_order() {
        let mut fields = record(forward(), "Forward").unwrap();
        assert_eq!(field(&mut fields, "z"), Ok(0.5));
        assert_eq!(field(&mut fields, "steps"), Ok(3_u8));
        let missing = field::<f64>(&mut fields, "loss").unwrap_err();
        assert_eq!(missing.to_string(), "read a value as Forward with its field loss");
    }

    #[test]
    fn a_field_of_another_name_or_type_is_a_mismatch() {
        let mut fields = record(forward(), "Forward").unwrap();
        assert!(field::<f64>(&mut fields, "loss").is_err());
        let mut fields = record(forward(), "Forward").unwrap();
        let mismatch = field::<bool>(&mut fields, "z").unwrap_err();
        assert_eq!(mismatch.to_string(), "read a value as bool (field z of Forward)");
        assert!(record(().into_value(), "Forward").is_err());
    }
}
