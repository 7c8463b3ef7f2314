//! Comparisons: each holds or says what is wrong, without giving the right value away.

use fastrand::Rng;
use gradcheck::{Argument, Arguments, Report, Structure, Undecided};
use ndarray::{Array, ArrayD, Dimension, arr0};

use super::{Learner, Miss, Outcome, Verdict};
use crate::error_map::ErrorMap;

/// How many roundings of half a unit in the last place separate two right ways to compute a value.
const ROUNDINGS: f64 = 64.0;

/// How far a right answer may be from the reference when both are sums of products.
///
/// `scale` is the sum of the magnitudes of the terms: in Σ xᵢyᵢ every term contributes a relative
/// error of at most about n·u (u = ε/2), so that the result is within n·u·Σ|xᵢyᵢ| of the exact
/// value (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1). Lessons keep
/// their sums short enough for n + the other operations to stay below [`ROUNDINGS`].
fn tolerance(scale: f64) -> f64 {
    ROUNDINGS * f64::EPSILON / 2.0 * scale.abs()
}

/// Compares one number. `scale` is the sum of the magnitudes of the terms it was computed from.
///
/// # Errors
/// When the difference is larger than rounding explains. NaN is never close to anything.
pub fn close(name: &str, got: f64, want: f64, scale: f64) -> Outcome {
    within(name, got, want, tolerance(scale))
}

/// Compares one number with a tolerance of the lesson's own.
///
/// # Errors
/// When the difference is larger than that, or not a number.
pub fn within(name: &str, got: f64, want: f64, tolerance: f64) -> Outcome {
    if (got - want).abs() <= tolerance {
        return Ok(());
    }
    let reveal = format!("{name}: got {got:e}, expected {want:e}");
    let miss = match Structure::of(&arr0(got).into_dyn(), &arr0(want).into_dyn()) {
        Some(structure @ Structure::Factor(_)) => Miss::structured(name, structure, false),
        _ => Miss::failed(format!("{name} {}", observed(got, want))),
    };
    Err(miss.of(&[name]).revealing(reveal))
}

/// Holds for a call that panics, as the contract says of what does not fit. `otherwise` is what to say of one that
/// is answered.
///
/// # Errors
/// When there is an answer, or none for another reason.
pub fn panics<T>(call: Result<T, Miss>, otherwise: impl FnOnce() -> String) -> Outcome {
    match call {
        Err(miss) if miss.verdict == Verdict::Panicked => Ok(()),
        Err(miss) => Err(miss),
        Ok(_) => Err(Miss::failed(otherwise())),
    }
}

/// Compares arrays of one rank: shapes first, then every element.
///
/// # Errors
/// As [`close`], for the first element that differs.
pub fn all_close<D: Dimension>(
    name: &str,
    got: &Array<f64, D>,
    want: &Array<f64, D>,
    scale: &Array<f64, D>,
) -> Outcome {
    same_shape(name, got.shape(), want.shape())?;
    let pairs = got.iter().zip(want).zip(scale).enumerate();
    let is_wrong = |(_, ((got, want), scale)): &(usize, ((&f64, &f64), &f64))| {
        close(name, **got, **want, **scale).is_err()
    };
    let wrong: Vec<_> = pairs.filter(is_wrong).collect();
    let Some((at, ((first_got, first_want), _))) = wrong.first() else { return Ok(()) };
    let observed = observed(**first_got, **first_want);
    // No form of a difference says more than that there is no number.
    let nans = wrong.iter().filter(|(_, ((got, _), _))| got.is_nan()).count();
    let structure = (nans == 0)
        .then(|| Structure::of(&got.clone().into_dyn(), &want.clone().into_dyn()))
        .flatten();
    let miss = match structure {
        Some(structure) => Miss::structured(name, structure, got.len() > 1),
        None if got.len() == 1 => Miss::failed(format!("{name} {observed}")),
        None if nans > 0 => {
            Miss::failed(format!("{name} is NaN in {nans} of {} elements", got.len()))
        }
        None => Miss::failed(format!(
            "{name} is wrong in {} of {} elements: the one at {:?} {observed}",
            wrong.len(),
            got.len(),
            place(*at, got.shape()),
        )),
    };
    Err(miss.of(&[name]).revealing(format!("{name}: got\n{got}\nexpected\n{want}")))
}

