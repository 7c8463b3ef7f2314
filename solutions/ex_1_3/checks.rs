//! Checks of lesson 1.3: activations.

use engine::checks::{
    Case, Check, Filling,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, gradients, same_shape, within,
};
use ndarray::{Array1, Array2, Zip, array};

use super::contract::{
    Capacity, Formula, WeakSpot, collapse, collapse_two, leaky_relu, leaky_relu_backward, relu,
    relu_backward, sigmoid, sigmoid_backward, tanh, tanh_backward, weak_spot, without_activations,
};

pub const LESSON: Lesson = Lesson::new("Activations", CHECKS).after(&["ex_1_1"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "smooth", "σ and tanh of random numbers", 1.0, smooth),
    Check::hidden(Value, "relus", "ReLU and leaky ReLU of random numbers", 1.0, relus),
    Check::hidden(
        Gradient,
        "sigmoid_gradient",
        "dL/dZ of the sigmoid against finite differences",
        1.0,
        sigmoid_gradient,
    ),
    Check::hidden(
        Gradient,
        "tanh_gradient",
        "dL/dZ of tanh against finite differences",
        1.0,
        tanh_gradient,
    ),
    Check::hidden(
        Gradient,
        "relu_gradients",
        "dL/dZ of ReLU and leaky ReLU against finite differences",
        1.0,
        relu_gradients,
    ),
    Check::hidden(Property, "far", "far from zero, up to ±1000: no NaN, no digit lost", 1.0, far)
        .after(ALL),
    Check::hidden(Property, "near", "±0, subnormal numbers, and NaN", 1.0, near).after(ALL),
    Check::hidden(Value, "two_layers", "two linear layers as one", 1.0, two_layers),
    Check::hidden(Property, "stack", "a stack of linear layers as one", 1.0, stack)
        .after(&["two_layers"]),
    Check::hidden(Value, "questions", "the two questions", 1.0, questions),
];

/// The checks of the activations and their gradients.
const ALL: &[&str] = &["smooth", "relus", "sigmoid_gradient", "tanh_gradient", "relu_gradients"];

/// One activation, with everything that its checks need. ReLU is a leaky ReLU with α = 0.
#[derive(Clone, Copy)]
struct Activation {
    /// Of the result, in messages.
    name: &'static str,
    gradient_name: &'static str,
    ask: fn(&mut Learner, &Input) -> Answer,
    /// With the upstream gradient.
    ask_backward: fn(&mut Learner, &Input, &Array2<f64>) -> Answer,
    value: fn(z: f64, alpha: f64) -> f64,
    /// The derivative; at a kink, that from the right.
    slope: fn(z: f64, alpha: f64) -> f64,
    /// What an error of `value` is relative to, where the numbers are ordinary.
    scale: fn(z: f64, alpha: f64) -> f64,
}

/// An array that a learner's function gives.
type Answer = Result<Array2<f64>, Miss>;

/// Z and α.
#[derive(Clone)]
struct Input {
    z: Array2<f64>,
    alpha: f64,
}

const SIGMOID: Activation = Activation {
    name: "σ(Z)",
    gradient_name: "dL/dZ of the sigmoid",
    ask: |learner, at| learner.call(sigmoid, (at.z.clone(),)),
    ask_backward: |learner, at, da| {
        learner.call(sigmoid_backward, (da.clone(), SIGMOID.values(at)))
    },
    value: |z, _| logistic(z),
    slope: |z, _| logistic(z) * logistic(-z),
    scale: |_, _| 1.0,
};

const TANH: Activation = Activation {
    name: "tanh(Z)",
    gradient_name: "dL/dZ of tanh",
    ask: |learner, at| learner.call(tanh, (at.z.clone(),)),
    ask_backward: |learner, at, da| learner.call(tanh_backward, (da.clone(), TANH.values(at))),
    value: |z, _| z.tanh(),
    slope: |z, _| z.cosh().powi(-2),
    scale: |_, _| 1.0,
};

