//! The numbers and the Rust that the brief, its page and its derivation show.

use std::{collections::BTreeSet, f64::consts::LN_2};

use approx::assert_relative_eq;
use ex_5_5::{bigram_backward, bits_per_byte, counts, nll, perplexity, probabilities, train};
use ndarray::{Array2, Axis, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

const IDS: [usize; 10] = [0, 1, 2, 1, 2, 0, 1, 1, 2, 0];

const TEXT: &str = "the cat sat on the mat and the rat sat on the hat";

fn characters(text: &str) -> (Vec<usize>, Vec<char>) {
    let alphabet: BTreeSet<_> = text.chars().collect();
    let id = |letter| alphabet.iter().position(|it| *it == letter).unwrap();
    (text.chars().map(id).collect(), alphabet.iter().copied().collect())
}

fn softmax(w: &Array2<f64>) -> Array2<f64> {
    let exponentials = w.mapv(f64::exp);
    &exponentials / &exponentials.sum_axis(Axis(1)).insert_axis(Axis(1))
}

#[test]
fn the_counts_of_the_brief() {
    let counts = counts(&IDS, 3);
    assert_eq!(counts, array![[0, 2, 0], [0, 1, 3], [2, 1, 0]]);
    assert_all_stated(
        probabilities(&counts, 0.0),
        ["0", "1", "0", "0", "0.25", "0.75", "0.666667", "0.333333", "0"],
    );
    assert_all_stated(
        probabilities(&counts, 1.0),
        ["0.2", "0.6", "0.2", "0.142857", "0.285714", "0.571429", "0.5", "0.333333", "0.166667"],
    );
    let loss = |alpha| nll(&probabilities(&counts, alpha), &IDS);
    assert_all_stated([loss(0.0), loss(1.0)], ["0.462098", "0.715352"]);
}

/// The similar case: a coin.
#[test]
fn the_coin_of_the_brief() {
    let (k, n) = (7.0, 10.0);
    let p = |z: f64| 1.0 / (1.0 + (-z).exp());
    let loss = |z: f64| -(k * p(z).ln() + (n - k) * (1.0 - p(z)).ln()) / n;
    let slope = |z: f64| (n * p(z) - k) / n;
    assert_stated(slope(0.0), "-0.2");
    for z in [0.0, -1.3, 2.0] {
        assert_relative_eq!((loss(z + 1e-6) - loss(z - 1e-6)) / 2e-6, slope(z), epsilon = 1e-8);
    }
    let best = (0.7_f64 / 0.3).ln();
    assert_all_stated([best, p(best), loss(best)], ["0.847298", "0.7", "0.610864"]);
    assert!(slope(best).abs() < 1e-15);
}

#[test]
fn the_training_of_the_brief() {
    let w = Array2::zeros((3, 3));
    for (steps, loss, p) in [
        (0, "1.098612", "0.333333"),
        (1, "0.750320", "0.597119"),
        (2, "0.643825", "0.681367"),
        (10, "0.508999", "0.735419"),
        (100, "0.467075", "0.748170"),
        (1000, "0.462598", "0.749813"),
    ] {
        let (w, curve) = train(&w, &IDS, steps, 4.0);
        assert_all_stated([curve[steps], softmax(&w)[[1, 2]]], [loss, p]);
    }
    // What is left, as the derivation has it.
    assert_stated(0.467075 - 0.462098, "0.004977");
    assert_stated(0.462598 - 0.462098, "0.000500");
    let (w, _) = train(&w, &IDS, 1, 4.0);
    assert_all_stated(w.row(0).to_vec(), ["-0.296296", "0.592593", "-0.296296"]);
}

#[test]
fn the_text_of_the_brief() {
    let (ids, alphabet) = characters(TEXT);
    assert_eq!((ids.len(), alphabet.len()), (49, 12));
    let counts = counts(&ids, 12);
    let loss = |alpha| nll(&probabilities(&counts, alpha), &ids);
    let entropy = loss(0.0);
    assert_all_stated([12_f64.ln(), entropy, entropy.exp()], ["2.484907", "0.775322", "2.171292"]);
    let (_, curve) = train(&Array2::zeros((12, 12)), &ids, 1, 10.0);
    assert_stated(curve[0], "2.484907");
    assert_all_stated([loss(0.01), loss(0.1), loss(1.0)], ["0.799682", "0.969521", "1.602807"]);
    let row = alphabet.iter().position(|it| *it == 't').unwrap();
    let behind_t: Vec<_> =
        alphabet.iter().zip(counts.row(row)).filter(|(_, count)| **count > 0).collect();
    assert_eq!(behind_t, [(&' ', &5), (&'h', &4)]);
    let p = [5.0 / 9.0, 4.0 / 9.0];
    assert_all_stated(p, ["0.555556", "0.444444"]);
    assert_stated(-p.map(|p: f64| p * p.ln()).iter().sum::<f64>(), "0.686962");
}

#[test]
fn the_units_of_the_brief() {
    assert_stated(perplexity(&[1.0, 3.0], &[1, 1]), "7.389056");
    assert_stated((1_f64.exp() + 3_f64.exp()) / 2.0, "11.401909");
    assert_eq!((30.0 * 1.0 + 10.0 * 3.0) / 40.0, 1.5);
    assert_stated(perplexity(&[1.0, 3.0], &[30, 10]), "4.481689");
    assert_stated(LN_2, "0.693147");
    assert_eq!(1000.0 * 3.2, 3200.0);
    assert_stated(bits_per_byte(3.2, 1000, 4500), "1.025916");
    assert_stated(bits_per_byte(12_f64.ln(), 1, 4), "0.896241");
    assert_eq!(bits_per_byte(LN_2, 1, 1), 1.0);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let ids = [1, 0, 1];
    let mut c = Array2::<usize>::zeros((2, 2));
    for pair in ids.windows(2) {
        let (i, j) = (pair[0], pair[1]);
        c[[i, j]] += 1;
    }
    assert_eq!(c, array![[0, 1], [1, 0]]);
    assert_eq!((&ids[..ids.len() - 1], &ids[1..]), (&[1, 0][..], &[0, 1][..]));
    let mut p = c.mapv(|it| it as f64);
    let q = array![[1.0, 1.0], [2.0, 2.0]];
    let c = 0.5;
    p.scaled_add(c, &q);
    for mut row in p.outer_iter_mut() {
        row[0] = 0.0;
    }
    assert_eq!(p, array![[0.0, 1.5], [0.0, 1.0]]);
    let p = [4, 5];
    let z = Array2::from_shape_fn((1, p.len()), |(_, k)| p[k]);
    assert_eq!(z, array![[4, 5]]);
    let z = z.insert_axis(Axis(0));
    assert_eq!(z.shape(), [1, 1, 2]);
    assert_eq!(z.index_axis_move(Axis(0), 0), array![[4, 5]]);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let square = |vocabulary: u64| vocabulary * vocabulary;
    assert_eq!((square(256), square(50_257), square(65)), (65_536, 2_525_766_049, 4225));
    assert_stated(4.0 * square(50_257) as f64 / 1e9, "10.1");
    let rows: u64 = 1_000_000 * 65;
    assert_eq!((rows, 2 * rows, 4 * rows), (65_000_000, 130_000_000, 260_000_000));
    assert_eq!((4 * square(65), 1_000_000 / 65_u64), (16_900, 15_384));
    assert_stated(1e6 / 65.0, "15385");
}

#[test]
fn the_worked_example() {
    let w = Array2::<f64>::zeros((3, 3));
    let p = softmax(&w);
    assert_stated(p[[1, 0]], "0.333333");
    assert_stated(4.0 * p[[1, 0]], "1.333333");
    let (_, dw) = bigram_backward(&w, &IDS[..9], &IDS[1..]);
    assert_all_stated(dw.row(1).to_vec(), ["0.148148", "0.037037", "-0.185185"]);
    let by_hand = [0.0, 1.0, 3.0].map(|counted| (4.0 / 3.0 - counted) / 9.0);
    dw.row(1)
        .iter()
        .zip(by_hand)
        .for_each(|(dw, it)| assert_relative_eq!(*dw, it, epsilon = 1e-15));
    let (w, _) = train(&w, &IDS, 1, 4.0);
    assert_all_stated(w.row(1).to_vec(), ["-0.592593", "-0.148148", "0.740741"]);
    assert_all_stated(softmax(&w).row(1).to_vec(), ["0.157399", "0.245483", "0.597119"]);
    assert_stated(4.0 / 7.0, "0.571429");
}
