//! Wrong variants of lesson 5.6. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::{Array4, NdFloat};

/// Turns each pair (2i, 2i + 1): of the first number, by `angle(t, i)`, and of the second one, by
/// `other(t, i)`.
fn turned<F: NdFloat>(
    x: &Array4<F>,
    angle: impl Fn(usize, usize) -> f64,
    other: impl Fn(usize, usize) -> f64,
) -> Array4<F> {
    Array4::from_shape_fn(x.dim(), |(b, h, t, column)| {
        let i = column / 2;
        let [first, second] = [2 * i, 2 * i + 1].map(|at| x[[b, h, t, at]]);
        let [angle, other] = [angle(t, i), other(t, i)];
        let number = |value: f64| F::from(value).unwrap();
        if column % 2 == 0 {
            first * number(angle.cos()) - second * number(angle.sin())
        } else {
            first * number(other.sin()) + second * number(other.cos())
        }
    })
}

/// `rope` and `rope_backward` with angles of their own.
macro_rules! angles {
    (|$shape:ident, $t:ident, $i:ident, $positions:ident, $base:ident| $angle:expr) => {
        pub fn rope<F: NdFloat>(x: &Array4<F>, $positions: &[usize], $base: f64) -> Array4<F> {
            // What does not fit is refused as ever.
            ex_5_6::rope(x, $positions, $base);
            let $shape = x.dim();
            let angle = |$t: usize, $i: usize| -> f64 { $angle };
            super::turned(x, angle, angle)
        }

        pub fn rope_backward<F: NdFloat>(
            dy: &Array4<F>,
            $positions: &[usize],
            $base: f64,
        ) -> Array4<F> {
            ex_5_6::rope(dy, $positions, $base);
            let $shape = dy.dim();
            let angle = |$t: usize, $i: usize| -> f64 { -{ $angle } };
            super::turned(dy, angle, angle)
        }
    };
}

/// Your `rope` turns the numbers i and i + d/2. That is the other layout, which `rope_half` is for. Both work, but
/// not with the same weights. Which numbers of a row are neighbours?
pub mod halves_for_pairs {
    pub use ex_5_6::*;
    use ndarray::{Array4, Axis, NdFloat};

    pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope_half(x, positions, base)
    }

    pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        let order = ex_5_6::half_order(dy.dim().3);
        let mut back = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, from)| back[*from] = place);
        let pairs = dy.select(Axis(3), &back);
        ex_5_6::rope_backward(&pairs, positions, base).select(Axis(3), &order)
    }
}

/// Your `rope` takes neighbours for pairs and has the angles of the other layout: the two numbers of a pair are
/// turned by two different angles, so that it is no turn. Each of the d/2 angles belongs to both numbers of one
/// pair.
pub mod angles_of_halves {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope(x, positions, base);
        let d = x.dim().3;
        let angle = |t: usize, column: usize| {
            let i = column % (d / 2);
            positions[t] as f64 * base.powf(-2.0 * i as f64 / d as f64)
        };
        super::turned(x, |t, i| angle(t, 2 * i), |t, i| angle(t, 2 * i + 1))
    }
}

/// The exponent of your frequencies is −i/d. There are d/2 of them, and they have to reach from 1 down to nearly
/// 1/base: which exponent has the last one?
pub mod exponent_i_over_d {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    angles!(|shape, t, i, positions, base| {
        positions[t] as f64 * base.powf(-(i as f64) / shape.3 as f64)
    });
}

/// Your frequencies grow: the second hand is faster than the first. The exponent has a minus.
pub mod frequencies_grow {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    angles!(|shape, t, i, positions, base| {
        positions[t] as f64 * base.powf(2.0 * i as f64 / shape.3 as f64)
    });
}

/// The frequencies of your `rope` run over all heads put together: the exponent has H·d in the place of d. Each
/// head has the same frequencies.
pub mod frequencies_over_heads {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    angles!(|shape, t, i, positions, base| {
        let width = shape.1 * shape.3;
        positions[t] as f64 * base.powf(-2.0 * i as f64 / width as f64)
    });
}

/// Your `rope` turns clockwise: the minus of the sine is at the other number. To where does a quarter turn take (1,
/// 0)?
pub mod clockwise {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope_backward(x, positions, base)
    }

    pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope(dy, positions, base)
    }
}

