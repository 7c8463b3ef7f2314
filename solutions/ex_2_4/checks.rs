//! Checks of lesson 2.4: finite differences.

use engine::checks::{
    Callback, Check,
    Kind::{Cost, Property, Snapshot, Value},
    Learner, Lesson, Limits, Miss, Outcome, all_close, close, rounded, same_table,
};
use ndarray::Array1;

use super::contract::{
    Scheme, best_epsilon, central_difference, forward_difference, forward_passes, gradient,
    has_kink, relative_error,
};

pub const LESSON: Lesson = Lesson::new(
    "Finite differences",
    &[
        Check::hidden(Value, "forward", "forward differences", 1.0, forward_values),
        Check::hidden(Value, "central", "central differences", 1.0, central_values),
        Check::visible(Snapshot, "course_table", "the course's printed table", 1.0, course_table)
            .after(&["forward", "central"]),
        Check::hidden(Property, "order", "errors that fall like ε and like ε²", 1.0, order)
            .after(&["forward", "central"]),
        Check::hidden(Value, "gradient", "the gradient of several variables", 1.0, gradients)
            .after(&["central"]),
        Check::hidden(Cost, "gradient_cost", "two calls of f a parameter", 1.0, gradient_cost)
            .after(&["gradient"]),
        Check::hidden(Value, "relative_error", "the relative error", 1.0, relative_errors),
        Check::hidden(Value, "forward_passes", "forward passes for p parameters", 1.0, passes)
            .limits(LIMITS_OF_COUNTING),
        Check::hidden(Property, "best_epsilon", "the best step within a decade", 1.0, best_steps),
        Check::hidden(Property, "kinks", "kinks told from smooth points", 1.0, kinks),
    ],
)
.after(&["ex_2_2"]);

/// Who counts the passes one by one is slow and right.
const LIMITS_OF_COUNTING: Limits = Limits { seconds: 20, ..Limits::SMALL };

/// How many random cases a check tries.
const CASES: usize = 16;

const SMOOTH: [Curve; 6] =
    [Curve::Square, Curve::Cube, Curve::Exp, Curve::Sin, Curve::Tanh, Curve::SquaredError(0.2)];
const KINKED: [Curve; 4] = [Curve::Magnitude, Curve::Relu, Curve::LeakyRelu, Curve::Bend(1.0)];

/// A function g of one variable u.
#[derive(Debug, Clone, Copy)]
enum Curve {
    /// u².
    Square,
    /// u³.
    Cube,
    /// eᵘ.
    Exp,
    /// sin u.
    Sin,
    /// tanh u.
    Tanh,
    /// |u|.
    Magnitude,
    /// max(0, u).
    Relu,
    /// max(0.01·u, u).
    LeakyRelu,
    /// min(u, u + jump·u): the slope changes by the jump at 0.
    Bend(f64),
    /// √(u² + radius²): |u| with a round corner.
    Rounded(f64),
    /// ½(tanh u − target)².
    SquaredError(f64),
}

impl Curve {
    fn at(self, u: f64) -> f64 {
        match self {
            Self::Square => u * u,
            Self::Cube => u * u * u,
            Self::Exp => u.exp(),
            Self::Sin => u.sin(),
            Self::Tanh => u.tanh(),
            Self::Magnitude => u.abs(),
            Self::Relu => u.max(0.0),
            Self::LeakyRelu => u.max(0.01 * u),
            Self::Bend(jump) => u.min(u + jump * u),
            Self::Rounded(radius) => u.hypot(radius),
            Self::SquaredError(target) => 0.5 * (u.tanh() - target).powi(2),
        }
    }
}

/// f(θ) = amplitude·g(slope·(θ − center) + shift).
#[derive(Clone, Copy)]
struct Line {
    curve: Curve,
    amplitude: f64,
    slope: f64,
    center: f64,
    shift: f64,
}

impl Line {
    /// With u = 0 at `center`.
    fn around(center: f64, curve: Curve, slope: f64) -> Self {
        Self { curve, amplitude: 1.0, slope, center, shift: 0.0 }
    }

    fn at(self, theta: f64) -> f64 {
        let u = self.slope * (theta - self.center) + self.shift;
        self.amplitude * self.curve.at(u)
    }

    fn callback(self) -> Callback<(f64,), f64> {
        Callback::new(move |(theta,): (f64,)| self.at(theta))
    }

