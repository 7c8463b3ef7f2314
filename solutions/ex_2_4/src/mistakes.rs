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

/// Your forward difference divides by 2ε. From θ to θ + ε is one step, so the distance is ε; 2ε
/// belongs to the central difference.
pub mod forward_divided_by_two_steps {
    pub use ex_2_4::*;

    /// Divides by twice the distance.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        (f(theta + epsilon) - f(theta)) / (2.0 * epsilon)
    }
}

/// Your forward difference has the wrong sign: it subtracts the value ahead from the value here. A
/// function that grows must have a positive difference, so take f(θ + ε) − f(θ).
pub mod sides_swapped {
    pub use ex_2_4::*;

    /// Subtracts the wrong way round.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        (f(theta) - f(theta + epsilon)) / epsilon
    }
}

/// Your central difference divides by ε. From θ − ε to θ + ε there are two steps, so the distance is
/// 2ε; without the 2 every derivative comes out twice too large.
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

/// Your central difference looks to one side only. Its error falls like ε; taking f(θ + ε) and
/// f(θ − ε) cancels that part of the error, and what is left falls like ε².
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

/// Your relative error can be negative: it lacks the magnitude of the difference. Take
/// |analytic − numeric|, or a large error of the wrong sign will look smaller than any tolerance.
pub mod relative_error_signed {
    pub use ex_2_4::*;

    /// Keeps the sign of the difference.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let larger = analytic.abs().max(numeric.abs());
        if larger == 0.0 { 0.0 } else { (analytic - numeric) / larger }
    }
}

/// Your relative error is NaN when both derivatives are 0: that is 0/0. Two zeros agree, so return 0
/// before you divide. A weight behind a dead unit has exactly this gradient.
pub mod relative_error_of_zeros {
    pub use ex_2_4::*;

    /// Divides by zero.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        (analytic - numeric).abs() / analytic.abs().max(numeric.abs())
    }
}

/// Your relative error is divided by the sum of the two magnitudes. The lesson measures it by the
/// larger one; with the sum, equal derivatives of opposite sign would be 1 apart and not 2.
pub mod relative_error_by_sum {
    pub use ex_2_4::*;

    /// Divides by the sum.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let sum = analytic.abs() + numeric.abs();
        if sum == 0.0 { 0.0 } else { (analytic - numeric).abs() / sum }
    }
}

/// Your count for forward differences leaves out f(θ) itself. All parameters share that one forward
/// pass, but somebody has to run it: p + 1.
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

/// Your count for central differences includes f(θ). Central differences never look there: two
/// passes for each parameter, 2p.
pub mod baseline_counted_for_central {
    pub use ex_2_4::*;

    /// Adds a pass that nobody needs.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        match scheme {
            Scheme::Forward => parameters + 1,
            Scheme::Central => 2 * parameters + 1,
        }
    }
}

/// Your step is about the size of the rounding of f itself, so the difference is mostly round-off.
/// Smaller is not better: the best step balances truncation against round-off, near √ε for forward
/// and ∛ε for central differences, where ε is the spacing of `f64` at 1.
pub mod step_as_small_as_possible {
    pub use ex_2_4::*;

    /// Takes the spacing of numbers for the step.
    pub fn best_epsilon(_scheme: Scheme) -> f64 {
        f64::EPSILON
    }
}

/// Your two best steps are exchanged. The truncation error of the central scheme falls faster, so it
/// can afford the larger step: ∛ε ≈ 6·10⁻⁶ for central, √ε ≈ 1.5·10⁻⁸ for forward.
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

/// You call it a kink whenever the two sides differ. They differ at every point with curvature: what
/// tells a kink is that the gap stays when ε is halved, while a smooth function's gap is halved too.
pub mod kink_by_gap_alone {
    pub use ex_2_4::*;

    /// Does not halve the step.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let right = (f(theta + epsilon) - f(theta)) / epsilon;
        let left = (f(theta) - f(theta - epsilon)) / epsilon;
        (right - left).abs() > 1e-4 * (right.abs() + left.abs())
    }
}
