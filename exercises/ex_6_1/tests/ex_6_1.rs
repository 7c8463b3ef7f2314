//! The visible tests of lesson 6.1.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_6_1::{
    attention, attention_backward, attention_batch, attention_batch_backward, d_scores, d_weights,
    mask, output, scores, weights,
};
use gradcheck::{check_loss, random};
use ndarray::{Array2, Array3, Axis, array, s};
use rstest::rstest;

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_close(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

#[test]
fn numbers_by_hand_fit_each_other() {
    let near = |a: f64, b: f64| (a - b).abs() <= 2e-3;
    let (scores, weights) = (scores(), weights());
    let sum: f64 = weights.iter().sum();
    assert!(near(sum, 1.0), "the weights add up to {sum}");
    // The quotient of two weights is e to the difference of their scores.
    let [quotient, expected] = [weights[0] / weights[1], (scores[0] - scores[1]).exp()];
    assert!(near(quotient, expected), "\nw₁/w₂\nexpected: {expected}\nyours:    {quotient}\n");
    let [first, second] = output();
    assert!(near(first, weights[0] - weights[2]), "the first number of the output is {first}");
    assert!(near(second, 2.0 * weights[1] + weights[2]), "the second one is {second}");
}

#[test]
fn gradients_by_hand_fit_each_other() {
    // The loss is 2·o₁ − o₂, and the third value is (−1, 1).
    assert!((d_weights()[2] + 3.0).abs() <= 2e-3, "dL/da of the third key is {}", d_weights()[2]);
    let sum: f64 = d_scores().iter().sum();
    assert!(sum.abs() <= 2e-3, "dL/ds of all keys should add up to 0, and adds up to {sum}");
}

/// Q, K, V and dL/dO of the brief.
fn example() -> [Array2<f64>; 4] {
    [
        array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        array![[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]],
        array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        array![[1.0, 0.0], [0.0, 1.0], [0.5, -1.0]],
    ]
}

#[rstest]
#[case::square(3, 3, &[1, 2, 3])]
#[case::more_keys(2, 5, &[4, 5])]
#[case::one_query(1, 4, &[4])]
fn a_query_sees_what_came_before(
    #[case] queries: usize,
    #[case] keys: usize,
    #[case] seen: &[usize],
) {
    let yours = mask(queries, keys);
    assert_eq!(yours.dim(), (queries, keys), "the shape of the mask");
    for (t, (row, seen)) in yours.outer_iter().zip(seen).enumerate() {
        let expected: Vec<_> = (0..keys).map(|key| key < *seen).collect();
        assert_eq!(row.to_vec(), expected, "row {t} of mask({queries}, {keys}): yours, expected");
    }
}

#[test]
fn the_example_has_its_outputs() {
    let [q, k, v, _] = example();
    let (o, cache) = attention(&q, &k, &v, true);
    let expected = array![
        [1.0, 0.0, 0.0],
        [0.330238450673, 0.669761549327, 0.0],
        [0.197775814640, 0.401112092680, 0.401112092680]
    ];
    assert_close("A", &cache.a, &expected);
    let expected =
        array![[1.0, 2.0], [2.339523098653, 3.339523098653], [3.406672556079, 4.406672556079]];
    assert_close("O", &o, &expected);
    let (o, _) = attention(&q, &k, &v, false);
    let yours = o.slice(s![..1, ..]).to_owned();
    assert_close("row 0 of O, not causal", &yours, &array![[2.593327443921, 3.593327443921]]);
}

#[test]
fn the_example_has_its_gradients() {
    let [q, k, v, d_o] = example();
    let (_, cache) = attention(&q, &k, &v, true);
    let (dq, dk, dv) = attention_backward(&d_o, &q, &k, &v, &cache);
    let expected = array![
        [1.098887907320, 0.132462636033],
        [0.200556046340, 0.268649456647],
        [0.200556046340, -0.401112092680]
    ];
    assert_close("dL/dV", &dv, &expected);
    let expected = array![[0.0, 0.0], [0.0, 0.312797193090], [0.225956999126, -0.394241916629]];
    assert_close("dL/dQ", &dq, &expected);
    let expected = array![
        [0.168284917503, -0.144512275587],
        [0.057672081623, 0.370469274714],
        [-0.225956999126, -0.225956999126]
    ];
    assert_close("dL/dK", &dk, &expected);
}

#[rstest]
#[case::causal(3, 4, true)]
#[case::all(4, 2, false)]
fn gradients_agree_with_finite_differences(
    #[case] queries: usize,
    #[case] keys: usize,
    #[case] causal: bool,
) {
    let q: Array2<f64> = random((queries, 3), 1);
    let k: Array2<f64> = random((keys, 3), 2);
    let v: Array2<f64> = random((keys, 2), 3);
    let upstream: Array2<f64> = random((queries, 2), 4);
    let (_, cache) = attention(&q, &k, &v, causal);
    let (dq, dk, dv) = attention_backward(&upstream, &q, &k, &v, &cache);
    let report = check_loss((("Q", &q, &dq), ("K", &k, &dk), ("V", &v, &dv)), |(q, k, v)| {
        (&upstream * &attention(q, k, v, causal).0).sum()
    });
    assert!(report.passed(), "attention_backward: gradient check failed\n{report}");
}

#[test]
fn a_later_token_moves_no_earlier_output() {
    let inputs: [Array2<f64>; 3] = [1, 2, 3].map(|seed| random((5, 3), seed));
    let [q, k, v] = &inputs;
    let (before, _) = attention(q, k, v, true);
    let [q, k, v] = inputs.clone().map(|mut it| {
        it.row_mut(3).fill(1e3);
        it
    });
    let (after, _) = attention(&q, &k, &v, true);
    for t in 0..3 {
        // To the bit: a model finds any leak.
        assert_eq!(before.row(t), after.row(t), "output {t} changes with token 3");
    }
}

#[test]
fn the_gradient_of_an_output_reaches_no_later_token() {
    let [q, k, v]: [Array2<f64>; 3] = [1, 2, 3].map(|seed| random((5, 3), seed));
    let (_, cache) = attention(&q, &k, &v, true);
    let mut upstream = Array2::zeros((5, 3));
    upstream.row_mut(1).fill(1.0);
    let (_, dk, dv) = attention_backward(&upstream, &q, &k, &v, &cache);
    for (name, gradient) in [("dL/dK", dk), ("dL/dV", dv)] {
        let later = gradient.slice(s![2.., ..]);
        assert!(later.iter().all(|it| *it == 0.0), "rows 2 to 4 of {name} should be 0:\n{later}");
    }
}

#[test]
fn one_vector_added_to_every_key_changes_nothing() {
    let [q, k, v, _] = example();
    let moved = &k + &array![3.0, -2.0];
    let [expected, yours] = [&k, &moved].map(|k| attention(&q, k, &v, true).0);
    assert_close("O", &yours, &expected);
}

#[test]
fn heads_do_not_mix() {
    let [q, k]: [Array3<f64>; 2] = [1, 2].map(|seed| random((3, 4, 2), seed));
    let v: Array3<f64> = random((3, 4, 5), 3);
    let upstream: Array3<f64> = random((3, 4, 5), 4);
    let (o, cache) = attention_batch(&q, &k, &v, true);
    let (dq, dk, dv) = attention_batch_backward(&upstream, &q, &k, &v, &cache);
    for head in 0..3 {
        let one = |of: &Array3<f64>| of.index_axis(Axis(0), head).to_owned();
        let (expected, cache) = attention(&one(&q), &one(&k), &one(&v), true);
        assert_close(&format!("O of head {head}"), &one(&o), &expected);
        let expected = attention_backward(&one(&upstream), &one(&q), &one(&k), &one(&v), &cache);
        assert_close(&format!("dL/dQ of head {head}"), &one(&dq), &expected.0);
        assert_close(&format!("dL/dK of head {head}"), &one(&dk), &expected.1);
        assert_close(&format!("dL/dV of head {head}"), &one(&dv), &expected.2);
    }
}

#[test]
fn large_scores_are_no_trouble() {
    let q = array![[2e4], [-2e4]];
    let k = array![[1.0], [2.0]];
    let v = array![[1.0], [2.0]];
    let (o, _) = attention(&q, &k, &v, false);
    assert_close("O", &o, &array![[2.0], [1.0]]);
}

#[test]
fn what_does_not_fit_panics() {
    let [q, k, v, _] = example();
    // What is not written yet panics as well, and here it does so first.
    attention(&q, &k, &v, true);
    mask(2, 2);
    let two = k.slice(s![..2, ..]).to_owned();
    let panics = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(panics(&|| drop(mask(3, 2))), "mask takes 3 queries for 2 keys");
    assert!(
        panics(&|| drop(attention(&q, &two, &two, true))),
        "causal attention takes 3 queries for 2 keys"
    );
    assert!(
        panics(&|| drop(attention(&q, &k, &two, false))),
        "attention takes 2 values for 3 keys"
    );
}

#[test]
fn single_precision_agrees_with_double() {
    let [q, k, v, _] = example();
    let (in_double, _) = attention(&q, &k, &v, true);
    let [q, k, v] = [q, k, v].map(|it| it.mapv(|it| it as f32));
    let (in_single, _) = attention(&q, &k, &v, true);
    let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-6;
    assert!(
        in_single.iter().zip(&in_double).all(near),
        "\nO in f32\n{in_single}\nin f64\n{in_double}\n"
    );
}
