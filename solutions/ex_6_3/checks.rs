//! Checks of lesson 6.3: feed-forward and the pre-norm block.

#[allow(clippy::duplicate_mod, reason = "the checks of two lessons compare with it")]
#[path = "reference.rs"]
mod reference;

use engine::{
    checks::{
        Check, Filling,
        Kind::{Gradient, Property, Value},
        Learner, Lesson, Miss, Outcome, Tensor, added, all_close, all_close_in_single, gradients,
        gradients_of_model, panics, same_parts, same_shape,
    },
    wire::Wire,
};
use ndarray::{Array1, Array2, ArrayD, Axis, ShapeBuilder, s};

use super::contract::{
    Block, FeedForward, FeedForwardCache, Norm, SwigluCache, block, block_backward,
    ex_4_5::Cache,
    ex_6_2::{Attention, Heads, Linear},
    feed_forward, feed_forward_backward, hidden_width, norm, norm_backward, swiglu,
    swiglu_backward, swiglu_backward_f32, swiglu_f32,
};
use reference::{Shape, Weights, arrays, with_each};

pub const LESSON: Lesson = Lesson::new("Feed-forward and the pre-norm block", CHECKS)
    .after(&["ex_4_3", "ex_4_5", "ex_4_6", "ex_6_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "width", "the hidden width", 1.0, widths),
    Check::hidden(Value, "swiglu", "Y of SwiGLU at random shapes and scales", 1.0, outputs),
    Check::hidden(Value, "swiglu_cache", "x, a and c, which the backward pass needs", 1.0, caches)
        .after(&["swiglu"]),
    Check::hidden(
        Gradient,
        "swiglu_gradients",
        "the gradients of SwiGLU against finite differences, random upstream gradient",
        2.0,
        swiglu_gradients,
    ),
    Check::hidden(Property, "doubled", "a second factor twice as large", 1.0, doubled)
        .after(&["swiglu"]),
    Check::hidden(Value, "parts", "norms and feed-forward layers of both kinds", 1.0, parts)
        .after(&["swiglu"]),
    Check::hidden(
        Gradient,
        "part_gradients",
        "their gradients against finite differences, added to what is there",
        2.0,
        part_gradients,
    )
    .after(&["swiglu_gradients"]),
    Check::hidden(Value, "block", "Y of the block, with both kinds of parts", 2.0, blocks)
        .after(&["parts"]),
    Check::hidden(
        Gradient,
        "block_gradients",
        "every gradient of the block against finite differences",
        3.0,
        block_gradients,
    )
    .after(&["block", "part_gradients"]),
    Check::hidden(Property, "identity", "a block whose layers give zeros", 1.0, identity)
        .after(BLOCK),
    Check::hidden(
        Property,
        "leak",
        "a later token moves nothing earlier, forward and backward",
        1.0,
        leak,
    )
    .after(BLOCK),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(ORDINARY),
    Check::hidden(Value, "single", "SwiGLU in single precision", 1.0, single)
        .after(&["swiglu", "swiglu_gradients"]),
];

const BLOCK: &[&str] = &["block", "block_gradients"];
const ORDINARY: &[&str] = &["width", "swiglu", "swiglu_gradients", "parts", "part_gradients"];

fn widths(learner: &mut Learner) -> Outcome {
    let mut cases = vec![(768, 1), (512, 64), (4096, 256), (1, 1), (3, 8), (0, 5), (9, 24)];
    cases.extend((0..12).map(|_| {
        let rng = learner.rng();
        (rng.usize(1..5000), rng.usize(1..300))
    }));
    for (width, multiple) in cases {
        let got = learner.call(hidden_width, (width, multiple))?;
        let is_enough = |hidden: usize| 3 * hidden >= 8 * width;
        let message = if got % multiple != 0 {
            "`hidden_width` gives a number that is no multiple of `multiple`"
        } else if !is_enough(got) {
            "`hidden_width` gives a number below 8/3 of the width: it is rounded up"
        } else if got >= multiple && is_enough(got - multiple) {
            "`hidden_width` gives a number to which a smaller multiple is to be preferred"
        } else {
            continue;
        };
        return Err(Miss::failed(message).revealing(format!("{width}, {multiple}: got {got}")));
    }
    Ok(())
}

/// The names of results, in messages.
const Y: &str = "Y of SwiGLU";
const SWIGLU_GRADIENTS: [&str; 4] = ["dL/dX", "dL/dW1", "dL/dW2", "dL/dW3"];

/// Rows, widths and hidden widths: square, pairwise different, 1 and above 32.
const SHAPES: [[usize; 3]; 8] =
    [[3, 3, 3], [2, 4, 3], [1, 1, 1], [1, 3, 2], [5, 2, 7], [4, 6, 1], [34, 2, 3], [3, 33, 35]];

/// How many numbers are compared with finite differences at once.
const FEW: usize = 60;

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// A right result, and the magnitude that its rounding error is relative to.
type Scaled = (Array2<f64>, Array2<f64>);

/// Inputs and weights of SwiGLU, and an upstream gradient.
struct Gated {
    x: Array2<f64>,
    w1: Array2<f64>,
    w2: Array2<f64>,
    w3: Array2<f64>,
    dy: Array2<f64>,
    /// Whether there are few numbers, all of order 1.
    is_small: bool,
}

impl Gated {
    /// Over shapes of all kinds, then with each argument small, large and 0, in either memory order.
    fn list(learner: &mut Learner) -> Vec<Self> {
        let shapes = SHAPES.map(|shape| (shape, [1.0; 5]));
        let scales = (0..5).flat_map(|argument| {
            let with = |scale| std::array::from_fn(|at| if at == argument { scale } else { 1.0 });
            // The largest has numbers of either sign whose exponential is infinite.
            [1e-3, 1e3, 1e4, 0.0].map(|scale| ([2, 4, 3], with(scale)))
        });
        let mut gated = |([n, d, f], scales): ([usize; 3], [f64; 5])| {
            let [of_x, of_w1, of_w2, of_w3, of_dy] =
                scales.map(|scale| Filling { scale, column_major: learner.rng().bool() });
            Self {
                x: learner.filled([n, d], of_x),
                w1: learner.filled([f, d], of_w1),
                w2: learner.filled([d, f], of_w2),
                w3: learner.filled([f, d], of_w3),
                dy: learner.filled([n, d], of_dy),
                is_small: scales == [1.0; 5] && 2 * n * d + 3 * d * f <= FEW,
            }
        };
        shapes.into_iter().chain(scales).map(&mut gated).collect()
    }

    fn ask(&self, learner: &mut Learner) -> Result<(Array2<f64>, SwigluCache), Miss> {
        let Self { x, w1, w2, w3, .. } = self;
        learner.call(swiglu, (x.clone(), w1.clone(), w2.clone(), w3.clone()))
    }

    fn a(&self) -> Scaled {
        (self.x.dot(&self.w1.t()), self.x.abs().dot(&self.w1.abs().t()))
    }

    fn c(&self) -> Scaled {
        (self.x.dot(&self.w3.t()), self.x.abs().dot(&self.w3.abs().t()))
    }

    fn y(&self) -> Scaled {
        let ((a, size_a), (c, size_c)) = (self.a(), self.c());
        let gate = a.mapv(|a| a * sigmoid(a));
        let size_gate = gate.abs() + a.mapv(slope).abs() * size_a;
        let size_h = size_gate * c.abs() + gate.abs() * size_c;
        ((gate * c).dot(&self.w2.t()), size_h.dot(&self.w2.abs().t()))
    }

    /// dL/dX, dL/dW₁, dL/dW₂ and dL/dW₃.
    fn gradients(&self) -> [Scaled; 4] {
        let Self { x, w1, w2, w3, dy, .. } = self;
        let ((a, _), (c, _)) = (self.a(), self.c());
        let (dh, size_dh) = (dy.dot(w2), dy.abs().dot(&w2.abs()));
        let gate = a.mapv(|a| a * sigmoid(a));
        let da = &dh * &c * a.mapv(slope);
        let size_da = &size_dh * &c.abs() * a.mapv(|a| sigmoid(a) * (1.0 + a.abs() * sigmoid(-a)));
        let (dc, size_dc) = (&dh * &gate, &size_dh * &gate.abs());
        let h = gate * c;
        [
            (da.dot(w1) + dc.dot(w3), size_da.dot(&w1.abs()) + size_dc.dot(&w3.abs())),
            (da.t().dot(x), size_da.t().dot(&x.abs())),
            (dy.t().dot(&h), dy.abs().t().dot(&h.abs())),
            (dc.t().dot(x), size_dc.t().dot(&x.abs())),
        ]
    }
}

/// The derivative of SiLU.
fn slope(a: f64) -> f64 {
    sigmoid(a) * (1.0 + a * sigmoid(-a))
}

fn outputs(learner: &mut Learner) -> Outcome {
    let cases = Gated::list(learner);
    learner.ask_all(
        &cases,
        |learner, it| it.ask(learner),
        |it, (y, _)| {
            let (want, scale) = it.y();
            all_close(Y, &y, &want, &scale)
        },
    )
}

fn caches(learner: &mut Learner) -> Outcome {
    let cases = Gated::list(learner);
    learner.ask_all(
        &cases,
        |learner, it| it.ask(learner),
        |it, (_, SwigluCache { x, a, c })| {
            all_close("x in the cache", &x, &it.x, &Array2::zeros(it.x.dim()))?;
            let ((want_a, size_a), (want_c, size_c)) = (it.a(), it.c());
            all_close("a in the cache", &a, &want_a, &size_a)?;
            all_close("c in the cache", &c, &want_c, &size_c)
        },
    )
}

/// With the right cache, so that a wrong forward pass is told of once.
fn swiglu_gradients(learner: &mut Learner) -> Outcome {
    for gated in Gated::list(learner) {
        let Gated { x, w1, w2, w3, dy, is_small } = &gated;
        let cache = SwigluCache { x: x.clone(), a: gated.a().0, c: gated.c().0 };
        let arguments = (dy.clone(), cache, w1.clone(), w2.clone(), w3.clone());
        let (dx, dw1, dw2, dw3) = learner.call(swiglu_backward, arguments)?;
        let got = [&dx, &dw1, &dw2, &dw3];
        for ((name, got), like) in SWIGLU_GRADIENTS.iter().zip(got).zip([x, w1, w2, w3]) {
            same_shape(name, got.shape(), like.shape())?;
        }
        if *is_small {
            let loss =
                |(x, w1, w2, w3): (&Array2<f64>, &Array2<f64>, &Array2<f64>, &Array2<f64>)| {
                    let gate = x.dot(&w1.t()).mapv(|a| a * sigmoid(a));
                    (dy * &(gate * x.dot(&w3.t())).dot(&w2.t())).sum()
                };
            gradients(
                learner,
                (("X", x, &dx), ("W1", w1, &dw1), ("W2", w2, &dw2), ("W3", w3, &dw3)),
                loss,
                |learner, (x, w1, w2, w3)| {
                    let arguments = (x.clone(), w1.clone(), w2.clone(), w3.clone());
                    let (y, _) = learner.call(swiglu, arguments)?;
                    same_shape(Y, y.shape(), dy.shape())?;
                    Ok((dy * &y).sum())
                },
            )?;
        }
        for ((name, got), (want, scale)) in SWIGLU_GRADIENTS.iter().zip(got).zip(gated.gradients())
        {
            all_close(name, got, &want, &scale)?;
        }
    }
    Ok(())
}

/// Y is proportional to W₃, to the bit where the factor is a power of 2.
fn doubled(learner: &mut Learner) -> Outcome {
    for gated in Gated::list(learner).into_iter().take(4) {
        let (y, _) = gated.ask(learner)?;
        let (twice, _) = Gated { w3: 2.0 * &gated.w3, ..gated }.ask(learner)?;
        if twice != 2.0 * y {
            return Err(Miss::failed(
                "Y of SwiGLU is not twice as large where W₃ is: X·W₃ᵀ is a factor of each hidden number, and \
                 nothing else depends on W₃",
            ));
        }
    }
    Ok(())
}

/// Which parts a block has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    /// LayerNorm, GELU, and biases.
    Gpt2,
    /// RMSNorm, SwiGLU, and no bias.
    Llama,
}

