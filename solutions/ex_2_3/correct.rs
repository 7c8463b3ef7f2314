//! Correct variants of lesson 2.3. Each module is the solution in another style, which its
//! documentation names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// The derivative of tanh from one exponential that never grows, 1 at the kink, and matches.
pub mod one_exponential {
    pub use ex_2_3::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn tanh_derivative(z: f64) -> f64 {
        let q = (-2.0 * z.abs()).exp();
        4.0 * q / (1.0 + q).powi(2)
    }

    pub fn leaky_derivative(z: f64, alpha: f64) -> f64 {
        if z < 0.0 { alpha } else { 1.0 }
    }

    pub fn through_depth(z: &[f64]) -> f64 {
        z.iter().fold(1.0, |upstream, z| upstream * tanh_derivative(*z))
    }

    pub fn classify(local: f64, vanishing_below: f64) -> Health {
        match local.abs() {
            0.0 => Health::Dead,
            local if local >= vanishing_below => Health::Healthy,
            _ => Health::Vanishing,
        }
    }

    pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
        if alpha != 0.0 || z.iter().all(|z| *z > 0.0) {
            UnitHealth::Alive
        } else if z.iter().any(|z| *z > 0.0) {
            UnitHealth::DeadForSome
        } else {
            UnitHealth::Dead
        }
    }

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        let dead = z.map_axis(Axis(0), |unit| f64::from(unit.iter().all(|z| *z <= 0.0)));
        dead.mean().unwrap_or(f64::NAN)
    }

    pub fn crosses_kink(z: f64, x: f64, epsilon: f64) -> bool {
        (z + x * epsilon > 0.0) != (z - x * epsilon > 0.0)
    }
}

/// The derivative of tanh as 4σ(2z)σ(−2z), the middle at the kink, and loops.
pub mod sigmoids {
    pub use ex_2_3::*;
    use ndarray::{Array1, Array2};

    fn sigmoid(z: f64) -> f64 {
        1.0 / (1.0 + (-z).exp())
    }

    pub fn tanh_derivative(z: f64) -> f64 {
        4.0 * sigmoid(2.0 * z) * sigmoid(-2.0 * z)
    }

    pub fn leaky_derivative(z: f64, alpha: f64) -> f64 {
        if z == 0.0 {
            return f64::midpoint(1.0, alpha);
        }
        if z > 0.0 { 1.0 } else { alpha }
    }

    pub fn through_depth(z: &[f64]) -> f64 {
        let mut product = 1.0;
        for z in z.iter().rev() {
            product *= tanh_derivative(*z);
        }
        product
    }

    pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
        let (mut some, mut all) = (false, true);
        for z in z {
            let learns = *z > 0.0 || alpha != 0.0;
            some |= learns;
            all &= learns;
        }
        match (some, all) {
            (_, true) => UnitHealth::Alive,
            (true, false) => UnitHealth::DeadForSome,
            (false, false) => UnitHealth::Dead,
        }
    }

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        let mut dead = 0;
        for j in 0..z.ncols() {
            let mut is_dead = true;
            for i in 0..z.nrows() {
                if z[[i, j]] > 0.0 {
                    is_dead = false;
                }
            }
            dead += u32::from(is_dead);
        }
        f64::from(dead) / z.ncols() as f64
    }

    pub fn crosses_kink(z: f64, x: f64, epsilon: f64) -> bool {
        let reach = (x * epsilon).abs();
        -reach < z && z < reach
    }
}

/// The square of 1/cosh, 1 − tanh² where nothing cancels in a product of layers, and largest elements.
pub mod largest_element {
    pub use ex_2_3::*;
    use ndarray::{Array1, Array2, Axis};

    fn largest<'a>(z: impl IntoIterator<Item = &'a f64>) -> f64 {
        z.into_iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    pub fn tanh_derivative(z: f64) -> f64 {
        let sech = 1.0 / z.cosh();
        sech * sech
    }

    pub fn through_depth(z: &[f64]) -> f64 {
        z.iter().map(|z| 1.0 - z.tanh().powi(2)).product()
    }

    pub fn unit_health(z: &Array1<f64>, alpha: f64) -> UnitHealth {
        let lowest = -largest(&(-z));
        if alpha != 0.0 || lowest > 0.0 {
            return UnitHealth::Alive;
        }
        if largest(z) > 0.0 { UnitHealth::DeadForSome } else { UnitHealth::Dead }
    }

    pub fn dead_fraction(z: &Array2<f64>) -> f64 {
        let largest = z.map_axis(Axis(0), largest);
        let dead = largest.iter().filter(|largest| **largest <= 0.0).count();
        dead as f64 / largest.len() as f64
    }

    pub fn crosses_kink(z: f64, x: f64, epsilon: f64) -> bool {
        (z / (x * epsilon)).abs() < 1.0
    }
}
