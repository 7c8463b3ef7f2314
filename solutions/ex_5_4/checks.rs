//! Checks of lesson 5.4: embedding, and the tied head.

use engine::checks::{
    Case, Check, Filling,
    Kind::{Cost, Gradient, Property, Value},
    Learner, Lesson, Limits, Miss, Outcome, Verdict, all_close, all_close_in_single, gradients,
    panics, same_shape,
};
use ndarray::{Array2, Array3, Axis, ShapeBuilder, array, s};

use super::contract::{
    embed, embed_backward, embed_backward_f32, embed_f32, head, head_backward, head_backward_f32,
    head_f32, tied_gradient, tied_gradient_f32,
};

pub const LESSON: Lesson =
    Lesson::new("Embedding, and the tied head", CHECKS).after(&["ex_3_2", "ex_4_4", "ex_5_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "embed", "the rows of repeated and absent ids", 1.0, rows),
    Check::hidden(
        Gradient,
        "embed_gradient",
        "dL/dE of `embed` against finite differences, random upstream gradient",
        2.0,
        embed_gradient,
    ),
    Check::hidden(Value, "head", "the logits", 1.0, logits),
    Check::hidden(
        Gradient,
        "head_gradient",
        "dL/dX and dL/dE of `head` against finite differences, random upstream gradient",
        1.0,
        head_gradient,
    ),
    Check::hidden(
        Gradient,
        "tied",
        "dL/dE of a table at both ends against finite differences",
        2.0,
        tied,
    ),
    Check::hidden(
        Property,
        "copies",
        "rows that are not finite, and those beside them",
        1.0,
        copies,
    )
    .after(&["embed"]),
    Check::hidden(Property, "unfit", "ids that are not in the table are refused", 1.0, unfit)
        .after(ORDINARY),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(ORDINARY),
    Check::hidden(Cost, "vocabulary", "a large vocabulary", 1.0, vocabulary)
        .after(&["embed", "embed_gradient"])
        .limits(Limits { seconds: 2, memory_mib: 512 }),
];

/// The checks that have random numbers.
const ORDINARY: &[&str] = &["embed", "embed_gradient", "head", "head_gradient", "tied"];

/// The names of results, in messages.
const Y: &str = "Y";
const Z: &str = "Z";
const DE: &str = "dL/dE of `embed`";
const DX_OF_HEAD: &str = "dL/dX of `head`";
const DE_OF_HEAD: &str = "dL/dE of `head`";
const DE_OF_BOTH: &str = "dL/dE of both";

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

/// A table, ids, and gradients that come back.
struct Batch {
    /// E (V, D).
    e: Array2<f64>,
    /// (B, T).
    ids: Array2<usize>,
    /// dL/dY (B, T, D), or what takes its part.
    dy: Array3<f64>,
    /// X (B·T, D).
    x: Array2<f64>,
    /// dL/dZ (B·T, V).
    dz: Array2<f64>,
    /// Whether there are few numbers, all of order 1.
    is_small: bool,
}

/// Over all shapes, orders and scales.
fn batches(learner: &mut Learner) -> Vec<Batch> {
    let mut cases: Vec<Case<4, 4>> = learner.cases();
    // As many tokens as words: there a wrong transposition of dL/dZ has the right shape.
    cases.push(Case::ordinary([2, 2, 4, 3]));
    let mut batch = |case: Case<4, 4>| {
        let ([b, t, v, d], [of_e, of_dy, of_x, of_dz]) = (case.sizes, case.fillings);
        // Where all axes are large, one text is enough.
        let b = if b * t * v * d > 100_000 { 1 } else { b };
        let e = learner.filled([v, d], of_e);
        let is_small = case.is_ordinary && e.len() <= FEW;
        Batch {
            ids: ids(learner, [b, t], v, of_dy.column_major),
            dy: learner.filled([b, t, d], of_dy),
            x: learner.filled([b * t, d], of_x),
            dz: learner.filled([b * t, v], of_dz),
            e,
            is_small,
        }
    };
    cases.into_iter().map(&mut batch).collect()
}

/// Ids of which one is absent, where there is another one, and one comes twice, where there is room.
fn ids(
    learner: &mut Learner,
    [b, t]: [usize; 2],
    vocabulary: usize,
    column_major: bool,
) -> Array2<usize> {
    let absent = learner.rng().usize(..vocabulary);
    let mut ids = Array2::from_shape_simple_fn((b, t).set_f(column_major), || {
        let others = learner.rng().usize(..(vocabulary - 1).max(1));
        (absent + 1 + others) % vocabulary
    });
    if b * t > 2 {
        ids[[b - 1, t - 1]] = ids[[0, 0]];
    }
    ids
}

/// The number of the token at (b, t), row by row.
fn place(ids: &Array2<usize>, (b, t): (usize, usize)) -> usize {
    b * ids.ncols() + t
}

/// The sum of what comes back to each row of the table; of a token's number `d`, it is `of(b, t, d)`.
fn scattered(
    ids: &Array2<usize>,
    [vocabulary, width]: [usize; 2],
    of: impl Fn(usize, usize, usize) -> f64,
) -> Array2<f64> {
    let mut sums = Array2::zeros((vocabulary, width));
    for ((b, t), id) in ids.indexed_iter() {
        for d in 0..width {
            sums[[*id, d]] += of(b, t, d);
        }
    }
    sums
}

fn looked_up(e: &Array2<f64>, ids: &Array2<usize>) -> Array3<f64> {
    Array3::from_shape_fn((ids.nrows(), ids.ncols(), e.ncols()), |(b, t, d)| e[[ids[[b, t]], d]])
}

/// A·Bᵀ by plain sums.
fn product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| {
        a.row(i).iter().zip(b.row(j)).map(|(a, b)| a * b).sum()
    })
}

