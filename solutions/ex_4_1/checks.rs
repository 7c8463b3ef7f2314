//! Checks of lesson 4.1: initialisation, and the linear layer that trains.

use engine::checks::{
    Case, Check,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, close,
    gradients as differences, panics,
};
use ndarray::{Array1, Array2, Axis};

use super::contract::{
    gpt2_residual, gradients, gradients_f32, he_normal, orthogonal, outputs, outputs_f32,
    second_moment_after, truncated_normal, two_passes, xavier_normal, xavier_uniform,
};

pub const LESSON: Lesson =
    Lesson::new("Initialisation, and the linear layer that trains", CHECKS).after(&["ex_3_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "outputs", "Z at random shapes and scales", 1.0, forward),
    Check::hidden(
        Gradient,
        "gradients",
        "the three gradients, against finite differences",
        1.0,
        backward,
    ),
    Check::hidden(
        Property,
        "added",
        "gradients of two batches are added to what is there",
        1.0,
        added,
    )
    .after(&["gradients"]),
    Check::hidden(Value, "xavier", "weights by Xavier, uniform and normal", 1.0, xavier),
    Check::hidden(Value, "he", "weights by He", 1.0, he),
    Check::hidden(
        Value,
        "scaled",
        "weights of the residual stream, and those cut off",
        1.0,
        scaled,
    ),
    Check::hidden(Value, "orthogonal", "orthogonal weights, tall, square and wide", 1.0, of_qr),
    Check::hidden(Value, "moment", "the mean square after some layers", 1.0, moment),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(&[
        "outputs",
        "gradients",
        "scaled",
    ]),
    Check::hidden(Value, "single", "the layer in single precision", 1.0, single)
        .after(&["outputs", "gradients"]),
];

/// The names of results, in messages.
const Z: &str = "Z";
const DX: &str = "dL/dX";
const DW: &str = "dL/dW";
const DB: &str = "dL/db";

/// How many numbers are compared with finite differences at once.
const FEW: usize = 30;

/// A layer, a batch, its upstream gradient, and the gradients that are there before.
struct Pass {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
    dz: Array2<f64>,
    dw: Array2<f64>,
    db: Array1<f64>,
    is_small: bool,
}

/// Over all shapes, orders and scales; the last ones have more samples than anybody takes at once, and none.
fn passes(learner: &mut Learner) -> Vec<Pass> {
    let mut cases: Vec<Case<3, 6>> = learner.cases();
    cases.extend([[300, 3, 2], [0, 3, 2]].map(Case::ordinary));
    let pass = |case: Case<3, 6>| {
        let ([rows, d_in, d_out], [x, w, b, dz, dw, db]) = (case.sizes, case.fillings);
        Pass {
            x: learner.filled([rows, d_in], x),
            w: learner.filled([d_out, d_in], w),
            b: learner.filled([d_out], b),
            dz: learner.filled([rows, d_out], dz),
            dw: learner.filled([d_out, d_in], dw),
            db: learner.filled([d_out], db),
            is_small: case.is_ordinary && rows > 0 && (rows + d_out) * d_in <= FEW,
        }
    };
    cases.into_iter().map(pass).collect()
}

/// Numbers, and the magnitudes of the terms that each is computed from.
struct Want<D: ndarray::Dimension> {
    value: ndarray::Array<f64, D>,
    scale: ndarray::Array<f64, D>,
}

/// Σ a_ip·b_pj by plain loops, in the order of p; a long sum has its own rounding.
fn product(a: &Array2<f64>, b: &Array2<f64>) -> Want<ndarray::Ix2> {
    let long = (a.ncols() as f64).sqrt().max(1.0);
    let of = |term: fn(f64) -> f64| {
        Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
            (0..a.ncols()).map(|p| term(a[[i, p]] * b[[p, j]])).sum()
        })
    };
    Want { value: of(|it| it), scale: long * of(f64::abs) }
}

/// dL/dX, dL/dW and dL/db.
type Gradients = (Array2<f64>, Array2<f64>, Array1<f64>);