const RELU: Activation = Activation {
    name: "relu(Z)",
    gradient_name: "dL/dZ of ReLU",
    ask: |learner, at| learner.call(relu, (at.z.clone(),)),
    ask_backward: |learner, at, da| learner.call(relu_backward, (da.clone(), at.z.clone())),
    value: |z, _| leaky(z, 0.0),
    slope: |z, _| leaky_slope(z, 0.0),
    scale: |z, _| z,
};

const LEAKY_RELU: Activation = Activation {
    name: "leaky_relu(Z)",
    gradient_name: "dL/dZ of leaky ReLU",
    ask: |learner, at| learner.call(leaky_relu, (at.z.clone(), at.alpha)),
    ask_backward: |learner, at, da| {
        learner.call(leaky_relu_backward, (da.clone(), at.z.clone(), at.alpha))
    },
    value: leaky,
    slope: leaky_slope,
    scale: |z, alpha| z * (1.0 + alpha.abs()),
};

/// By e⁻ᶻ/2 and eᶻ/2, unlike the solution; from |z| = 700 on as an exponential alone.
fn logistic(z: f64) -> f64 {
    match z {
        _ if z < -700.0 => z.exp(),
        _ if z > 700.0 => 1.0,
        _ => (z / 2.0).exp() / (2.0 * (z / 2.0).cosh()),
    }
}

fn leaky(z: f64, alpha: f64) -> f64 {
    z * leaky_slope(z, alpha)
}

fn leaky_slope(z: f64, alpha: f64) -> f64 {
    if z < 0.0 { alpha } else { 1.0 }
}

impl Activation {
    fn is_smooth(self) -> bool {
        [SIGMOID.name, TANH.name].contains(&self.name)
    }

    fn map(of: fn(f64, f64) -> f64, at: &Input) -> Array2<f64> {
        at.z.mapv(|z| of(z, at.alpha))
    }

    fn values(self, at: &Input) -> Array2<f64> {
        Self::map(self.value, at)
    }

    fn check(self, learner: &mut Learner, at: &Input) -> Outcome {
        let got = (self.ask)(learner, at)?;
        self.compare(at, &got)
    }

    fn compare(self, at: &Input, got: &Array2<f64>) -> Outcome {
        let result = all_close(self.name, got, &self.values(at), &Self::map(self.scale, at));
        result.map_err(|miss| if self.overflows(at, got) { self.overflowed(miss) } else { miss })
    }

    /// NaN for large numbers, and for no others.
    fn overflows(self, at: &Input, got: &Array2<f64>) -> bool {
        let mut of_nan = at.z.iter().zip(got).filter(|(_, a)| a.is_nan()).map(|(z, _)| z.abs());
        self.is_smooth() && of_nan.clone().next().is_some() && of_nan.all(|z| z > 300.0)
    }

    fn overflowed(self, miss: Miss) -> Miss {
        let message = format!(
            "{} is NaN where |z| is large. An exponential is infinite above z = 709.78, and ∞/∞ is NaN: for \
             which signs of z does one in your formula overflow?",
            self.name
        );
        miss.saying(message)
    }

    /// Compares dL/dZ with its closed form; at a kink, with what the slopes of both sides allow.
    fn check_gradient(self, learner: &mut Learner, at: &Input, da: &Array2<f64>) -> Outcome {
        let got = (self.ask_backward)(learner, at, da)?;
        let right = da * &Self::map(self.slope, at);
        let want = if self.is_smooth() {
            right
        } else {
            same_shape(self.gradient_name, got.shape(), at.z.shape())?;
            let left = da * (self.slope)(-1.0, at.alpha);
            Zip::from(&got).and(&at.z).and(&right).and(&left).map_collect(|got, z, right, left| {
                let allowed = right.min(*left)..=right.max(*left);
                if *z == 0.0 && allowed.contains(got) { *got } else { *right }
            })
        };
        all_close(self.gradient_name, &got, &want, &self.gradient_scale(at, da))
    }

    /// 1 − a² and a·(1 − a) cancel where a is near 1: their error is that of the terms.
    fn gradient_scale(self, at: &Input, da: &Array2<f64>) -> Array2<f64> {
        let factor = at.z.mapv(|z| match self.name {
            "σ(Z)" => 2.0 * logistic(z),
            "tanh(Z)" => 2.0,
            _ => 1.0 + at.alpha.abs(),
        });
        da * &factor
    }

