//! The visible tests of lesson 6.2.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_6_1::attention;
use ex_6_2::{
    Attention, Heads, Linear, linear, linear_backward, merge, multi_head, multi_head_backward,
    split,
};
use gradcheck::{check_loss, random};
use ndarray::{Array1, Array2, Array4, Axis, array, s};
use rstest::rstest;

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_close(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// The numbers of the brief: P(s) has ((37·i + 11·s + 5) mod 41 − 20)/20 at place i, counted row by row.
fn p(shape: (usize, usize), s: usize) -> Array2<f64> {
    let number = |i: usize| ((37 * i + 11 * s + 5) % 41) as f64 / 20.0 - 1.0;
    Array2::from_shape_fn(shape, |(row, column)| number(row * shape.1 + column))
}

fn layer(shape: (usize, usize), s: usize) -> Linear<f64> {
    Linear { w: 0.5 * p(shape, s), b: None }
}

/// X, the weights and dL/dY of the brief.
fn example() -> (Array2<f64>, Attention<f64>, Array2<f64>) {
    let [q, k, v, o] = [2, 3, 4, 5].map(|s| layer((4, 4), s));
    (p((3, 4), 1), Attention { q, k, v, o }, p((3, 4), 6))
}

const TWO: Heads = Heads { heads: 2, kv_heads: 2, rope: None };

fn nothing(weights: &Attention<f64>) -> Attention<f64> {
    let zero = |layer: &Linear<f64>| Linear {
        w: Array2::zeros(layer.w.dim()),
        b: layer.b.as_ref().map(|b| Array1::zeros(b.len())),
    };
    let Attention { q, k, v, o } = weights;
    Attention { q: zero(q), k: zero(k), v: zero(v), o: zero(o) }
}

#[test]
fn a_linear_layer_with_and_without_a_bias() {
    let x = array![[1.0, 2.0], [3.0, -1.0]];
    let mut weights = Linear { w: array![[1.0, 0.5], [-2.0, 1.0], [0.0, 3.0]], b: None };
    assert_close("Y", &linear(&x, &weights), &array![[2.0, 0.0, 6.0], [2.5, -7.0, -3.0]]);
    weights.b = Some(array![0.5, 1.0, -1.0]);
    assert_close(
        "Y, with a bias",
        &linear(&x, &weights),
        &array![[2.5, 1.0, 5.0], [3.0, -6.0, -4.0]],
    );
    let dy = array![[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]];
    let mut gradients = Linear { w: Array2::ones((3, 2)), b: Some(Array1::ones(3)) };
    let dx = linear_backward(&dy, &x, &weights, &mut gradients);
    assert_close("dL/dX", &dx, &array![[1.0, -2.5], [0.0, 3.5]]);
    let expected = array![[8.0, 1.0], [4.0, 0.0], [1.5, -1.5]];
    assert_close("dL/dW, added to ones", &gradients.w, &expected);
    let b = gradients.b.expect("there is a bias").insert_axis(Axis(0));
    assert_close("dL/db, added to ones", &b, &array![[4.0, 2.0, 0.5]]);
}

#[test]
fn a_head_has_its_columns_of_every_token() {
    // Two sequences of three tokens, two heads of two numbers: 123 is number 3 of token 2 of sequence 1.
    let x = Array2::from_shape_fn((6, 4), |(row, column)| {
        (100 * (row / 3) + 10 * (row % 3) + column) as f64
    });
    let heads = split(&x, 2, 2);
    assert_eq!(heads.dim(), (2, 2, 3, 2), "the shape of the heads");
    let yours = heads.slice(s![1, 1, .., ..]).to_owned();
    let expected = array![[102.0, 103.0], [112.0, 113.0], [122.0, 123.0]];
    assert_close("head 1 of sequence 1", &yours, &expected);
    assert_close("merge of split", &merge(&heads), &x);
    let heads: Array4<f64> = random((3, 2, 4, 5), 1);
    assert_eq!(split(&merge(&heads), 3, 2), heads, "split of merge: yours, expected");
}

#[test]
fn the_example_has_its_outputs() {
    let (x, weights, _) = example();
    let (y, _) = multi_head(&x, &weights, &TWO, 1);
    let expected = array![
        [0.063875, -0.13, 0.0605, 0.0665],
        [-0.110495382917, 0.055028480496, -0.048730144013, -0.158535013176],
        [-0.062243600049, 0.073886954591, -0.035760480351, -0.082841582036]
    ];
    assert_close("Y", &y, &expected);
}

#[test]
fn the_example_has_its_gradients() {
    let (x, weights, dy) = example();
    let (_, cache) = multi_head(&x, &weights, &TWO, 1);
    let mut gradients = nothing(&weights);
    let dx = multi_head_backward(&dy, &cache, &weights, &TWO, &mut gradients);
    let expected = array![
        [0.031025312170, 0.091671358521, 0.050511024614, -0.054196646951],
        [-0.035322052642, 0.060100600081, 0.024027816610, 0.020560640600],
        [0.087170290648, -0.000494855596, 0.020860564611, -0.071432068538]
    ];
    assert_close("dL/dX", &dx, &expected);
    let Attention { q, k, v, o } = &gradients;
    for (name, layer, row, expected) in [
        ("q", q, 0, array![0.013036758334, -0.007528934854, -0.008304735311, -0.009080535768]),
        ("k", k, 3, array![0.037309724853, -0.053956132465, -0.053956132465, -0.053956132465]),
        ("v", v, 0, array![-0.033826110073, 0.038156743368, 0.066656743368, 0.095156743368]),
        ("o", o, 0, array![0.030242058547, -0.148627480798, 0.337458619292, -0.197109232411]),
    ] {
        let yours = layer.w.row(row).to_owned().insert_axis(Axis(0));
        assert_close(&format!("row {row} of dL/dW{name}"), &yours, &expected.insert_axis(Axis(0)));
    }
}

#[test]
fn the_example_with_everything_has_its_numbers() {
    let with_bias = |shape: (usize, usize), s: usize| Linear {
        b: Some(0.1 * p((1, shape.0), s + 4).row(0).to_owned()),
        ..layer(shape, s)
    };
    let weights = Attention {
        q: with_bias((8, 4), 2),
        k: with_bias((4, 4), 3),
        v: with_bias((4, 4), 4),
        o: with_bias((4, 8), 5),
    };
    let heads = Heads { heads: 4, kv_heads: 2, rope: Some(10_000.0) };
    let x = p((6, 4), 1);
    let (y, cache) = multi_head(&x, &weights, &heads, 2);
    let expected = array![
        [-0.209625, 0.054, -0.0155, 0.0995],
        [0.537640809661, -0.351329038170, -0.296885666576, 0.018220379921],
        [0.282982763427, -0.235423885153, -0.247281948897, -0.013995011845],
        [-0.14771875, 0.30575, 0.5990625, 0.10440625],
        [-0.003537373637, 0.123942880973, 0.114132015458, -0.093992436378],
        [-0.078275345686, 0.118144144927, 0.115775211813, -0.008510404081]
    ];
    assert_close("Y", &y, &expected);
    let mut gradients = nothing(&weights);
    let dx = multi_head_backward(&p((6, 4), 10), &cache, &weights, &heads, &mut gradients);
    let expected = array![
        [0.105510132850, -0.168778556433, -0.083860286381, 0.177889367056],
        [0.261295733481, -0.156285788319, -0.132541365846, -0.056875176017],
        [0.379362695092, -0.195646275994, -0.273013170759, 0.044331764050],
        [-0.250423464900, 0.208097271066, 0.215835493682, -0.097409233000],
        [-0.167561092227, 0.160688082178, 0.147681566433, -0.215576813555],
        [-0.060585624826, -0.038599426254, 0.000181817956, 0.095274187928]
    ];
    assert_close("dL/dX", &dx, &expected);
    let expected = array![
        [0.044776335669, 0.053284978120, 0.063641224916, -0.043276792917],
        [-0.045266037927, -0.055095261189, -0.047449336312, 0.003671931996],
        [0.004525426520, -0.018574098305, -0.022717727896, -0.052175380264],
        [-0.056184802330, 0.039475421798, 0.037227644364, 0.017358331779]
    ];
    assert_close("dL/dWk", &gradients.k.w, &expected);
    let db = gradients.k.b.expect("there is a bias").insert_axis(Axis(0));
    let expected = array![[-0.051781233979, -0.038229624386, 0.020718147955, 0.011238887169]];
    assert_close("dL/dbk", &db, &expected);
}

fn random_layer(d_out: usize, d_in: usize, seed: u64) -> Linear<f64> {
    Linear { w: random((d_out, d_in), seed), b: Some(random(d_out, seed + 100)) }
}

/// Weights with biases.
fn random_weights(heads: &Heads, width: usize, model: usize) -> Attention<f64> {
    Attention {
        q: random_layer(heads.heads * width, model, 1),
        k: random_layer(heads.kv_heads * width, model, 2),
        v: random_layer(heads.kv_heads * width, model, 3),
        o: random_layer(model, heads.heads * width, 4),
    }
}

#[rstest]
#[case::a_key_for_each_head(Heads { heads: 2, kv_heads: 2, rope: None })]
#[case::shared_keys(Heads { heads: 4, kv_heads: 2, rope: None })]
#[case::turned(Heads { heads: 2, kv_heads: 1, rope: Some(100.0) })]
fn gradients_agree_with_finite_differences(#[case] heads: Heads) {
    let weights = random_weights(&heads, 2, 3);
    let x: Array2<f64> = random((6, 3), 5);
    let upstream: Array2<f64> = random((6, 3), 6);
    let (_, cache) = multi_head(&x, &weights, &heads, 2);
    let mut gradients = nothing(&weights);
    let dx = multi_head_backward(&upstream, &cache, &weights, &heads, &mut gradients);
    let Attention { q, k, v, o } = &weights;
    let arguments = (
        ("X", &x, &dx),
        ("Wq", &q.w, &gradients.q.w),
        ("Wk", &k.w, &gradients.k.w),
        ("Wv", &v.w, &gradients.v.w),
        ("Wo", &o.w, &gradients.o.w),
    );
    let report = check_loss(arguments, |(x, wq, wk, wv, wo)| {
        let with = |w: &Array2<f64>, layer: &Linear<f64>| Linear { w: w.clone(), ..layer.clone() };
        let weights = Attention { q: with(wq, q), k: with(wk, k), v: with(wv, v), o: with(wo, o) };
        (&upstream * &multi_head(x, &weights, &heads, 2).0).sum()
    });
    assert!(report.passed(), "multi_head_backward: gradient check failed\n{report}");
}

#[test]
fn one_head_is_the_attention_of_lesson_6_1() {
    let heads = Heads { heads: 1, kv_heads: 1, rope: None };
    let weights = random_weights(&heads, 3, 4);
    let x: Array2<f64> = random((5, 4), 7);
    let [q, k, v] = [&weights.q, &weights.k, &weights.v].map(|layer| linear(&x, layer));
    let (o, _) = attention(&q, &k, &v, true);
    assert_close("Y", &multi_head(&x, &weights, &heads, 1).0, &linear(&o, &weights.o));
}

#[test]
fn shared_keys_are_keys_that_are_there_twice() {
    let shared = Heads { heads: 4, kv_heads: 2, rope: Some(1e4) };
    let weights = random_weights(&shared, 2, 3);
    // Heads 0 and 1 have the first key head, heads 2 and 3 the second.
    let rows = [0, 1, 0, 1, 2, 3, 2, 3];
    let twice = |layer: &Linear<f64>| Linear {
        w: layer.w.select(Axis(0), &rows),
        b: layer.b.as_ref().map(|b| b.select(Axis(0), &rows)),
    };
    let Attention { q, k, v, o } = weights.clone();
    let all = Attention { q, k: twice(&k), v: twice(&v), o };
    let x: Array2<f64> = random((4, 3), 8);
    let expected = multi_head(&x, &all, &Heads { kv_heads: 4, ..shared }, 1).0;
    assert_close("Y", &multi_head(&x, &weights, &shared, 1).0, &expected);
}

#[test]
fn sequences_do_not_mix_and_nothing_leaks() {
    let heads = Heads { heads: 2, kv_heads: 2, rope: Some(1e4) };
    let weights = random_weights(&heads, 2, 3);
    let x: Array2<f64> = random((8, 3), 9);
    let (before, _) = multi_head(&x, &weights, &heads, 2);
    let mut later = x.clone();
    later.row_mut(6).fill(10.0);
    let (after, _) = multi_head(&later, &weights, &heads, 2);
    for row in 0..6 {
        // To the bit: rows 0 to 3 are another sequence, 4 and 5 earlier tokens.
        assert_eq!(
            before.row(row),
            after.row(row),
            "row {row} of Y changes with token 2 of sequence 1"
        );
    }
}

#[test]
fn gradients_are_added() {
    let (x, weights, dy) = example();
    let (_, cache) = multi_head(&x, &weights, &TWO, 1);
    let mut once = nothing(&weights);
    multi_head_backward(&dy, &cache, &weights, &TWO, &mut once);
    let mut twice = once.clone();
    multi_head_backward(&dy, &cache, &weights, &TWO, &mut twice);
    for (name, yours, once) in [
        ("q", &twice.q, &once.q),
        ("k", &twice.k, &once.k),
        ("v", &twice.v, &once.v),
        ("o", &twice.o, &once.o),
    ] {
        assert_close(&format!("dL/dW{name} after two passes"), &yours.w, &(2.0 * &once.w));
    }
}

#[test]
fn the_bias_of_the_keys_has_no_gradient() {
    let weights = random_weights(&TWO, 2, 3);
    let x: Array2<f64> = random((5, 3), 10);
    let dy: Array2<f64> = random((5, 3), 11);
    let (_, cache) = multi_head(&x, &weights, &TWO, 1);
    let mut gradients = nothing(&weights);
    multi_head_backward(&dy, &cache, &weights, &TWO, &mut gradients);
    let db = gradients.k.b.expect("there is a bias");
    // One vector for every key moves all scores of a query alike.
    assert!(db.iter().all(|it| it.abs() <= 1e-13), "dL/db of the keys should be 0, and is {db}");
}

#[test]
fn what_does_not_fit_panics() {
    let (x, weights, _) = example();
    // What is not written yet panics as well, and here it does so first.
    multi_head(&x, &weights, &TWO, 1);
    split(&x, 1, 2);
    let panics = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(panics(&|| drop(split(&x, 2, 2))), "split takes 3 rows for 2 sequences");
    assert!(panics(&|| drop(split(&x, 1, 3))), "split takes 4 columns for 3 heads");
    let three = Heads { heads: 4, kv_heads: 3, rope: None };
    assert!(
        panics(&|| drop(multi_head(&x, &weights, &three, 1))),
        "multi_head takes 4 heads that share the keys of 3"
    );
}

#[test]
fn single_precision_agrees_with_double() {
    let (x, weights, _) = example();
    let (in_double, _) = multi_head(&x, &weights, &TWO, 1);
    let narrow = |layer: &Linear<f64>| Linear { w: layer.w.mapv(|it| it as f32), b: None };
    let Attention { q, k, v, o } = &weights;
    let narrowed = Attention { q: narrow(q), k: narrow(k), v: narrow(v), o: narrow(o) };
    let (in_single, _) = multi_head(&x.mapv(|it| it as f32), &narrowed, &TWO, 1);
    let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-6;
    assert!(
        in_single.iter().zip(&in_double).all(near),
        "\nY in f32\n{in_single}\nin f64\n{in_double}\n"
    );
}
