//! The errors of the finite differences of lesson 2.4.

use ex_2_4::{central_difference, forward_difference};

use super::chart::{Axis, Chart, Line, PENS};

/// How many points of exp the mean is taken over, from 0 to 1.
const POINTS: u32 = 500;

type Difference = fn(&dyn Fn(f64) -> f64, f64, f64) -> f64;

/// The mean error of both differences over the step: two V's on axes of powers of ten.
pub fn errors() -> String {
    let line = |label, difference, pen: usize, label_at| {
        // Four steps in each power of ten.
        let steps = (-48..=-2).map(|quarter| 10_f64.powf(f64::from(quarter) / 4.0));
        let points = steps.map(|step| (step, mean_error(difference, step))).collect();
        Line { label, points, pen: PENS[pen], label_at }
    };
    let lines = [
        line("forward", forward_difference as Difference, 0, (3e-6, 1e-4)),
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

fn mean_error(difference: Difference, step: f64) -> f64 {
    let points = (0..POINTS).map(|at| f64::from(at) / f64::from(POINTS));
    let error = |t: f64| (difference(&f64::exp, t, step) - t.exp()).abs();
    points.map(error).sum::<f64>() / f64::from(POINTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_are_vs_and_fall_as_they_should() {
        for (difference, order, best) in
            [(forward_difference as Difference, 1.0, 1e-8), (central_difference, 2.0, 1e-5)]
        {
            let error = |step| mean_error(difference, step);
            assert!(error(best) < error(best * 1e-3) && error(best) < error(best * 1e3));
            let slope = (error(1e-1) / error(1e-2)).log10();
            assert!((slope - order).abs() < 0.1, "{slope}");
        }
    }
}
