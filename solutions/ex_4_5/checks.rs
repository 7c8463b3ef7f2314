//! Checks of lesson 4.5: LayerNorm and RMSNorm.

use engine::checks::{
    Case, Check,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, gradients, panics, same_shape,
};
use ndarray::{Array, Array1, Array2, Axis, Dimension, array};

use super::contract::{
    Cache, CacheF32, layer_norm, layer_norm_backward, layer_norm_backward_f32, layer_norm_f32,
    rms_norm, rms_norm_backward, rms_norm_backward_f32, rms_norm_f32,
};

pub const LESSON: Lesson =
    Lesson::new("LayerNorm and RMSNorm", CHECKS).after(&["ex_3_3", "ex_4_1"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "layer_norm", "LayerNorm at random shapes and scales", 1.0, |learner| {
        outputs(learner, Norm::Layer)
    }),
    Check::hidden(Value, "rms_norm", "RMSNorm at random shapes and scales", 1.0, |learner| {
        outputs(learner, Norm::Rms)
    }),
    Check::hidden(Value, "cache", "x̂ and r, which the backward passes need", 1.0, caches)
        .after(FORWARD),
    Check::hidden(
        Gradient,
        "layer_gradients",
        "the gradients of LayerNorm against finite differences, random upstream gradient",
        2.0,
        |learner| backward(learner, Norm::Layer),
    ),
    Check::hidden(
        Gradient,
        "rms_gradients",
        "the gradients of RMSNorm against finite differences, random upstream gradient",
        1.0,
        |learner| backward(learner, Norm::Rms),
    ),
    Check::hidden(
        Property,
        "extreme",
        "rows of equal numbers, far from zero, tiny and large",
        1.0,
        extreme,
    )
    .after(ALL),
    Check::hidden(Property, "nan", "a NaN stays in its row", 1.0, nan).after(ALL),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(ALL),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(ALL),
];

const FORWARD: &[&str] = ALL.split_at(2).0;
const ALL: &[&str] = &["layer_norm", "rms_norm", "cache", "layer_gradients", "rms_gradients"];

#[derive(Clone, Copy, PartialEq)]
enum Norm {
    Layer,
    Rms,
}

impl Norm {
    /// What a result is called in messages.
    fn name(self, result: &str) -> String {
        match self {
            Self::Layer => format!("{result} of LayerNorm"),
            Self::Rms => format!("{result} of RMSNorm"),
        }
    }

    fn ask(self, learner: &mut Learner, input: &Input) -> Result<(Array2<f64>, Cache), Miss> {
        let Input { x, gamma, beta, eps, .. } = input.clone();
        match self {
            Self::Layer => learner.call(layer_norm, (x, gamma, beta, eps)),
            Self::Rms => learner.call(rms_norm, (x, gamma, eps)),
        }
    }

    /// With the right cache, so that a wrong forward pass is told of once.
    fn ask_backward(self, learner: &mut Learner, input: &Input) -> Result<Gradients<f64>, Miss> {
        let Input { dy, gamma, .. } = input.clone();
        let Normalised { xhat, rstd, .. } = self.of(&input.x, input.eps);
        let cache = Cache { xhat: xhat.value, rstd: rstd.value };
        match self {
            Self::Layer => {
                let (dx, dgamma, dbeta) = learner.call(layer_norm_backward, (dy, cache, gamma))?;
                Ok(Gradients { dx, dgamma, dbeta: Some(dbeta) })
            }
            Self::Rms => {
                let (dx, dgamma) = learner.call(rms_norm_backward, (dy, cache, gamma))?;
                Ok(Gradients { dx, dgamma, dbeta: None })
            }
        }
    }

    fn of(self, x: &Array2<f64>, eps: f64) -> Normalised {
        let rows: Vec<_> =
            x.rows().into_iter().map(|row| self.of_row(&row.to_vec(), eps)).collect();
        let matrix = |of: fn(&Row) -> &Vec<f64>| {
            // In the memory order of x.
            let mut result = x.clone();
            for (mut to, row) in result.rows_mut().into_iter().zip(&rows) {
                to.assign(&Array1::from(of(row).clone()));
            }
            result
        };
        let vector = |of: fn(&Row) -> f64| rows.iter().map(of).collect();
        Normalised {
            xhat: Scaled { value: matrix(|row| &row.xhat), scale: matrix(|row| &row.xhat_scale) },
            rstd: Scaled { value: vector(|row| row.r), scale: vector(|row| row.r_scale) },
        }
    }

