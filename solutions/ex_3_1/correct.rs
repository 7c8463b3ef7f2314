//! Correct variants of lesson 3.1. Each module is the solution in another style, which its
//! documentation names. Those called `loops…` lose the source check.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// The formulas of the brief, with `dot` for every product and the prelude for every name.
pub mod dot {
    pub use ex_3_1::*;
    use ndarray::prelude::*;

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = x.dot(&w.t()) + b;
        let a = z.mapv(f64::tanh);
        let loss = (&a - y).mapv(|residual| 0.5 * residual * residual).mean().unwrap_or_default();
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = y.nrows() as f64;
        let da = (&forward.a - y) / batch;
        let dz = &da * (1.0 - &forward.a * &forward.a);
        let dw = dz.t().dot(x);
        let db = dz.sum_axis(Axis(0));
        Gradients { da, dz, dw, db }
    }
}

/// The bias as the weight of a further input that is always 1: one product gives both gradients.
pub mod bias_as_weight {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis, concatenate, s};

    /// The inputs with a column of ones after the last.
    fn with_ones(x: &Array2<f64>) -> Array2<f64> {
        concatenate![Axis(1), x.view(), Array2::ones((x.nrows(), 1))]
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let parameters = concatenate![Axis(1), w.view(), b.view().insert_axis(Axis(1))];
        let z = with_ones(x).dot(&parameters.t());
        let a = z.mapv(f64::tanh);
        let loss = 0.5 * (&a - y).pow2().mean().unwrap_or(f64::NAN);
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = (&forward.a - y) / x.nrows() as f64;
        let dz = &da * (1.0 - forward.a.pow2());
        let gradient = dz.t().dot(&with_ones(x));
        let dw = gradient.slice(s![.., ..-1]).to_owned();
        let db = gradient.column(x.ncols()).to_owned();
        Gradients { da, dz, dw, db }
    }
}

/// Arrays that are updated in place: `+=`, `mapv_inplace`, `zip_mut_with`.
pub mod in_place {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let mut z = x.dot(&w.t());
        z += b;
        let mut a = z.clone();
        a.mapv_inplace(f64::tanh);
        let mut residual = a.clone();
        residual -= y;
        residual.map_inplace(|it| *it *= *it);
        let mut loss = residual.sum();
        loss /= 2.0;
        loss /= residual.len() as f64;
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let mut da = forward.a.clone();
        da -= y;
        da /= y.len() as f64;
        let mut dz = da.clone();
        dz.zip_mut_with(&forward.a, |slope, a| *slope *= 1.0 - a * a);
        let mut db = Array1::zeros(1);
        db += &dz.sum_axis(Axis(0));
        let mut dw = Array2::zeros((1, x.ncols()));
        dw += &dz.t().dot(x);
        Gradients { da, dz, dw, db }
    }
}

/// The gradients of every sample for its own loss, and B divided out of each result at the end.
pub mod mean_at_the_end {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let Forward { z, a, .. } = ex_3_1::forward(x, w, b, y);
        let total = ((&a - y) * (&a - y)).sum();
        Forward { z, a, loss: total / (2.0 * x.nrows() as f64) }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = x.nrows() as f64;
        let residual = &forward.a - y;
        let delta = (1.0 - forward.a.powi(2)) * &residual;
        Gradients {
            dw: delta.t().dot(x) / batch,
            db: delta.sum_axis(Axis(0)) / batch,
            da: residual / batch,
            dz: delta / batch,
        }
    }
}

/// tanh through eᶻ, its derivative from Z as 1/cosh², and the loss multiplied out.
pub mod other_formula {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, array};

    /// tanh(z) = 1 − 2/(e²ᶻ + 1), which saturates where the exponential overflows.
    fn tanh(z: f64) -> f64 {
        1.0 - 2.0 / ((2.0 * z).exp() + 1.0)
    }

    /// The sum of the products of two columns.
    fn inner(one: &Array2<f64>, other: &Array2<f64>) -> f64 {
        one.t().dot(other)[[0, 0]]
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = b + &x.dot(&w.t());
        let a = z.map(|&z| tanh(z));
        // ½‖A − Y‖²/B
        let loss = (0.5 * inner(&a, &a) - inner(&a, y) + 0.5 * inner(y, y)) / x.nrows() as f64;
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let share = 1.0 / x.nrows() as f64;
        let da = share * &forward.a - share * y;
        let dz = &da / forward.z.mapv(f64::cosh).pow2();
        let dw = dz.t().dot(x);
        let db = array![inner(&dz, &Array2::ones(dz.dim()))];
        Gradients { da, dz, dw, db }
    }
}