impl Pass {
    fn outputs(&self) -> Want<ndarray::Ix2> {
        let Want { value, scale } = product(&self.x, &self.w.t().to_owned());
        Want { value: value + &self.b, scale: scale + &self.b.abs() }
    }

    fn dx(&self) -> Want<ndarray::Ix2> {
        product(&self.dz, &self.w)
    }

    /// What is there afterwards.
    fn dw(&self) -> Want<ndarray::Ix2> {
        let Want { value, scale } = product(&self.dz.t().to_owned(), &self.x);
        Want { value: &self.dw + &value, scale: self.dw.abs() + scale }
    }

    fn db(&self) -> Want<ndarray::Ix1> {
        let long = (self.dz.nrows() as f64).sqrt().max(1.0);
        Want {
            value: &self.db + &self.dz.sum_axis(Axis(0)),
            scale: self.db.abs() + long * self.dz.abs().sum_axis(Axis(0)),
        }
    }

    fn call(
        &self,
        learner: &mut Learner,
        dw: Array2<f64>,
        db: Array1<f64>,
    ) -> Result<Gradients, Miss> {
        learner.call(gradients, (self.x.clone(), self.w.clone(), self.dz.clone(), dw, db))
    }

    fn compare(&self, dx: &Array2<f64>, dw: &Array2<f64>, db: &Array1<f64>) -> Outcome {
        let (of_x, of_w, of_b) = (self.dx(), self.dw(), self.db());
        all_close(DX, dx, &of_x.value, &of_x.scale)?;
        all_close(DW, dw, &of_w.value, &of_w.scale)?;
        all_close(DB, db, &of_b.value, &of_b.scale)
    }
}

fn forward(learner: &mut Learner) -> Outcome {
    let passes = passes(learner);
    let ask = |learner: &mut Learner, it: &Pass| {
        learner.call(outputs, (it.x.clone(), it.w.clone(), it.b.clone()))
    };
    learner.ask_all(&passes, ask, |it, got| {
        let want = it.outputs();
        all_close(Z, &got, &want.value, &want.scale)
    })
}

/// From nothing: what is there before is 0.
fn backward(learner: &mut Learner) -> Outcome {
    for mut pass in passes(learner) {
        pass.dw.fill(0.0);
        pass.db.fill(0.0);
        let (dx, dw, db) = pass.call(learner, pass.dw.clone(), pass.db.clone())?;
        let fits = dx.dim() == pass.x.dim() && dw.dim() == pass.w.dim() && db.dim() == pass.b.dim();
        if pass.is_small && fits {
            let Pass { x, w, b, dz, .. } = &pass;
            let loss = |(x, w, b): (&Array2<f64>, &Array2<f64>, &Array1<f64>)| {
                (dz * &(x.dot(&w.t()) + b)).sum()
            };
            let own =
                |learner: &mut Learner, (x, w, b): (&Array2<f64>, &Array2<f64>, &Array1<f64>)| {
                    let z = learner.call(outputs, (x.clone(), w.clone(), b.clone()))?;
                    engine::checks::same_shape(Z, z.shape(), dz.shape())?;
                    Ok((dz * &z).sum())
                };
            differences(learner, (("X", x, &dx), ("W", w, &dw), ("b", b, &db)), loss, own)?;
        }
        pass.compare(&dx, &dw, &db)?;
    }
    Ok(())
}

fn added(learner: &mut Learner) -> Outcome {
    let passes = passes(learner);
    let ask = |learner: &mut Learner, it: &Pass| it.call(learner, it.dw.clone(), it.db.clone());
    learner.ask_all(&passes, ask, |it, (dx, dw, db)| it.compare(&dx, &dw, &db))?;
    for case in learner.cases::<3, 5>() {
        two_batches(learner, &case)?;
    }
    Ok(())
}

