//! Checks of lesson 5.6: positions.

use engine::checks::{
    Check, Filling,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, gradients, panics, same_shape,
};
use ndarray::{Array2, Array4, ArrayView1, ShapeBuilder, s};

use super::contract::{
    Part, half_order, is_turned, rope, rope_backward, rope_backward_f32, rope_f32, rope_half,
    rope_half_f32, sinusoidal, sinusoidal_f32,
};

pub const LESSON: Lesson =
    Lesson::new("Positions: sinusoidal, RoPE", CHECKS).after(&["ex_3_2", "ex_5_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "sinusoidal", "sines and cosines of all positions", 1.0, waves),
    Check::hidden(Value, "rope", "neighbours turned, at positions with gaps", 2.0, neighbours),
    Check::hidden(
        Gradient,
        "gradient",
        "dL/dX against finite differences, random upstream gradient",
        2.0,
        gradient,
    ),
    Check::hidden(Value, "half", "halves turned", 1.0, halves),
    Check::hidden(Value, "order", "from one layout to the other", 1.0, order),
    Check::hidden(Value, "question", "what is turned", 1.0, question),
    Check::hidden(Property, "unfit", "odd widths and other sizes that do not fit", 1.0, unfit)
        .after(ORDINARY),
    Check::hidden(Value, "single", "in single precision, up to position 10⁶", 1.0, single)
        .after(ORDINARY),
];

/// The checks of values.
const ORDINARY: &[&str] = &["sinusoidal", "rope", "gradient", "half", "order"];

/// The names of results, in messages.
const Y: &str = "Y";
const Y_OF_HALVES: &str = "Y of `rope_half`";
const DX: &str = "dL/dX";

/// How a row is cut into pairs: where both numbers of pair i stand, in a row of d.
type Pairs = fn(usize, usize) -> [usize; 2];

const NEIGHBOURS: Pairs = |i, _| [2 * i, 2 * i + 1];
const HALVES: Pairs = |i, d| [i, i + d / 2];

/// Rows to turn.
struct Rows {
    /// (B, H, T, d).
    x: Array4<f64>,
    positions: Vec<usize>,
    base: f64,
}

/// θᵢ, and by how many units of rounding right ways to compute it may differ.
fn frequency(i: usize, d: usize, base: f64) -> (f64, f64) {
    let logarithm = -base.ln() * (2 * i) as f64 / d as f64;
    (logarithm.exp(), 2.0 + logarithm.abs())
}

impl Rows {
    /// The points turned by the angle, times `sense`; and the magnitudes that rounding is relative to.
    fn turned(&self, pairs: Pairs, sense: f64) -> (Array4<f64>, Array4<f64>) {
        let d = self.x.dim().3;
        let (mut y, mut scale) = (self.x.clone(), self.x.clone());
        for ((b, h, t, i), _) in self.x.indexed_iter().filter(|((.., i), _)| *i < d / 2) {
            let (frequency, units) = frequency(i, d, self.base);
            let angle = self.positions[t] as f64 * frequency;
            let [first, second] = pairs(i, d).map(|column| [b, h, t, column]);
            let (a, b) = (self.x[first], self.x[second]);
            let (sin, cos) = (sense * angle).sin_cos();
            y[first] = a.mul_add(cos, -b * sin);
            y[second] = b.mul_add(cos, a * sin);
            scale[first] = (a.abs() + b.abs()) * (1.0 + angle * units);
            scale[second] = scale[first];
        }
        (y, scale)
    }
}

/// Rows of all shapes and scales, at positions with gaps, repetitions and every size.
fn rows(learner: &mut Learner) -> Vec<Rows> {
    // Texts, heads, tokens, pairs, and the base.
    let shapes = [
        ([1, 1, 2, 2], 1e4),
        ([2, 3, 4, 2], 1e4),
        ([1, 1, 3, 1], 1e4),
        ([1, 1, 1, 3], 100.0),
        ([3, 1, 2, 3], 5e5),
        ([1, 3, 3, 4], 7.5),
        ([1, 1, 40, 1], 1e3),
        ([35, 1, 2, 1], 1e4),
        ([1, 34, 1, 2], 1e4),
        ([1, 2, 2, 33], 1e4),
        ([4, 4, 4, 2], 1.0),
        ([2, 1, 3, 3], 0.5),
        ([2, 2, 0, 2], 1e4),
        ([0, 1, 2, 1], 1e4),
        // More rows than anybody turns at once.
        ([3, 5, 71, 1], 1e4),
    ];
    let mut all = Vec::new();
    for round in 0..2 {
        let scales = learner.decades(-3.0, 3.0, shapes.len());
        let bases = learner.decades(0.1, 6.0, shapes.len());
        for (at, ([b, h, t, pairs], base)) in shapes.into_iter().enumerate() {
            let (scale, base) = if round == 0 { (1.0, base) } else { (scales[at], bases[at]) };
            let filling = Filling { scale, column_major: (at + round) % 2 == 1 };
            let x = learner.filled([b, h, t, 2 * pairs], filling);
            all.push(Rows { x, positions: positions(learner, t, at + round), base });
        }
    }
    all
}

/// So many positions, the first of which is not 0, and the second one before it.
fn positions(learner: &mut Learner, count: usize, turn: usize) -> Vec<usize> {
    let most = [9, 40, 1000, 1_000_000][turn % 4];
    let rng = learner.rng();
    let mut positions: Vec<_> = (0..count).map(|_| rng.usize(1..=most)).collect();
    if count > 2 {
        positions[count - 1] = positions[0];
        positions[1] = 0;
    }
    positions
}

fn waves(learner: &mut Learner) -> Outcome {
    let shapes = [[4, 6], [3, 2], [1, 8], [40, 4], [130, 2], [2, 130], [3, 0], [0, 4]];
    let mut cases: Vec<_> = shapes.map(|shape| (shape, 1e4)).to_vec();
    cases.push(([5, 6], 0.5));
    let bases = learner.decades(0.1, 6.0, shapes.len());
    cases.extend(shapes.into_iter().zip(bases));
    let ask = |learner: &mut Learner, ([time, width], base): &([usize; 2], f64)| {
        learner.call(sinusoidal, (*time, *width, *base))
    };
    learner.ask_all(&cases, ask, |([time, width], base), got| {
        let (want, scale) = wave([*time, *width], *base);
        all_close("the sinusoidal row", &got, &want, &scale)
            .map_err(|miss| of_other_columns(&got, &want, miss))
    })
}

/// The positions, and the magnitudes that rounding is relative to.
fn wave([time, width]: [usize; 2], base: f64) -> (Array2<f64>, Array2<f64>) {
    let parts = |m: usize, column: usize| {
        let (frequency, units) = frequency(column / 2, width, base);
        let angle = m as f64 * frequency;
        let value = if column.is_multiple_of(2) { angle.sin() } else { angle.cos() };
        (value, 1.0 + angle * units)
    };
    let shape = (time, width);
    let of = |at: fn((f64, f64)) -> f64| Array2::from_shape_fn(shape, |(m, k)| at(parts(m, k)));
    (of(|it| it.0), of(|it| it.1))
}

/// What it means that the right columns stand in other places.
fn of_other_columns(got: &Array2<f64>, want: &Array2<f64>, miss: Miss) -> Miss {
    let is_near = |got: &f64, want: &f64| (got - want).abs() <= 1e-9;
    let is_there = |column: ArrayView1<f64>| {
        got.columns().into_iter().any(|it| it.iter().zip(column).all(|(a, b)| is_near(a, b)))
    };
    if got.dim() != want.dim() || !want.columns().into_iter().all(is_there) {
        return miss;
    }
    let message = "`sinusoidal` has the right columns in another order. In which columns does frequency i stand, \
                   and which of the two is first?";
    miss.saying(message)
}

fn neighbours(learner: &mut Learner) -> Outcome {
    let rows = rows(learner);
    let ask = |learner: &mut Learner, rows: &Rows| {
        learner.call(rope, (rows.x.clone(), rows.positions.clone(), rows.base))
    };
    learner.ask_all(&rows, ask, |rows, got| compare(Y, rows, &got, NEIGHBOURS, 1.0))
}

fn halves(learner: &mut Learner) -> Outcome {
    let rows = rows(learner);
    let ask = |learner: &mut Learner, rows: &Rows| {
        learner.call(rope_half, (rows.x.clone(), rows.positions.clone(), rows.base))
    };
    learner.ask_all(&rows, ask, |rows, got| compare(Y_OF_HALVES, rows, &got, HALVES, 1.0))
}

fn compare(name: &str, rows: &Rows, got: &Array4<f64>, pairs: Pairs, sense: f64) -> Outcome {
    let (want, scale) = rows.turned(pairs, sense);
    all_close(name, got, &want, &scale).map_err(|miss| {
        let first_is_right = got.dim() == want.dim() && {
            let columns = pairs(0, want.dim().3);
            let mut numbers =
                want.indexed_iter().filter(|((.., column), _)| columns.contains(column));
            numbers.all(|(at, want)| (got[at] - want).abs() <= 1e-9 * scale[at])
        };
        told(name, rows, got, (pairs, first_is_right), miss)
    })
}

/// What can be said of rows that are turned in another way.
fn told(
    name: &str,
    rows: &Rows,
    got: &Array4<f64>,
    (pairs, first_is_right): (Pairs, bool),
    miss: Miss,
) -> Miss {
    if got.dim() != rows.x.dim() {
        return miss;
    }
    let d = rows.x.dim().3;
    let squared_length = |of: &Array4<f64>, [b, h, t, i]: [usize; 4]| {
        let numbers = pairs(i, d).map(|column| of[[b, h, t, column]]);
        numbers.iter().map(|it| it * it).sum::<f64>()
    };
    let places = rows.x.indexed_iter().filter(|((.., i), _)| *i < d / 2);
    let kept = places.clone().all(|((b, h, t, i), _)| {
        let at = [b, h, t, i];
        let want = squared_length(&rows.x, at);
        (squared_length(got, at) - want).abs() <= 1e-9 * want
    });
    let all = |of: &Array4<f64>| of.iter().map(|it| it * it).sum::<f64>();
    let why = if kept && first_is_right {
        "the first pair of each row is turned as it should be, and others are turned by other angles. So the \
         positions are right, and the frequencies are not: look at base and exponent"
    } else if kept {
        "the pairs keep their lengths, so that they are turned, but the first one, whose frequency is 1, is \
         turned by another angle than m already. Look at the sense of the turn, and at the position of each token"
    } else if (all(got) - all(&rows.x)).abs() <= 1e-9 * all(&rows.x) {
        "the length of a row stays, and that of its pairs does not: other numbers are taken for a pair"
    } else {
        "a turn keeps the length of each pair, and here it changes. Are both new numbers made of both old ones, \
         with the same angle?"
    };
    miss.saying(format!("{name} is wrong: {why}")).of(&[name])
}

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

/// Up to which position: further out, right angles differ by more than a difference can be trusted.
const NEAR: usize = 40;

fn gradient(learner: &mut Learner) -> Outcome {
    for upstream in rows(learner) {
        let Rows { x: dy, positions, base } = &upstream;
        let got = learner.call(rope_backward, (dy.clone(), positions.clone(), *base))?;
        let compared = compare(DX, &upstream, &got, NEIGHBOURS, -1.0);
        if dy.len() <= FEW && positions.iter().all(|position| *position <= NEAR) {
            let x = learner.array(dy.dim(), -1.0, 1.0);
            let differs = differences(learner, &upstream, &x, &got);
            // What is known of a wrong gradient says more.
            differs.or_else(|miss| compared.clone().and(Err(miss)))?;
        }
        compared?;
    }
    Ok(())
}

fn differences(
    learner: &mut Learner,
    upstream: &Rows,
    x: &Array4<f64>,
    got: &Array4<f64>,
) -> Outcome {
    let Rows { x: dy, positions, base } = upstream;
    same_shape(DX, got.shape(), x.shape())?;
    let loss = |x: &Array4<f64>| {
        let rows = Rows { x: x.clone(), positions: positions.clone(), base: *base };
        (dy * &rows.turned(NEIGHBOURS, 1.0).0).sum()
    };
    let own = |learner: &mut Learner, x: &Array4<f64>| {
        let y = learner.call(rope, (x.clone(), positions.clone(), *base))?;
        same_shape(Y, y.shape(), dy.shape())?;
        Ok((dy * &y).sum())
    };
    gradients(learner, ("X", x, got), loss, own)
        .map_err(|miss| Miss { message: miss.message.replace("`forward`", "`rope`"), ..miss })
}

fn order(learner: &mut Learner) -> Outcome {
    for d in [2, 4, 6, 8, 16, 66, 0, 250] {
        let got = learner.call(half_order, (d,))?;
        let want: Vec<_> =
            (0..d).map(|place| 2 * place % d.max(2) + 2 * place / d.max(2)).collect();
        if got == want {
            continue;
        }
        let mut sorted = got.clone();
        sorted.sort_unstable();
        let message = if !sorted.into_iter().eq(0..d) {
            "`half_order` does not have every place of a row once"
        } else if (0..d).all(|place| got[want[place]] == place) {
            "`half_order` goes the other way: it says where each number of `rope` goes, and not where each number \
             of `rope_half` comes from"
        } else {
            "`half_order` is another order. Numbers i and i + d/2 of the new row have to be a pair of the old one, \
             and the pairs keep their frequencies"
        };
        return Err(Miss::failed(message).revealing(format!("d = {d}: got {got:?}")));
    }
    Ok(())
}

fn question(learner: &mut Learner) -> Outcome {
    for (part, want) in [(Part::Query, true), (Part::Key, true), (Part::Value, false)] {
        let name = format!("{part:?}").to_lowercase();
        if learner.call(is_turned, (part,))? != want {
            return Err(Miss::failed(format!(
                "`is_turned` is wrong for the {name}. Between which two parts is the dot product whose value should \
                 depend on the distance? What is added up afterwards?"
            )));
        }
    }
    Ok(())
}

/// A call that does not fit, and what it would be to take it.
fn refused<T>(result: Result<T, Miss>, function: &str, what: &str) -> Outcome {
    panics(result, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Which condition would you assert?"
        )
    })
}

