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

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};

    use super::*;

    #[test]
    fn nested_types_survive() {
        type Nested = (
            Vec<Array2<f64>>,
            Option<Box<(String, Option<u8>)>>,
            Result<Vec<Vec<usize>>, String>,
            [Array1<f32>; 2],
        );
        let nested: Nested = (
            vec![array![[1.0, 2.0]].reversed_axes(), array![[3.0]]],
            Some(Box::new(("a".to_owned(), None))),
            Ok(vec![vec![], vec![usize::MAX]]),
            [array![1.0], array![]],
        );
        let frame = crate::frame::encode(&nested.clone().into_value()).unwrap();
        let value: Value = crate::frame::decode(&frame[crate::frame::PREFIX..]).unwrap();
        assert_eq!(Nested::from_value(value), Ok(nested));
    }

    #[test]
    fn options_and_results_say_which() {
        assert_eq!(Option::from_value(None::<f64>.into_value()), Ok(None::<f64>));
        let error: Result<f64, f64> = Err(1.0);
        assert_eq!(Result::from_value(error.into_value()), Ok(error));
        assert!(Option::<f64>::from_value(1.0.into_value()).is_err());
        assert!(Result::<f64, String>::from_value(error.into_value()).is_err());
    }
}