fn transposed(of: &Array2<f64>) -> Array2<f64> {
    of.t().to_owned()
}

fn rows(learner: &mut Learner) -> Outcome {
    let mut cases: Vec<_> = batches(learner).into_iter().map(|it| (it.e, it.ids)).collect();
    cases.push((learner.array([3, 2], -1.0, 1.0), Array2::zeros((0, 2))));
    let ask = |learner: &mut Learner, (e, ids): &(Array2<f64>, Array2<usize>)| {
        learner.call(embed, (e.clone(), ids.clone()))
    };
    learner.ask_all(&cases, ask, |(e, ids), got| {
        let want = looked_up(e, ids);
        all_close(Y, &got, &want, &want.mapv(|_| 0.0)).map_err(|miss| of_other_ids(&got, e, miss))
    })
}

/// What it means that Y has rows of the table, and not those of the ids.
fn of_other_ids(got: &Array3<f64>, e: &Array2<f64>, miss: Miss) -> Miss {
    let is_row = |row: &ndarray::ArrayView1<f64>| e.outer_iter().any(|it| it == row);
    if miss.structure.is_some() || !got.rows().into_iter().all(|row| is_row(&row)) {
        return miss;
    }
    let message = "each row of Y is one of the table, and not the one of its id. Where does the id of a token \
                   stand, and from which number are rows counted?";
    Miss { message: message.to_owned(), ..miss }
}

fn embed_gradient(learner: &mut Learner) -> Outcome {
    for Batch { e, ids, dy, is_small, .. } in batches(learner) {
        let sizes = [e.nrows(), e.ncols()];
        let got = learner.call(embed_backward, (dy.clone(), ids.clone(), sizes[0]))?;
        let want = scattered(&ids, sizes, |b, t, d| dy[[b, t, d]]);
        let scale = scattered(&ids, sizes, |b, t, d| dy[[b, t, d]].abs());
        let compared = all_close(DE, &got, &want, &scale)
            .map_err(|miss| of_some_words(DE, &ids, [&got, &want], miss));
        if is_small {
            let loss = |e: &Array2<f64>| (&dy * &looked_up(e, &ids)).sum();
            let own = |learner: &mut Learner, e: &Array2<f64>| {
                let y = learner.call(embed, (e.clone(), ids.clone()))?;
                same_shape(Y, y.shape(), dy.shape())?;
                Ok((&dy * &y).sum())
            };
            // What is known of a wrong gradient says more.
            let differs = differences(learner, DE, &e, &got, loss, own);
            differs.or_else(|miss| compared.clone().and(Err(miss)))?;
        }
        compared?;
    }
    // Each row adds up to 0.
    let dy = array![[[1.0, -1.0], [-2.0, 2.0], [0.5, -0.5]]];
    let got = learner.call(embed_backward, (dy, array![[0, 1, 0]], 3))?;
    let want = array![[1.5, -1.5], [-2.0, 2.0], [0.0, 0.0]];
    all_close("dL/dE of rows that add up to 0", &got, &want, &want)?;
    let nothing = (Array3::zeros((2, 0, 3)), Array2::zeros((2, 0)), 4);
    let got = learner.call(embed_backward, nothing)?;
    let none = Array2::zeros((4, 3));
    all_close("dL/dE of a batch without a token", &got, &none, &none)
}

