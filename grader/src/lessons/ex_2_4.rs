//! Checks of lesson 2.4: finite differences.

use interface::ex_2_4::{
    Curve, Line, Scheme, Surface, best_epsilon, central_difference, forward_difference,
    forward_passes, gradient, has_kink, relative_error,
};
use ndarray::Array1;

use crate::{
    checks::{
        COMPUTED, Check, Learner, Lesson, Miss, Outcome, all_close, close, rounded, same_table,
    },
    report::Kind::{Cost, Property, Snapshot, Value},
};

pub const LESSON: Lesson = Lesson {
    id: "ex_2_4",
    title: "Finite differences",
    precision: COMPUTED,
    checks: &[
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
        Check::hidden(Value, "forward_passes", "forward passes for p parameters", 1.0, passes),
        Check::hidden(Property, "best_epsilon", "the best step within a decade", 1.0, best_steps),
        Check::hidden(Property, "kinks", "kinks told from smooth points", 1.0, kinks),
    ],
};

/// How many random cases a check tries.
const CASES: usize = 16;

const SMOOTH: [Curve; 6] =
    [Curve::Square, Curve::Cube, Curve::Exp, Curve::Sin, Curve::Tanh, Curve::SquaredError];
const KINKED: [Curve; 4] = [Curve::Magnitude, Curve::Relu, Curve::LeakyRelu, Curve::Bend];

/// A point, a step, and a smooth function.
fn random_case(learner: &mut Learner) -> (Line, f64, f64) {
    let curve = SMOOTH[learner.rng().usize(..SMOOTH.len())];
    let line = Line {
        curve,
        slope: learner.uniform(0.5, 1.5),
        shift: learner.uniform(-0.5, 0.5),
        target: learner.uniform(-0.5, 0.5),
    };
    let epsilon = 10_f64.powf(learner.uniform(-4.0, -2.0));
    (line, learner.uniform(-1.0, 1.0), epsilon)
}

/// The values of f at two points over their distance, and the magnitude of its terms. The distance
/// of the points as they are is as right as the one that was meant; the rounding of a point, |θ|·u,
/// is what the two differ by.
fn quotient(f: impl Fn(f64) -> f64, [ahead, behind]: [f64; 2], distance: f64) -> (f64, f64) {
    let points = ahead.abs() + behind.abs();
    let (ahead, behind) = (f(ahead), f(behind));
    let quotient = (ahead - behind) / distance;
    (quotient, (ahead.abs() + behind.abs() + points * quotient.abs()) / distance)
}

fn forward_values(learner: &mut Learner) -> Outcome {
    for _ in 0..CASES {
        let (f, theta, epsilon) = random_case(learner);
        let got = learner.call(forward_difference, (f.clone(), theta, epsilon))?;
        let (want, scale) = quotient(|at| f.at(at), [theta + epsilon, theta], epsilon);
        close("the forward difference", got, want, scale)?;
    }
    Ok(())
}