    /// By distances from the first number of the row, so that rows far from zero lose nothing.
    fn of_row(self, x: &[f64], eps: f64) -> Row {
        let width = x.len() as f64;
        let shift = match self {
            Self::Layer => x[0] + x.iter().map(|it| it - x[0]).sum::<f64>() / width,
            Self::Rms => 0.0,
        };
        let distances: Vec<_> = x.iter().map(|it| it - shift).collect();
        let square = distances.iter().map(|it| it * it).sum::<f64>() / width;
        let r = 1.0 / (square + eps).sqrt();
        // Where something is taken off each number, rounding errors are relative to the numbers themselves.
        let lost = match self {
            Self::Layer => r * x.iter().fold(0.0, |largest: f64, it| largest.max(it.abs())),
            Self::Rms => 0.0,
        };
        let xhat: Vec<_> = distances.iter().map(|it| it * r).collect();
        let xhat_scale = xhat.iter().map(|it| it.abs() * (1.0 + lost) + lost).collect();
        Row { xhat, xhat_scale, r, r_scale: r * (1.0 + lost) }
    }
}

struct Row {
    xhat: Vec<f64>,
    xhat_scale: Vec<f64>,
    r: f64,
    r_scale: f64,
}

/// A right result, and the magnitude that its rounding error is relative to.
struct Scaled<D: Dimension> {
    value: Array<f64, D>,
    scale: Array<f64, D>,
}

impl<D: Dimension> Scaled<D> {
    fn compare(&self, name: &str, got: &Array<f64, D>) -> Outcome {
        all_close(name, got, &self.value, &self.scale)
    }

    fn compare_in_single(&self, name: &str, got: &Array<f32, D>) -> Outcome {
        all_close_in_single(&format!("{name} in f32"), got, &self.value, &self.scale)
    }
}

struct Normalised {
    xhat: Scaled<ndarray::Ix2>,
    rstd: Scaled<ndarray::Ix1>,
}

impl Normalised {
    fn outputs(&self, norm: Norm, gamma: &Array1<f64>, beta: &Array1<f64>) -> Scaled<ndarray::Ix2> {
        let magnitudes = &self.xhat.scale * &gamma.mapv(f64::abs);
        match norm {
            Norm::Layer => Scaled {
                value: &self.xhat.value * gamma + beta,
                scale: magnitudes + beta.mapv(f64::abs),
            },
            Norm::Rms => Scaled { value: &self.xhat.value * gamma, scale: magnitudes },
        }
    }

    /// The gradients by what the forward pass kept.
    fn gradients(&self, norm: Norm, dy: &Array2<f64>, gamma: &Array1<f64>) -> RightGradients {
        let (xhat, rstd) = (&self.xhat.value, self.rstd.value.view().insert_axis(Axis(1)));
        let column_of_means = |of: Array2<f64>| {
            let width = of.ncols() as f64;
            (of.sum_axis(Axis(1)) / width).insert_axis(Axis(1))
        };
        let d = dy * gamma;
        let along = column_of_means(&d * xhat);
        let size_along = column_of_means((&d * xhat).mapv(f64::abs));
        // A mean of x̂ that is not quite 0 comes back as well, or does not, depending on the order of steps.
        let mut scale = d.mapv(f64::abs) + &self.xhat.scale * &size_along;
        let mut dx = &d - &(xhat * &along);
        if norm == Norm::Layer {
            dx = dx - column_of_means(d);
            scale = &scale + &column_of_means(scale.clone());
        }
        let sum = |of: Array2<f64>| Scaled {
            value: of.sum_axis(Axis(0)),
            scale: of.mapv(f64::abs).sum_axis(Axis(0)),
        };
        RightGradients {
            dx: Scaled { value: dx * rstd, scale: scale * rstd },
            dgamma: sum(dy * xhat),
            dbeta: sum(dy.clone()),
        }
    }
}

