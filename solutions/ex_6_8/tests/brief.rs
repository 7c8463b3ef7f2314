//! What brief, page and derivation of lesson 6.8 state.

use std::f64::consts::LN_2;

use approx::assert_relative_eq;
use ex_6_8::{
    Evaluation, Window, bits_per_byte, choose, difference_interval, evaluate, log_likelihood,
    mean_interval, share_interval, windows,
};
use ndarray::{Array1, Array2, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

/// From m ids of context it gives the id 0 a loss of 2 + 2/m.
fn practised(ids: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((ids.len(), 2), |(t, id)| {
        let loss = 2.0 + 2.0 / (t + 1) as f64;
        if id == 0 { -loss } else { (-(-loss).exp()).ln_1p() }
    })
}

#[test]
fn the_windows_of_the_brief() {
    let found = windows(10, 4, 2).into_iter().map(|Window { start, end, scored }| {
        let numbers = |range: std::ops::Range<usize>| range.collect::<Vec<_>>();
        [numbers(start..end), numbers(start + 1..end + 1), numbers(end + 1 - scored..end + 1)]
    });
    let expected = [
        [vec![0, 1, 2, 3], vec![1, 2, 3, 4], vec![1, 2, 3, 4]],
        [vec![3, 4, 5, 6], vec![4, 5, 6, 7], vec![5, 6, 7]],
        [vec![6, 7, 8], vec![7, 8, 9], vec![8, 9]],
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn the_contexts_of_the_brief() {
    for (context, calls, read, stated) in [
        (1, 13, 100, ["2.693952", "14.790016"]),
        (4, 20, 157, ["2.381786", "10.824215"]),
        (8, 93, 744, ["2.284357", "9.819372"]),
    ] {
        let windows = windows(101, 8, context);
        assert_eq!(windows.len(), calls);
        assert_eq!(windows.iter().map(|it| it.end - it.start).sum::<usize>(), read);
        let Evaluation { nll, tokens } = evaluate(&practised, &[0; 101], 8, context);
        let mean = nll / tokens as f64;
        assert_all_stated([mean, mean.exp()], stated);
    }
}

#[test]
fn the_tokenisers_of_the_brief() {
    assert_all_stated([3.2_f64.exp(), 2.2_f64.exp()], ["24.532530", "9.025013"]);
    let sums = [1000.0 * 3.2, 1500.0 * 2.2];
    assert_all_stated(sums, ["3200", "3300"]);
    let bits = sums.map(|nll| bits_per_byte(&Evaluation { nll, tokens: 1 }, &[9, 4500]));
    assert_all_stated(bits, ["1.025916", "1.057976"]);
}

/// The similar case: letters.
#[test]
fn the_words_of_the_brief() {
    let half = 0.5_f64.ln();
    assert_all_stated([3.0 * half, half, 0.25_f64.ln()], ["-2.079442", "-0.693147", "-1.386294"]);
}

#[test]
fn the_intervals_of_the_brief() {
    let die: Vec<f64> = (1..=6).map(f64::from).collect();
    assert_relative_eq!(Array1::from(die).var(0.0), 35.0 / 12.0, epsilon = 1e-14);
    assert_eq!(35.0 / 12.0 / 12.0, 35.0 / 144.0);
    let (ours, theirs) = ([2.0, 3.5, 1.0, 4.5, 2.5], [2.25, 3.5, 1.5, 4.75, 3.0]);
    let ends = |(from, to)| [from, f64::midpoint(from, to), to];
    assert_all_stated(ends(mean_interval(&ours, 1.96)), ["1.515861", "2.7", "3.884139"]);
    assert_all_stated(ends(mean_interval(&theirs, 1.96)), ["1.915339", "3.0", "4.084661"]);
    let difference = ends(difference_interval(&ours, &theirs, 1.96));
    assert_all_stated(difference, ["-0.483341", "-0.3", "-0.116659"]);
    let differences: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
    assert_eq!(differences, [-0.25, 0.0, -0.5, -0.25, -0.5]);
    // As the derivation has it.
    let [ours, theirs, differences] =
        [ours.to_vec(), theirs.to_vec(), differences].map(Array1::from);
    assert_all_stated([ours.std(1.0), differences.std(1.0)], ["1.350926", "0.209165"]);
    let reach = 1.96 * ((ours.var(1.0) + theirs.var(1.0)) / 5.0).sqrt();
    assert_all_stated([-0.3 - reach, -0.3 + reach], ["-1.905825", "1.305825"]);
}

#[test]
fn the_shares_of_the_brief() {
    for (correct, questions, stated) in [
        (9, 10, ["0.595844", "0.982124"]),
        (90, 100, ["0.825633", "0.944771"]),
        (900, 1000, ["0.879848", "0.917091"]),
        (20, 20, ["0.838870", "1"]),
        (0, 5, ["0", "0.434491"]),
        (52, 100, ["0.423", "0.615"]),
        (58, 100, ["0.482", "0.672"]),
    ] {
        let (from, to) = share_interval(correct, questions, 1.96);
        assert_all_stated([from.abs(), to], stated);
        for p in [from, to] {
            let share = correct as f64 / questions as f64;
            let away = 1.96 * (p * (1.0 - p) / questions as f64).abs().sqrt();
            assert_relative_eq!((share - p).abs(), away, epsilon = 1e-7);
        }
    }
    assert_stated(20.0 / (20.0 + 1.96 * 1.96), "0.838870");
    assert_stated(20.0 + 1.96 * 1.96, "23.8416");
    // The similar case: k counted events, with z = 2.
    for k in [0.0_f64, 9.0] {
        for sign in [-1.0, 1.0] {
            let mean = k + 2.0 + sign * 2.0 * (k + 1.0).sqrt();
            assert_relative_eq!((k - mean).powi(2), 4.0 * mean, epsilon = 1e-12);
        }
    }
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let ids = [5, 6, 7, 8];
    let (a, b) = (1, 2);
    assert_eq!((&ids[a..b], &ids[a..=b]), (&[6][..], &[6, 7][..]));
    let (p, a) = (&ids[..1], &ids[2..]);
    assert_eq!([p, a].concat(), [5, 7, 8]);
    assert_eq!(a.split_last(), Some((&8, &[7][..])));
    let v = vec![1.0, 2.0, 4.0, 5.0];
    assert_relative_eq!(Array1::from(v).var(1.0), 10.0 / 3.0, epsilon = 1e-15);
    let first = |ids: &[usize]| ids[0];
    let (model, ids) = (first, &ids[..]);
    assert_eq!(model(ids), 5);
    let s = [1.0_f64, 1.0, 0.0];
    let last = (0..3).max_by(|a: &usize, b| s[*a].total_cmp(&s[*b]));
    assert_eq!(last, Some(1));
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let cost = |context: f64| 1024.0 / (1025.0 - context);
    assert_all_stated([512.0, 768.0, 1024.0].map(cost), ["1.996", "3.984", "1024"]);
    assert_eq!([1, 512, 768, 1024].map(|context| 1025 - context), [1024, 513, 257, 1]);
    assert_stated(4.0 * 1024.0 * 50_257.0 / 1e6, "205.9");
    assert_stated(3.0 / 1e6_f64.sqrt(), "0.003");
    assert_eq!((4 * (500 + 5 - 1), 500 + 4 * (5 - 1)), (2016, 516));
    assert_eq!(3e7_f32 + 0.9, 3e7);
    assert_eq!((3e7_f32).next_up() - 3e7, 2.0);
}

#[test]
fn the_worked_example() {
    let bigram = |ids: &[usize]| {
        let p = array![[0.75_f64, 0.25], [0.1, 0.9]];
        Array2::from_shape_fn((ids.len(), 2), |(t, id)| p[[ids[t], id]].ln())
    };
    let found = [vec![1], vec![0, 1, 1]].map(|answer| log_likelihood(&bigram, &[0], &answer));
    assert_all_stated(found, ["-1.386294", "-1.779337"]);
    assert_stated(found[1] / 3.0, "-0.593112");
    assert_stated(0.75 * 0.25 * 0.9, "0.16875");
    let answers = [vec![1], vec![0, 1, 1]];
    assert_eq!([[1, 1], [1, 3]].map(|it| choose(&bigram, &[0], &answers, &it)), [0, 1]);

    let v = Array1::from(vec![1.0, 2.0, 4.0, 5.0]);
    let error = v.std(1.0) / 2.0;
    assert_all_stated([v.std(1.0), error, 1.96 * error], ["1.825742", "0.912871", "1.789227"]);
    assert_stated(10.0 / 3.0 / 4.0, "0.833333");
    let (from, to) = mean_interval(&[1.0, 2.0, 4.0, 5.0], 1.96);
    assert_all_stated([from, to], ["1.210773", "4.789227"]);
    assert_stated(LN_2, "0.693147");
}

/// The mean of the largest of twenty normal numbers, by the trapezoidal rule over its distribution.
#[test]
fn the_luck_of_the_best_of_twenty() {
    let step = 1e-3;
    let (mut below, mut mean) = (0.0, 0.0);
    for at in -8000..8000 {
        let x = (f64::from(at) + 0.5) * step;
        let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let middle: f64 = below + density * step / 2.0;
        mean += x * 20.0 * middle.powi(19) * density * step;
        below += density * step;
    }
    assert_stated(mean, "1.87");
}
