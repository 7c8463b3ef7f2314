//! Checks of lesson 2.3: why tanh.

use engine::checks::Kind::{Gradient, Property as Law, Value};
use engine::checks::{Case, Check, Learner, Lesson, Miss, Outcome, close};
use ndarray::{Array1, Array2, Axis};

use super::contract::{
    Activation, Health, Property, UnitHealth, classify, crosses_kink, dead_fraction,
    health_at_minus_eight, leaky_derivative, safe_for_differences, tanh_derivative, through_depth,
    unit_health,
};

pub const LESSON: Lesson = Lesson::new("Why tanh", CHECKS).after(&["ex_1_3", "ex_2_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Gradient, "tanh", "the derivative of tanh", 1.0, tanh_values),
    Check::hidden(Gradient, "digits", "the derivative of tanh at large |z|", 1.0, tanh_digits)
        .after(&["tanh"]),
    Check::hidden(Gradient, "leaky", "the derivative of leaky ReLU", 1.0, leaky_values),
    Check::hidden(Gradient, "depth", "the product through many layers", 1.0, depth)
        .after(&["tanh", "digits"]),
    Check::hidden(Value, "health", "healthy, vanishing, dead", 1.0, healths),
    Check::hidden(Value, "unit", "a unit judged by a whole batch", 1.0, units).after(&["leaky"]),
    Check::hidden(Value, "fraction", "the fraction of dead units", 1.0, fractions).after(&["unit"]),
    Check::hidden(Law, "kink", "differences that reach over the kink", 1.0, kinks),
    Check::hidden(Value, "diagnosis", "three activations at z = −8", 1.0, at_minus_eight),
    Check::hidden(Value, "why", "why finite differences trust tanh", 1.0, why),
];

/// The derivative of tanh, from an exponential that never overflows.
fn slope(z: f64) -> f64 {
    let q = (-2.0 * z.abs()).exp();
    4.0 * q / ((1.0 + q) * (1.0 + q))
}

/// 1 − tanh² is computed from 1 and from a tanh² of at most 1: both are rounded.
const SCALE_OF_DIFFERENCE: f64 = 2.0;

/// Where cosh² overflows, the derivative is smaller than this, and 0 is as right.
const TINY: f64 = 1e-290;

/// Each of these numbers, with both signs.
fn signed(magnitudes: Vec<f64>) -> impl Iterator<Item = f64> {
    magnitudes.into_iter().flat_map(|it| [it, -it])
}

/// What a function of one number gave, and should have given.
struct Slope {
    z: f64,
    got: f64,
    want: f64,
}

impl Slope {
    /// The derivative of tanh at each of these points.
    fn of_tanh(
        learner: &mut Learner,
        points: impl IntoIterator<Item = f64>,
    ) -> Result<Vec<Self>, Miss> {
        let ask = |z| Ok(Self { z, got: learner.call(tanh_derivative, (z,))?, want: slope(z) });
        points.into_iter().map(ask).collect()
    }
}

fn tanh_values(learner: &mut Learner) -> Outcome {
    let near = learner.decades(-3.0, 0.4, 16);
    // No further out: there exponentials overflow, which is another mistake.
    let far = learner.decades(0.4, 2.5, 16);
    let slopes = Slope::of_tanh(learner, signed([near, far, vec![0.0]].concat()))?;
    let result = slopes.iter().try_for_each(|Slope { got, want, .. }| {
        close("the derivative of tanh", *got, *want, SCALE_OF_DIFFERENCE)
    });
    let is = |other: fn(&Slope) -> f64| {
        slopes.iter().all(|it| close("", it.got, other(it), SCALE_OF_DIFFERENCE).is_ok())
    };
    result.map_err(|miss| match () {
        () if is(|it| it.want.sqrt()) => also(miss, "It is the square root of what it should be."),
        () if is(|it| slope(it.z / 2.0) / 4.0) => also(miss, "It is that of the sigmoid."),
        () => miss,
    })
}

/// Adds a sentence.
fn also(miss: Miss, sentence: &str) -> Miss {
    Miss { message: format!("{}. {sentence}", miss.message), ..miss }
}

fn tanh_digits(learner: &mut Learner) -> Outcome {
    let magnitudes = learner.decades(0.0, 370_f64.log10(), 16);
    let points = [magnitudes, vec![20.0, 710.0, 1e4, 1e6]].concat();
    let slopes = Slope::of_tanh(learner, signed(points))?;
    if is_difference(&slopes) {
        return Err(Miss::failed(
            "the derivative of tanh has few digits or none at a large |z|. Digits are lost where two \
             nearly equal numbers are subtracted, such as 1 and tanh²: write tanh² as sinh²/cosh², and \
             simplify before you compute.",
        ));
    }
    if slopes.iter().any(|it| it.got.is_nan()) && slopes.iter().all(is_number_or_far) {
        return Err(Miss::failed(
            "the derivative of tanh is NaN where |z| is large. An exponential is infinite above \
             z = 709.78, and ∞/∞ is NaN: for which signs of z does one in your formula grow?",
        ));
    }
    slopes.iter().try_for_each(|Slope { got, want, .. }| {
        close("the derivative of tanh at a large |z|", *got, *want, want + TINY)
    })
}

/// NaN only where an exponential, or the square of one, can be infinite.
fn is_number_or_far(it: &Slope) -> bool {
    !it.got.is_nan() || it.z.abs() > 170.0
}

/// Off by roundings of 1, so that nothing is left far out, or NaN where exponentials are infinite.
fn is_difference(slopes: &[Slope]) -> bool {
    let numbers = || slopes.iter().filter(|it| !it.got.is_nan());
    let is_near = |it: &Slope| (it.got - it.want).abs() <= 16.0 * f64::EPSILON;
    let is_wrong = |it: &Slope| close("", it.got, it.want, it.want + TINY).is_err();
    slopes.iter().all(is_number_or_far)
        && numbers().all(is_near)
        && numbers().filter(|it| it.z.abs() >= 20.0).all(|it| it.got == 0.0)
        && numbers().any(|it| it.z.abs() < 20.0 && it.got != 0.0 && is_wrong(it))
}

const LEAKY: &str = "the derivative of leaky ReLU";

/// All points are asked first, here and below, so that a diagnosis has all answers to go by.
fn leaky_values(learner: &mut Learner) -> Outcome {
    let mut points = learner.ordinary_points::<2>().to_vec();
    points.extend(learner.swept_points::<2>());
    for alpha in [0.0, 0.01, 1.0, 2.0, -0.5] {
        // `f32` does not know 10⁻³⁰⁰.
        points.extend([1.5, -1.5, 1e-300, -1e-300, 0.0, -0.0].map(|z| [z, alpha]));
    }
    let mut answers = Vec::new();
    for [z, alpha] in points {
        answers.push((z, alpha, learner.call(leaky_derivative, (z, alpha))?));
    }
    let result = match [0.25, 0.75].map(|alpha| learner.call(leaky_derivative, (-1.5, alpha))) {
        [Ok(one), Ok(other)] if one == other => {
            Err(Miss::failed(format!("{LEAKY} on the left is the same for every α")))
        }
        _ => answers.into_iter().try_for_each(leaky_value),
    };
    result.map_err(|miss| miss.of(&[LEAKY]))
}

fn leaky_value((z, alpha, got): (f64, f64, f64)) -> Outcome {
    // At a kink any slope between those of the two sides is a subgradient, or one of Clarke's.
    let at_kink = alpha.min(1.0)..=alpha.max(1.0);
    match z {
        0.0 if at_kink.contains(&got) => Ok(()),
        0.0 => Err(Miss::failed(format!("{LEAKY} at its kink is not between α and 1"))
            .revealing(format!("α = {alpha}: got {got}"))),
        _ if z > 0.0 => close(&format!("{LEAKY} on the right"), got, 1.0, 1.0),
        _ => close(&format!("{LEAKY} on the left"), got, alpha, alpha),
    }
}

fn depth(learner: &mut Learner) -> Outcome {
    let mut stacks: Vec<Vec<f64>> = Vec::new();
    for layers in [3, 2, 1, 0, 10, 4, 40, 5] {
        stacks.push((0..layers).map(|_| learner.uniform(-2.0, 2.0)).collect());
        let magnitudes = learner.decades(-3.0, 3.0, layers);
        let signed = magnitudes.into_iter().map(|it| if learner.rng().bool() { it } else { -it });
        stacks.push(signed.collect());
    }
    stacks.extend([0.0, 2.0].map(|z| vec![z; 10]));
    let mut answers = Vec::new();
    for z in stacks {
        let got = learner.call(through_depth, (z.clone(),))?;
        answers.push((z.into_iter().map(slope).collect(), got));
    }
    answers.into_iter().try_for_each(|(slopes, got)| through(slopes, got))
}

fn through(slopes: Vec<f64>, got: f64) -> Outcome {
    let without = |layer: usize| {
        let others = slopes.iter().enumerate().filter(|(other, _)| *other != layer);
        others.map(|(_, slope)| slope).product::<f64>()
    };
    let layers = slopes.len();
    // Each slope may be a difference of two rounded numbers.
    let scale = (0..layers).map(|layer| SCALE_OF_DIFFERENCE * without(layer)).sum::<f64>() + TINY;
    let is = |other: f64| close("", got, other, scale).is_ok();
    let result = close("the product through the layers", got, slopes.iter().product(), scale);
    result.map_err(|miss| match layers {
        0 => also(miss, "There are no layers here: what becomes of a gradient that passes none?"),
        1 => miss,
        _ if is(without(0)) => also(miss, "The first layer is left out."),
        _ if is(without(layers - 1)) => also(miss, "The last layer is left out."),
        _ if is(slopes.iter().sum::<f64>() / layers as f64) => {
            also(miss, "It is the mean over the layers: what does each step back do to a gradient?")
        }
        _ => miss,
    })
}

fn healths(learner: &mut Learner) -> Outcome {
    let mut points = Vec::new();
    for limit in learner.decades(-9.0, 3.0, 10) {
        let below = [0.1, 0.5, 1.0 - 1e-9].map(|ratio| ratio * limit);
        let above = [1.0, 1.0 + 1e-9, 3.0, 100.0].map(|ratio| ratio * limit);
        let vanishing = signed([below.to_vec(), vec![1e-12, 1e-300]].concat());
        points.extend(signed(above.to_vec()).map(|local| (local, limit, Health::Healthy)));
        points.extend(vanishing.map(|local| (local, limit, Health::Vanishing)));
        points.extend([0.0, -0.0].map(|local| (local, limit, Health::Dead)));
    }
    let mut answers = Vec::new();
    for (local, limit, want) in points {
        answers.push(((local, limit), want, learner.call(classify, (local, limit))?));
    }
    limits(learner)?;
    answers.into_iter().try_for_each(|(point, want, got)| health(point, want, got))
}

/// A derivative between two limits is another thing for each.
fn limits(learner: &mut Learner) -> Outcome {
    for (local, limits) in [(1e-4, [1e-6, 1e-2]), (0.5, [0.1, 1.0])] {
        let [one, other] = limits.map(|limit| learner.call(classify, (local, limit)));
        if one? == other? {
            let message = "`classify` says the same of a derivative for a limit below and above it";
            return Err(Miss::failed(message));
        }
    }
    Ok(())
}

fn health((local, limit): (f64, f64), want: Health, got: Health) -> Outcome {
    if got == want {
        return Ok(());
    }
    let place = match (want, local.abs() == limit) {
        (Health::Dead, _) => "that is 0",
        (Health::Vanishing, _) => "that is below the limit but not 0",
        (Health::Healthy, true) => "whose magnitude is the limit itself",
        (Health::Healthy, false) => "whose magnitude is above the limit",
    };
    let sign = if local < 0.0 { "negative" } else { "local" };
    Err(Miss::failed(format!("`classify` says {got:?} of a {sign} derivative {place}"))
        .revealing(format!("local derivative {local:e}, limit {limit:e}: expected {want:?}")))
}

/// For how many samples a unit of a batch lies to the right of the kink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Active {
    None,
    One,
    AllButOne,
    All,
}