    fn formula(self) -> String {
        let Self { curve, amplitude, slope, center, shift } = self;
        format!("{amplitude}·{curve:?} of {slope}·(θ − {center}) + {shift}")
    }
}

/// f(θ) = amplitude·g(θ/length), a function of several variables.
#[derive(Clone, Copy)]
struct Surface {
    form: Form,
    amplitude: f64,
    length: f64,
}

#[derive(Clone, Copy)]
enum Form {
    Bowl,
    Ring,
    CubedSum,
    Ramps,
}

const FORMS: [Form; 4] = [Form::Bowl, Form::Ring, Form::CubedSum, Form::Ramps];

impl Surface {
    fn at(self, theta: &Array1<f64>) -> f64 {
        let u = theta / self.length;
        let next = u.iter().cycle().skip(1);
        self.amplitude
            * match self.form {
                Form::Bowl => (1..).zip(&u).map(|(i, u)| f64::from(i) * u * u).sum(),
                Form::Ring => u.iter().zip(next).map(|(u, next)| u.sin() * next).sum(),
                Form::CubedSum => u.sum().powi(3),
                Form::Ramps => u.iter().map(|u| u.max(0.0)).sum(),
            }
    }

    fn callback(self) -> Callback<(Array1<f64>,), f64> {
        Callback::new(move |(theta,): (Array1<f64>,)| self.at(&theta))
    }

    fn formula(self) -> String {
        let form = match self.form {
            Form::Bowl => "Σ i·uᵢ², i from 1",
            Form::Ring => "Σ sin(uᵢ)·uᵢ₊₁, with the first variable after the last",
            Form::CubedSum => "(Σ uᵢ)³",
            Form::Ramps => "Σ max(0, uᵢ)",
        };
        format!("{}·({form}), u = θ/{}", self.amplitude, self.length)
    }
}

/// Adds f to what `--reveal` shows: in the arguments of the call it is only a callback.
fn with_f(miss: Miss, formula: &str) -> Miss {
    let reveal = format!("{}\nf(θ) = {formula}", miss.reveal);
    miss.revealing(reveal)
}

/// Smooth functions, each with a point and a step. Small steps come late: with them, round-off is larger
/// than the precision to which an answer must equal that of a known mistake.
fn smooth_cases(learner: &mut Learner) -> Vec<(Line, f64, f64)> {
    let mut cases = Vec::new();
    for epsilon in learner.decades(-4.0, -2.0, CASES) {
        let theta = learner.uniform(-1.0, 1.0);
        let (slope, shift) = (learner.uniform(0.5, 1.5), learner.uniform(-0.5, 0.5));
        let f = Line { shift, ..Line::around(0.0, smooth(learner), slope) };
        // Two functions at one point: the value of one says nothing of the other, which may be 0.
        cases.extend([f, Line::around(theta, Curve::Relu, slope)].map(|f| (f, theta, epsilon)));
    }
    // A point that is 0, and a function that does not change.
    let f = Line::around(-0.5, smooth(learner), 1.0);
    cases.extend([(f, 0.0, 1e-3), (Line { amplitude: 0.0, ..f }, 0.5, 1e-3)]);
    // Steps as short as doubles allow, of functions that change within them.
    for epsilon in learner.decades(-12.0, -4.0, CASES) {
        let theta = epsilon * learner.uniform(-1.0, 1.0);
        let slope = learner.uniform(0.5, 1.5) / epsilon;
        cases.push((Line::around(0.0, smooth(learner), slope), theta, epsilon));
    }
    let points = learner.swept_points();
    let steps = learner.decades(-8.0, 3.0, points.len());
    for ([theta, amplitude], epsilon) in points.into_iter().zip(steps) {
        // From f's point of view both are of order 1.
        let slope = learner.uniform(0.5, 1.5) / epsilon.max(theta.abs());
        let f = Line { amplitude, ..Line::around(0.0, smooth(learner), slope) };
        cases.push((f, theta, epsilon));
    }
    cases
}

fn smooth(learner: &mut Learner) -> Curve {
    match SMOOTH[learner.rng().usize(..SMOOTH.len())] {
        Curve::SquaredError(_) => Curve::SquaredError(learner.uniform(-0.5, 0.5)),
        curve => curve,
    }
}

