//! Wrong variants of lesson 4.5. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_4_5::Cache;
use ndarray::{Array1, Array2, ArrayView1, Axis, NdFloat};

/// A number in the precision that is asked for.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).unwrap()
}

fn mean_of<F: NdFloat>(row: ArrayView1<F>) -> F {
    row.sum() / number(row.len() as f64)
}

fn mean_square<F: NdFloat>(row: ArrayView1<F>) -> F {
    row.dot(&row) / number(row.len() as f64)
}

/// Rows that are multiplied by what is computed from each.
fn by_rows<F: NdFloat>(rows: Array2<F>, rstd: impl Fn(ArrayView1<F>) -> F) -> Cache<F> {
    let rstd: Array1<F> = rows.rows().into_iter().map(rstd).collect();
    Cache { xhat: rows * rstd.view().insert_axis(Axis(1)), rstd }
}

fn centred<F: NdFloat>(x: &Array2<F>) -> Array2<F> {
    x - &means(x)
}

/// The means of the rows, as a column.
fn means<F: NdFloat>(of: &Array2<F>) -> Array2<F> {
    of.sum_axis(Axis(1)).insert_axis(Axis(1)) / number::<F>(of.ncols() as f64)
}

/// A `layer_norm` that normalises its own way.
macro_rules! layer {
    (|$x:ident, $eps:ident| $cache:expr) => {
        pub fn layer_norm<F: NdFloat>(
            $x: &Array2<F>,
            gamma: &Array1<F>,
            beta: &Array1<F>,
            $eps: F,
        ) -> (Array2<F>, Cache<F>) {
            // What does not fit is refused as ever.
            ex_4_5::layer_norm($x, gamma, beta, $eps);
            let cache: Cache<F> = $cache;
            (&cache.xhat * gamma + beta, cache)
        }
    };
}

/// An `rms_norm` that normalises its own way.
macro_rules! rms {
    (|$x:ident, $eps:ident| $cache:expr) => {
        pub fn rms_norm<F: NdFloat>(
            $x: &Array2<F>,
            gamma: &Array1<F>,
            $eps: F,
        ) -> (Array2<F>, Cache<F>) {
            ex_4_5::rms_norm($x, gamma, $eps);
            let cache: Cache<F> = $cache;
            (&cache.xhat * gamma, cache)
        }
    };
}

/// Both norms, each with what it makes of the mean square of a row.
macro_rules! both {
    (|$square:ident, $eps:ident| $rstd:expr) => {
        layer!(|x, $eps| super::by_rows(super::centred(x), |row| {
            let $square = super::mean_square(row);
            $rstd
        }));
        rms!(|x, $eps| super::by_rows(x.clone(), |row| {
            let $square = super::mean_square(row);
            $rstd
        }));
    };
}

/// Your norms leave ε out. A row of one number then is 0/0, which is NaN, and a row that is nearly constant is
/// blown up to full size. What should be added under the root?
pub mod eps_forgotten {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    both!(|square, _eps| square.sqrt().recip());
}

/// Your norms add ε to the root, and not to what is under it. Where the variance is large nobody sees it. For a row
/// of one number 1/ε and 1/√ε are far apart.
pub mod eps_outside_root {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    both!(|square, eps| (square.sqrt() + eps).recip());
}

/// Your norms take 10⁻⁵ for ε, whatever they are given. Models differ in it, and a checkpoint has to be run with the
/// one that it was trained with.
pub mod eps_fixed {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    both!(|square, _eps| (square + super::number(1e-5)).sqrt().recip());
}

/// Your norms divide by the variance, or by the mean square, and not by its root. A row that is twice as large
/// then comes out half as large. Which power of x does the divisor need?
pub mod root_forgotten {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    both!(|square, eps| (square + eps).recip());
}

/// Your variance is divided by D − 1. That is the estimate for a population of which the row is a sample. Here the
/// row is all there is: what is its mean squared distance?
pub mod bessel {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer!(|x, eps| super::by_rows(super::centred(x), |row| {
        let variance = row.dot(&row) / super::number(row.len() as f64 - 1.0);
        (variance + eps).sqrt().recip()
    }));
}

/// Your variance is the mean of the squares minus the square of the mean. For rows far from zero these are two
/// large numbers that agree in all their digits, and their difference has none that is right. What can be taken
/// off each x first?
pub mod one_pass_variance {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer!(|x, eps| {
        let rstd: Array1<F> = x
            .rows()
            .into_iter()
            .map(|row| {
                let mean = super::mean_of(row);
                (super::mean_square(row) - mean * mean + eps).sqrt().recip()
            })
            .collect();
        let column = rstd.view().insert_axis(ndarray::Axis(1));
        Cache { xhat: super::centred(x) * column, rstd }
    });
}

/// Your LayerNorm normalises the columns: mean and variance are taken over the batch, as in BatchNorm. A row is a
/// token; over what should its mean be taken?
pub mod normalised_over_batch {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer!(|x, eps| {
        let columns = super::by_rows(super::centred(&x.t().to_owned()), |row| {
            (super::mean_square(row) + eps).sqrt().recip()
        });
        Cache { xhat: columns.xhat.reversed_axes(), ..columns }
    });
}

/// Your LayerNorm multiplies by γ before it takes mean and variance, so that γ is normalised away in part. It comes
/// after x̂.
pub mod gamma_before_statistics {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn layer_norm<F: NdFloat>(
        x: &Array2<F>,
        gamma: &Array1<F>,
        beta: &Array1<F>,
        eps: F,
    ) -> (Array2<F>, Cache<F>) {
        ex_4_5::layer_norm(x, gamma, beta, eps);
        ex_4_5::layer_norm(&(x * gamma), &Array1::ones(gamma.len()), beta, eps)
    }
}

