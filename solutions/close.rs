//! For the tests behind `docs/other-courses.md`: how other courses compare arrays.

use ndarray::{Array, Dimension, NdFloat};

/// NumPy's `assert_allclose`: every |found − wanted| is at most absolute + relative·|wanted|, and none is NaN.
pub fn close<F: NdFloat, D: Dimension>(
    found: &Array<F, D>,
    wanted: &Array<F, D>,
    [absolute, relative]: [F; 2],
) -> bool {
    let near =
        |(found, wanted): (&F, &F)| (*found - *wanted).abs() <= absolute + relative * wanted.abs();
    found.shape() == wanted.shape() && found.iter().zip(wanted).all(near)
}