const STYLES: [Style; 2] = [Style::Gpt2, Style::Llama];

impl Style {
    fn norm(self, learner: &mut Learner, width: usize) -> Norm {
        let gain = learner.array(width, 0.5, 1.5);
        match self {
            Self::Gpt2 => Norm::Layer { gain, bias: learner.array(width, -1.0, 1.0) },
            Self::Llama => Norm::Rms { gain },
        }
    }

    fn linear(self, learner: &mut Learner, shape: [usize; 2]) -> Linear {
        let column_major = learner.rng().bool();
        let w = learner.filled(shape, Filling { scale: 1.0, column_major });
        let b = (self == Self::Gpt2).then(|| learner.array(shape[0], -1.0, 1.0));
        Linear { w, b }
    }

    fn attention(self, learner: &mut Learner, width: usize, heads: &Heads) -> Attention {
        let keys = width / heads.heads * heads.kv_heads;
        let q = self.linear(learner, [width, width]);
        let [k, v] = [(); 2].map(|()| self.linear(learner, [keys, width]));
        Attention { q, k, v, o: self.linear(learner, [width, width]) }
    }

    fn feed_forward(self, learner: &mut Learner, width: usize, hidden: usize) -> FeedForward {
        match self {
            Self::Gpt2 => FeedForward::Gelu {
                up: self.linear(learner, [hidden, width]),
                down: self.linear(learner, [width, hidden]),
            },
            Self::Llama => FeedForward::SwiGlu {
                w1: learner.array([hidden, width], -1.0, 1.0),
                w2: learner.array([width, hidden], -1.0, 1.0),
                w3: learner.array([hidden, width], -1.0, 1.0),
            },
        }
    }

