//! What a forward pass gives, and what a backward pass gives.

use fastrand::Rng;
use ndarray::{Array, ArrayD, Dimension, arr0};

use crate::{real::Real, values::argument::random};

/// Arrays that a pass gives: one array, a number, a tuple of one to six of these, or
/// `Vec<ArrayD<F>>`. A backward pass takes the upstream gradients of outputs as references to arrays
/// of the same types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither an array nor a tuple of one to six of them",
    note = "a pass gives `Array<F, D>`, `F`, a tuple of those, or `Vec<ArrayD<F>>`"
)]
pub trait Arrays {
    /// `f64` or `f32`.
    type Real: Real;
    /// What a closure takes.
    type Refs<'a>
    where
        Self: 'a;

    #[doc(hidden)]
    fn into_list(self) -> Vec<ArrayD<Self::Real>>;
    #[doc(hidden)]
    fn refs(&self) -> Self::Refs<'_>;
    /// Random arrays of the same shapes.
    #[doc(hidden)]
    fn random(&self, seeds: &mut Rng) -> Self;
}

impl<F: Real, D: Dimension + 'static> Arrays for Array<F, D> {
    type Real = F;
    type Refs<'a> = &'a Self;

    fn into_list(self) -> Vec<ArrayD<F>> {
        vec![self.into_dyn()]
    }

    fn refs(&self) -> &Self {
        self
    }

    fn random(&self, seeds: &mut Rng) -> Self {
        random(self.raw_dim(), seeds.u64(..))
    }
}

impl<F: Real> Arrays for Vec<ArrayD<F>> {
    type Real = F;
    type Refs<'a> = &'a [ArrayD<F>];

    fn into_list(self) -> Self {
        self
    }

    fn refs(&self) -> &[ArrayD<F>] {
        self
    }

    fn random(&self, seeds: &mut Rng) -> Self {
        self.iter().map(|array| array.random(seeds)).collect()
    }
}

macro_rules! number {
    ($type:ty) => {
        impl Arrays for $type {
            type Real = $type;
            type Refs<'a> = $type;

            fn into_list(self) -> Vec<ArrayD<$type>> {
                vec![arr0(self).into_dyn()]
            }

            fn refs(&self) -> $type {
                *self
            }

            fn random(&self, seeds: &mut Rng) -> $type {
                arr0(*self).random(seeds).into_scalar()
            }
        }
    };
}

number!(f64);
number!(f32);

macro_rules! tuple {
    ($first:ident $($rest:ident)*) => {
        #[expect(non_snake_case, reason = "a type parameter names its value")]
        impl<$first: Arrays, $($rest: Arrays<Real = $first::Real>),*> Arrays for ($first, $($rest,)*) {
            type Real = $first::Real;
            type Refs<'a>
                = ($first::Refs<'a>, $($rest::Refs<'a>,)*)
            where
                Self: 'a;

            fn into_list(self) -> Vec<ArrayD<Self::Real>> {
                let ($first, $($rest,)*) = self;
                let lists = [$first.into_list(), $($rest.into_list(),)*];
                lists.into_iter().flatten().collect()
            }

            fn refs(&self) -> Self::Refs<'_> {
                let ($first, $($rest,)*) = self;
                ($first.refs(), $($rest.refs(),)*)
            }

            fn random(&self, seeds: &mut Rng) -> Self {
                let ($first, $($rest,)*) = self;
                ($first.random(seeds), $($rest.random(seeds),)*)
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E G);
