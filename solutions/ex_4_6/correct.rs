//! Correct variants of lesson 4.6. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// One number after the other, and what is kept divided by 1 − p.
pub mod by_elements {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn dropout<F: NdFloat>(
        x: &Array2<F>,
        u: &Array2<F>,
        p: F,
        training: bool,
    ) -> (Array2<F>, Array2<F>) {
        assert!((F::zero()..=F::one()).contains(&p));
        let (mut y, mut mask) = (x.clone(), Array2::from_elem(x.dim(), F::one()));
        if training {
            assert_eq!(x.shape(), u.shape());
            for row in 0..x.nrows() {
                for column in 0..x.ncols() {
                    if u[[row, column]] < p {
                        y[[row, column]] = F::zero();
                        mask[[row, column]] = F::zero();
                    } else {
                        y[[row, column]] /= F::one() - p;
                        mask[[row, column]] /= F::one() - p;
                    }
                }
            }
        }
        (y, mask)
    }

    pub fn dropout_backward<F: NdFloat>(dy: &Array2<F>, mask: &Array2<F>) -> Array2<F> {
        assert!(dy.shape() == mask.shape());
        let mut dx = dy.clone();
        dx.zip_mut_with(mask, |dx, &mask| *dx *= mask);
        dx
    }
}

/// The mask as ones and zeros first, with p = 1 taken out.
pub mod ones_and_zeros {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat, Zip};

    pub fn dropout<F: NdFloat>(
        x: &Array2<F>,
        u: &Array2<F>,
        p: F,
        training: bool,
    ) -> (Array2<F>, Array2<F>) {
        if p.is_nan() || p < F::zero() || p > F::one() {
            panic!("no probability");
        }
        match training {
            false => (x.to_owned(), x.mapv(|_| F::one())),
            true => {
                let kept = Zip::from(x).and(u).map_collect(|_, &u| {
                    let rounded_down = (u - p).signum();
                    if rounded_down > F::zero() || u == p { F::one() } else { F::zero() }
                });
                let mask = if p == F::one() { kept } else { kept / (F::one() - p) };
                (&mask * x, mask)
            }
        }
    }

    pub fn residual<F: NdFloat>(x: &Array2<F>, f: impl Fn(&Array2<F>) -> Array2<F>) -> Array2<F> {
        let of_layer = f(x);
        Zip::from(x).and(&of_layer).map_collect(|&x, &y| x + y)
    }
}

/// Each backward pass written out, and added in place.
pub mod in_place {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn residual_backward<F: NdFloat>(
        dy: &Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        let mut dx = dy.clone();
        let through_layer = f_backward(dy);
        assert_eq!(dx.shape(), through_layer.shape());
        dx += &through_layer;
        dx
    }

    pub fn pre_norm<F: NdFloat>(
        x: &Array2<F>,
        norm: impl Fn(&Array2<F>) -> Array2<F>,
        f: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        let branch = f(&norm(x));
        assert!(branch.dim() == x.dim());
        x + &branch
    }

    pub fn pre_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        norm_backward: impl Fn(&Array2<F>) -> Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        let mut dx = norm_backward(&f_backward(dy));
        assert!(dx.dim() == dy.dim());
        dx += dy;
        dx
    }
}
