//! Checks of lesson 4.3: GELU, SiLU.

use std::f64::consts::PI;

use engine::checks::{
    Case, Check,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, gradients, same_shape,
};
use ndarray::{Array2, array};

use super::contract::{
    gelu, gelu_backward, gelu_backward_f32, gelu_f32, gelu_tanh, gelu_tanh_backward,
    gelu_tanh_backward_f32, gelu_tanh_f32, silu, silu_backward, silu_backward_f32, silu_f32,
};

pub const LESSON: Lesson = Lesson::new("GELU, SiLU", CHECKS).after(&["ex_1_3", "ex_4_1"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "gelu", "GELU of random numbers", 1.0, |learner| GELU.check(learner)),
    Check::hidden(Value, "tanh_form", "the tanh form of random numbers", 1.0, |learner| {
        TANH_FORM.check(learner)
    }),
    Check::hidden(Value, "silu", "SiLU of random numbers", 1.0, |learner| SILU.check(learner)),
    Check::hidden(
        Gradient,
        "gelu_gradient",
        "dL/dZ of GELU against finite differences",
        1.0,
        |learner| GELU.check_gradient(learner),
    ),
    Check::hidden(
        Gradient,
        "tanh_form_gradient",
        "dL/dZ of the tanh form against finite differences",
        1.0,
        |learner| TANH_FORM.check_gradient(learner),
    ),
    Check::hidden(
        Gradient,
        "silu_gradient",
        "dL/dZ of SiLU against finite differences",
        1.0,
        |learner| SILU.check_gradient(learner),
    ),
    Check::hidden(
        Property,
        "digits",
        "from ±10⁻⁹ to ±10⁴, one number at a time: no NaN, no digit lost",
        2.0,
        digits,
    )
    .after(ALL),
    Check::hidden(Property, "nan", "a NaN stays where it is", 1.0, nan).after(ALL),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(IN_DOUBLE),
];

/// The checks of the activations and their gradients.
const ALL: &[&str] = IN_DOUBLE.split_at(6).0;

/// Those and the check of every digit.
const IN_DOUBLE: &[&str] = &[
    "gelu",
    "tanh_form",
    "silu",
    "gelu_gradient",
    "tanh_form_gradient",
    "silu_gradient",
    "digits",
];

/// One activation, with everything that its checks need.
#[derive(Clone, Copy)]
struct Activation {
    /// Of the result, in messages.
    name: &'static str,
    gradient_name: &'static str,
    ask: fn(&mut Learner, Array2<f64>) -> Answer<f64>,
    /// With the upstream gradient.
    ask_backward: fn(&mut Learner, Array2<f64>, Array2<f64>) -> Answer<f64>,
    ask_in_single: fn(&mut Learner, Array2<f32>) -> Answer<f32>,
    ask_backward_in_single: fn(&mut Learner, Array2<f32>, Array2<f32>) -> Answer<f32>,
    value: Scaled,
    slope: Scaled,
}

/// An array that a learner's function gives.
type Answer<F> = Result<Array2<F>, Miss>;

/// A function of z, and the magnitude that its rounding error is relative to.
type Scaled = fn(f64) -> (f64, f64);

const GELU: Activation = Activation {
    name: "GELU",
    gradient_name: "dL/dZ of GELU",
    ask: |learner, z| learner.call(gelu, (z,)),
    ask_backward: |learner, dy, z| learner.call(gelu_backward, (dy, z)),
    ask_in_single: |learner, z| learner.call(gelu_f32, (z,)),
    ask_backward_in_single: |learner, dy, z| learner.call(gelu_backward_f32, (dy, z)),
    value: |z| {
        let (below, density) = normal(z);
        (z * below, z * (below + z.abs() * density))
    },
    slope: |z| {
        let (below, density) = normal(z);
        (below + z * density, below + z.abs() * density * (1.0 + z * z))
    },
};