/// Your RMSNorm takes the mean off, as LayerNorm does. That is what it saves: only the length is normalised.
pub mod rms_subtracts_mean {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    rms!(|x, eps| super::by_rows(super::centred(x), |row| {
        (super::mean_square(row) + eps).sqrt().recip()
    }));
}

/// Your RMSNorm divides by the length of the row, the root of the *sum* of the squares. Its outputs shrink as the
/// row gets wider. What does the M of its name stand for?
pub mod rms_of_sum {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    rms!(|x, eps| super::by_rows(x.clone(), |row| (row.dot(&row) + eps).sqrt().recip()));
}

/// A `layer_norm_backward` with what it makes of the right gradients.
macro_rules! layer_backward {
    (|$dy:ident, $cache:ident, $gamma:ident, $right:ident| $changed:expr) => {
        pub fn layer_norm_backward<F: NdFloat>(
            $dy: &Array2<F>,
            $cache: &Cache<F>,
            $gamma: &Array1<F>,
        ) -> (Array2<F>, Array1<F>, Array1<F>) {
            let $right = ex_4_5::layer_norm_backward($dy, $cache, $gamma);
            $changed
        }
    };
}

/// r of each row, as a column.
fn rstd<F: NdFloat>(cache: &Cache<F>) -> Array2<F> {
    cache.rstd.clone().insert_axis(Axis(1))
}

/// Your dL/dX of LayerNorm lacks the way through the mean: its rows do not add up to 0. If all x of a row grow by the
/// same, nothing comes out differently. What does that say of the sum of their gradients?
pub mod mean_term_missing {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, cache, gamma, right| {
        (ex_4_5::rms_norm_backward(dy, cache, gamma).0, right.1, right.2)
    });
}

/// Your dL/dX of LayerNorm lacks the way through the variance. An upstream gradient of ones with γ = 1 comes back as
/// 0 without it too, so such a test does not see it. If the row grows away from its mean, nothing comes out
/// differently: along which direction is the gradient 0?
pub mod variance_term_missing {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, cache, gamma, right| {
        (super::centred(&(dy * gamma)) * super::rstd(cache), right.1, right.2)
    });
}

/// Your dL/dX of LayerNorm takes mean and variance for constants: it is γ·r·dL/dY. Each x of a row moves both, and so
/// all outputs of the row. What comes back on these ways?
pub mod statistics_constant {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, cache, gamma, right| {
        (dy * gamma * super::rstd(cache), right.1, right.2)
    });
}

/// Your dL/dX of LayerNorm is 0 everywhere. For an upstream gradient of ones and γ = 1 that is right; a test with the
/// sum of the outputs sees no more than that.
pub mod zero_gradient {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, _cache, _gamma, right| {
        (Array2::zeros(dy.raw_dim()), right.1, right.2)
    });
}

/// Your dL/dX of LayerNorm starts from dL/dY, as if γ were 1. The output is γ·x̂ + β: what is dL/dx̂?
pub mod gamma_missing_in_dx {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, cache, gamma, right| {
        let ones = Array1::ones(gamma.len());
        (ex_4_5::layer_norm_backward(dy, cache, &ones).0, right.1, right.2)
    });
}

/// Your dL/dX of LayerNorm takes sums over the row where it should take means. 1/D is in the mean and in the variance,
/// so it is in what comes back through them.
pub mod sums_for_means {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, cache, gamma, right| {
        let d = dy * gamma;
        let width = super::number::<F>(d.ncols() as f64);
        let along = super::means(&(&d * &cache.xhat)) * width;
        let dx = &d - &(super::means(&d) * width) - &cache.xhat * &along;
        (dx * super::rstd(cache), right.1, right.2)
    });
}

/// Your dL/dγ of LayerNorm is a sum over dL/dY times x − μ. γ is multiplied by x̂, which is x − μ divided by the
/// deviation. What stands beside γ in the output stands in its gradient.
pub mod dgamma_of_distances {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, Axis, NdFloat};

    layer_backward!(|dy, cache, _gamma, right| {
        let distances = &cache.xhat / &super::rstd(cache);
        (right.0, (dy * &distances).sum_axis(Axis(0)), right.2)
    });
}

/// Your dL/dγ of LayerNorm carries a factor γ. In γ·x̂ + β, γ is multiplied by x̂ alone: by what does the output grow
/// if γ grows by 1?
pub mod gamma_in_dgamma {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|_dy, _cache, gamma, right| (right.0, right.1 * gamma, right.2));
}

/// Your dL/dγ and dL/dβ of LayerNorm are means over the rows. Where the loss is a mean, dL/dY has the 1/N already.
pub mod parameter_gradients_averaged {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    layer_backward!(|dy, _cache, _gamma, right| {
        let rows = super::number::<F>(dy.nrows() as f64);
        (right.0, right.1 / rows, right.2 / rows)
    });
}

/// Your dL/dX of RMSNorm is that of LayerNorm: it takes a mean off. Nothing was centred on the way forward, so nothing
/// comes back through a mean.
pub mod rms_gradient_of_layer_norm {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn rms_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        gamma: &Array1<F>,
    ) -> (Array2<F>, Array1<F>) {
        let (dx, dgamma, _) = ex_4_5::layer_norm_backward(dy, cache, gamma);
        (dx, dgamma)
    }
}

/// Your dL/dX of RMSNorm takes the mean square for a constant: it is γ·r·dL/dY. Each x moves the mean square of its
/// row, and so all outputs of the row.
pub mod rms_constant {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn rms_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        gamma: &Array1<F>,
    ) -> (Array2<F>, Array1<F>) {
        let (_, dgamma) = ex_4_5::rms_norm_backward(dy, cache, gamma);
        (dy * gamma * super::rstd(cache), dgamma)
    }
}
