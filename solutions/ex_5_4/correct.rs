//! Correct variants of lesson 5.4. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Element by element.
pub mod by_elements {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
        Array3::from_shape_fn((ids.nrows(), ids.ncols(), e.ncols()), |(b, t, d)| {
            let id = ids[[b, t]];
            *e.get([id, d]).unwrap_or_else(|| panic!("there is no id {id}"))
        })
    }

    pub fn embed_backward<F: NdFloat>(
        dy: &Array3<F>,
        ids: &Array2<usize>,
        vocabulary: usize,
    ) -> Array2<F> {
        let (batch, time, width) = dy.dim();
        assert_eq!(ids.dim(), (batch, time));
        let mut de = Array2::zeros((vocabulary, width));
        for b in 0..batch {
            for t in 0..time {
                let id = ids[[b, t]];
                assert!(id < vocabulary, "{id} is no id");
                for d in 0..width {
                    de[[id, d]] += dy[[b, t, d]];
                }
            }
        }
        de
    }
}

/// The rows are selected all at once; the two gradients of the tied table are computed apart.
pub mod selected_rows {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, Axis, NdFloat};

    pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
        let rows: Vec<_> = ids.iter().copied().collect();
        let unknown: Vec<_> = rows.iter().filter(|id| **id >= e.nrows()).collect();
        assert!(unknown.is_empty(), "unknown ids: {unknown:?}");
        let shape = (ids.nrows(), ids.ncols(), e.ncols());
        e.select(Axis(0), &rows).into_shape_with_order(shape).unwrap()
    }

    pub fn tied_gradient<F: NdFloat>(
        dz: &Array2<F>,
        x: &Array2<F>,
        dy: &Array3<F>,
        ids: &Array2<usize>,
    ) -> Array2<F> {
        assert_eq!(x.dim(), (ids.len(), dy.dim().2));
        dz.t().dot(x) + embed_backward(dy, ids, dz.ncols())
    }
}

/// The tokens are sorted by id first, and each row is written once: as it is done in parallel.
pub mod sorted_by_id {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn embed_backward<F: NdFloat>(
        dy: &Array3<F>,
        ids: &Array2<usize>,
        vocabulary: usize,
    ) -> Array2<F> {
        assert_eq!(ids.shape(), &dy.shape()[..2]);
        let mut tokens: Vec<_> = ids.iter().copied().zip(dy.rows()).collect();
        tokens.sort_by_key(|(id, _)| *id);
        let mut de = Array2::zeros((vocabulary, dy.dim().2));
        for same in tokens.chunk_by(|one, other| one.0 == other.0) {
            assert!(same[0].0 < vocabulary, "id {} of {vocabulary}", same[0].0);
            let mut sum = same[0].1.to_owned();
            same[1..].iter().for_each(|(_, row)| sum += row);
            de.row_mut(same[0].0).assign(&sum);
        }
        de
    }
}