const TANH_FORM: Activation = Activation {
    name: "the tanh form",
    gradient_name: "dL/dZ of the tanh form",
    ask: |learner, z| learner.call(gelu_tanh, (z,)),
    ask_backward: |learner, dy, z| learner.call(gelu_tanh_backward, (dy, z)),
    ask_in_single: |learner, z| learner.call(gelu_tanh_f32, (z,)),
    ask_backward_in_single: |learner, dy, z| learner.call(gelu_tanh_backward_f32, (dy, z)),
    // (1 + tanh u)/2 is σ(2u). Written as in the brief, it cancels far below zero.
    value: |z| (z * logistic(2.0 * cubic(z).0), z * (1.0 + z.abs())),
    slope: |z| {
        let (u, du) = cubic(z);
        let (below, above) = (logistic(2.0 * u), logistic(-2.0 * u));
        // Where tanh u is ±1 to the last digit, 1 − tanh² is 0 in whatever way it is written.
        let cancelled = if u.abs() < 25.0 { z.abs() * du } else { 0.0 };
        (below + 2.0 * z * below * above * du, 1.0 + cancelled)
    },
};

const SILU: Activation = Activation {
    name: "SiLU",
    gradient_name: "dL/dZ of SiLU",
    ask: |learner, z| learner.call(silu, (z,)),
    ask_backward: |learner, dy, z| learner.call(silu_backward, (dy, z)),
    ask_in_single: |learner, z| learner.call(silu_f32, (z,)),
    ask_backward_in_single: |learner, dy, z| learner.call(silu_backward_f32, (dy, z)),
    value: |z| (z * logistic(z), z * logistic(z)),
    slope: |z| {
        let (below, above) = (logistic(z), logistic(-z));
        (below * (1.0 + z * above), below * (1.0 + z.abs()))
    },
};

/// By e⁻ᶻ/2 and eᶻ/2; from |z| = 700 on as an exponential alone.
fn logistic(z: f64) -> f64 {
    match z {
        _ if z < -700.0 => z.exp(),
        _ if z > 700.0 => 1.0,
        _ => (z / 2.0).exp() / (2.0 * (z / 2.0).cosh()),
    }
}

/// u of the tanh form, and its derivative.
fn cubic(z: f64) -> (f64, f64) {
    let rate = (2.0 / PI).sqrt();
    (rate * (z + 0.044715 * z.powi(3)), rate * (1.0 + 3.0 * 0.044715 * z.powi(2)))
}

/// Φ and φ of z, without erfc: Φ(z) = ½ + φ(z)·(z + z³/3 + z⁵/(3·5) + …), and far below zero
/// φ(z)/(x + 1/(x + 2/(x + 3/(x + …)))) with x = −z.
fn normal(z: f64) -> (f64, f64) {
    let square = z * z;
    let lost = z.mul_add(z, -square);
    let density = (-square / 2.0).exp() * (1.0 - lost / 2.0) / (2.0 * PI).sqrt();
    let below = if z.abs() < 2.0 {
        0.5 + density * odd_series(z)
    } else {
        let tail = density / (1..=80).rev().fold(z.abs(), |sum, k| z.abs() + f64::from(k) / sum);
        if z < 0.0 { tail } else { 1.0 - tail }
    };
    (below, density)
}

fn odd_series(z: f64) -> f64 {
    let terms = (1..40).scan(z, |term, k| {
        let now = *term;
        *term *= z * z / f64::from(2 * k + 1);
        Some(now)
    });
    terms.sum()
}

/// The least magnitude that errors are relative to. In checks of random numbers, a difference of two numbers
/// near 1 may have lost its digits.
const ORDINARY: f64 = 1.0;
/// Results below this times a few roundings may be 0 as well: exponentials end there.
const EVERY_DIGIT: f64 = 1e-290;
const EVERY_DIGIT_IN_SINGLE: f64 = 1e-29;

impl Activation {
    /// Values and scales for an array.
    fn of(scaled: Scaled, z: &Array2<f64>, least: f64) -> (Array2<f64>, Array2<f64>) {
        (z.mapv(|z| scaled(z).0), z.mapv(|z| scaled(z).1.abs().max(least)))
    }

    /// Those of the gradient.
    fn of_gradient(
        self,
        dy: &Array2<f64>,
        z: &Array2<f64>,
        least: f64,
    ) -> (Array2<f64>, Array2<f64>) {
        let (slope, scale) = Self::of(self.slope, z, least);
        (dy * &slope, dy * &scale)
    }

    fn compare(self, z: &Array2<f64>, got: &Array2<f64>, least: f64) -> Outcome {
        let (want, scale) = Self::of(self.value, z, least);
        all_close(self.name, got, &want, &scale).map_err(|miss| explained(self.name, z, got, miss))
    }

