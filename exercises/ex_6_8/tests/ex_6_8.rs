//! The visible tests of lesson 6.8.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ex_6_8::{
    Evaluation, Window, bits_per_byte, choose, difference_interval, evaluate, log_likelihood,
    mean_interval, share_interval, windows,
};
// Links OpenBLAS, where products run on it.
use gradcheck as _;
use ndarray::{Array2, array};
use rstest::rstest;

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_near(name: &str, yours: f64, expected: f64) {
    let is_near = yours == expected || (yours - expected).abs() <= 1e-11;
    assert!(is_near, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

#[track_caller]
fn assert_interval(name: &str, yours: (f64, f64), expected: (f64, f64)) {
    assert_near(&format!("{name}, from"), yours.0, expected.0);
    assert_near(&format!("{name}, to"), yours.1, expected.1);
}

/// A model of two ids: from m ids of context it gives the id 0 a loss of 2 + 2/m.
fn practised(ids: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((ids.len(), 2), |(t, id)| {
        let loss = 2.0 + 2.0 / (t + 1) as f64;
        if id == 0 { -loss } else { (-(-loss).exp()).ln_1p() }
    })
}

#[rstest]
#[case::of_the_brief(10, 4, 2, &[(0, 4, 4), (3, 7, 3), (6, 9, 2)])]
#[case::side_by_side(10, 4, 1, &[(0, 4, 4), (4, 8, 4), (8, 9, 1)])]
#[case::one_prediction_each(7, 4, 4, &[(0, 4, 4), (1, 5, 1), (2, 6, 1)])]
#[case::shorter_than_a_window(4, 8, 3, &[(0, 3, 3)])]
#[case::one_prediction(2, 1, 1, &[(0, 1, 1)])]
fn each_prediction_counts_once(
    #[case] count: usize,
    #[case] size: usize,
    #[case] context: usize,
    #[case] expected: &[(usize, usize, usize)],
) {
    let yours = windows(count, size, context);
    let expected: Vec<_> =
        expected.iter().map(|&(start, end, scored)| Window { start, end, scored }).collect();
    assert!(yours == expected, "\nwindows\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[rstest]
#[case::side_by_side(1, 2.693952380952)]
#[case::half_a_window(4, 2.381785714286)]
#[case::a_whole_window(8, 2.284357142857)]
fn context_lowers_the_loss(#[case] context: usize, #[case] expected: f64) {
    let Evaluation { nll, tokens } = evaluate(&practised, &[0; 101], 8, context);
    assert!(tokens == 100, "\npredictions\nexpected: 100\nyours:    {tokens}\n");
    assert_near("the mean loss", nll / 100.0, expected);
}

#[test]
fn the_model_never_sees_what_it_is_to_predict() {
    let seen = RefCell::new(Vec::new());
    let model = |ids: &[usize]| {
        seen.borrow_mut().push(ids.to_vec());
        Array2::zeros((ids.len(), 7))
    };
    let found = evaluate(&model, &[3, 1, 4, 1, 5, 2, 6], 4, 2);
    let expected = [vec![3, 1, 4, 1], vec![1, 5, 2]];
    let seen = seen.into_inner();
    assert!(seen == expected, "\nthe model reads\nexpected: {expected:?}\nyours:    {seen:?}\n");
    assert_near("six predictions of a model that knows nothing", found.nll, 6.0 * 7_f64.ln());
}

#[test]
fn bits_are_of_predicted_bytes() {
    let found = Evaluation { nll: 6.0 * 2_f64.ln(), tokens: 3 };
    assert_near("6 bits for 12 bytes", bits_per_byte(&found, &[7, 3, 4, 5]), 0.5);
}

/// p of 0 is ¾ behind 0 and ⅒ behind 1.
fn bigram(ids: &[usize]) -> Array2<f64> {
    let p = array![[0.75_f64, 0.25], [0.1, 0.9]];
    Array2::from_shape_fn((ids.len(), 2), |(t, id)| p[[ids[t], id]].ln())
}

#[test]
fn an_answer_is_predicted_id_by_id() {
    let yours = log_likelihood(&bigram, &[1, 1, 0], &[0, 1, 1]);
    assert_near("ln(¾·¼·0.9)", yours, (0.75 * 0.25 * 0.9_f64).ln());
}

#[test]
fn long_answers_are_compared_with_short_ones() {
    // ln ¼ for one id; ln(¾·¼·0.9) for three.
    let answers = [vec![1], vec![0, 1, 1]];
    let chosen = |lengths: [usize; 2]| choose(&bigram, &[0], &answers, &lengths);
    assert!(chosen([1, 1]) == 0, "by the sum, the first is more likely, yours: {}", chosen([1, 1]));
    assert!(chosen([1, 3]) == 1, "for each id, the second is, yours: {}", chosen([1, 3]));
    let same = choose(&bigram, &[0], &[vec![1], vec![1]], &[2, 2]);
    assert!(same == 0, "of equal answers the first, yours: {same}");
}

#[test]
fn a_mean_has_an_interval() {
    let yours = mean_interval(&[1.0, 2.0, 4.0, 5.0], 1.96);
    assert_interval("the mean", yours, (1.210772978816, 4.789227021184));
    let (ours, theirs) = ([2.0, 3.5, 1.0, 4.5, 2.5], [2.25, 3.5, 1.5, 4.75, 3.0]);
    let yours = difference_interval(&ours, &theirs, 1.96);
    assert_interval("the difference", yours, (-0.483341211952, -0.116658788048));
}

#[rstest]
#[case::nine_of_ten(9, 10, (0.595843614502, 0.982124250484))]
#[case::ninety_of_a_hundred(90, 100, (0.825632695632, 0.944771458387))]
#[case::all(20, 20, (0.838869874505, 1.0))]
#[case::none(0, 5, (0.0, 0.434491494752))]
fn a_share_has_an_interval(
    #[case] correct: usize,
    #[case] questions: usize,
    #[case] expected: (f64, f64),
) {
    assert_interval("the share", share_interval(correct, questions, 1.96), expected);
}

fn panics<T>(call: impl Fn() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

#[test]
fn what_has_no_answer_panics() {
    // What is not written yet panics as well, and here it does so first.
    windows(3, 2, 1);
    evaluate(&bigram, &[0, 1], 2, 1);
    let found = Evaluation { nll: 1.0, tokens: 1 };
    bits_per_byte(&found, &[1, 1]);
    choose(&bigram, &[0], &[vec![1]], &[1]);
    difference_interval(&[1.0, 2.0], &[1.0, 3.0], 1.0);
    share_interval(1, 2, 1.0);
    assert!(panics(|| windows(1, 4, 2)), "windows takes a single id");
    assert!(panics(|| windows(9, 4, 0)), "windows takes no context");
    assert!(panics(|| windows(9, 4, 5)), "windows takes a context larger than a window");
    assert!(panics(|| bits_per_byte(&found, &[1])), "bits_per_byte takes one length of two tokens");
    assert!(panics(|| bits_per_byte(&found, &[1, 0])), "bits_per_byte takes no byte");
    assert!(panics(|| log_likelihood(&bigram, &[], &[1])), "log_likelihood takes an empty prompt");
    assert!(panics(|| log_likelihood(&bigram, &[1], &[])), "log_likelihood takes an empty answer");
    assert!(panics(|| choose(&bigram, &[0], &[], &[])), "choose takes no answer");
    assert!(panics(|| choose(&bigram, &[0], &[vec![1]], &[0])), "choose takes a length of 0");
    assert!(panics(|| mean_interval(&[1.0], 1.0)), "mean_interval takes a single value");
    assert!(
        panics(|| difference_interval(&[1.0, 2.0], &[1.0], 1.0)),
        "difference_interval takes two values and one"
    );
    assert!(panics(|| share_interval(0, 0, 1.0)), "share_interval takes no question");
    assert!(panics(|| share_interval(3, 2, 1.0)), "share_interval takes 3 of 2");
}
