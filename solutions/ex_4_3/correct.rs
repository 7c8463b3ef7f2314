//! Correct variants of lesson 4.3. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Whole arrays: one function of each element for every factor, then products.
pub mod whole_arrays {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    fn below<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        z.mapv(|z| {
            let x = -z.to_f64().unwrap() / 2.0_f64.sqrt();
            F::from(0.5 * libm::erfc(x)).unwrap()
        })
    }

    pub fn gelu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        z * &below(z)
    }

    pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        let two_pi = F::from(2.0 * std::f64::consts::PI).unwrap();
        let density = (z * z / F::from(-2.0).unwrap()).mapv(F::exp) / two_pi.sqrt();
        dy * &(below(z) + z * &density)
    }

    pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let ones = Array2::<F>::ones(z.dim());
        z / &(&ones + &z.mapv(|z| (-z).exp()))
    }
}

/// The tanh form by way of σ(2u), and by 1/cosh².
pub mod by_sigmoid {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat, Zip};

    fn inner<F: NdFloat>(z: F) -> (F, F) {
        let [rate, a] = [1.595_769_121_605_731, 0.044715].map(|it| F::from(it).unwrap());
        (rate * (z + a * z.powi(3)), rate * (F::one() + F::from(3).unwrap() * a * z.powi(2)))
    }

    fn sigmoid<F: NdFloat>(z: F) -> F {
        let small = (-z.abs()).exp();
        if z < F::zero() { small / (F::one() + small) } else { F::one() / (F::one() + small) }
    }

    pub fn gelu_tanh<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        z.mapv(|z| z * sigmoid(inner(z).0))
    }

    pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        let mut dz = dy.clone();
        Zip::from(&mut dz).and(z).for_each(|dz, &z| {
            let (u, du) = inner(z);
            *dz *= sigmoid(u) + z * sigmoid(u) * sigmoid(-u) * du;
        });
        dz
    }

    pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        dy * z.mapv(|z| sigmoid(z) + z * sigmoid(z) * sigmoid(-z))
    }
}

/// In place, and the slope of SiLU from its output y: σ + y·(1 − σ).
pub mod in_place {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let mut y = z.clone();
        y.mapv_inplace(|z| z / ((-z).exp() + F::one()));
        y
    }

    pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        let mut dz = z.mapv(|z| {
            let a = F::one() / (F::one() + (-z).exp());
            a + z * a * (F::one() - a)
        });
        dz *= dy;
        dz
    }
}

/// Plain loops over rows and columns, into an array that is allocated first.
pub mod plain_loops {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let mut y = Array2::zeros(z.raw_dim());
        for i in 0..z.nrows() {
            for j in 0..z.ncols() {
                let z = z[[i, j]];
                y[[i, j]] = z / (F::one() + (-z).exp());
            }
        }
        y
    }

    pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        let half = F::from(0.5).unwrap();
        let rate = F::from((2.0 / std::f64::consts::PI).sqrt()).unwrap();
        let a = F::from(0.044715).unwrap();
        let mut dz = Array2::zeros(z.raw_dim());
        for ((at, &z), &dy) in z.indexed_iter().zip(dy) {
            let t = (rate * (z + a * z * z * z)).tanh();
            let du = rate + rate * a * (z * z + z * z + z * z);
            dz[at] =
                dy * half * (F::one() + t) + dy * half * z * (F::one() - t) * (F::one() + t) * du;
        }
        dz
    }
}
