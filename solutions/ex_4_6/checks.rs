//! Checks of lesson 4.6: dropout and residual.

use engine::checks::{
    Callback, Case, Check,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, gradients, panics, same_shape,
};
use ndarray::{Array2, ShapeBuilder, array};

use super::contract::{
    dropout, dropout_backward, dropout_backward_f32, dropout_f32, pre_norm, pre_norm_backward,
    residual, residual_backward, residual_backward_f32, residual_f32,
};

pub const LESSON: Lesson = Lesson::new("Dropout and residual", CHECKS).after(&["ex_3_3", "ex_4_5"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "dropout", "Y of dropout at random shapes, draws and p", 1.0, outputs),
    Check::hidden(Value, "mask", "the mask, which the backward pass needs", 1.0, masks)
        .after(&["dropout"]),
    Check::hidden(Value, "dropout_gradient", "dL/dX of dropout, for masks of all p", 1.0, of_mask),
    Check::hidden(Property, "evaluation", "in evaluation nothing is dropped", 1.0, evaluation),
    Check::hidden(Property, "ends", "p = 0, p = 1, and draws that equal p", 1.0, ends)
        .after(DROPOUT),
    Check::hidden(Value, "residual", "x + f(x), with f called once", 1.0, |learner| {
        Block::Residual.check(learner)
    }),
    Check::hidden(
        Gradient,
        "residual_gradient",
        "dL/dX of the residual against finite differences",
        1.0,
        |learner| Block::Residual.check_gradient(learner),
    ),
    Check::hidden(Value, "pre_norm", "x + f(norm(x)), with both called once", 1.0, |learner| {
        Block::PreNorm.check(learner)
    }),
    Check::hidden(
        Gradient,
        "pre_norm_gradient",
        "dL/dX of the pre-norm block against finite differences",
        1.0,
        |learner| Block::PreNorm.check_gradient(learner),
    ),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(ALL),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(ALL),
];

const DROPOUT: &[&str] = ALL.split_at(4).0;
const ALL: &[&str] = &[
    "dropout",
    "mask",
    "dropout_gradient",
    "evaluation",
    "residual",
    "residual_gradient",
    "pre_norm",
    "pre_norm_gradient",
];

/// The names of results, in messages.
const Y: &str = "Y of dropout";
const MASK: &str = "the mask";
const DX: &str = "dL/dX of dropout";

/// Draws with everything that belongs to them.
struct Drop {
    x: Array2<f64>,
    u: Array2<f64>,
    p: f64,
}

impl Drop {
    fn mask(&self) -> Array2<f64> {
        self.u.mapv(|u| if u < self.p { 0.0 } else { 1.0 / (1.0 - self.p) })
    }

    fn compare(&self, y: &Array2<f64>) -> Outcome {
        let want = self.mask() * &self.x;
        all_close(Y, y, &want, &want.mapv(f64::abs))
    }

    fn compare_mask(&self, mask: &Array2<f64>) -> Outcome {
        let want = self.mask();
        all_close(MASK, mask, &want, &want)
    }

    fn ask(&self, learner: &mut Learner) -> Result<(Array2<f64>, Array2<f64>), Miss> {
        learner.call(dropout, (self.x.clone(), self.u.clone(), self.p, true))
    }
}

/// Over all shapes, orders and scales of X, with p from one end to the other.
fn drops(learner: &mut Learner) -> Vec<Drop> {
    let mut cases: Vec<Case<2, 2>> = learner.cases();
    // More rows than a byte counts.
    cases.push(Case::ordinary([300, 3]));
    let mut drop = |case: Case<2, 2>| {
        let [for_x, for_u] = case.fillings;
        let shape = case.sizes.set_f(for_u.column_major);
        let p = match learner.rng().usize(..4) {
            _ if case.is_ordinary => learner.uniform(0.1, 0.4),
            0 => learner.uniform(0.99, 0.999),
            1 => learner.uniform(0.001, 0.01),
            _ => learner.uniform(0.05, 0.95),
        };
        Drop { x: learner.filled(case.sizes, for_x), u: learner.array(shape, 0.0, 1.0), p }
    };
    let mut drops: Vec<_> = cases.into_iter().map(&mut drop).collect();
    // A mask with the mean of the one in evaluation.
    let (x, u) = (learner.array([2, 2], 1.0, 2.0), array![[0.25, 0.75], [0.9, 0.1]]);
    drops.push(Drop { x, u, p: 0.5 });
    drops
}

fn outputs(learner: &mut Learner) -> Outcome {
    let drops = drops(learner);
    let ask = |learner: &mut Learner, drop: &Drop| drop.ask(learner);
    learner.ask_all(&drops, ask, |drop, (y, _)| drop.compare(&y))
}

