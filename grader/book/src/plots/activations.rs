//! The activations of lesson 1.3.

use ex_1_3::{leaky_relu, relu, sigmoid, tanh as tanh_of, tanh_backward};
use ndarray::{Array1, Array2, Axis as Along};

use super::chart::{Axis, Chart, Line, PENS};

/// The slope of leaky ReLU below 0; larger than usual, so that it can be seen.
const LEAK: f64 = 0.1;

/// z from −5 to 5, as one column.
fn inputs() -> Array2<f64> {
    Array1::linspace(-5.0, 5.0, 201).insert_axis(Along(1))
}

fn line(label: &'static str, values: &Array2<f64>, pen: usize, label_at: (f64, f64)) -> Line {
    let points = inputs().iter().copied().zip(values.iter().copied()).collect();
    Line { label, points, pen: PENS[pen], label_at }
}

/// tanh and its derivative.
pub fn tanh() -> String {
    let a = tanh_of(&inputs());
    let slope = tanh_backward(&Array2::ones(a.raw_dim()), &a);
    let lines =
        [line("tanh z", &a, 0, (2.9, 0.85)), line("its derivative", &slope, 1, (-2.4, 0.42))];
    let chart = Chart {
        name: "tanh rises from −1 to 1; its derivative is 1 at 0 and falls towards 0 on both sides",
        caption: "tanh, and how fast it rises. Beyond |z| = 4 hardly anything of a gradient comes through."
            .to_owned(),
        size: (600, 340),
        x: Axis::linear("z", -5.0..5.01),
        y: Axis::linear("", -1.1..1.1),
    };
    chart.drawn(&lines, |_| ())
}

/// Sigmoid, tanh, ReLU and leaky ReLU.
pub fn side_by_side() -> String {
    let z = inputs();
    let lines = [
        line("tanh", &tanh_of(&z), 0, (-2.6, -0.83)),
        line("sigmoid", &sigmoid(&z), 1, (3.3, 0.78)),
        line("ReLU", &relu(&z), 2, (1.5, 2.0)),
        line("leaky ReLU", &leaky_relu(&z, LEAK), 3, (-3.2, -0.6)),
    ];
    let chart = Chart {
        name: "sigmoid rises from 0 to 1 and tanh from −1 to 1; ReLU is 0 below 0 and z above; leaky ReLU falls \
               slowly below 0",
        caption: format!(
            "Four activations. Two are bounded and flatten out; two grow for ever and have a kink at 0. Above 0 \
             ReLU and leaky ReLU are the same line. The leak is {LEAK} here, ten times the usual one."
        ),
        size: (600, 380),
        x: Axis::linear("z", -5.0..5.01),
        y: Axis::linear("", -1.2..2.5),
    };
    chart.drawn(&lines, |_| ())
}
