//! Tuples on the wire, which are also the arguments of functions.

use crate::{mismatch::Mismatch, value::Value, wire::Wire};

macro_rules! wire_tuple {
    ($count:literal $($name:ident)*) => {
        impl<$($name: Wire),*> Wire for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_value(self) -> Value {
                let ($($name,)*) = self;
                Value::Tuple(vec![$($name.into_value()),*])
            }

            #[allow(non_snake_case)]
            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let [$($name),*] = taken::<$count>(value)?;
                Ok(($($name::from_value($name)?,)*))
            }
        }
    };
}

fn taken<const N: usize>(value: Value) -> Result<[Value; N], Mismatch> {
    let items = match value {
        Value::Tuple(items) => items.try_into().ok(),
        _ => None,
    };
    items.ok_or_else(|| Mismatch::new(format!("a tuple of {N}")))
}

wire_tuple!(0);
wire_tuple!(1 A);
wire_tuple!(2 A B);
wire_tuple!(3 A B C);
wire_tuple!(4 A B C D);
wire_tuple!(5 A B C D E);
wire_tuple!(6 A B C D E F);
wire_tuple!(7 A B C D E F G);
wire_tuple!(8 A B C D E F G H);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_places() {
        let eight = (1_u8, 2_u8, 3_u8, 4_u8, 5_u8, 6_u8, 7_u8, "8".to_owned());
        assert_eq!(Wire::from_value(eight.clone().into_value()), Ok(eight));
        assert_eq!(<()>::from_value(().into_value()), Ok(()));
    }

    #[test]
    fn missing_and_extra_elements_are_refused() {
        let one = || (1.0,).into_value();
        assert_eq!(<(f64,)>::from_value(one()), Ok((1.0,)));
        assert_eq!(<(f64, f64)>::from_value(one()), Err(Mismatch::new("a tuple of 2")));
        assert!(<()>::from_value(one()).is_err());
        assert!(<(f64,)>::from_value(1.0.into_value()).is_err());
    }
}