    fn block(self, learner: &mut Learner, width: usize, hidden: usize, heads: &Heads) -> Block {
        Block {
            norm1: self.norm(learner, width),
            attention: self.attention(learner, width, heads),
            norm2: self.norm(learner, width),
            feed_forward: self.feed_forward(learner, width, hidden),
        }
    }
}

/// Rows of order 1, 10⁻³ and 10³, and of zeros, in turn, in either memory order.
fn rows(learner: &mut Learner, shape: [usize; 2]) -> Array2<f64> {
    let columns = learner.rng().bool();
    let mut x = learner.array(shape.set_f(columns), -2.0, 2.0);
    let scales = [1.0, 1e-3, 1e3, 0.0].into_iter().cycle();
    x.rows_mut().into_iter().zip(scales).for_each(|(mut row, scale)| row *= scale);
    x
}

/// How many roundings further apart two right results may be than the last sum alone makes them: each of the steps
/// in front of it rounds as well.
const STEPS: f64 = 30.0;

/// Compares what layers have added to `x`, on the scale of the largest number that was added.
fn compare(name: &str, got: &Array2<f64>, want: &Array2<f64>, x: &Array2<f64>) -> Outcome {
    all_close(name, got, want, &scale_of(want, x))
}

fn scale_of(want: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    let largest = (want - x).fold(0.0, |largest: f64, it| largest.max(it.abs()));
    STEPS * (want.abs() + x.abs() + largest)
}