/// What a backward pass gives; RMSNorm has no β.
struct Gradients<F> {
    dx: Array2<F>,
    dgamma: Array1<F>,
    dbeta: Option<Array1<F>>,
}

struct RightGradients {
    dx: Scaled<ndarray::Ix2>,
    dgamma: Scaled<ndarray::Ix1>,
    dbeta: Scaled<ndarray::Ix1>,
}

impl RightGradients {
    fn compare(&self, norm: Norm, got: &Gradients<f64>) -> Outcome {
        self.dx.compare(&norm.name(DX), &got.dx)?;
        self.dgamma.compare(&norm.name(DGAMMA), &got.dgamma)?;
        got.dbeta.as_ref().map_or(Ok(()), |got| self.dbeta.compare(&norm.name(DBETA), got))
    }

    fn compare_in_single(&self, norm: Norm, got: &Gradients<f32>) -> Outcome {
        self.dx.compare_in_single(&norm.name(DX), &got.dx)?;
        self.dgamma.compare_in_single(&norm.name(DGAMMA), &got.dgamma)?;
        let compare = |got| self.dbeta.compare_in_single(&norm.name(DBETA), got);
        got.dbeta.as_ref().map_or(Ok(()), compare)
    }
}

/// The names of results, in messages.
const Y: &str = "Y";
const XHAT: &str = "x̂";
const R: &str = "r";
const DX: &str = "dL/dX";
const DGAMMA: &str = "dL/dγ";
const DBETA: &str = "dL/dβ";

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

#[derive(Clone)]
struct Input {
    x: Array2<f64>,
    gamma: Array1<f64>,
    beta: Array1<f64>,
    eps: f64,
    dy: Array2<f64>,
    /// Whether there are few numbers, all of order 1.
    is_small: bool,
}

impl Input {
    /// Given rows, with everything else of order 1.
    fn of(learner: &mut Learner, x: Array2<f64>, eps: f64) -> Self {
        let [gamma, beta] = [0; 2].map(|_| learner.array(x.ncols(), -2.0, 2.0));
        let dy = learner.array(x.dim(), -2.0, 2.0);
        Self { x, gamma, beta, eps, dy, is_small: false }
    }
}

/// Over all shapes, orders and scales, also of the rows of one array, and over all decades of ε.
fn inputs(learner: &mut Learner) -> Vec<Input> {
    let mut cases: Vec<Case<2, 4>> = learner.cases();
    // More rows than anybody adds up at once.
    cases.push(Case::ordinary([300, 3]));
    let decades = learner.decades(-8.0, 0.0, cases.len());
    let mut input = |(case, eps): (Case<2, 4>, f64)| {
        let [for_x, for_gamma, for_beta, for_dy] = case.fillings;
        let width = case.sizes[1];
        let mut x = learner.filled(case.sizes, for_x);
        if !case.is_ordinary {
            let scales = [1.0, 1e-3, 1e3].into_iter().cycle();
            x.rows_mut().into_iter().zip(scales).for_each(|(mut row, scale)| row *= scale);
        }
        Input {
            gamma: learner.filled(width, for_gamma),
            beta: learner.filled(width, for_beta),
            // With a small ε, a row of two numbers jumps where they are equal.
            eps: if case.is_ordinary { learner.uniform(0.1, 0.5) } else { eps },
            dy: learner.filled(case.sizes, for_dy),
            is_small: case.is_ordinary && x.len() <= FEW,
            x,
        }
    };
    cases.into_iter().zip(decades).map(&mut input).collect()
}

fn outputs(learner: &mut Learner, norm: Norm) -> Outcome {
    let inputs = inputs(learner);
    let ask = |learner: &mut Learner, input: &Input| norm.ask(learner, input);
    learner.ask_all(&inputs, ask, |input, (y, _)| compare_outputs(norm, input, &y))
}

fn compare_outputs(norm: Norm, input: &Input, got: &Array2<f64>) -> Outcome {
    let want = norm.of(&input.x, input.eps).outputs(norm, &input.gamma, &input.beta);
    want.compare(&norm.name(Y), got)
}

