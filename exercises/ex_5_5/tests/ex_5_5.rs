//! The visible tests of lesson 5.5.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_5_5::{bigram_backward, bits_per_byte, counts, nll, perplexity, probabilities, train};
use gradcheck::{check_loss, random};
use ndarray::{Array2, Axis, array};
use rstest::rstest;

/// The ids of the brief.
const IDS: [usize; 10] = [0, 1, 2, 1, 2, 0, 1, 1, 2, 0];

/// The text of the brief.
const TEXT: &str = "the cat sat on the mat and the rat sat on the hat";

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_near(name: &str, yours: f64, expected: f64) {
    let is_near = yours == expected || (yours - expected).abs() <= 1e-11;
    assert!(is_near, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

#[track_caller]
fn assert_close(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// The characters of a text as ids, in the order of the alphabet, and how many different ones there are.
fn characters(text: &str) -> (Vec<usize>, usize) {
    let alphabet: std::collections::BTreeSet<_> = text.chars().collect();
    let id = |letter| alphabet.iter().position(|it| *it == letter).expect("it is in the text");
    (text.chars().map(id).collect(), alphabet.len())
}

#[test]
fn neighbours_are_counted() {
    let (yours, expected) = (counts(&IDS, 3), array![[0, 2, 0], [0, 1, 3], [2, 1, 0]]);
    assert!(yours == expected, "\ncounts\nexpected:\n{expected}\nyours:\n{yours}\n");
}

#[test]
fn the_example_has_its_probabilities() {
    let counts = counts(&IDS, 3);
    let third = 1.0 / 3.0;
    let expected = array![[0.0, 1.0, 0.0], [0.0, 0.25, 0.75], [2.0 * third, third, 0.0]];
    assert_close("probabilities, α = 0", &probabilities(&counts, 0.0), &expected);
    let expected =
        array![[0.2, 0.6, 0.2], [1.0 / 7.0, 2.0 / 7.0, 4.0 / 7.0], [0.5, third, 1.0 / 6.0],];
    assert_close("probabilities, α = 1", &probabilities(&counts, 1.0), &expected);
    // Nothing ever followed the last id.
    let yours = probabilities(&array![[2, 2], [0, 0]], 0.0);
    assert_close("a row without counts", &yours, &array![[0.5, 0.5], [0.5, 0.5]]);
}

#[test]
fn the_example_has_its_losses() {
    let counts = counts(&IDS, 3);
    let loss = |alpha| nll(&probabilities(&counts, alpha), &IDS);
    assert_near("nll, α = 0", loss(0.0), 0.462098120373);
    assert_near("nll, α = 1", loss(1.0), 0.715352025514);
    // 1 is never followed by 0.
    assert_near(
        "nll of what is impossible",
        nll(&probabilities(&counts, 0.0), &[1, 0]),
        f64::INFINITY,
    );
}

#[test]
fn the_gradient_has_its_numbers() {
    let w = array![[-1.0, 0.85, 0.65], [0.45, 0.25, 0.05], [-0.15, -0.35, -0.55]];
    let (loss, dw) = bigram_backward(&w, &IDS[..9], &IDS[1..]);
    assert_near("the loss", loss, 1.038380750723);
    let expected = array![
        [0.017683279253, -0.109759757604, 0.092076478350],
        [0.178559812681, 0.035081298795, -0.213641111477],
        [-0.088302362711, -0.001466803681, 0.089769166393],
    ];
    assert_close("dL/dW", &dw, &expected);
}

#[rstest]
#[case::repeated_and_absent(&[4, 0, 4, 4, 2], &[0, 4, 4, 2, 2])]
#[case::one_pair(&[3], &[1])]
fn gradients_agree_with_finite_differences(#[case] x: &[usize], #[case] y: &[usize]) {
    let w: Array2<f64> = random((5, 5), 1);
    let (_, dw) = bigram_backward(&w, x, y);
    let report = check_loss(("W", &w, &dw), |w| bigram_backward(w, x, y).0);
    assert!(report.passed(), "bigram_backward: gradient check failed\n{report}");
    let sums = dw.sum_axis(Axis(1));
    assert!(sums.iter().all(|sum| sum.abs() <= 1e-15), "the rows of dL/dW add up to {sums}");
}

#[test]
fn counting_is_the_optimum() {
    let p = probabilities(&counts(&IDS, 3), 1.0);
    let y: Vec<_> = IDS[1..].to_vec();
    let (loss, _) = bigram_backward(&p.mapv(f64::ln), &IDS[..9], &y);
    assert_near("the loss of the logits ln P, and nll of P", loss, nll(&p, &IDS));
    // All nine pairs, once and twice: nothing is 0.
    let ids = [0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 2, 1, 0, 0];
    let best = probabilities(&counts(&ids, 3), 0.0).mapv(f64::ln);
    let (_, dw) = bigram_backward(&best, &ids[..13], &ids[1..]);
    assert_close("dL/dW where P is counted", &dw, &Array2::zeros((3, 3)));
}

#[test]
fn the_curve_of_the_example() {
    let (_, curve) = train(&Array2::zeros((3, 3)), &IDS, 3, 4.0);
    let expected = [1.098612288668, 0.750320086772, 0.643825072824, 0.595603697587];
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    assert!(
        curve.len() == 4 && curve.iter().zip(&expected).all(near),
        "\nthe loss before training and after each step\nexpected: {expected:?}\nyours:    {curve:?}\n"
    );
}

#[test]
fn training_goes_to_what_counting_gives() {
    let (ids, vocabulary) = characters(TEXT);
    let p = probabilities(&counts(&ids, vocabulary), 0.0);
    let entropy = nll(&p, &ids);
    assert_near("nll of the counted text", entropy, 0.775322442691);
    let (w, curve) = train(&Array2::zeros((vocabulary, vocabulary)), &ids, 1000, 10.0);
    assert_near("the first loss, ln 12", curve[0], 12.0_f64.ln());
    let last = curve[1000];
    assert!(
        (entropy..entropy + 0.002).contains(&last),
        "after 1000 steps the loss is {last}, and counting gives {entropy}"
    );
    let exponentials = w.mapv(f64::exp);
    let trained = &exponentials / &exponentials.sum_axis(Axis(1)).insert_axis(Axis(1));
    let far = trained.iter().zip(&p).map(|(yours, counted)| (yours - counted).abs());
    let far = far.fold(0.0, f64::max);
    assert!(far <= 0.02, "a trained probability is {far} away from the counted one");
}

#[test]
fn perplexity_is_of_all_predictions() {
    assert_near("perplexity of 1 and 3", perplexity(&[1.0, 3.0], &[5, 5]), 7.389056098931);
    assert_near("30 and 10 predictions", perplexity(&[1.0, 3.0], &[30, 10]), 4.481689070338);
    let uniform = probabilities(&Array2::zeros((7, 7)), 0.0);
    let loss = nll(&uniform, &[3, 6, 0, 0]);
    assert_near("perplexity of a model that knows nothing", perplexity(&[loss], &[3]), 7.0);
}

#[test]
fn bits_are_shared_among_bytes() {
    assert_near("2 nats for each of 3 tokens", bits_per_byte(2.0 * 2.0_f64.ln(), 3, 12), 0.5);
    assert_near("the brief's", bits_per_byte(3.2, 1000, 4500), 1.025916473521);
}

fn panics<T>(call: impl Fn() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

#[test]
fn what_has_no_answer_panics() {
    // What is not written yet panics as well, and here it does so first.
    let p = probabilities(&counts(&IDS, 3), 1.0);
    nll(&p, &IDS);
    perplexity(&[1.0], &[1]);
    bits_per_byte(1.0, 1, 1);
    let w = Array2::zeros((3, 3));
    train(&w, &IDS, 1, 0.1);
    assert!(panics(|| counts(&[0, 3], 3)), "counts takes the id 3 for 3 ids");
    assert!(panics(|| probabilities(&array![[1]], -1.0)), "probabilities takes α = −1");
    assert!(panics(|| nll(&p, &[1])), "nll takes a single id");
    assert!(panics(|| train(&w, &[1], 1, 0.1)), "train takes a single id");
    assert!(panics(|| train(&w, &IDS, 1, f64::INFINITY)), "train takes an infinite rate");
    assert!(panics(|| perplexity(&[], &[])), "perplexity takes no batch");
    assert!(panics(|| perplexity(&[1.0], &[1, 2])), "perplexity takes a loss for two");
    assert!(panics(|| bits_per_byte(1.0, 1, 0)), "bits_per_byte takes a text without bytes");
}
