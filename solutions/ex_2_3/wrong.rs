//! Wrong variants of lesson 2.3. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Your derivative of tanh squares z. The square in 1 − tanh²(z) is that of tanh(z).
pub mod square_of_z {
    pub use ex_2_3::*;

    pub fn tanh_derivative(z: f64) -> f64 {
        1.0 - z * z
    }
}

/// You return tanh itself, not its derivative. At z = 0 the curve passes through 0: how steep is it there?
pub mod value_of_tanh {
    pub use ex_2_3::*;

    pub fn tanh_derivative(z: f64) -> f64 {
        z.tanh()
    }
}

/// Your two slopes are exchanged: z > 0 gets α. On which side does leaky ReLU leave z as it is?
pub mod slopes_exchanged {
    pub use ex_2_3::*;

    pub fn leaky_derivative(z: f64, alpha: f64) -> f64 {
        if z > 0.0 { alpha } else { 1.0 }
    }
}

/// You return leaky ReLU itself, not its derivative. How steep is the line α·z, wherever you are on it?
pub mod value_for_slope {
    pub use ex_2_3::*;

    pub fn leaky_derivative(z: f64, alpha: f64) -> f64 {
        if z > 0.0 { z } else { alpha * z }
    }
}

/// Your derivative on the left is 0, that of ReLU. Leaky ReLU has a slope there too.
pub mod slope_of_relu {
    pub use ex_2_3::*;

    pub fn leaky_derivative(z: f64, _alpha: f64) -> f64 {
        if z > 0.0 { 1.0 } else { 0.0 }
    }
}

/// You add up the local derivatives of the layers. In the chain rule each step back multiplies: what
/// would be left of a gradient behind a layer that lets nothing through?
pub mod sum_over_layers {
    pub use ex_2_3::*;

    pub fn through_depth(z: &[f64]) -> f64 {
        z.iter().map(|z| tanh_derivative(*z)).sum()
    }
}

/// You multiply the activations tanh(z). On the way back a gradient meets the local derivatives.
pub mod activations_multiplied {
    pub use ex_2_3::*;

    pub fn through_depth(z: &[f64]) -> f64 {
        z.iter().map(|z| z.tanh()).product()
    }
}

/// You compare the derivative with its sign, so every negative one vanishes. What is small about −0.5?
pub mod vanishing_by_sign {
    pub use ex_2_3::*;

    pub fn classify(local: f64, vanishing_below: f64) -> Health {
        match local {
            0.0 => Health::Dead,
            _ if local < vanishing_below => Health::Vanishing,
            _ => Health::Healthy,
        }
    }
}

/// You call a derivative dead because it is small. A small gradient trains slowly, but it trains, and
/// a unit recovers. Dead is what lets nothing through at all.
pub mod small_is_dead {
    pub use ex_2_3::*;

    pub fn classify(local: f64, vanishing_below: f64) -> Health {
        if local.abs() < vanishing_below { Health::Dead } else { Health::Healthy }
    }
}

/// You call a derivative of 0 vanishing. It is below every limit, but nothing comes through it, however
/// long you train. Which of the two comparisons has to come first?
pub mod zero_vanishes {
    pub use ex_2_3::*;

    pub fn classify(local: f64, vanishing_below: f64) -> Health {
        if local.abs() < vanishing_below { Health::Vanishing } else { Health::Healthy }
    }
}

/// You call a unit dead as soon as one sample gets nothing through. The other samples still train it,
/// and may bring it back for this one. What has to hold for all of them?
pub mod dead_for_one_sample {
    pub use ex_2_3::*;
    use ndarray::Array1;

    pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
        match ex_2_3::unit_health(z, alpha) {
            UnitHealth::Alive => UnitHealth::Alive,
            _ => UnitHealth::Dead,
        }
    }
}

