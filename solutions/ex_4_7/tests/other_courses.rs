//! What the tests of other projects accept of this lesson's wrong variants, for `docs/other-courses.md`.

use close::close;
use ex_4_7::Options;
use gradcheck::random;
use ndarray::{Array2, arr0};

#[path = "../../close.rs"]
mod close;
#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Loss = fn(&Array2<f64>, &[usize], &Options<f64>) -> (f64, Array2<f64>);
type Chunked = fn(
    &Array2<f64>,
    &Array2<f64>,
    &[usize],
    &Options<f64>,
    usize,
) -> (f64, Array2<f64>, Array2<f64>);

/// The two functions that give a loss and its gradients.
#[derive(Clone, Copy)]
struct Functions {
    loss: Loss,
    chunked: Chunked,
}

macro_rules! functions {
    ($($of:ident)::*) => {
        Functions { loss: $($of)::*::language_loss, chunked: $($of)::*::chunked_loss }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), functions!(wrong::$name))),*] };
}

/// Absolute, for two ways of adding up.
const EXACT: [f64; 2] = [1e-12, 0.0];
const RIGHT: Functions = functions!(ex_4_7);

fn variants() -> impl Iterator<Item = (&'static str, Functions)> {
    let all = all!(
        question_learned first_of_answer_ignored targets_not_shifted mean_with_ignored_rows
        mean_missing ignored_row_has_gradient none_counted_is_nan ignored_by_a_factor
        smoothing_over_other_classes smoothing_lost_at_the_target smoothing_missing_in_gradient
        z_loss_missing_in_gradient slope_of_square_halved z_loss_of_shifted_logits
        sum_not_rescaled rescaled_the_wrong_way maximum_of_last_chunk dx_of_last_chunk
        softmax_of_each_chunk target_in_every_chunk log_sums_added
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

/// Classes for so many rows; of some of them none counts.
fn targets(rows: usize, classes: usize, ignore: Option<usize>) -> Vec<usize> {
    let draws = random::<f64, _>(rows, 5).mapv(|it| (it + 1.0) / 2.0 * classes as f64);
    let class = |(row, it): (usize, &f64)| match ignore {
        Some(ignore) if row % 5 < 2 => ignore,
        _ => (*it as usize).min(classes - 1),
    };
    draws.iter().enumerate().map(class).collect()
}

fn options(ignore: Option<usize>, smoothing: f64, z_loss: f64) -> Options<f64> {
    Options { ignore, smoothing, z_loss }
}

/// Logits like a normal distribution's, with each option and with all of them, within a relative error of 10⁻⁶.
fn accepts_loss(loss: Loss) -> bool {
    let z = 3_f64.sqrt() * random::<f64, _>((63, 41), 1);
    let cases = [
        options(None, 0.0, 0.0),
        options(Some(2), 0.0, 0.0),
        options(Some(300), 0.0, 0.0),
        options(None, 0.1, 0.0),
        options(Some(1), 0.1, 0.0),
        options(Some(300), 0.2, 0.0),
        options(None, 0.0, 1e-4),
        options(None, 0.0, 1e-5),
        options(Some(42), 0.1, 1e-4),
    ];
    cases.iter().all(|options| {
        let targets = targets(63, 41, options.ignore);
        let run = |loss: Loss| loss(&z, &targets, options);
        close(&arr0(run(loss).0), &arr0(run(RIGHT.loss).0), [1e-8, 1e-6])
            && close(&run(loss).1, &run(RIGHT.loss).1, [1e-8, 1e-6])
    })
}

/// The layer before the loss as well: 188 rows of 31 numbers, and 123 classes.
fn accepts_chunked(chunked: Chunked) -> bool {
    let x = 3_f64.sqrt() * random::<f64, _>((188, 31), 2);
    let w = random::<f64, _>((123, 31), 3).mapv(|it| (it + 1.0) / 2.0);
    [options(None, 0.0, 0.0), options(Some(42), 0.1, 1e-4)].iter().all(|options| {
        let targets = targets(188, 123, options.ignore);
        let [found, wanted] = [chunked, RIGHT.chunked].map(|it| it(&x, &w, &targets, options, 32));
        close(&arr0(found.0), &arr0(wanted.0), [1e-5, 5e-4])
            && close(&found.1, &wanted.1, [1e-5, 5e-4])
            && close(&found.2, &wanted.2, [1e-5, 5e-4])
    })
}

/// True for what answers as the right functions do, also where no row counts and where one is not a number.
fn is_right(it: Functions) -> bool {
    let mut z = random::<f64, _>((4, 5), 4);
    z[[1, 2]] = f64::NAN;
    let (x, w) = (random((4, 3), 5), random((5, 3), 6));
    [[0, 7, 4, 7], [7, 7, 7, 7], [4, 7, 2, 1]].iter().all(|targets| {
        let options = options(Some(7), 0.3, 0.2);
        let in_full = |it: Functions| (it.loss)(&z, targets, &options);
        let in_chunks = |it: Functions| (it.chunked)(&x, &w, targets, &options, 2);
        close(&arr0(in_full(it).0), &arr0(in_full(RIGHT).0), EXACT)
            && close(&in_full(it).1, &in_full(RIGHT).1, EXACT)
            && close(&arr0(in_chunks(it).0), &arr0(in_chunks(RIGHT).0), EXACT)
            && close(&in_chunks(it).1, &in_chunks(RIGHT).1, EXACT)
            && close(&in_chunks(it).2, &in_chunks(RIGHT).2, EXACT)
    })
}

#[test]
fn a_row_that_counts_in_every_batch() {
    let accepts = |it: Functions| accepts_loss(it.loss) && accepts_chunked(it.chunked);
    assert!(accepts(RIGHT));
    let wrong = variants().filter(|(_, it)| !is_right(*it));
    let accepted = wrong.filter(|(_, it)| accepts(*it)).map(|(name, _)| name);
    other_courses::compare("4.7 A row that counts in every batch", &accepted.collect::<Vec<_>>());
}