fn masks(learner: &mut Learner) -> Outcome {
    let drops = drops(learner);
    let ask = |learner: &mut Learner, drop: &Drop| drop.ask(learner);
    learner.ask_all(&drops, ask, |drop, (_, mask)| drop.compare_mask(&mask))
}

/// The mask is the one that is handed in, and not that of the last forward pass.
fn of_mask(learner: &mut Learner) -> Outcome {
    for drop in drops(learner) {
        let (dy, mask) = (&drop.x, drop.mask());
        let got = learner.call(dropout_backward, (dy.clone(), mask.clone()))?;
        let want = dy * &mask;
        all_close(DX, &got, &want, &want.mapv(f64::abs))?;
    }
    Ok(())
}

/// Whatever the draws are, and whether there are any.
fn evaluation(learner: &mut Learner) -> Outcome {
    for p in [0.0, 0.3, 0.75, 1.0] {
        for drawn in [[3, 4], [0, 0], [2, 5]] {
            let x = learner.array([3, 4], -2.0, 2.0);
            let u = learner.array(drawn, 0.0, 1.0);
            let (y, mask) = learner.call(dropout, (x.clone(), u, p, false))?;
            all_close("Y of dropout in evaluation", &y, &x, &x.mapv(f64::abs))?;
            let ones = Array2::ones(x.dim());
            all_close("the mask in evaluation", &mask, &ones, &ones)?;
        }
    }
    Ok(())
}

/// Where p is 0, 1 or nearly 1, where a draw equals p, and where x is 0.
fn ends(learner: &mut Learner) -> Outcome {
    let x = array![[1.5, -2.0, 0.0, 0.25], [-0.5, 0.0, 3.0, -1.0]];
    let p = learner.uniform(0.2, 0.7);
    let below = p * (1.0 - f64::EPSILON);
    let largest = 1.0 - f64::EPSILON / 2.0;
    for p in [p, 0.0, 1.0 - 1e-9, 1.0] {
        let u = array![[p, below, below, 0.999], [0.0, p, p, 0.5]].mapv(|u: f64| u.min(largest));
        let drop = Drop { x: x.clone(), u, p };
        let (y, mask) = drop.ask(learner)?;
        let is_nan = y.iter().chain(&mask).any(|it| it.is_nan());
        let explained = |miss: Miss| {
            match p {
            _ if is_nan => miss.saying(
                "dropout is NaN for p = 1: 1/(1 − p) is infinite there, and 0·∞ is NaN. All numbers are dropped, so \
                 all outputs are 0.",
            ),
            0.0 => miss.saying("for p = 0 something is dropped or changed. Draws of 0 come now and then."),
            _ if (0.99..1.0).contains(&p) => miss.saying(
                "where p is nearly 1, dropout keeps other numbers, or multiplies them by another number than 1/(1 − p): \
                 that is large there, and nothing has to keep it small.",
            ),
            _ => miss,
        }
        };
        drop.compare(&y).map_err(explained)?;
        drop.compare_mask(&mask).map_err(explained)?;
    }
    Ok(())
}

/// A function of a matrix, and the gradient by it at some point.
type Layer = Callback<(Array2<f64>,), Array2<f64>>;

#[derive(Clone, Copy, PartialEq)]
enum Block {
    Residual,
    PreNorm,
}

/// x of a block, and what its layers are made of: f(v) = size·tanh(v·A) and norm(v) = sin(v)·B, which are no layers that
/// anybody would guess.
#[derive(Clone)]
struct Layers {
    x: Array2<f64>,
    a: Array2<f64>,
    b: Array2<f64>,
    size: f64,
}

impl Layers {
    fn f(&self, v: &Array2<f64>) -> Array2<f64> {
        self.size * v.dot(&self.a).mapv(f64::tanh)
    }

    fn f_backward(&self, v: &Array2<f64>, d: &Array2<f64>) -> Array2<f64> {
        let slopes = v.dot(&self.a).mapv(|z| self.size * (1.0 - z.tanh().powi(2)));
        (d * &slopes).dot(&self.a.t())
    }

    fn norm(&self, v: &Array2<f64>) -> Array2<f64> {
        v.mapv(f64::sin).dot(&self.b)
    }

    fn norm_backward(&self, v: &Array2<f64>, d: &Array2<f64>) -> Array2<f64> {
        d.dot(&self.b.t()) * v.mapv(f64::cos)
    }
}

