//! Lesson 2.3: why tanh. The brief is in this folder's `README.md`.

use ndarray::{Array1, Array2};

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
#[allow(unused_variables)]
pub fn tanh_derivative(z: f64) -> f64 {
    todo!("find a form of 1 − tanh²(z) that does not subtract")
}

/// The derivative of leaky ReLU with slope `alpha` on the left, at `z`. At its kink any number from
/// `alpha` to 1 is right.
#[allow(unused_variables)]
pub fn leaky_derivative(z: f64, alpha: f64) -> f64 {
    todo!("look at the sign of z: which slope has the line there?")
}

/// What a gradient is multiplied by on its way back through tanh after tanh, where layer l has the
/// pre-activation `z[l]`, and all weights are 1.
#[allow(unused_variables)]
pub fn through_depth(z: &[f64]) -> f64 {
    todo!("apply the chain rule once for each layer; what is left of a gradient without any?")
}

/// How healthy a `local` derivative is, with the limit `vanishing_below`, a positive number.
#[allow(unused_variables)]
pub fn classify(local: f64, vanishing_below: f64) -> Health {
    todo!("compare the magnitude of the derivative with 0 and with the limit")
}

/// What a batch of at least one sample says of a unit with leaky ReLU: its pre-activations `z` (B), and
/// its slope `alpha` on the left, which is 0 for ReLU. At 0 the slope is taken from the left.
#[allow(unused_variables)]
pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
    todo!("find out for how many samples the local derivative is 0: none, some or all")
}

/// Which part of the ReLU units is dead for a whole batch, from 0 to 1: `z` (B, units) has a column for
/// each unit, and at least one row and one column. At 0 the slope is taken from the left.
#[allow(unused_variables)]
pub fn dead_fraction(z: &Array2<f64>) -> f64 {
    todo!("judge each unit by all of its samples, then count units")
}

/// True when the kink of ReLU lies between the two points of a central difference by the weight: there
/// the weight w becomes w ± `epsilon`, with z = w·`x` + b, and `epsilon` is positive.
#[allow(unused_variables)]
pub fn crosses_kink(z: f64, x: f64, epsilon: f64) -> bool {
    todo!("how far does z move when w moves by ε?")
}

/// Question: how healthy is the local derivative of a unit with this activation for a sample with
/// z = −8? It vanishes below 10⁻³.
#[allow(unused_variables)]
pub fn health_at_minus_eight(activation: Activation) -> Health {
    todo!("answer with a variant of Health for each activation, in a `match`")
}

/// Question: which property of tanh, one that ReLU and leaky ReLU do not have, lets finite differences
/// agree with the derivative at every z?
pub fn safe_for_differences() -> Property {
    todo!("answer with a variant of Property: what goes wrong with a difference over a kink?")
}
