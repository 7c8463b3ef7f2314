//! Checks of lesson 4.2: optimisers and schedules.

use std::f64::consts::FRAC_PI_2;

use engine::checks::{
    Case, Check,
    Kind::{Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, close, panics,
};
use ndarray::{Array2, array, s};

use super::contract::{
    AdamW, Momentum, Unfit, adamw, adamw_f32, clip, clip_beside, clip_f32, look_ahead, means,
    means_f32, momentum, momentum_f32, norm_of_nothing, unfit_for_adamw, unfit_for_momentum,
    warmup_cosine,
};

pub const LESSON: Lesson = Lesson::new("Optimisers and schedules", CHECKS).after(&["ex_3_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "momentum", "a step of momentum", 1.0, plain),
    Check::hidden(Value, "nesterov", "a step that looks ahead", 1.0, ahead),
    Check::hidden(Value, "means", "the two means of AdamW", 1.0, both_means),
    Check::hidden(Value, "adamw", "a step of AdamW", 2.0, adapted).after(&["means"]),
    Check::hidden(Value, "clip", "the norm of all gradients, and what is clipped", 1.0, clipped),
    Check::hidden(Property, "norms", "norms that are 0, infinite or NaN", 1.0, odd_norms)
        .after(&["clip"]),
    Check::hidden(Value, "schedule", "the learning rate of each step", 1.0, schedule),
    Check::hidden(Property, "unfit", "rates and lists that do not fit are refused", 1.0, unfit)
        .after(&["momentum", "nesterov", "means", "adamw", "clip", "schedule"]),
    Check::hidden(Value, "single", "in single precision", 1.0, single)
        .after(&["momentum", "nesterov", "means", "adamw", "clip"]),
];

/// The names of results, in messages.
const V: &str = "v after a step";
const W: &str = "w after a step";
const V_AHEAD: &str = "v after a step of Nesterov's";
const W_AHEAD: &str = "w after a step of Nesterov's";
const M: &str = "m after a step of AdamW";
const S: &str = "s after a step of AdamW";
const W_ADAPTED: &str = "w after a step of AdamW";
const NORM: &str = "the norm";
const CLIPPED: &str = "the clipped gradient";
const RATE: &str = "the learning rate";

/// An array, and the magnitudes of the terms that each number is computed from.
struct Want {
    value: Array2<f64>,
    scale: Array2<f64>,
}

impl Want {
    fn compare(&self, name: &str, got: &Array2<f64>) -> Outcome {
        all_close(name, got, &self.value, &self.scale)
    }

    fn compare_in_single(&self, name: &str, got: &Array2<f32>) -> Outcome {
        all_close_in_single(name, got, &self.value, &self.scale)
    }
}

/// v and w after a step of momentum, each term on its own.
fn moved([w, g, v]: [&Array2<f64>; 3], of: &Momentum, rate: f64) -> [Want; 2] {
    let mu = of.mu;
    let (of_g, of_v) = if of.nesterov { (1.0 + mu, mu * mu) } else { (1.0, mu) };
    let way = |g: &Array2<f64>, v: &Array2<f64>| rate * of_g * g + rate * of_v * v;
    let (size_of_g, size_of_v) = (g.abs(), v.abs());
    [
        Want { value: g + mu * v, scale: &size_of_g + mu * &size_of_v },
        Want { value: w - &way(g, v), scale: w.abs() + way(&size_of_g, &size_of_v) },
    ]
}

/// By what a running mean is too small after t steps, and how much larger its relative error is than that
/// of its terms: it is a difference of numbers near 1.
fn correction(beta: f64, t: f64) -> (f64, f64) {
    let correction = -(t * beta.ln()).exp_m1();
    (correction, (1.0 + t * (1.0 - correction)) / correction)
}

/// m, s and w after a step of AdamW.
fn by_adamw([w, g, m, s]: [&Array2<f64>; 4], steps: usize, of: &AdamW, rate: f64) -> [Want; 3] {
    let t = steps as f64 + 1.0;
    let mean = |old: &Array2<f64>, new: &Array2<f64>, beta: f64| beta * old + (1.0 - beta) * new;
    let new_m = mean(m, g, of.beta1);
    // m + (1 − β₁)·(g − m) is right as well.
    let size_of_m = m.abs() + g.abs();
    let new_s = mean(s, &(g * g), of.beta2);
    let (of_m, error_of_m) = correction(of.beta1, t);
    let (of_s, error_of_s) = correction(of.beta2, t);
    let divisor = (&new_s / of_s).mapv(f64::sqrt) + of.epsilon;
    let taken = |m: &Array2<f64>| rate / of_m * m / &divisor;
    let decayed = rate * of.decay;
    let scale = w.abs() * (1.0 + decayed) + taken(&size_of_m) * (error_of_m + error_of_s);
    let value = w - &(decayed * w) - taken(&new_m);
    [
        Want { value: new_m, scale: size_of_m },
        Want { scale: new_s.clone(), value: new_s },
        Want { value, scale },
    ]
}

/// So many numbers from 0 on and below 1, most of them near 1; the first one is 0.
fn betas(learner: &mut Learner, count: usize) -> Vec<f64> {
    let mut betas: Vec<_> =
        learner.decades(-3.0, 0.0, count).into_iter().map(|it| 1.0 - it).collect();
    betas[0] = 0.0;
    betas
}

/// So many rates, or other numbers above 0; one of them is 0.
fn rates(learner: &mut Learner, count: usize) -> Vec<f64> {
    let mut rates = learner.decades(-4.0, 3.0, count);
    rates[1] = 0.0;
    rates
}

/// A step with momentum, from w, g and v.
struct OfMomentum {
    arrays: [Array2<f64>; 3],
    mu: f64,
    rate: f64,
}

fn steps_of_momentum(learner: &mut Learner) -> Vec<OfMomentum> {
    let cases: Vec<Case<2, 3>> = learner.cases();
    let (mus, rates) = (betas(learner, cases.len()), rates(learner, cases.len()));
    let step = |((case, mu), rate): ((Case<2, 3>, f64), f64)| OfMomentum {
        arrays: case.fillings.map(|filling| learner.filled(case.sizes, filling)),
        mu,
        rate,
    };
    cases.into_iter().zip(mus).zip(rates).map(step).collect()
}

fn plain(learner: &mut Learner) -> Outcome {
    let steps = steps_of_momentum(learner);
    let ask = |learner: &mut Learner, it: &OfMomentum| {
        let [w, g, v] = it.arrays.clone();
        learner.call(momentum, (w, g, v, it.mu, it.rate))
    };
    learner.ask_all(&steps, ask, |it, got| it.compare(&got, false, [V, W]))
}

fn ahead(learner: &mut Learner) -> Outcome {
    let steps = steps_of_momentum(learner);
    let ask = |learner: &mut Learner, it: &OfMomentum| {
        let [w, g, v] = it.arrays.clone();
        learner.call(look_ahead, (w, g, v, it.mu, it.rate))
    };
    learner.ask_all(&steps, ask, |it, got| it.compare(&got, true, [V_AHEAD, W_AHEAD]))
}

impl OfMomentum {
    fn compare(
        &self,
        (v, w): &(Array2<f64>, Array2<f64>),
        nesterov: bool,
        names: [&str; 2],
    ) -> Outcome {
        let settings = Momentum { mu: self.mu, nesterov };
        let [of_v, of_w] = moved(self.arrays.each_ref(), &settings, self.rate);
        let outcome = of_v.compare(names[0], v).and_then(|()| of_w.compare(names[1], w));
        outcome.map_err(|miss| match self.rate {
            0.0 => {
                let message = format!("with a learning rate of 0, {}", miss.message);
                miss.saying(message)
            }
            _ => miss,
        })
    }
}

/// Settings of AdamW over their whole range, with the number of steps before and the rate.
fn settings_of_adamw(learner: &mut Learner, count: usize) -> Vec<(usize, AdamW, f64)> {
    let [beta1, beta2] = [(); 2].map(|()| betas(learner, count));
    let epsilon = learner.decades(-8.0, 3.0, count);
    let [decay, rate] = [(); 2].map(|()| rates(learner, count));
    let steps = learner.decades(-0.5, 4.0, count);
    let settings = |at: usize| {
        let of = AdamW {
            beta1: beta1[at],
            // The zeros of both do not meet.
            beta2: beta2[(at + 2) % count],
            epsilon: epsilon[at],
            decay: decay[(at + 1) % count],
        };
        let steps = match at {
            ..4 => at,
            // No number of an f32.
            4 => (1 << 25) + 1,
            _ => steps[at] as usize,
        };
        (steps, of, rate[at])
    };
    (0..count).map(settings).collect()
}

/// g, m and the root of s, with the number of steps before, β₁ and β₂.
type OfMeans = ([Array2<f64>; 3], usize, [f64; 2]);

fn both_means(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<2, 3>> = learner.cases();
    let arrays = |case: Case<2, 3>| case.fillings.map(|it| learner.filled(case.sizes, it));
    let arrays: Vec<_> = cases.into_iter().map(arrays).collect();
    let settings = settings_of_adamw(learner, arrays.len());
    let with =
        |(arrays, (steps, of, _)): (_, (usize, AdamW, f64))| (arrays, steps, [of.beta1, of.beta2]);
    let steps: Vec<OfMeans> = arrays.into_iter().zip(settings).map(with).collect();
    let ask = |learner: &mut Learner, (arrays, steps, [beta1, beta2]): &OfMeans| {
        let [g, m, root] = arrays.clone();
        learner.call(means, (g, m, root, *steps, *beta1, *beta2))
    };
    learner.ask_all(&steps, ask, |(arrays, steps, [beta1, beta2]), (count, m, s)| {
        let [g, old_m, root] = arrays;
        let of = AdamW { beta1: *beta1, beta2: *beta2, epsilon: 1.0, decay: 0.0 };
        let [of_m, of_s, _] = by_adamw([g, g, old_m, &(root * root)], *steps, &of, 0.0);
        of_m.compare(M, &m)?;
        of_s.compare(S, &s)?;
        counted(count, *steps)
    })
}

fn counted(after: usize, before: usize) -> Outcome {
    if after == before + 1 {
        return Ok(());
    }
    Err(Miss::failed(format!(
        "`adamw_step` counts {} steps in one call. A call is one step: t is the same for all \
         of them.",
        after.saturating_sub(before)
    ))
    .of(&["the number of steps"]))
}

/// w and g, with the number of steps before, the settings and the rate.
type OfAdamW = ([Array2<f64>; 2], (usize, AdamW, f64));

fn adapted(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<2, 2>> = learner.cases();
    let settings = settings_of_adamw(learner, cases.len());
    let arrays = |case: Case<2, 2>| case.fillings.map(|it| learner.filled(case.sizes, it));
    let steps: Vec<OfAdamW> = cases.into_iter().map(arrays).zip(settings).collect();
    let ask = |learner: &mut Learner, ([w, g], (steps, of, rate)): &OfAdamW| {
        let AdamW { beta1, beta2, epsilon, decay } = *of;
        learner.call(adamw, (w.clone(), g.clone(), *steps, beta1, beta2, epsilon, decay, *rate))
    };
    learner.ask_all(&steps, ask, |([w, g], (steps, of, rate)), got| {
        let [_, _, of_w] = by_adamw([w, g, g, &(g * g)], *steps, of, *rate);
        of_w.compare(W_ADAPTED, &got)
    })
}

/// Limits, as multiples of the norm. What is not clipped is never a whole number of times too large: it would look like a
/// sum in the place of a mean.
const LIMITS: [f64; 6] = [0.4, 2.0, 0.011, 1.001, 0.999, 100.0];

/// The norm of a gradient, and the gradient with this limit; with a scale for long sums.
fn shortened(gradient: &Array2<f64>, limit: f64) -> (f64, f64, Want) {
    let mut squares: Vec<f64> = gradient.iter().map(|it| it * it).collect();
    squares.sort_by(f64::total_cmp);
    // So many additions have their own rounding.
    let terms = (squares.len() as f64).sqrt().max(1.0);
    let norm = squares.iter().sum::<f64>().sqrt();
    let value = if norm > limit { limit / norm } else { 1.0 } * gradient;
    (norm, terms * norm, Want { scale: terms * value.abs(), value })
}

fn norm(gradient: &Array2<f64>) -> f64 {
    shortened(gradient, 0.0).0
}

fn clipped(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<2, 1>> = learner.cases();
    let mut gradients = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let mut gradient = learner.filled(case.sizes, case.fillings[0]);
        // The last row is a gradient of its own, and much shorter.
        if at % 2 == 1 && gradient.nrows() > 1 {
            let last = gradient.nrows() - 1;
            gradient.row_mut(last).mapv_inplace(|it| 1e-2 * it);
        }
        let norm = norm(&gradient);
        let limit = if norm == 0.0 { 1.0 } else { norm * LIMITS[at % LIMITS.len()] };
        gradients.push((gradient, limit));
    }
    let ask = |learner: &mut Learner, (gradient, limit): &(Array2<f64>, f64)| {
        learner.call(clip, (gradient.clone(), *limit))
    };
    learner.ask_all(&gradients, ask, |(gradient, limit), (norm, got)| {
        compare_clipped(gradient, *limit, norm, &got)
    })
}

fn compare_clipped(gradient: &Array2<f64>, limit: f64, norm: f64, got: &Array2<f64>) -> Outcome {
    let (want, scale, of_gradient) = shortened(gradient, limit);
    close(NORM, norm, want, scale)?;
    if want <= limit && got != gradient {
        return Err(Miss::failed(format!(
            "{CLIPPED} is not the one that was handed in, and the norm of all of them is below the limit: there is \
             nothing to clip"
        ))
        .of(&[CLIPPED]));
    }
    of_gradient.compare(CLIPPED, got)
}

/// Norms that make a quotient of 0 or ∞, and those that are not finite.
fn odd_norms(learner: &mut Learner) -> Outcome {
    let nothing = learner.call(norm_of_nothing, ())?;
    close("the norm of no gradients", nothing, 0.0, 0.0)?;
    let some = learner.array([2, 3], -2.0, 2.0);
    let zeros = Array2::zeros((2, 2));
    for (gradient, limit, what) in [
        (zeros.clone(), 1.0, "zeros"),
        (zeros, 0.0, "zeros and a limit of 0"),
        (array![[3.0, 4.0]], 5.0, "a norm that is the limit"),
        (some.clone(), f64::INFINITY, "a limit of ∞"),
        (some.clone(), 0.0, "a limit of 0"),
    ] {
        let (norm, got) = learner.call(clip, (gradient.clone(), limit))?;
        compare_clipped(&gradient, limit, norm, &got).map_err(|miss| {
            let message = format!("with {what}, {}", miss.message);
            miss.saying(message)
        })?;
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        not_finite(learner, bad)?;
    }
    [12.3, 0.0].into_iter().try_for_each(|number| finite(learner, number))
}

/// The elements of the gradients that a number stands beside.
fn beside(row: usize) -> f64 {
    10.1 * (row as f64 - 19.3)
}

/// Gradients that have this number beside them, as any other.
fn finite(learner: &mut Learner, number: f64) -> Outcome {
    let all =
        Array2::from_shape_fn((41, 1), |(row, _)| if row < 40 { beside(row) } else { number });
    let (want, scale, of_all) = shortened(&all, 0.25);
    let of_forty = |array: Array2<f64>| array.slice_move(s![..40, ..]);
    let of_gradient = Want { value: of_forty(of_all.value), scale: of_forty(of_all.scale) };
    let (norm, got) = learner.call(clip_beside, (number,))?;
    close(NORM, norm, want, scale)?;
    of_gradient.compare(CLIPPED, &got)
}

/// Gradients that have this number beside them.
fn not_finite(learner: &mut Learner, bad: f64) -> Outcome {
    let (norm, got) = learner.call(clip_beside, (bad,))?;
    if norm.is_finite() {
        return Err(Miss::failed(
            "the norm is a number where a gradient is none: something hides it, and the caller cannot leave the \
             step out",
        ));
    }
    let mut numbers = got.iter().enumerate();
    if got.dim() == (40, 1) && numbers.all(|(row, it)| *it == beside(row)) {
        return Ok(());
    }
    Err(Miss::failed(
        "`clip_global_norm` changes gradients whose norm is not finite. There is no factor that makes it shorter: \
         give it back, and leave them as they are.",
    ))
}

/// Lengths of the warm-up, and of everything.
const SCHEDULES: [(usize, usize); 9] = [
    (4, 12),
    (0, 7),
    (1, 2),
    (3, 3),
    (0, 0),
    (10, 33),
    (150, 400),
    (2000, 100_000),
    (33_554_433, 80_000_005),
];

fn schedule(learner: &mut Learner) -> Outcome {
    let sizes = learner.decades(-3.0, 3.0, 2 * SCHEDULES.len());
    let mut calls = Vec::new();
    for (at, (warmup, total)) in SCHEDULES.into_iter().enumerate() {
        let middle = (warmup + total) / 2;
        let least = sizes[2 * at];
        let most = sizes[2 * at + 1] * [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 0.0, 1.0][at];
        // A smallest rate of 0, one above the largest, and a negative one are rates as well.
        let least = [least, 0.0, 2.0 * most, -150.0 - least][at % 4];
        for t in [0, 1, 2, warmup / 2, warmup.saturating_sub(1), warmup, warmup + 1] {
            calls.push((t, most, least, warmup, total));
        }
        for t in [middle, middle + 1, total.saturating_sub(1), total, total + 1, 2 * total + 3] {
            calls.push((t, most, least, warmup, total));
        }
    }
    let ask = |learner: &mut Learner, call: &(usize, f64, f64, usize, usize)| {
        learner.call(warmup_cosine, *call)
    };
    learner.ask_all(&calls, ask, |call, got| compare_rate(*call, got))
}

fn compare_rate(
    (t, max, min, warmup, total): (usize, f64, f64, usize, usize),
    got: f64,
) -> Outcome {
    let (part, want) = if t >= total {
        ("from the last step on", min)
    } else if t < warmup {
        ("in the warm-up", max * (t as f64 / warmup as f64))
    } else {
        let left = (total - t) as f64 / (total - warmup) as f64;
        // ½(1 − cos x) is sin²(x/2).
        ("in the wave", min + (max - min) * (FRAC_PI_2 * left).sin().powi(2))
    };
    close(RATE, got, want, max.abs() + min.abs()).map_err(|miss| {
        let message = miss.message.replacen(RATE, &format!("{RATE} {part}"), 1);
        miss.saying(message)
    })
}

/// Steps that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let [w, g, v] = [(); 3].map(|()| learner.array([3, 2], -1.0, 1.0));
    for (rate, what) in
        [(-0.1, "negative"), (f64::INFINITY, "infinite"), (f64::NAN, "not a number")]
    {
        let what = format!("a rate that is {what}");
        let [w, g, v] = [w.clone(), g.clone(), v.clone()];
        let call = learner.call(momentum, (w.clone(), g.clone(), v.clone(), 0.9, rate));
        refused("momentum_step", &what, call)?;
        let call = learner.call(look_ahead, (w.clone(), g.clone(), v, 0.9, rate));
        refused("momentum_step", &what, call)?;
        let call = learner.call(adamw, (w, g, 3, 0.9, 0.999, 1e-8, 0.1, rate));
        refused("adamw_step", &what, call)?;
    }
    for (unfit, what) in [
        (Unfit::FewerGradients, "fewer gradients than parameters"),
        (Unfit::MoreGradients, "more gradients than parameters"),
        (Unfit::GradientOfOneRow, "a gradient of one row for a parameter of two"),
        (Unfit::GradientTransposed, "a gradient that is transposed"),
        (Unfit::LessState, "the state of fewer parameters"),
        (Unfit::MoreState, "the state of more parameters"),
        (Unfit::StateOfOneRow, "a state of one row for a parameter of two"),
        (Unfit::StateTransposed, "a state that is transposed"),
    ] {
        refused("momentum_step", what, learner.call(unfit_for_momentum, (unfit,)))?;
        for of_m in [true, false] {
            refused("adamw_step", what, learner.call(unfit_for_adamw, (unfit, of_m)))?;
        }
    }
    for (limit, what) in [(-1.0, "negative"), (f64::NAN, "not a number")] {
        for g in [g.clone(), &g * 0.0, &g * f64::NAN, &g * f64::INFINITY] {
            let call = learner.call(clip, (g, limit));
            refused("clip_global_norm", &format!("a limit that is {what}"), call)?;
        }
    }
    let call = learner.call(warmup_cosine, (3, 1.0, 0.1, 9, 8));
    refused("warmup_cosine", "a warm-up that is longer than everything", call)
}