const ACTIVE: [Active; 4] = [Active::None, Active::One, Active::AllButOne, Active::All];

impl Active {
    /// The pre-activations of such a unit, of these magnitudes; 0 lies to the left.
    fn unit(self, learner: &mut Learner, magnitudes: &Array1<f64>) -> Array1<f64> {
        let odd_one = learner.rng().usize(..magnitudes.len());
        let is_active = |sample: usize| match self {
            Self::None => false,
            Self::One => sample == odd_one,
            Self::AllButOne => sample != odd_one,
            Self::All => true,
        };
        let signed = magnitudes.iter().enumerate();
        signed.map(|(sample, it)| if is_active(sample) { *it } else { -it }).collect()
    }
}

fn units(learner: &mut Learner) -> Outcome {
    let mut slopes = [0.01, -0.2, 1e-6, 1e-300, 1.0, 200.0].into_iter().cycle();
    let mut batches = Vec::new();
    for samples in [4, 2, 1, 40] {
        for active in ACTIVE {
            for scale in [1.0, 0.0, 1e-300, 1e-3, 1e3] {
                let magnitudes = scale * learner.array(samples, 0.1, 1.0);
                let z = active.unit(learner, &magnitudes);
                batches.push((z.clone(), 0.0));
                batches.extend(slopes.next().map(|alpha| (z, alpha)));
            }
        }
    }
    // ReLU first.
    batches.sort_by_key(|(_, alpha)| *alpha != 0.0);
    let mut answers = Vec::new();
    for (z, alpha) in batches {
        let got = learner.call(unit_health, (z.clone(), alpha))?;
        answers.push(UnitAnswer { z, alpha, got });
    }
    answers.iter().try_for_each(UnitAnswer::check).map_err(|miss| match judged_by(&answers) {
        Some(sentence) => also(miss, sentence),
        None => miss,
    })
}

