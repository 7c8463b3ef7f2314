//! Lists, options, results and boxes on the wire.

use crate::{mismatch::Mismatch, value::Value, wire::Wire};

impl<T: Wire> Wire for Vec<T> {
    fn into_value(self) -> Value {
        T::list_into_value(self)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        T::list_from_value(value)
    }
}

impl<T: Wire, const N: usize> Wire for [T; N] {
    fn into_value(self) -> Value {
        T::list_into_value(Vec::from(self))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let items = T::list_from_value(value)?;
        Self::try_from(items).map_err(|_| Mismatch::new(format!("an array of {N} items")))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn into_value(self) -> Value {
        Value::Option(self.map(|inner| Box::new(inner.into_value())))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Option(inner) => inner.map(|inner| T::from_value(*inner)).transpose(),
            _ => Err(Mismatch::new("an Option")),
        }
    }
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn into_value(self) -> Value {
        let boxed = self.map(|inner| Box::new(inner.into_value()));
        Value::Result(boxed.map_err(|inner| Box::new(inner.into_value())))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Result(Ok(inner)) => T::from_value(*inner).map(Ok),
            Value::Result(Err(inner)) => E::from_value(*inner).map(Err),
            _ => Err(Mismatch::new("a Result")),
        }
    }
}

/// A box travels as what it holds.
impl<T: Wire> Wire for Box<T> {
    fn into_value(self) -> Value {
        (*self).into_value()
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        T::from_value(value).map(Self::new)
    }
}