fn refused<T>(function: &str, what: &str, call: Result<T, Miss>) -> Outcome {
    panics(call, || {
        format!(
            "`{function}` takes {what}, and goes on. A mistake in a training loop then trains without a word. \
             Which condition would you assert at the start?"
        )
    })
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    for scale in [1.0, 1e-3, 1e3] {
        let [w, g, v, root] = [1.0, scale, scale, scale]
            .map(|scale| learner.array([4, 3], -scale, scale).mapv(|it| it as f32));
        let rate = learner.uniform(0.05, 0.2);
        moved_in_single(learner, [&w, &g, &v], rate)?;
        adapted_in_single(learner, [&w, &g, &v, &root], rate)?;
    }
    // Squares that are too large for an f32, and too small.
    for scale in [1.0, 1e25, 1e-25] {
        clipped_in_single(learner, scale)?;
    }
    Ok(())
}

fn moved_in_single(learner: &mut Learner, [w, g, v]: [&Array2<f32>; 3], rate: f64) -> Outcome {
    let (new_v, new_w) =
        learner.call(momentum_f32, (w.clone(), g.clone(), v.clone(), 0.9, rate))?;
    let [w, g, v] = [w, g, v].map(|it| it.mapv(f64::from));
    let settings = Momentum { mu: 0.9, nesterov: false };
    let [of_v, of_w] = moved([&w, &g, &v], &settings, rate);
    of_v.compare_in_single("v in f32", &new_v)?;
    of_w.compare_in_single("w in f32", &new_w)
}

