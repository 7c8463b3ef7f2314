//! What the networks of lessons 3.3 and 3.4 learn.

use std::f64::consts::FRAC_PI_2;

use ex_3_3::{Layer, Linear, Sequential, Tanh};
use ex_3_4::{Settings, fit};
use gradcheck::random;
use ndarray::{Array1, Array2, array};
use plotters::prelude::*;

use super::chart::{Axis, Chart, HIGH, INK, LOW, Line, PENS, Plane};

/// Inputs (n, 2) and targets (n, 1), each −1 or 1.
type Samples = (Array2<f64>, Array2<f64>);

/// How many rows of a plane are coloured by what a network answers there.
const ROWS: u32 = 100;

fn settings(epochs: usize, batch: usize, rate: f64) -> Settings {
    Settings { epochs, batch, rate, seed: 1, limit: 1e6 }
}

/// Two inputs, this many tanh neurons, one output.
fn network(hidden: usize) -> impl Layer {
    let first = Linear::new(random((hidden, 2), 1), Array1::zeros(hidden));
    let last = Linear::new(random((1, hidden), 2), Array1::zeros(1));
    Sequential(first, Sequential(Tanh, last))
}

/// The samples of the brief of 3.4 fitted by a line, with four learning rates.
pub fn loss_curves() -> String {
    let line = |label, rate, pen: usize, label_at| {
        let curve = line_of_brief(rate);
        let points = (0..).map(f64::from).zip(curve).collect();
        Line { label, points, pen: PENS[pen], label_at }
    };
    let lines = [
        line("η = 0.02", 0.02, 0, (33.0, 0.75)),
        line("η = 0.1", 0.1, 1, (30.0, 0.06)),
        line("η = 0.4", 0.4, 2, (15.0, 0.016)),
        line("η = 0.5", 0.5, 3, (21.5, 300.0)),
    ];
    let chart = Chart {
        name: "The loss of four samples over the steps of training, for four learning rates; the largest one diverges",
        caption: "The least-squares example of lesson 3.4, trained with its <code>fit</code>. A small rate is slow. \
                  The limit for this loss is 0.475: beyond it each step makes the loss larger."
            .to_owned(),
        size: (600, 380),
        x: Axis::linear("step", 0.0..41.0),
        y: Axis::log("loss", -2, 3),
    };
    chart.drawn(&lines, |_| ())
}

/// The losses of 40 steps, or up to where they left the limit.
fn line_of_brief(rate: f64) -> Vec<f64> {
    let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, -1.0]];
    let y = array![[1.0], [3.0], [4.5], [8.0]];
    let mut line = Linear::new(Array2::zeros((1, 2)), Array1::zeros(1));
    fit(&mut line, &x, &y, &settings(40, 4, rate)).unwrap_or_default()
}

/// Where a trained network answers more than 0, among the samples of XOR.
pub fn xor() -> String {
    let x = array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let y = array![[-1.0], [1.0], [1.0], [-1.0]];
    let chart = Chart {
        name: "The four samples of XOR, and a band between two curves that divides them as no line can",
        caption: "What a network of 8 tanh neurons has learned in 1000 steps: it answers above 0 where the circles are, \
                  whose target is 1, and below 0 where the crosses are, whose target is −1."
            .to_owned(),
        size: (420, 400),
        x: Axis::linear("x₁", -2.0..2.0),
        y: Axis::linear("x₂", -2.0..2.0),
    };
    boundary(&chart, 8, &(x, y), &settings(1000, 4, 0.2))
}

/// Where a trained network answers more than 0, among two moons.
pub fn moons() -> String {
    let chart = Chart {
        name: "Two moons, one into the other, and the curve between them that a network has learned",
        caption: "What a network of 16 tanh neurons has learned in 500 epochs: every one of the 200 samples is on its \
                  side of the boundary."
            .to_owned(),
        size: (600, 400),
        x: Axis::linear("x₁", -1.8..2.8),
        y: Axis::linear("x₂", -1.3..1.8),
    };
    boundary(&chart, 16, &two_moons(200), &settings(500, 32, 0.2))
}

