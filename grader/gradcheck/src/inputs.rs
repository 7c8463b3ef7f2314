//! What a check may be handed, and what a closure is handed for it: arrays with their own number of
//! axes in a tuple, or arrays of any number of axes in a slice.

use ndarray::{Array, ArrayD, Dimension, IxDyn};

use crate::{
    real::Real,
    values::argument::{Argument, Input},
};

/// Named arrays, which a closure takes.
///
/// | given | a closure takes |
/// |---|---|
/// | `("w", &w)`: an array | `&Array<F, D>` |
/// | `("w", 0.5)`: a number | `F` |
/// | a tuple of one to six of these | a tuple of those |
/// | `&[Input<F>]` or `&[Argument<F>]` | `&[ArrayD<F>]` |
///
/// The gradient that is claimed comes third, in [`Arguments`]: `("w", &w, &dw)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a named array nor a tuple of one to six of them",
    note = "write `(\"W\", &w)` where only the array is asked for, and `(\"W\", &w, &dw)` where its gradient is claimed",
    note = "a slice of `Argument` or `Input` will do too"
)]
pub trait Values {
    /// `f64` or `f32`.
    type Real: Real;
    /// What a closure takes.
    type Refs<'a>;

    /// Hands the arrays to a closure.
    #[doc(hidden)]
    fn lend<R>(values: &mut [ArrayD<Self::Real>], f: impl FnOnce(Self::Refs<'_>) -> R) -> R;
}

/// Arrays with their claimed gradients: what a loss is checked with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not claim a gradient for each array",
    note = "write `(\"W\", &w, &dw)` for each, in a tuple where they are several"
)]
pub trait Arguments: Values {
    #[doc(hidden)]
    fn arguments(&self) -> Vec<Argument<Self::Real>>;
}

/// Arrays alone: what a backward pass is checked with, which gives the gradients itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of named arrays",
    note = "write `(\"W\", &w)` for each, in a tuple where they are several"
)]
pub trait Inputs: Values {
    #[doc(hidden)]
    fn inputs(&self) -> Vec<Input<Self::Real>>;
}

/// One array or number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no named array or number",
    note = "where gradients are claimed write `(\"W\", &w, &dw)` for each, elsewhere `(\"W\", &w)`; several stand in one tuple, which does not nest",
    note = "names are `&str`, arrays are `&Array<f64, D>` or `&Array<f32, D>` and no views; a slice of `Argument` or `Input` will do too"
)]
pub trait One {
    #[doc(hidden)]
    type Real: Real;
    #[doc(hidden)]
    type Held;
    #[doc(hidden)]
    type Ref<'a>;

    /// Takes the array out of its place, for its type to know the number of its axes.
    #[doc(hidden)]
    fn take(value: &mut ArrayD<Self::Real>) -> Self::Held;
    #[doc(hidden)]
    fn lend(held: &Self::Held) -> Self::Ref<'_>;
    #[doc(hidden)]
    fn put_back(held: Self::Held, value: &mut ArrayD<Self::Real>);
}

/// One array or number with its gradient.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no named array or number with its gradient",
    note = "where gradients are claimed write `(\"W\", &w, &dw)` for each, elsewhere `(\"W\", &w)`; several stand in one tuple, which does not nest",
    note = "names are `&str`, arrays are `&Array<f64, D>` or `&Array<f32, D>` and no views; a slice of `Argument` or `Input` will do too"
)]
pub trait Claimed: One {
    #[doc(hidden)]
    fn argument(&self) -> Argument<Self::Real>;
}

/// One array or number alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no named array or number alone",
    note = "where gradients are claimed write `(\"W\", &w, &dw)` for each, elsewhere `(\"W\", &w)`; several stand in one tuple, which does not nest",
    note = "names are `&str`, arrays are `&Array<f64, D>` or `&Array<f32, D>` and no views; a slice of `Argument` or `Input` will do too"
)]
pub trait Given: One {
    #[doc(hidden)]
    fn input(&self) -> Input<Self::Real>;
}

macro_rules! array {
    ([$($generics:tt)*] $type:ty) => {
        impl<F: Real, D: Dimension + 'static, $($generics)*> One for $type {
            type Real = F;
            type Held = Array<F, D>;
            type Ref<'a> = &'a Array<F, D>;

            fn take(value: &mut ArrayD<F>) -> Self::Held {
                // An empty array, for which nothing is allocated.
                let empty = Array::from_shape_simple_fn(IxDyn(&[0]), || F::from_f64(0.0));
                let taken = std::mem::replace(value, empty);
                // It came from an array of that many axes.
                taken.into_dimensionality().expect("the number of axes stays")
            }

            fn lend(held: &Self::Held) -> Self::Ref<'_> {
                held
            }

            fn put_back(held: Self::Held, value: &mut ArrayD<F>) {
                *value = held.into_dyn();
            }
        }
    };
}

macro_rules! number {
    ($type:ty) => {
        impl<F: Real> One for $type {
            type Real = F;
            type Held = F;
            type Ref<'a> = F;

            fn take(value: &mut ArrayD<F>) -> F {
                value[[].as_slice()]
            }

            fn lend(held: &F) -> F {
                *held
            }

            fn put_back(_: F, _: &mut ArrayD<F>) {}
        }
    };
}

