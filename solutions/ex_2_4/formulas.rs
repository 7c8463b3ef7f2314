//! The formulas of lesson 2.4.

fn forward_difference(f: fn(f64) -> f64, theta: f64, epsilon: Positive<1e-8, 0.1>) {
    /// the forward difference
    let forward = (f(theta + epsilon) - f(theta)) / epsilon;
}

fn central_difference(f: fn(f64) -> f64, theta: f64, epsilon: Positive<1e-8, 0.1>) {
    /// the central difference
    let central = (f(theta + epsilon) - f(theta - epsilon)) / (2.0 * epsilon);
}

fn gradient(
    /// f
    F: fn([f64; p]) -> f64,
    /// θ
    thetas: [f64; p],
    epsilon: Positive<1e-8, 0.1>,
) {
    /// the gradient
    let gradient = (along(F, thetas, epsilon) - along(F, thetas, -epsilon)) / (2.0 * epsilon);
}

fn relative_error(analytic: f64, numeric: f64) {
    /// the relative error
    let error = ratio(abs(analytic - numeric), max(abs(analytic), abs(numeric)));
}

fn forward_passes(
    scheme: Scheme,
    /// p
    parameters: Whole<1, 1e9>,
) {
    /// the number of forward passes
    let passes = match scheme {
        Scheme::Forward => parameters + 1.0,
        Scheme::Central => 2.0 * parameters,
    };
}

fn has_kink(
    f: fn(f64) -> f64,
    theta: f64,
    /// ε
    step: Positive<1e-4, 1e-2>,
) {
    /// the difference on the right
    let right = (f(theta + step) - f(theta)) / step;
    /// the difference on the left
    let left = (f(theta) - f(theta - step)) / step;
    /// the gap
    let gap = abs(right - left);
    /// the gap of half the step
    let half = abs(f(theta + step / 2.0) - 2.0 * f(theta) + f(theta - step / 2.0)) / (step / 2.0);
    /// `has_kink`
    let kink = gap > 1e-4 * (abs(right) + abs(left)) && half > 0.75 * gap;
}
