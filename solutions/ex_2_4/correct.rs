//! Correct variants of lesson 2.4. Each module replaces functions of the solution; its documentation
//! names the style.

/// One quotient for all differences, and the gradient from the scalar central difference.
pub mod helpers {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// The slope between `from` and `to`, given as steps of `epsilon` from `theta`.
    fn slope(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64, from: f64, to: f64) -> f64 {
        (f(theta + to * epsilon) - f(theta + from * epsilon)) / ((to - from) * epsilon)
    }

    /// From 0 to 1.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        slope(f, theta, epsilon, 0.0, 1.0)
    }

    /// From −1 to 1.
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        slope(f, theta, epsilon, -1.0, 1.0)
    }

    /// A central difference along each coordinate.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let along = |at: usize| {
            let of_coordinate = |t: f64| {
                let mut point = theta.clone();
                point[at] = t;
                f(&point)
            };
            central_difference(&of_coordinate, theta[at], epsilon)
        };
        Array1::from_iter((0..theta.len()).map(along))
    }

    /// Divides both before they are compared.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        match analytic.abs().max(numeric.abs()) {
            0.0 => 0.0,
            larger => (analytic / larger - numeric / larger).abs(),
        }
    }

    /// The power of ε in the truncation error.
    fn order(scheme: Scheme) -> i32 {
        match scheme {
            Scheme::Forward => 1,
            Scheme::Central => 2,
        }
    }

    /// By the order of the scheme.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        order(scheme) as usize * parameters + usize::from(scheme == Scheme::Forward)
    }

    /// By the order of the scheme.
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        f64::EPSILON.powf(1.0 / f64::from(order(scheme) + 1))
    }

    /// The two one-sided differences at one step.
    struct Sides {
        left: f64,
        right: f64,
    }

    impl Sides {
        fn of(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> Self {
            Self {
                left: slope(f, theta, epsilon, -1.0, 0.0),
                right: slope(f, theta, epsilon, 0.0, 1.0),
            }
        }

        fn gap(&self) -> f64 {
            (self.right - self.left).abs()
        }

        fn magnitude(&self) -> f64 {
            self.right.abs() + self.left.abs()
        }
    }

    /// With a type for the two sides.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let (whole, half) = (Sides::of(f, theta, epsilon), Sides::of(f, theta, 0.5 * epsilon));
        let is_wide = whole.gap() > 1e-4 * whole.magnitude();
        is_wide && half.gap() > 0.75 * whole.gap()
    }
}

/// One point that is moved back and forth in place with `+=` and `-=`.
pub mod in_place {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// Starts from −f(θ).
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let mut slope = -f(theta);
        slope += f(theta + epsilon);
        slope /= epsilon;
        slope
    }

    /// Divides twice.
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let mut slope = f(theta + epsilon);
        slope -= f(theta - epsilon);
        slope /= epsilon;
        slope /= 2.0;
        slope
    }

    /// Moves by ε, −2ε and ε.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let mut point = theta.to_owned();
        let mut gradient = Array1::<f64>::zeros(theta.raw_dim());
        for (at, slope) in gradient.iter_mut().enumerate() {
            point[at] += epsilon;
            *slope += f(&point);
            point[at] -= 2.0 * epsilon;
            *slope -= f(&point);
            point[at] += epsilon;
        }
        gradient /= 2.0 * epsilon;
        gradient
    }

    /// Divides where there is an error.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let mut error = (numeric - analytic).abs();
        if error > 0.0 {
            error /= analytic.abs().max(numeric.abs());
        }
        error
    }

    /// Starts from p.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        let mut passes = parameters;
        match scheme {
            Scheme::Forward => passes += 1,
            Scheme::Central => passes *= 2,
        }
        passes
    }

    /// Takes roots by logarithms.
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        let mut step = f64::EPSILON.ln();
        step /= if scheme == Scheme::Forward { 2.0 } else { 3.0 };
        step.exp()
    }

    /// Halves the step in a loop, and returns as soon as it can.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let here = f(theta);
        let mut step = epsilon;
        let mut gaps = Vec::with_capacity(2);
        while gaps.len() < 2 {
            let right = (f(theta + step) - here) / step;
            let left = (here - f(theta - step)) / step;
            let gap = (right - left).abs();
            if gap <= 1e-4 * (right.abs() + left.abs()) && gaps.is_empty() {
                return false;
            }
            gaps.push(gap);
            step /= 2.0;
        }
        gaps[1] > 0.75 * gaps[0]
    }
}

