//! Classes of random losses with known gradients, right and wrong: those of the tables in
//! `docs/gradcheck.md`, of which the tests run a sample.

use fastrand::Rng;
use gradcheck::{Argument, Report, check};
use ndarray::{Array1, ArrayD};

type Loss = dyn Fn(&[f64]) -> f64;

/// A loss at a point.
pub struct Case {
    pub loss: Box<Loss>,
    pub x: Vec<f64>,
    pub right: Vec<f64>,
    /// By the name of the mistake.
    pub wrong: Vec<(&'static str, Vec<f64>)>,
}

/// A kind of case.
pub struct Class {
    pub name: &'static str,
    pub draw: fn(&mut Rng) -> Case,
}

pub const CLASSES: [Class; 20] = [
    class("all of order one", |rng| smooth(rng, &SMOOTH, [-0.5, 0.5], [-0.5, 0.5], 1)),
    class("loss from 1e-12 to 1e-4", |rng| smooth(rng, &SMOOTH, [-12.0, -4.0], [-0.5, 0.5], 1)),
    class("loss from 1e+4 to 1e+12", |rng| smooth(rng, &SMOOTH, [4.0, 12.0], [-0.5, 0.5], 1)),
    class("coordinates from 1e-6 to 1e+6", |rng| smooth(rng, &SMOOTH, [-0.5, 0.5], [-6.0, 6.0], 1)),
    class("five coordinates, gradients over 4 decades", |rng| {
        smooth(rng, &SMOOTH, [-1.0, 1.0], [-1.0, 1.0], 5)
    }),
    class("near the end of a domain, fast, or cancelled", |rng| {
        smooth(rng, &HARD, [-12.0, 12.0], [-1.0, 0.5], 1)
    }),
    class("at a kink", at_a_kink),
    class("at a seam", |rng| seam(rng, None)),
    class("within 1e-9 of a seam", |rng| seam(rng, Some([-16.0, -9.0]))),
    class("1e-9 to 0.1 beside a seam", |rng| seam(rng, Some([-9.0, -1.0]))),
    class("1e-6 to 1e-3 beside a kink, loss 0", |rng| beside(rng, [-6.0, -3.0], true)),
    class("1e-9 to 0.1 beside a kink", |rng| beside(rng, [-9.0, -1.0], false)),
    class("closer than 1e-9 to a kink", |rng| beside(rng, [-17.0, -9.0], false)),
    class("a maximum, its runner-up close", runner_up),
    class("1e-12 to 1e-3 from the end of a domain", end_of_domain),
    class("cross-entropy of a sure class", sure_class),
    class("a tied maximum", tied_maximum),
    class("relu(x) − relu(y) and its like at 0", separate_kinks),
    class("100 kinks at once", many_kinks),
    class("100 coordinates of many kinds", many_kinds),
];

const fn class(name: &'static str, draw: fn(&mut Rng) -> Case) -> Class {
    Class { name, draw }
}

type Mistake = (&'static str, fn(f64) -> f64);

impl Case {
    /// What this crate says of a gradient.
    pub fn report(&self, gradient: &[f64]) -> Report {
        let (x, gradient) = (Array1::from(self.x.clone()), Array1::from(gradient.to_vec()));
        let loss = |at: &[ArrayD<f64>]| match at[0].as_slice() {
            Some(x) => (self.loss)(x),
            None => f64::NAN,
        };
        check(loss, &[Argument::new("x", &x, &gradient)])
    }
}

impl Class {
    /// Random cases, as many as are `few` where each has a hundred coordinates.
    pub fn cases(&self, seed: u64, many: usize, few: usize) -> impl Iterator<Item = Case> {
        let mut rng = Rng::with_seed(seed);
        let count = if self.name.starts_with("100") { few } else { many };
        (0..count).map(move |_| (self.draw)(&mut rng))
    }
}

/// What is made of a right slope.
const MISTAKES: [Mistake; 4] = [
    ("1.1e-6 too large", |right| right * (1.0 + 1.1e-6)),
    ("1 % too large", |right| right * 1.01),
    ("of the wrong sign", |right| -right),
    ("zero", |_| 0.0),
];

type Function = (fn(f64) -> f64, fn(f64) -> f64);

/// Whose derivative is seldom small beside f/x.
const SMOOTH: [Function; 5] = [
    (f64::exp, f64::exp),
    (f64::sin, f64::cos),
    (f64::tanh, |u| 1.0 - u.tanh().powi(2)),
    (|u| 0.5 * (u.tanh() - 0.3).powi(2), |u| (u.tanh() - 0.3) * (1.0 - u.tanh().powi(2))),
    (|u| u * u * u - 2.0 * u + 1.0, |u| 3.0 * u * u - 2.0),
];

/// Whose domain ends near by, which turn faster than x, or whose terms cancel.
const HARD: [Function; 5] = [
    (|u| u.abs().ln(), |u| 1.0 / u),
    (|u| u.abs().sqrt(), |u| (0.5 / u.abs().sqrt()).copysign(u)),
    (|u| 1.0 / u, |u| -1.0 / (u * u)),
    (|u| (300.0 * u).sin(), |u| 300.0 * (300.0 * u).cos()),
    (|u| (1e6 + u.sin()) - 1e6, f64::cos),
];

/// Whose first derivative is continuous and whose second jumps, and where.
const SEAMS: [(Function, f64); 8] = [
    ((huber, |u| u.clamp(-1.0, 1.0)), 1.0),
    ((huber, |u| u.clamp(-1.0, 1.0)), -1.0),
    ((|u| if u > 0.0 { u } else { u.exp_m1() }, |u| if u > 0.0 { 1.0 } else { u.exp() }), 0.0),
    ((|u| (1.0 - u).max(0.0).powi(2), |u| -2.0 * (1.0 - u).max(0.0)), 1.0),
    ((smoothstep, |u| if (0.0..1.0).contains(&u) { 6.0 * u * (1.0 - u) } else { 0.0 }), 0.0),
    ((smoothstep, |u| if (0.0..1.0).contains(&u) { 6.0 * u * (1.0 - u) } else { 0.0 }), 1.0),
    ((|u| u * u.abs(), |u| 2.0 * u.abs()), 0.0),
    ((|u| u.max(0.0).powi(2), |u| 2.0 * u.max(0.0)), 0.0),
];

fn huber(u: f64) -> f64 {
    if u.abs() <= 1.0 { 0.5 * u * u } else { u.abs() - 0.5 }
}

fn smoothstep(u: f64) -> f64 {
    let u = u.clamp(0.0, 1.0);
    u * u * (3.0 - 2.0 * u)
}

/// With the place of a kink and the slopes to its left and right.
type Kinked = (fn(f64) -> f64, f64, [f64; 2]);

const KINKS: [Kinked; 6] = [
    (|u| u.max(0.0), 0.0, [0.0, 1.0]),
    (|u| (u - 1.0).max(0.0), 1.0, [0.0, 1.0]),
    (f64::abs, 0.0, [-1.0, 1.0]),
    (|u| if u < 0.0 { 0.01 * u } else { u }, 0.0, [0.01, 1.0]),
    (|u| u.clamp(-1.0, 1.0), 1.0, [1.0, 0.0]),
    (|u| (1.0 - 3.0 * u).max(0.0), 1.0 / 3.0, [-3.0, 0.0]),
];

/// Of either sign, and of a magnitude between two powers of ten.
fn signed(rng: &mut Rng, [low, high]: [f64; 2]) -> f64 {
    10_f64.powf(low + (high - low) * rng.f64()).copysign(rng.f64() - 0.5)
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

/// Each mistake in one coordinate, where that has a slope that can be mistaken.
fn mistaken(right: &[f64], at: usize) -> Vec<(&'static str, Vec<f64>)> {
    let wrong = MISTAKES.iter().map(|(name, mistake)| {
        let mut wrong = right.to_vec();
        wrong[at] = mistake(wrong[at]);
        (*name, wrong)
    });
    wrong.filter(|(_, wrong)| wrong[at] != right[at]).collect()
}

/// Σ cᵢ·g(sᵢ·xᵢ).
fn smooth(rng: &mut Rng, g: &[Function], c: [f64; 2], x: [f64; 2], count: usize) -> Case {
    let (value, slope) = pick(rng, g);
    let mut draw = |range| (0..count).map(|_| signed(rng, range)).collect::<Vec<_>>();
    let (c, x) = (draw(c), draw(x));
    let s: Vec<_> = x.iter().map(|x| (0.1 + 1.4 * rng.f64()) / x.abs()).collect();
    let right: Vec<_> = (0..count).map(|i| c[i] * s[i] * slope(s[i] * x[i])).collect();
    let scales = s.clone();
    let loss = move |x: &[f64]| (0..x.len()).map(|i| c[i] * value(s[i] * x[i])).sum::<f64>();
    // Fewer digits of a slope are left in f64 where it is small beside f/x.
    let told = (0..count).all(|i| (right[i] / scales[i]).abs() >= 1e-2 * loss(&x).abs());
    let wrong = if told { mistaken(&right, 0) } else { Vec::new() };
    Case { loss: Box::new(loss), x, right, wrong }
}

/// A smooth part that hides nothing of a slope of order one.
fn gentle(rng: &mut Rng) -> f64 {
    if rng.bool() { 0.0 } else { 2.0 * rng.f64() - 1.0 }
}

fn at_a_kink(rng: &mut Rng) -> Case {
    let (g, kink, [left, right]) = pick(rng, &KINKS);
    let (c, q, part) = (signed(rng, [-12.0, 12.0]), gentle(rng), rng.f64());
    let slope = |kinked: f64| c * (kinked + q * kink.cos());
    let claim = [0.0, 1.0, 0.5, part][rng.usize(..4)];
    let off = |by: f64| vec![slope(left.max(right) + by)];
    Case {
        loss: Box::new(move |x| c * (g(x[0]) + q * x[0].sin())),
        x: vec![kink],
        right: vec![slope(left + claim * (right - left))],
        wrong: vec![("1.1e-6 too large", off(1.1e-6)), ("1 % too large", off(0.01))],
    }
}

fn seam(rng: &mut Rng, distance: Option<[f64; 2]>) -> Case {
    let ((value, slope), at) = pick(rng, &SEAMS);
    let (c, s, q) = (signed(rng, [-6.0, 6.0]), signed(rng, [-1.0, 1.0]), gentle(rng));
    let u = at + distance.map_or(0.0, |range| signed(rng, range));
    let x = u / s;
    let right = vec![c * s * (slope(s * x) + q * (s * x).cos())];
    let loss = move |x: &[f64]| c * (value(s * x[0]) + q * (s * x[0]).sin());
    let told = (right[0] / s).abs() >= 1e-2 * c.abs().max(loss(&[x]).abs());
    let wrong = if told { mistaken(&right, 0) } else { Vec::new() };
    Case { loss: Box::new(loss), x: vec![x], right, wrong }
}

fn beside(rng: &mut Rng, distance: [f64; 2], zero: bool) -> Case {
    let (g, kink, [left, right]) = if zero { KINKS[1] } else { pick(rng, &KINKS) };
    let (c, q) = (signed(rng, [-6.0, 6.0]), if zero { 0.0 } else { gentle(rng) });
    let offset = if zero || rng.bool() { 0.0 } else { signed(rng, [-1.0, 1.0]) };
    let by = signed(rng, distance);
    let x = kink + if zero { -by.abs() } else { by };
    let (own, other) = if x < kink { (left, right) } else { (right, left) };
    let slope = move |kinked: f64| vec![c * (kinked + q * x.cos())];
    let (outside, middle) = (left.max(right), (own + other) / 2.0);
    let mut wrong = vec![("1 % too large", slope(outside + 0.01))];
    if distance[1] > -9.0 {
        wrong.push(("of the other side", slope(other)));
        wrong.push(("of the middle", slope(middle)));
        wrong.push(("1.1e-6 too large", slope(own + 1.1e-6)));
    }
    let loss = move |x: &[f64]| c * (g(x[0]) + q * x[0].sin() + offset);
    // The nearest number may be the kink itself.
    let right = slope(if x == kink { left } else { own });
    Case { loss: Box::new(loss), x: vec![x], right, wrong }
}

fn largest(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn unit(count: usize, at: usize) -> Vec<f64> {
    (0..count).map(|i| f64::from(u8::from(i == at))).collect()
}

fn runner_up(rng: &mut Rng) -> Case {
    let gap = 10_f64.powf(-10.0 + 9.0 * rng.f64());
    let top = 1.0 + rng.f64();
    let mut x: Vec<_> = (0..5).map(|_| rng.f64() * 0.5).collect();
    (x[1], x[3]) = (top, top - gap);
    let (c, offset) = (signed(rng, [-6.0, 6.0]), gentle(rng));
    let times = |all: Vec<f64>| all.into_iter().map(|it| c * it).collect::<Vec<_>>();
    let both = vec![0.0, 0.5, 0.0, 0.5, 0.0];
    Case {
        loss: Box::new(move |x| c * (largest(x) + offset)),
        x,
        right: times(unit(5, 1)),
        wrong: vec![("of the runner-up", times(unit(5, 3))), ("of both", times(both))],
    }
}

fn end_of_domain(rng: &mut Rng) -> Case {
    const ENDS: [Function; 5] = [
        (f64::ln, |x| 1.0 / x),
        (f64::sqrt, |x| 0.5 / x.sqrt()),
        (|x| 1.0 / x, |x| -1.0 / (x * x)),
        (|x| x.powf(0.3), |x| 0.3 * x.powf(-0.7)),
        (|x| 1.0 / x.sqrt(), |x| -0.5 / (x * x.sqrt())),
    ];
    let (value, slope) = pick(rng, &ENDS);
    let (c, x) = (signed(rng, [-6.0, 6.0]), 10_f64.powf(-12.0 + 9.0 * rng.f64()));
    let right = vec![c * slope(x)];
    let wrong = mistaken(&right, 0);
    Case { loss: Box::new(move |x| c * value(x[0])), x: vec![x], right, wrong }
}

/// Logits of which one is larger by 5 to 45.
fn sure_class(rng: &mut Rng) -> Case {
    let count = 2 + rng.usize(..4);
    let mut x: Vec<_> = (0..count).map(|_| 2.0 * rng.f64() - 1.0).collect();
    x[0] += 5.0 + 40.0 * rng.f64();
    let loss = |x: &[f64]| {
        let top = largest(x);
        top + x.iter().map(|z| (z - top).exp()).sum::<f64>().ln() - x[0]
    };
    let others: f64 = x[1..].iter().map(|z| (z - x[0]).exp()).sum();
    let mut right: Vec<_> = x.iter().map(|z| (z - x[0]).exp() / (1.0 + others)).collect();
    right[0] = -others / (1.0 + others);
    let wrong = vec![("of order one", unit(count, 1))];
    Case { loss: Box::new(loss), x, right, wrong }
}

/// Two to five values tied for the maximum, in groups as in a pooling layer.
fn tied_maximum(rng: &mut Rng) -> Case {
    let (groups, tied) = (1 + rng.usize(..3), 2 + rng.usize(..4));
    let top: Vec<_> = (0..groups).map(|_| 2.0 * rng.f64() - 1.0).collect();
    let c: Vec<_> = (0..groups).map(|_| signed(rng, [-1.0, 1.0])).collect();
    let size = tied + 1;
    let x = (0..groups * size).map(|i| if i % size == 0 { -2.0 } else { top[i / size] }).collect();
    let choice = rng.usize(..3);
    let right: Vec<_> = (0..groups)
        .flat_map(|group| {
            let parts: Vec<_> = match choice {
                0 => unit(tied, rng.usize(..tied)),
                1 => vec![1.0 / tied as f64; tied],
                _ => (0..tied).map(|_| rng.f64()).collect(),
            };
            let sum: f64 = parts.iter().sum();
            let c = c[group];
            std::iter::once(0.0).chain(parts.into_iter().map(move |part| c * part / sum))
        })
        .collect();
    let fill = |value: f64| {
        let mut wrong = right.clone();
        wrong[1..size].fill(c[0] * value);
        wrong
    };
    let wrong = vec![
        ("the whole to each", fill(1.0)),
        ("nothing to any", fill(0.0)),
        ("10 % too much", fill(1.1 / tied as f64)),
    ];
    let loss = move |x: &[f64]| x.chunks(size).zip(&c).map(|(x, c)| c * largest(x)).sum::<f64>();
    Case { loss: Box::new(loss), x, right, wrong }
}

/// Σ cᵢ·relu(xᵢ) + smooth, at zero.
fn separate(rng: &mut Rng, count: usize) -> Case {
    let c: Vec<_> = (0..count).map(|_| signed(rng, [-1.0, 1.0])).collect();
    let choice = rng.usize(..4);
    let parts: Vec<f64> = (0..count).map(|_| [0.0, 1.0, 0.5, rng.f64()][choice]).collect();
    let right: Vec<_> = c.iter().zip(&parts).map(|(c, part)| c * part + 0.3).collect();
    let mut wrong = right.clone();
    wrong[count / 2] = c[count / 2] * 1.01 + 0.3;
    let loss =
        move |x: &[f64]| x.iter().zip(&c).map(|(x, c)| c * x.max(0.0) + 0.3 * x.sin()).sum::<f64>();
    let wrong = vec![("1 % too large", wrong)];
    Case { loss: Box::new(loss), x: vec![0.0; count], right, wrong }
}

fn separate_kinks(rng: &mut Rng) -> Case {
    let count = 2 + rng.usize(..3);
    separate(rng, count)
}

fn many_kinks(rng: &mut Rng) -> Case {
    separate(rng, 100)
}

/// One term of a loss of many coordinates.
enum Term {
    Smooth(Function),
    /// A kink, at a distance from the point.
    Kinked(usize, f64),
    /// No dependence at all.
    Dead,
}

impl Term {
    /// Seven of ten are smooth, some with a kink at the point or near it.
    fn random(rng: &mut Rng) -> Self {
        match rng.usize(..10) {
            0 => Self::Kinked(rng.usize(..KINKS.len()), 0.0),
            1 => Self::Kinked(rng.usize(..KINKS.len()), signed(rng, [-9.0, -1.0])),
            2 => Self::Dead,
            _ => Self::Smooth(pick(rng, &SMOOTH)),
        }
    }

    /// Where a point is drawn for it.
    fn place(&self, rng: &mut Rng) -> f64 {
        match self {
            Self::Kinked(which, distance) => KINKS[*which].1 + distance,
            Self::Smooth(_) | Self::Dead => signed(rng, [-1.0, 0.2]),
        }
    }

    fn value(&self, u: f64) -> f64 {
        match self {
            Self::Smooth((value, _)) => value(u),
            Self::Kinked(which, _) => KINKS[*which].0(u),
            Self::Dead => 1.0,
        }
    }

    fn slope(&self, u: f64) -> f64 {
        match self {
            Self::Smooth((_, slope)) => slope(u),
            Self::Kinked(which, _) => {
                let (_, kink, [left, right]) = KINKS[*which];
                if u > kink { right } else { left }
            }
            Self::Dead => 0.0,
        }
    }
}

fn many_kinds(rng: &mut Rng) -> Case {
    let terms: Vec<_> = (0..100).map(|_| Term::random(rng)).collect();
    let c: Vec<_> = terms.iter().map(|_| signed(rng, [-2.0, 1.0])).collect();
    let x: Vec<_> = terms.iter().map(|term| term.place(rng)).collect();
    let right: Vec<_> = (0..100).map(|i| c[i] * terms[i].slope(x[i])).collect();
    let smooth: Vec<_> = (0..100)
        .filter(|i| matches!(terms[*i], Term::Smooth(_)) && right[*i].abs() > 1.0)
        .collect();
    let loss = move |x: &[f64]| (0..100).map(|i| c[i] * terms[i].value(x[i])).sum::<f64>();
    let wrong = if smooth.is_empty() { Vec::new() } else { mistaken(&right, pick(rng, &smooth)) };
    Case { loss: Box::new(loss), x, right, wrong }
}
