//! Correct variants of lesson 5.6. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Element by element, with the angle computed each time.
pub mod by_elements {
    pub use ex_5_6::*;
    use ndarray::{Array2, Array4, NdFloat};

    fn number<F: NdFloat>(value: f64) -> F {
        F::from(value).unwrap()
    }

    fn angle(position: usize, i: usize, d: usize, base: f64) -> f64 {
        position as f64 / base.powf((2 * i) as f64 / d as f64)
    }

    pub fn sinusoidal<F: NdFloat>(time: usize, width: usize, base: f64) -> Array2<F> {
        assert!(width.is_multiple_of(2) && base > 0.0);
        let mut rows = Array2::zeros((time, width));
        for m in 0..time {
            for i in 0..width / 2 {
                let (sin, cos) = angle(m, i, width, base).sin_cos();
                rows[[m, 2 * i]] = number(sin);
                rows[[m, 2 * i + 1]] = number(cos);
            }
        }
        rows
    }

    pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        let (batch, heads, time, d) = x.dim();
        assert!(d.is_multiple_of(2) && positions.len() == time && base > 0.0);
        let mut y = Array4::zeros(x.dim());
        for b in 0..batch {
            for h in 0..heads {
                for (t, position) in positions.iter().enumerate() {
                    for i in 0..d / 2 {
                        let (sin, cos) = angle(*position, i, d, base).sin_cos();
                        let (sin, cos): (F, F) = (number(sin), number(cos));
                        let (one, other) = (x[[b, h, t, 2 * i]], x[[b, h, t, 2 * i + 1]]);
                        y[[b, h, t, 2 * i]] = one * cos - other * sin;
                        y[[b, h, t, 2 * i + 1]] = one * sin + other * cos;
                    }
                }
            }
        }
        y
    }
}

/// Whole arrays, as it is written in NumPy: sines and cosines broadcast over texts and heads.
pub mod whole_arrays {
    pub use ex_5_6::*;
    use ndarray::{Array2, Array4, Axis, NdFloat, concatenate, s};

    fn angles(positions: &[usize], d: usize, base: f64) -> Array2<f64> {
        assert!(d.is_multiple_of(2) && base > 0.0);
        Array2::from_shape_fn((positions.len(), d / 2), |(t, i)| {
            positions[t] as f64 * (-(2.0 * i as f64) / d as f64 * base.ln()).exp()
        })
    }

    pub fn rope_half<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        let (.., time, d) = x.dim();
        assert_eq!(positions.len(), time);
        let angles = angles(positions, d, base);
        let cos = angles.mapv(|angle| F::from(angle.cos()).unwrap());
        let sin = angles.mapv(|angle| F::from(angle.sin()).unwrap());
        let a = x.slice(s![.., .., .., ..d / 2]);
        let b = x.slice(s![.., .., .., d / 2..]);
        let first = &a * &cos - &(&b * &sin);
        let second = &a * &sin + &(&b * &cos);
        concatenate(Axis(3), &[first.view(), second.view()]).unwrap()
    }

    pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        assert_eq!(positions.len(), dy.dim().2);
        let angles = angles(positions, dy.dim().3, base);
        let cos = angles.mapv(|angle| F::from(angle.cos()).unwrap());
        let sin = angles.mapv(|angle| F::from(angle.sin()).unwrap());
        let mut dx = dy.clone();
        let (u, v) = (dy.slice(s![.., .., .., ..;2]), dy.slice(s![.., .., .., 1..;2]));
        dx.slice_mut(s![.., .., .., ..;2]).assign(&(&u * &cos + &(&v * &sin)));
        dx.slice_mut(s![.., .., .., 1..;2]).assign(&(&v * &cos - &(&u * &sin)));
        dx
    }
}

/// Each function by another one, through the order that takes one layout to the other.
pub mod by_the_order {
    pub use ex_5_6::*;
    use ndarray::{Array4, Axis, NdFloat};

    pub fn half_order(d: usize) -> Vec<usize> {
        assert!(d.is_multiple_of(2));
        (0..d / 2).map(|i| 2 * i).chain((0..d / 2).map(|i| 2 * i + 1)).collect()
    }

    pub fn rope_half<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        let order = half_order(x.dim().3);
        let mut back = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, from)| back[*from] = place);
        ex_5_6::rope(&x.select(Axis(3), &back), positions, base).select(Axis(3), &order)
    }
}
