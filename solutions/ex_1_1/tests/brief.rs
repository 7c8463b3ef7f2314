//! The numbers and the Rust that the brief of lesson 1.1 shows.

use approx::assert_relative_eq;
use ex_1_1::{cost, neurons};
use ndarray::{Array1, Array2, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[test]
fn the_similar_case_is_what_the_brief_says() {
    let f = |u: f64, v: f64, c: f64| u * u * v + 3.0 * c;
    let (u, v, c) = (2.0, 5.0, 1.0);
    let h = 0.001;
    let moved = [f(u + h, v, c), f(u, v + h, c), f(u, v, c + h)];
    let found = [&[f(u, v, c)], &moved[..], &[2.0 * u * v, u * u]].concat();
    for (found, stated) in found.into_iter().zip([23.0, 23.020005, 23.004, 23.003, 20.0, 4.0]) {
        assert_relative_eq!(found, stated, epsilon = 1e-12);
    }
}

#[test]
fn the_example_is_what_the_brief_says() {
    let (x, w) = (array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]], array![0.5, -1.0, 2.0]);
    assert_eq!(&x.row(0) * &w, array![0.5, -2.0, -2.0]);
    for (found, stated) in neurons(&x, &w, 0.1).iter().zip([-3.4, 7.35]) {
        assert_relative_eq!(*found, stated, epsilon = 1e-12);
    }
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (p, q) = (array![1.0, 2.0], array![3.0, -1.0]);
    let m = array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    assert_eq!(p.dot(&q), 1.0);
    assert_eq!(m.dot(&p), array![1.0, 2.0, 3.0]);
    let mut pairs = Vec::new();
    for (s, t) in p.iter().zip(&q) {
        pairs.push((*s, *t));
    }
    assert_eq!(pairs, [(1.0, 3.0), (2.0, -1.0)]);
    assert_eq!(p.clone(), p);
    assert_eq!(p + 2.0, array![3.0, 4.0]);
    let (column, row) = (Array2::<f64>::zeros((3, 1)), Array1::<f64>::zeros(3));
    assert_eq!((column + row).dim(), (3, 3));
}

#[test]
fn the_hardware_figures_are_what_the_brief_says() {
    let flops = |d: usize| {
        let (multiplications, additions) = cost(d);
        (multiplications + additions) as f64
    };
    let read = |d: f64| 2.0 * d + 1.0;
    assert_relative_eq!(flops(1_000_000) / (8.0 * read(1e6)), 1.0 / 8.0, epsilon = 1e-6);
    let balance = 32e9 / 16e9;
    assert_eq!((balance, balance / (1.0 / 8.0)), (2.0, 16.0));

    let (batch, d) = (32.0, 768.0);
    let of_batch = batch * flops(768);
    let numbers = batch * d + d + 1.0 + batch;
    assert_eq!((of_batch, numbers, 8.0 * numbers), (49_152.0, 25_377.0, 203_016.0));
    assert_eq!(format!("{:.2}", of_batch / (8.0 * numbers)), "0.24");

    let of_layer = 768.0 * of_batch;
    let bytes = 8.0 * (batch * d + 768.0 * d + 768.0 + batch * 768.0);
    assert_eq!(format!("{:.1}", of_layer / 1e6), "37.7");
    assert_eq!(format!("{:.1}", bytes / 1e6), "5.1");
    assert_eq!(format!("{:.1}", of_layer / bytes), "7.4");
}

/// The numbers of `page.md` and `derivation.md`.
mod page {
    use ndarray::Axis;

    use super::*;
    use ex_1_1::{local_derivatives, neuron, neuron_loop};

