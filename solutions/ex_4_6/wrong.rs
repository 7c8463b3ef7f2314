//! Wrong variants of lesson 4.6. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::{Array2, NdFloat};

/// `dropout` in training with a mask of its own; everything else as ever.
macro_rules! masked {
    (|$x:ident, $u:ident, $p:ident| $mask:expr) => {
        pub fn dropout<F: NdFloat>(
            $x: &Array2<F>,
            $u: &Array2<F>,
            $p: F,
            training: bool,
        ) -> (Array2<F>, Array2<F>) {
            let right = ex_4_6::dropout($x, $u, $p, training);
            if !training {
                return right;
            }
            let mask: Array2<F> = $mask;
            ($x * &mask, mask)
        }
    };
}

/// One where a draw is kept, and 0 elsewhere, times a number.
fn where_kept<F: NdFloat>(u: &Array2<F>, scale: F, keeps: impl Fn(F) -> bool) -> Array2<F> {
    u.mapv(|u| if keeps(u) { scale } else { F::zero() })
}

/// Your `dropout` keeps with the probability p. There are two conventions: in CS231n p is the share that is kept, in
/// PyTorch, and here, the share that is dropped. For p = 0.5 both are the same.
pub mod keep_probability_swapped {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| super::where_kept(u, p.recip(), |u| u < p));
}

/// Your `dropout` drops as many numbers as it should, and others: it keeps where u is below 1 − p. On average
/// that is right. Here it is agreed that u has to be at least p, so that everybody keeps the same ones.
pub mod other_end_of_the_draws {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| {
        let kept = F::one() - p;
        super::where_kept(u, kept.recip(), |u| u < kept)
    });
}

/// Your `dropout` does not enlarge what it keeps. Its outputs are smaller on average than without dropout, and the
/// layer behind it sees other numbers in training than later. What restores the mean?
pub mod not_scaled {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| super::where_kept(u, F::one(), |u| u >= p));
}

/// Your `dropout` divides what it keeps by p, the share that is dropped. For p = 0.5 nobody sees it. Which share is
/// left?
pub mod scaled_by_dropped_share {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| super::where_kept(u, p.recip(), |u| u >= p));
}

/// Your `dropout` multiplies what it keeps by 1 − p, where it should divide: the outputs get smaller twice.
pub mod scaled_down {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| super::where_kept(u, F::one() - p, |u| u >= p));
}

/// Your `dropout` drops a number whose draw is p exactly. A draw is 0 now and then, so for p = 0 it would drop where
/// nothing is to be dropped. Which comparison includes the bound?
pub mod bound_excluded {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| super::where_kept(u, (F::one() - p).recip(), |u| u > p));
}

/// Your `dropout` is NaN for p = 1: 1/(1 − p) is infinite there, and 0·∞ is NaN. All numbers are dropped, so what
/// should come out?
pub mod nan_where_all_is_dropped {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| super::where_kept(u, F::one(), |u| u >= p) / (F::one() - p));
}

/// Your `dropout` takes one draw for each row, its first: rows are kept or dropped as a whole. Each number has a draw
/// of its own.
pub mod one_draw_for_each_row {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| {
        let first = |(row, _)| u[[row, 0]];
        super::where_kept(&Array2::from_shape_fn(u.dim(), first), (F::one() - p).recip(), |u| {
            u >= p
        })
    });
}

/// Your `dropout` takes one draw for each column, its first: columns are kept or dropped as a whole. Each number has
/// a draw of its own.
pub mod one_draw_for_each_column {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    masked!(|x, u, p| {
        let first = |(_, column)| u[[0, column]];
        super::where_kept(&Array2::from_shape_fn(u.dim(), first), (F::one() - p).recip(), |u| {
            u >= p
        })
    });
}

/// Your mask is read off the outputs: it is 0 where an output is 0. An input of 0 that is kept gives 0 as well, and
/// its gradient is lost. What decides what is dropped?
pub mod mask_from_outputs {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat, Zip};

    pub fn dropout<F: NdFloat>(
        x: &Array2<F>,
        u: &Array2<F>,
        p: F,
        training: bool,
    ) -> (Array2<F>, Array2<F>) {
        let (y, mask) = ex_4_6::dropout(x, u, p, training);
        let seen = |&y: &F, &mask: &F| if y == F::zero() { F::zero() } else { mask };
        let mask = Zip::from(&y).and(&mask).map_collect(seen);
        (y, mask)
    }
}

/// Your `dropout` drops also when it is not training. What is to be evaluated or used is the whole network, and not a
/// random part of it.
pub mod dropped_in_evaluation {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn dropout<F: NdFloat>(
        x: &Array2<F>,
        u: &Array2<F>,
        p: F,
        _training: bool,
    ) -> (Array2<F>, Array2<F>) {
        ex_4_6::dropout(x, u, p, true)
    }
}