/// You judge a unit by the sign of z alone, as if it had ReLU. With a slope on the left, something comes
/// through on both sides.
pub mod slope_ignored {
    pub use ex_2_3::*;
    use ndarray::Array1;

    pub fn unit_health(z: &Array1<f64>, _alpha: f64) -> UnitHealth {
        ex_2_3::unit_health(z, 0.0)
    }
}

/// You call a unit with a small slope on the left dead. A small slope makes gradients small on that side.
/// Only one slope lets nothing through.
pub mod small_slope_is_dead {
    pub use ex_2_3::*;
    use ndarray::Array1;

    pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
        let alpha = if alpha.abs() < 1e-3 { 0.0 } else { alpha };
        ex_2_3::unit_health(z, alpha)
    }
}

/// You count a unit as alive when any sample gets through. What do you call one that learns from some
/// samples and not from others?
pub mod alive_for_one_sample {
    pub use ex_2_3::*;
    use ndarray::Array1;

    pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
        match ex_2_3::unit_health(z, alpha) {
            UnitHealth::Dead => UnitHealth::Dead,
            _ => UnitHealth::Alive,
        }
    }
}

/// You count dead entries of Z, one for each sample of each unit. A unit is a column: it is dead or not
/// as a whole, and the fraction is one of units.
pub mod fraction_over_elements {
    pub use ex_2_3::*;
    use ndarray::Array2;

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        z.mapv(|z| if z > 0.0 { 0.0 } else { 1.0 }).sum() / z.len() as f64
    }
}

/// You judge the rows of Z. A row is a sample; the units are the columns.
pub mod rows_for_units {
    pub use ex_2_3::*;
    use ndarray::Array2;

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        ex_2_3::dead_fraction(&z.t().to_owned())
    }
}

/// You count the units that are alive.
pub mod fraction_alive {
    pub use ex_2_3::*;
    use ndarray::Array2;

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        1.0 - ex_2_3::dead_fraction(z)
    }
}

/// You count a unit as dead when one of its samples gets nothing through. How many samples does it take
/// to keep a unit alive?
pub mod one_sample_kills {
    pub use ex_2_3::*;
    use ndarray::{Array2, Axis};

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        let lowest = z.fold_axis(Axis(0), f64::INFINITY, |lowest, z| lowest.min(*z));
        lowest.mapv(|z| if z > 0.0 { 0.0 } else { 1.0 }).sum() / z.ncols() as f64
    }
}

/// You compare z with the step of the weight. When w moves by ε, z moves by another distance: what is
/// w multiplied by?
pub mod step_of_the_weight {
    pub use ex_2_3::*;

    pub fn crosses_kink(z: f64, _x: f64, epsilon: f64) -> bool {
        z.abs() < epsilon
    }
}

/// You report a kink for every negative z. At z = −2 a step of 10⁻⁵ stays on the left of the kink, and the
/// finite difference is exactly 0, as is the derivative. How far is z from 0, on either side?
pub mod every_negative_z {
    pub use ex_2_3::*;

    pub fn crosses_kink(z: f64, x: f64, epsilon: f64) -> bool {
        z < x.abs() * epsilon
    }
}

/// Your answer is true of tanh, but a bounded function may have kinks: cut a line off at ±1, and it has
/// two. What is different about the difference on the two sides of a kink?
pub mod safe_because_bounded {
    pub use ex_2_3::*;

    pub fn safe_for_differences() -> Property {
        Property::Bounded
    }
}

/// Your answer is true of tanh, but leaky ReLU grows with z as well, and has a kink.
pub mod safe_because_increasing {
    pub use ex_2_3::*;

    pub fn safe_for_differences() -> Property {
        Property::Increasing
    }
}

/// Your answer is true of tanh, but a line that is cut off at ±1 is odd as well, and has two kinks. What is
/// different about the difference on the two sides of a kink?
pub mod safe_because_odd {
    pub use ex_2_3::*;

    pub fn safe_for_differences() -> Property {
        Property::Odd
    }
}