    fn example() -> (Array2<f64>, Array1<f64>, f64) {
        (array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]], array![0.5, -1.0, 2.0], 0.1)
    }

    /// A number as the page prints it.
    #[track_caller]
    fn assert_stated(found: f64, stated: &str) {
        let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert_eq!(format!("{found:.decimals$}"), stated);
    }

    #[test]
    fn the_similar_case_runs_along_its_graph() {
        let (u, v, c) = (2.0, 5.0, 1.0);
        let p = u * u;
        let (q, r) = (p * v, 3.0 * c);
        assert_eq!((p, q, r, q + r), (4.0, 20.0, 3.0, 23.0));
        assert_eq!(1.0 * v * (2.0 * u), 20.0);
    }

    #[test]
    fn the_rust_of_the_page_computes_what_its_numpy_does() {
        let w = array![0.5, -1.0, 2.0];
        assert_eq!((w.len(), size_of::<f64>()), (3, 8));
        let (x, _, _) = example();
        assert_eq!(x.dim(), (2, 3));
        assert_eq!(x.row(0), array![1.0, 2.0, -1.0]);
        let z = array![-3.4, 7.35];
        assert_eq!(z.insert_axis(Axis(1)).dim(), (2, 1));

        let z = array![[-3.4], [7.35]];
        let y = array![1.0, 2.0];
        assert_eq!((&z - &y).dim(), (2, 2));
    }

    #[test]
    #[should_panic(expected = "could not broadcast")]
    fn a_column_cannot_grow() {
        let mut z = array![[-3.4], [7.35]];
        let y = array![1.0, 2.0];
        z -= &y;
    }

    #[test]
    fn pytorch_starts_with_other_numbers_and_fewer_digits() {
        let (x, w, b) = example();
        assert_stated(f64::from(neurons(&x, &w, b)[0] as f32), "-3.4000000953674316");
        assert_stated(1.0 / 3.0_f64.sqrt(), "0.577");
    }

    /// FLOPs and f32 that are moved, for so many samples of 768 inputs and so many neurons.
    fn layer(samples: usize, neurons: usize) -> (usize, usize) {
        let (multiplications, additions) = cost(768);
        let numbers = samples * 768 + neurons * 768 + neurons + samples * neurons;
        (samples * neurons * (multiplications + additions), 4 * numbers)
    }

    #[test]
    fn the_limit_on_a_gpu_is_what_the_page_says() {
        let (per_second, bytes_per_second) = (19.5e12, 2.039e12);
        assert_stated(per_second / bytes_per_second, "9.6");
        let of = |samples, neurons| {
            let (flops, bytes) = layer(samples, neurons);
            let (all_flops, all_bytes) = (flops as f64, bytes as f64);
            (
                (flops, bytes),
                [all_flops / all_bytes, all_flops / per_second, all_bytes / bytes_per_second],
            )
        };
        let (counts, [ratio, arithmetic, memory]) = of(1, 1);
        assert_eq!(counts, (1_536, 6_152));
        assert_stated(ratio, "0.250");
        assert_stated(1e9 * arithmetic, "0.079");
        assert_stated(1e9 * memory, "3.0");
        let (counts, [ratio_of_batch, arithmetic, memory]) = of(1024, 1);
        assert_eq!(counts, (1_572_864, 3_152_900));
        assert_stated(ratio_of_batch, "0.499");
        assert_stated(1e6 * arithmetic, "0.081");
        assert_stated(1e6 * memory, "1.55");
        let (counts, [ratio, arithmetic, memory]) = of(1024, 768);
        assert_eq!(counts, (1_207_959_552, 8_653_824));
        assert_stated(ratio, "139.6");
        assert_stated(1e6 * arithmetic, "61.9");
        assert_stated(1e6 * memory, "4.24");
        assert_stated(ratio / ratio_of_batch, "280");
        assert_eq!((768 + 1, 4 * (768 + 1)), (769, 3_076));
        assert_stated(4.0 * 1024.0 * 768.0 / 1e6, "3.1");
    }

    #[test]
    fn a_neuron_detects_a_direction() {
        let (x, w, b) = example();
        assert_eq!(&x.row(1) * &w, array![0.25, 1.0, 6.0]);
        assert_stated(0.25 + 1.0 + 6.0 + 0.1, "7.35");
        assert_eq!(w.dot(&w), 5.25);
        let length = w.dot(&w).sqrt();
        let distances = neurons(&x, &w, b) / length;
        assert_stated(length, "2.2913");
        assert_stated(distances[0], "-1.484");
        assert_stated(distances[1], "3.208");
        assert_stated(neuron(&array![0.0, 0.0, 0.0], &w, b) / length, "0.0436");
        let rows = [
            ["-3.5", "2.4495", "-0.6236", "128.6", "-3.4"],
            ["7.25", "3.2016", "0.9883", "8.8", "7.35"],
        ];
        for (x, stated) in x.outer_iter().zip(rows) {
            let (product, length_of_x) = (x.dot(&w), x.dot(&x).sqrt());
            let cosine = product / (length * length_of_x);
            let angle = cosine.acos().to_degrees();
            let found = [product, length_of_x, cosine, angle, neuron(&x.to_owned(), &w, b)];
            found.into_iter().zip(stated).for_each(|(found, stated)| assert_stated(found, stated));
        }
    }

    #[test]
    fn the_answers_are_what_the_page_says() {
        let (x, w, b) = example();
        assert_eq!(neurons(&x, &(2.0 * &w), 2.0 * b), 2.0 * neurons(&x, &w, b));
        let ones = array![1.0, 1.0, 1.0];
        let from_the_first = neuron_loop(&ones, &array![0.1, 0.2, 0.3], 0.0);
        let from_the_last = neuron_loop(&ones, &array![0.3, 0.2, 0.1], 0.0);
        assert_eq!((from_the_first, from_the_last), (0.6000000000000001, 0.6));
        let count = |ones: usize| (0..ones).fold(0.0_f32, |sum, _| sum + 1.0);
        assert_eq!(count(1 << 25), 16_777_216.0);
        assert_eq!(8.0 * count(1 << 22), 33_554_432.0);
        assert_eq!((1 << 24, 1 << 25), (16_777_216, 33_554_432));
        assert_eq!(2.0_f64.powi(53) + 1.0, 2.0_f64.powi(53));
    }

    #[test]
    fn the_derivation_states_what_the_solution_computes() {
        let (x, w, b) = example();
        for x in x.outer_iter() {
            let local = local_derivatives(&x.to_owned(), &w, b);
            assert_eq!((local.dx, local.dw, local.db), (w.clone(), x.to_owned(), 1.0));
        }
        assert_stated(0.5 - 2.0 - 2.0 + 0.1, "-3.4");
        assert_eq!([cost(3), cost(0)], [(3, 3), (0, 0)]);
        assert_eq!(((1e16 + 1.0) - 1e16, (1e16 - 1e16) + 1.0), (0.0, 1.0));
    }
}
