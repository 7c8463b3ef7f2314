//! Checks of lesson 4.4: softmax and cross-entropy.

use std::f64::consts::LN_2;

use engine::checks::{
    Case, Check,
    Kind::{Cost, Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, close, gradients, panics,
    same_shape,
};
use ndarray::{Array1, Array2, Axis, array};

use super::contract::{
    cross_entropy, cross_entropy_f32, log_softmax, log_softmax_backward, log_softmax_backward_f32,
    log_softmax_f32, softmax, softmax_backward, softmax_backward_f32, softmax_f32,
};

pub const LESSON: Lesson =
    Lesson::new("Softmax and cross-entropy", CHECKS).after(&["ex_1_3", "ex_3_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "softmax", "P at random shapes and scales", 1.0, softmax_values),
    Check::hidden(Value, "log_softmax", "log P at random shapes and scales", 1.0, log_values),
    Check::hidden(Value, "loss", "the loss, with repeated and absent classes", 1.0, loss_values),
    Check::hidden(
        Gradient,
        "softmax_gradient",
        "dL/dZ of softmax against finite differences, random upstream gradient",
        1.0,
        softmax_gradient,
    ),
    Check::hidden(
        Gradient,
        "log_gradient",
        "dL/dZ of log-softmax against finite differences, random upstream gradient",
        1.0,
        log_gradient,
    ),
    Check::hidden(
        Gradient,
        "loss_gradient",
        "dL/dZ of the loss against finite differences",
        1.0,
        loss_gradient,
    ),
    Check::hidden(Property, "extreme", "logits of ±10⁴, −∞ and NaN", 1.0, extreme).after(ORDINARY),
    Check::hidden(Property, "unfit", "targets that do not fit are refused", 1.0, unfit)
        .after(&["loss"]),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(ORDINARY),
    Check::hidden(Cost, "vocabulary", "a vocabulary of 8192 classes", 1.0, vocabulary)
        .after(ORDINARY),
];

/// The checks that have random numbers.
const ORDINARY: &[&str] =
    &["softmax", "log_softmax", "loss", "softmax_gradient", "log_gradient", "loss_gradient"];

/// The names of results, in messages.
const P: &str = "P";
const LOG_P: &str = "log P";
const LOSS: &str = "the loss";
const DZ: &str = "dL/dZ of the loss";
const DZ_OF_SOFTMAX: &str = "dL/dZ of softmax";
const DZ_OF_LOG: &str = "dL/dZ of log-softmax";

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

/// Logits, and the upstream gradient.
struct Input {
    z: Array2<f64>,
    upstream: Array2<f64>,
    /// Whether there are few numbers, all of order 1.
    is_small: bool,
}

/// Over all shapes, orders and scales.
fn inputs(learner: &mut Learner) -> Vec<Input> {
    let mut cases: Vec<Case<2, 2>> = learner.cases();
    // More rows than a byte counts.
    cases.push(Case::ordinary([300, 3]));
    let mut input = |case: Case<2, 2>| {
        let [z, upstream] = case.fillings.map(|filling| learner.filled(case.sizes, filling));
        let is_small = case.is_ordinary && z.len() <= FEW;
        Input { z, upstream, is_small }
    };
    cases.into_iter().map(&mut input).collect()
}

/// A class for each row; where there are three rows or more, one class comes twice.
fn targets(learner: &mut Learner, z: &Array2<f64>) -> Vec<usize> {
    let (rows, classes) = z.dim();
    let mut targets: Vec<_> = (0..rows).map(|_| learner.rng().usize(..classes)).collect();
    if rows > 2 {
        targets[2] = targets[0];
    }
    targets
}

/// log P of one row, by a sum from the smallest term to the largest.
fn log_row(z: &[f64]) -> Vec<f64> {
    let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut terms: Vec<_> = z.iter().map(|z| (z - max).exp()).collect();
    terms.sort_by(f64::total_cmp);
    // The largest term is 1.
    let log_sum = terms[..terms.len() - 1].iter().sum::<f64>().ln_1p();
    z.iter().map(|z| z - max - log_sum).collect()
}

fn log_p(z: &Array2<f64>) -> Array2<f64> {
    // In the memory order of z.
    let mut result = z.clone();
    for mut row in result.outer_iter_mut() {
        let logits = row.to_vec();
        row.assign(&Array1::from(log_row(&logits)));
    }
    result
}

fn p(z: &Array2<f64>) -> Array2<f64> {
    log_p(z).mapv(f64::exp)
}

/// What rounding errors are relative to: the logits themselves, whose difference goes into an exponential.
fn scale_of_log(z: &Array2<f64>) -> Array2<f64> {
    let mut scale = z.mapv(f64::abs);
    for mut row in scale.outer_iter_mut() {
        let largest = row.fold(0.0, |max: f64, z| max.max(*z));
        row.mapv_inplace(|z| 1.0 + z + 2.0 * largest);
    }
    scale
}

/// The least magnitude that errors are relative to: where exponentials end, they lose their digits.
const LEAST: f64 = 1e-285;
const LEAST_IN_SINGLE: f64 = 1e-29;

fn scale_of_p(z: &Array2<f64>) -> Array2<f64> {
    // Where p is tiny, an exponential of a large number is as far off as that number.
    (p(z) * scale_of_log(z)).mapv(|scale| scale.max(LEAST))
}

/// The loss and its gradient; with the magnitudes of their terms.
struct Loss {
    value: f64,
    scale: f64,
    dz: Array2<f64>,
    dz_scale: Array2<f64>,
}

impl Loss {
    fn of(z: &Array2<f64>, targets: &[usize]) -> Self {
        let rows = z.nrows() as f64;
        let (log_p, scales) = (log_p(z), scale_of_log(z));
        let picked = |of: &Array2<f64>| {
            targets.iter().enumerate().map(|(row, class)| of[[row, *class]]).sum::<f64>()
        };
        let mut one_hot = Array2::zeros(z.dim());
        targets.iter().enumerate().for_each(|(row, class)| one_hot[[row, *class]] = 1.0);
        Self {
            value: -picked(&log_p) / rows,
            scale: picked(&scales) / rows,
            dz: (p(z) - &one_hot) / rows,
            dz_scale: (scale_of_p(z) + &one_hot) / rows,
        }
    }
}

/// p∘(u − Σ p∘u), and the magnitudes of its terms.
fn through_softmax(u: &Array2<f64>, p: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let sum = (p * u).sum_axis(Axis(1)).insert_axis(Axis(1));
    let magnitude = (p * u).mapv(f64::abs).sum_axis(Axis(1)).insert_axis(Axis(1));
    let scale = (p * &(u.mapv(f64::abs) + &magnitude)).mapv(|scale| scale.max(LEAST));
    (p * &(u - &sum), scale)
}

/// u − p·Σ u, and the magnitudes of its terms.
fn through_log(u: &Array2<f64>, p: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let sum = u.sum_axis(Axis(1)).insert_axis(Axis(1));
    let magnitude = u.mapv(f64::abs).sum_axis(Axis(1)).insert_axis(Axis(1));
    (u - &(p * &sum), u.mapv(f64::abs) + p * &magnitude)
}

fn softmax_values(learner: &mut Learner) -> Outcome {
    let inputs: Vec<_> = inputs(learner).into_iter().map(|input| input.z).collect();
    let ask = |learner: &mut Learner, z: &Array2<f64>| learner.call(softmax, (z.clone(),));
    learner.ask_all(&inputs, ask, |z, got| compare_p(z, &got))
}

fn compare_p(z: &Array2<f64>, got: &Array2<f64>) -> Outcome {
    all_close(P, got, &p(z), &scale_of_p(z)).map_err(|miss| overflowed(P, got, miss))
}

fn log_values(learner: &mut Learner) -> Outcome {
    let inputs: Vec<_> = inputs(learner).into_iter().map(|input| input.z).collect();
    let ask = |learner: &mut Learner, z: &Array2<f64>| learner.call(log_softmax, (z.clone(),));
    learner.ask_all(&inputs, ask, |z, got| compare_log(z, &got))
}

fn compare_log(z: &Array2<f64>, got: &Array2<f64>) -> Outcome {
    all_close(LOG_P, got, &log_p(z), &scale_of_log(z)).map_err(|miss| overflowed(LOG_P, got, miss))
}

/// What it means that a result is not finite where it should be.
fn overflowed(name: &str, got: &Array2<f64>, miss: Miss) -> Miss {
    let why = if got.iter().any(|it| it.is_nan()) {
        "is NaN for logits that are numbers. e^z is infinite above z = 709.78, and 0 for all logits of a row \
         that are far below 0: ∞/∞ and 0/0 are NaN. What can be subtracted from all logits of a row without \
         changing P?"
    } else if got.iter().any(|it| it.is_infinite()) {
        "is infinite where a probability is too small for a number. Its logarithm is not: take it on paper, \
         before there is an exponential."
    } else {
        return miss;
    };
    miss.saying(format!("{name} {why}"))
}

fn loss_values(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for Input { z, .. } in inputs(learner) {
        let targets = targets(learner, &z);
        cases.push((z, targets));
    }
    let ask = |learner: &mut Learner, (z, targets): &(Array2<f64>, Vec<usize>)| {
        learner.call(cross_entropy, (z.clone(), targets.clone()))
    };
    learner.ask_all(&cases, ask, |(z, targets), (loss, _)| compare_loss(z, targets, loss))
}

fn compare_loss(z: &Array2<f64>, targets: &[usize], got: f64) -> Outcome {
    let want = Loss::of(z, targets);
    close(LOSS, got, want.value, want.scale).map_err(|miss| {
        let is_nats = |loss: f64| close(LOSS, loss, want.value, want.scale).is_ok();
        let why = if is_nats(got * LN_2) {
            "has another unit: it counts bits. The logarithm here is the natural one."
        } else if got.is_finite() && got < want.value && want.value > 20.0 {
            "is too small where a target is very unlikely. Is its probability kept away from 0, by a floor or by \
             something that is added? log P needs neither."
        } else {
            return overflowed(LOSS, &array![[got]], miss);
        };
        miss.saying(format!("{LOSS} {why}"))
    })
}

fn softmax_gradient(learner: &mut Learner) -> Outcome {
    for Input { z, upstream, is_small } in inputs(learner) {
        let p = p(&z);
        let got = learner.call(softmax_backward, (upstream.clone(), p.clone()))?;
        if is_small {
            let loss = |z: &Array2<f64>| (&upstream * &self::p(z)).sum();
            let own = |learner: &mut Learner, z: &Array2<f64>| {
                let p = learner.call(softmax, (z.clone(),))?;
                same_shape(P, p.shape(), z.shape())?;
                Ok((&upstream * &p).sum())
            };
            differences(learner, DZ_OF_SOFTMAX, &z, &got, loss, own)?;
        }
        let (want, scale) = through_softmax(&upstream, &p);
        all_close(DZ_OF_SOFTMAX, &got, &want, &scale)?;
    }
    Ok(())
}

fn log_gradient(learner: &mut Learner) -> Outcome {
    for Input { z, upstream, is_small } in inputs(learner) {
        let p = p(&z);
        let got = learner.call(log_softmax_backward, (upstream.clone(), p.clone()))?;
        if is_small {
            let loss = |z: &Array2<f64>| (&upstream * &log_p(z)).sum();
            let own = |learner: &mut Learner, z: &Array2<f64>| {
                let log_p = learner.call(log_softmax, (z.clone(),))?;
                same_shape(LOG_P, log_p.shape(), z.shape())?;
                Ok((&upstream * &log_p).sum())
            };
            differences(learner, DZ_OF_LOG, &z, &got, loss, own)?;
        }
        let (want, scale) = through_log(&upstream, &p);
        all_close(DZ_OF_LOG, &got, &want, &scale)?;
    }
    Ok(())
}

fn loss_gradient(learner: &mut Learner) -> Outcome {
    for Input { z, is_small, .. } in inputs(learner) {
        let targets = targets(learner, &z);
        let (_, got) = learner.call(cross_entropy, (z.clone(), targets.clone()))?;
        if is_small {
            let loss = |z: &Array2<f64>| Loss::of(z, &targets).value;
            let own = |learner: &mut Learner, z: &Array2<f64>| {
                Ok(learner.call(cross_entropy, (z.clone(), targets.clone()))?.0)
            };
            let result = differences(learner, DZ, &z, &got, loss, own);
            // What is known of a wrong gradient says more.
            result.or_else(|miss| compare_dz(&z, &targets, &got).and(Err(miss)))?;
        }
        compare_dz(&z, &targets, &got)?;
    }
    Ok(())
}

fn compare_dz(z: &Array2<f64>, targets: &[usize], got: &Array2<f64>) -> Outcome {
    let want = Loss::of(z, targets);
    all_close(DZ, got, &want.dz, &want.dz_scale).map_err(|miss| {
        if !is_at_another_class(z, targets, got) {
            return overflowed(DZ, got, miss);
        }
        let why = "the 1 is subtracted at another class than the target. From which number are classes counted?";
        miss.saying(format!("in {DZ}, {why}"))
    })
}

/// Whether p − 1, divided by the number of rows, stands where p should.
fn is_at_another_class(z: &Array2<f64>, targets: &[usize], got: &Array2<f64>) -> bool {
    let (p, rows) = (p(z), z.nrows() as f64);
    got.dim() == z.dim()
        && got.indexed_iter().any(|((row, class), got)| {
            let subtracted = (p[[row, class]] - 1.0) / rows;
            class != targets[row] && (got - subtracted).abs() <= 1e-12 / rows
        })
}

/// Compares a gradient with finite differences of a loss.
fn differences(
    learner: &mut Learner,
    name: &str,
    z: &Array2<f64>,
    got: &Array2<f64>,
    loss: impl FnMut(&Array2<f64>) -> f64,
    own: impl Fn(&mut Learner, &Array2<f64>) -> Result<f64, Miss>,
) -> Outcome {
    same_shape(name, got.shape(), z.shape())?;
    gradients(learner, ("Z", z, got), loss, own).map_err(|miss| {
        let message = miss.message.replace("dL/dZ", name);
        let message = message.replace("`forward`", "the forward pass");
        Miss { message, ..miss }.of(&[name])
    })
}

/// Rows in which something overflows, vanishes or is left out; with the target of each.
fn extreme(learner: &mut Learner) -> Outcome {
    let far = learner.uniform(9e3, 1.1e4);
    let rows = [
        (vec![far, 0.0, -far], 2),
        (vec![far, far + 1.0, far - 1.0], 1),
        (vec![-far, -far - 1.0, -far - 2.0], 0),
        (vec![-2.0 * far, -2.0 * far, -2.0 * far], 2),
        (vec![0.0, -800.0, 1.0], 1),
        (vec![710.0, 709.0, -710.0], 0),
        (vec![0.5, -745.0, -746.0], 0),
    ];
    for (z, target) in &rows {
        rows_alone(learner, &array![[z[0], z[1], z[2]]], &[*target])?;
    }
    // All at once: what is subtracted belongs to one row.
    let z = Array2::from_shape_fn((rows.len(), 3), |(row, class)| rows[row].0[class]);
    let targets: Vec<_> = rows.iter().map(|(_, target)| *target).collect();
    rows_alone(learner, &z, &targets)?;
    // The largest logit at every place of a long row, and at the end of one that nobody searches at once.
    let targets: Vec<_> = (0..50).collect();
    rows_alone(learner, &(Array2::eye(50) * far), &targets)?;
    let mut longest = Array2::zeros((1, 5000));
    longest[[0, 4999]] = far;
    rows_alone(learner, &longest, &[4999])?;
    left_out(learner)?;
    undefined(learner)
}

fn rows_alone(learner: &mut Learner, z: &Array2<f64>, targets: &[usize]) -> Outcome {
    compare_p(z, &learner.call(softmax, (z.clone(),))?)?;
    compare_log(z, &learner.call(log_softmax, (z.clone(),))?)?;
    let (loss, dz) = learner.call(cross_entropy, (z.clone(), targets.to_vec()))?;
    compare_loss(z, targets, loss)?;
    compare_dz(z, targets, &dz)
}

/// A logit of −∞ leaves its class out: what is left is the softmax of the others.
fn left_out(learner: &mut Learner) -> Outcome {
    let [a, b] = [learner.uniform(-2.0, 2.0), learner.uniform(-2.0, 2.0)];
    let z = array![[a, f64::NEG_INFINITY, b]];
    let others = array![[a, b]];
    let name = "P with a logit of −∞";
    let got = learner.call(softmax, (z.clone(),))?;
    let p = p(&others);
    all_close(name, &got, &array![[p[[0, 0]], 0.0, p[[0, 1]]]], &Array2::ones((1, 3)))?;
    let got = learner.call(log_softmax, (z.clone(),))?;
    same_shape(LOG_P, got.shape(), &[1, 3])?;
    if got[[0, 1]] != f64::NEG_INFINITY {
        return Err(Miss::failed(
            "log P with a logit of −∞ is not −∞ there. What is the logarithm of the probability 0?",
        ));
    }
    let (loss, dz) = learner.call(cross_entropy, (z, vec![2]))?;
    let want = Loss::of(&others, &[1]);
    close("the loss with a logit of −∞", loss, want.value, want.scale)?;
    let want = array![[want.dz[[0, 0]], 0.0, want.dz[[0, 1]]]];
    all_close("dL/dZ of the loss with a logit of −∞", &dz, &want, &Array2::ones((1, 3)))
}

/// A row with a NaN is NaN, as is a row of −∞ alone, and the rows beside it are not.
fn undefined(learner: &mut Learner) -> Outcome {
    let least = f64::NEG_INFINITY;
    let z = array![[0.5, f64::NAN, -1.5], [0.25, 2.0, 0.75], [least, least, least]];
    let (loss, dz) = learner.call(cross_entropy, (z.clone(), vec![0, 1, 2]))?;
    for (name, got) in [
        (P, learner.call(softmax, (z.clone(),))?),
        (LOG_P, learner.call(log_softmax, (z.clone(),))?),
        (DZ, dz),
    ] {
        same_shape(name, got.shape(), z.shape())?;
        nan_in_first_row(
            name,
            &got,
            "whose logits have a NaN. The sum of the row is NaN, and all of the row is divided by it",
        )?;
        if !got.row(2).iter().all(|it| it.is_nan()) {
            return Err(Miss::failed(format!(
                "{name} has a number in a row whose logits are all −∞. All classes are left out, so there is no \
                 distribution: −∞ − (−∞) is NaN, which shows it."
            )));
        }
    }
    if !loss.is_nan() {
        return Err(Miss::failed(
            "the loss is a number where a logit is NaN: something hides the NaN",
        ));
    }
    undefined_gradients(learner)
}

/// A row of dL/dZ is NaN where the upstream gradient has a NaN in it, and the row beside it is not.
fn undefined_gradients(learner: &mut Learner) -> Outcome {
    let upstream = array![[0.5, f64::NAN, -1.5], [0.25, 2.0, 0.75]];
    let p = array![[0.25, 0.5, 0.25], [0.5, 0.125, 0.375]];
    for (name, got) in [
        (DZ_OF_SOFTMAX, learner.call(softmax_backward, (upstream.clone(), p.clone()))?),
        (DZ_OF_LOG, learner.call(log_softmax_backward, (upstream, p.clone()))?),
    ] {
        same_shape(name, got.shape(), p.shape())?;
        nan_in_first_row(
            name,
            &got,
            "whose upstream gradient has a NaN. The sum of the row is in all of its gradients",
        )?;
    }
    Ok(())
}

/// All of the first row is NaN, and nothing of the second one.
fn nan_in_first_row(name: &str, got: &Array2<f64>, why: &str) -> Outcome {
    if !got.row(0).iter().all(|it| it.is_nan()) {
        let message = format!("{name} has a number in a row {why}: something hides the NaN.");
        return Err(Miss::failed(message));
    }
    if got.row(1).iter().any(|it| it.is_nan()) {
        return Err(Miss::failed(format!("{name} is NaN in a row because another row is")));
    }
    Ok(())
}

/// Calls that have no answer. What is not written yet panics as well, and is told by the check of the loss.
fn unfit(learner: &mut Learner) -> Outcome {
    let z = learner.array([3, 4], -2.0, 2.0);
    let calls = [
        (z.clone(), vec![0, 4, 1], "a target that is no class"),
        (z.clone(), vec![0, 1, usize::MAX], "a target that is no class"),
        (z.clone(), vec![0, 1], "two targets for three rows"),
        (z.clone(), vec![0, 1, 2, 3], "four targets for three rows"),
        (Array2::zeros((0, 4)), vec![], "no row at all"),
    ];
    for (z, targets, what) in calls {
        panics(learner.call(cross_entropy, (z, targets)), || {
            format!(
                "`cross_entropy` takes {what}, and gives numbers for it. A mistake in the data then trains \
                 on without a word. Which condition would you assert at the start?"
            )
        })?;
    }
    Ok(())
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let near = learner.array([4, 5], -6.0, 6.0).mapv(|z| z as f32);
    let far =
        array![[1e4_f32, 0.0, -1e4], [-2e4, -2e4, -2e4], [0.0, -120.0, 1.0], [88.0, 89.0, 90.0]];
    for z in [near, far] {
        let upstream = learner.array(z.dim(), -2.0, 2.0).mapv(|it| it as f32);
        let targets: Vec<_> = (0..z.nrows()).map(|_| learner.rng().usize(..z.ncols())).collect();
        let (z64, upstream64) = (z.mapv(f64::from), upstream.mapv(f64::from));
        let in_single = |scale: Array2<f64>| scale.mapv(|scale| scale.max(LEAST_IN_SINGLE));

        let got = learner.call(softmax_f32, (z.clone(),))?;
        all_close_in_single("P in f32", &got, &p(&z64), &in_single(scale_of_p(&z64)))?;
        let got = learner.call(log_softmax_f32, (z.clone(),))?;
        all_close_in_single("log P in f32", &got, &log_p(&z64), &scale_of_log(&z64))?;

        let p32 = p(&z64).mapv(|p| p as f32);
        let p64 = p32.mapv(f64::from);
        let got = learner.call(softmax_backward_f32, (upstream.clone(), p32.clone()))?;
        let (want, scale) = through_softmax(&upstream64, &p64);
        all_close_in_single("dL/dZ of softmax in f32", &got, &want, &in_single(scale))?;
        let got = learner.call(log_softmax_backward_f32, (upstream, p32))?;
        let (want, scale) = through_log(&upstream64, &p64);
        all_close_in_single("dL/dZ of log-softmax in f32", &got, &want, &in_single(scale))?;

        let (loss, dz) = learner.call(cross_entropy_f32, (z, targets.clone()))?;
        let want = Loss::of(&z64, &targets);
        all_close_in_single(
            "the loss in f32",
            &array![loss],
            &array![want.value],
            &array![want.scale],
        )?;
        all_close_in_single("dL/dZ of the loss in f32", &dz, &want.dz, &in_single(want.dz_scale))?;
    }
    Ok(())
}

/// A row of this many classes has a Jacobian of 67 million numbers. All rows take several times the limit of
/// processor time, and a right solution a fiftieth of it.
const VOCABULARY: [usize; 2] = [8, 8192];

fn vocabulary(learner: &mut Learner) -> Outcome {
    let z = learner.array(VOCABULARY, -3.0, 3.0);
    let upstream = learner.array(VOCABULARY, -2.0, 2.0);
    let targets = targets(learner, &z);
    let p = p(&z);
    // Sums of so many terms have their own rounding.
    let terms = (VOCABULARY[1] as f64).sqrt();
    let got = learner.call(softmax, (z.clone(),))?;
    all_close("P of a large vocabulary", &got, &p, &(scale_of_p(&z) * terms))?;
    let got = learner.call(softmax_backward, (upstream.clone(), p.clone()))?;
    let (want, scale) = through_softmax(&upstream, &p);
    all_close("dL/dZ of softmax with a large vocabulary", &got, &want, &(scale * terms))?;
    let got = learner.call(log_softmax_backward, (upstream.clone(), p.clone()))?;
    let (want, scale) = through_log(&upstream, &p);
    all_close("dL/dZ of log-softmax with a large vocabulary", &got, &want, &(scale * terms))?;
    let (loss, dz) = learner.call(cross_entropy, (z.clone(), targets.clone()))?;
    let want = Loss::of(&z, &targets);
    close("the loss of a large vocabulary", loss, want.value, want.scale * terms)?;
    all_close("dL/dZ of the loss with a large vocabulary", &dz, &want.dz, &(want.dz_scale * terms))
}