/// Sums from the last sample to the first, and each sample divided by B before they are summed.
pub mod reversed {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis, s};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = x.slice(s![.., ..;-1]).dot(&w.slice(s![.., ..;-1]).t()) + b;
        let a = z.mapv(f64::tanh);
        let losses = (&a - y).pow2() * (0.5 / x.nrows() as f64);
        let loss = losses.slice(s![..;-1, ..]).fold(0.0, |sum, loss| sum + loss);
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let share = 1.0 / x.nrows() as f64;
        let da = (&forward.a - y) * share;
        let dz = (1.0 + &forward.a) * (1.0 - &forward.a) * &da;
        let last_first = dz.slice(s![..;-1, ..]);
        let dw = last_first.t().dot(&x.slice(s![..;-1, ..]));
        let db = last_first.fold_axis(Axis(0), 0.0, |sum, term| sum + term);
        Gradients { da, dz, dw, db }
    }
}

/// A training loop of the learner's own beside the two functions, which have none.
pub mod training {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2};

    /// The parameters after so many `steps` of gradient descent.
    pub fn descend(
        x: &Array2<f64>,
        y: &Array2<f64>,
        (mut w, mut b): (Array2<f64>, Array1<f64>),
        rate: f64,
        steps: usize,
    ) -> (Array2<f64>, Array1<f64>) {
        for _ in 0..steps {
            let Gradients { dw, db, .. } = backward(x, y, &forward(x, &w, &b, y));
            w.scaled_add(-rate, &dw);
            b.scaled_add(-rate, &db);
        }
        (w, b)
    }
}

/// Every product in the other order, (P·Q)ᵀ = Qᵀ·Pᵀ, so that results are column-major.
pub mod transposed {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let row = w.dot(&x.t()) + b;
        let z = row.reversed_axes();
        let a = z.mapv(f64::tanh);
        let residual = (y - &a).reversed_axes();
        let loss = residual.dot(&residual.t()).sum() / (2 * y.nrows()) as f64;
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = ((&forward.a - y) / x.nrows() as f64).reversed_axes();
        let dz = &da * (1.0 - forward.a.t().pow2());
        let dw = x.t().dot(&dz.t()).reversed_axes();
        let db = dz.sum_axis(Axis(1));
        Gradients { da: da.reversed_axes(), dz: dz.reversed_axes(), dw, db }
    }
}

/// The one neuron as vectors: columns of length B, and products of a matrix and a vector.
pub mod vectors {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = x.dot(&w.row(0)) + b[0];
        let a = z.mapv(f64::tanh);
        let residual = &a - &y.column(0);
        let loss = residual.dot(&residual) / 2.0 / residual.len() as f64;
        Forward { z: z.insert_axis(Axis(1)), a: a.insert_axis(Axis(1)), loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let a = forward.a.column(0);
        let da = (&a - &y.column(0)) / a.len() as f64;
        let dz = &da - &da * &a * a;
        let dw = dz.dot(x).insert_axis(Axis(0));
        let db = Array1::from_elem(1, dz.sum());
        Gradients { da: da.insert_axis(Axis(1)), dz: dz.insert_axis(Axis(1)), dw, db }
    }
}

/// Element-wise steps fused with `Zip` and `azip!`.
pub mod zip {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, Axis, Zip, azip};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = x.dot(&w.t()) + b;
        let mut a = Array2::zeros(z.dim());
        azip!((a in &mut a, &z in &z) *a = z.tanh());
        let loss = Zip::from(&a).and(y).fold(0.0, |sum, a, y| sum + 0.5 * (a - y).powi(2));
        Forward { z, a, loss: loss / x.nrows() as f64 }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let samples = x.nrows() as f64;
        let da = Zip::from(&forward.a).and(y).map_collect(|a, y| (a - y) / samples);
        let dz = Zip::from(&da).and(&forward.a).map_collect(|da, a| da * (1.0 - a * a));
        let dw = dz.t().dot(x);
        let db = dz.sum_axis(Axis(0));
        Gradients { da, dz, dw, db }
    }
}