/// The difference of f's values at two points divided by the distance of the points, and the
/// magnitude of its terms. θ + ε is rounded by up to |θ|·u, so the distance as stored differs from ε
/// by as much; a learner may divide by either, and the magnitude allows for both.
fn quotient(f: impl Fn(f64) -> f64, [ahead, behind]: [f64; 2], distance: f64) -> (f64, f64) {
    let points = ahead.abs() + behind.abs();
    let (ahead, behind) = (f(ahead), f(behind));
    let quotient = (ahead - behind) / distance;
    (quotient, (ahead.abs() + behind.abs() + points * quotient.abs()) / distance)
}

fn forward_values(learner: &mut Learner) -> Outcome {
    for (f, theta, epsilon) in smooth_cases(learner) {
        let got = learner.call(forward_difference, (f.callback(), theta, epsilon))?;
        let (want, scale) = quotient(|at| f.at(at), [theta + epsilon, theta], epsilon);
        close("the forward difference", got, want, scale)
            .map_err(|miss| with_f(miss, &f.formula()))?;
    }
    Ok(())
}

fn central_values(learner: &mut Learner) -> Outcome {
    for (f, theta, epsilon) in smooth_cases(learner) {
        let got = learner.call(central_difference, (f.callback(), theta, epsilon))?;
        let (want, scale) =
            quotient(|at| f.at(at), [theta + epsilon, theta - epsilon], 2.0 * epsilon);
        close("the central difference", got, want, scale)
            .map_err(|miss| with_f(miss, &f.formula()))?;
    }
    Ok(())
}

fn course_table(learner: &mut Learner) -> Outcome {
    let (x, b, y) = (2.0, 0.1, 1.0);
    let first = table_row(learner, (x, b, y), 0.5)?;
    let second = table_row(learner, (1.0, 0.0, 0.5), 0.0)?;
    let want = "L = 0.01990032, forward = -0.143317153, central = -0.143322028\n\
                L = 0.125, forward = -0.499995, central = -0.5";
    same_table(&format!("{first}\n{second}"), want)
}

/// The loss of a tanh neuron at the weight `theta`, and its differences with the course's step.
fn table_row(
    learner: &mut Learner,
    (x, b, y): (f64, f64, f64),
    theta: f64,
) -> Result<String, Miss> {
    let f = Line { shift: b, ..Line::around(0.0, Curve::SquaredError(y), x) };
    let loss = f.at(theta);
    let forward = learner.call(forward_difference, (f.callback(), theta, 1e-5))?;
    let central = learner.call(central_difference, (f.callback(), theta, 1e-5))?;
    let [loss, forward, central] = [loss, forward, central].map(rounded);
    Ok(format!("L = {loss}, forward = {forward}, central = {central}"))
}

/// Halving the step halves the error of the forward difference and quarters that of the central one.
fn order(learner: &mut Learner) -> Outcome {
    let f = Callback::new(|(theta,): (f64,)| theta.exp());
    for _ in 0..4 {
        let theta = learner.uniform(0.2, 0.8);
        let mut forward = Vec::new();
        let mut central = Vec::new();
        for epsilon in [0.04, 0.02, 0.01, 0.005] {
            let at = (f.clone(), theta, epsilon);
            forward.push(learner.call(forward_difference, at.clone())? - theta.exp());
            central.push(learner.call(central_difference, at)? - theta.exp());
        }
        falls("the forward difference", "ε", &forward, 2.0)?;
        falls("the central difference", "ε²", &central, 4.0)?;
    }
    Ok(())
}

/// The next power of ε in the error changes the ratio by less than ε: a tenth is ample.
fn falls(name: &str, like: &str, errors: &[f64], ratio: f64) -> Outcome {
    let mut ratios = errors.windows(2).map(|pair| pair[0] / pair[1]);
    if ratios.all(|found| (found / ratio - 1.0).abs() <= 0.1) {
        return Ok(());
    }
    Err(Miss::failed(format!("the error of {name} does not fall like {like}"))
        .revealing(format!("errors {errors:?}, ε halved each time\nf(θ) = exp(θ)")))
}