impl Block {
    const fn name(self) -> &'static str {
        match self {
            Self::Residual => "Y of the residual",
            Self::PreNorm => "Y of the pre-norm block",
        }
    }

    const fn gradient_name(self) -> &'static str {
        match self {
            Self::Residual => "dL/dX of the residual",
            Self::PreNorm => "dL/dX of the pre-norm block",
        }
    }

    /// What is added to x.
    fn branch(self, layers: &Layers, x: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::Residual => layers.f(x),
            Self::PreNorm => layers.f(&layers.norm(x)),
        }
    }

    fn branch_backward(self, layers: &Layers, dy: &Array2<f64>) -> Array2<f64> {
        let x = &layers.x;
        match self {
            Self::Residual => layers.f_backward(x, dy),
            Self::PreNorm => layers.norm_backward(x, &layers.f_backward(&layers.norm(x), dy)),
        }
    }

    /// Y of the learner's block at x.
    fn ask(
        self,
        learner: &mut Learner,
        layers: &Layers,
        x: &Array2<f64>,
    ) -> Result<Array2<f64>, Miss> {
        let [of_f, of_norm] = [layers.clone(), layers.clone()];
        let f = Layer::new(move |(v,)| of_f.f(&v));
        let norm = Layer::new(move |(v,)| of_norm.norm(&v));
        match self {
            Self::Residual => {
                let y = learner.call(residual, (x.clone(), f.clone()))?;
                once("residual", "f", &f)?;
                Ok(y)
            }
            Self::PreNorm => {
                let y = learner.call(pre_norm, (x.clone(), norm.clone(), f.clone()))?;
                once("pre_norm", "norm", &norm)?;
                once("pre_norm", "f", &f)?;
                Ok(y)
            }
        }
    }

    fn ask_backward(
        self,
        learner: &mut Learner,
        layers: &Layers,
        dy: &Array2<f64>,
    ) -> Result<Array2<f64>, Miss> {
        let [of_f, of_norm] = [layers.clone(), layers.clone()];
        let at = match self {
            Self::Residual => layers.x.clone(),
            Self::PreNorm => layers.norm(&layers.x),
        };
        let f = Layer::new(move |(d,)| of_f.f_backward(&at, &d));
        let norm = Layer::new(move |(d,)| of_norm.norm_backward(&of_norm.x, &d));
        match self {
            Self::Residual => {
                let dx = learner.call(residual_backward, (dy.clone(), f.clone()))?;
                once("residual_backward", "f_backward", &f)?;
                Ok(dx)
            }
            Self::PreNorm => {
                let arguments = (dy.clone(), norm.clone(), f.clone());
                let dx = learner.call(pre_norm_backward, arguments)?;
                once("pre_norm_backward", "norm_backward", &norm)?;
                once("pre_norm_backward", "f_backward", &f)?;
                Ok(dx)
            }
        }
    }

    fn check(self, learner: &mut Learner) -> Outcome {
        let inputs: Vec<_> = inputs(learner).into_iter().map(|(layers, ..)| layers).collect();
        let ask = |learner: &mut Learner, layers: &Layers| self.ask(learner, layers, &layers.x);
        learner.ask_all(&inputs, ask, |layers, y| {
            let branch = self.branch(layers, &layers.x);
            let scale = layers.x.mapv(f64::abs) + branch.mapv(f64::abs);
            all_close(self.name(), &y, &(&layers.x + &branch), &scale)
        })
    }

    fn check_gradient(self, learner: &mut Learner) -> Outcome {
        let name = self.gradient_name();
        for (layers, dy, is_small) in inputs(learner) {
            let got = self.ask_backward(learner, &layers, &dy)?;
            same_shape(name, got.shape(), dy.shape())?;
            if is_small {
                let result = gradients(
                    learner,
                    ("X", &layers.x, &got),
                    |x| (&dy * &(x + &self.branch(&layers, x))).sum(),
                    |learner, x| {
                        let y = self.ask(learner, &layers, x)?;
                        same_shape(self.name(), y.shape(), dy.shape())?;
                        Ok((&dy * &y).sum())
                    },
                );
                result.map_err(|miss| in_words(name, miss))?;
            }
            let branch = self.branch_backward(&layers, &dy);
            let scale = dy.mapv(f64::abs) + branch.mapv(f64::abs);
            all_close(name, &got, &(&dy + &branch), &scale)?;
        }
        Ok(())
    }
}

fn in_words(name: &str, miss: Miss) -> Miss {
    let message = miss.message.replace("dL/dX", name);
    let message = message.replace("`forward`", "the forward pass");
    Miss { message, ..miss }.of(&[name])
}

fn once(function: &str, layer: &str, called: &Layer) -> Outcome {
    match called.calls() {
        1 => Ok(()),
        0 => Err(Miss::failed(format!("`{function}` does not call `{layer}`"))),
        calls => Err(Miss::failed(format!(
            "`{function}` calls `{layer}` {calls} times. It may be a whole layer, which takes its time: once is \
             enough, if the result is kept."
        ))),
    }
}

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

