//! Correct variants of lesson 4.5. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::{Array2, Axis, NdFloat};

fn number<F: NdFloat>(value: usize) -> F {
    F::from(value).unwrap()
}

/// The means of the rows, as a column.
fn means<F: NdFloat>(of: &Array2<F>) -> Array2<F> {
    of.sum_axis(Axis(1)).insert_axis(Axis(1)) / number::<F>(of.ncols())
}

/// Whole arrays: means as columns that are broadcast.
pub mod whole_arrays {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, Axis, NdFloat};

    fn divided<F: NdFloat>(rows: Array2<F>, eps: F) -> Cache<F> {
        let rstd = super::means(&rows.mapv(|it| it * it)).mapv(|it| F::one() / (it + eps).sqrt());
        Cache { xhat: rows * &rstd, rstd: rstd.remove_axis(Axis(1)) }
    }

    fn refuse(fits: bool) {
        assert!(fits, "the shapes do not fit");
    }

    pub fn layer_norm<F: NdFloat>(
        x: &Array2<F>,
        gamma: &Array1<F>,
        beta: &Array1<F>,
        eps: F,
    ) -> (Array2<F>, Cache<F>) {
        refuse(gamma.len() == x.ncols() && beta.len() == x.ncols());
        let cache = divided(x - &super::means(x), eps);
        (&cache.xhat * gamma + beta, cache)
    }

    pub fn rms_norm<F: NdFloat>(x: &Array2<F>, gamma: &Array1<F>, eps: F) -> (Array2<F>, Cache<F>) {
        refuse(gamma.len() == x.ncols());
        let cache = divided(x.clone(), eps);
        (&cache.xhat * gamma, cache)
    }

    pub fn layer_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        gamma: &Array1<F>,
    ) -> (Array2<F>, Array1<F>, Array1<F>) {
        let (along_rows, dgamma) = rms_norm_backward(dy, cache, gamma);
        (&along_rows - &super::means(&along_rows), dgamma, dy.sum_axis(Axis(0)))
    }

    pub fn rms_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        gamma: &Array1<F>,
    ) -> (Array2<F>, Array1<F>) {
        let Cache { xhat, rstd } = cache;
        refuse(dy.dim() == xhat.dim() && gamma.len() == dy.ncols());
        let d = dy * gamma;
        let dx = &d - &(xhat * &super::means(&(&d * xhat)));
        (dx * rstd.view().insert_axis(Axis(1)), (dy * xhat).sum_axis(Axis(0)))
    }
}

/// Mean and variance in a single pass over a row, by Welford's recurrence.
pub mod welford {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn layer_norm<F: NdFloat>(
        x: &Array2<F>,
        gamma: &Array1<F>,
        beta: &Array1<F>,
        eps: F,
    ) -> (Array2<F>, Cache<F>) {
        assert!(gamma.len() == x.ncols() && beta.len() == x.ncols());
        let (mut y, mut xhat) = (x.clone(), x.clone());
        let mut rstd = Array1::zeros(x.nrows());
        for row in 0..x.nrows() {
            let (mut mean, mut squares) = (F::zero(), F::zero());
            for (before, &x) in x.row(row).iter().enumerate() {
                let distance = x - mean;
                mean += distance / super::number(before + 1);
                squares += distance * (x - mean);
            }
            rstd[row] = F::one() / (squares / super::number(x.ncols()) + eps).sqrt();
            for column in 0..x.ncols() {
                xhat[[row, column]] = (x[[row, column]] - mean) * rstd[row];
                y[[row, column]] = gamma[column] * xhat[[row, column]] + beta[column];
            }
        }
        (y, Cache { xhat, rstd })
    }
}

/// The backward pass step by step, through x̂, the variance and the mean, as somebody derives it who names every
/// node of the graph.
pub mod node_by_node {
    pub use ex_4_5::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn layer_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        gamma: &Array1<F>,
    ) -> (Array2<F>, Array1<F>, Array1<F>) {
        assert!(dy.dim() == cache.xhat.dim() && gamma.len() == dy.ncols());
        let (two, width) = (super::number::<F>(2), super::number::<F>(dy.ncols()));
        let mut dx = Array2::zeros(dy.dim());
        let (mut dgamma, mut dbeta) = (Array1::zeros(gamma.len()), Array1::zeros(gamma.len()));
        for row in 0..dy.nrows() {
            let (dy, xhat, r) = (dy.row(row), cache.xhat.row(row), cache.rstd[row]);
            dgamma += &(&dy * &xhat);
            dbeta += &dy;
            let dxhat = &dy * gamma;
            let distances = xhat.mapv(|xhat| xhat / r);
            let dvariance = (&dxhat * &distances).sum() * (-r * r * r / two);
            let dmean = -dxhat.sum() * r;
            let through_variance = distances.mapv(|it| dvariance * two * it / width);
            dx.row_mut(row).assign(&(&dxhat * r + through_variance + dmean / width));
        }
        (dx, dgamma, dbeta)
    }

    pub fn rms_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        gamma: &Array1<F>,
    ) -> (Array2<F>, Array1<F>) {
        assert!(dy.dim() == cache.xhat.dim() && gamma.len() == dy.ncols());
        let mut dx = dy * gamma;
        let mut dgamma = Array1::zeros(gamma.len());
        for row in 0..dx.nrows() {
            let mut along = F::zero();
            for column in 0..dx.ncols() {
                dgamma[column] += dy[[row, column]] * cache.xhat[[row, column]];
                along += dx[[row, column]] * cache.xhat[[row, column]];
            }
            for column in 0..dx.ncols() {
                let back = cache.xhat[[row, column]] * along / super::number(dx.ncols());
                dx[[row, column]] = cache.rstd[row] * (dx[[row, column]] - back);
            }
        }
        (dx, dgamma)
    }
}
