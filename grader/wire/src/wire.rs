use crate::{mismatch::Mismatch, value::Value};

/// A type that can cross the process boundary.
pub trait Wire: Sized {
    /// Turns it into what is sent.
    ///
    /// # Panics
    /// When it is an array of more axes than [`MAX_AXES`](crate::MAX_AXES), or a
    /// [`Callback`](crate::Callback) that nobody offers to answer.
    fn into_value(self) -> Value;

    /// Reads it back.
    ///
    /// # Errors
    /// When the value is of another type or out of range.
    fn from_value(value: Value) -> Result<Self, Mismatch>;

    /// Turns a list of it into what is sent: numbers become one array.
    #[doc(hidden)]
    fn list_into_value(items: Vec<Self>) -> Value {
        Value::List(items.into_iter().map(Self::into_value).collect())
    }

    /// Reads a list of it back.
    #[doc(hidden)]
    fn list_from_value(value: Value) -> Result<Vec<Self>, Mismatch> {
        match value {
            Value::List(items) => items.into_iter().map(Self::from_value).collect(),
            _ => Err(Mismatch::new("a list")),
        }
    }
}

/// A value is what it is.
impl Wire for Value {
    fn into_value(self) -> Value {
        self
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        Ok(value)
    }
}