/// Which words' rows are wrong, where that says more.
fn of_some_words(
    name: &str,
    ids: &Array2<usize>,
    [got, want]: [&Array2<f64>; 2],
    miss: Miss,
) -> Miss {
    if got.dim() != want.dim() || miss.structure.is_some() {
        return miss;
    }
    let count = |word: usize| ids.iter().filter(|id| **id == word).count();
    let differs = |word: &usize| {
        let pairs = got.row(*word).into_iter().zip(want.row(*word));
        pairs.into_iter().any(|(got, want)| !((got - want).abs() <= 1e-9 * want.abs()))
    };
    let counts = |is_wrong: bool| -> Vec<usize> {
        (0..got.nrows()).filter(|word| differs(word) == is_wrong).map(count).collect()
    };
    let (wrong, right) = (counts(true), counts(false));
    let message = if name == DE && wrong.contains(&0) {
        format!("{name} is not 0 in the rows of words that are not in the batch")
    } else if wrong.iter().all(|count| *count == 0) {
        format!(
            "{name} is wrong in the rows of words that are not in the batch, and right in all others"
        )
    } else if wrong.iter().all(|count| *count > 1) && right.contains(&1) {
        format!(
            "{name} is right for a word that comes once, and wrong for those that come several times"
        )
    } else {
        return miss;
    };
    Miss { message, ..miss }
}

/// Compares a gradient with finite differences of a loss.
fn differences(
    learner: &mut Learner,
    name: &str,
    e: &Array2<f64>,
    got: &Array2<f64>,
    loss: impl FnMut(&Array2<f64>) -> f64,
    own: impl Fn(&mut Learner, &Array2<f64>) -> Result<f64, Miss>,
) -> Outcome {
    same_shape(name, got.shape(), e.shape())?;
    gradients(learner, ("E", e, got), loss, own).map_err(|miss| {
        let message = miss.message.replace("dL/dE", name);
        let message = message.replace("`forward`", "the forward pass");
        Miss { message, ..miss }.of(&[name])
    })
}

fn logits(learner: &mut Learner) -> Outcome {
    let cases: Vec<_> = batches(learner).into_iter().map(|it| (it.x, it.e)).collect();
    let ask = |learner: &mut Learner, (x, e): &(Array2<f64>, Array2<f64>)| {
        learner.call(head, (x.clone(), e.clone()))
    };
    learner.ask_all(&cases, ask, |(x, e), got| {
        all_close(Z, &got, &product(x, e), &product(&x.abs(), &e.abs()))
    })
}

fn head_gradient(learner: &mut Learner) -> Outcome {
    for Batch { e, x, dz, is_small, .. } in batches(learner) {
        let (dx, de) = learner.call(head_backward, (dz.clone(), x.clone(), e.clone()))?;
        same_shape(DX_OF_HEAD, dx.shape(), x.shape())?;
        same_shape(DE_OF_HEAD, de.shape(), e.shape())?;
        if is_small {
            let loss = |(x, e): (&Array2<f64>, &Array2<f64>)| (&dz * &product(x, e)).sum();
            let own = |learner: &mut Learner, (x, e): (&Array2<f64>, &Array2<f64>)| {
                let z = learner.call(head, (x.clone(), e.clone()))?;
                same_shape(Z, z.shape(), dz.shape())?;
                Ok((&dz * &z).sum())
            };
            gradients(learner, (("X", &x, &dx), ("E", &e, &de)), loss, own)?;
        }
        let by_hand = |dz: &Array2<f64>, x: &Array2<f64>, e: &Array2<f64>| {
            (product(dz, &transposed(e)), product(&transposed(dz), &transposed(x)))
        };
        let (want_dx, want_de) = by_hand(&dz, &x, &e);
        let (scale_dx, scale_de) = by_hand(&dz.abs(), &x.abs(), &e.abs());
        all_close(DX_OF_HEAD, &dx, &want_dx, &scale_dx)?;
        all_close(DE_OF_HEAD, &de, &want_de, &scale_de)?;
    }
    Ok(())
}