    /// The loss L = Σ dL/dA ∘ A, whose gradient by Z is asked for.
    fn check_differences(self, learner: &mut Learner, at: &Input, da: &Array2<f64>) -> Outcome {
        let got = (self.ask_backward)(learner, at, da)?;
        same_shape(self.gradient_name, got.shape(), at.z.shape())?;
        let moved = |z: &Array2<f64>| Input { z: z.clone(), ..*at };
        let result = gradients(
            learner,
            ("Z", &at.z, &got),
            |z| (da * &self.values(&moved(z))).sum(),
            |learner, z| {
                let a = (self.ask)(learner, &moved(z))?;
                same_shape(self.name, a.shape(), z.shape())?;
                Ok((da * &a).sum())
            },
        );
        result.map_err(|miss| {
            let message = miss.message.replace("dL/dZ", self.gradient_name);
            let message =
                message.replace("`forward`", &format!("{} ", self.name)).replace("  ", " ");
            Miss { message, ..miss }.of(&[self.gradient_name])
        })
    }

    fn check_backward(self, learner: &mut Learner) -> Outcome {
        for (at, da, is_small) in inputs(learner) {
            if is_small {
                self.check_differences(learner, &at, &da)?;
            }
            self.check_gradient(learner, &at, &da)?;
        }
        Ok(())
    }
}

/// How many numbers are compared with finite differences at once; with the closed form, all are.
const FEW: usize = 12;

/// Z, α and the upstream gradient over all shapes, orders and scales, and whether they are few and of order 1.
fn inputs(learner: &mut Learner) -> Vec<(Input, Array2<f64>, bool)> {
    let cases: Vec<Case<2, 3>> = learner.cases();
    let mut input = |case: Case<2, 3>| {
        let [z, alpha, da] = case.fillings;
        let alpha = learner.filled([1], alpha)[0];
        let [mut z, da] = [z, da].map(|filling| learner.filled(case.sizes, filling));
        if z.len() > 4 {
            // α counts below zero alone, and of two numbers one may be zero.
            z.iter_mut().take(2).for_each(|z| *z = -z.abs());
        }
        if case.is_ordinary {
            // Beyond 1, so that a threshold there is not a function that is 0 everywhere.
            z *= 3.0;
        }
        let is_small = case.is_ordinary && z.len() <= FEW;
        (Input { z, alpha }, da, is_small)
    };
    cases.into_iter().map(&mut input).collect()
}

fn forward(learner: &mut Learner, activations: [Activation; 2]) -> Outcome {
    for activation in activations {
        let inputs: Vec<_> = inputs(learner).into_iter().map(|(at, ..)| at).collect();
        learner.ask_all(&inputs, activation.ask, |at, got| activation.compare(at, &got))?;
    }
    Ok(())
}

fn smooth(learner: &mut Learner) -> Outcome {
    forward(learner, [SIGMOID, TANH])
}

fn relus(learner: &mut Learner) -> Outcome {
    forward(learner, [RELU, LEAKY_RELU])
}

fn sigmoid_gradient(learner: &mut Learner) -> Outcome {
    SIGMOID.check_backward(learner)
}

fn tanh_gradient(learner: &mut Learner) -> Outcome {
    TANH.check_backward(learner)
}

fn relu_gradients(learner: &mut Learner) -> Outcome {
    RELU.check_backward(learner)?;
    LEAKY_RELU.check_backward(learner)
}

/// Distances from zero at which a formula may overflow, saturate or cancel.
const FAR: [f64; 12] =
    [20.0, 30.0, 40.0, 300.0, 355.0, 500.0, 700.0, 709.0, 710.0, 745.0, 1000.0, 1e300];

fn far(learner: &mut Learner) -> Outcome {
    let mut distances = learner.decades(4_f64.log10(), 3.0, 12);
    distances.extend(FAR);
    alone(learner, &distances, tail_of_sigmoid, Activation::check, Activation::check)
}