/// As [`all_close`], for what was computed in single precision.
///
/// # Errors
/// When a difference is larger than rounding to `f32` explains.
pub fn all_close_in_single<D: Dimension>(
    name: &str,
    got: &Array<f32, D>,
    want: &Array<f64, D>,
    scale: &Array<f64, D>,
) -> Outcome {
    let coarser = f64::from(f32::EPSILON) / f64::EPSILON;
    all_close(name, &got.mapv(f64::from), want, &scale.mapv(|scale| scale * coarser))
}

/// The indices of the element that comes after so many `others`, row by row.
fn place(others: usize, shape: &[usize]) -> Vec<usize> {
    let mut left = others;
    let mut place: Vec<_> = shape
        .iter()
        .rev()
        .map(|length| {
            let index = left % length;
            left /= length;
            index
        })
        .collect();
    place.reverse();
    place
}

/// Compares shapes.
///
/// # Errors
/// When they differ.
pub fn same_shape(name: &str, got: &[usize], want: &[usize]) -> Outcome {
    if got == want {
        return Ok(());
    }
    let miss = Miss::failed(format!("{name} has shape {got:?} where {want:?} is expected"));
    Err(miss.of(&[name]))
}

/// Compares which parts something has, by their names and in any order.
///
/// # Errors
/// When it has one too few or too many.
pub fn same_parts<T>(whole: &str, got: &[(String, T)], want: &[(String, T)]) -> Outcome {
    let without = |own: &[(String, T)], others: &[(String, T)]| {
        let is_alone = |(name, _): &&(String, T)| others.iter().all(|(other, _)| other != name);
        own.iter().find(is_alone).map(|(name, _)| name.clone())
    };
    match (without(want, got), without(got, want)) {
        (Some(name), _) => Err(Miss::failed(format!("{whole} has no `{name}`"))),
        (_, Some(name)) => {
            Err(Miss::failed(format!("{whole} has `{name}`, which does not belong there")))
        }
        _ => Ok(()),
    }
}

/// What was added to each of these arrays. One that has another shape than before is given as it is.
///
/// # Errors
/// When there is one array too few or too many.
pub fn added(
    whole: &str,
    after: Vec<(String, ArrayD<f64>)>,
    before: &[(String, ArrayD<f64>)],
) -> Result<Vec<ArrayD<f64>>, Miss> {
    same_parts(whole, &after, before)?;
    let pairs = after.into_iter().zip(before);
    let difference = |((_, after), (_, before)): ((_, ArrayD<f64>), &(_, ArrayD<f64>))| {
        if after.shape() == before.shape() { after - before } else { after }
    };
    Ok(pairs.map(difference).collect())
}

/// What is off by less than this part of itself is told as nearly right.
const NEARLY: f64 = 1e-6;

/// What can be said of a wrong number without giving the right one away.
fn observed(got: f64, want: f64) -> &'static str {
    if got.is_nan() {
        "is NaN"
    } else if got.is_infinite() {
        "is infinite"
    } else if (got - want).abs() < NEARLY * want.abs() {
        "is right but for its last digits, as if it were rounded"
    } else if got == 0.0 {
        "is zero and should not be"
    } else if want != 0.0 && got.signum() != want.signum() {
        "has the wrong sign"
    } else if got.abs() > want.abs() {
        "is too large in magnitude"
    } else {
        "is too small in magnitude"
    }
}