/// Explicit loops over samples and inputs.
pub mod loops {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let (samples, d_in) = x.dim();
        let mut z = Array2::zeros((samples, 1));
        let mut a = Array2::zeros((samples, 1));
        let mut loss = 0.0;
        for i in 0..samples {
            z[[i, 0]] = b[0];
            for k in 0..d_in {
                z[[i, 0]] += w[[0, k]] * x[[i, k]];
            }
            a[[i, 0]] = z[[i, 0]].tanh();
            loss += (a[[i, 0]] - y[[i, 0]]).powi(2) / 2.0;
        }
        Forward { z, a, loss: loss / samples as f64 }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let (samples, d_in) = x.dim();
        let mut da = Array2::zeros((samples, 1));
        let mut dz = Array2::zeros((samples, 1));
        let mut dw = Array2::zeros((1, d_in));
        let mut db = Array1::zeros(1);
        for i in 0..samples {
            let a = forward.a[[i, 0]];
            da[[i, 0]] = (a - y[[i, 0]]) / samples as f64;
            dz[[i, 0]] = da[[i, 0]] * (1.0 - a * a);
            for k in 0..d_in {
                dw[[0, k]] += dz[[i, 0]] * x[[i, k]];
            }
            db[0] += dz[[i, 0]];
        }
        Gradients { da, dz, dw, db }
    }
}

/// Iterator chains over rows and elements, which the lesson counts as loops.
pub mod loops_by_iterator {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, ArrayView1, Axis, array};

    /// One number for each sample.
    fn column(numbers: impl Iterator<Item = f64>) -> Array2<f64> {
        numbers.collect::<Array1<f64>>().insert_axis(Axis(1))
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let of_sample =
            |sample: ArrayView1<f64>| sample.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() + b[0];
        let z = column(x.outer_iter().map(of_sample));
        let a = column(z.iter().map(|z| z.tanh()));
        let losses = a.iter().zip(y).map(|(a, y)| 0.5 * (a - y).powi(2));
        let loss = losses.sum::<f64>() / x.nrows() as f64;
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let samples = x.nrows() as f64;
        let da = column(forward.a.iter().zip(y).map(|(a, y)| (a - y) / samples));
        let dz = column(da.iter().zip(&forward.a).map(|(da, a)| da * (1.0 - a * a)));
        let over_samples =
            |inputs: ArrayView1<f64>| inputs.iter().zip(&dz).fold(0.0, |sum, (x, dz)| sum + x * dz);
        let dw: Array1<f64> = x.columns().into_iter().map(over_samples).collect();
        let db = array![dz.iter().sum()];
        Gradients { da, dz, dw: dw.insert_axis(Axis(0)), db }
    }
}

/// tanh by `exp_m1` of the negative magnitude, and the samples added up in pairs of halves.
pub mod by_exp_m1 {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2, ArrayView2, Axis, array};

    /// tanh(z) = −m/(2 + m) with m = e^(−2|z|) − 1.
    fn tanh(z: f64) -> f64 {
        let m = (-2.0 * z.abs()).exp_m1();
        (-m / (2.0 + m)).copysign(z)
    }

    /// The sum of a column, as the sums of its halves.
    fn sum(column: ArrayView2<f64>) -> f64 {
        let (upper, lower) = column.split_at(Axis(0), column.nrows() / 2);
        upper.sum() + lower.sum()
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = x.dot(&w.t()) + b;
        let a = z.mapv(tanh);
        let loss = sum((&a - y).pow2().view()) / (2.0 * x.nrows() as f64);
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = (&forward.a - y) / x.nrows() as f64;
        let dz = &da - &(&da * forward.a.pow2());
        let db = array![sum(dz.view())];
        Gradients { dw: dz.t().dot(x), da, dz, db }
    }
}

/// Helpers that are generic over how a matrix is stored, and results in column-major memory.
pub mod generic {
    pub use ex_3_1::*;
    use ndarray::{
        Array1, Array2, ArrayBase, Axis, Data, Ix2, ShapeBuilder, linalg::general_mat_mul,
    };

    /// P·Q, column by column in memory.
    fn product<P, Q>(left: &ArrayBase<P, Ix2>, right: &ArrayBase<Q, Ix2>) -> Array2<f64>
    where
        P: Data<Elem = f64>,
        Q: Data<Elem = f64>,
    {
        let mut product = Array2::zeros((left.nrows(), right.ncols()).f());
        general_mat_mul(1.0, left, right, 0.0, &mut product);
        product
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = product(x, &w.t()) + b;
        let a = z.mapv(f64::tanh);
        let residual = y - &a;
        let loss = product(&residual.t(), &residual)[[0, 0]] / (2 * x.nrows()) as f64;
        Forward { z, a, loss }
    }

    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = (&forward.a - y) / x.nrows() as f64;
        let dz = (1.0 - forward.a.pow2()) * &da;
        let dw = product(&dz.t(), x);
        let db = product(&Array2::ones((1, x.nrows())), &dz).remove_axis(Axis(0));
        Gradients { da, dz, dw, db }
    }
}