/// How the output of an activation for one number is checked.
type Output = fn(Activation, &mut Learner, &Input) -> Outcome;

/// Each activation by itself for ± each of these numbers, first forward and then backward: what a
/// function remembers of another one's calls, or of the other pass, is never what it needs.
fn alone(
    learner: &mut Learner,
    sizes: &[f64],
    of_sigmoid: Output,
    of_tanh: Output,
    of_relus: Output,
) -> Outcome {
    for (activation, check) in
        [(SIGMOID, of_sigmoid), (TANH, of_tanh), (RELU, of_relus), (LEAKY_RELU, of_relus)]
    {
        let numbers = || sizes.iter().flat_map(|size| [-size, *size]);
        for z in numbers() {
            let at = one_number(learner, z);
            check(activation, learner, &at)?;
        }
        for z in numbers() {
            let (at, da) = (one_number(learner, z), array![[learner.uniform(-2.0, -1.0)]]);
            activation.check_gradient(learner, &at, &da)?;
        }
    }
    Ok(())
}

fn one_number(learner: &mut Learner, z: f64) -> Input {
    Input { z: array![[z]], alpha: learner.uniform(0.1, 0.9) }
}

/// σ(z) to the digits that it has. Where it is subnormal, 0 will do.
fn tail_of_sigmoid(activation: Activation, learner: &mut Learner, at: &Input) -> Outcome {
    let [got, want] = one(learner, activation, at)?;
    let precise = relative(want).max(f64::MIN_POSITIVE);
    within(activation.name, got, want, precise).map_err(|miss| {
        if activation.overflows(at, &array![[got]]) {
            return activation.overflowed(miss);
        }
        if at.z[[0, 0]] > 0.0 {
            return miss;
        }
        let why = "σ(Z) has lost its digits far below zero. A small number that comes about as the \
                   difference of two numbers near 1, as in 1 − σ(−z) or in (1 + tanh(z/2))/2, has none \
                   that are right. Write it as a quotient with eᶻ.";
        miss.saying(why)
    })
}

/// The rounding errors of a few operations, for a result of this size.
fn relative(size: f64) -> f64 {
    64.0 * f64::EPSILON / 2.0 * size.abs()
}

/// Steps between subnormal numbers that rounding may take.
const SUBNORMAL_ROUNDING: f64 = 64.0 * 5e-324;

/// The smallest numbers, subnormal ones, the smallest normal one, and small ones.
const NEAR: [f64; 11] =
    [0.0, 5e-324, 1e-310, 2.3e-308, 1e-300, 1e-100, 1e-20, 1e-8, 1e-5, 1e-3, 0.1];

fn near(learner: &mut Learner) -> Outcome {
    alone(learner, &NEAR, Activation::check, tanh_near_zero, exact)?;
    for activation in [SIGMOID, TANH, RELU, LEAKY_RELU] {
        nan(learner, activation)?;
    }
    Ok(())
}

fn one(learner: &mut Learner, activation: Activation, at: &Input) -> Result<[f64; 2], Miss> {
    let (got, want) = ((activation.ask)(learner, at)?, activation.values(at));
    same_shape(activation.name, got.shape(), want.shape())?;
    Ok([got[[0, 0]], want[[0, 0]]])
}

fn exact(activation: Activation, learner: &mut Learner, at: &Input) -> Outcome {
    let [got, want] = one(learner, activation, at)?;
    within(activation.name, got, want, relative(want) + SUBNORMAL_ROUNDING)
}

fn tanh_near_zero(activation: Activation, learner: &mut Learner, at: &Input) -> Outcome {
    exact(activation, learner, at).map_err(|miss| {
        let why = "tanh(Z) has lost digits near zero, where tanh(z) is nearly z. A difference of numbers \
                   that are nearly equal, as in eᶻ − e⁻ᶻ or in 2·σ(2z) − 1, keeps the rounding errors of \
                   both. The tanh of the standard library has no such difference.";
        miss.saying(why)
    })
}

