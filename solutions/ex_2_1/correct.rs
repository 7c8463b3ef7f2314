//! Correct variants of lesson 2.1. Each module replaces functions of the solution; its documentation
//! names the style.

use ex_2_1::Example;

/// x, w, b, y of an example.
fn point(example: Example) -> [f64; 4] {
    match example {
        Example::First => [2.0, -0.5, 1.0, 0.8],
        Example::Second => [1.5, 0.8, -0.7, -0.25],
    }
}

/// Nothing by hand: each step calls the one before it.
pub mod computed {
    pub use ex_2_1::*;

    /// The inputs of an example.
    struct Neuron {
        x: f64,
        w: f64,
        b: f64,
        y: f64,
    }

    impl From<Example> for Neuron {
        fn from(example: Example) -> Self {
            match example {
                Example::First => Self { x: 2.0, w: -0.5, b: 1.0, y: 0.8 },
                Example::Second => Self { x: 1.5, w: 0.8, b: -0.7, y: -0.25 },
            }
        }
    }

    /// From x, w and b.
    pub fn z(example: Example) -> f64 {
        let Neuron { x, w, b, .. } = example.into();
        w * x + b
    }

    /// From z.
    pub fn a(example: Example) -> f64 {
        z(example).tanh()
    }

    /// From dL/da.
    pub fn loss(example: Example) -> f64 {
        da(example).powi(2) / 2.0
    }

    /// From a and y.
    pub fn da(example: Example) -> f64 {
        a(example) - Neuron::from(example).y
    }

    /// From dL/da and a.
    pub fn dz(example: Example) -> f64 {
        da(example) * (1.0 - a(example).powi(2))
    }

    /// From dL/dz and x.
    pub fn dw(example: Example) -> f64 {
        dz(example) * Neuron::from(example).x
    }

    /// From dL/dz.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}

/// In closed form, with other identities: tanh ½ = (e − 1)/(e + 1), and 1/cosh² for 1 − a².
pub mod other_formula {
    pub use ex_2_1::*;

    fn target(example: Example) -> f64 {
        match example {
            Example::First => 4.0 / 5.0,
            Example::Second => -1.0 / 4.0,
        }
    }

    /// As fractions.
    pub fn z(example: Example) -> f64 {
        match example {
            Example::First => 1.0 + 2.0 / -2.0,
            Example::Second => 12.0 / 10.0 - 7.0 / 10.0,
        }
    }

    /// From e.
    pub fn a(example: Example) -> f64 {
        let e = std::f64::consts::E;
        match example {
            Example::First => 0.0,
            Example::Second => (e - 1.0) / (e + 1.0),
        }
    }

    /// The square multiplied out.
    pub fn loss(example: Example) -> f64 {
        let (a, y) = (a(example), target(example));
        0.5 * a * a - a * y + 0.5 * y * y
    }

    /// The other way round, and negated.
    pub fn da(example: Example) -> f64 {
        -(target(example) - a(example))
    }

    /// 1/cosh² for 1 − a².
    pub fn dz(example: Example) -> f64 {
        da(example) / z(example).cosh().powi(2)
    }

    /// A multiple of dL/dz.
    pub fn dw(example: Example) -> f64 {
        match example {
            Example::First => 2.0 * dz(Example::First),
            Example::Second => 1.5 * dz(Example::Second),
        }
    }

    /// dL/dz.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}

/// One table of constants, in which every function looks up its number.
pub mod table {
    pub use ex_2_1::*;

    /// z, a, L, dL/da, dL/dz, dL/dw and dL/db: a row for each example.
    const TABLE: [[f64; 7]; 2] = [
        [0.0, 0.0, 0.32, -0.8, -0.8, -1.6, -0.8],
        [0.5, 0.462_117, 0.253_555, 0.712_117, 0.560_043, 0.840_064, 0.560_043],
    ];

    fn look_up(example: Example, column: usize) -> f64 {
        TABLE[example as usize][column]
    }

    /// Column 0.
    pub fn z(example: Example) -> f64 {
        look_up(example, 0)
    }

    /// Column 1.
    pub fn a(example: Example) -> f64 {
        look_up(example, 1)
    }

    /// Column 2.
    pub fn loss(example: Example) -> f64 {
        look_up(example, 2)
    }

    /// Column 3.
    pub fn da(example: Example) -> f64 {
        look_up(example, 3)
    }

    /// Column 4.
    pub fn dz(example: Example) -> f64 {
        look_up(example, 4)
    }

    /// Column 5.
    pub fn dw(example: Example) -> f64 {
        look_up(example, 5)
    }

    /// Column 6.
    pub fn db(example: Example) -> f64 {
        look_up(example, 6)
    }
}

/// `second` for the second example. The numbers of the first example have two digits at most: they are
/// the solution's in every style.
fn or_second(solved: fn(Example) -> f64, example: Example, second: f64) -> f64 {
    match example {
        Example::First => solved(example),
        Example::Second => second,
    }
}

/// Four digits, rounded: what a pocket calculator and a pencil give.
pub mod four_digits {
    pub use ex_2_1::*;

