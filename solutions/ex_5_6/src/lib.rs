//! Lesson 5.6, solved: positions.

use ndarray::{Array2, Array4, ArrayView1, ArrayViewMut1, Axis, NdFloat, Zip, s};

/// The angles m·θ (positions, width/2). They are computed in `f64`: an angle of many turns has few digits left
/// behind the point.
fn angles(positions: &[usize], width: usize, base: f64) -> Array2<f64> {
    assert!(width.is_multiple_of(2), "a width of {width} is odd: numbers are turned in pairs");
    assert!(base > 0.0, "the base is {base}: a power of it has to be a number");
    let frequency = |i: usize| base.powf(-2.0 * i as f64 / width as f64);
    Array2::from_shape_fn((positions.len(), width / 2), |(t, i)| positions[t] as f64 * frequency(i))
}

/// A number in the precision that is asked for.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).expect("every precision has sines")
}

/// The sinusoidal positions (T, D): row m has a sine and a cosine for each of the D/2 frequencies, the sine first,
/// from the fastest to the slowest.
///
/// # Panics
/// When D is odd, or when the base is not positive.
pub fn sinusoidal<F: NdFloat>(time: usize, width: usize, base: f64) -> Array2<F> {
    let positions: Vec<_> = (0..time).collect();
    let angles = angles(&positions, width, base);
    Array2::from_shape_fn((time, width), |(m, column)| {
        let angle = angles[[m, column / 2]];
        number(if column.is_multiple_of(2) { angle.sin() } else { angle.cos() })
    })
}

/// Turns each point (a, b) by the angle with this cosine and sine.
fn turn<F: NdFloat>(
    a: ArrayViewMut1<'_, F>,
    b: ArrayViewMut1<'_, F>,
    turns: ArrayView1<'_, (F, F)>,
) {
    Zip::from(a).and(b).and(turns).for_each(|a, b, &(cos, sin)| {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    });
}

/// The first and the second numbers of all pairs of a row.
type Pairs<'a, F> = (ArrayViewMut1<'a, F>, ArrayViewMut1<'a, F>);

fn neighbours<F>(row: ArrayViewMut1<'_, F>) -> Pairs<'_, F> {
    row.multi_slice_move((s![..;2], s![1..;2]))
}

fn halves<F>(row: ArrayViewMut1<'_, F>) -> Pairs<'_, F> {
    let half = row.len() / 2;
    row.split_at(Axis(0), half)
}

/// `x` (B, H, T, d) with the pairs of each token turned by `angles` (T, d/2).
fn turned<F: NdFloat>(
    x: &Array4<F>,
    angles: &Array2<f64>,
    pairs: fn(ArrayViewMut1<'_, F>) -> Pairs<'_, F>,
) -> Array4<F> {
    assert_eq!(angles.nrows(), x.dim().2, "there must be one position for each token");
    // Once for each position, and not for each head of each text.
    let turns = angles.mapv(|angle| (number(angle.cos()), number(angle.sin())));
    let mut y = x.clone();
    for (row, turns) in y.rows_mut().into_iter().zip(turns.outer_iter().cycle()) {
        let (a, b) = pairs(row);
        turn(a, b, turns);
    }
    y
}

/// `x` (B, H, T, d) with each pair of neighbours, numbers 2i and 2i + 1, turned by the angle of frequency i at the
/// position of its token: token t stands at `positions[t]`.
///
/// # Panics
/// When d is odd, when the base is not positive, or when there is not one position for each token.
pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
    turned(x, &angles(positions, x.dim().3, base), neighbours)
}

/// dL/dX of `rope`, from the upstream gradient `dy` = dL/dY (B, H, T, d).
///
/// # Panics
/// As `rope`.
pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
    turned(dy, &-angles(positions, dy.dim().3, base), neighbours)
}

/// As `rope`, with other pairs: number i and number i + d/2 are turned by the angle of frequency i.
///
/// # Panics
/// As `rope`.
pub fn rope_half<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
    turned(x, &angles(positions, x.dim().3, base), halves)
}

/// The order that takes one layout to the other: for each of the d places of a row of `rope_half`, the place of the
/// same number in a row of `rope`.
///
/// # Panics
/// When d is odd.
pub fn half_order(d: usize) -> Vec<usize> {
    assert!(d.is_multiple_of(2), "a width of {d} is odd: numbers are turned in pairs");
    (0..d).step_by(2).chain((1..d).step_by(2)).collect()
}

/// What attention makes of each token. Its scores are dot products of queries with keys. They say how much of the
/// value of each token is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What a token looks for.
    Query,
    /// What a token is found by.
    Key,
    /// What a token has to say.
    Value,
}

/// Whether RoPE turns this part.
pub fn is_turned(part: Part) -> bool {
    match part {
        Part::Query | Part::Key => true,
        Part::Value => false,
    }
}