/// Iterator chains for every sum and every comparison, and generic functions in place of `dyn`.
pub mod iterators {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// Sums over signs and steps.
    pub fn forward_difference(f: &impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        [(1.0, 1.0), (-1.0, 0.0)]
            .iter()
            .map(|(sign, steps)| sign * f(theta + steps * epsilon))
            .sum::<f64>()
            / epsilon
    }

    /// Folds over the two sides.
    pub fn central_difference(f: &impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        [1.0, -1.0].iter().fold(0.0, |sum, side| sum + side * f(theta + side * epsilon))
            / (2.0 * epsilon)
    }

    /// The unit vector of coordinate `at`, of the length of `like`.
    fn unit(like: &Array1<f64>, at: usize) -> Array1<f64> {
        (0..like.len()).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
    }

    /// Adds and subtracts unit vectors.
    pub fn gradient(
        f: &impl Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        (0..theta.len())
            .map(|at| unit(theta, at) * epsilon)
            .map(|step| (f(&(theta + &step)) - f(&(theta - &step))) / (2.0 * epsilon))
            .collect()
    }

    /// Divides first, and takes 0 for NaN.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let larger = [analytic, numeric].into_iter().map(f64::abs).fold(0.0, f64::max);
        Some((analytic - numeric).abs() / larger).filter(|error| error.is_finite()).unwrap_or(0.0)
    }

    /// Sums the passes of each side and the shared one.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        let sides = std::iter::repeat_n(parameters, if scheme == Scheme::Central { 2 } else { 1 });
        let shared = (scheme == Scheme::Forward).then_some(1);
        sides.chain(shared).sum()
    }

    /// By the position of the scheme in a list.
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        let schemes = [Scheme::Forward, Scheme::Central];
        let order = schemes.iter().take_while(|it| **it != scheme).count();
        f64::EPSILON.powf(1.0 / (order as f64 + 2.0))
    }

    /// Compares neighbours in a list of gaps.
    pub fn has_kink(f: &impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let gap_and_magnitude = |step: f64| {
            let [left, right] = [-step, step].map(|signed| (f(theta + signed) - f(theta)) / signed);
            ((right - left).abs(), left.abs() + right.abs())
        };
        let sides: Vec<(f64, f64)> =
            [epsilon, epsilon / 2.0].into_iter().map(gap_and_magnitude).collect();
        sides[0].0 > 1e-4 * sides[0].1 && sides.windows(2).all(|pair| pair[1].0 > 0.75 * pair[0].0)
    }
}

