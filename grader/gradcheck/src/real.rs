/// A type of floating-point number that gradients can be checked in: `f32` or `f64`.
///
/// It stands for what the error model takes from the type: the machine epsilon, the points that
/// exist, and steps that suit both.
pub trait Real: sealed::Real {}

impl<F: sealed::Real> Real for F {}

pub(crate) mod sealed {
    use std::fmt::Debug;

    pub trait Real: Copy + Debug + Send + Sync + 'static {
        const PRECISION: super::Precision;
        fn to_f64(self) -> f64;
        fn from_f64(number: f64) -> Self;
    }
}

/// What the error model needs to know of a type. Steps are relative to the coordinate, or to 1
/// where that is smaller.
#[derive(Debug)]
pub struct Precision {
    /// The machine epsilon.
    pub epsilon: f64,
    /// Near ε^⅕, where truncation h⁴ and round-off ε/h of a function of order one are alike.
    pub first_step: f64,
    pub longest_step: f64,
    /// Relative to the coordinate alone: three of them still differ at the spacing of numbers.
    pub shortest_step: f64,
    /// How far from a kink gradients are sampled.
    pub beside: f64,
    /// A relative error that no further trial needs to improve.
    pub enough: f64,
    /// A bound that is a larger part than this of what the function shows leaves a claim undecided.
    pub resolved: f64,
    /// The part of their largest elements by which two gradients may differ and have the same form.
    pub alike: f64,
    /// How far the points scatter that the noise is read from. The next distance is for values that
    /// hardly change over the one before: then it is shorter than the spacing of the values.
    pub spreads: [f64; 4],
    /// How many binary digits those distances have: the closest spread has all of them exactly.
    pub digits: i32,
    /// The nearest number of the type.
    pub round: fn(f64) -> f64,
    /// The next larger number of the type, of one that is finite and not negative.
    pub next_up: fn(f64) -> f64,
}

const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

impl sealed::Real for f64 {
    const PRECISION: Precision = Precision {
        epsilon: Self::EPSILON,
        first_step: power_of_two(-8),
        longest_step: power_of_two(-5),
        shortest_step: power_of_two(-40),
        beside: power_of_two(-16),
        enough: 1e-9,
        resolved: 1e-3,
        alike: 1e-6,
        spreads: [power_of_two(-35), power_of_two(-23), power_of_two(-11), power_of_two(-5)],
        digits: 17,
        round: |number| number,
        next_up: |number| Self::from_bits(number.to_bits() + 1),
    };

    fn to_f64(self) -> f64 {
        self
    }

    fn from_f64(number: f64) -> Self {
        number
    }
}

impl sealed::Real for f32 {
    const PRECISION: Precision = Precision {
        epsilon: Self::EPSILON as f64,
        first_step: power_of_two(-4),
        longest_step: power_of_two(-2),
        shortest_step: power_of_two(-15),
        beside: power_of_two(-6),
        enough: 1e-4,
        resolved: 1e-2,
        alike: 1e-3,
        spreads: [power_of_two(-12), power_of_two(-9), power_of_two(-6), power_of_two(-3)],
        digits: 11,
        round: |number| f64::from(number as Self),
        next_up: |number| f64::from(Self::from_bits((number as Self).to_bits() + 1)),
    };

    fn to_f64(self) -> f64 {
        self.into()
    }

    fn from_f64(number: f64) -> Self {
        number as Self
    }
}