/// What a learner says of a unit.
struct UnitAnswer {
    z: Array1<f64>,
    alpha: f64,
    got: UnitHealth,
}

/// What decides whether ReLU units are called dead, where it is not the whole batch.
fn judged_by(answers: &[UnitAnswer]) -> Option<&'static str> {
    type Rule = fn(&Array1<f64>) -> bool;
    let rules: [(Rule, _); 3] = [
        (
            |z| z[0] <= 0.0,
            "It says Dead wherever the first sample lets nothing through: what do the others do?",
        ),
        (
            |z| z[z.len() - 1] <= 0.0,
            "It says Dead wherever the last sample lets nothing through: what do the others do?",
        ),
        (
            |z| z.sum() <= 0.0,
            "It says Dead wherever the sum of z is not positive: a large negative z of one sample \
             takes nothing from another.",
        ),
    ];
    let of_relu = || answers.iter().filter(|it| it.alpha == 0.0);
    let holds = |rule: Rule| of_relu().all(|it| rule(&it.z) == (it.got == UnitHealth::Dead));
    rules.into_iter().find(|(rule, _)| holds(*rule)).map(|(_, sentence)| sentence)
}

impl UnitAnswer {
    fn check(&self) -> Outcome {
        let Self { z, alpha, got } = self;
        let active = z.iter().filter(|z| **z > 0.0).count();
        let (want, of) = match (*alpha == 0.0, active) {
            (false, _) if *alpha < 0.0 => (UnitHealth::Alive, "with a negative slope on the left"),
            (false, _) => (UnitHealth::Alive, "with a slope on the left"),
            (true, _) if z.iter().all(|z| *z == 0.0) => {
                (UnitHealth::Dead, "with ReLU whose z are all 0")
            }
            (true, 0) => (UnitHealth::Dead, "with ReLU that no sample activates"),
            (true, all) if all == z.len() => {
                (UnitHealth::Alive, "with ReLU that every sample activates")
            }
            (true, _) => (UnitHealth::DeadForSome, "with ReLU that some samples activate"),
        };
        if *got == want {
            return Ok(());
        }
        Err(Miss::failed(format!("`unit_health` says {got:?} of a unit {of}"))
            .revealing(format!("z = {z}, α = {alpha:e}: expected {want:?}")))
    }
}