/// The names and the values of arrays.
fn unzipped(arrays: Vec<(String, ArrayD<f64>)>) -> (Vec<String>, Vec<ArrayD<f64>>) {
    arrays.into_iter().unzip()
}

/// What the reference makes of a part's weights.
fn right<T: Wire + Clone, R>(weights: &T, of: impl FnOnce(&Weights) -> R) -> R {
    let (names, values) = unzipped(arrays(weights.clone()));
    of(&Weights::new(&names, &values))
}

fn parts(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        for (shape, hidden, epsilon, of_norm) in [
            ([3, 3], 3, 0.1, 1.0),
            ([3, 3], 3, 1e-5, 1.0),
            ([1, 6], 2, 1e-8, 1.0),
            ([4, 2], 40, 0.5, 1e3),
            ([34, 2], 3, 1e-3, 1.0),
        ] {
            let x = rows(learner, shape);
            let weights = with_each(style.norm(learner, shape[1]), |_, array| of_norm * array);
            let (y, cache) = learner.call(norm, (x.clone(), weights.clone(), epsilon))?;
            let want = right(&weights, |weights| reference::norm(&x, weights, epsilon));
            let name = |of: &str| format!("{of} of `norm` of the kind {}", style.norm_kind());
            compare(&name("Y"), &y, &want, &Array2::zeros(x.dim())).map_err(|miss| {
                if !has_own_epsilon(&x, &weights, &y) {
                    return miss;
                }
                let message =
                    format!("{} has an ε of its own, and not the one that is handed in", name("Y"));
                miss.saying(message)
            })?;
            let want = norm_cache(&x, style, epsilon);
            compare(&name("x̂"), &cache.xhat, &want.xhat, &Array2::zeros(x.dim()))?;
            all_close(&name("r"), &cache.rstd, &want.rstd, &(STEPS * &want.rstd))?;

            let weights = style.feed_forward(learner, shape[1], hidden);
            let (y, cache) = learner.call(feed_forward, (x.clone(), weights.clone()))?;
            let want = right(&weights, |weights| reference::feed_forward(&x, weights));
            let name = format!("`feed_forward` of the kind {}", style.activation());
            compare(&name, &y, &want, &Array2::zeros(x.dim())).map_err(|miss| {
                if !is_another_gelu(&weights, &y, &want) {
                    return miss;
                }
                let message = format!(
                    "{name} is nearly right, as with another form of GELU. Which one is asked for?"
                );
                miss.saying(message)
            })?;
            compare_caches(&name, cache, cache_of(&x, &weights))?;
        }
    }
    Ok(())
}

/// Whether this is Y with one of the usual ε.
fn has_own_epsilon(x: &Array2<f64>, weights: &Norm, y: &Array2<f64>) -> bool {
    [0.0, 1e-12, 1e-8, 1e-6, 1e-5].into_iter().any(|epsilon| {
        let other = right(weights, |weights| reference::norm(x, weights, epsilon));
        compare("", y, &other, &Array2::zeros(x.dim())).is_ok()
    })
}

/// How far apart two forms of GELU are at most.
const FORMS_OF_GELU: f64 = 1e-3;

/// Whether Y is off by no more than another form of GELU makes it.
fn is_another_gelu(weights: &FeedForward, y: &Array2<f64>, want: &Array2<f64>) -> bool {
    let FeedForward::Gelu { down, .. } = weights else { return false };
    let most = FORMS_OF_GELU * down.w.mapv(f64::abs).sum_axis(Axis(1));
    let is_near = |(at, want): ((usize, usize), &f64)| (y[at] - want).abs() <= most[at.1];
    y.dim() == want.dim() && want.indexed_iter().all(is_near)
}

