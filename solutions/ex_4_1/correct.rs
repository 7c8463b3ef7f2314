//! Correct variants of lesson 4.1. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Products whose results are added, and Householder's reflections for the orthogonal weights.
pub mod products {
    pub use ex_4_1::*;
    use ndarray::{Array1, Array2, Axis, NdFloat, s};

    pub struct LinearCache<F> {
        transposed: Array2<F>,
    }

    pub fn linear<F: NdFloat>(
        x: &Array2<F>,
        w: &Array2<F>,
        b: &Array1<F>,
    ) -> (Array2<F>, LinearCache<F>) {
        assert!(b.len() == w.nrows());
        (x.dot(&w.t()) + b, LinearCache { transposed: x.t().to_owned() })
    }

    pub fn linear_backward<F: NdFloat>(
        dz: &Array2<F>,
        cache: &LinearCache<F>,
        w: &Array2<F>,
        dw: &mut Array2<F>,
        db: &mut Array1<F>,
    ) -> Array2<F> {
        let product = cache.transposed.dot(dz);
        assert!(dw.dim() == w.dim() && db.len() == w.nrows() && dz.ncols() == w.nrows());
        *dw += &product.t();
        *db = &*db + &dz.sum_axis(Axis(0));
        dz.dot(w)
    }

    pub fn xavier_uniform(u: &Array2<f64>, gain: f64) -> Array2<f64> {
        let bound = gain * (6.0 / (u.nrows() + u.ncols()) as f64).sqrt();
        2.0 * bound * u - bound
    }

    pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
        if g.nrows() < g.ncols() {
            return orthogonal(&g.t().to_owned()).reversed_axes();
        }
        let (rows, columns) = g.dim();
        let (mut r, mut q) = (g.clone(), Array2::<f64>::eye(rows));
        for at in 0..columns {
            let mut v = r.slice(s![at.., at]).to_owned();
            v[0] += v[0].signum() * v.dot(&v).sqrt();
            let square = v.dot(&v);
            let v = v.insert_axis(Axis(1));
            let off = v.dot(&v.t().dot(&r.slice(s![at.., ..]))) * (2.0 / square);
            r.slice_mut(s![at.., ..]).scaled_add(-1.0, &off);
            let off = q.slice(s![.., at..]).dot(&v).dot(&v.t()) * (2.0 / square);
            q.slice_mut(s![.., at..]).scaled_add(-1.0, &off);
        }
        let signs = r.diag().mapv(f64::signum);
        q.slice(s![.., ..columns]).to_owned() * &signs
    }
}

/// Element by element.
pub mod by_elements {
    pub use ex_4_1::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub struct LinearCache<F>(Vec<Vec<F>>);

    pub fn linear<F: NdFloat>(
        x: &Array2<F>,
        w: &Array2<F>,
        b: &Array1<F>,
    ) -> (Array2<F>, LinearCache<F>) {
        assert!(w.nrows() == b.len() && x.ncols() == w.ncols());
        let z = Array2::from_shape_fn((x.nrows(), w.nrows()), |(i, j)| {
            (0..w.ncols()).fold(b[j], |sum, k| sum + x[[i, k]] * w[[j, k]])
        });
        (z, LinearCache(x.outer_iter().map(|row| row.to_vec()).collect()))
    }

    pub fn linear_backward<F: NdFloat>(
        dz: &Array2<F>,
        LinearCache(x): &LinearCache<F>,
        w: &Array2<F>,
        dw: &mut Array2<F>,
        db: &mut Array1<F>,
    ) -> Array2<F> {
        assert!(dz.dim() == (x.len(), w.nrows()) && dw.dim() == w.dim() && db.len() == w.nrows());
        let mut dx = Array2::zeros((x.len(), w.ncols()));
        for ((i, j), &dz) in dz.indexed_iter() {
            for k in 0..w.ncols() {
                dx[[i, k]] += dz * w[[j, k]];
                dw[[j, k]] += dz * x[i][k];
            }
            db[j] += dz;
        }
        dx
    }

    pub fn truncated_normal(
        draws: &[f64],
        (rows, columns): (usize, usize),
        deviation: f64,
        limit: f64,
    ) -> Array2<f64> {
        let mut weights = Vec::new();
        for draw in draws {
            if weights.len() < rows * columns && (-limit..=limit).contains(draw) {
                weights.push(draw * deviation);
            }
        }
        Array2::from_shape_vec((rows, columns), weights).expect("enough draws")
    }
}

/// Gram and Schmidt as it is modified: what a vector has of another is taken off before the next is asked.
pub mod modified_gram_schmidt {
    pub use ex_4_1::*;
    use ndarray::{Array1, Array2};

    pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
        let is_wide = g.nrows() < g.ncols();
        let view = if is_wide { g.view() } else { g.t() };
        let mut done: Vec<Array1<f64>> = Vec::new();
        for vector in view.outer_iter() {
            let mut rest = vector.to_owned();
            for other in done.iter().chain(&done) {
                let part = rest.dot(other);
                rest.scaled_add(-part, other);
            }
            let norm = rest.pow2().sum().sqrt();
            done.push(rest / norm);
        }
        let q = Array2::from_shape_fn(view.dim(), |(i, k)| done[i][k]);
        if is_wide { q } else { q.reversed_axes() }
    }

    pub fn he_normal(n: &Array2<f64>, alpha: f64) -> Array2<f64> {
        let gain = (2.0 / alpha.mul_add(alpha, 1.0)).sqrt();
        n * gain / (n.ncols() as f64).sqrt()
    }
}