/// Two batches of different sizes through one layer.
fn two_batches(learner: &mut Learner, case: &Case<3, 5>) -> Outcome {
    let ([rows, d_in, d_out], [w, x1, x2, dz1, dz2]) = (case.sizes, case.fillings);
    let w = learner.filled([d_out, d_in], w);
    let x = [learner.filled([rows, d_in], x1), learner.filled([rows + 1, d_in], x2)];
    let dz = [learner.filled([rows, d_out], dz1), learner.filled([rows + 1, d_out], dz2)];
    let (dx, dw, db) = learner.call(two_passes, (w.clone(), x.clone(), dz.clone()))?;
    let together = |of: &[Array2<f64>; 2]| {
        ndarray::concatenate(Axis(0), &[of[0].view(), of[1].view()])
            .map_err(|_| Miss::of_check("two batches do not have the same columns"))
    };
    let pass = Pass {
        x: together(&x)?,
        b: Array1::zeros(d_out),
        dz: together(&dz)?,
        dw: Array2::zeros((d_out, d_in)),
        db: Array1::zeros(d_out),
        is_small: false,
        w,
    };
    for (name, got, dz) in [("the first batch", &dx[0], &dz[0]), ("the second", &dx[1], &dz[1])] {
        let want = product(dz, &pass.w);
        all_close(DX, got, &want.value, &want.scale)
            .map_err(|miss| in_turn(&format!(", of {name} of two"), miss))?;
    }
    let (of_w, of_b) = (pass.dw(), pass.db());
    all_close(DW, &dw, &of_w.value, &of_w.scale)
        .and_then(|()| all_close(DB, &db, &of_b.value, &of_b.scale))
        .map_err(|miss| in_turn(", after two batches", miss))
}

fn in_turn(when: &str, miss: Miss) -> Miss {
    let message = format!("{}{when}. Each has a cache of its own.", miss.message);
    miss.saying(message)
}

/// Draws, and one number.
type OfDraws = (Array2<f64>, f64);

/// Draws over all shapes and orders, and a number over all scales and both signs; sometimes 0.
fn draws(learner: &mut Learner, is_uniform: bool) -> Vec<OfDraws> {
    let mut cases: Vec<Case<2, 1>> = learner.cases();
    // More inputs than a byte counts.
    cases.push(Case::ordinary([2, 300]));
    let numbers = learner.decades(-3.0, 3.0, cases.len());
    let mut draws = |(at, (case, number)): (usize, (Case<2, 1>, f64))| {
        let filled = learner.filled(case.sizes, case.fillings[0]);
        let sign = if at.is_multiple_of(2) { 1.0 } else { -1.0 };
        let number = if at % 8 == 5 { 0.0 } else { sign * number };
        let scale = case.fillings[0].scale.max(f64::MIN_POSITIVE);
        // From 0 on, and below 1.
        let uniform = |it: f64| (it / scale).abs() * (1.0 - 1e-9);
        (if is_uniform { filled.mapv(uniform) } else { filled }, number)
    };
    cases.into_iter().zip(numbers).enumerate().map(&mut draws).collect()
}

/// Compares weights that are draws times a number, and moved by another one.
fn compare_weights(
    name: &str,
    got: &Array2<f64>,
    draws: &Array2<f64>,
    [times, and]: [f64; 2],
) -> Outcome {
    let scale = times.abs() * draws.abs() + and.abs();
    all_close(&format!("W of `{name}`"), got, &(times * draws + and), &scale)
}

fn xavier(learner: &mut Learner) -> Outcome {
    let mean_fan = |draws: &Array2<f64>| (draws.nrows() + draws.ncols()) as f64 / 2.0;
    let uniform = draws(learner, true);
    let ask = |learner: &mut Learner, it: &OfDraws| learner.call(xavier_uniform, it.clone());
    learner.ask_all(&uniform, ask, |(draws, gain), got| {
        let bound = gain * (3.0 / mean_fan(draws)).sqrt();
        compare_weights("xavier_uniform", &got, draws, [2.0 * bound, -bound])
    })?;
    let normal = draws(learner, false);
    let ask = |learner: &mut Learner, it: &OfDraws| learner.call(xavier_normal, it.clone());
    learner.ask_all(&normal, ask, |(draws, gain), got| {
        compare_weights("xavier_normal", &got, draws, [gain / mean_fan(draws).sqrt(), 0.0])
    })
}