fn adapted_in_single(learner: &mut Learner, arrays: [&Array2<f32>; 4], rate: f64) -> Outcome {
    let [w, g, m, root] = arrays.map(Clone::clone);
    let [old_w, old_g, old_m, old_root] = arrays.map(|it| it.mapv(f64::from));
    let of = AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-4, decay: 0.1 };
    let squares = &old_root * &old_root;
    let (_, new_m, new_s) = learner.call(means_f32, (g.clone(), m, root, 3, of.beta1, of.beta2))?;
    let [of_m, of_s, _] = by_adamw([&old_w, &old_g, &old_m, &squares], 3, &of, rate);
    of_m.compare_in_single("m in f32", &new_m)?;
    of_s.compare_in_single("s in f32", &new_s)?;
    let AdamW { beta1, beta2, epsilon, decay } = of;
    let new_w = learner.call(adamw_f32, (w, g, 3, beta1, beta2, epsilon, decay, rate))?;
    let [_, _, of_w] = by_adamw([&old_w, &old_g, &old_g, &(&old_g * &old_g)], 3, &of, rate);
    of_w.compare_in_single("w of AdamW in f32", &new_w)
}

fn clipped_in_single(learner: &mut Learner, scale: f64) -> Outcome {
    let gradient = (scale * learner.array([3, 4], -1.0, 1.0)).mapv(|it| it as f32);
    let doubles = gradient.mapv(f64::from);
    let limit = norm(&doubles) / 4.0;
    let (norm, got) = learner.call(clip_f32, (gradient, limit))?;
    let (want, scale, of_gradient) = shortened(&doubles, limit);
    let coarser = f64::from(f32::EPSILON) / f64::EPSILON;
    close("the norm of gradients in f32", norm, want, scale * coarser)?;
    of_gradient.compare_in_single("the clipped gradient in f32", &got)
}