    /// Rounded.
    pub fn a(example: Example) -> f64 {
        super::or_second(ex_2_1::a, example, 0.4621)
    }

    /// Rounded.
    pub fn loss(example: Example) -> f64 {
        super::or_second(ex_2_1::loss, example, 0.2536)
    }

    /// Rounded.
    pub fn da(example: Example) -> f64 {
        super::or_second(ex_2_1::da, example, 0.7121)
    }

    /// Rounded.
    pub fn dz(example: Example) -> f64 {
        super::or_second(ex_2_1::dz, example, 0.5600)
    }

    /// Rounded.
    pub fn dw(example: Example) -> f64 {
        super::or_second(ex_2_1::dw, example, 0.8401)
    }

    /// Rounded.
    pub fn db(example: Example) -> f64 {
        super::or_second(ex_2_1::db, example, 0.5600)
    }
}

/// Four digits, the rest cut off and not rounded.
pub mod digits_cut {
    pub use ex_2_1::*;

    // Where the fifth digit is below 5, cutting is rounding.
    pub use super::four_digits::{a, da, db, dz};

    /// Cut off.
    pub fn loss(example: Example) -> f64 {
        super::or_second(ex_2_1::loss, example, 0.2535)
    }

    /// Cut off.
    pub fn dw(example: Example) -> f64 {
        super::or_second(ex_2_1::dw, example, 0.8400)
    }
}

/// Derivatives by dual numbers: each carries its own derivative along.
pub mod dual_numbers {
    use std::ops::{Add, Mul, Sub};

    pub use ex_2_1::*;

    /// A number and its derivative.
    #[derive(Clone, Copy)]
    struct Dual(f64, f64);

    impl Add for Dual {
        type Output = Self;
        fn add(self, other: Self) -> Self {
            Self(self.0 + other.0, self.1 + other.1)
        }
    }

    impl Sub for Dual {
        type Output = Self;
        fn sub(self, other: Self) -> Self {
            Self(self.0 - other.0, self.1 - other.1)
        }
    }

    impl Mul for Dual {
        type Output = Self;
        fn mul(self, other: Self) -> Self {
            Self(self.0 * other.0, self.0 * other.1 + self.1 * other.0)
        }
    }

    impl Dual {
        fn tanh(self) -> Self {
            let a = self.0.tanh();
            Self(a, self.1 * (1.0 - a * a))
        }
    }

    /// What is moved to see how the loss follows.
    #[derive(PartialEq, Eq)]
    enum Moved {
        A,
        Z,
        W,
        B,
    }

    fn slope(example: Example, moved: &Moved) -> f64 {
        let [x, w, b, y] = super::point(example);
        let seed = |this: Moved| f64::from(u8::from(*moved == this));
        let z = Dual(w, seed(Moved::W)) * Dual(x, 0.0) + Dual(b, seed(Moved::B));
        let z = z + Dual(0.0, seed(Moved::Z));
        let residual = z.tanh() + Dual(0.0, seed(Moved::A)) - Dual(y, 0.0);
        (Dual(0.5, 0.0) * residual * residual).1
    }

    /// Moves a.
    pub fn da(example: Example) -> f64 {
        slope(example, &Moved::A)
    }

    /// Moves z.
    pub fn dz(example: Example) -> f64 {
        slope(example, &Moved::Z)
    }

    /// Moves w.
    pub fn dw(example: Example) -> f64 {
        slope(example, &Moved::W)
    }

    /// Moves b.
    pub fn db(example: Example) -> f64 {
        slope(example, &Moved::B)
    }
}

/// tanh by `exp_m1`, and the loss and its gradients from it in helper modules.
pub mod by_exp_m1 {
    pub use ex_2_1::*;

    mod activation {
        /// tanh(z) = (e²ᶻ − 1)/(e²ᶻ − 1 + 2).
        pub fn tanh(z: f64) -> f64 {
            let grown = (2.0 * z).exp_m1();
            grown / (grown + 2.0)
        }

        /// The derivative from z, 4e²ᶻ/(e²ᶻ + 1)².
        pub fn slope(z: f64) -> f64 {
            let grown = (2.0 * z).exp_m1();
            4.0 * (grown + 1.0) / (grown + 2.0).powi(2)
        }
    }

    /// By `exp_m1`.
    pub fn a(example: Example) -> f64 {
        activation::tanh(z(example))
    }

    /// The square multiplied out.
    pub fn loss(example: Example) -> f64 {
        let ([.., y], a) = (super::point(example), a(example));
        a * a / 2.0 - a * y + y * y / 2.0
    }

    /// By `exp`.
    pub fn dz(example: Example) -> f64 {
        da(example) * activation::slope(z(example))
    }
}