fn he(learner: &mut Learner) -> Outcome {
    let normal = draws(learner, false);
    let ask = |learner: &mut Learner, it: &OfDraws| learner.call(he_normal, it.clone());
    learner.ask_all(&normal, ask, |(draws, alpha), got| {
        let kept = 0.5 + 0.5 * alpha * alpha;
        let times = 1.0 / (kept * draws.ncols() as f64).sqrt();
        compare_weights("he_normal", &got, draws, [times, 0.0])
    })
}

fn scaled(learner: &mut Learner) -> Outcome {
    let normal = draws(learner, false);
    let layers = |at: usize| [1, 12, 2, 3, 48, 7, 150, 96][at % 8];
    let normal: Vec<_> =
        normal.into_iter().enumerate().map(|(at, (draws, _))| (draws, layers(at))).collect();
    let ask =
        |learner: &mut Learner, it: &(Array2<f64>, usize)| learner.call(gpt2_residual, it.clone());
    learner.ask_all(&normal, ask, |(draws, layers), got| {
        let times = 0.02 / ((2 * layers) as f64).sqrt();
        compare_weights("gpt2_residual", &got, draws, [times, 0.0])
    })?;
    cut_off(learner)
}

/// Draws of which some are too far, and one is just at the limit.
fn cut_off(learner: &mut Learner) -> Outcome {
    let mut deviations = learner.decades(-3.0, 3.0, 13);
    deviations[5] = 0.0;
    let limits = learner.decades(-3.0, 3.0, 13);
    let shapes =
        [(1, 1), (1, 1), (2, 3), (3, 2), (0, 4), (4, 1), (3, 3), (1, 130), (130, 2), (2, 40)];
    for (at, (rows, columns)) in shapes.into_iter().chain([(5, 5), (2, 2), (3, 1)]).enumerate() {
        let (deviation, limit) = (deviations[at], limits[at]);
        let mut draws = learner.array([3 * rows * columns + 40], -2.0, 2.0) * limit;
        // Half of the draws are within the limit, and many more than needed are left over.
        draws[0] = 3.0 * limit;
        if at % 2 == 1 {
            draws[1] = -limit;
        }
        draws[2] = 0.0;
        draws[3] = limit * (1.0 + 1e-12);
        let kept: Vec<_> = draws.iter().copied().filter(|it| it.abs() <= limit).collect();
        if kept.len() < rows * columns {
            return Err(Miss::of_check("there are not enough draws within the limit"));
        }
        // Every third time there are as many as it takes, and no more.
        let draws = if at % 3 == 2 { kept[..rows * columns].to_vec() } else { draws.to_vec() };
        let arguments = (draws.clone(), (rows, columns), deviation, limit);
        let got = learner.call(truncated_normal, arguments)?;
        let want =
            Array2::from_shape_fn((rows, columns), |(i, k)| deviation * kept[i * columns + k]);
        all_close("W of `truncated_normal`", &got, &want, &want.abs()).map_err(|miss| {
            if got.iter().any(|it| it.abs() > deviation * limit) {
                let message = "W of `truncated_normal` has a number that is further out than `limit` \
                               deviations. Draws that are too far are left out.";
                return miss.saying(message);
            }
            let without = draws.iter().filter(|it| it.abs() < limit);
            let is_strict = got.iter().zip(without).all(|(got, it)| *got == deviation * it);
            if !is_strict || at.is_multiple_of(2) {
                return miss;
            }
            let message = "W of `truncated_normal` is without a draw that is just at the limit. What lies \
                           further out is left out.";
            miss.saying(message)
        })?;
    }
    Ok(())
}

/// Orthonormal rows, by Gram and Schmidt as it is modified, twice; and how much smaller vectors became.
fn orthonormal(g: &Array2<f64>) -> (Array2<f64>, f64) {
    let mut q = g.clone();
    let mut loss: f64 = 1.0;
    for at in 0..q.nrows() {
        let mut rest = q.row(at).to_vec();
        let before = rest.iter().map(|it| it * it).sum::<f64>().sqrt();
        for other in (0..at).chain(0..at) {
            let part: f64 = rest.iter().zip(q.row(other)).map(|(a, b)| a * b).sum();
            rest.iter_mut().zip(q.row(other)).for_each(|(it, other)| *it -= part * other);
        }
        let norm = rest.iter().map(|it| it * it).sum::<f64>().sqrt();
        loss = loss.max(before / norm);
        q.row_mut(at).iter_mut().zip(rest).for_each(|(it, rest)| *it = rest / norm);
    }
    (q, loss)
}