/// Compares what `feed_forward` keeps.
fn compare_caches(name: &str, got: FeedForwardCache, want: FeedForwardCache) -> Outcome {
    if std::mem::discriminant(&got) != std::mem::discriminant(&want) {
        return Err(Miss::failed(format!("the cache of {name} is of another kind")));
    }
    let [got, want] = [got, want].map(arrays::<f64>);
    same_parts(&format!("the cache of {name}"), &got, &want)?;
    for ((field, got), (_, want)) in got.into_iter().zip(want) {
        let largest = want.fold(0.0, |largest: f64, it| largest.max(it.abs()));
        let scale = want.mapv(|_| STEPS * largest);
        all_close(&format!("{field} in the cache of {name}"), &got, &want, &scale)?;
    }
    Ok(())
}

impl Style {
    fn norm_kind(self) -> &'static str {
        match self {
            Self::Gpt2 => "Layer",
            Self::Llama => "Rms",
        }
    }

    fn activation(self) -> &'static str {
        match self {
            Self::Gpt2 => "Gelu",
            Self::Llama => "SwiGlu",
        }
    }
}

/// Compares what a backward pass has added to gradients, and the gradient by X.
fn compare_gradients<T: Wire + Clone>(
    learner: &mut Learner,
    x: &Array2<f64>,
    weights: &T,
    before: &T,
    (dx, after): (Array2<f64>, T),
    loss: impl Fn(&Array2<f64>, &Weights) -> f64,
) -> Outcome {
    let (names, values) = unzipped(arrays(weights.clone()));
    let [after, before] = [after, before.clone()].map(arrays::<f64>);
    let gradients = added("the gradient of the weights", after, &before)?;
    let x_and_dx =
        Tensor { name: "X".to_owned(), value: x.clone().into_dyn(), gradient: dx.into_dyn() };
    let of_weights = names.iter().zip(&values).zip(gradients).map(|((name, value), gradient)| {
        Tensor { name: name.clone(), value: value.clone(), gradient }
    });
    let tensors: Vec<_> = [x_and_dx].into_iter().chain(of_weights).collect();
    gradients_of_model(learner.rng(), &tensors, |at| {
        let x = at[0].clone().into_dimensionality().expect("X stays a matrix");
        loss(&x, &Weights::new(&names, &at[1..]))
    })
}

/// Other numbers in the places of all arrays, some of them large and one of them 0, column by column.
fn like<T: Wire + Clone>(learner: &mut Learner, weights: &T) -> T {
    with_each(weights.clone(), |_, array| {
        let mut other = learner.array(array.raw_dim().set_f(true), -300.0, 300.0);
        other.iter_mut().take(1).for_each(|first| *first = 0.0);
        other
    })
}

fn part_gradients(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        for (shape, hidden) in [([3, 3], 3), ([4, 2], 5)] {
            // A row of zeros in each.
            let [x, dy] = [0, 1].map(|zeros| {
                let columns = learner.rng().bool();
                let mut rows = learner.array(shape.set_f(columns), -2.0, 2.0);
                rows.row_mut(zeros).fill(0.0);
                rows
            });
            let dy = 100.0 * dy;
            let dot = |y: Array2<f64>| (&dy * &y).sum();

            let (weights, epsilon) = (style.norm(learner, shape[1]), learner.uniform(0.1, 0.5));
            let before = like(learner, &weights);
            let cache = norm_cache(&x, style, epsilon);
            let arguments = (dy.clone(), cache, weights.clone(), before.clone());
            // Another call with other numbers comes first.
            let others = norm_cache(&dy, style, epsilon);
            let (other, sums) = (like(learner, &weights), like(learner, &before));
            learner.call(norm_backward, (x.clone(), others, other, sums))?;
            let got = learner.call(norm_backward, arguments)?;
            compare_gradients(learner, &x, &weights, &before, got, |x, weights| {
                dot(reference::norm(x, weights, epsilon))
            })
            .map_err(|miss| within("norm_backward", style, miss))?;
            large_rstd(learner, (dy.clone(), norm_cache(&x, style, epsilon), weights, before))
                .map_err(|miss| within("norm_backward", style, miss))?;

            let weights = style.feed_forward(learner, shape[1], hidden);
            let before = like(learner, &weights);
            let arguments = (dy.clone(), cache_of(&x, &weights), weights.clone(), before.clone());
            let (other, sums) = (like(learner, &weights), like(learner, &before));
            let others = (x.clone(), cache_of(&dy, &other), other, sums);
            learner.call(feed_forward_backward, others)?;
            let got = learner.call(feed_forward_backward, arguments)?;
            compare_gradients(learner, &x, &weights, &before, got, |x, weights| {
                dot(reference::feed_forward(x, weights))
            })
            .map_err(|miss| within("feed_forward_backward", style, miss))?;
        }
    }
    Ok(())
}

/// dL/dX is proportional to r, to the bit where the factor is a power of 2.
fn large_rstd(
    learner: &mut Learner,
    (dy, cache, weights, before): (Array2<f64>, Cache, Norm, Norm),
) -> Outcome {
    let large = Cache { xhat: cache.xhat.clone(), rstd: 1024.0 * &cache.rstd };
    let arguments = (dy.clone(), cache, weights.clone(), before.clone());
    let (dx, _) = learner.call(norm_backward, arguments)?;
    let (of_large, _) = learner.call(norm_backward, (dy, large, weights, before))?;
    if of_large == 1024.0 * dx {
        return Ok(());
    }
    Err(Miss::failed(
        "dL/dX is not 1024 times as large where r is: r is a factor of each number of dL/dX, and nothing else depends \
         on it",
    ))
}

