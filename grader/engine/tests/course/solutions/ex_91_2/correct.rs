//! Lesson 91.2, solved in other styles.

use ndarray::{Array2, Axis};

/// The gradient from columns.
pub mod columns {
    use super::*;

    /// Products of whole columns.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        let (x, y) = (samples.column(0).to_owned(), samples.column(1).to_owned());
        let count = samples.nrows() as f64;
        let (mut w, mut b) = (0.0, 0.0);
        for _ in 0..steps {
            let residual = w * &x + b - &y;
            (w, b) = (w - rate * residual.dot(&x) / count, b - rate * residual.sum() / count);
        }
        (w, b)
    }
}

/// The gradient from five means, computed once.
pub mod moments {
    use super::*;

    /// The loss is quadratic: its gradient needs no sample.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        let mean = |of: fn(f64, f64) -> f64| {
            samples.rows().into_iter().map(|row| of(row[0], row[1])).sum::<f64>()
                / samples.nrows() as f64
        };
        let (xx, x) = (mean(|x, _| x * x), mean(|x, _| x));
        let (xy, y) = (mean(|x, y| x * y), mean(|_, y| y));
        (0..steps).fold((0.0, 0.0), |(w, b), _| {
            (w - rate * (w * xx + b * x - xy), b - rate * (w * x + b - y))
        })
    }
}

/// The samples row by row.
pub mod rows {
    use super::*;

    /// Walks along the first axis.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        let rate = rate / samples.nrows() as f64;
        let (mut w, mut b) = (0.0, 0.0);
        for _ in 0..steps {
            let (mut dw, mut db) = (0.0, 0.0);
            for sample in samples.axis_iter(Axis(0)) {
                let residual = w * sample[0] + b - sample[1];
                dw += residual * sample[0];
                db += residual;
            }
            w -= rate * dw;
            b -= rate * db;
        }
        (w, b)
    }
}
