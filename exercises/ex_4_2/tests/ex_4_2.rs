//! The visible tests of lesson 4.2.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_4_2::{
    AdamW, Moments, Momentum, adamw_step, clip_global_norm, momentum_step, warmup_cosine,
    zeros_like,
};
// Links OpenBLAS, where products run on it.
use gradcheck as _;
use ndarray::{Array1, ArrayD, Axis, NdFloat, array};
use rstest::rstest;

const ADAMW: AdamW = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 };

/// The gradients of the brief's three steps.
fn gradients<F: NdFloat>() -> [ArrayD<F>; 3] {
    [[0.5, -2.0], [0.1, 1.0], [-0.3, 0.0]].map(|it| numbers(&it))
}

fn numbers<F: NdFloat>(of: &[f64]) -> ArrayD<F> {
    of.iter().map(|it| F::from(*it).expect("a float")).collect::<Array1<F>>().into_dyn()
}

/// w after each of the brief's three steps from (1, −1) with η = 0.1.
fn after_each_step<F: NdFloat>(mut step: impl FnMut(&mut ArrayD<F>, &ArrayD<F>)) -> [ArrayD<F>; 3] {
    let mut w = numbers(&[1.0, -1.0]);
    gradients().map(|gradient| {
        step(&mut w, &gradient);
        w.clone()
    })
}

fn by_momentum(nesterov: bool) -> [ArrayD<f64>; 3] {
    let mut velocity = vec![ArrayD::zeros(vec![2])];
    after_each_step(|w, g| {
        let settings = Momentum { mu: 0.9, nesterov };
        momentum_step(vec![w.view_mut()], &[g.view()], &mut velocity, &settings, 0.1);
    })
}

fn by_adamw<F: NdFloat>(settings: &AdamW) -> [ArrayD<F>; 3] {
    let mut moments = none_yet(&[numbers(&[1.0, -1.0])]);
    after_each_step(|w, g| {
        adamw_step(vec![w.view_mut()], &[g.view()], &mut moments, settings, 0.1);
    })
}

fn none_yet<F: NdFloat>(parameters: &[ArrayD<F>]) -> Moments<F> {
    let views: Vec<_> = parameters.iter().map(|it| it.view()).collect();
    Moments { steps: 0, m: zeros_like(&views), s: zeros_like(&views) }
}

#[track_caller]
fn assert_near(what: &str, yours: &[ArrayD<f64>], expected: &[[f64; 2]]) {
    for (step, (yours, expected)) in yours.iter().zip(expected).enumerate() {
        let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
        assert!(
            yours.len() == 2 && yours.iter().zip(expected).all(near),
            "\n{what}: w after step {}\nexpected: {expected:?}\nyours:    {yours}\n",
            step + 1
        );
    }
}

#[test]
fn three_steps_of_momentum() {
    let expected = [[0.95, -0.8], [0.895, -0.72], [0.8755, -0.648]];
    assert_near("momentum", &by_momentum(false), &expected);
}

#[test]
fn three_steps_that_look_ahead() {
    let expected = [[0.905, -0.62], [0.8455, -0.648], [0.85795, -0.5832]];
    assert_near("Nesterov", &by_momentum(true), &expected);
}

#[test]
fn three_steps_of_adam() {
    let expected = [
        [0.900000002, -0.9000000005],
        [0.819695906385, -0.873366296702],
        [0.798624611764, -0.852778366503],
    ];
    assert_near("Adam", &by_adamw(&AdamW { decay: 0.0, ..ADAMW }), &expected);
}

#[test]
fn three_steps_of_adamw() {
    let expected = [
        [0.890000002, -0.8900000005],
        [0.800795906365, -0.854466296697],
        [0.771716652680, -0.825333703531],
    ];
    assert_near("AdamW", &by_adamw(&ADAMW), &expected);
}

/// At ε = 10⁻⁸ nobody sees where it stands.
#[test]
fn a_large_epsilon_shows_where_it_stands() {
    let expected = [
        [0.891960784314, -0.890497512438],
        [0.804904695229, -0.855126245997],
        [0.776383843185, -0.826145363697],
    ];
    assert_near("AdamW with ε = 0.01", &by_adamw(&AdamW { epsilon: 0.01, ..ADAMW }), &expected);
}

