//! Functions of an interface, and the adapter that exposes one crate's functions as them.

use crate::value::{Mismatch, Value, Wire};

/// One function of a lesson's interface: its name and its types.
pub trait Function {
    /// The name, as in the learner's file.
    const NAME: &'static str;
    /// The arguments, as a tuple.
    type Arguments: Wire;
    /// The result.
    type Output: Wire;
}

type Run = Box<dyn Fn(Value) -> Result<Value, Mismatch>>;

/// Exposes the functions of one crate (learner, stub, solution or mistake) as a lesson's interface.
#[derive(Default)]
pub struct Adapter {
    functions: Vec<(&'static str, Run)>,
}

impl Adapter {
    /// An adapter without functions. Crates without a prelude know no `Default`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers calls of `F` with `run`.
    #[must_use]
    pub fn on<F: Function + 'static>(
        mut self,
        _function: F,
        run: fn(F::Arguments) -> F::Output,
    ) -> Self {
        let answer = move |value| Ok(run(F::Arguments::from_value(value)?).into_value());
        self.functions.push((F::NAME, Box::new(answer)));
        self
    }

    /// Calls `function`; `None` when the adapter does not know it.
    pub(crate) fn call(&self, function: &str, arguments: Value) -> Option<Result<Value, Mismatch>> {
        let (_, run) = self.functions.iter().find(|(name, _)| *name == function)?;
        Some(run(arguments))
    }
}

/// Declares the structs of an interface and how they cross the process boundary.
#[macro_export]
macro_rules! record {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $crate::Wire for $name {
            fn into_value(self) -> $crate::Value {
                $crate::Value::Record(vec![$((stringify!($field).to_owned(), self.$field.into_value())),*])
            }

            fn from_value(value: $crate::Value) -> Result<Self, $crate::Mismatch> {
                let $crate::Value::Record(fields) = value else {
                    return Err($crate::Mismatch { expected: stringify!($name) });
                };
                let mut fields = fields.into_iter();
                Ok(Self { $($field: $crate::field(&mut fields, stringify!($field))?,)* })
            }
        }
    )*};
}

/// Declares the enums of an interface and how they cross the process boundary.
#[macro_export]
macro_rules! choice {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl $crate::Wire for $name {
            fn into_value(self) -> $crate::Value {
                $crate::Value::Choice(format!("{self:?}"))
            }

            fn from_value(value: $crate::Value) -> Result<Self, $crate::Mismatch> {
                match value {
                    $($crate::Value::Choice(name) if name == stringify!($variant) => Ok(Self::$variant),)*
                    _ => Err($crate::Mismatch { expected: stringify!($name) }),
                }
            }
        }
    )*};
}

/// Declares the functions of an interface: `name(argument types) -> result type;`.
#[macro_export]
macro_rules! functions {
    ($($(#[$meta:meta])* $name:ident($($argument:ty),*) -> $output:ty;)*) => {$(
        $(#[$meta])*
        #[allow(non_camel_case_types)]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl $crate::Function for $name {
            const NAME: &'static str = stringify!($name);
            type Arguments = ($($argument,)*);
            type Output = $output;
        }
    )*};
}