/// Compares gradients, `("W", &w, &dw)` or a tuple of such, with finite differences of a reference
/// forward pass; where they differ, asks the learner's own forward pass which half is broken.
///
/// # Errors
/// When a gradient is not that of the reference loss. Where finite differences of the reference
/// cannot tell, that is a fault of the check and costs nobody the blame.
pub fn gradients<A: Arguments<Real = f64> + Copy>(
    learner: &mut Learner,
    arguments: A,
    reference: impl FnMut(A::Refs<'_>) -> f64,
    own: impl Fn(&mut Learner, A::Refs<'_>) -> Result<f64, Miss>,
) -> Outcome {
    let report = gradcheck::check_loss(arguments, reference);
    let Err(miss) = judged(&report) else { return Ok(()) };
    // An own forward pass that cannot be asked is told of by the checks of it.
    let of_own = miss.verdict == Verdict::Failed
        && matches!(agree_with_own(learner, arguments, own), Ok(true));
    let miss = if of_own { of_another_forward(&report) } else { miss };
    let wrong: Vec<_> = report.wrong_arguments().iter().map(|it| format!("dL/d{it}")).collect();
    let miss = miss.of(&wrong.iter().map(String::as_str).collect::<Vec<_>>());
    Err(miss.revealing(report.to_string()))
}

/// An array of a model, and the gradient that is claimed for it.
#[derive(Debug, Clone)]
pub struct Tensor {
    /// What messages call it: how code gets at it.
    pub name: String,
    /// The array.
    pub value: ArrayD<f64>,
    /// The gradient of the loss by it.
    pub gradient: ArrayD<f64>,
}

/// Compares the gradients of all arrays of a model, which stand in the order from its inputs to its loss, with finite
/// differences of a reference loss. Each array is moved along one random direction, which takes a few forward passes
/// however many numbers it has; of those that disagree, the one nearest to the loss is compared number by number.
///
/// # Errors
/// When a gradient has another shape than its array, or is not that of the reference loss.
pub fn gradients_of_model(
    rng: &mut Rng,
    tensors: &[Tensor],
    loss: impl Fn(&[ArrayD<f64>]) -> f64,
) -> Outcome {
    for Tensor { name, value, gradient } in tensors {
        same_shape(&format!("the gradient of `{name}`"), gradient.shape(), value.shape())?;
    }
    // No weight is near 0, so that no number of a gradient goes unseen.
    let mut weight = || (0.5 + rng.f64() / 2.0) * if rng.bool() { 1.0 } else { -1.0 };
    let direction = |it: &Tensor| ArrayD::from_shape_simple_fn(it.value.shape(), &mut weight);
    let directions: Vec<_> = tensors.iter().map(direction).collect();
    let lines = || tensors.iter().zip(&directions);
    let slope = |(it, direction): (&Tensor, &ArrayD<f64>)| {
        Argument::scalar(&it.name, 0.0, (&it.gradient * direction).sum())
    };
    let slopes: Vec<_> = lines().map(slope).collect();
    let report = gradcheck::check(
        |steps| {
            let moved = |((it, direction), step): ((&Tensor, &ArrayD<f64>), &ArrayD<f64>)| {
                &it.value + &(direction * step.sum())
            };
            loss(&lines().zip(steps).map(moved).collect::<Vec<_>>())
        },
        &slopes,
    );
    let Err(miss) = judged(&report) else { return Ok(()) };
    let wrong = report.wrong_arguments();
    let Some(last) = tensors.iter().rposition(|it| wrong.contains(&&*it.name)) else {
        return Err(miss);
    };
    let miss = number_by_number(tensors, last, loss).err().unwrap_or(miss);
    let message = match wrong.len() - 1 {
        0 if tensors.len() == 1 => miss.message,
        0 => format!("{}. Those of all other arrays are right", miss.message),
        1 => format!("{}. That of one array further from the loss is wrong as well", miss.message),
        more => format!(
            "{}. Those of {more} arrays further from the loss are wrong as well",
            miss.message
        ),
    };
    Err(Miss { message, ..miss }.revealing(report.to_string()))
}

/// Compares the gradient of one array of a model in every coordinate.
fn number_by_number(
    tensors: &[Tensor],
    at: usize,
    loss: impl Fn(&[ArrayD<f64>]) -> f64,
) -> Outcome {
    let Tensor { name, value, gradient } = &tensors[at];
    let mut values: Vec<_> = tensors.iter().map(|it| it.value.clone()).collect();
    let report = gradcheck::check(
        |moved| {
            values[at].clone_from(&moved[0]);
            loss(&values)
        },
        &[Argument::new(name, value, gradient)],
    );
    judged(&report).map_err(|miss| {
        let named = format!("the gradient of `{name}`");
        let message = miss.message.replace(&format!("dL/d{name}"), &named);
        Miss { message, ..miss }.of(&[&named])
    })
}

/// What a comparison with the reference says of the learner's gradients.
fn judged(report: &Report) -> Outcome {
    let of_reference = report.findings().iter().any(|finding| finding.gradient().is_none());
    if is_settled(report) {
        Ok(())
    } else if of_reference || report.wrong_arguments().is_empty() {
        Err(Miss::of_check("finite differences of the reference cannot judge the gradient here"))
    } else {
        Err(disagreement(report))
    }
}

/// True where all agrees, but for rounding in the place of a 0 where the loss does not change: a right backward pass
/// may leave as much, as where a softmax over one class is taken from 1.
fn is_settled(report: &Report) -> bool {
    let coordinates = report.coordinates().iter().map(|it| it.verdict);
    let mut verdicts = coordinates.chain(report.directions().iter().map(|it| it.verdict));
    let is_right = |it| {
        matches!(it, gradcheck::Verdict::Agrees | gradcheck::Verdict::Undecided(Undecided::Flat))
    };
    report.findings().is_empty() && verdicts.all(is_right)
}

/// True when the gradients are those of the learner's own forward pass.
fn agree_with_own<A: Arguments<Real = f64>>(
    learner: &mut Learner,
    arguments: A,
    own: impl Fn(&mut Learner, A::Refs<'_>) -> Result<f64, Miss>,
) -> Result<bool, Miss> {
    let mut stop = None;
    let report = gradcheck::check_loss(arguments, |at| {
        own(learner, at).unwrap_or_else(|miss| {
            stop.get_or_insert(miss);
            f64::NAN
        })
    });
    stop.map_or_else(|| Ok(report.passed()), Err)
}

fn of_another_forward(report: &Report) -> Miss {
    let names = report.wrong_arguments().into_iter().map(|name| format!("dL/d{name}"));
    Miss::failed(format!(
        "{} is the right gradient of your own forward pass, but that is not the forward pass of \
         the lesson. Look at `forward` first.",
        names.collect::<Vec<_>>().join(" and ")
    ))
}

/// Which gradients are wrong, in which way, and which are right.
fn disagreement(report: &Report) -> Miss {
    let wrong = report.wrong_arguments();
    let told = |name: &str| {
        let here = Miss::of_one_call(report.structure(name)?);
        Some(report.told_structure(name)? + here)
    };
    let claim = |name: &&str| match told(name) {
        Some(told) => format!("dL/d{name} {told}"),
        None => format!("dL/d{name} does not agree with finite differences of the loss"),
    };
    let right = report.right_arguments().into_iter().map(|name| format!("dL/d{name} is right"));
    let message = wrong.iter().map(claim).chain(right).collect::<Vec<_>>().join("; ");
    let structure = wrong.first().and_then(|name| report.structure(name)).cloned().map(Box::new);
    Miss { structure, maps: ErrorMap::of(report), ..Miss::failed(message) }
}

/// Compares a printed table with the course's, line by line.
///
/// # Errors
/// With a diff that a person can read.
pub fn same_table(got: &str, want: &str) -> Outcome {
    if got == want {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(want, got);
    let mut lines = String::from("the table differs (- the course, + yours):\n");
    for change in diff.iter_all_changes() {
        lines += &format!("{} {}\n", change.tag(), change.value().trim_end());
    }
    Err(Miss::failed(lines.trim_end()))
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
pub fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

#[cfg(test)]
mod tests {
    use gradcheck::check_loss;
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn nan_and_infinity_are_close_to_nothing() {
        for got in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(close("z", got, 1.0, 1.0).is_err());
            assert!(close("z", got, got, got).is_err());
        }
        assert!(close("z", 1.0, f64::NAN, 1.0).is_err());
    }

    #[test]
    fn rounding_passes_and_anything_more_does_not() {
        assert!(close("z", 1.0 + 4.0 * f64::EPSILON, 1.0, 1.0).is_ok());
        assert!(close("z", 1.0 + 1e-12, 1.0, 1.0).is_err());
    }

    #[test]
    fn single_precision_has_its_own_rounding() {
        let close = |got: f32| {
            all_close_in_single("z", &array![got], &array![1.0 / 3.0], &array![1.0 / 3.0])
        };
        assert!(close(1.0 / 3.0).is_ok() && close(1.0 / 3.0 + 1e-6).is_ok());
        assert!(close(1.0 / 3.0 + 1e-5).is_err() && close(f32::NAN).is_err());
    }

    #[test]
    fn rounding_in_the_place_of_a_slope_of_0_is_right() {
        let judged = |slope: f64| {
            let (value, gradient) = (array![[0.5]].into_dyn(), array![[slope]].into_dyn());
            judged(&gradcheck::check(|_| 0.0, &[Argument::new("W", &value, &gradient)]))
        };
        assert!(judged(0.0).is_ok() && judged(1e-17).is_ok() && judged(-1e-16).is_ok());
        assert_eq!(judged(1e-6).unwrap_err().verdict, Verdict::Failed);
        assert_eq!(judged(f64::NAN).unwrap_err().verdict, Verdict::Failed);
    }

    #[test]
    fn a_part_too_few_or_too_many_is_named() {
        let parts =
            |names: &[&str]| names.iter().map(|it| ((*it).to_owned(), ())).collect::<Vec<_>>();
        let compare =
            |got: &[&str]| same_parts("the gradient", &parts(got), &parts(&["w", "head"]));
        assert!(compare(&["head", "w"]).is_ok());
        let message = |got: &[&str]| compare(got).unwrap_err().message;
        assert_eq!(message(&["w"]), "the gradient has no `head`");
        assert_eq!(
            message(&["w", "head", "b"]),
            "the gradient has `b`, which does not belong there"
        );
    }

    #[test]
    fn a_shape_is_compared_before_its_elements() {
        let miss =
            all_close("dL/dZ", &array![1.0], &array![1.0, 1.0], &array![1.0, 1.0]).unwrap_err();
        assert_eq!(miss.message, "dL/dZ has shape [1] where [2] is expected");
    }

    #[test]
    fn what_one_call_shows_is_not_told_of_all() {
        let (right, ones) = (array![[2.0, 1.0], [3.0, 5.0]], Array2::ones((2, 2)));
        let told = |got: Array2<f64>| all_close("dW", &got, &right, &ones).unwrap_err().message;
        assert_eq!(told(Array2::zeros((2, 2))), "dW is zero everywhere in this call");
        assert_eq!(told(right.t().to_owned()), "dW is transposed in this call");
        assert_eq!(told(&right / 9.25), "dW is 9.25 times too small everywhere in this call");
        assert_eq!(told(&right * -2.0), "dW is -2 times what it should be everywhere");
    }

    #[test]
    fn a_message_counts_wrong_elements_and_hides_values() {
        let got = array![[1.0, 3.0, 1.0], [1.0, 1.0, -2.5]];
        let want = array![[1.0, 2.0, 1.0], [1.0, 1.0, 2.5]];
        let miss = all_close("z", &got, &want, &Array2::ones((2, 3))).unwrap_err();
        assert_eq!(
            miss.message,
            "z is wrong in 2 of 6 elements: the one at [0, 1] is too large in magnitude"
        );
        assert!(!miss.message.contains("2.5") && miss.reveal.contains("2.5"));
        let miss = all_close("z", &array![f64::NAN], &array![1.0], &array![1.0]).unwrap_err();
        assert_eq!(miss.message, "z is NaN");
    }

    #[test]
    fn a_nan_is_told_before_the_place_of_what_is_wrong() {
        let (got, want) =
            (array![[1.0, f64::NAN], [3.0, f64::NAN]], array![[1.0, 2.0], [3.0, 4.0]]);
        let miss = all_close("z", &got, &want, &want).unwrap_err();
        assert_eq!(miss.message, "z is NaN in 2 of 4 elements");
    }

    #[test]
    fn a_number_that_is_nearly_right_is_told_as_such() {
        let told = |got: f64| close("z", got, 1.0, 1.0).unwrap_err().message;
        assert_eq!(told(1.0 - 3e-8), "z is right but for its last digits, as if it were rounded");
        assert_eq!(told(1.0 + 3e-6), "z is too large in magnitude");
    }

    #[test]
    fn of_a_model_the_wrong_gradient_nearest_to_the_loss_is_told() {
        // ½|x|² + Σ w·v
        let loss = |at: &[ArrayD<f64>]| at[0].pow2().sum() / 2.0 + (&at[1] * &at[2]).sum();
        let [x, w, v] =
            [array![1.0, 2.0], array![3.0, 4.0], array![5.0, -6.0]].map(Array::into_dyn);
        let told = |dx: &ArrayD<f64>, dw: &ArrayD<f64>, dv: &ArrayD<f64>| {
            let tensors = [("x", &x, dx), ("w", &w, dw), ("blocks[0].v", &v, dv)];
            let tensors = tensors.map(|(name, value, gradient)| {
                let (name, value, gradient) = (name.to_owned(), value.clone(), gradient.clone());
                Tensor { name, value, gradient }
            });
            let miss = gradients_of_model(&mut Rng::with_seed(1), &tensors, loss).err();
            miss.map(|it| it.message).unwrap_or_default()
        };
        assert_eq!(told(&x, &v, &w), "");
        assert_eq!(
            told(&(&x * 2.0), &v, &w),
            "the gradient of `x` is 2 times too large everywhere. Those of all other arrays are right"
        );
        let zero = "the gradient of `blocks[0].v` is zero everywhere in this call";
        let none = &w * 0.0;
        assert_eq!(told(&x, &v, &none), format!("{zero}. Those of all other arrays are right"));
        let both = format!("{zero}. That of one array further from the loss is wrong as well");
        assert_eq!(told(&x, &-&v, &none), both);
        let of_shape = told(&x, &array![[5.0, -6.0]].into_dyn(), &w);
        assert_eq!(of_shape, "the gradient of `w` has shape [1, 2] where [2] is expected");
        let mut one = w.clone();
        one[[1]] = 4.5;
        assert!(told(&x, &v, &one).contains("`blocks[0].v`"), "{}", told(&x, &v, &one));
    }

    /// Jumps at w = 0.
    fn step(w: f64) -> f64 {
        if w < 0.0 { 0.0 } else { 1.0 }
    }

    #[test]
    fn a_gradient_that_cannot_be_judged_is_a_fault_of_the_check() {
        let undecided = check_loss(("w", 0.0, 0.0), step);
        assert_eq!((undecided.undecided().count(), undecided.failed()), (1, false));
        let infinite = check_loss(("w", 0.0, 1.0), |w: f64| w / 0.0);
        for report in [undecided, infinite] {
            let miss = judged(&report).unwrap_err();
            assert_eq!(miss.verdict, Verdict::NotGraded);
            assert!(miss.message.contains("a fault of the course"), "{}", miss.message);
        }
    }

    #[test]
    fn beside_a_wrong_gradient_an_undecided_one_is_not_called_right() {
        let arguments = (("w", 1.0, 4.0), ("v", 0.0, 0.0), ("b", 1.0, 1.0));
        let report = check_loss(arguments, |(w, v, b)| 2.0 * w + step(v) + b);
        let miss = judged(&report).unwrap_err();
        assert_eq!(miss.verdict, Verdict::Failed);
        assert_eq!(miss.message, "dL/dw is 2 times too large; dL/db is right");
    }

    #[test]
    fn a_table_that_differs_is_shown_as_a_diff() {
        let miss = same_table("z = 0\na = 1", "z = 0\na = 0").unwrap_err();
        assert!(miss.message.ends_with("  z = 0\n- a = 0\n+ a = 1"), "{}", miss.message);
    }
}