#[test]
fn the_moments_are_means() {
    let w = numbers(&[1.0, -1.0]);
    let mut moments: Moments<f64> = none_yet(std::slice::from_ref(&w));
    for gradient in gradients() {
        adamw_step(vec![w.clone().view_mut()], &[gradient.view()], &mut moments, &ADAMW, 0.1);
    }
    assert_eq!(moments.steps, 3, "three steps were made");
    let (m, s) = (&moments.m[0], &moments.s[0]);
    let expected = [[0.0195, -0.072], [0.00034949025, 0.004991004]];
    for (name, yours, expected) in [("m", m, expected[0]), ("s", s, expected[1])] {
        let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-15;
        assert!(
            yours.iter().zip(&expected).all(near),
            "\n{name} after three steps\nexpected: {expected:?}\nyours:    {yours}\n"
        );
    }
}

/// A matrix, and a vector: each has a state of its own, and the two make one step.
#[test]
fn several_parameters_make_one_step() {
    let parameters = [array![[1.0, -1.0], [0.5, 2.0]].into_dyn(), numbers(&[3.0])];
    let gradients = [array![[0.5, -2.0], [0.0, 1.0]].into_dyn(), numbers(&[-0.25])];
    let mut together = parameters.clone();
    let mut moments = none_yet(&together);
    for _ in 0..2 {
        let views: Vec<_> = gradients.iter().map(|it| it.view()).collect();
        let changed = together.iter_mut().map(|it| it.view_mut()).collect();
        adamw_step(changed, &views, &mut moments, &ADAMW, 0.1);
    }
    assert_eq!(moments.steps, 2, "two steps were made, of two parameters each");
    for (at, mut alone) in parameters.into_iter().enumerate() {
        let mut moments = none_yet(std::slice::from_ref(&alone));
        for _ in 0..2 {
            let views = [gradients[at].view()];
            adamw_step(vec![alone.view_mut()], &views, &mut moments, &ADAMW, 0.1);
        }
        assert!(
            alone == together[at],
            "\nparameter {at} after two steps\nalone:\n{alone}\nbeside the other:\n{}\n",
            together[at]
        );
    }
}

/// The brief's two gradients, whose norm is 13.
fn two_gradients() -> [ArrayD<f64>; 2] {
    [numbers(&[3.0, 0.0]), array![[0.0, 4.0, 12.0]].into_dyn()]
}

#[rstest]
#[case::halved(6.5, 0.5)]
#[case::just_short_enough(13.0, 1.0)]
#[case::short_enough(100.0, 1.0)]
#[case::nothing_left(0.0, 0.0)]
#[case::no_limit(f64::INFINITY, 1.0)]
fn gradients_are_clipped_together(#[case] max: f64, #[case] factor: f64) {
    let mut clipped = two_gradients();
    let norm = clip_global_norm(clipped.iter_mut().map(|it| it.view_mut()).collect(), max);
    assert_eq!(norm, 13.0, "the norm of (3, 0) and (0, 4, 12), before it is clipped");
    for (yours, before) in clipped.iter().zip(two_gradients()) {
        let expected = before * factor;
        assert!(
            yours.iter().zip(&expected).all(|(yours, expected)| (yours - expected).abs() <= 1e-14),
            "\nclipped to {max}\nexpected:\n{expected}\nyours:\n{yours}\n"
        );
    }
}

#[rstest]
#[case::nan(f64::NAN)]
#[case::infinity(f64::INFINITY)]
fn a_norm_that_is_not_finite_changes_nothing(#[case] bad: f64) {
    let mut gradients = [numbers::<f64>(&[1.0, 2.0]), numbers(&[bad])];
    let norm = clip_global_norm(gradients.iter_mut().map(|it| it.view_mut()).collect(), 0.5);
    assert!(!norm.is_finite(), "\nthe norm with {bad} among the gradients is {norm}\n");
    assert!(gradients[0] == numbers(&[1.0, 2.0]), "\nwhat was finite became {}\n", gradients[0]);
}

#[test]
fn no_gradient_has_the_norm_zero() {
    assert_eq!(clip_global_norm::<f64>(Vec::new(), 1.0), 0.0);
    let mut zeros = numbers::<f64>(&[0.0, 0.0]);
    assert_eq!(clip_global_norm(vec![zeros.view_mut()], 1.0), 0.0);
    assert!(zeros.iter().all(|it| *it == 0.0), "\nzeros became {zeros}\n");
}

#[test]
fn the_schedule_has_its_three_parts() {
    let expected = [
        0.0,
        0.25,
        0.5,
        0.75,
        1.0,
        0.965745789630,
        0.868198051534,
        0.722207544564,
        0.55,
        0.377792455436,
        0.231801948466,
        0.134254210370,
        0.1,
        0.1,
        0.1,
    ];
    for (t, expected) in expected.into_iter().enumerate() {
        let yours = warmup_cosine(t, 1.0, 0.1, 4, 12);
        assert!(
            (yours - expected).abs() <= 1e-11,
            "\nthe rate of step {t}\nexpected: {expected}\nyours:    {yours}\n"
        );
    }
    assert_eq!(warmup_cosine(0, 1.0, 0.1, 0, 12), 1.0, "without warm-up the wave begins at once");
    assert_eq!(warmup_cosine(5, 1.0, 0.1, 5, 5), 0.1, "at the last step the rate is the least");
}

