use std::fmt;

use bytemuck::Pod;
use serde::{Deserialize, Serialize};

macro_rules! elements {
    ($($variant:ident $type:ident,)*) => {
        /// The type of an array's elements.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Element {
            $(#[doc = concat!("`", stringify!($type), "`.")] $variant,)*
        }

        /// The elements of an array, in the order in which they lie in memory.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Elements {
            $(#[serde(with = "crate::bytes")] $variant(Vec<$type>),)*
        }

        impl Elements {
            /// Their type.
            pub fn element(&self) -> Element {
                match self { $(Self::$variant(_) => Element::$variant,)* }
            }
        }

        impl fmt::Display for Element {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => stringify!($type),)* })
            }
        }

        /// Evaluates an expression with the elements of whatever type.
        macro_rules! with_elements {
            ($elements:expr, $items:ident => $result:expr) => {
                match $elements { $($crate::element::Elements::$variant($items) => $result,)* }
            };
        }

        $(impl Number for $type {
            const NAME: &'static str = stringify!($type);

            fn pack(numbers: Vec<Self>) -> Elements {
                Elements::$variant(numbers)
            }

            fn unpack(elements: Elements) -> Option<Vec<Self>> {
                match elements {
                    Elements::$variant(numbers) => Some(numbers),
                    _ => None,
                }
            }
        })*
    };
}

/// A type that elements of an array can have.
pub trait Number: Pod {
    /// Its name.
    const NAME: &'static str;

    /// Elements of this type.
    fn pack(numbers: Vec<Self>) -> Elements;

    /// The numbers, if they are of this type.
    fn unpack(elements: Elements) -> Option<Vec<Self>>;
}

elements! {
    F64 f64,
    F32 f32,
    I8 i8,
    I16 i16,
    I32 i32,
    I64 i64,
    U8 u8,
    U16 u16,
    U32 u32,
    U64 u64,
}

#[allow(clippy::single_component_path_imports, reason = "it gives the macro a path")]
pub(crate) use with_elements;

macro_rules! as_64_bits {
    ($type:ident, $wide:ident) => {
        const _: () = assert!(size_of::<$type>() == size_of::<$wide>(), "64 bits are needed");

        impl Number for $type {
            const NAME: &'static str = stringify!($type);

            fn pack(numbers: Vec<Self>) -> Elements {
                $wide::pack(bytemuck::allocation::cast_vec(numbers))
            }

            fn unpack(elements: Elements) -> Option<Vec<Self>> {
                $wide::unpack(elements).map(bytemuck::allocation::cast_vec)
            }
        }
    };
}

as_64_bits!(usize, u64);
as_64_bits!(isize, i64);

impl Elements {
    /// How many there are.
    pub fn len(&self) -> usize {
        with_elements!(self, items => items.len())
    }

    /// The bytes that they take.
    pub fn size(&self) -> usize {
        with_elements!(self, items => size_of_val(items.as_slice()))
    }
}