/// What comes from the head, and what comes from `embed`.
fn of_both(ids: &Array2<usize>, [dz, x]: [&Array2<f64>; 2], dy: &Array3<f64>) -> [Array2<f64>; 2] {
    let sizes = [dz.ncols(), x.ncols()];
    [product(&transposed(dz), &transposed(x)), scattered(ids, sizes, |b, t, d| dy[[b, t, d]])]
}

fn tied(learner: &mut Learner) -> Outcome {
    for batch in batches(learner) {
        if batch.is_small {
            tied_model(learner, &batch)?;
        }
        let Batch { ids, dy, x, dz, .. } = batch;
        let got = learner.call(tied_gradient, (dz.clone(), x.clone(), dy.clone(), ids.clone()))?;
        compare_tied(&ids, [&dz, &x], &dy, &got)?;
    }
    Ok(())
}

fn compare_tied(
    ids: &Array2<usize>,
    [dz, x]: [&Array2<f64>; 2],
    dy: &Array3<f64>,
    got: &Array2<f64>,
) -> Outcome {
    let [of_head, of_embed] = of_both(ids, [dz, x], dy);
    let [scale, other] = of_both(ids, [&dz.abs(), &x.abs()], &dy.abs());
    let want = of_head + of_embed;
    all_close(DE_OF_BOTH, got, &want, &(scale + other))
        .map_err(|miss| of_some_words(DE_OF_BOTH, ids, [got, &want], miss))
}

/// A model that is nothing but tanh between the two ends, with L = Σ dZ∘Z.
fn tied_model(learner: &mut Learner, Batch { e, ids, dz, .. }: &Batch) -> Outcome {
    let between = |y: &Array3<f64>| {
        let width = y.dim().2;
        Array2::from_shape_fn((ids.len(), width), |(at, d)| {
            y[[at / ids.ncols(), at % ids.ncols(), d]].tanh()
        })
    };
    let x = between(&looked_up(e, ids));
    let dx = product(dz, &transposed(e));
    let dy = Array3::from_shape_fn((ids.nrows(), ids.ncols(), e.ncols()), |(b, t, d)| {
        let at = [place(ids, (b, t)), d];
        dx[at] * (1.0 - x[at] * x[at])
    });
    let got = learner.call(tied_gradient, (dz.clone(), x.clone(), dy.clone(), ids.clone()))?;
    let loss = |e: &Array2<f64>| (dz * &product(&between(&looked_up(e, ids)), e)).sum();
    let own = |learner: &mut Learner, e: &Array2<f64>| {
        let y = learner.call(embed, (e.clone(), ids.clone()))?;
        same_shape(Y, y.shape(), &[ids.nrows(), ids.ncols(), e.ncols()])?;
        let z = learner.call(head, (between(&y), e.clone()))?;
        same_shape(Z, z.shape(), dz.shape())?;
        Ok((dz * &z).sum())
    };
    let differs = differences(learner, DE_OF_BOTH, e, &got, loss, own);
    differs.or_else(|miss| compare_tied(ids, [dz, &x], &dy, &got).and(Err(miss)))
}

/// A row of the table that is not finite is in its own tokens alone, and −0 is −0 there.
fn copies(learner: &mut Learner) -> Outcome {
    let mut ordinary = learner.array([4, 2], -1.0, 1.0);
    ordinary.row_mut(1).fill(-0.0);
    for value in [f64::INFINITY, f64::NAN] {
        let mut e = ordinary.clone();
        e.row_mut(2).fill(value);
        let y = learner.call(embed, (e, array![[0, 3, 1], [3, 0, 2]]))?;
        same_shape(Y, y.shape(), &[2, 3, 2])?;
        if y.iter().take(10).any(|it| !it.is_finite()) {
            return Err(Miss::failed(
                "Y has an infinity or a NaN that its own row of the table has not. 0·∞ is NaN: are rows that \
                 no id asks for multiplied by 0 and added?",
            ));
        }
        if y.iter().skip(10).any(|it| it.is_finite()) {
            return Err(Miss::failed(
                "a row of the table is not finite, and Y hides that. `embed` copies what is there.",
            ));
        }
        if y.iter().skip(4).take(2).any(|it| it.is_sign_positive()) {
            return Err(Miss::failed(
                "a −0 of the table has lost its sign in Y. −0 + 0 is 0: are rows added to something, where `embed` \
                 copies?",
            ));
        }
        gradient_stays(learner, value)?;
    }
    Ok(())
}

