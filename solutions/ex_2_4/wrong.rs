//! Wrong variants of lesson 2.4. Each module is a whole wrong crate, named after its mistake; its
//! documentation is the explanation that a learner reads.

use ndarray::Array1;

/// The gradient from any difference of one variable.
fn gradient_by(
    difference: fn(&dyn Fn(f64) -> f64, f64, f64) -> f64,
    f: &dyn Fn(&Array1<f64>) -> f64,
    theta: &Array1<f64>,
    epsilon: f64,
) -> Array1<f64> {
    Array1::from_shape_fn(theta.len(), |at| {
        let along = |moved: f64| {
            let mut point = theta.clone();
            point[at] = moved;
            f(&point)
        };
        difference(&along, theta[at], epsilon)
    })
}

/// Your forward difference divides by 2ε. From θ to θ + ε is one step: how far apart are the two
/// points? Which difference takes two steps?
pub mod forward_divided_by_two_steps {
    pub use ex_2_4::*;

    /// Divides by twice the distance.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        (f(theta + epsilon) - f(theta)) / (2.0 * epsilon)
    }
}

/// Your forward difference has the wrong sign: it starts from f(θ) − f(θ + ε). A function that grows
/// has a positive derivative: which of the two values is the larger one there?
pub mod sides_swapped {
    pub use ex_2_4::*;

    /// Subtracts the wrong way round.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        (f(theta) - f(theta + epsilon)) / epsilon
    }
}

/// Your central difference divides by ε, and every result is twice the derivative. From θ − ε to θ + ε
/// are two steps: how far apart are the two points?
pub mod central_not_halved {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// Divides by half of the distance.
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        (f(theta + epsilon) - f(theta - epsilon)) / epsilon
    }

    /// Follows from that.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        super::gradient_by(central_difference, f, theta, epsilon)
    }
}

/// Your central difference is a forward difference: it uses one side of θ only, and its error falls
/// like ε. In f(θ + ε) − f(θ − ε) that part of the error cancels, and what is left falls like ε².
pub mod forward_for_central {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// The forward difference.
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        forward_difference(f, theta, epsilon)
    }

    /// Follows from that.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        super::gradient_by(forward_difference, f, theta, epsilon)
    }
}

/// Your gradient does not put a coordinate back before it moves the next one. From the second
/// coordinate on it is the gradient at another point: restore θ after every coordinate.
pub mod step_not_restored {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// Leaves every coordinate one step behind.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let mut point = theta.clone();
        Array1::from_shape_fn(theta.len(), |at| {
            point[at] = theta[at] + epsilon;
            let ahead = f(&point);
            point[at] = theta[at] - epsilon;
            (ahead - f(&point)) / (2.0 * epsilon)
        })
    }
}

/// Your relative error can be negative: the absolute value of the difference is missing. A large error
/// with the wrong sign would be below every tolerance.
pub mod relative_error_signed {
    pub use ex_2_4::*;

    /// Keeps the sign of the difference.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let larger = analytic.abs().max(numeric.abs());
        if larger == 0.0 { 0.0 } else { (analytic - numeric) / larger }
    }
}

/// Your relative error is NaN when both derivatives are 0, because 0/0 is NaN. Two zeros agree: return
/// 0 before you divide. A weight behind a dead ReLU unit has this gradient.
pub mod relative_error_of_zeros {
    pub use ex_2_4::*;

    /// Divides by zero.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        (analytic - numeric).abs() / analytic.abs().max(numeric.abs())
    }
}

/// Your relative error divides by the sum of the two magnitudes. This lesson divides by the larger of
/// them; with the sum, derivatives of equal size and opposite sign get the error 1 instead of 2.
pub mod relative_error_by_sum {
    pub use ex_2_4::*;

    /// Divides by the sum.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let sum = analytic.abs() + numeric.abs();
        if sum == 0.0 { 0.0 } else { (analytic - numeric).abs() / sum }
    }
}

/// Your count for forward differences leaves out f(θ) itself. All parameters share that one forward
/// pass, but it has to be made once.
pub mod baseline_forgotten {
    pub use ex_2_4::*;

    /// Counts the moved points only.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        match scheme {
            Scheme::Forward => parameters,
            Scheme::Central => 2 * parameters,
        }
    }
}

/// Your count for central differences includes f(θ). Which two points does a central difference
/// evaluate f at, and is one of them θ?
pub mod baseline_counted_for_central {
    pub use ex_2_4::*;

    /// Adds a pass that is not needed.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        match scheme {
            Scheme::Forward => parameters + 1,
            Scheme::Central => 2 * parameters + 1,
        }
    }
}

/// Your step is as small as the rounding error u of f, so the difference is mostly round-off error:
/// u/ε is 1 there. The best step is longer: the truncation error grows with it, and round-off falls.
/// At which step are the two equal?
pub mod step_as_small_as_possible {
    pub use ex_2_4::*;

    /// Takes u itself as the step.
    pub fn best_epsilon(_scheme: Scheme) -> f64 {
        f64::EPSILON
    }
}

/// Your two best steps are exchanged. The truncation error of the central scheme falls faster with ε,
/// so a longer step is still accurate there. Which scheme can afford the longer one?
pub mod steps_exchanged {
    pub use ex_2_4::*;

    /// Gives each scheme the other's step.
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        match scheme {
            Scheme::Forward => ex_2_4::best_epsilon(Scheme::Central),
            Scheme::Central => ex_2_4::best_epsilon(Scheme::Forward),
        }
    }
}

/// Your `has_kink` compares the gap with 10⁻⁴ itself. A steep function has a larger gap by round-off
/// alone, and a kink between two flat lines a smaller one: what is the gap to be measured by? And what
/// becomes of it when ε is halved?
pub mod kink_by_absolute_gap {
    pub use ex_2_4::*;

    /// Knows no scale, and does not halve the step.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let right = (f(theta + epsilon) - f(theta)) / epsilon;
        let left = (f(theta) - f(theta - epsilon)) / epsilon;
        (right - left).abs() > 1e-4
    }
}

/// Your `has_kink` reports a kink wherever the two one-sided differences differ. They differ at every
/// point with curvature. When ε is halved, the gap stays at a kink and is halved at a smooth point.
pub mod kink_by_gap_alone {
    pub use ex_2_4::*;

    /// Does not halve the step.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let right = (f(theta + epsilon) - f(theta)) / epsilon;
        let left = (f(theta) - f(theta - epsilon)) / epsilon;
        (right - left).abs() > 1e-4 * (right.abs() + left.abs())
    }
}