fn fractions(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<2, 1>> = learner.cases();
    let mut answers = Vec::new();
    for case in cases {
        let mut z = learner.filled(case.sizes, case.fillings[0]);
        for mut column in z.axis_iter_mut(Axis(1)) {
            let active = ACTIVE[learner.rng().usize(..ACTIVE.len())];
            let unit = active.unit(learner, &column.mapv(f64::abs));
            column.assign(&unit);
        }
        answers.push(Fraction::ask(learner, z)?);
    }
    // Positive numbers that `f32` does not know.
    let tiny = learner.array([3, 4], 1e-300, 2e-300);
    answers.push(Fraction::ask(learner, tiny)?);
    let result = answers.iter().try_for_each(|Fraction { got, want, .. }| {
        close("the fraction of dead units", *got, *want, 1.0)
    });
    let is = |other: fn(&Fraction) -> f64| answers.iter().all(|it| it.got == other(it));
    result.map_err(|miss| match () {
        () if is(|it| it.dead) => also(miss, "It is their number."),
        () if is(|it| it.dead / it.samples) => {
            also(miss, "Their number is divided by that of the samples.")
        }
        () if is(|it| it.want.floor()) => also(miss, "Is it a quotient of whole numbers?"),
        () => miss,
    })
}

/// The fraction of dead units in one batch, and what it is made of.
struct Fraction {
    got: f64,
    want: f64,
    dead: f64,
    samples: f64,
}