/// A gradient that is not finite stays visible, in the row of its id alone.
fn gradient_stays(learner: &mut Learner, value: f64) -> Outcome {
    let mut dy = learner.array([1, 3, 2], -1.0, 1.0);
    dy.slice_mut(s![0, 1, ..]).fill(value);
    let ids = array![[3, 1, 3]];
    let of_embed = learner.call(embed_backward, (dy.clone(), ids.clone(), 4))?;
    let [x, dz] = [[3, 2], [3, 4]].map(|sizes| learner.array(sizes, -1.0, 1.0));
    let of_both = learner.call(tied_gradient, (dz, x, dy, ids))?;
    for (name, de) in [(DE, of_embed), (DE_OF_BOTH, of_both)] {
        same_shape(name, de.shape(), &[4, 2])?;
        let is_wrong = |((row, _), it): ((usize, usize), &f64)| it.is_finite() == (row == 1);
        if de.indexed_iter().any(is_wrong) {
            let message = format!(
                "a row of dL/dY is not finite, and {name} hides that, or has others that are not. What comes back to \
                 a token goes to the row of its id as it is."
            );
            return Err(Miss::failed(message));
        }
    }
    Ok(())
}

/// A call whose ids do not fit, and what it would be to take them.
fn refused<T>(result: Result<T, Miss>, function: &str, what: &str) -> Outcome {
    panics(result, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it. A mistake in the data then trains on without a \
             word. Which condition would you assert?"
        )
    })
}

/// An id that is not in the table is refused, and the panic's message names it.
fn refused_by_name<T>(id: usize, result: Result<T, Miss>, function: &str) -> Outcome {
    let is_nameless =
        |miss: &Miss| miss.verdict == Verdict::Panicked && !miss.message.contains(&id.to_string());
    if result.as_ref().is_err_and(is_nameless) {
        return Err(Miss::failed(format!(
            "`{function}` panics for an id that is not in the table, and its message does not name the id. Whoever looks \
             for the mistake in a text needs it: compare the id with V, and print it"
        )));
    }
    refused(result, function, "an id that is not in the table")
}

