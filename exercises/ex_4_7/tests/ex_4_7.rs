//! The visible tests of lesson 4.7.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_4_7::{Options, Running, add_chunk, answer_targets, chunked_loss, language_loss};
use gradcheck::{check_loss, random};
use ndarray::{Array1, Array2, Axis, array, s};
use rstest::rstest;

/// No class at all.
const NONE: usize = usize::MAX;

const PLAIN: Options<f64> = Options { ignore: None, smoothing: 0.0, z_loss: 0.0 };

fn options(ignore: Option<usize>, smoothing: f64, z_loss: f64) -> Options<f64> {
    Options { ignore, smoothing, z_loss }
}

/// Compares to twelve digits.
#[track_caller]
fn assert_close(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

#[track_caller]
fn assert_loss(yours: f64, expected: f64) {
    assert!((yours - expected).abs() <= 1e-11, "the loss is {yours} where {expected} is expected");
}

/// The logits and the targets of the brief.
fn example() -> (Array2<f64>, [usize; 3]) {
    (array![[2.0, 1.0, 0.1], [0.0, 0.0, 0.0], [-1.0, 3.0, 1.0]], [0, 2, 1])
}

#[test]
fn the_answer_alone_is_learned() {
    let tokens = [7, 3, 5, 5, 2];
    assert_eq!(answer_targets(&tokens, 0, NONE), [3, 5, 5, 2]);
    assert_eq!(
        answer_targets(&tokens, 3, 9),
        [9, 9, 5, 2],
        "the first of the answer is learned too"
    );
    assert_eq!(answer_targets(&tokens, 5, 9), [9, 9, 9, 9]);
    assert_eq!(answer_targets(&[7], 1, 9), [0; 0]);
}

#[rstest]
#[case::plain(PLAIN, 0.552857977815, array![-0.113666287038, 0.080810990235, 0.032855296803])]
#[case::a_row_left_out(
    options(Some(2), 0.0, 0.0), 0.279980822389, array![-0.170499430557, 0.121216485352, 0.049282945205]
)]
#[case::smoothed(
    options(None, 0.1, 0.0), 0.651746866704, array![-0.091444064816, 0.069699879124, 0.021744185692]
)]
#[case::z_loss(
    options(None, 0.0, 0.01), 0.609281318755, array![-0.103047450148, 0.084717442016, 0.034443541574]
)]
#[case::all_at_once(
    options(Some(2), 0.1, 0.01), 0.506914422327, array![-0.121237841889, 0.110409496357, 0.034998645695]
)]
fn the_loss_gives_the_numbers_of_the_brief(
    #[case] options: Options<f64>,
    #[case] expected: f64,
    #[case] first_row: Array1<f64>,
) {
    let (z, targets) = example();
    let (loss, dz) = language_loss(&z, &targets, &options);
    assert_loss(loss, expected);
    let first = dz.slice(s![..1, ..]).to_owned();
    assert_close("the first row of dL/dZ", &first, &first_row.insert_axis(Axis(0)));
}

#[rstest]
fn the_gradient_agrees_with_finite_differences(
    #[values(None, Some(0), Some(NONE))] ignore: Option<usize>,
    #[values(0.0, 0.3)] smoothing: f64,
    #[values(0.0, 0.1)] z_loss: f64,
) {
    let z: Array2<f64> = random([4, 3], 1);
    let options = options(ignore, smoothing, z_loss);
    let targets = [2, ignore.unwrap_or(0), 1, 2];
    let (_, dz) = language_loss(&z, &targets, &options);
    let report = check_loss(("Z", &z, &dz), |z| language_loss(z, &targets, &options).0);
    assert!(report.passed(), "language_loss: gradient check failed\n{report}");
}

#[test]
fn rows_that_do_not_count_may_hold_anything() {
    let (mut z, _) = example();
    let (loss, dz) = language_loss(&z, &[NONE; 3], &options(Some(NONE), 0.1, 0.1));
    assert_loss(loss, 0.0);
    assert_close("dL/dZ where no row counts", &dz, &Array2::zeros((3, 3)));
    z.row_mut(1).fill(f64::NAN);
    let (loss, dz) = language_loss(&z, &[0, NONE, 1], &options(Some(NONE), 0.0, 0.0));
    assert_loss(loss, 0.279980822389);
    assert_close(
        "dL/dZ of a row that does not count",
        &dz.slice(s![1..2, ..]).to_owned(),
        &array![[0.0; 3]],
    );
}

/// −∞ and 0: nothing was seen so far.
fn nothing(rows: usize) -> Running<f64> {
    Running { max: Array1::from_elem(rows, f64::NEG_INFINITY), sum: Array1::zeros(rows) }
}

