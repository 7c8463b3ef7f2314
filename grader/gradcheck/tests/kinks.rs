//! Losses with kinks, at them and near them.

use fastrand::Rng;
use gradcheck::{Argument, Report, check, check_loss, derivative, random};
use ndarray::{Array1, Array2, ArrayD, array};

type Function = fn(f64) -> f64;

/// A smooth part and a kink of known slopes at a known place, in random units.
struct Bent {
    left: f64,
    right: f64,
    kink: f64,
    smooth: f64,
    unit: f64,
}

impl Bent {
    fn random(rng: &mut Rng) -> Self {
        let mut number = || 4.0 * rng.f64() - 2.0;
        let (left, smooth, kink) = (number(), number(), number());
        let height = 0.1 + number().abs();
        Self { left, right: left + height, kink, smooth, unit: 10_f64.powf(6.0 * number()) }
    }

    fn loss(&self, x: f64) -> f64 {
        let slope = if x < self.kink { self.left } else { self.right };
        self.unit * (slope * (x - self.kink) + self.smooth * x.sin())
    }

    fn slope(&self, kinked: f64, x: f64) -> f64 {
        self.unit * (kinked + self.smooth * x.cos())
    }

    fn passes(&self, x: f64, kinked: f64) -> bool {
        let argument = Argument::scalar("x", x, self.slope(kinked, x));
        check(|at: &[ArrayD<f64>]| self.loss(at[0].sum()), &[argument]).passed()
    }
}

const CASES: usize = 2_000;

#[test]
fn every_subgradient_passes_and_nothing_else() {
    let mut rng = Rng::with_seed(1);
    for case in 0..CASES {
        let bent = Bent::random(&mut rng);
        let height = bent.right - bent.left;
        for part in [0.0, 1.0, 0.5, rng.f64()] {
            assert!(bent.passes(bent.kink, bent.left + part * height), "{part} in {case}");
        }
        for off in [-1.0, -1e-2, -1e-4] {
            assert!(!bent.passes(bent.kink, bent.left + off), "{off} below, {case}");
            assert!(!bent.passes(bent.kink, bent.right - off), "{off} above, {case}");
        }
    }
}

#[test]
fn near_a_kink_the_slope_of_its_own_side_is_right_and_the_other_is_not() {
    let mut rng = Rng::with_seed(2);
    let mut undecided = 0;
    for case in 0..CASES {
        let bent = Bent::random(&mut rng);
        let distance = 10_f64.powf(-7.0 * rng.f64());
        let side = if rng.bool() { 1.0 } else { -1.0 };
        let x = bent.kink + side * distance;
        let (own, other) =
            if side > 0.0 { (bent.right, bent.left) } else { (bent.left, bent.right) };
        undecided += usize::from(!bent.passes(x, own));
        assert!(!bent.passes(x, other), "{distance:e} from the kink, {case}");
        assert!(!bent.passes(x, (own + other) / 2.0), "{distance:e} from the kink, {case}");
    }
    assert_eq!(undecided, 0);
}

#[test]
fn the_usual_kinks_are_seen_with_their_slopes() {
    let usual: [(Function, f64, f64, f64); 7] = [
        (|x| x.max(0.0), 0.0, 0.0, 1.0),
        (f64::abs, 0.0, -1.0, 1.0),
        (|x| if x < 0.0 { 0.01 * x } else { x }, 0.0, 0.01, 1.0),
        (|x| x.clamp(-1.0, 1.0), 1.0, 1.0, 0.0),
        (|x| x.clamp(-1.0, 1.0), -1.0, 0.0, 1.0),
        (|x| (1.0 - 3.0 * x).max(0.0), 1.0 / 3.0, -3.0, 0.0),
        (|x| ((1e3 - x) - 1e3).max(0.0), 0.0, -1.0, 0.0),
    ];
    for (f, x, left, right) in usual {
        let kink = derivative(f, x).kink.unwrap_or_else(|| panic!("no kink at {x}"));
        assert!((kink.left.value - left).abs() <= kink.left.error, "{kink:?}");
        assert!((kink.right.value - right).abs() <= kink.right.error, "{kink:?}");
        assert!(kink.left.error.max(kink.right.error) <= 1e-6, "{kink:?}");
    }
}

#[test]
fn a_tie_of_a_maximum_may_be_broken_in_any_way_that_adds_up_to_one() {
    let largest = |x: &Array1<f64>| x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let x = array![0.5, 2.0, 2.0, -1.0];
    let report = |gradient| check_loss(("x", &x, &gradient), largest);
    for right in
        [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.5, 0.5, 0.0], [0.0, 0.2, 0.8, 0.0]]
    {
        report(Array1::from(right.to_vec())).assert();
    }
    for wrong in [[0.0, 1.1, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0; 4], [0.0, 1.0, 1.0, 0.0]] {
        assert!(report(Array1::from(wrong.to_vec())).failed(), "{wrong:?}");
    }
    let right = report(array![0.0, 1.0, 0.0, 0.0]);
    assert_eq!(right.kinks().map(|it| it.index[0]).collect::<Vec<_>>(), [1, 2]);
    assert!(right.to_string().contains("x[1] is at a kink"), "{right}");
    let wrong = report(array![0.0, 1.0, 1.0, 0.0]).to_string();
    assert!(wrong.contains("is 2 times too large everywhere"), "{wrong}");
    assert!(wrong.contains("nor a mean of\nsome, has them all"), "{wrong}");
}

