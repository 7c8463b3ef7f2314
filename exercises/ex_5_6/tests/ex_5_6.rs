//! The visible tests of lesson 5.6.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_5_6::{Part, half_order, is_turned, rope, rope_backward, rope_half, sinusoidal};
use gradcheck::random;
use ndarray::{Array2, Array4, ArrayBase, Axis, Data, Dimension, array};
use rstest::rstest;

const BASE: f64 = 10_000.0;

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_close<D: Dimension>(
    name: &str,
    yours: &ArrayBase<impl Data<Elem = f64>, D>,
    expected: &ArrayBase<impl Data<Elem = f64>, D>,
) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// (T, d) as (1, 1, T, d).
fn one_head(rows: Array2<f64>) -> Array4<f64> {
    rows.insert_axis(Axis(0)).insert_axis(Axis(0))
}

/// The rows of the brief.
fn example() -> Array4<f64> {
    one_head(array![[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.5, -1.0, 2.0, 0.25]])
}

#[test]
fn the_sinusoidal_example_has_its_numbers() {
    let expected = array![
        [0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
        [
            0.841470984808,
            0.540302305868,
            0.046399223465,
            0.998922976041,
            0.002154433023,
            0.999997679206
        ],
        [
            0.909297426826,
            -0.416146836547,
            0.092698500779,
            0.995694224124,
            0.004308856047,
            0.999990716837
        ],
    ];
    assert_close("sinusoidal", &sinusoidal::<f64>(3, 6, BASE), &expected);
}

#[test]
fn the_example_has_its_rows() {
    let expected = one_head(array![
        [1.0, 0.0, 1.0, 0.0],
        [0.540302305868, 0.841470984808, 0.999950000417, 0.009999833334],
        [0.701224008552, 0.870795549960, 1.994600346660, 0.289947335053],
    ]);
    assert_close("rope", &rope(&example(), &[0, 1, 2], BASE), &expected);
}

#[test]
fn the_example_has_its_gradient() {
    let dy = one_head(array![[1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 0.0, 1.0], [0.3, 0.2, 0.1, 0.0]]);
    let expected = one_head(array![
        [1.0, 2.0, 3.0, 4.0],
        [-0.119566813464, 1.111622137742, 0.009999833334, 0.999950000417],
        [0.057015434401, -0.356018595357, 0.099980000667, -0.001999866669],
    ]);
    assert_close("rope_backward", &rope_backward(&dy, &[0, 1, 2], BASE), &expected);
}

#[test]
fn the_other_layout_has_its_row() {
    let yours = rope_half(&example(), &[0, 1, 2], BASE);
    let expected = array![-2.026668271925, -1.004799673340, -0.377644959681, 0.229951334973];
    assert_close(
        "row 2 of rope_half",
        &yours.index_axis(Axis(2), 2).into_shape_with_order(4).expect("four numbers"),
        &expected,
    );
}

#[test]
fn the_order_takes_one_layout_to_the_other() {
    let x: Array4<f64> = random((2, 3, 4, 6), 1);
    let (positions, order) = ([5, 0, 7, 7], half_order(6));
    let half = rope_half(&x.select(Axis(3), &order), &positions, BASE);
    let expected = rope(&x, &positions, BASE).select(Axis(3), &order);
    assert_close("rope_half of the numbers in half_order", &half, &expected);
}

#[rstest]
#[case::one_token(1, 1)]
#[case::several(3, 2)]
fn gradients_agree_with_finite_differences(#[case] time: usize, #[case] heads: usize) {
    let x: Array4<f64> = random((2, heads, time, 4), 2);
    let upstream: Array4<f64> = random((2, heads, time, 4), 3);
    let positions: Vec<_> = (0..time).map(|t| 7 * t + 3).collect();
    let yours = rope_backward(&upstream, &positions, 100.0);
    let loss = |x: &Array4<f64>| (&upstream * &rope(x, &positions, 100.0)).sum();
    let difference = Array4::from_shape_fn(x.dim(), |at| {
        let (mut left, mut right) = (x.clone(), x.clone());
        left[at] -= 0.5;
        right[at] += 0.5;
        // `rope` is linear in x, so that a long step has no truncation error.
        loss(&right) - loss(&left)
    });
    assert_close("rope_backward, and differences of rope", &yours, &difference);
}

#[test]
fn the_length_of_every_pair_stays() {
    let x: Array4<f64> = random((2, 3, 4, 6), 4);
    let y = rope(&x, &[0, 1, 40, 999], BASE);
    let lengths = |of: &Array4<f64>| {
        let pairs = of.exact_chunks((1, 1, 1, 2)).into_iter();
        pairs.map(|pair| pair.map(|it| it * it).sum()).collect::<ndarray::Array1<f64>>()
    };
    assert_close("the squared lengths of the pairs", &lengths(&y), &lengths(&x));
}

#[test]
fn a_score_depends_on_the_distance_alone() {
    let (q, k): (Array4<f64>, Array4<f64>) = (random((1, 1, 1, 6), 5), random((1, 1, 1, 6), 6));
    let score = |m: usize, n: usize| (rope(&q, &[m], BASE) * rope(&k, &[n], BASE)).sum();
    for shift in [1, 10, 1000] {
        let difference: f64 = score(4 + shift, 1 + shift) - score(4, 1);
        assert!(
            difference.abs() <= 1e-11,
            "the score of positions 4 and 1 changes by {difference} when both move on by {shift}"
        );
    }
    let change: f64 = score(4, 1) - score(4, 2);
    assert!(change.abs() > 1e-3, "the score of position 4 is the same with 1 and with 2");
}

#[test]
fn queries_and_keys_are_turned() {
    // Attention adds up values; a sum of turned values would depend on where they stand.
    let yours = [Part::Query, Part::Key, Part::Value].map(is_turned);
    let is_right = yours[0] == yours[1] && yours[1] != yours[2];
    assert!(is_right, "two of the three are treated alike, and the third is not");
}

#[test]
fn what_does_not_fit_panics() {
    let x = example();
    // What is not written yet panics as well, and here it does so first.
    rope(&x, &[0, 1, 2], BASE);
    sinusoidal::<f64>(2, 4, BASE);
    half_order(4);
    let odd = one_head(array![[1.0, 2.0, 3.0]]);
    let panics = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(panics(&|| drop(rope(&odd, &[0], BASE))), "rope takes a width of 3");
    assert!(panics(&|| drop(sinusoidal::<f64>(2, 3, BASE))), "sinusoidal takes a width of 3");
    assert!(panics(&|| drop(rope(&x, &[0, 1, 2], -2.0))), "rope takes the base −2");
    assert!(panics(&|| drop(half_order(3))), "half_order takes a width of 3");
    assert!(panics(&|| drop(rope(&x, &[0, 1], BASE))), "rope takes two positions for three tokens");
}

#[test]
fn single_precision_has_the_angles_of_double() {
    let positions = [100_000, 123_456, 999_999];
    let in_double = rope(&example(), &positions, BASE);
    let in_single = rope(&example().mapv(|it| it as f32), &positions, BASE);
    let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-6;
    assert!(
        in_single.iter().zip(&in_double).all(near),
        "\nrope in f32 at positions around 10⁵\n{in_single}\nin f64\n{in_double}\n"
    );
}