fn of_qr(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<2, 1>> = learner.cases();
    let full_rank = cases.into_iter().filter(|case| case.fillings[0].scale > 0.0);
    let mut all: Vec<_> =
        full_rank.map(|case| learner.filled(case.sizes, case.fillings[0])).collect();
    all.push(nearly_dependent(learner));
    let ask = |learner: &mut Learner, g: &Array2<f64>| learner.call(orthogonal, (g.clone(),));
    learner.ask_all(&all, ask, |g, got| {
        let is_tall = g.nrows() >= g.ncols();
        let (q, loss) = orthonormal(&if is_tall { g.t().to_owned() } else { g.clone() });
        orthonormal_as_it_should(&if is_tall { got.t().to_owned() } else { got.clone() })?;
        let want = if is_tall { q.t().to_owned() } else { q };
        // How far rounding moves Q grows with how nearly dependent the vectors are.
        let scale = loss * (g.nrows() + g.ncols()) as f64;
        all_close("W of `orthogonal`", &got, &want, &Array2::from_elem(g.dim(), scale))
    })
}

/// Four rows that point nearly the same way.
fn nearly_dependent(learner: &mut Learner) -> Array2<f64> {
    let row = learner.array([1, 6], -1.0, 1.0);
    learner.array([4, 6], -1e-6, 1e-6) + &row
}

/// Whether rows of length 1 are orthogonal as exactly as numbers can be. (Lengths are told by the values.)
fn orthonormal_as_it_should(rows: &Array2<f64>) -> Outcome {
    let products = rows.dot(&rows.t());
    let size = rows.ncols() as f64;
    let all_are_of_length_one = products.diag().iter().all(|it| (it - 1.0).abs() < 1e-9);
    let mut angles = products.indexed_iter().filter(|((i, j), _)| i != j);
    let largest =
        angles.try_fold(0.0, |largest: f64, (_, it)| it.is_finite().then(|| largest.max(it.abs())));
    match largest {
        Some(largest)
            if all_are_of_length_one && largest < 1e-3 && largest > 64.0 * size * f64::EPSILON =>
        {
            Err(Miss::failed(
                "W of `orthogonal` is not orthogonal to the last digits, where the vectors that were handed in are \
                 nearly dependent. What is left of such a vector is small, and most of its digits are rounding. Take \
                 off what it has of the others once more.",
            ))
        }
        _ => Ok(()),
    }
}

