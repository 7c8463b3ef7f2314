//! Wrong variants of lesson 4.1. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::{Array1, Array2, Axis, NdFloat};

/// The solution's backward pass, with what becomes of `dw` and `db`.
macro_rules! backward {
    (|$dw:ident, $db:ident, $new_dw:ident, $new_db:ident, $rows:ident| $change:block) => {
        pub fn linear_backward<F: ndarray::NdFloat>(
            dz: &ndarray::Array2<F>,
            cache: &LinearCache<F>,
            w: &ndarray::Array2<F>,
            $dw: &mut ndarray::Array2<F>,
            $db: &mut ndarray::Array1<F>,
        ) -> ndarray::Array2<F> {
            let (dx, $new_dw, $new_db) = super::fresh(dz, cache, w, $dw, $db);
            let $rows = F::from(dz.nrows().max(1)).unwrap();
            $change
            dx
        }
    };
}

/// dL/dX, and the gradients of this pass alone.
fn fresh<F: NdFloat>(
    dz: &Array2<F>,
    cache: &ex_4_1::LinearCache<F>,
    w: &Array2<F>,
    dw: &Array2<F>,
    db: &Array1<F>,
) -> (Array2<F>, Array2<F>, Array1<F>) {
    let (mut new_dw, mut new_db) = (Array2::zeros(dw.dim()), Array1::zeros(db.dim()));
    let dx = ex_4_1::linear_backward(dz, cache, w, &mut new_dw, &mut new_db);
    (dx, new_dw, new_db)
}

/// Your `linear_backward` writes its gradients over those that are there. A layer that is used twice, or a batch that
/// comes in two parts, has the sum of both: what does β = 1 do in a GEMM?
pub mod gradients_overwritten {
    pub use ex_4_1::*;

    backward!(|dw, db, new_dw, new_db, rows| {
        let _: F = rows;
        dw.assign(&new_dw);
        db.assign(&new_db);
    });
}

/// Your `linear_backward` adds dL/dW to what is there, and writes dL/db over it. Both are sums over all uses of the
/// layer.
pub mod bias_gradient_overwritten {
    pub use ex_4_1::*;

    backward!(|dw, db, new_dw, new_db, rows| {
        let _: F = rows;
        *dw += &new_dw;
        db.assign(&new_db);
    });
}

/// Your `linear_backward` doubles what is there: it adds to the old gradient a sum in which the old gradient is
/// already.
pub mod old_gradients_twice {
    pub use ex_4_1::*;

    backward!(|dw, db, new_dw, new_db, rows| {
        let _: F = rows;
        *dw = &*dw + &*dw + new_dw;
        *db = &*db + &*db + new_db;
    });
}

/// Your gradients of W and b are divided by B. The upstream gradient already has the 1/B of the mean loss: a layer
/// adds up what it is handed.
pub mod mean_applied_twice {
    pub use ex_4_1::*;

    backward!(|dw, db, new_dw, new_db, rows| {
        *dw += &(new_dw / rows);
        *db += &(new_db / rows);
    });
}

/// Your dL/db is the mean over the batch. Every sample uses the bias: what becomes of that which comes back from
/// all of them?
pub mod bias_gradient_mean {
    pub use ex_4_1::*;

    backward!(|dw, db, new_dw, new_db, rows| {
        *dw += &new_dw;
        *db += &(new_db / rows);
    });
}

/// Your gradients are subtracted from what is there. The step of an optimiser has the minus; a gradient is the slope
/// of the loss.
pub mod gradients_subtracted {
    pub use ex_4_1::*;

    backward!(|dw, db, new_dw, new_db, rows| {
        let _: F = rows;
        *dw -= &new_dw;
        *db -= &new_db;
    });
}

/// Your `linear` leaves out the bias. Where could it be before the product is added?
pub mod bias_forgotten {
    pub use ex_4_1::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn linear<F: NdFloat>(
        x: &Array2<F>,
        w: &Array2<F>,
        b: &Array1<F>,
    ) -> (Array2<F>, LinearCache<F>) {
        assert_eq!(b.len(), w.nrows());
        ex_4_1::linear(x, w, &Array1::zeros(b.len()))
    }
}

/// A function of draws, and of one number.
macro_rules! weights {
    ($name:ident, |$draws:ident, $number:ident| $weights:expr) => {
        pub fn $name($draws: &ndarray::Array2<f64>, $number: f64) -> ndarray::Array2<f64> {
            $weights
        }
    };
}