fn compare_cache(norm: Norm, input: &Input, got: &Cache) -> Outcome {
    let want = norm.of(&input.x, input.eps);
    want.xhat.compare(&norm.name(XHAT), &got.xhat)?;
    want.rstd.compare(&norm.name(R), &got.rstd)
}

fn caches(learner: &mut Learner) -> Outcome {
    let inputs = inputs(learner);
    for norm in [Norm::Layer, Norm::Rms] {
        let ask = |learner: &mut Learner, input: &Input| norm.ask(learner, input);
        learner.ask_all(&inputs, ask, |input, (_, cache)| compare_cache(norm, input, &cache))?;
    }
    Ok(())
}

fn backward(learner: &mut Learner, norm: Norm) -> Outcome {
    for input in inputs(learner) {
        let got = norm.ask_backward(learner, &input)?;
        if input.is_small {
            differences(learner, norm, &input, &got)?;
        }
        compare_gradients(norm, &input, &got)?;
    }
    Ok(())
}

fn compare_gradients(norm: Norm, input: &Input, got: &Gradients<f64>) -> Outcome {
    let want = norm.of(&input.x, input.eps).gradients(norm, &input.dy, &input.gamma);
    want.compare(norm, got)
}

/// The loss L = Σ dL/dY ∘ Y, whose gradients are asked for.
fn differences(learner: &mut Learner, norm: Norm, input: &Input, got: &Gradients<f64>) -> Outcome {
    let Input { x, gamma, beta, eps, dy, .. } = input;
    same_shape(&norm.name(DX), got.dx.shape(), x.shape())?;
    same_shape(&norm.name(DGAMMA), got.dgamma.shape(), gamma.shape())?;
    let loss = |x: &Array2<f64>, gamma: &Array1<f64>, beta: &Array1<f64>| {
        (dy * &norm.of(x, *eps).outputs(norm, gamma, beta).value).sum()
    };
    let own = |learner: &mut Learner, x: &Array2<f64>, gamma: &Array1<f64>, beta: &Array1<f64>| {
        let (x, gamma, beta) = (x.clone(), gamma.clone(), beta.clone());
        let (y, _) = norm.ask(learner, &Input { x, gamma, beta, ..input.clone() })?;
        same_shape(&norm.name(Y), y.shape(), dy.shape())?;
        Ok((dy * &y).sum())
    };
    let arguments = (("X", x, &got.dx), ("γ", gamma, &got.dgamma));
    let result = match &got.dbeta {
        Some(dbeta) => {
            same_shape(&norm.name(DBETA), dbeta.shape(), beta.shape())?;
            let (of_x, of_gamma) = arguments;
            gradients(
                learner,
                (of_x, of_gamma, ("β", beta, dbeta)),
                |(x, gamma, beta)| loss(x, gamma, beta),
                |learner, (x, gamma, beta)| own(learner, x, gamma, beta),
            )
        }
        None => gradients(
            learner,
            arguments,
            |(x, gamma)| loss(x, gamma, beta),
            |learner, (x, gamma)| own(learner, x, gamma, beta),
        ),
    };
    result.map_err(|miss| in_words(norm, miss))
}

/// Names the norm beside each gradient.
fn in_words(norm: Norm, miss: Miss) -> Miss {
    let message = [DX, DGAMMA, DBETA]
        .iter()
        .fold(miss.message.clone(), |message, name| message.replace(name, &norm.name(name)));
    let message = message.replace("`forward`", "the forward pass");
    let quantities = miss.quantities.iter().map(|name| norm.name(name)).collect();
    Miss { message, quantities, ..miss }
}

