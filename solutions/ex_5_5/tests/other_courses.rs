//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ndarray::Array2;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../other_courses.rs"]
mod other_courses;
#[path = "../../stated.rs"]
mod stated;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Backward = fn(&Array2<f64>, &[usize], &[usize]) -> (f64, Array2<f64>);
type Train = fn(&Array2<f64>, &[usize], usize, f64) -> (Array2<f64>, Vec<f64>);
type Perplexity = fn(&[f64], &[usize]) -> f64;

/// What policies look at.
#[derive(Clone, Copy)]
struct Functions {
    backward: Backward,
    train: Train,
    perplexity: Perplexity,
}

macro_rules! functions {
    ($($of:ident)::*) => {
        Functions {
            backward: $($of)::*::bigram_backward,
            train: $($of)::*::train,
            perplexity: $($of)::*::perplexity,
        }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), functions!(wrong::$name))),*] };
}

const RIGHT: Functions = functions!(ex_5_5);
const IDS: [usize; 10] = [0, 1, 2, 1, 2, 0, 1, 1, 2, 0];

fn variants() -> impl Iterator<Item = (&'static str, Functions)> {
    let all = all!(
        target_is_input shifted_twice last_pair_dropped uphill counts_transposed pairs_counted_once
        normalised_over_columns smoothing_not_in_denominator smoothing_once_in_denominator
        mean_over_ids nll_in_bits overwrites_repeated_id gradient_at_target perplexity_mean_of_exp
        mean_of_batch_means base_2_mixed nats_per_byte bits_per_token
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

/// The loss before each step of gradient descent, by the variant's own gradient.
fn curve(it: Functions) -> Vec<f64> {
    let mut w = Array2::zeros((3, 3));
    let mut curve = Vec::new();
    for _ in 0..50 {
        let (loss, dw) = (it.backward)(&w, &IDS[..9], &IDS[1..]);
        curve.push(loss);
        w.scaled_add(-1.0, &dw);
    }
    curve
}

fn trained(it: Functions) -> Vec<f64> {
    (it.train)(&Array2::zeros((3, 3)), &IDS, 50, 1.0).1
}

#[test]
fn a_loss_that_falls() {
    let falls = |curve: Vec<f64>| curve.last() < curve.first();
    let accepts = |it: Functions| falls(curve(it)) && falls(trained(it));
    assert!(accepts(RIGHT));
    let is_wrong = |it: Functions| curve(it) != curve(RIGHT) || trained(it) != trained(RIGHT);
    let wrong = variants().filter(|(_, it)| is_wrong(*it));
    let accepted = wrong.filter(|(_, it)| accepts(*it)).map(|(name, _)| name);
    other_courses::compare("5.5 A loss that falls", &accepted.collect::<Vec<_>>());
}

/// One batch whose five tokens count, and then another one with four, to three digits.
#[test]
fn a_test_that_asks_for_the_mistake() {
    let (losses, tokens) = ([1.0574, 1.7151], [5, 4]);
    let accepts = |it: Functions| {
        let first = (it.perplexity)(&losses[..1], &tokens[..1]);
        let both = (it.perplexity)(&losses, &tokens);
        (first - 2.8789).abs() <= 1e-3 && (both - 3.9998).abs() <= 1e-3
    };
    assert!(!accepts(RIGHT));
    stated::assert_stated((RIGHT.perplexity)(&losses, &tokens), "3.856");
    let accepted = variants().filter(|(_, it)| accepts(*it)).map(|(name, _)| name);
    other_courses::compare("5.5 A test that asks for the mistake", &accepted.collect::<Vec<_>>());
}
