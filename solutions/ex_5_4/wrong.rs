//! Wrong variants of lesson 5.4. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// `embed_backward`, and `tied_gradient` by it.
macro_rules! backward {
    (|$dy:ident, $ids:ident, $vocabulary:ident| $de:expr) => {
        pub fn embed_backward<F: NdFloat>(
            $dy: &Array3<F>,
            $ids: &Array2<usize>,
            $vocabulary: usize,
        ) -> Array2<F> {
            // What does not fit is refused as ever.
            ex_5_4::embed_backward($dy, $ids, $vocabulary);
            $de
        }

        pub fn tied_gradient<F: NdFloat>(
            dz: &Array2<F>,
            x: &Array2<F>,
            dy: &Array3<F>,
            ids: &Array2<usize>,
        ) -> Array2<F> {
            ex_5_4::tied_gradient(dz, x, dy, ids);
            dz.t().dot(x) + embed_backward(dy, ids, dz.ncols())
        }
    };
}

/// In your dL/dE, the gradient of a word is that of its last token: each one takes the place of those before it.
/// A row that was copied several times moves the loss through all of its copies. What has to be done with their
/// gradients?
pub mod overwrites_repeated_id {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    backward!(|dy, ids, vocabulary| {
        let mut de = Array2::zeros((vocabulary, dy.dim().2));
        for (row, &id) in dy.rows().into_iter().zip(ids) {
            de.row_mut(id).assign(&row);
        }
        de
    });
}

/// In your dL/dE, the gradient of a word is the mean over its tokens. The loss is a mean over all tokens already,
/// and dL/dY has been divided by their number. What becomes of L when a row that was copied three times moves?
pub mod mean_of_repeated {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    backward!(|dy, ids, vocabulary| {
        let mut de = ex_5_4::embed_backward(dy, ids, vocabulary);
        for (id, mut row) in de.outer_iter_mut().enumerate() {
            let count = ids.iter().filter(|it| **it == id).count();
            row.mapv_inplace(|sum| sum / F::from(count.max(1)).unwrap());
        }
        de
    });
}

/// Your dL/dE has the gradients of the first text of the batch alone. Through which loop do the others come?
pub mod only_first_text {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, Axis, NdFloat, Slice};

    backward!(|dy, ids, vocabulary| {
        let dy = dy.slice_axis(Axis(0), Slice::from(..1)).to_owned();
        let ids = ids.slice_axis(Axis(0), Slice::from(..1)).to_owned();
        ex_5_4::embed_backward(&dy, &ids, vocabulary)
    });
}

/// Your dL/dE has as many rows as the largest id of the batch asks for. The table has V rows, whether they were
/// used or not, and its gradient has the shape of the table.
pub mod rows_of_the_batch {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn embed_backward<F: NdFloat>(
        dy: &Array3<F>,
        ids: &Array2<usize>,
        vocabulary: usize,
    ) -> Array2<F> {
        ex_5_4::embed_backward(dy, ids, vocabulary);
        let rows = ids.iter().max().map_or(0, |largest| largest + 1);
        ex_5_4::embed_backward(dy, ids, rows)
    }
}

/// Your `embed` takes the row of a token's place in the text, and not that of its id. Which of the two numbers says
/// what the word is?
pub mod place_for_id {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
        ex_5_4::embed(e, ids);
        let places = Array2::from_shape_fn(ids.dim(), |(_, place)| place % e.nrows());
        ex_5_4::embed(e, &places)
    }
}

/// Your `embed` counts the rows from 1: each word has the row before its own. The first row of the table is that of
/// the id 0.
pub mod counted_from_one {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
        ex_5_4::embed(e, ids);
        ex_5_4::embed(e, &ids.mapv(|id| id.saturating_sub(1)))
    }
}

/// Your `embed` goes through the ids in the order in which they lie in memory. An array may lie there column by
/// column. Which iterator goes row by row in any case?
pub mod ids_in_memory_order {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
        let as_they_lie = ids.as_slice_memory_order().unwrap().to_vec();
        ex_5_4::embed(e, &Array2::from_shape_vec(ids.dim(), as_they_lie).unwrap())
    }
}

/// Your `tied_gradient` is that of the head. The table is also where the words come from: the loss depends on it
/// through `embed` as well. A loss falls with half of the gradient, too, and more slowly.
pub mod embedding_part_forgotten {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn tied_gradient<F: NdFloat>(
        dz: &Array2<F>,
        x: &Array2<F>,
        dy: &Array3<F>,
        ids: &Array2<usize>,
    ) -> Array2<F> {
        ex_5_4::tied_gradient(dz, x, dy, ids);
        dz.t().dot(x)
    }
}

/// Your `tied_gradient` is that of `embed`. The logits are products with the same table: what comes back to it
/// there?
pub mod head_part_forgotten {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn tied_gradient<F: NdFloat>(
        dz: &Array2<F>,
        x: &Array2<F>,
        dy: &Array3<F>,
        ids: &Array2<usize>,
    ) -> Array2<F> {
        ex_5_4::tied_gradient(dz, x, dy, ids);
        ex_5_4::embed_backward(dy, ids, dz.ncols())
    }
}

/// Your `tied_gradient` is the mean of its two parts. When the table moves, the loss changes at both ends, and the
/// changes add up: remember the product rule for (a·x + c)·a.
pub mod mean_of_both_parts {
    pub use ex_5_4::*;
    use ndarray::{Array2, Array3, NdFloat};

    pub fn tied_gradient<F: NdFloat>(
        dz: &Array2<F>,
        x: &Array2<F>,
        dy: &Array3<F>,
        ids: &Array2<usize>,
    ) -> Array2<F> {
        ex_5_4::tied_gradient(dz, x, dy, ids) / F::from(2).unwrap()
    }
}

/// Your dL/dE of `head` is divided by the number of tokens. The loss has taken its mean already, and dL/dZ came
/// with it.
pub mod mean_applied_twice {
    pub use ex_5_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn head_backward<F: NdFloat>(
        dz: &Array2<F>,
        x: &Array2<F>,
        e: &Array2<F>,
    ) -> (Array2<F>, Array2<F>) {
        let (dx, de) = ex_5_4::head_backward(dz, x, e);
        (dx, de / F::from(x.nrows()).unwrap())
    }
}

/// Your dL/dE of `head` is transposed: (D, V). A gradient has the shape of its parameter.
pub mod table_gradient_transposed {
    pub use ex_5_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn head_backward<F: NdFloat>(
        dz: &Array2<F>,
        x: &Array2<F>,
        e: &Array2<F>,
    ) -> (Array2<F>, Array2<F>) {
        (dz.dot(e), x.t().dot(dz))
    }
}
