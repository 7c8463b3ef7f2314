//! Wrong variants of lesson 4.4. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::{Array1, Array2, ArrayView1, NdFloat};

/// `softmax`, `log_softmax` and `cross_entropy` that take a number of their own off each row.
macro_rules! shifted {
    (|$z:ident, $row:ident| $shift:expr) => {
        pub fn softmax<F: NdFloat>($z: &Array2<F>) -> Array2<F> {
            super::by_rows($z, |$row| super::softmax_row($row, $shift))
        }

        pub fn log_softmax<F: NdFloat>($z: &Array2<F>) -> Array2<F> {
            super::by_rows($z, |$row| {
                let shift = $shift;
                let sum = $row.mapv(|z| (z - shift).exp()).sum();
                $row.mapv(|z| z - shift - sum.ln())
            })
        }

        pub fn cross_entropy<F: NdFloat>($z: &Array2<F>, targets: &[usize]) -> (F, Array2<F>) {
            // What does not fit is refused as ever.
            ex_4_4::cross_entropy($z, targets);
            super::from_parts(&softmax($z), &log_softmax($z), targets)
        }
    };
}

fn by_rows<F: NdFloat>(z: &Array2<F>, of: impl Fn(ArrayView1<F>) -> Array1<F>) -> Array2<F> {
    let mut result = z.clone();
    for (mut row, z) in result.outer_iter_mut().zip(z.outer_iter()) {
        row.assign(&of(z));
    }
    result
}

fn softmax_row<F: NdFloat>(row: ArrayView1<F>, shift: F) -> Array1<F> {
    let exponentials = row.mapv(|z| (z - shift).exp());
    let sum = exponentials.sum();
    exponentials / sum
}

fn from_parts<F: NdFloat>(p: &Array2<F>, log_p: &Array2<F>, targets: &[usize]) -> (F, Array2<F>) {
    let n = number(p.nrows() as f64);
    let one_hot = one_hot::<F>(targets, p.ncols());
    let picked = targets.iter().enumerate().map(|(row, class)| log_p[[row, *class]]);
    (-picked.fold(F::zero(), |sum, it| sum + it) / n, (p - &one_hot) / n)
}

fn one_hot<F: NdFloat>(targets: &[usize], classes: usize) -> Array2<F> {
    Array2::from_shape_fn((targets.len(), classes), |(row, class)| {
        if targets[row] == class { F::one() } else { F::zero() }
    })
}

/// A number in the precision that is asked for.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).unwrap()
}

/// Your exponentials overflow: e^z is infinite above z = 709.78, and ∞/∞ is NaN; far below zero all of
/// them are 0. Numerator and denominator may be divided by one number: which one makes the largest
/// exponential of a row 1?
pub mod no_max_subtracted {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    shifted!(|z, row| F::zero());
}

/// You subtract the maximum of all rows from each row. A row that lies far below another one then has
/// exponentials of 0 alone, and 0/0 is NaN. Which maximum does a row need?
pub mod global_max_subtracted {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    shifted!(|z, row| z.fold(F::neg_infinity(), |max, &z| max.max(z)));
}

/// Your search for the maximum starts at a number, and not at −∞. A row that lies below it has exponentials
/// of 0 alone, and 0/0 is NaN.
pub mod max_from_a_number {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    shifted!(|z, row| row.fold(super::number(-1e4), |max: F, &z| max.max(z)));
}

/// Your `log_softmax` is the logarithm of `softmax`. A probability below 10⁻³²³ is 0 in f64, and its logarithm
/// −∞, where the right one is a number such as −800. Take the logarithm of the quotient on paper: what
/// becomes of ln e^z?
pub mod log_of_softmax {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn log_softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        ex_4_4::softmax(z).mapv(F::ln)
    }
}

/// Your `softmax` divides by the sums of the columns: the probabilities of one class add up to 1 over the
/// batch. A row is a sample; over what do its probabilities add up?
pub mod softmax_over_batch {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        ex_4_4::softmax(&z.t().to_owned()).reversed_axes()
    }
}

/// Your `softmax_backward` is p·(1 − p)·dL/dp, element by element: the diagonal of the Jacobian. A z moves
/// the other probabilities of its row as well, because it is in their denominator. What do they add?
pub mod jacobian_diagonal {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        dp * &p.mapv(|p| p * (F::one() - p))
    }
}

