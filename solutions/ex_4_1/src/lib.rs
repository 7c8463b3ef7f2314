//! Lesson 4.1, solved: initialisation, and the linear layer that trains.

use ndarray::{Array1, Array2, Axis, NdFloat, linalg::general_mat_mul};

/// What the backward pass of `linear` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct LinearCache<F> {
    /// The inputs X (B, d_in).
    x: Array2<F>,
}

/// The forward pass Z = X·Wᵀ + b: inputs `x` (B, d_in), weights `w` (d_out, d_in) and bias `b` (d_out) give Z
/// (B, d_out), and what the backward pass needs.
///
/// # Panics
/// When the shapes do not fit.
pub fn linear<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    b: &Array1<F>,
) -> (Array2<F>, LinearCache<F>) {
    assert_eq!(b.len(), w.nrows(), "there must be one bias for each output");
    // Z starts with the bias: β = 1 then adds the product in the same pass.
    let mut z = Array2::zeros((x.nrows(), w.nrows())) + b;
    general_mat_mul(F::one(), x, &w.t(), F::one(), &mut z);
    (z, LinearCache { x: x.clone() })
}

/// The backward pass, from the upstream gradient `dz` (B, d_out): gives dL/dX (B, d_in), and adds dL/dW to `dw`
/// (d_out, d_in) and dL/db to `db` (d_out).
///
/// # Panics
/// When the shapes do not fit.
pub fn linear_backward<F: NdFloat>(
    dz: &Array2<F>,
    cache: &LinearCache<F>,
    w: &Array2<F>,
    dw: &mut Array2<F>,
    db: &mut Array1<F>,
) -> Array2<F> {
    assert_eq!(db.len(), w.nrows(), "there must be one dL/db for each output");
    // β = 1 adds to what is there, in the pass that writes it.
    general_mat_mul(F::one(), &dz.t(), &cache.x, F::one(), dw);
    *db += &dz.sum_axis(Axis(0));
    dz.dot(w)
}

/// Weights (d_out, d_in) by Glorot and Bengio, of draws `u` (d_out, d_in) that are uniform in [0, 1): uniform
/// around 0, with the variance 1 over the mean of fan_in and fan_out, and then multiplied by `gain`.
pub fn xavier_uniform(u: &Array2<f64>, gain: f64) -> Array2<f64> {
    // Uniform in [−a, a) has the deviation a/√3.
    let bound = 3.0_f64.sqrt() * xavier_deviation(u, gain);
    u.mapv(|u| bound * (2.0 * u - 1.0))
}

/// Weights with the same variance, of draws `n` (d_out, d_in) of the standard normal distribution.
pub fn xavier_normal(n: &Array2<f64>, gain: f64) -> Array2<f64> {
    n * xavier_deviation(n, gain)
}

fn xavier_deviation(draws: &Array2<f64>, gain: f64) -> f64 {
    let (fan_out, fan_in) = draws.dim();
    gain * (2.0 / (fan_in + fan_out) as f64).sqrt()
}

/// Weights (d_out, d_in) by He, of draws `n` (d_out, d_in) of the standard normal distribution: for leaky ReLU
/// with the slope `alpha` below 0.
pub fn he_normal(n: &Array2<f64>, alpha: f64) -> Array2<f64> {
    let fan_in = n.ncols() as f64;
    n * (2.0 / ((1.0 + alpha * alpha) * fan_in)).sqrt()
}

/// Weights as in GPT-2, for a layer whose outputs are added to the residual stream of a model with so many
/// `layers`: of draws `n` of the standard normal distribution.
///
/// # Panics
/// When there is no layer.
pub fn gpt2_residual(n: &Array2<f64>, layers: usize) -> Array2<f64> {
    assert!(layers > 0, "a model without layers has no residual stream");
    n * (0.02 / (2.0 * layers as f64).sqrt())
}

/// Weights of this `shape` from the normal distribution with this `deviation`, without what lies further out
/// than `limit` deviations. Takes the `draws` of the standard normal distribution in their order, and leaves those
/// out that are too far.
///
/// # Panics
/// When there are not enough draws.
pub fn truncated_normal(
    draws: &[f64],
    shape: (usize, usize),
    deviation: f64,
    limit: f64,
) -> Array2<f64> {
    let mut kept = draws.iter().filter(|draw| draw.abs() <= limit);
    Array2::from_shape_simple_fn(shape, || {
        deviation * kept.next().expect("there must be enough draws within the limit")
    })
}

/// Orthogonal weights of `g` (d_out, d_in), which has full rank: W·Wᵀ = 1 where there are fewer rows than
/// columns, else Wᵀ·W = 1. It is the Q of a QR decomposition whose R has a positive diagonal: of G, or of Gᵀ where
/// there are fewer rows than columns.
pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
    if g.nrows() < g.ncols() {
        orthonormal_rows(g.clone())
    } else {
        let columns = orthonormal_rows(g.t().as_standard_layout().into_owned());
        columns.t().as_standard_layout().into_owned()
    }
}

/// The rows, made orthonormal one after the other, by Gram and Schmidt.
fn orthonormal_rows(mut rows: Array2<f64>) -> Array2<f64> {
    for at in 0..rows.nrows() {
        let (before, mut rest) = rows.view_mut().split_at(Axis(0), at);
        let mut row = rest.row_mut(0);
        // Where rows are nearly dependent, once leaves what rounding made of a large difference.
        for _ in 0..2 {
            let parts = before.dot(&row);
            row -= &before.t().dot(&parts);
        }
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    rows
}

/// The mean square of the activations after so many `layers` of this `width`, relative to that of the inputs.
/// Weights have mean 0 and this `variance`, biases are 0, and the activation is leaky ReLU with the slope `alpha`.
pub fn second_moment_after(layers: usize, width: usize, variance: f64, alpha: f64) -> f64 {
    let of_one = width as f64 * variance * (1.0 + alpha * alpha) / 2.0;
    of_one.powf(layers as f64)
}