/// Says where a gradient is wrong.
fn within(function: &str, style: Style, miss: Miss) -> Miss {
    let kind = match function {
        "norm_backward" => style.norm_kind(),
        _ => style.activation(),
    };
    Miss { message: format!("in `{function}` of the kind {kind}, {}", miss.message), ..miss }
}

/// x̂ and r of lesson 4.5.
fn norm_cache(x: &Array2<f64>, style: Style, epsilon: f64) -> Cache {
    let width = x.ncols() as f64;
    let mut xhat = x.clone();
    let rstd = xhat.rows_mut().into_iter().map(|mut row| {
        let mean = if style == Style::Gpt2 { row.sum() / width } else { 0.0 };
        row -= mean;
        let rstd = 1.0 / (row.pow2().sum() / width + epsilon).sqrt();
        row *= rstd;
        rstd
    });
    let rstd = rstd.collect();
    Cache { xhat, rstd }
}

/// What `feed_forward` keeps.
fn cache_of(x: &Array2<f64>, weights: &FeedForward) -> FeedForwardCache {
    let x = x.clone();
    match weights {
        FeedForward::SwiGlu { w1, w3, .. } => {
            let (a, c) = (x.dot(&w1.t()), x.dot(&w3.t()));
            FeedForwardCache::SwiGlu { cache: SwigluCache { x, a, c } }
        }
        FeedForward::Gelu { up, .. } => {
            let bias = up.b.clone().unwrap_or_else(|| Array1::zeros(up.w.nrows()));
            let z = x.dot(&up.w.t()) + bias;
            let rate = (2.0 / std::f64::consts::PI).sqrt();
            let h = z.mapv(|z| 0.5 * z * (1.0 + (rate * (z + 0.044715 * z.powi(3))).tanh()));
            FeedForwardCache::Gelu { x, z, h }
        }
    }
}

/// A block, its rows, and what belongs to them.
struct Stack {
    x: Array2<f64>,
    weights: Block,
    heads: Heads,
    epsilon: f64,
    batch: usize,
}

impl Stack {
    /// Of so many heads, keys and numbers in each head, over sequences of `time` rows.
    fn of(
        learner: &mut Learner,
        style: Style,
        [heads, kv_heads, width]: [usize; 3],
        [batch, time]: [usize; 2],
        rope: Option<f64>,
    ) -> Self {
        let (heads, width) = (Heads { heads, kv_heads, rope }, heads * width);
        let hidden = width + 1;
        let weights = style.block(learner, width, hidden, &heads);
        let x = learner.array([batch * time, width], -2.0, 2.0);
        Self { x, weights, heads, epsilon: learner.uniform(0.1, 0.5), batch }
    }

    /// Of either style, small.
    fn small(learner: &mut Learner, style: Style) -> Self {
        match style {
            Style::Gpt2 => Self::of(learner, style, [2, 2, 3], [2, 3], None),
            Style::Llama => Self::of(learner, style, [2, 1, 4], [3, 2], Some(100.0)),
        }
    }

    fn shape(&self) -> Shape {
        let Heads { heads, kv_heads, rope } = self.heads;
        Shape { batch: self.batch, heads, kv_heads, rope, epsilon: self.epsilon }
    }

    fn ask(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        let Self { x, weights, heads, epsilon, batch } = self;
        learner.call(block, (x.clone(), weights.clone(), heads.clone(), *epsilon, *batch))
    }

    fn ask_backward(
        &self,
        learner: &mut Learner,
        dy: &Array2<f64>,
        before: &Block,
    ) -> Result<(Array2<f64>, Block), Miss> {
        let Self { x, weights, heads, epsilon, batch } = self;
        let of_block = (weights.clone(), heads.clone(), *epsilon, *batch);
        let (weights, heads, epsilon, batch) = of_block;
        let arguments = (dy.clone(), x.clone(), weights, heads, before.clone(), epsilon, batch);
        learner.call(block_backward, arguments)
    }

    fn right(&self) -> Array2<f64> {
        right(&self.weights, |weights| reference::block(&self.x, weights, &self.shape()))
    }
}

const Y_OF_BLOCK: &str = "Y of the block";