/// Half circles with noise, as in the brief of 3.4.
fn two_moons(n: usize) -> Samples {
    let along: Array1<f64> = random(n, 1);
    let noise: Array2<f64> = random((n, 2), 2);
    let x = Array2::from_shape_fn((n, 2), |(i, k)| {
        let (sin, cos) = (FRAC_PI_2 * (along[i] + 1.0)).sin_cos();
        let at = if i % 2 == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
        at[k] + 0.1 * 3.0_f64.sqrt() * noise[[i, k]]
    });
    (x, Array2::from_shape_fn((n, 1), |(i, _)| if i % 2 == 0 { -1.0 } else { 1.0 }))
}

fn boundary(chart: &Chart, hidden: usize, samples: &Samples, settings: &Settings) -> String {
    let (x, y) = samples;
    let mut network = network(hidden);
    fit(&mut network, x, y, settings).expect("with these rates training does not diverge");
    chart.drawn(&[], |plane| {
        draw_answers(chart, &network, plane);
        draw_samples(samples, plane);
    })
}

/// Colours the plane by the sign of the answers, a rectangle for each stretch of a row.
fn draw_answers(chart: &Chart, network: &impl Layer, plane: &mut Plane<'_, '_>) {
    let (across, down) = (&chart.x.range, &chart.y.range);
    let (width, height) = (across.end - across.start, down.end - down.start);
    let columns = ROWS * 3;
    let step = width / f64::from(columns);
    for row in 0..ROWS {
        let bottom = down.start + height * f64::from(row) / f64::from(ROWS);
        let middle = bottom + 0.5 * height / f64::from(ROWS);
        let place = |column: usize| across.start + step * (column as f64 + 0.5);
        let inputs = Array2::from_shape_fn((columns as usize, 2), |(column, k)| {
            if k == 0 { place(column) } else { middle }
        });
        let (answers, _) = network.forward(&inputs);
        let is_high: Vec<_> = answers.iter().map(|it| *it > 0.0).collect();
        let mut left = across.start;
        for stretch in is_high.chunk_by(|a, b| a == b) {
            let right = left + step * stretch.len() as f64;
            let pen = if stretch[0] { HIGH } else { LOW };
            // A little higher than a row, so that nothing shines through between two.
            let top = (bottom + 1.15 * height / f64::from(ROWS)).min(down.end);
            let piece = Rectangle::new([(left, bottom), (right, top)], pen.filled());
            plane.draw_series(std::iter::once(piece)).expect("a drawing in memory");
            left = right;
        }
    }
}

fn draw_samples((x, y): &Samples, plane: &mut Plane<'_, '_>) {
    for (at, target) in x.rows().into_iter().zip(y) {
        let at = (at[0], at[1]);
        let drawn = if *target > 0.0 {
            plane.draw_series(std::iter::once(Circle::new(at, 4, INK.stroke_width(1))))
        } else {
            plane.draw_series(std::iter::once(Cross::new(at, 4, INK.stroke_width(1))))
        };
        drawn.expect("a drawing in memory");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moons_are_all_on_their_sides() {
        let (x, y) = two_moons(200);
        let mut network = network(16);
        fit(&mut network, &x, &y, &settings(500, 32, 0.2)).unwrap();
        let answers = network.forward(&x).0;
        assert!(answers.iter().zip(&y).all(|(answer, target)| answer * target > 0.0));
    }

    #[test]
    fn the_rate_beyond_the_limit_diverges_and_the_others_do_not() {
        let [slow, quick, too_large] = [0.02, 0.4, 0.5].map(line_of_brief);
        let last = |curve: &[f64]| *curve.last().unwrap();
        assert!(last(&quick) < last(&slow) && last(&slow) < slow[0]);
        assert!(last(&too_large) > too_large[0]);
    }
}
