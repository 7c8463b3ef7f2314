//! The visible tests of lesson 5.3.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_3_4::Rng;
use ex_5_3::{
    Position, next_batch, pack, random_batch, read_tokens, split, to_bytes, window_count,
};
use ndarray::{Array2, array};
use rstest::rstest;

/// The documents of the brief; two of them are equal.
fn documents() -> Vec<Vec<u16>> {
    vec![vec![5, 6, 7], vec![8, 9], vec![5, 6, 7, 8], vec![8, 9]]
}

/// The packed documents of the brief.
const TOKENS: [u16; 15] = [5, 6, 7, 0, 8, 9, 0, 5, 6, 7, 8, 0, 8, 9, 0];

#[track_caller]
fn assert_same<T: PartialEq + std::fmt::Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[test]
fn equal_documents_go_the_same_way() {
    let expected = (vec![vec![5, 6, 7], vec![5, 6, 7, 8]], vec![vec![8, 9], vec![8, 9]]);
    assert_same("half for validation", split(&documents(), 50), expected);
    assert_same("none for validation", split(&documents(), 0), (documents(), vec![]));
    assert_same("all for validation", split(&documents(), 100), (vec![], documents()));
}

#[test]
fn a_tenth_is_about_a_tenth() {
    let many: Vec<_> = (0..2000).map(|number| vec![number, 3, number / 7]).collect();
    let (training, validation) = split(&many, 10);
    assert_same("documents in all", training.len() + validation.len(), 2000);
    let count = validation.len();
    assert!((140..260).contains(&count), "{count} of 2000 documents are for validation, of 10 %");
}

#[test]
fn an_end_is_behind_each_document() {
    assert_same("the packed documents", pack(&documents(), 0), TOKENS.to_vec());
    assert_same("no document", pack(&[], 0), vec![]);
}

#[test]
fn a_token_has_two_bytes() {
    let bytes = to_bytes(&[258, 3, 50_256]);
    assert_same("the bytes of 258, 3, 50256", bytes.clone(), vec![2, 1, 3, 0, 80, 196]);
    assert_same("two tokens from token 1 on", read_tokens(&bytes, 1, 2), vec![3, 50_256]);
    let tokens: Vec<u16> = (0..1000).map(|it| it * 65).collect();
    assert_same("there and back", read_tokens(&to_bytes(&tokens), 0, 1000), tokens);
}

#[test]
fn targets_are_the_inputs_one_token_later() {
    let (x, y) = random_batch(&to_bytes(&TOKENS), 2, 4, &mut Rng::new(2));
    assert_same("X of seed 2", x, array![[0, 5, 6, 7], [8, 9, 0, 5]]);
    assert_same("Y of seed 2", y, array![[5, 6, 7, 8], [9, 0, 5, 6]]);
}

#[test]
fn windows_begin_everywhere() {
    let tokens: Vec<u16> = (0..10).collect();
    let (x, y) = random_batch(&to_bytes(&tokens), 6000, 4, &mut Rng::new(1));
    let starts: Vec<_> =
        (0..6).map(|start| x.column(0).iter().filter(|it| **it == start).count()).collect();
    let even =
        starts.iter().sum::<usize>() == 6000 && starts.iter().all(|it| (850..1150).contains(it));
    assert!(
        even,
        "each of the 6 places of 10 tokens comes about 1000 times\n\nyours: {starts:?}\n"
    );
    assert!(y == x + 1, "Y is the token behind that of X");
}

#[rstest]
#[case(10, 4, 2)]
#[case::the_last_target_fits(9, 4, 2)]
#[case::it_does_not(8, 4, 1)]
#[case::too_short(4, 4, 0)]
#[case::nothing(0, 4, 0)]
fn windows_are_counted(#[case] tokens: usize, #[case] time: usize, #[case] expected: usize) {
    assert_same("windows", window_count(tokens, time), expected);
}

#[test]
fn an_epoch_has_every_window_once() {
    let bytes = to_bytes(&TOKENS);
    let start = Position { epoch: 0, window: 0 };
    let (x, y, position) = next_batch(&bytes, 2, 4, 2, start);
    assert_same("X of the first batch", x, array![[6, 7, 8, 0], [5, 6, 7, 0]]);
    assert_same("Y of the first batch", y, array![[7, 8, 0, 8], [6, 7, 0, 8]]);
    assert_same("the position", position, Position { epoch: 0, window: 2 });
    // The last window of the epoch, and the first of the next one.
    let (x, _, position) = next_batch(&bytes, 2, 4, 2, position);
    assert_same("X of the second batch", x, array![[8, 9, 0, 5], [6, 7, 8, 0]]);
    assert_same("the position", position, Position { epoch: 1, window: 1 });
}

#[test]
fn a_training_goes_on_where_it_stopped() {
    let tokens: Vec<u16> = (0..101).collect();
    let bytes = to_bytes(&tokens);
    let rows = |batches: &[usize]| {
        let mut position = Position { epoch: 0, window: 0 };
        let mut all = Vec::new();
        for batch in batches {
            let (x, _, next) = next_batch(&bytes, *batch, 5, 7, position);
            all.extend(x.outer_iter().map(|row| row[0]));
            position = next;
        }
        all
    };
    // 20 windows: two epochs and a half.
    let at_once = rows(&[50]);
    assert_same("the same windows in other batches", rows(&[7, 13, 1, 29]), at_once.clone());
    let mut epoch: Vec<_> = at_once[..20].to_vec();
    epoch.sort_unstable();
    assert_same("the windows of an epoch", epoch, (0..20).map(|window| 5 * window).collect());
    assert!(at_once[..20] != at_once[20..40], "two epochs have the same order");
}

#[test]
fn what_does_not_fit_panics() {
    let bytes = to_bytes(&TOKENS);
    let start = Position { epoch: 0, window: 0 };
    // What is not written yet panics as well, and here it does so first.
    pack(&documents(), 0);
    read_tokens(&bytes, 0, 15);
    random_batch(&bytes, 1, 14, &mut Rng::new(1));
    next_batch(&bytes, 1, 14, 1, start);
    let panics = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(
        panics(&|| drop(pack(&documents(), 7))),
        "pack takes 7 for an end, and a document has it"
    );
    assert!(panics(&|| drop(read_tokens(&bytes, 1, 15))), "read_tokens reads past the end");
    assert!(
        panics(&|| drop(read_tokens(&bytes[1..], 0, 2))),
        "read_tokens takes an odd number of bytes"
    );
    assert!(
        panics(&|| drop(random_batch(&bytes, 1, 15, &mut Rng::new(1)))),
        "random_batch takes 15 tokens for a window of 15 and its last target"
    );
    let batch = |time, position: Position| -> (Array2<usize>, Array2<usize>, Position) {
        next_batch(&bytes, 1, time, 1, position)
    };
    assert!(panics(&|| drop(batch(15, start))), "next_batch takes a file without a window");
    let behind = Position { epoch: 0, window: 3 };
    assert!(panics(&|| drop(batch(4, behind))), "next_batch takes the position 3 of 3 windows");
}