fn blocks(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for style in STYLES {
        // Twice of the same sizes.
        for (heads, sequences, rope, epsilon) in [
            ([2, 2, 3], [2, 3], None, 0.2),
            ([2, 2, 3], [2, 3], None, 1e-3),
            ([12, 6, 2], [1, 5], Some(1e4), 1e-5),
            // Two pairs for RoPE to turn: the first turns alike with every base.
            ([3, 1, 4], [3, 2], Some(50.0), 1e-8),
            ([1, 1, 4], [101, 1], None, 0.4),
        ] {
            let stack = Stack::of(learner, style, heads, sequences, rope);
            let x = rows(learner, [stack.x.nrows(), stack.x.ncols()]);
            cases.push(Stack { x, epsilon, ..stack });
        }
    }
    learner.ask_all(
        &cases,
        |learner, it| it.ask(learner),
        |it, y| compare(Y_OF_BLOCK, &y, &it.right(), &it.x),
    )
}

fn block_gradients(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        let stack = Stack::small(learner, style);
        // Column by column, with a large row and a zero.
        let by_columns = stack.x.dim().set_f(true);
        let mut x = learner.array(by_columns, -2.0, 2.0);
        x.row_mut(0).mapv_inplace(|it| 100.0 * it);
        x[[1, 0]] = 0.0;
        let dy = 100.0 * learner.array(by_columns, -2.0, 2.0);
        let stack = Stack { x, ..stack };
        let before = like(learner, &stack.weights);
        // Another call with other numbers comes first.
        let weights = with_each(stack.weights.clone(), |_, array| array / -2.0);
        let heads = stack.heads.clone();
        let other = Stack { x: dy.clone(), weights, heads, epsilon: 1.0, batch: stack.batch };
        let sums = like(learner, &stack.weights);
        other.ask_backward(learner, &stack.x, &sums)?;
        let got = stack.ask_backward(learner, &dy, &before)?;
        let shape = stack.shape();
        compare_gradients(learner, &stack.x, &stack.weights, &before, got, |x, weights| {
            (&dy * &reference::block(x, weights, &shape)).sum()
        })?;
    }
    Ok(())
}

/// Layers that end in zeros add nothing, and so the way around is all there is.
fn identity(learner: &mut Learner) -> Outcome {
    let is_last = |name: &str| {
        ["attention.o", "feed_forward.w2", "feed_forward.down"]
            .iter()
            .any(|it| name.starts_with(it))
    };
    for style in STYLES {
        // More heads and sequences than elsewhere.
        let many = Stack::of(learner, style, [6, 6, 1], [101, 1], None);
        for mut stack in [Stack::small(learner, style), many] {
            stack.weights =
                with_each(
                    stack.weights,
                    |name, array| {
                        if is_last(name) { array * 0.0 } else { array }
                    },
                );
            is_identity(learner, &stack)?;
        }
    }
    Ok(())
}

fn is_identity(learner: &mut Learner, stack: &Stack) -> Outcome {
    if stack.ask(learner)? != stack.x {
        return Err(Miss::failed(
            "the block is not the identity where Wo and W₂ are 0: both layers add zeros to X, and nothing else stands \
             on the way around",
        ));
    }
    let dy = learner.array(stack.x.dim(), -2.0, 2.0);
    let before = like(learner, &stack.weights);
    let (dx, after) = stack.ask_backward(learner, &dy, &before)?;
    if dx != dy {
        return Err(Miss::failed(
            "dL/dX of the block is not dL/dY where Wo and W₂ are 0: nothing comes back through the layers, and all of \
             it on the way around",
        ));
    }
    let inner = |of: &Block| {
        let Attention { q, k, v, .. } = &of.attention;
        [q, k, v].map(|layer| layer.w.clone())
    };
    if inner(&after) != inner(&before) {
        return Err(Miss::failed(
            "the gradients of Wq, Wk and Wv change where Wo and W₂ are 0: nothing comes back to them",
        ));
    }
    Ok(())
}