/// X, positions and base.
type Turning = (Array4<f64>, Vec<usize>, f64);

fn refused_by_all(learner: &mut Learner, arguments: Turning, what: &str) -> Outcome {
    refused(learner.call(rope, arguments.clone()), "rope", what)?;
    refused(learner.call(rope_half, arguments.clone()), "rope_half", what)?;
    refused(learner.call(rope_backward, arguments), "rope_backward", what)
}

fn unfit(learner: &mut Learner) -> Outcome {
    let base = 1e4;
    for width in [1, 3, 7] {
        let x = learner.array([1, 2, 2, width], -1.0, 1.0);
        let odd = "an odd width";
        refused(learner.call(half_order, (width,)), "half_order", odd)?;
        for time in [2, 0] {
            refused(learner.call(sinusoidal, (time, width, base)), "sinusoidal", odd)?;
            let x = x.slice(s![.., .., ..time, ..]).to_owned();
            refused_by_all(learner, (x, (0..time).collect(), base), odd)?;
        }
    }
    let x = learner.array([2, 2, 3, 4], -1.0, 1.0);
    for base in [0.0, -1e4, f64::NAN] {
        let what = "a base that is not positive";
        for [time, width] in [[2, 4], [0, 4], [2, 0]] {
            refused(learner.call(sinusoidal, (time, width, base)), "sinusoidal", what)?;
        }
        for time in [3, 0] {
            let x = x.slice(s![.., .., ..time, ..]).to_owned();
            refused_by_all(learner, (x, (0..time).collect(), base), what)?;
        }
    }
    for (positions, what) in [
        (vec![0, 1], "two positions for three tokens"),
        (vec![0, 1, 2, 3], "four positions for three tokens"),
        (vec![4], "one position for three tokens"),
    ] {
        refused_by_all(learner, (x.clone(), positions, base), what)?;
    }
    Ok(())
}

