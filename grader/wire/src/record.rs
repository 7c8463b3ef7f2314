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