/// A plain `for` loop over the coordinates, with a fresh copy of the point for each call.
pub mod loops {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// f(θ) first.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let here = f(theta);
        let ahead = f(theta + epsilon);
        (ahead - here) / epsilon
    }

    /// f(θ − ε) first.
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let behind = f(theta - epsilon);
        let ahead = f(theta + epsilon);
        (ahead - behind) / (epsilon + epsilon)
    }

    /// Two copies for each coordinate.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let mut gradient = Array1::zeros(theta.len());
        for i in 0..theta.len() {
            let mut ahead = theta.clone();
            ahead[i] += epsilon;
            let mut behind = theta.clone();
            behind[i] -= epsilon;
            gradient[i] = (f(&ahead) - f(&behind)) / (2.0 * epsilon);
        }
        gradient
    }

    /// The larger magnitude by an `if`.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        if analytic == 0.0 && numeric == 0.0 {
            return 0.0;
        }
        let mut larger = analytic.abs();
        if numeric.abs() > larger {
            larger = numeric.abs();
        }
        (analytic - numeric).abs() / larger
    }

    /// Counts one parameter after another.
    pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
        // One baseline, which only forward differences share.
        let mut passes = if scheme == Scheme::Forward { 1 } else { 0 };
        for _ in 0..if scheme == Scheme::Forward { 1 } else { 2 } {
            passes += parameters;
        }
        passes
    }

    /// The brief's steps as round numbers.
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        match scheme {
            Scheme::Forward => 1e-8,
            Scheme::Central => 1e-5,
        }
    }

    /// Fills arrays of gaps and magnitudes.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let here = f(theta);
        let mut gaps = [0.0; 2];
        let mut magnitudes = [0.0; 2];
        for (i, step) in [epsilon, 0.5 * epsilon].into_iter().enumerate() {
            let right = (f(theta + step) - here) / step;
            let left = (here - f(theta - step)) / step;
            gaps[i] = (right - left).abs();
            magnitudes[i] = right.abs() + left.abs();
        }
        gaps[0] > 1e-4 * magnitudes[0] && gaps[1] > 0.75 * gaps[0]
    }
}

/// The mean of the one-sided differences, a second difference for the gap, and no `max`.
pub mod other_formula {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// Divides each value by ε.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        f(theta + epsilon) / epsilon - f(theta) / epsilon
    }

    /// The mean of the two sides.
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let right = forward_difference(f, theta, epsilon);
        let left = forward_difference(f, theta, -epsilon);
        (right + left) / 2.0
    }

    /// Multiplies by 1/(2ε).
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let half = 0.5 / epsilon;
        theta
            .indexed_iter()
            .map(|(at, coordinate)| {
                let mut point = theta.clone();
                point[at] = coordinate - epsilon;
                let behind = f(&point);
                point[at] = coordinate + epsilon;
                half * f(&point) - half * behind
            })
            .collect()
    }

    /// max(a, n) = (a + n + |a − n|)/2.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let (a, n) = (analytic.abs(), numeric.abs());
        let twice_the_larger = a + n + (a - n).abs();
        if twice_the_larger > 0.0 {
            2.0 * (analytic - numeric).abs() / twice_the_larger
        } else {
            0.0
        }
    }

    /// Where the derivative of the error with respect to ε is zero: ½ = 2u/ε², and ε/3 = u/ε².
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        match scheme {
            Scheme::Forward => 2.0 * f64::EPSILON.sqrt(),
            Scheme::Central => (3.0 * f64::EPSILON).cbrt(),
        }
    }

    /// The gap is |f(θ + ε) − 2f(θ) + f(θ − ε)|/ε.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let here = f(theta);
        let second = |step: f64| {
            let (ahead, behind) = (f(theta + step), f(theta - step));
            let bend = (ahead - 2.0 * here + behind).abs();
            (bend / step, ((ahead - here).abs() + (behind - here).abs()) / step)
        };
        let ((gap, magnitude), (gap_of_half, _)) = (second(epsilon), second(0.5 * epsilon));
        gap / magnitude > 1e-4 && gap_of_half / gap > 0.75
    }
}

/// Every quotient is divided by the step that `f64` could take, (θ + ε) − θ, instead of ε.
pub mod representable_step {
    use ndarray::Array1;

    pub use ex_2_4::*;