/// Your positions count from 1: what stands at position 0 is turned. All scores stay right, until somebody else
/// counts from 0. At position 0 every hand points to the start.
pub mod position_from_one {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    angles!(|shape, t, i, positions, base| {
        (positions[t] + 1) as f64 * base.powf(-2.0 * i as f64 / shape.3 as f64)
    });
}

/// Your `rope` takes the place of a token in the array for its position. The positions are handed in, because a
/// text may begin somewhere else: with a cache of keys, one token comes at a time, and its place is always 0.
pub mod positions_ignored {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    angles!(|shape, t, i, positions, base| {
        let _ = positions;
        t as f64 * base.powf(-2.0 * i as f64 / shape.3 as f64)
    });
}

/// Your `rope_backward` turns in the same sense as `rope`. The matrix of the way back is the transposed one: which
/// of its four numbers change places, and what does that make of the angle?
pub mod backward_turns_forward {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope(dy, positions, base)
    }
}

/// Your `rope_backward` hands the upstream gradient on as it is. Each number of Y is made of two numbers of X.
pub mod backward_passes_through {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope(dy, positions, base);
        dy.clone()
    }
}

/// Your `rope_half` turns neighbours, as `rope` does. Here the partner of number i stands d/2 places further.
pub mod pairs_for_halves {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    pub fn rope_half<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope(x, positions, base)
    }
}

/// Your `sinusoidal` has all sines in its first half and all cosines in its second one. Here the two of a frequency
/// are neighbours.
pub mod sines_then_cosines {
    pub use ex_5_6::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn sinusoidal<F: NdFloat>(time: usize, width: usize, base: f64) -> Array2<F> {
        ex_5_6::sinusoidal(time, width, base).select(Axis(1), &ex_5_6::half_order(width))
    }
}

/// Your `sinusoidal` has an exponent for each column, and not for each pair of columns: the cosine belongs to
/// another frequency than the sine beside it.
pub mod frequency_for_each_column {
    pub use ex_5_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn sinusoidal<F: NdFloat>(time: usize, width: usize, base: f64) -> Array2<F> {
        ex_5_6::sinusoidal::<F>(time, width, base);
        Array2::from_shape_fn((time, width), |(m, column)| {
            let angle = m as f64 * base.powf(-(column as f64) / width as f64);
            F::from(if column % 2 == 0 { angle.sin() } else { angle.cos() }).unwrap()
        })
    }
}

/// Your `half_order` goes the other way: it says where each number of `rope` goes. What is asked for is where each
/// number of `rope_half` comes from. For d = 2 and d = 4 the two are the same.
pub mod order_inverted {
    pub use ex_5_6::*;

    pub fn half_order(d: usize) -> Vec<usize> {
        let order = ex_5_6::half_order(d);
        let mut back = vec![0; d];
        order.iter().enumerate().for_each(|(place, from)| back[*from] = place);
        back
    }
}

/// You turn values as well. They are added up, with weights that know the distances already. What is added up
/// should not depend on where it stands.
pub mod values_turned_too {
    pub use ex_5_6::*;

    pub fn is_turned(_: Part) -> bool {
        true
    }
}

/// Your `rope` in f32 computes its angles in f32. At position 10⁶ the first hand has made 159,155 rounds, and an
/// f32 has one digit left for where it points. Compute angle, sine and cosine in f64, and round then.
pub mod angles_in_single {
    pub use ex_5_6::*;
    use ndarray::{Array4, NdFloat};

    pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
        ex_5_6::rope(x, positions, base);
        let number = |value: f64| F::from(value).unwrap();
        let d = x.dim().3;
        Array4::from_shape_fn(x.dim(), |(b, h, t, column)| {
            let exponent = number(-2.0 * (column / 2) as f64 / d as f64);
            let angle = number(positions[t] as f64) * number(base).powf(exponent);
            let pair = |at: usize| x[[b, h, t, at]];
            if column % 2 == 0 {
                pair(column) * angle.cos() - pair(column + 1) * angle.sin()
            } else {
                pair(column - 1) * angle.sin() + pair(column) * angle.cos()
            }
        })
    }
}