/// Your `dropout` multiplies by 1 − p when it is not training. That belongs to the older convention, which does not
/// enlarge in training. Here training has done it already.
pub mod scaled_in_evaluation {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn dropout<F: NdFloat>(
        x: &Array2<F>,
        u: &Array2<F>,
        p: F,
        training: bool,
    ) -> (Array2<F>, Array2<F>) {
        let (y, mask) = ex_4_6::dropout(x, u, p, training);
        let kept = if training { F::one() } else { F::one() - p };
        (y * kept, mask * kept)
    }
}

/// Your `dropout_backward` hands on the gradient of what was kept as it is. y is x times the mask, so by what does y grow
/// if a kept x grows by 1?
pub mod scale_missing_in_backward {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat, Zip};

    pub fn dropout_backward<F: NdFloat>(dy: &Array2<F>, mask: &Array2<F>) -> Array2<F> {
        ex_4_6::dropout_backward(dy, mask);
        let kept = |&dy: &F, &mask: &F| if mask == F::zero() { F::zero() } else { dy };
        Zip::from(dy).and(mask).map_collect(kept)
    }
}

/// Your `dropout_backward` hands on the gradient of what was dropped as well. A dropped x changes nothing in y.
pub mod mask_ignored_in_backward {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn dropout_backward<F: NdFloat>(dy: &Array2<F>, mask: &Array2<F>) -> Array2<F> {
        ex_4_6::dropout_backward(dy, mask);
        dy.clone()
    }
}

/// Your `dropout_backward` enlarges twice: the mask holds 1/(1 − p) already.
pub mod scaled_twice_in_backward {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn dropout_backward<F: NdFloat>(dy: &Array2<F>, mask: &Array2<F>) -> Array2<F> {
        ex_4_6::dropout_backward(dy, mask) * mask
    }
}

/// Your `residual` gives f(x): the way around the layer is missing.
pub mod way_around_missing {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn residual<F: NdFloat>(x: &Array2<F>, f: impl Fn(&Array2<F>) -> Array2<F>) -> Array2<F> {
        ex_4_6::residual(x, f) - x
    }
}

/// Your `residual_backward` gives what comes back through f alone. It has overwritten dL/dY, which comes back
/// on the way around. What is used twice gets two gradients: what becomes of them?
pub mod way_around_overwritten {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn residual_backward<F: NdFloat>(
        dy: &Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        f_backward(dy)
    }
}

/// Your `residual_backward` gives dL/dY: what comes back through f is missing. Then nothing before the layer learns
/// what the layer makes of it.
pub mod layer_missing_in_backward {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn residual_backward<F: NdFloat>(
        dy: &Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        f_backward(dy);
        dy.clone()
    }
}

/// Your `residual_backward` counts the way around twice. In a stack of L layers that is a factor 2 to the power of L.
pub mod way_around_doubled {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn residual_backward<F: NdFloat>(
        dy: &Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        ex_4_6::residual_backward(dy, f_backward) + dy
    }
}

/// Your `pre_norm` leads the normalised x around the layer: it gives norm(x) + f(norm(x)). The way around is meant for x
/// itself, from the first layer to the last without a norm.
pub mod normalised_way_around {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn pre_norm<F: NdFloat>(
        x: &Array2<F>,
        norm: impl Fn(&Array2<F>) -> Array2<F>,
        f: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        residual(&norm(x), f)
    }
}

/// Your `pre_norm` normalises the sum: it gives norm(x + f(x)). That is the *post-norm* of the first transformer.
pub mod post_norm {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn pre_norm<F: NdFloat>(
        x: &Array2<F>,
        norm: impl Fn(&Array2<F>) -> Array2<F>,
        f: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        norm(&residual(x, f))
    }
}

/// Your `pre_norm` normalises what the layer gives: x + norm(f(x)). The norm comes before the layer: *pre*.
pub mod norm_behind_the_layer {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn pre_norm<F: NdFloat>(
        x: &Array2<F>,
        norm: impl Fn(&Array2<F>) -> Array2<F>,
        f: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        residual(x, |x| norm(&f(x)))
    }
}

/// Your `pre_norm_backward` goes through the norm first, and then through the layer. The layer was the last one on the
/// way forward: which one is the first on the way back?
pub mod backward_in_forward_order {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn pre_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        norm_backward: impl Fn(&Array2<F>) -> Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        residual_backward(dy, |dy| f_backward(&norm_backward(dy)))
    }
}

/// Your `pre_norm_backward` leads the way around through the norm: it is the gradient of norm(x) + f(norm(x)). dL/dY
/// comes back to x as it is.
pub mod way_around_through_the_norm {
    pub use ex_4_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn pre_norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        norm_backward: impl Fn(&Array2<F>) -> Array2<F>,
        f_backward: impl Fn(&Array2<F>) -> Array2<F>,
    ) -> Array2<F> {
        norm_backward(&residual_backward(dy, f_backward))
    }
}