/// Rows in which something cancels or vanishes.
fn extreme(learner: &mut Learner) -> Outcome {
    let small = learner.uniform(1e-4, 2e-4);
    let rows = array![
        [2.0, 2.0, 2.0, 2.0],
        [0.0, 0.0, 0.0, 0.0],
        [1e8, 1e8 + 1.0, 1e8 + 2.0, 1e8 + 3.0],
        [-3e7, -3e7 + 0.5, -3e7, -3e7 + 2.5],
        [small, -2.0 * small, 3.0 * small, 0.5 * small],
        [3e5, -1e6, 2e5, 1e4],
    ];
    for eps in [1e-5, 1e-12, 1e-18, 300.0] {
        for norm in [Norm::Layer, Norm::Rms] {
            for row in rows.rows() {
                alone(learner, norm, row.to_owned().insert_axis(Axis(0)), eps)?;
            }
            alone(learner, norm, rows.clone(), eps)?;
            // One number sticks out: its x̂ is nearly √D.
            let peak =
                Array2::from_shape_fn([1, 64], |(_, column)| f64::from(u8::from(column == 5)));
            alone(learner, norm, peak, eps)?;
            alone(learner, norm, Array2::zeros([0, 3]), eps)?;
            // Of a row of one number LayerNorm leaves β.
            alone(learner, norm, array![[0.0], [-3.0], [1e4]], eps)?;
        }
    }
    Ok(())
}

fn alone(learner: &mut Learner, norm: Norm, x: Array2<f64>, eps: f64) -> Outcome {
    let is_far = x.iter().any(|it| it.abs() > 1e7);
    let is_constant = x.rows().into_iter().any(|row| row.iter().all(|it| *it == row[0]));
    let input = Input::of(learner, x, eps);
    let explained = |miss: Miss| explained(norm, is_far, is_constant, miss);
    let (y, cache) = norm.ask(learner, &input)?;
    compare_outputs(norm, &input, &y).map_err(explained)?;
    compare_cache(norm, &input, &cache).map_err(explained)?;
    let got = norm.ask_backward(learner, &input)?;
    compare_gradients(norm, &input, &got).map_err(explained)
}

/// What it means that a norm goes wrong in such a row alone.
fn explained(norm: Norm, is_far: bool, is_constant: bool, miss: Miss) -> Miss {
    let name = miss.quantities.first().cloned().unwrap_or_default();
    let why = if norm == Norm::Layer && is_far {
        "has lost its digits in a row far from zero, such as 10⁸ + (0, 1, 2, 3). A difference of two numbers \
         near 10¹⁶ has an error near 1, and the variance is about 1. What can be taken off first?"
    } else if is_constant {
        "is wrong in a row of equal numbers, or of zeros. Its variance is 0, and ε is what keeps the quotient a \
         number."
    } else {
        return miss;
    };
    miss.saying(format!("{name} {why}"))
}

/// A row with a NaN is NaN, and the rows beside it are not: of X in Y, and of dL/dY in dL/dX.
fn nan(learner: &mut Learner) -> Outcome {
    let with_nan = array![[0.5, f64::NAN, -1.5], [0.25, 2.0, 0.75]];
    let input = Input::of(learner, with_nan.clone(), 1e-3);
    for norm in [Norm::Layer, Norm::Rms] {
        let (y, _) = norm.ask(learner, &input)?;
        nan_in_first_row(
            &norm.name(Y),
            &y,
            "with a NaN. All of the row is multiplied by one number, which is NaN",
        )?;
    }
    let x = learner.array([2, 3], -2.0, 2.0);
    let input = Input { dy: with_nan, ..Input::of(learner, x, 1e-3) };
    for norm in [Norm::Layer, Norm::Rms] {
        let Gradients { dx, .. } = norm.ask_backward(learner, &input)?;
        nan_in_first_row(
            &norm.name(DX),
            &dx,
            "whose dL/dY has a NaN. A mean over the row is taken off all of it",
        )?;
    }
    Ok(())
}