#[test]
fn a_rate_of_zero_moves_nothing_but_the_state() {
    let mut w = numbers::<f64>(&[1.0, -1.0]);
    let g = numbers(&[0.5, -2.0]);
    let mut moments = none_yet(std::slice::from_ref(&w));
    adamw_step(vec![w.view_mut()], &[g.view()], &mut moments, &ADAMW, 0.0);
    assert!(w == numbers(&[1.0, -1.0]), "\nw became {w}\n");
    assert!(moments.steps == 1 && moments.m[0][0] != 0.0, "the moments stayed as they were");
}

/// Whether a call is refused.
fn refuses<T>(call: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

#[rstest]
#[case::negative(-0.1)]
#[case::infinite(f64::INFINITY)]
#[case::not_a_number(f64::NAN)]
fn what_is_no_learning_rate_panics(#[case] rate: f64) {
    // What is not written yet panics as well, and here it does so first.
    by_momentum(false);
    by_adamw::<f64>(&ADAMW);
    let (mut w, g) = (numbers::<f64>(&[1.0]), numbers(&[1.0]));
    let mut velocity = [numbers(&[0.0])];
    let mut moments = none_yet(std::slice::from_ref(&w));
    let plain = Momentum { mu: 0.9, nesterov: false };
    let step = || momentum_step(vec![w.view_mut()], &[g.view()], &mut velocity, &plain, rate);
    assert!(refuses(step), "momentum_step takes the rate {rate}");
    let step = || adamw_step(vec![w.view_mut()], &[g.view()], &mut moments, &ADAMW, rate);
    assert!(refuses(step), "adamw_step takes the rate {rate}");
}

#[test]
fn what_does_not_belong_together_panics() {
    by_adamw::<f64>(&ADAMW);
    let mut w = array![[1.0, 2.0], [3.0, 4.0]].into_dyn();
    let row = w.clone().index_axis_move(Axis(0), 0).insert_axis(Axis(0));
    for (what, gradients) in [
        ("no gradient for one parameter", vec![]),
        ("two gradients for one parameter", vec![w.clone(), w.clone()]),
        ("a gradient of one row for two rows", vec![row]),
    ] {
        let mut moments = none_yet(std::slice::from_ref(&w));
        let views: Vec<_> = gradients.iter().map(|it| it.view()).collect();
        let step = || adamw_step(vec![w.view_mut()], &views, &mut moments, &ADAMW, 0.1);
        assert!(refuses(step), "adamw_step takes {what}");
    }
    let mut moments = none_yet(&[numbers(&[0.0])]);
    let g = w.clone();
    let step = || adamw_step(vec![w.view_mut()], &[g.view()], &mut moments, &ADAMW, 0.1);
    assert!(refuses(step), "adamw_step takes the moments of another parameter");
}

#[test]
fn limits_that_make_no_sense_panic() {
    let mut g = numbers::<f64>(&[1.0]);
    clip_global_norm(vec![g.view_mut()], 1.0);
    warmup_cosine(1, 1.0, 0.1, 4, 12);
    for max in [-1.0, f64::NAN] {
        assert!(refuses(|| clip_global_norm(vec![g.view_mut()], max)), "norms up to {max}");
    }
    assert!(refuses(|| warmup_cosine(1, 1.0, 0.1, 13, 12)), "a warm-up of 13 of 12 steps");
}

#[test]
fn single_precision_agrees_with_double() {
    for (single, double) in by_adamw::<f32>(&ADAMW).iter().zip(by_adamw::<f64>(&ADAMW)) {
        let near = |(single, double): (&f32, &f64)| (f64::from(*single) - double).abs() <= 1e-5;
        assert!(
            single.iter().zip(&double).all(near),
            "\nAdamW in f32\n{single}\nin f64\n{double}\n"
        );
    }
    // The square of 10²⁵ is too large for an f32.
    let mut large = numbers::<f32>(&[3e25, 4e25]);
    let norm = clip_global_norm(vec![large.view_mut()], 1.0);
    assert!((norm / 5e25 - 1.0).abs() <= 1e-6, "\nthe norm of (3·10²⁵, 4·10²⁵) is {norm}\n");
}