/// fan_in and fan_out.
fn fans(draws: &Array2<f64>) -> [f64; 2] {
    [Axis(1), Axis(0)].map(|axis| draws.len_of(axis) as f64)
}

/// Your `he_normal` divides by the number of outputs. A neuron adds up as many terms as it has inputs: which axis
/// of the weights counts them?
pub mod fans_swapped {
    pub use ex_4_1::*;

    weights!(he_normal, |n, alpha| {
        n * (2.0 / ((1.0 + alpha * alpha) * super::fans(n)[1])).sqrt()
    });
}

/// Your `he_normal` scales by the variance. Draws are multiplied by the deviation, its root.
pub mod variance_for_deviation {
    pub use ex_4_1::*;

    weights!(he_normal, |n, alpha| n * 2.0 / ((1.0 + alpha * alpha) * super::fans(n)[0]));
}

/// Your `he_normal` has 1 + α, where squares are added up: a slope of α multiplies a square by α².
pub mod slope_not_squared {
    pub use ex_4_1::*;

    weights!(he_normal, |n, alpha| n * (2.0 / ((1.0 + alpha.abs()) * super::fans(n)[0])).sqrt());
}

/// Your `he_normal` keeps the variance of z, and ReLU then takes half of the mean square of each layer. Which
/// factor makes up for it?
pub mod half_forgotten {
    pub use ex_4_1::*;

    weights!(he_normal, |n, alpha| n / ((1.0 + alpha * alpha) * super::fans(n)[0]).sqrt());
}

/// The bound of your `xavier_uniform` is the deviation. A uniform distribution in [−a, a) has the deviation a/√3, so
/// that your weights are too small: what has a to be?
pub mod bound_is_deviation {
    pub use ex_4_1::*;

    weights!(xavier_uniform, |u, gain| {
        let [fan_in, fan_out] = super::fans(u);
        gain * (2.0 / (fan_in + fan_out)).sqrt() * (2.0 * u - 1.0)
    });
}

/// Your `xavier_uniform` has no negative weights. Draws in [0, 1) have the mean ½: where does 0 have to lie?
pub mod uniform_one_sided {
    pub use ex_4_1::*;

    weights!(xavier_uniform, |u, gain| {
        let [fan_in, fan_out] = super::fans(u);
        gain * (6.0 / (fan_in + fan_out)).sqrt() * u
    });
}

/// Your `xavier_uniform` and `xavier_normal` have fan_in in the place of the mean of both fans. That is right on the
/// way forward; Xavier is a compromise with the way back.
pub mod xavier_by_inputs {
    pub use ex_4_1::*;

    weights!(xavier_uniform, |u, gain| gain * (3.0 / super::fans(u)[0]).sqrt() * (2.0 * u - 1.0));
    weights!(xavier_normal, |n, gain| gain / super::fans(n)[0].sqrt() * n);
}

/// The gain of your `xavier_normal` is under the root. It multiplies the weights, so that it counts squared in the
/// variance.
pub mod gain_under_the_root {
    pub use ex_4_1::*;

    weights!(xavier_normal, |n, gain| {
        let [fan_in, fan_out] = super::fans(n);
        n * (2.0 * gain.abs() / (fan_in + fan_out)).sqrt() * gain.signum()
    });
}

/// Your `gpt2_residual` divides by the root of the number of layers. Each layer adds two branches to the residual
/// stream: attention and feed-forward.
pub mod one_branch_a_layer {
    pub use ex_4_1::*;
    use ndarray::Array2;

    pub fn gpt2_residual(n: &Array2<f64>, layers: usize) -> Array2<f64> {
        ex_4_1::gpt2_residual(n, layers) * 2.0_f64.sqrt()
    }
}

/// Your `gpt2_residual` divides by the number of branches. Independent branches add up like steps of a random
/// walk: their squares do.
pub mod branches_without_root {
    pub use ex_4_1::*;
    use ndarray::Array2;

    pub fn gpt2_residual(n: &Array2<f64>, layers: usize) -> Array2<f64> {
        ex_4_1::gpt2_residual(n, layers) / (2.0 * layers as f64).sqrt()
    }
}

/// Your `truncated_normal` moves what is too far to the limit. Then one weight in twenty has exactly that value, for
/// a limit of 2. Leave such draws out, and take the next.
pub mod truncation_by_clipping {
    pub use ex_4_1::*;
    use ndarray::Array2;