fn gradients(learner: &mut Learner) -> Outcome {
    let cases = learner.cases::<1, 2>();
    let steps = learner.decades(-8.0, 3.0, cases.len());
    for (at, (case, step)) in cases.into_iter().zip(steps).enumerate() {
        let theta = learner.filled(case.sizes, case.fillings[0]);
        let epsilon = if case.is_ordinary { 1e-3 } else { step };
        let length = epsilon.max(case.fillings[0].scale);
        // With many parameters f is called often: one form is enough.
        let forms = if theta.len() > 4 { &FORMS[at % 4..][..1] } else { &FORMS[..] };
        for &form in forms {
            let f = Surface { form, amplitude: case.fillings[1].scale, length };
            gradient_calls(learner, f, &theta, epsilon)?;
        }
    }
    for epsilon in learner.decades(-12.0, -4.0, CASES) {
        let theta = learner.array(3, -epsilon, epsilon);
        let f = Surface { form: Form::Ring, amplitude: 1.0, length: epsilon };
        gradient_calls(learner, f, &theta, epsilon)?;
    }
    Ok(())
}

fn gradient_cost(learner: &mut Learner) -> Outcome {
    let f = Surface { form: Form::Ring, amplitude: 1.0, length: 1.0 };
    for parameters in [2, 7, 100] {
        let theta = learner.array(parameters, -1.0, 1.0);
        let calls = gradient_calls(learner, f, &theta, 1e-3)?;
        if calls > 2 * parameters {
            return Err(Miss::failed(format!(
                "`gradient` called f {calls} times for {parameters} parameters; central differences \
                 need two calls for each parameter and no others"
            )));
        }
    }
    Ok(())
}

/// Compares a gradient with central differences computed here, and returns how often `gradient`
/// called f.
fn gradient_calls(
    learner: &mut Learner,
    f: Surface,
    theta: &Array1<f64>,
    epsilon: f64,
) -> Result<usize, Miss> {
    let parameters = theta.len();
    let (want, scale): (Vec<f64>, Vec<f64>) = (0..parameters)
        .map(|at| {
            let moved_to = |coordinate: f64| {
                let mut point = theta.clone();
                point[at] = coordinate;
                f.at(&point)
            };
            quotient(moved_to, [theta[at] + epsilon, theta[at] - epsilon], 2.0 * epsilon)
        })
        .unzip();
    // A sum of p terms is computed to within p roundings of its terms, each of the order of f.
    let scale: Array1<f64> = Array1::from(scale) + f.amplitude * parameters as f64 / epsilon;
    let callback = f.callback();
    let got = learner.call(gradient, (callback.clone(), theta.clone(), epsilon))?;
    all_close("the gradient", &got, &Array1::from(want), &scale)
        .map_err(|miss| with_f(miss, &f.formula()))?;
    Ok(callback.calls())
}

fn relative_errors(learner: &mut Learner) -> Outcome {
    let mut pairs =
        vec![(0.0, 0.0), (0.0, 1e-300), (-2.0, 0.0), (1.0, -1.0), (1.0, -3.0), (-3.0, 1.0)];
    for magnitude in learner.decades(-9.0, 9.0, CASES) {
        let analytic = magnitude * learner.uniform(-1.0, 1.0);
        pairs.push((analytic, analytic * learner.uniform(-0.5, 1.5)));
    }
    for (analytic, numeric) in pairs {
        let got = learner.call(relative_error, (analytic, numeric))?;
        let larger = analytic.abs().max(numeric.abs());
        let want = if larger == 0.0 { 0.0 } else { ((analytic - numeric) / larger).abs() };
        close("the relative error", got, want, 1.0)?;
    }
    Ok(())
}

fn passes(learner: &mut Learner) -> Outcome {
    // The course's matrix of 10 × 768 weights, without and with its 10 biases.
    // And more than `f32` counts one by one.
    let mut sizes = vec![7_680, 7_690, 1, (1 << 24) + 1];
    sizes.extend((0..4).map(|_| learner.rng().usize(2..100_000)));
    for parameters in sizes {
        for (scheme, want) in [(Scheme::Forward, parameters + 1), (Scheme::Central, 2 * parameters)]
        {
            let got = learner.call(forward_passes, (scheme, parameters))?;
            if got != want {
                let than = if got < want { "too few" } else { "too many" };
                let message = format!("Scheme::{scheme:?}: {than} forward passes");
                let reveal = format!("{parameters} parameters: got {got}, expected {want}");
                return Err(Miss::failed(message).revealing(reveal));
            }
        }
    }
    Ok(())
}