/// All of the first row is NaN, and nothing of the second one.
fn nan_in_first_row(name: &str, got: &Array2<f64>, why: &str) -> Outcome {
    same_shape(name, got.shape(), &[2, 3])?;
    if !got.row(0).iter().all(|it| it.is_nan()) {
        return Err(Miss::failed(format!(
            "{name} has a number in a row {why}: something hides the NaN. Whoever debugs a network needs to see it."
        )));
    }
    if got.row(1).iter().any(|it| it.is_nan()) {
        return Err(Miss::failed(format!("{name} is NaN in a row because another row has a NaN")));
    }
    Ok(())
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let x = learner.array([2, 3], -2.0, 2.0);
    let ok = || Array1::ones(3);
    let forward = [
        (Array1::ones(1), ok(), "one number for γ and three columns"),
        (Array1::ones(4), ok(), "four numbers for γ and three columns"),
        (ok(), Array1::ones(1), "one number for β and three columns"),
    ];
    for (gamma, beta, what) in forward {
        let answer = learner.call(layer_norm, (x.clone(), gamma.clone(), beta, 0.1));
        refused("layer_norm", what, answer)?;
        if gamma.len() != 3 {
            let answer = learner.call(rms_norm, (x.clone(), gamma, 0.1));
            refused("rms_norm", what, answer)?;
        }
    }
    let backward = [
        ([2, 3], Array1::ones(1), "one number for γ and three columns"),
        ([1, 3], ok(), "one row of dL/dY and two of x̂"),
        ([2, 1], Array1::ones(1), "one column of dL/dY and three of x̂"),
    ];
    for (shape, gamma, what) in backward {
        let cache = || Cache { xhat: x.clone(), rstd: Array1::ones(2) };
        let dy = Array2::ones(shape);
        let answer = learner.call(layer_norm_backward, (dy.clone(), cache(), gamma.clone()));
        refused("layer_norm_backward", what, answer)?;
        refused("rms_norm_backward", what, learner.call(rms_norm_backward, (dy, cache(), gamma)))?;
    }
    Ok(())
}

fn refused<A>(function: &str, what: &str, answer: Result<A, Miss>) -> Outcome {
    panics(answer, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it: an axis of length 1 is stretched to fit. Which \
             lengths would you compare at the start?"
        )
    })
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let near = learner.array([4, 5], -3.0, 3.0).mapv(|x| x as f32);
    let far = array![[1e-3_f32, -2e-3, 5e-4], [300.0, -1e3, 200.0], [4096.0, 4097.0, 4099.0]];
    for x in [near, far] {
        let eps = 1e-5_f32;
        let [gamma, beta] =
            [0; 2].map(|_| learner.array(x.ncols(), -2.0, 2.0).mapv(|it| it as f32));
        let dy = learner.array(x.dim(), -2.0, 2.0).mapv(|it| it as f32);
        for norm in [Norm::Layer, Norm::Rms] {
            let (y, cache) = match norm {
                Norm::Layer => {
                    learner.call(layer_norm_f32, (x.clone(), gamma.clone(), beta.clone(), eps))?
                }
                Norm::Rms => learner.call(rms_norm_f32, (x.clone(), gamma.clone(), eps))?,
            };
            let want = norm.of(&x.mapv(f64::from), eps.into());
            let outputs = want.outputs(norm, &gamma.mapv(f64::from), &beta.mapv(f64::from));
            outputs.compare_in_single(&norm.name(Y), &y)?;
            want.xhat.compare_in_single(&norm.name(XHAT), &cache.xhat)?;
            want.rstd.compare_in_single(&norm.name(R), &cache.rstd)?;
            single_backward(learner, norm, want, &dy, &gamma)?;
        }
    }
    Ok(())
}

/// From a cache in f32.
fn single_backward(
    learner: &mut Learner,
    norm: Norm,
    normalised: Normalised,
    dy: &Array2<f32>,
    gamma: &Array1<f32>,
) -> Outcome {
    let xhat = normalised.xhat.value.mapv(|it| it as f32);
    let rstd = normalised.rstd.value.mapv(|it| it as f32);
    let of_cache = Normalised {
        xhat: Scaled { value: xhat.mapv(f64::from), ..normalised.xhat },
        rstd: Scaled { value: rstd.mapv(f64::from), ..normalised.rstd },
    };
    let want = of_cache.gradients(norm, &dy.mapv(f64::from), &gamma.mapv(f64::from));
    let cache = CacheF32 { xhat, rstd };
    let (dy, gamma) = (dy.clone(), gamma.clone());
    let got = match norm {
        Norm::Layer => {
            let (dx, dgamma, dbeta) = learner.call(layer_norm_backward_f32, (dy, cache, gamma))?;
            Gradients { dx, dgamma, dbeta: Some(dbeta) }
        }
        Norm::Rms => {
            let (dx, dgamma) = learner.call(rms_norm_backward_f32, (dy, cache, gamma))?;
            Gradients { dx, dgamma, dbeta: None }
        }
    };
    want.compare_in_single(norm, &got)
}