    pub fn truncated_normal(
        draws: &[f64],
        shape: (usize, usize),
        deviation: f64,
        limit: f64,
    ) -> Array2<f64> {
        // What does not fit is refused as ever.
        ex_4_1::truncated_normal(draws, shape, deviation, limit);
        let mut draws = draws.iter().map(|it| it.max(-limit).min(limit));
        Array2::from_shape_simple_fn(shape, || deviation * draws.next().unwrap())
    }
}

/// Your `truncated_normal` compares the weights with the limit. The limit counts deviations: with a deviation of
/// 0.02, weights up to 2 are a hundred deviations out.
pub mod limit_of_weights {
    pub use ex_4_1::*;
    use ndarray::Array2;

    pub fn truncated_normal(
        draws: &[f64],
        shape: (usize, usize),
        deviation: f64,
        limit: f64,
    ) -> Array2<f64> {
        let mut kept = draws.iter().map(|it| it * deviation).filter(|it| it.abs() <= limit);
        Array2::from_shape_simple_fn(shape, || kept.next().expect("enough draws"))
    }
}

/// Your `orthogonal` has the signs that Householder's reflections leave, or those of LAPACK. W is orthogonal all the same,
/// but another one for the same draws, and not spread evenly over all that there are: R must have a positive
/// diagonal.
pub mod signs_of_r_ignored {
    pub use ex_4_1::*;
    use ndarray::{Array2, Axis};

    pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
        if g.nrows() < g.ncols() { rows(g) } else { rows(&g.t().to_owned()).reversed_axes() }
    }

    /// A reflection sends a vector to the other side of its largest axis.
    fn rows(g: &Array2<f64>) -> Array2<f64> {
        let mut q = ex_4_1::orthogonal(g);
        let count = q.nrows();
        for (at, mut row) in q.axis_iter_mut(Axis(0)).enumerate() {
            // The last vector of a square is not reflected.
            if at + 1 < count.max(2) {
                row.mapv_inplace(|it| -it);
            }
        }
        q
    }
}

/// Your `orthogonal` makes vectors orthogonal, and not of length 1: W stretches what it is given.
pub mod not_normalised {
    pub use ex_4_1::*;
    use ndarray::{Array2, Axis};

    pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
        let q = ex_4_1::orthogonal(g);
        // What is left of each vector is R's diagonal.
        let axis = if g.nrows() < g.ncols() { Axis(1) } else { Axis(0) };
        let left = (&q * g).sum_axis(axis).insert_axis(axis);
        q * left
    }
}

/// Your `orthogonal` gives each vector the length 1, and leaves the angles between them as they are.
pub mod only_normalised {
    pub use ex_4_1::*;
    use ndarray::{Array2, Axis};

    pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
        let axis = if g.nrows() < g.ncols() { Axis(1) } else { Axis(0) };
        g / &g.pow2().sum_axis(axis).mapv(f64::sqrt).insert_axis(axis)
    }
}

/// `second_moment_after` by the factor of one layer.
macro_rules! moment {
    (|$layers:ident, $width:ident, $variance:ident, $alpha:ident| $moment:expr) => {
        pub fn second_moment_after(
            $layers: usize,
            $width: usize,
            $variance: f64,
            $alpha: f64,
        ) -> f64 {
            let ($layers, $width) = ($layers as f64, $width as f64);
            $moment
        }
    };
}

/// Your mean square leaves out what the activation takes: half of all z are negative, and are multiplied by α.
pub mod activation_forgotten {
    pub use ex_4_1::*;

    moment!(|layers, width, variance, alpha| {
        let _ = alpha;
        (width * variance).powf(layers)
    });
}

/// Your mean square grows by the same amount with each layer. A layer multiplies what it is given: how often does the
/// factor of one layer count?
pub mod layers_added {
    pub use ex_4_1::*;

    moment!(|layers, width, variance, alpha| {
        1.0 + layers * (width * variance * (1.0 + alpha * alpha) / 2.0 - 1.0)
    });
}

/// Your mean square does not depend on the width: a neuron adds up as many terms as it has inputs.
pub mod width_forgotten {
    pub use ex_4_1::*;

    moment!(|layers, width, variance, alpha| {
        let _ = width;
        (variance * (1.0 + alpha * alpha) / 2.0).powf(layers)
    });
}