/// Your `softmax_backward` gives 0 everywhere. An upstream gradient that is the same for all classes does come
/// back as 0, so a test with ones does not see it. Others do not.
pub mod zero_gradient {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, _p: &Array2<F>) -> Array2<F> {
        Array2::zeros(dp.raw_dim())
    }
}

/// Your `softmax_backward` takes the plain mean of the row off dL/dp. For an upstream gradient of ones that
/// gives 0, as it should; in general the classes do not count equally. By what is each dL/dp weighted?
pub mod unweighted_mean {
    pub use ex_4_4::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        let classes = super::number::<F>(dp.ncols() as f64);
        let mean = dp.sum_axis(Axis(1)).insert_axis(Axis(1)) / classes;
        p * &(dp - &mean)
    }
}

/// Your `softmax_backward` adds up over the batch. The samples know nothing of each other: over what does the sum
/// in one dL/dz run?
pub mod sum_over_batch {
    pub use ex_4_4::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        p * &(dp - &(p * dp).sum_axis(Axis(0)))
    }
}

/// Your `log_softmax_backward` hands the upstream gradient on as it is. log p is z minus the logarithm of a sum,
/// and each z of the row is in that sum. What does it bring back?
pub mod normaliser_forgotten {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn log_softmax_backward<F: NdFloat>(dlogp: &Array2<F>, _p: &Array2<F>) -> Array2<F> {
        dlogp.clone()
    }
}

/// Your `log_softmax_backward` is that of softmax. The upstream gradient is one of log p here, and not of p: it is
/// not multiplied by p a second time.
pub mod softmax_gradient_for_log {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn log_softmax_backward<F: NdFloat>(dlogp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        ex_4_4::softmax_backward(dlogp, p)
    }
}

/// The solution's loss and gradient, changed.
macro_rules! changed {
    (|$loss:ident, $dz:ident, $z:ident, $targets:ident| $changed:expr) => {
        pub fn cross_entropy<F: NdFloat>($z: &Array2<F>, $targets: &[usize]) -> (F, Array2<F>) {
            let ($loss, $dz) = ex_4_4::cross_entropy($z, $targets);
            $changed
        }
    };
}

/// Your loss and its gradient are sums over the rows. They should be means: twice the batch would make
/// the step twice as large.
pub mod mean_missing {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    changed!(|loss, dz, z, targets| {
        let n = super::number::<F>(z.nrows() as f64);
        (loss * n, dz * n)
    });
}

/// Your loss is a mean over the rows, and its gradient is that of the sum. What is divided in the loss is divided
/// in the gradient.
pub mod mean_missing_in_gradient {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    changed!(|loss, dz, z, targets| (loss, dz * super::number::<F>(z.nrows() as f64)));
}

/// Your loss and its gradient are divided by the number of all logits. Each row has one loss, however many
/// classes there are: how many losses is the mean taken of?
pub mod mean_over_rows_and_classes {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    changed!(|loss, dz, z, targets| {
        let classes = super::number::<F>(z.ncols() as f64);
        (loss / classes, dz / classes)
    });
}

/// In your dL/dZ, P is divided by the number of rows, and the 1 of the target is not. The mean divides the
/// gradient of each row as a whole.
pub mod one_hot_subtracted_after_mean {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    changed!(|loss, dz, z, targets| {
        let n = super::number::<F>(z.nrows() as f64);
        let one_hot = super::one_hot::<F>(targets, z.ncols());
        (loss, dz - &(&one_hot * (F::one() - F::one() / n)))
    });
}

/// Your dL/dZ has the wrong sign: a step of gradient descent makes the target less likely. What does p − 1 say of
/// the logit of the target?
pub mod gradient_of_likelihood {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    changed!(|loss, dz, z, targets| (loss, dz.mapv(|dz| -dz)));
}

/// Your dL/dZ is P divided by the number of rows: nothing is subtracted for the target. Which logit of a row is
/// in the loss twice?
pub mod target_forgotten {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    changed!(|loss, dz, z, targets| {
        let n = super::number::<F>(z.nrows() as f64);
        let one_hot = super::one_hot::<F>(targets, z.ncols());
        (loss, dz + &(&one_hot / n))
    });
}