/// A NaN stays where it is, and nowhere else.
fn nan(learner: &mut Learner, activation: Activation) -> Outcome {
    let z = array![[0.5, f64::NAN, -1.5], [-0.25, 2.0, 0.75]];
    let got = (activation.ask)(learner, &Input { z: z.clone(), alpha: 0.25 })?;
    same_shape(activation.name, got.shape(), z.shape())?;
    for (got, z) in got.iter().zip(&z) {
        if z.is_nan() && !got.is_nan() {
            return Err(Miss::failed(format!(
                "{} is a number where z is NaN: something hides the NaN. `f64::max` gives the other one of \
                 its two numbers, and a comparison with NaN is false. Whoever debugs a network needs to see \
                 it.",
                activation.name
            )));
        }
        if got.is_nan() && !z.is_nan() {
            return Err(Miss::failed(format!(
                "{} is NaN where z is a number, because another element is NaN",
                activation.name
            )));
        }
    }
    Ok(())
}

/// A linear layer: weights (d_out, d_in) and bias (d_out).
type Layer = (Array2<f64>, Array1<f64>);

/// W_eff and b_eff of layers, element by element; with magnitudes, the scale of both.
fn collapsed(layers: &[Layer]) -> Layer {
    let d_in = layers[0].0.ncols();
    let none = (Array2::eye(d_in), Array1::zeros(d_in));
    layers.iter().fold(none, |(w, b), (next_w, next_b)| {
        let entry = |(i, k): (usize, usize)| {
            (0..w.nrows()).map(|j| next_w[[i, j]] * w[[j, k]]).sum::<f64>()
        };
        let bias = |i: usize| (0..b.len()).map(|j| next_w[[i, j]] * b[j]).sum::<f64>() + next_b[i];
        let weights = Array2::from_shape_fn((next_w.nrows(), w.ncols()), entry);
        (weights, Array1::from_shape_fn(next_b.len(), bias))
    })
}

fn magnitudes(layers: &[Layer]) -> Vec<Layer> {
    layers.iter().map(|(w, b)| (w.abs(), b.abs())).collect()
}

fn check_layer(of: &str, (w, b): &Layer, layers: &[Layer]) -> Outcome {
    let (want_w, want_b) = collapsed(layers);
    let (scale_w, scale_b) = collapsed(&magnitudes(layers));
    all_close(&format!("W_eff of {of}"), w, &want_w, &scale_w)?;
    all_close(&format!("b_eff of {of}"), b, &want_b, &scale_b)
}

fn two_layers(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<3, 4>> = learner.cases();
    let mut stacks: Vec<[Layer; 2]> = Vec::new();
    for case in cases {
        let ([d_in, hidden, d_out], [w1, b1, w2, b2]) = (case.sizes, case.fillings);
        stacks.push([
            (learner.filled([hidden, d_in], w1), learner.filled([hidden], b1)),
            (learner.filled([d_out, hidden], w2), learner.filled([d_out], b2)),
        ]);
    }
    let ask = |learner: &mut Learner, layers: &[Layer; 2]| {
        let [(w1, b1), (w2, b2)] = layers.clone();
        learner.call(collapse_two, (w1, b1, w2, b2))
    };
    learner.ask_all(&stacks, ask, |layers, got| check_layer("two layers", &got, layers))
}

/// The widths of stacks, from the inputs to the outputs: square, growing, with a bottleneck, of one layer.
const STACKS: [&[usize]; 11] = [
    &[3, 3, 3, 3],
    &[2, 3, 4, 5],
    &[3, 5],
    &[4, 1, 3, 2],
    &[2, 3, 2],
    &[2, 2, 2, 2, 2, 2],
    &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1],
    &[2, 35, 3, 2],
    &[1, 1, 1],
    &[34, 2, 36],
    &[2, 3, 2, 35],
];

/// The square stack comes first: there layers in a wrong order fit, so the values show it.
fn stack(learner: &mut Learner) -> Outcome {
    let ask =
        |learner: &mut Learner, layers: &Vec<Layer>| learner.call(collapse, (layers.clone(),));
    for (number, widths) in STACKS.into_iter().enumerate() {
        let stacks: Vec<_> = (0..3).map(|turn| stack_of(learner, widths, number, turn)).collect();
        learner.ask_all(&stacks, ask, |layers, got| check_layer("the stack", &got, layers))?;
    }
    Ok(())
}