/// Truncation ε/2·f″ against round-off 2u/ε, or ε²/6·f‴ against u/ε: with all of order 1, the sums
/// are smallest near √u and ∛u (Press et al., *Numerical Recipes*, 3rd ed., §5.7).
fn best_steps(learner: &mut Learner) -> Outcome {
    let best = [(Scheme::Forward, f64::EPSILON.sqrt()), (Scheme::Central, f64::EPSILON.cbrt())];
    for (scheme, want) in best {
        let got = learner.call(best_epsilon, (scheme,))?;
        let fault = match got / want {
            0.1..=10.0 => continue,
            ratio if ratio > 10.0 => {
                "too large by more than the factor of 10 that is allowed: truncation error \
                 dominates there"
            }
            ratio if ratio > 0.0 => {
                "too small by more than the factor of 10 that is allowed: round-off error \
                 dominates there"
            }
            _ => "not a positive number",
        };
        return Err(Miss::failed(format!("the best step of Scheme::{scheme:?} is {fault}"))
            .revealing(format!("got {got:e}, expected {want:e} up to a factor of 10")));
    }
    Ok(())
}

fn kinks(learner: &mut Learner) -> Outcome {
    let mut steps = learner.decades(-6.0, 3.0, CASES);
    let mut points = learner.decades(-3.0, 3.0, CASES);
    points[0] = 0.0;
    // Short steps at large θ, whose digits count.
    steps.extend([1e-6; 4]);
    points.extend(learner.decades(2.0, 3.0, 4));
    for (epsilon, magnitude) in steps.into_iter().zip(points) {
        let theta = if learner.rng().bool() { magnitude } else { -magnitude };
        Place { theta, epsilon }.judged(learner)?;
    }
    Ok(())
}

/// Where `has_kink` is asked for a kink, and with which step.
#[derive(Clone, Copy)]
struct Place {
    theta: f64,
    epsilon: f64,
}

impl Place {
    fn judged(self, learner: &mut Learner) -> Outcome {
        // From f's point of view no step is long.
        let unit = 1.0 / self.epsilon.max(1e-2) / 100.0;
        let slope = unit * [-2.0, -1.0, 0.5, 1.0][learner.rng().usize(..4)];
        let far = learner.uniform(1.0, 3.0) / unit * if learner.rng().bool() { 1.0 } else { -1.0 };
        let here = |curve| Line::around(self.theta, curve, slope);
        for curve in KINKED {
            self.is_kink(learner, here(curve))?;
            // Flat and steep lines: whether there is a kink depends on the ratio of the slopes alone.
            for scale in [-30.0, 20.0].map(f64::exp2) {
                self.is_kink(learner, Line::around(self.theta, curve, scale))?;
            }
            // Straight lines near θ: the two sides differ by round-off alone.
            for scale in [slope, 1e-3, 1e6] {
                self.is_smooth(learner, Line::around(self.theta - far, curve, scale))?;
            }
        }
        for curve in SMOOTH {
            self.is_smooth(learner, here(curve))?;
        }
        self.at_the_limits(learner, slope)
    }

    /// Gaps of 1.1·10⁻⁴ and 0.9·10⁻⁴ of the sum, and round corners: 0.739 and 0.761 of the gap are left.
    /// With twice the step, or half of it, each would be the other.
    fn at_the_limits(self, learner: &mut Learner, slope: f64) -> Outcome {
        let here = |curve| Line::around(self.theta, curve, slope);
        self.is_kink(learner, here(Curve::Bend(2.2e-4)))?;
        self.has_answer(learner, here(Curve::Bend(1.8e-4)), false, BELOW_LIMIT)?;
        let step = slope.abs() * self.epsilon;
        self.is_smooth(learner, here(Curve::Rounded(0.34 * step)))?;
        self.is_kink(learner, here(Curve::Rounded(0.3 * step)))
    }

    fn is_kink(self, learner: &mut Learner, f: Line) -> Outcome {
        self.has_answer(learner, f, true, "`has_kink` misses a kink")
    }

    fn is_smooth(self, learner: &mut Learner, f: Line) -> Outcome {
        self.has_answer(learner, f, false, "`has_kink` reports a kink at a smooth point")
    }

    /// Passes when `has_kink` answers `want`; otherwise misses with this message.
    fn has_answer(self, learner: &mut Learner, f: Line, want: bool, otherwise: &str) -> Outcome {
        if learner.call(has_kink, (f.callback(), self.theta, self.epsilon))? == want {
            return Ok(());
        }
        Err(with_f(Miss::failed(otherwise), &f.formula()))
    }
}

const BELOW_LIMIT: &str =
    "`has_kink` reports a kink where the gap is less than 10⁻⁴ of the sum of the magnitudes";