impl Fraction {
    fn ask(learner: &mut Learner, z: Array2<f64>) -> Result<Self, Miss> {
        let is_dead = |unit: &ndarray::ArrayView1<f64>| unit.iter().all(|z| *z <= 0.0);
        let dead = z.axis_iter(Axis(1)).filter(is_dead).count() as f64;
        let (samples, units) = z.dim();
        let got = learner.call(dead_fraction, (z,))?;
        Ok(Self { got, want: dead / units as f64, dead, samples: samples as f64 })
    }
}

fn kinks(learner: &mut Learner) -> Outcome {
    let (steps, inputs) = (learner.decades(-8.0, 3.0, 12), learner.decades(-3.0, 3.0, 12));
    let mut answers = Vec::new();
    for (epsilon, input) in steps.into_iter().zip(inputs) {
        let x = if learner.rng().bool() { input } else { -input };
        let reach = input * epsilon;
        let inside = signed([0.0, 1e-3, 0.6, 1.0 - 1e-9].map(|ratio| ratio * reach).to_vec());
        let outside = signed([1.0 + 1e-9, 1.5, 1e3].map(|ratio| ratio * reach).to_vec());
        let points = inside.map(|z| (z, x, true)).chain(outside.map(|z| (z, x, false)));
        for (z, x, want) in points.chain([(reach, 0.0, false)]) {
            let got = learner.call(crosses_kink, (z, x, epsilon))?;
            answers.push(KinkAnswer { z, x, epsilon, want, got });
        }
    }
    let is = |other: fn(&KinkAnswer) -> bool| answers.iter().all(|it| it.got == other(it));
    answers.iter().try_for_each(KinkAnswer::check).map_err(|miss| match () {
        () if is(|it| it.want && it.x > 0.0) => also(miss, "It is true for no negative x."),
        () if is(|it| it.z < 0.0) || is(|it| it.z <= 0.0) => {
            also(miss, "It is true wherever z is negative: how far from 0 is z?")
        }
        () => miss,
    })
}

/// What a learner says of one difference, and should have said.
struct KinkAnswer {
    z: f64,
    x: f64,
    epsilon: f64,
    want: bool,
    got: bool,
}

impl KinkAnswer {
    fn check(&self) -> Outcome {
        let Self { z, x, epsilon, want, got } = self;
        let message = match (want, *x == 0.0) {
            _ if want == got => return Ok(()),
            (true, _) => "`crosses_kink` misses a kink between the two points",
            (false, false) => "`crosses_kink` reports a kink that neither point reaches",
            (false, true) => "`crosses_kink` reports a kink where x is 0 and z does not move",
        };
        Err(Miss::failed(message).revealing(format!("z = {z:e}, x = {x:e}, ε = {epsilon:e}")))
    }
}

/// All three are asked before any is judged, so that each wrong answer is explained.
fn at_minus_eight(learner: &mut Learner) -> Outcome {
    let mut wrong = Vec::new();
    for activation in [Activation::Tanh, Activation::Relu, Activation::LeakyRelu] {
        let answer = learner.call(health_at_minus_eight, (activation,))?;
        wrong.extend(why_not(activation, answer));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Miss::failed(wrong.join(" "))) }
}

/// What is wrong with an answer.
fn why_not(activation: Activation, answer: Health) -> Option<&'static str> {
    Some(match (activation, answer) {
        (Activation::Tanh, Health::Healthy) => {
            "Tanh is not healthy there: compute its derivative, and compare with 10⁻³."
        }
        (Activation::Tanh, Health::Dead) => {
            "Tanh is not dead there: it is flat, but nowhere quite flat. What is left of its slope?"
        }
        (Activation::Relu, Health::Healthy) => {
            "ReLU is not healthy there: which line does it follow on the left?"
        }
        (Activation::Relu, Health::Vanishing) => {
            "ReLU does not vanish there, which would mean a small derivative. Is there any?"
        }
        (Activation::LeakyRelu, Health::Vanishing) => {
            "Leaky ReLU does not vanish there: its slope is the same however far z is from 0. \
             Compare it with the limit."
        }
        (Activation::LeakyRelu, Health::Dead) => {
            "Leaky ReLU is not dead there: what is it leaky for?"
        }
        _ => return None,
    })
}

fn why(learner: &mut Learner) -> Outcome {
    if learner.call(safe_for_differences, ())? == Property::Smooth {
        return Ok(());
    }
    Err(Miss::failed("`safe_for_differences` names another property of tanh"))
}