fn central_values(learner: &mut Learner) -> Outcome {
    for _ in 0..CASES {
        let (f, theta, epsilon) = random_case(learner);
        let got = learner.call(central_difference, (f.clone(), theta, epsilon))?;
        let (want, scale) =
            quotient(|at| f.at(at), [theta + epsilon, theta - epsilon], 2.0 * epsilon);
        close("the central difference", got, want, scale)?;
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

/// The differences of the neuron's loss by its weight, with the course's step.
fn table_row(
    learner: &mut Learner,
    (x, b, y): (f64, f64, f64),
    theta: f64,
) -> Result<String, Miss> {
    let f = Line { curve: Curve::SquaredError, slope: x, shift: b, target: y };
    let loss = f.at(theta);
    let forward = learner.call(forward_difference, (f.clone(), theta, 1e-5))?;
    let central = learner.call(central_difference, (f, theta, 1e-5))?;
    let [loss, forward, central] = [loss, forward, central].map(rounded);
    Ok(format!("L = {loss}, forward = {forward}, central = {central}"))
}

/// Halving the step halves the error of the forward difference and quarters that of the central one.
fn order(learner: &mut Learner) -> Outcome {
    for _ in 0..4 {
        let theta = learner.uniform(0.2, 0.8);
        let f = Line { curve: Curve::Exp, slope: 1.0, shift: 0.0, target: 0.0 };
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
        .revealing(format!("errors {errors:?}")))
}

fn gradients(learner: &mut Learner) -> Outcome {
    for parameters in 1..=6 {
        for surface in [Surface::Bowl, Surface::Ring, Surface::CubedSum] {
            gradient_calls(learner, surface, parameters)?;
        }
    }
    Ok(())
}

fn gradient_cost(learner: &mut Learner) -> Outcome {
    for parameters in [2, 7, 100] {
        let calls = gradient_calls(learner, Surface::Ring, parameters)?;
        if calls > 2 * parameters {
            return Err(Miss::failed(format!(
                "`gradient` called f {calls} times for {parameters} parameters; central differences \
                 need two calls for each and no other"
            )));
        }
    }
    Ok(())
}

/// Compares a gradient with central differences of its own, and tells how often f was called.
fn gradient_calls(learner: &mut Learner, f: Surface, parameters: usize) -> Result<usize, Miss> {
    let theta: Array1<f64> = learner.array(parameters, -1.0, 1.0);
    let epsilon = 1e-3;
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
    // A sum of p terms is computed to within p roundings of its terms, each of order 1.
    let scale: Array1<f64> = Array1::from(scale) + parameters as f64 / epsilon;
    let got = learner.call(gradient, (f, theta, epsilon))?;
    all_close("the gradient", &got.value, &Array1::from(want), &scale)?;
    Ok(got.calls)
}

fn relative_errors(learner: &mut Learner) -> Outcome {
    let mut pairs =
        vec![(0.0, 0.0), (0.0, 1e-300), (-2.0, 0.0), (1.0, -1.0), (1.0, -3.0), (-3.0, 1.0)];
    for _ in 0..CASES {
        let magnitude = 10_f64.powf(learner.uniform(-9.0, 9.0));
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
    let mut sizes = vec![7_680, 7_690, 1];
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
        if !((got / want).log10().abs() <= 1.0) {
            let side = if got > want {
                "too large: there the truncation error rules"
            } else {
                "too small: there round-off rules"
            };
            return Err(Miss::failed(format!("the best step of Scheme::{scheme:?} is {side}"))
                .revealing(format!("got {got:e}, expected {want:e} up to a factor of 10")));
        }
    }
    Ok(())
}

fn kinks(learner: &mut Learner) -> Outcome {
    for _ in 0..CASES {
        // Eighths, so that slope·θ + shift is exactly 0.
        let theta = f64::from(learner.rng().i32(-8..=8)) / 8.0;
        let slope = [-2.0, -1.0, 0.5, 1.0][learner.rng().usize(..4)];
        let at_zero = |curve| Line { curve, slope, shift: -slope * theta, target: 0.2 };
        let far = learner.uniform(1.0, 3.0) * if learner.rng().bool() { 1.0 } else { -1.0 };
        for curve in KINKED {
            is_kink(learner, at_zero(curve), theta, true)?;
            // However flat or steep: a kink is a matter of proportion.
            for scale in [-30.0, 20.0].map(f64::exp2) {
                let shift = -scale * theta;
                is_kink(learner, Line { slope: scale, shift, ..at_zero(curve) }, theta, true)?;
            }
            // Straight lines, in which only round-off tells the two sides apart.
            for scale in [slope, 1e-3, 1e6] {
                let beside = Line { slope: scale, shift: scale * (far - theta), ..at_zero(curve) };
                is_kink(learner, beside, theta, false)?;
            }
        }
        for curve in SMOOTH {
            is_kink(learner, at_zero(curve), theta, false)?;
        }
    }
    Ok(())
}

fn is_kink(learner: &mut Learner, f: Line, theta: f64, want: bool) -> Outcome {
    let revealed = format!("{f:?} at {theta}");
    let got = learner.call(has_kink, (f, theta, 1e-4))?;
    let message = match (got, want) {
        (true, false) => "`has_kink` sees a kink at a smooth point",
        (false, true) => "`has_kink` misses a kink",
        _ => return Ok(()),
    };
    Err(Miss::failed(message).revealing(revealed))
}