#[test]
fn a_sum_is_made_chunk_by_chunk() {
    let z = array![[0.1, 2.0, 1.0], [3.0, -1.0, 1.0], [-2e4, -2e4, -2e4]];
    let whole = add_chunk(&nothing(3), &z);
    for cut in 0..=3 {
        let first = add_chunk(&nothing(3), &z.slice(s![.., ..cut]).to_owned());
        let both = add_chunk(&first, &z.slice(s![.., cut..]).to_owned());
        for (name, yours, expected) in
            [("max", &both.max, &whole.max), ("sum", &both.sum, &whole.sum)]
        {
            let near = yours.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-12);
            assert!(
                near,
                "\n{name}, cut at {cut}\nin one chunk:  {expected}\nin two chunks: {yours}\n"
            );
        }
    }
    let expected = array![1.517448060, 1.153650922, 3.0];
    let near = whole.sum.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-9);
    assert!(near, "\nsum\nexpected: {expected}\nyours:    {}\n", whole.sum);
}

/// X and W of the brief, and its targets.
fn head() -> (Array2<f64>, Array2<f64>, [usize; 3]) {
    let x = array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    (x, array![[2.0, -1.0], [1.0, 3.0], [0.1, 1.0]], [0, 1, 2])
}

#[rstest]
fn chunks_of_any_size_give_the_numbers_of_the_brief(#[values(1, 2, 3, 10)] chunk: usize) {
    let (x, w, targets) = head();
    let (loss, dx, dw) = chunked_loss(&x, &w, &targets, &options(None, 0.1, 0.01), chunk);
    assert_loss(loss, 1.362747462016);
    let expected = array![
        [-0.085710881901, 0.324976651103],
        [-0.011938820956, 0.023903433684],
        [0.29630693756, 0.647723756785],
    ];
    assert_close("dL/dX", &dx, &expected);
    let expected = array![
        [-0.07568338787, -0.000344538151],
        [0.388944470568, 0.311327039536],
        [-0.269816391685, -0.262698466291],
    ];
    assert_close("dL/dW", &dw, &expected);
}

#[rstest]
fn chunks_agree_with_the_whole(#[values(1, 3, 7, 64)] chunk: usize) {
    let (x, w): (Array2<f64>, Array2<f64>) = (3.0 * random::<f64, _>([5, 4], 1), random([7, 4], 2));
    let (targets, options) = ([6, 0, NONE, 3, 3], options(Some(NONE), 0.2, 0.05));
    let (loss, dx, dw) = chunked_loss(&x, &w, &targets, &options, chunk);
    let (expected, dz) = language_loss(&x.dot(&w.t()), &targets, &options);
    assert_loss(loss, expected);
    assert_close("dL/dX", &dx, &dz.dot(&w));
    assert_close("dL/dW", &dw, &dz.t().dot(&x));
}

#[test]
fn large_logits_are_no_trouble() {
    let (x, w) = (array![[1e4, 0.0, -1e4]], Array2::eye(3));
    let (loss, dz) = language_loss(&x, &[2], &PLAIN);
    assert_loss(loss, 2e4);
    assert_close("dL/dZ", &dz, &array![[1.0, 0.0, -1.0]]);
    let (loss, dx, _) = chunked_loss(&x, &w, &[2], &PLAIN, 1);
    assert_loss(loss, 2e4);
    assert_close("dL/dX in chunks", &dx, &array![[1.0, 0.0, -1.0]]);
}

#[test]
fn what_does_not_fit_panics() {
    let ((z, targets), (x, w, _)) = (example(), head());
    // What is not written yet panics as well, and here it does so first.
    language_loss(&z, &targets, &PLAIN);
    chunked_loss(&x, &w, &targets, &PLAIN, 1);
    answer_targets(&[1], 0, NONE);
    let calls: [(&str, &dyn Fn()); 5] = [
        ("language_loss takes the target 3 of three classes", &|| {
            drop(language_loss(&z, &[0, 3, 1], &PLAIN))
        }),
        ("language_loss takes two targets for three rows", &|| {
            drop(language_loss(&z, &[0, 1], &PLAIN))
        }),
        ("language_loss takes a smoothing of 1.5", &|| {
            drop(language_loss(&z, &targets, &options(None, 1.5, 0.0)))
        }),
        ("chunked_loss takes a chunk of 0", &|| drop(chunked_loss(&x, &w, &targets, &PLAIN, 0))),
        ("answer_targets takes a question longer than the text", &|| {
            drop(answer_targets(&[1, 2], 3, NONE))
        }),
    ];
    for (what, call) in calls {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{what}");
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let (z, targets) = example();
    let (expected, _) = language_loss(&z, &targets, &options(Some(2), 0.1, 0.01));
    let in_single = Options { ignore: Some(2), smoothing: 0.1_f32, z_loss: 0.01 };
    let (loss, _) = language_loss(&z.mapv(|z| z as f32), &targets, &in_single);
    assert!((f64::from(loss) - expected).abs() <= 1e-6, "the loss in f32 is {loss}");
}