#[test]
fn separate_kinks_have_subgradients_of_their_own() {
    // relu(x) − relu(y): every framework says (0, 0), and both kinks may be taken from either side.
    let loss = |x: &Array1<f64>| x[0].max(0.0) - x[1].max(0.0);
    let passes = |gradient| check_loss(("x", &array![0.0, 0.0], &gradient), loss).passed();
    for right in [array![0.0, 0.0], array![1.0, 0.0], array![1.0, -1.0], array![0.3, -0.6]] {
        assert!(passes(right));
    }
    assert!(!passes(array![0.0, 1.0]) && !passes(array![1.01, 0.0]));
}

/// Σ c∘relu(x·W + b), of one sample.
struct Units {
    w: Array2<f64>,
    c: Array1<f64>,
}

impl Units {
    fn report(&self, [x, dx]: [&Array1<f64>; 2], [b, db]: [&Array1<f64>; 2]) -> Report {
        check_loss((("x", x, dx), ("b", b, db)), |(x, b)| {
            ((x.dot(&self.w) + b).mapv(|z| z.max(0.0)) * &self.c).sum()
        })
    }
}

#[test]
fn a_row_of_zeros_through_relu_may_be_off_in_all_units_or_on_in_all() {
    for seed in 0..10 {
        let units = Units { w: random((4, 6), seed), c: random(6, 100 + seed) };
        let (x, b) = (Array1::zeros(4), Array1::zeros(6));
        let (off, on) =
            ((Array1::zeros(4), Array1::zeros(6)), (units.w.dot(&units.c), units.c.clone()));
        units.report([&x, &off.0], [&b, &off.1]).assert();
        units.report([&x, &on.0], [&b, &on.1]).assert();
        // The weights as if all were off, the biases as if all were on.
        assert!(!units.report([&x, &off.0], [&b, &on.1]).passed(), "{seed}");
        assert!(!units.report([&x, &(1.1 * on.0)], [&b, &on.1]).passed(), "{seed}");
    }
}

#[test]
fn a_jump_is_no_kink() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..CASES {
        let (height, slope, x) = (0.1 + rng.f64(), rng.f64(), 2.0 * rng.f64() - 1.0);
        let f = |at: f64| slope * at + if at < x { 0.0 } else { height };
        let loss = |at: &[ArrayD<f64>]| f(at[0].sum());
        for gradient in [slope, 0.0, 1e3, 1e9] {
            assert!(!check(loss, &[Argument::scalar("x", x, gradient)]).passed(), "{gradient}");
        }
    }
}

#[test]
fn single_precision_has_kinks_too() {
    let relu = |at: &[ArrayD<f32>]| at[0].mapv(|x| x.max(0.0)).sum();
    let x = array![0.0_f32, 1.0, -1.0, 0.0];
    let passes = |gradient| check(relu, &[Argument::new("x", &x, &gradient)]).passed();
    assert!(passes(array![0.0, 1.0, 0.0, 0.5]));
    assert!(!passes(array![0.0, 0.5, 0.0, 0.0]));
    assert!(!passes(array![0.0, 1.0, 0.0, 1.01]));
}

/// Pools of several zeros each, whose members are any of the coordinates.
struct Pools {
    members: Vec<Vec<usize>>,
    weights: Vec<f64>,
    count: usize,
}

impl Pools {
    fn random(rng: &mut Rng, pools: usize, size: usize) -> Self {
        let mut all: Vec<_> = (0..pools * size).collect();
        rng.shuffle(&mut all);
        let members = all.chunks(size).map(<[usize]>::to_vec).collect();
        let weights = (0..pools).map(|_| (0.1 + rng.f64()).copysign(rng.f64() - 0.5)).collect();
        Self { members, weights, count: all.len() }
    }

    /// A part of its weight for each member of each pool.
    fn gradient(&self, part: impl Fn(usize, usize) -> f64) -> Array1<f64> {
        let mut gradient = Array1::zeros(self.count);
        for (pool, (members, weight)) in self.members.iter().zip(&self.weights).enumerate() {
            members.iter().enumerate().for_each(|(at, it)| gradient[*it] = weight * part(pool, at));
        }
        gradient
    }

    fn report(&self, gradient: &Array1<f64>) -> Report {
        let x = Array1::zeros(self.count);
        check_loss(("x", &x, gradient), |x| {
            let pools = self.members.iter().zip(&self.weights);
            let top = |members: &[usize]| members.iter().map(|it| x[*it]).fold(f64::MIN, f64::max);
            pools.map(|(members, weight)| weight * top(members)).sum()
        })
    }
}

#[test]
fn ties_of_many_pools_are_told_from_separate_kinks() {
    let mut rng = Rng::with_seed(5);
    for pools in [1, 2, 3, 5, 8] {
        for size in [2, 3, 5] {
            let case = Pools::random(&mut rng, pools, size);
            case.report(&case.gradient(|_, at| f64::from(at == 0))).assert();
            case.report(&case.gradient(|_, _| 1.0 / size as f64)).assert();
            let all_in_one_pool = |pool, at| f64::from(pool == 0 || at == 0);
            let none_in_one_pool = |pool, at| f64::from(pool != 0 && at == 0);
            assert!(!case.report(&case.gradient(all_in_one_pool)).passed(), "{pools} of {size}");
            assert!(!case.report(&case.gradient(none_in_one_pool)).passed(), "{pools} of {size}");
        }
    }
}

#[test]
fn what_the_search_at_a_kink_may_not_see_is_not_failed() {
    // A convex and a concave function of the same coordinates: the mean of six gradients nearby.
    let (a, b) = (-0.19, 0.17);
    let loss = |x: &Array1<f64>| a * x[0].max(x[1]) + b * x[0].max(x[1]).max(x[2]);
    let share = a / 2.0 + b / 3.0;
    let report = check_loss(("x", &array![2.0, 2.0, 2.0], &array![share, share, b / 3.0]), loss);
    assert!(!report.failed(), "{report}");
}
