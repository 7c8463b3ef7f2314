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