/// Over all shapes, orders and scales: the layers, the upstream gradient, and whether there are few numbers, all of
/// order 1.
fn inputs(learner: &mut Learner) -> Vec<(Layers, Array2<f64>, bool)> {
    let cases: Vec<Case<2, 2>> = learner.cases();
    let mut input = |case: Case<2, 2>| {
        let [x, dy] = case.fillings.map(|filling| learner.filled(case.sizes, filling));
        let width = case.sizes[1];
        let [a, b] = [0; 2].map(|_| learner.array([width, width], -1.0, 1.0));
        let size = if case.is_ordinary { 1.0 } else { learner.uniform(100.0, 1000.0) };
        let is_small = case.is_ordinary && x.len() <= FEW;
        (Layers { x, a, b, size }, dy, is_small)
    };
    cases.into_iter().map(&mut input).collect()
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let x = learner.array([2, 3], -2.0, 2.0);
    for (p, training) in [(-0.1, true), (1.1, true), (f64::NAN, true), (1.1, false)] {
        let answer = learner.call(dropout, (x.clone(), Array2::ones([2, 3]), p, training));
        refused("dropout", "a p that is no probability", answer)?;
    }
    for shape in [[1, 3], [2, 1], [3, 2], [0, 0]] {
        let answer = learner.call(dropout, (x.clone(), Array2::zeros(shape), 0.5, true));
        refused("dropout", "draws of another shape than x", answer)?;
        let answer = learner.call(dropout_backward, (x.clone(), Array2::zeros(shape)));
        refused("dropout_backward", "a mask of another shape than dL/dY", answer)?;
    }
    for shape in [[1, 3], [2, 1]] {
        let other = || Layer::new(move |_| Array2::ones(shape));
        let same = || Layer::new(|(v,)| v);
        let answer = learner.call(residual, (x.clone(), other()));
        refused("residual", "a layer whose outputs have another shape than x", answer)?;
        let answer = learner.call(residual_backward, (x.clone(), other()));
        refused("residual_backward", "a gradient of another shape than dL/dY", answer)?;
        let answer = learner.call(pre_norm, (x.clone(), same(), other()));
        refused("pre_norm", "a layer whose outputs have another shape than x", answer)?;
        let answer = learner.call(pre_norm_backward, (x.clone(), other(), same()));
        refused("pre_norm_backward", "a gradient of another shape than dL/dY", answer)?;
    }
    // What fits is answered: a norm may change the width, as long as f changes it back.
    let [wide, back] = [[2, 6], [2, 3]].map(|shape| Layer::new(move |_| Array2::ones(shape)));
    let (want, scale) = (&x + 1.0, x.mapv(f64::abs) + 1.0);
    let y = learner.call(pre_norm, (x.clone(), wide.clone(), back.clone()))?;
    all_close(Block::PreNorm.name(), &y, &want, &scale)?;
    let dx = learner.call(pre_norm_backward, (x, back, wide))?;
    all_close(Block::PreNorm.gradient_name(), &dx, &want, &scale)
}

fn refused<A>(function: &str, what: &str, answer: Result<A, Miss>) -> Outcome {
    panics(answer, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Which condition would you assert at the start? A \
             comparison with NaN is false, and an axis of length 1 is stretched to fit."
        )
    })
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let [x, dy] = [0; 2].map(|_| learner.array([4, 5], -2.0, 2.0).mapv(|it| it as f32));
    let u = learner.array([4, 5], 0.0, 1.0).mapv(|it| it as f32);
    let p = 0.3_f32;
    let (x64, dy64) = (x.mapv(f64::from), dy.mapv(f64::from));
    let drop = Drop { x: x64.clone(), u: u.mapv(f64::from), p: p.into() };
    let mask = drop.mask();
    let (y, got) = learner.call(dropout_f32, (x.clone(), u, p, true))?;
    let want = &mask * &x64;
    all_close_in_single("Y of dropout in f32", &y, &want, &want.mapv(f64::abs))?;
    all_close_in_single("the mask in f32", &got, &mask, &mask)?;
    let dx = learner.call(dropout_backward_f32, (dy.clone(), mask.mapv(|it| it as f32)))?;
    let want = &mask * &dy64;
    all_close_in_single("dL/dX of dropout in f32", &dx, &want, &want.mapv(f64::abs))?;

    let square = || Callback::new(|(v,): (Array2<f32>,)| v.mapv(|it| it * it));
    let y = learner.call(residual_f32, (x, square()))?;
    let want = x64.mapv(|x| x + x * x);
    all_close_in_single("Y of the residual in f32", &y, &want, &x64.mapv(|x| x.abs() + x * x))?;
    let dx = learner.call(residual_backward_f32, (dy, square()))?;
    let want = dy64.mapv(|d| d + d * d);
    all_close_in_single("dL/dX of the residual in f32", &dx, &want, &dy64.mapv(|d| d.abs() + d * d))
}