/// A first turn with ordinary numbers, and others in which each layer is of another size and order, and
/// one has large weights: another one in each turn and each stack.
fn stack_of(learner: &mut Learner, widths: &[usize], number: usize, turn: usize) -> Vec<Layer> {
    let pairs = widths.windows(2).enumerate();
    let mut scales = learner.decades(-3.0, 3.0, widths.len());
    scales[(number + turn) % (widths.len() - 1)] = 1e3;
    let mut layer = |(at, pair): (usize, &[usize])| {
        let ([d_in, d_out], mut filling) =
            ([pair[0], pair[1]], Case::<1, 1>::ordinary([1]).fillings[0]);
        if turn > 0 {
            (filling.scale, filling.column_major) = (scales[at], (at + turn).is_multiple_of(2));
        }
        // In the last turn every bias is large, whatever the weights are.
        let of_bias = if turn == 2 { Filling { scale: 1e3, ..filling } } else { filling };
        (learner.filled([d_out, d_in], filling), learner.filled([d_out], of_bias))
    };
    pairs.map(&mut layer).collect()
}

fn questions(learner: &mut Learner) -> Outcome {
    capacity(learner)?;
    for formula in
        [Formula::SigmoidByExponential, Formula::SigmoidByComplement, Formula::TanhBySigmoid]
    {
        let answer = learner.call(weak_spot, (formula,))?;
        let Some(why) = why_not(formula, answer) else { continue };
        return Err(Miss::failed(format!("`weak_spot` of Formula::{formula:?}: {why}")));
    }
    Ok(())
}

fn capacity(learner: &mut Learner) -> Outcome {
    let why = match learner.call(without_activations, ())? {
        Capacity::NoMoreThanOneLayer => return Ok(()),
        Capacity::AnyFunction => {
            "that needs bends, and a linear layer has none. What does `collapse` make of a hundred of \
             them?"
        }
        Capacity::OneBendPerLayer => {
            "where would a bend come from? The graph of W·x + b is straight, and a straight line of a \
             straight line is straight. A bend is what ReLU would add."
        }
        Capacity::MoreLinearFunctions => {
            "which linear function would need a second layer? `collapse` gives one layer for any stack. A \
             narrow layer in between can only take functions away."
        }
    };
    Err(Miss::failed(format!("`without_activations`: {why}")))
}

/// Why an answer is wrong; nothing for the right one.
fn why_not(formula: Formula, answer: WeakSpot) -> Option<&'static str> {
    use Formula::{SigmoidByComplement, SigmoidByExponential, TanhBySigmoid};
    use WeakSpot::{FarAboveZero, FarBelowZero, NearZero};
    Some(match (formula, answer) {
        (SigmoidByExponential, FarAboveZero)
        | (SigmoidByComplement, FarBelowZero)
        | (TanhBySigmoid, NearZero) => return None,
        (SigmoidByExponential, FarBelowZero) => {
            "at z = −1000 it is 0/(1 + 0), which is 0 and right. What is it at +1000?"
        }
        (SigmoidByExponential, NearZero) => {
            "near z = 0 it is about 1/(1 + 1), and nothing cancels or overflows. Try it at ±1000."
        }
        (SigmoidByComplement, FarAboveZero) => {
            "at z = 1000 it is 1 − 1/∞, which is 1 and right. What is it at −40, where σ is about 4·10⁻¹⁸?"
        }
        (SigmoidByComplement, NearZero) => {
            "near z = 0 it is about 1 − ½, and no digit is lost. Between which numbers is a difference \
             harmful?"
        }
        (TanhBySigmoid, FarAboveZero) => {
            "at z = 1000 it is 2/(1 + 0) − 1, which is 1 and right. Where are the two terms nearly equal?"
        }
        (TanhBySigmoid, FarBelowZero) => {
            "at z = −1000 it is 2/∞ − 1, which is −1 and right. Where are the two terms nearly equal?"
        }
    })
}