/// To the bit: what is multiplied by 0 leaves no trace.
fn leak(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        let stack = Stack { epsilon: 1e-5, ..Stack::small(learner, style) };
        let (time, width) = (stack.x.nrows() / stack.batch, stack.x.ncols());
        let token = time - 1;
        let row = time + token;
        let mut x = stack.x.clone();
        x.row_mut(row).assign(&learner.array(width, -2.0, 2.0));
        let y = stack.ask(learner)?;
        let moved =
            Stack { x, weights: stack.weights.clone(), heads: stack.heads.clone(), ..stack };
        let changed = moved.ask(learner)?;
        same_shape(Y_OF_BLOCK, changed.shape(), y.shape())?;
        if y.slice(s![..row, ..]) != changed.slice(s![..row, ..]) {
            return Err(Miss::failed(
                "the last token of a batch moves rows of Y that come before it: those of earlier tokens, or of other \
                 sequences",
            ));
        }
        let mut dy = Array2::zeros(moved.x.dim());
        dy.row_mut(time).assign(&learner.array(width, -2.0, 2.0));
        let before = like(learner, &moved.weights);
        let (dx, _) = moved.ask_backward(learner, &dy, &before)?;
        same_shape("dL/dX of the block", dx.shape(), moved.x.shape())?;
        let others = dx.rows().into_iter().enumerate().filter(|(at, _)| *at != time);
        if others.into_iter().any(|(_, row)| row.iter().any(|it| *it != 0.0)) {
            return Err(Miss::failed(
                "a gradient at the first token of a sequence reaches other rows of dL/dX: that token hears nobody but \
                 itself",
            ));
        }
    }
    Ok(())
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let refuses = |what: &str| format!("{what} is taken, where it should be refused with a panic");
    panics(learner.call(hidden_width, (8, 0)), || refuses("a multiple of 0 in `hidden_width`"))?;
    let x = learner.array([2, 3], -2.0, 2.0);
    let mut matrix = |rows, columns| learner.array([rows, columns], -1.0, 1.0);
    let (w1, w2) = (matrix(4, 3), matrix(3, 4));
    let (one_gated, one_out) = (matrix(1, 3), matrix(1, 4));
    let answer = learner.call(swiglu, (x.clone(), w1.clone(), w2.clone(), one_gated));
    panics(answer, || refuses("a W₃ of one row beside a W₁ of four in `swiglu`"))?;
    let answer = learner.call(swiglu, (x.clone(), w1.clone(), one_out, w1));
    panics(answer, || refuses("a W₂ that leads to one number beside an X of three in `swiglu`"))?;

    let [of_layer, of_rms] = STYLES.map(|style| style.norm(learner, 3));
    let cache = norm_cache(&x, Style::Llama, 0.1);
    let norms = (of_rms.clone(), of_layer.clone());
    let answer = learner.call(norm_backward, (x.clone(), cache, norms.0, norms.1));
    panics(answer, || refuses("the gradient of a LayerNorm in `norm_backward` of an RMSNorm"))?;
    let cache = norm_cache(&x, Style::Gpt2, 0.1);
    let answer = learner.call(norm_backward, (x.clone(), cache, of_layer, of_rms));
    panics(answer, || refuses("the gradient of an RMSNorm in `norm_backward` of a LayerNorm"))?;
    let [gelu, gated] = STYLES.map(|style| style.feed_forward(learner, 3, 4));
    let thin = Style::Llama.feed_forward(learner, 3, 1);
    for (weights, gradients, what) in [
        (&gated, &gelu, "the gradient of a `Gelu` in `feed_forward_backward` of a `SwiGlu`"),
        (&gelu, &gated, "the gradient of a `SwiGlu` in `feed_forward_backward` of a `Gelu`"),
        (&thin, &gated, "a gradient of F = 4 in `feed_forward_backward` of weights of F = 1"),
    ] {
        let arguments = (x.clone(), cache_of(&x, weights), weights.clone(), gradients.clone());
        panics(learner.call(feed_forward_backward, arguments), || refuses(what))?;
    }

    let mut stack = Stack::small(learner, Style::Llama);
    let o = &mut stack.weights.attention.o.w;
    *o = o.slice(s![..1, ..]).to_owned();
    let what = "attention that gives one number for each row in `block`";
    panics(stack.ask(learner), || refuses(what))?;

    let mut stack = Stack::small(learner, Style::Llama);
    if let FeedForward::SwiGlu { w2, .. } = &mut stack.weights.feed_forward {
        *w2 = w2.slice(s![..1, ..]).to_owned();
    }
    let answer = stack.ask(learner);
    panics(answer, || refuses("a feed-forward layer that gives one number for each row in `block`"))
}

/// Numbers that f32 holds.
fn single(learner: &mut Learner) -> Outcome {
    let coarse = |it: f64| it as f32;
    for gated in Gated::list(learner).into_iter().filter(|gated| gated.is_small) {
        let [x, w1, w2, w3, dy] =
            [&gated.x, &gated.w1, &gated.w2, &gated.w3, &gated.dy].map(|it| it.mapv(coarse));
        let exact = |it: &Array2<f32>| it.mapv(f64::from);
        let gated = Gated {
            x: exact(&x),
            w1: exact(&w1),
            w2: exact(&w2),
            w3: exact(&w3),
            dy: exact(&dy),
            is_small: true,
        };
        let weights = || (w1.clone(), w2.clone(), w3.clone());
        let (of_w1, of_w2, of_w3) = weights();
        let (y, cache) = learner.call(swiglu_f32, (x.clone(), of_w1, of_w2, of_w3))?;
        let (want, scale) = gated.y();
        all_close_in_single("Y of SwiGLU in f32", &y, &want, &scale)?;
        let (of_w1, of_w2, of_w3) = weights();
        let got = learner.call(swiglu_backward_f32, (dy, cache, of_w1, of_w2, of_w3))?;
        let got = [got.0, got.1, got.2, got.3];
        for ((name, got), (want, scale)) in SWIGLU_GRADIENTS.iter().zip(got).zip(gated.gradients())
        {
            all_close_in_single(&format!("{name} in f32"), &got, &want, &(4.0 * scale))?;
        }
    }
    Ok(())
}