fn moment(learner: &mut Learner) -> Outcome {
    let alphas = learner.decades(-3.0, 3.0, 24);
    let factors = learner.decades(-1.0, 1.0, 24);
    let mut calls = Vec::new();
    for at in 0..24 {
        let layers = [1, 2, 10, 0, 3, 24, 5, 150][at % 8];
        let width = [1, 256, 4, 768, 33, 7][at % 6];
        let sign = if at.is_multiple_of(2) { 1.0 } else { -1.0 };
        let alpha = if at.is_multiple_of(5) { 0.0 } else { sign * alphas[at] };
        // A factor for each layer that is near 1 where there are many layers.
        let factor = factors[at].powf(8.0 / f64::from(layers.max(8)));
        let variance =
            if at == 22 { 0.0 } else { 2.0 * factor / ((1.0 + alpha * alpha) * f64::from(width)) };
        calls.push((layers as usize, width as usize, variance, alpha));
    }
    for (layers, width, variance) in [(2, 2, 40.0), (2, 1, 700.0), (0, 3, 0.0)] {
        calls.push((layers, width, variance, 0.25));
    }
    let ask = |learner: &mut Learner, call: &(usize, usize, f64, f64)| {
        learner.call(second_moment_after, *call)
    };
    learner.ask_all(&calls, ask, |(layers, width, variance, alpha), got| {
        let of_one = *width as f64 * variance * (0.5 + 0.5 * alpha * alpha);
        let want: f64 = (0..*layers).map(|_| of_one).product();
        // An error of the factor counts as often as there are layers.
        close("the mean square", got, want, want * (1.0 + *layers as f64))
    })
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let (x, w) = (learner.array([4, 2], -1.0, 1.0), learner.array([3, 2], -1.0, 1.0));
    let dz = learner.array([4, 3], -1.0, 1.0);
    let (one, three) = (Array1::ones(1), Array1::ones(3));
    let call = learner.call(outputs, (x.clone(), w.clone(), one.clone()));
    refused("linear", "one bias for three outputs", call)?;
    let call = learner.call(outputs, (dz.clone(), w.clone(), three.clone()));
    refused("linear", "three inputs for weights of two", call)?;

    let mut take = |w: &Array2<f64>, dz: &Array2<f64>, dw: Array2<f64>, db: &Array1<f64>, what| {
        let call = learner.call(gradients, (x.clone(), w.clone(), dz.clone(), dw, db.clone()));
        refused("linear_backward", what, call)
    };
    take(&w, &dz, w.t().to_owned(), &three, "a dL/dW that is transposed")?;
    take(
        &w,
        &dz.slice(ndarray::s![..3, ..]).to_owned(),
        w.clone(),
        &three,
        "three upstream gradients for four samples",
    )?;
    let row = w.slice(ndarray::s![..1, ..]).to_owned();
    let column = dz.slice(ndarray::s![.., ..1]).to_owned();
    take(&row, &column, row.clone(), &three, "three dL/db for one output")?;
    take(&row, &column, w.clone(), &one, "a dL/dW of three rows for one output")?;
    take(&w, &column, w.clone(), &three, "upstream gradients of one output for three")?;
    take(&w, &dz, w.clone(), &one, "one dL/db for three outputs")?;

    let few = vec![0.5, 3.0, -0.25, 2.5];
    let call = learner.call(truncated_normal, (few, (3, 1), 1.0, 2.0));
    refused("truncated_normal", "too few draws within the limit", call)?;
    refused("gpt2_residual", "a model without layers", learner.call(gpt2_residual, (w, 0)))
}

fn refused<T>(function: &str, what: &str, call: Result<T, Miss>) -> Outcome {
    panics(call, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Broadcasting stretches what has one row or one \
             number. Which condition would you assert at the start?"
        )
    })
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    for scale in [1.0, 1e-3, 1e3] {
        let mut matrix = |rows, columns| {
            learner.array([rows, columns], -scale, scale).mapv(|it| f64::from(it as f32))
        };
        let (x, w, dz, dw) = (matrix(5, 4), matrix(3, 4), matrix(5, 3), matrix(3, 4));
        let (b, db) = (matrix(1, 3).row(0).to_owned(), matrix(1, 3).row(0).to_owned());
        let pass = Pass { x, w, b, dz, dw, db, is_small: false };
        compare_in_single(learner, &pass)?;
    }
    Ok(())
}

fn compare_in_single(learner: &mut Learner, pass: &Pass) -> Outcome {
    let [x, w, dz, dw] = [&pass.x, &pass.w, &pass.dz, &pass.dw].map(|it| it.mapv(|it| it as f32));
    let [b, db] = [&pass.b, &pass.db].map(|it| it.mapv(|it| it as f32));
    let (of_z, of_x, of_w, of_b) = (pass.outputs(), pass.dx(), pass.dw(), pass.db());
    let z = learner.call(outputs_f32, (x.clone(), w.clone(), b))?;
    all_close_in_single("Z in f32", &z, &of_z.value, &of_z.scale)?;
    let (dx, dw, db) = learner.call(gradients_f32, (x, w, dz, dw, db))?;
    all_close_in_single("dL/dX in f32", &dx, &of_x.value, &of_x.scale)?;
    all_close_in_single("dL/dW in f32", &dw, &of_w.value, &of_w.scale)?;
    all_close_in_single("dL/db in f32", &db, &of_b.value, &of_b.scale)
}
