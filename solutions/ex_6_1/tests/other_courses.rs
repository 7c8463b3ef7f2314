//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use gradcheck::random;
use ndarray::{Array3, array};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// Weights and outputs of heads, causal or not.
type Forward = fn(&Array3<f32>, &Array3<f32>, &Array3<f32>, bool) -> (Array3<f32>, Array3<f32>);

macro_rules! forward {
    ($($of:ident)::*) => {{
        let forward: Forward = |q, k, v, causal| {
            let (o, cache) = $($of)::*::attention_batch(q, k, v, causal);
            (o, cache.a)
        };
        forward
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), forward!(wrong::$name))),*] };
}

/// The variants that a policy accepts.
fn accepted(policy: fn(Forward) -> bool) -> Vec<&'static str> {
    let all = all!(
        mask_forgotten mask_transposed mask_excludes_itself mask_top_left mask_after_softmax
        masked_with_zero mask_minus_1e4 maximum_of_hidden softmax_over_queries scale_forgotten
        scale_d_not_sqrt scale_only_forward row_term_missing dv_untransposed
        q_and_k_gradients_swapped
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(policy(forward!(ex_6_1)));
    all.into_iter().filter(|(_, forward)| policy(*forward)).map(|(name, _)| name).collect()
}

/// Numbers with the variance 1.
fn numbers(shape: (usize, usize, usize), seed: u64) -> Array3<f32> {
    let uniform: Array3<f64> = random(shape, seed);
    uniform.mapv(|it| (3.0_f64.sqrt() * it) as f32)
}

fn near(found: f32, wanted: f32, tolerance: f32) -> bool {
    (found - wanted).abs() <= tolerance + tolerance * wanted.abs()
}

/// The weights alone, of queries that are keys and values as well.
#[test]
fn one_array_for_all_three() {
    let policy = |forward: Forward| {
        let x = numbers((20, 31, 64), 1);
        [false, true].into_iter().all(|causal| {
            let (_, snapshot) = forward!(ex_6_1)(&x, &x, &x, causal);
            let (_, a) = forward(&x, &x, &x, causal);
            a.iter().zip(&snapshot).all(|(found, wanted)| near(*found, *wanted, 1e-5))
        })
    };
    other_courses::compare("6.1 One array for all three", &accepted(policy));
}

/// The shape of the outputs, weights that are a distribution, and a key that is like the query.
#[test]
fn rows_that_add_up_to_1() {
    let policy = |forward: Forward| {
        let [q, k, v] = [1, 2, 3].map(|seed| numbers((2, 5, 8), seed));
        let has_shape = forward(&q, &k, &v, false).0.dim() == (2, 5, 8);
        let [q, k, v] = [4, 5, 6].map(|seed| numbers((1, 4, 8), seed));
        let (_, a) = forward(&q, &k, &v, false);
        let are_one = a.rows().into_iter().all(|row| near(row.sum(), 1.0, 1e-5));
        let q = array![[[1.0, 0.0, 0.0, 0.0]]];
        let k = array![[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]];
        let (_, of_like) = forward(&q, &k, &numbers((1, 3, 4), 7), false);
        let is_most = (1..3).all(|key| of_like[[0, 0, 0]] > of_like[[0, 0, key]]);
        has_shape && a.iter().all(|it| *it >= 0.0) && are_one && is_most
    };
    other_courses::compare("6.1 Rows that add up to 1", &accepted(policy));
}