    /// Divides by (θ + ε) − θ.
    pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let ahead = theta + epsilon;
        (f(ahead) - f(theta)) / (ahead - theta)
    }

    /// Divides by (θ + ε) − (θ − ε).
    pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
        let (ahead, behind) = (theta + epsilon, theta - epsilon);
        (f(ahead) - f(behind)) / (ahead - behind)
    }

    /// The same along each coordinate.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let mut point = theta.clone();
        theta
            .indexed_iter()
            .map(|(at, &here)| {
                let mut moved_to = |there: f64| {
                    point[at] = there;
                    f(&point)
                };
                let (ahead, behind) = (here + epsilon, here - epsilon);
                let slope = (moved_to(ahead) - moved_to(behind)) / (ahead - behind);
                point[at] = here;
                slope
            })
            .collect()
    }

    /// Both sides divided by the step that was taken.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let side = |step: f64| {
            let there = theta + step;
            (f(there) - f(theta)) / (there - theta)
        };
        let gap = |step: f64| (side(step) - side(-step)).abs();
        let magnitude = side(epsilon).abs() + side(-epsilon).abs();
        gap(epsilon) > 1e-4 * magnitude && gap(epsilon / 2.0) > 0.75 * gap(epsilon)
    }
}

/// Every point at once: θ with a step for each coordinate is a row of a matrix, and f meets its
/// arguments with their memory running backwards.
pub mod rows {
    use ndarray::{Array1, Array2, Axis, s};

    pub use ex_2_4::*;

    /// f of a point whose memory runs backwards.
    fn at(f: &dyn Fn(&Array1<f64>) -> f64, point: &Array1<f64>) -> f64 {
        let mut point = point.slice(s![..;-1]).to_owned();
        point.invert_axis(Axis(0));
        f(&point)
    }

    /// The rows of θ ± ε·I.
    pub fn gradient(
        f: &dyn Fn(&Array1<f64>) -> f64,
        theta: &Array1<f64>,
        epsilon: f64,
    ) -> Array1<f64> {
        let steps: Array2<f64> = Array2::eye(theta.len()) * epsilon;
        let values = |points: Array2<f64>| points.map_axis(Axis(1), |row| at(f, &row.to_owned()));
        (values(theta + &steps) - values(theta - &steps)) / (2.0 * epsilon)
    }

    /// Of two derivatives with one sign, 1 − smaller/larger; otherwise the sum of two fractions.
    pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
        let (smaller, larger) =
            (analytic.abs().min(numeric.abs()), analytic.abs().max(numeric.abs()));
        match (larger == 0.0, analytic * numeric.signum() >= 0.0) {
            (true, _) => 0.0,
            (_, true) => 1.0 - smaller / larger,
            (_, false) => 1.0 + smaller / larger,
        }
    }
}

/// A function that remembers where it was evaluated, and constants instead of roots.
pub mod remembered {
    use std::{cell::RefCell, collections::HashMap};

    pub use ex_2_4::*;

    /// f, evaluated once at each point.
    struct Memo<'a> {
        f: &'a dyn Fn(f64) -> f64,
        values: RefCell<HashMap<u64, f64>>,
    }

    impl<'a> Memo<'a> {
        fn of(f: &'a dyn Fn(f64) -> f64) -> Self {
            Self { f, values: RefCell::default() }
        }

        fn at(&self, theta: f64) -> f64 {
            *self.values.borrow_mut().entry(theta.to_bits()).or_insert_with(|| (self.f)(theta))
        }
    }

    /// 2⁻²⁶ and 2⁻¹⁷.
    pub fn best_epsilon(scheme: Scheme) -> f64 {
        match scheme {
            Scheme::Forward => 1.0 / f64::from(1 << 26),
            Scheme::Central => 1.0 / f64::from(1 << 17),
        }
    }

    /// f(θ) is asked for four times and computed once.
    pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
        let f = Memo::of(f);
        let [whole, half] = [epsilon, epsilon * 0.5].map(|step| {
            [(f.at(theta + step) - f.at(theta)) / step, (f.at(theta) - f.at(theta - step)) / step]
        });
        let gap = |[right, left]: [f64; 2]| (right - left).abs();
        gap(whole) > 1e-4 * whole.map(f64::abs).iter().sum::<f64>() && gap(half) > 0.75 * gap(whole)
    }
}