array!([] (&str, &Array<F, D>));
array!([G: Dimension] (&str, &Array<F, D>, &Array<F, G>));
number!((&str, F));
number!((&str, F, F));

impl<F: Real, D: Dimension + 'static> Given for (&str, &Array<F, D>) {
    fn input(&self) -> Input<F> {
        Input::new(self.0, self.1)
    }
}

impl<F: Real> Given for (&str, F) {
    fn input(&self) -> Input<F> {
        Input::scalar(self.0, self.1)
    }
}

impl<F: Real, D: Dimension + 'static, G: Dimension> Claimed for (&str, &Array<F, D>, &Array<F, G>) {
    fn argument(&self) -> Argument<F> {
        Argument::new(self.0, self.1, self.2)
    }
}

impl<F: Real> Claimed for (&str, F, F) {
    fn argument(&self) -> Argument<F> {
        Argument::scalar(self.0, self.1, self.2)
    }
}

macro_rules! alone {
    ([$($generics:tt)*] $type:ty, $trait:ident, $list:ident, $item:ident, $one:ident) => {
        impl<F: Real, $($generics)*> Values for $type {
            type Real = F;
            type Refs<'a> = <Self as One>::Ref<'a>;

            fn lend<R>(values: &mut [ArrayD<F>], f: impl FnOnce(Self::Refs<'_>) -> R) -> R {
                let held = Self::take(&mut values[0]);
                let given = f(<Self as One>::lend(&held));
                Self::put_back(held, &mut values[0]);
                given
            }
        }

        impl<F: Real, $($generics)*> $trait for $type {
            fn $list(&self) -> Vec<$item<F>> {
                vec![self.$one()]
            }
        }
    };
}

alone!([D: Dimension + 'static] (&str, &Array<F, D>), Inputs, inputs, Input, input);
alone!([](&str, F), Inputs, inputs, Input, input);
alone!([D: Dimension + 'static, G: Dimension] (&str, &Array<F, D>, &Array<F, G>), Arguments, arguments, Argument, argument);
alone!([](&str, F, F), Arguments, arguments, Argument, argument);

// A type parameter names its value too; the small letter is the place that it came from.
macro_rules! tuple {
    ($first:ident $place:ident $($rest:ident $places:ident)*) => {
        #[expect(non_snake_case, reason = "a type parameter names its value")]
        impl<$first: One, $($rest: One<Real = $first::Real>),*> Values for ($first, $($rest,)*) {
            type Real = $first::Real;
            type Refs<'a> = ($first::Ref<'a>, $($rest::Ref<'a>,)*);

            fn lend<R>(
                values: &mut [ArrayD<Self::Real>],
                f: impl FnOnce(Self::Refs<'_>) -> R,
            ) -> R {
                let [$place, $($places,)* ..] = values else { unreachable!("one value for each") };
                let ($first, $($rest,)*) = ($first::take($place), $($rest::take($places),)*);
                let given = f(($first::lend(&$first), $($rest::lend(&$rest),)*));
                $first::put_back($first, $place);
                $($rest::put_back($rest, $places);)*
                given
            }
        }

        #[expect(non_snake_case, reason = "a type parameter names its value")]
        impl<$first: Claimed, $($rest: Claimed<Real = $first::Real>),*> Arguments
            for ($first, $($rest,)*)
        {
            fn arguments(&self) -> Vec<Argument<Self::Real>> {
                let ($first, $($rest,)*) = self;
                vec![$first.argument(), $($rest.argument(),)*]
            }
        }

        #[expect(non_snake_case, reason = "a type parameter names its value")]
        impl<$first: Given, $($rest: Given<Real = $first::Real>),*> Inputs for ($first, $($rest,)*) {
            fn inputs(&self) -> Vec<Input<Self::Real>> {
                let ($first, $($rest,)*) = self;
                vec![$first.input(), $($rest.input(),)*]
            }
        }
    };
}

tuple!(A a);
tuple!(A a B b);
tuple!(A a B b C c);
tuple!(A a B b C c D d);
tuple!(A a B b C c D d E e);
tuple!(A a B b C c D d E e G g);

macro_rules! slice {
    ([$($generics:tt)*] $type:ty, $trait:ident, $list:ident, $item:ident) => {
        impl<F: Real, $($generics)*> Values for $type {
            type Real = F;
            type Refs<'a> = &'a [ArrayD<F>];

            fn lend<R>(values: &mut [ArrayD<F>], f: impl FnOnce(&[ArrayD<F>]) -> R) -> R {
                f(values)
            }
        }

        impl<F: Real, $($generics)*> $trait for $type {
            fn $list(&self) -> Vec<$item<F>> {
                self.to_vec()
            }
        }
    };
}

slice!([] &[Argument<F>], Arguments, arguments, Argument);
slice!([] &Vec<Argument<F>>, Arguments, arguments, Argument);
slice!([const N: usize] &[Argument<F>; N], Arguments, arguments, Argument);
slice!([] &[Input<F>], Inputs, inputs, Input);
slice!([] &Vec<Input<F>>, Inputs, inputs, Input);
slice!([const N: usize] &[Input<F>; N], Inputs, inputs, Input);