    fn compare_gradient(
        self,
        dy: &Array2<f64>,
        z: &Array2<f64>,
        got: &Array2<f64>,
        least: f64,
    ) -> Outcome {
        let (want, scale) = self.of_gradient(dy, z, least);
        let name = self.gradient_name;
        all_close(name, got, &want, &scale).map_err(|miss| explained(name, z, got, miss))
    }

    fn check(self, learner: &mut Learner) -> Outcome {
        let inputs: Vec<_> = inputs(learner).into_iter().map(|input| input.z).collect();
        let ask = |learner: &mut Learner, z: &Array2<f64>| (self.ask)(learner, z.clone());
        learner.ask_all(&inputs, ask, |z, got| self.compare(z, &got, ORDINARY))
    }

    fn check_gradient(self, learner: &mut Learner) -> Outcome {
        for Input { z, dy, is_small } in inputs(learner) {
            let got = (self.ask_backward)(learner, dy.clone(), z.clone())?;
            if is_small {
                self.check_differences(learner, &z, &dy, &got)?;
            }
            self.compare_gradient(&dy, &z, &got, ORDINARY)?;
        }
        Ok(())
    }

    /// The loss L = Σ dL/dY ∘ Y, whose gradient by Z is asked for.
    fn check_differences(
        self,
        learner: &mut Learner,
        z: &Array2<f64>,
        dy: &Array2<f64>,
        got: &Array2<f64>,
    ) -> Outcome {
        same_shape(self.gradient_name, got.shape(), z.shape())?;
        let result = gradients(
            learner,
            ("Z", z, got),
            |z| (dy * &z.mapv(|z| (self.value)(z).0)).sum(),
            |learner, z| {
                let y = (self.ask)(learner, z.clone())?;
                same_shape(self.name, y.shape(), z.shape())?;
                Ok((dy * &y).sum())
            },
        );
        result.map_err(|miss| {
            let message = miss.message.replace("dL/dZ", self.gradient_name);
            let message =
                message.replace("`forward`", &format!("{} ", self.name)).replace("  ", " ");
            Miss { message, ..miss }.of(&[self.gradient_name])
        })
    }
}

/// Z, and the upstream gradient.
struct Input {
    z: Array2<f64>,
    dy: Array2<f64>,
    /// Whether there are few numbers, all of order 1.
    is_small: bool,
}

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

/// Over all shapes, orders and scales.
fn inputs(learner: &mut Learner) -> Vec<Input> {
    let cases: Vec<Case<2, 2>> = learner.cases();
    let mut input = |case: Case<2, 2>| {
        let [mut z, dy] = case.fillings.map(|filling| learner.filled(case.sizes, filling));
        if case.is_ordinary {
            // To where the functions bend, and where the forms of GELU differ most.
            z *= 3.0;
        }
        let is_small = case.is_ordinary && z.len() <= FEW;
        Input { z, dy, is_small }
    };
    cases.into_iter().map(&mut input).collect()
}

/// Distances from zero at which a formula may cancel, overflow or saturate.
const FAR: [f64; 11] = [5.0, 6.5, 8.0, 10.0, 20.0, 30.0, 37.0, 90.0, 200.0, 1000.0, 1e4];

/// Each activation by itself for ± each of these numbers, first forward and then backward: what a
/// function remembers of another one's calls is never what it needs.
fn digits(learner: &mut Learner) -> Outcome {
    let mut distances = learner.decades(-9.0, 4.0, 39);
    distances.extend(FAR);
    let numbers: Vec<_> = distances.iter().flat_map(|size| [-size, *size]).collect();
    for activation in [GELU, TANH_FORM, SILU] {
        for z in numbers.iter().map(|z| array![[*z]]) {
            let got = (activation.ask)(learner, z.clone())?;
            activation.compare(&z, &got, EVERY_DIGIT)?;
        }
        for z in numbers.iter().map(|z| array![[*z]]) {
            let dy = array![[learner.uniform(-2.0, -1.0)]];
            let got = (activation.ask_backward)(learner, dy.clone(), z.clone())?;
            activation.compare_gradient(&dy, &z, &got, EVERY_DIGIT)?;
        }
    }
    Ok(())
}

