//! The errors of finite differences: those of lesson 2.4, and that of its brief's similar case.

use ex_2_4::{central_difference, forward_difference};

use super::chart::{Axis, Chart, Line, PENS};

/// How many points of exp the mean is taken over, from 0 to 1.
const POINTS: u32 = 500;

type Difference = fn(&dyn Fn(f64) -> f64, f64, f64) -> f64;

/// The mean error of both differences over the step: two V's on axes of powers of ten.
pub fn of_the_lesson() -> String {
    let lines = [
        line("forward", forward_difference, 0, (3e-6, 1e-4)),
        line("central", central_difference, 1, (1.5e-4, 1e-10)),
    ];
    let caption = format!(
        "The mean error of the two differences of e<sup>θ</sup> over {POINTS} points from 0 to 1. On the right \
         truncation rules: one line falls with ε, the other with ε². On the left rounding does, and grows with \
         1/ε in both."
    );
    let chart = Chart {
        name: "The mean error of forward and central differences over the step, each a V on axes of powers of ten",
        caption,
        size: (600, 400),
        x: Axis::log("step ε", -12, 0),
        y: Axis::log("mean error", -12, 0),
    };
    chart.drawn(&lines, |_| ())
}

/// The same of the brief's similar case, which leaves those of the lesson to learners.
pub fn of_the_second_derivative() -> String {
    let caption = format!(
        "The mean error of the brief’s difference for the second derivative, of e<sup>θ</sup> over {POINTS} points \
         from 0 to 1. On the right truncation rules, and it falls with ε². On the left rounding does, and it \
         grows with 1/ε²."
    );
    let chart = Chart {
        name: "The mean error of the second difference over the step, a V on axes of powers of ten",
        caption,
        size: (600, 400),
        x: Axis::log("step ε", -8, 0),
        y: Axis::log("mean error", -9, 1),
    };
    chart.drawn(&[line("second derivative", second_difference, 0, (3e-2, 1e-6))], |_| ())
}

/// As the brief has it.
fn second_difference(f: &dyn Fn(f64) -> f64, t: f64, step: f64) -> f64 {
    (f(t + step) - 2.0 * f(t) + f(t - step)) / (step * step)
}

/// The mean error of a difference, at four steps in each power of ten.
fn line(label: &'static str, difference: Difference, pen: usize, label_at: (f64, f64)) -> Line {
    let steps = (-48..=-2).map(|quarter| 10_f64.powf(f64::from(quarter) / 4.0));
    let points = steps.map(|step| (step, mean_error(difference, step))).collect();
    Line { label, points, pen: PENS[pen], label_at }
}

/// All derivatives of exp are exp.
fn mean_error(difference: Difference, step: f64) -> f64 {
    let points = (0..POINTS).map(|at| f64::from(at) / f64::from(POINTS));
    let error = |t: f64| (difference(&f64::exp, t, step) - t.exp()).abs();
    points.map(error).sum::<f64>() / f64::from(POINTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_v_and_falls_as_it_should() {
        for (difference, order, best) in [
            (forward_difference as Difference, 1.0, 1e-8),
            (central_difference, 2.0, 1e-5),
            (second_difference, 2.0, 1e-4),
        ] {
            let error = |step| mean_error(difference, step);
            assert!(error(best) < error(best * 1e-3) && error(best) < error(best * 1e3));
            let slope = (error(1e-1) / error(1e-2)).log10();
            assert!((slope - order).abs() < 0.1, "{slope}");
        }
    }
}