/// Numbers that f32 holds, at positions whose angles f32 does not hold.
fn single(learner: &mut Learner) -> Outcome {
    let near = vec![3, 0, 7];
    let far = (0..3).map(|_| learner.rng().usize(900_000..1_000_000)).collect();
    for positions in [near, far] {
        let x32 = learner.array([2, 2, 3, 6].f(), -1.0, 1.0).mapv(|it| it as f32);
        let rows = Rows { x: x32.mapv(f64::from), positions: positions.clone(), base: 1e4 };
        let arguments = (x32, positions, 1e4);
        let got = learner.call(rope_f32, arguments.clone())?;
        in_single("Y in f32", &got, &rows, NEIGHBOURS, 1.0)?;
        let got = learner.call(rope_half_f32, arguments.clone())?;
        in_single("Y of `rope_half` in f32", &got, &rows, HALVES, 1.0)?;
        let got = learner.call(rope_backward_f32, arguments)?;
        in_single("dL/dX in f32", &got, &rows, NEIGHBOURS, -1.0)?;
    }
    let got = learner.call(sinusoidal_f32, (2_000, 16, 1e4))?;
    let (want, _) = wave([2_000, 16], 1e4);
    let ones = Array2::ones(want.dim());
    all_close_in_single("the sinusoidal row in f32", &got, &want, &ones).map_err(of_short_angles)
}

fn in_single(name: &str, got: &Array4<f32>, rows: &Rows, pairs: Pairs, sense: f64) -> Outcome {
    let (want, _) = rows.turned(pairs, sense);
    // The numbers of both arrays are at most 1.
    all_close_in_single(name, got, &want, &Array4::from_elem(want.dim(), 2.0))
        .map_err(of_short_angles)
}

/// What it means that f32 alone is wrong.
fn of_short_angles(miss: Miss) -> Miss {
    let message = format!(
        "{}. In f64 it is right. An angle of many turns that is an f32 has few digits left behind the point: \
         where does the precision change?",
        miss.message
    );
    miss.saying(message)
}