/// What it means that a function goes wrong far from zero alone, or near it.
fn explained(name: &str, z: &Array2<f64>, got: &Array2<f64>, miss: Miss) -> Miss {
    let mut of_nan = z.iter().zip(got).filter(|(_, got)| got.is_nan()).map(|(z, _)| z.abs());
    let overflows = of_nan.clone().next().is_some() && of_nan.all(|z| z > 20.0);
    let is_tail = z.len() == 1 && z[[0, 0]] < -1.0 && !name.ends_with(TANH_FORM.name);
    let is_near_zero = z.len() == 1 && z[[0, 0]].abs() < 1e-3;
    let why = if overflows {
        "is NaN where |z| is large. An exponential is infinite above z = 709.78; ∞/∞ and 0·∞ are NaN. For \
         which signs of z does one in your formula overflow?"
    } else if is_tail {
        "has lost its digits far below zero. A small number that comes about as the difference of two \
         numbers near 1, as in 1 + erf(x) or 1 − σ(−z), has none that are right. Which function gives the \
         small number itself?"
    } else if is_near_zero {
        "is off near zero, where the formula needs no case of its own. Does a small z have one in your code?"
    } else {
        return miss;
    };
    miss.saying(format!("{name} {why}"))
}

/// A NaN stays where it is, and nowhere else: also where dL/dY is 0, and after more numbers than 16 bits count.
fn nan(learner: &mut Learner) -> Outcome {
    let z = array![[0.5, f64::NAN, -1.5], [-0.25, 2.0, f64::NAN]];
    let dy = array![[0.5, -1.5, 2.0], [1.0, -0.5, 0.0]];
    let mut many = Array2::from_elem([300, 220], 0.5);
    many[[299, 219]] = f64::NAN;
    let ones = Array2::ones(many.dim());
    for (z, dy) in [(z, dy), (many, ones)] {
        for activation in [GELU, TANH_FORM, SILU] {
            let got = (activation.ask)(learner, z.clone())?;
            nan_where(activation.name, &z, &got)?;
            let got = (activation.ask_backward)(learner, dy.clone(), z.clone())?;
            nan_where(activation.gradient_name, &z, &got)?;
        }
    }
    Ok(())
}

fn nan_where(name: &str, z: &Array2<f64>, got: &Array2<f64>) -> Outcome {
    same_shape(name, got.shape(), z.shape())?;
    for (got, z) in got.iter().zip(z) {
        if z.is_nan() && !got.is_nan() {
            return Err(Miss::failed(format!(
                "{name} is a number where z is NaN: something hides the NaN. A comparison with NaN is false, \
                 `max` and `min` give the other one of their two numbers, and 0·NaN is NaN. Whoever debugs a \
                 network needs to see it."
            )));
        }
        if got.is_nan() && !z.is_nan() {
            return Err(Miss::failed(format!(
                "{name} is NaN where z is a number, because another element is NaN"
            )));
        }
    }
    Ok(())
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let mut input = |shape| {
        let [z, dy] = [6.0, 2.0].map(|most| learner.array(shape, -most, most));
        [z, dy].map(|it| it.mapv(|it| it as f32))
    };
    // Code for a processor's vectors goes through a large array in parts.
    let [few, many] = [[4, 5], [41, 101]].map(&mut input);
    let far = array![[-1e4_f32, -200.0, -90.0, -12.0, -8.0, 8.0, 12.0, 90.0, 200.0, 1e4]];
    for [z, dy] in [few, [far.clone(), far.mapv(|z| 1.5 - z.signum())], many] {
        let (z64, dy64) = (z.mapv(f64::from), dy.mapv(f64::from));
        for activation in [GELU, TANH_FORM, SILU] {
            let name = format!("{} in f32", activation.name);
            let got = (activation.ask_in_single)(learner, z.clone())?;
            let (want, scale) = Activation::of(activation.value, &z64, EVERY_DIGIT_IN_SINGLE);
            all_close_in_single(&name, &got, &want, &scale)?;
            let name = format!("{} in f32", activation.gradient_name);
            let got = (activation.ask_backward_in_single)(learner, dy.clone(), z.clone())?;
            let (want, scale) = activation.of_gradient(&dy64, &z64, EVERY_DIGIT_IN_SINGLE);
            all_close_in_single(&name, &got, &want, &scale)?;
        }
    }
    Ok(())
}
