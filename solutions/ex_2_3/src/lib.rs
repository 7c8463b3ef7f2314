//! Lesson 2.3, solved: why tanh.

use ndarray::{Array1, Array2, Axis};

/// How much of a gradient a local derivative lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Its magnitude is at least the limit.
    Healthy,
    /// It is smaller than the limit, and not 0.
    Vanishing,
    /// It is exactly 0: nothing comes through.
    Dead,
}

/// What a batch says of a unit, which is one neuron with its activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitHealth {
    /// It learns from every sample.
    Alive,
    /// It learns from some samples and not from others.
    DeadForSome,
    /// It learns from no sample of the batch.
    Dead,
}

/// An activation of the lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// tanh(z).
    Tanh,
    /// z where z > 0, else 0.
    Relu,
    /// z where z > 0, else 0.01·z.
    LeakyRelu,
}

/// A property of tanh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// It stays between −1 and 1.
    Bounded,
    /// It has a derivative everywhere, which changes without a jump.
    Smooth,
    /// It grows with z.
    Increasing,
    /// tanh(−z) = −tanh(z).
    Odd,
}

/// The derivative of tanh at `z`, with all its digits for every z.
pub fn tanh_derivative(z: f64) -> f64 {
    // 1 − tanh² = 1/cosh²: no digits cancel, and an infinite cosh gives 0.
    z.cosh().powi(-2)
}

/// The derivative of leaky ReLU with slope `alpha` on the left, at `z`. At its kink any number from
/// `alpha` to 1 is right.
pub fn leaky_derivative(z: f64, alpha: f64) -> f64 {
    if z > 0.0 { 1.0 } else { alpha }
}

/// What a gradient is multiplied by on its way back through tanh after tanh, where layer l has the
/// pre-activation `z[l]`, and all weights are 1.
pub fn through_depth(z: &[f64]) -> f64 {
    z.iter().map(|z| tanh_derivative(*z)).product()
}

/// How healthy a `local` derivative is, with the limit `vanishing_below`, a positive number.
pub fn classify(local: f64, vanishing_below: f64) -> Health {
    if local == 0.0 {
        Health::Dead
    } else if local.abs() < vanishing_below {
        Health::Vanishing
    } else {
        Health::Healthy
    }
}

/// What a batch of at least one sample says of a unit with leaky ReLU: its pre-activations `z` (B), and
/// its slope `alpha` on the left, which is 0 for ReLU. At 0 the slope is taken from the left.
pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
    let learning = z.iter().filter(|z| leaky_derivative(**z, alpha) != 0.0).count();
    if learning == z.len() {
        UnitHealth::Alive
    } else if learning > 0 {
        UnitHealth::DeadForSome
    } else {
        UnitHealth::Dead
    }
}

/// Which part of the ReLU units is dead for a whole batch, from 0 to 1: `z` (B, units) has a column for
/// each unit, and at least one row and one column. At 0 the slope is taken from the left.
pub fn dead_fraction(z: &Array2<f64>) -> f64 {
    let is_dead = |unit: &_| unit_health(unit, 0.0) == UnitHealth::Dead;
    let dead = z.axis_iter(Axis(1)).filter(|unit| is_dead(&unit.to_owned())).count();
    dead as f64 / z.ncols() as f64
}

/// True when the kink of ReLU lies between the two points of a central difference by the weight: there
/// the weight w becomes w ± `epsilon`, with z = w·`x` + b, and `epsilon` is positive.
pub fn crosses_kink(z: f64, x: f64, epsilon: f64) -> bool {
    z.abs() < x.abs() * epsilon
}

/// Question: how healthy is the local derivative of a unit with this activation for a sample with
/// z = −8? It vanishes below 10⁻³.
pub fn health_at_minus_eight(activation: Activation) -> Health {
    match activation {
        // 4.5·10⁻⁷.
        Activation::Tanh => Health::Vanishing,
        Activation::Relu => Health::Dead,
        // 0.01.
        Activation::LeakyRelu => Health::Healthy,
    }
}

/// Question: which property of tanh, one that ReLU and leaky ReLU do not have, lets finite differences
/// agree with the derivative at every z?
pub fn safe_for_differences() -> Property {
    Property::Smooth
}