fn unfit(learner: &mut Learner) -> Outcome {
    let e = learner.array([4, 2], -1.0, 1.0);
    let dy = learner.array([1, 3, 2], -1.0, 1.0);
    let [x, dz] = [[3, 2], [3, 4]].map(|sizes| learner.array(sizes, -1.0, 1.0));
    // The second one is no number that stands in a message by chance.
    for unknown in [4, 987_654, usize::MAX] {
        let ids = array![[0, unknown, 1]];
        let got = learner.call(embed, (e.clone(), ids.clone()));
        refused_by_name(unknown, got, "embed")?;
        let got = learner.call(embed_backward, (dy.clone(), ids.clone(), 4));
        refused_by_name(unknown, got, "embed_backward")?;
        let got = learner.call(tied_gradient, (dz.clone(), x.clone(), dy.clone(), ids));
        refused_by_name(unknown, got, "tied_gradient")?;
    }
    for (ids, what) in [
        (array![[0, 1]], "two ids for three rows of dL/dY"),
        (array![[0, 1, 2, 3]], "four ids for three rows of dL/dY"),
    ] {
        let got = learner.call(embed_backward, (dy.clone(), ids.clone(), 4));
        refused(got, "embed_backward", what)?;
        let got = learner.call(tied_gradient, (dz.clone(), x.clone(), dy.clone(), ids));
        refused(got, "tied_gradient", what)?;
    }
    for [of_x, of_dy] in [[2, 1], [1, 2], [2, 3]] {
        let x = learner.array([3, of_x], -1.0, 1.0);
        let dy = learner.array([1, 3, of_dy], -1.0, 1.0);
        let got = learner.call(tied_gradient, (dz.clone(), x, dy, array![[0, 1, 2]]));
        let what = format!("an X of width {of_x} and a dL/dY of width {of_dy}");
        refused(got, "tied_gradient", &what)?;
    }
    let rows = |of: &Array2<f64>, count: usize| of.select(Axis(0), &[0, 1, 2, 0][..count]);
    for [of_x, of_dz] in [[2, 2], [4, 4], [2, 3], [3, 2], [4, 3], [3, 4]] {
        let sizes = (rows(&dz, of_dz), rows(&x, of_x), dy.clone(), array![[0, 1, 2]]);
        let what = format!("{of_x} rows of X and {of_dz} of dL/dZ for three ids");
        refused(learner.call(tied_gradient, sizes), "tied_gradient", &what)?;
    }
    Ok(())
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let [b, t, v, d] = [2, 3, 5, 4];
    let ids = ids(learner, [b, t], v, false);
    let filling = Filling { scale: 1.0, column_major: false };
    let dy = learner.filled([b, t, d], filling).mapv(|it| it as f32);
    let [e, x, dz] = [[v, d], [b * t, d], [b * t, v]]
        .map(|sizes| learner.filled(sizes, filling).mapv(|it| it as f32));
    let dy64 = dy.mapv(f64::from);
    let [e64, x64, dz64] = [&e, &x, &dz].map(|of| of.mapv(f64::from));

    let got = learner.call(embed_f32, (e.clone(), ids.clone()))?;
    let want = looked_up(&e64, &ids);
    all_close_in_single("Y in f32", &got, &want, &want.mapv(|_| 0.0))?;
    let got = learner.call(embed_backward_f32, (dy.clone(), ids.clone(), v))?;
    let of_embed = |dy: &Array3<f64>| scattered(&ids, [v, d], |b, t, d| dy[[b, t, d]]);
    all_close_in_single("dL/dE of `embed` in f32", &got, &of_embed(&dy64), &of_embed(&dy64.abs()))?;

    let got = learner.call(head_f32, (x.clone(), e.clone()))?;
    all_close_in_single("Z in f32", &got, &product(&x64, &e64), &product(&x64.abs(), &e64.abs()))?;
    let (dx, de) = learner.call(head_backward_f32, (dz.clone(), x.clone(), e))?;
    let of_x = |dz: &Array2<f64>, e: &Array2<f64>| product(dz, &transposed(e));
    let want = (of_x(&dz64, &e64), of_x(&dz64.abs(), &e64.abs()));
    all_close_in_single("dL/dX of `head` in f32", &dx, &want.0, &want.1)?;
    let [want, _] = of_both(&ids, [&dz64, &x64], &dy64);
    let [scale, _] = of_both(&ids, [&dz64.abs(), &x64.abs()], &dy64.abs());
    all_close_in_single("dL/dE of `head` in f32", &de, &want, &scale)?;

    let got = learner.call(tied_gradient_f32, (dz, x, dy, ids.clone()))?;
    let (want, scale) = (want + of_embed(&dy64), scale + of_embed(&dy64.abs()));
    all_close_in_single("dL/dE of both in f32", &got, &want, &scale)
}

/// One-hot rows of so many tokens would take 3.3 GB, and so many passes over the ids several times the limit of
/// processor time.
const WORDS: usize = 100_000;
const TOKENS: [usize; 2] = [8, 512];

fn vocabulary(learner: &mut Learner) -> Outcome {
    let e = learner.array([WORDS, 2], -1.0, 1.0);
    let ids = ids(learner, TOKENS, WORDS, false);
    let got = learner.call(embed, (e.clone(), ids.clone()))?;
    let want = looked_up(&e, &ids);
    all_close("Y of a large vocabulary", &got, &want, &want.mapv(|_| 0.0))?;
    let dy = learner.array([TOKENS[0], TOKENS[1], 2], -1.0, 1.0);
    let got = learner.call(embed_backward, (dy.clone(), ids.clone(), WORDS))?;
    let want = scattered(&ids, [WORDS, 2], |b, t, d| dy[[b, t, d]]);
    let scale = scattered(&ids, [WORDS, 2], |b, t, d| dy[[b, t, d]].abs());
    all_close("dL/dE of `embed` with a large vocabulary", &got, &want, &scale)
}
