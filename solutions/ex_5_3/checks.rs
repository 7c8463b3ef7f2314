//! Checks of lesson 5.3: from documents to batches.

use engine::checks::{
    Check,
    Kind::{Cost, Property, Value},
    Learner, Lesson, Limits, Miss, Outcome, panics, same_shape,
};
use ndarray::Array2;

use super::contract::{
    Position, fingerprint, next_batch, pack, random_batch_from, read_tokens, split, to_bytes,
    window_count,
};

pub const LESSON: Lesson =
    Lesson::new("From documents to batches", CHECKS).after(&["ex_3_4", "ex_5_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "split", "whole documents, and copies on one side", 1.0, sides),
    Check::hidden(Value, "pack", "an end behind each document", 1.0, packed),
    Check::hidden(Value, "bytes", "tokens to bytes", 1.0, bytes),
    Check::hidden(Value, "read", "a part of a file", 1.0, parts),
    Check::hidden(Value, "random", "windows at random, and their targets", 2.0, random),
    Check::hidden(Value, "count", "the windows of an epoch", 1.0, count),
    Check::hidden(Value, "epochs", "epochs, batch by batch", 2.0, epochs),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(ORDINARY),
    Check::hidden(Cost, "large", "short windows of a large file", 1.0, large)
        .after(&["random", "epochs"])
        .limits(Limits { seconds: 1, memory_mib: 2048 }),
];

/// The checks of values.
const ORDINARY: &[&str] = &["split", "pack", "bytes", "read", "random", "count", "epochs"];

type Documents = Vec<Vec<u16>>;

/// FNV-1a, written anew.
fn hash(document: &[u16]) -> u64 {
    let mut hash = 14_695_981_039_346_656_037_u64;
    for token in document {
        for byte in [token % 256, token / 256] {
            hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
        }
    }
    hash
}

/// SplitMix64, written anew: the next number and the next state.
fn next(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = state;
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9_u64), (27, 0x94d0_49bb_1331_11eb)] {
        z = (z ^ (z >> shift)).wrapping_mul(factor);
    }
    (z ^ (z >> 31), state)
}

fn shuffled(n: usize, mut state: u64) -> Vec<usize> {
    let mut order: Vec<_> = (0..n).collect();
    for i in (1..n).rev() {
        let (number, after) = next(state);
        state = after;
        order.swap(i, (number % (i as u64 + 1)) as usize);
    }
    order
}

/// Tokens below a number.
fn tokens(learner: &mut Learner, count: usize, below: u32) -> Vec<u16> {
    (0..count).map(|_| learner.rng().u32(..below) as u16).collect()
}

/// So many documents of all lengths, an empty one and copies among them.
fn documents(learner: &mut Learner, count: usize) -> Documents {
    let mut documents: Documents = Vec::new();
    for at in 0..count {
        let length = [3, 1, 17, 0, 40, 2, 300][at % 7];
        let document = tokens(learner, length, 65_535);
        documents.push(document);
    }
    for at in (8..count).step_by(5) {
        documents[at] = documents[at - 7].clone();
    }
    documents
}

fn low_bytes_first(tokens: &[u16]) -> Vec<u8> {
    tokens.iter().flat_map(|token| [token % 256, token / 256]).map(|byte| byte as u8).collect()
}

fn sides(learner: &mut Learner) -> Outcome {
    for (count, percent, length) in [
        (12, 50, Some(5)),
        (12, 50, Some(5)),
        (12, 0, Some(5)),
        (12, 100, Some(5)),
        (14, 50, None),
        (14, 93, None),
        (12, 10, None),
        (9, 0, None),
        (9, 100, None),
        (0, 10, None),
        (14, 5, None),
    ] {
        let all = match length {
            None => documents(learner, count),
            // The second half are copies of the first.
            Some(length) => {
                let half: Documents =
                    (0..count / 2).map(|_| tokens(learner, length, 65_535)).collect();
                [half.as_slice(), &half].concat()
            }
        };
        for document in all.iter().take(3) {
            if learner.call(fingerprint, (document.clone(),))? != hash(document) {
                return Err(Miss::failed("`fingerprint` is given, and it is changed"));
            }
        }
        let is_kept = |document: &&Vec<u16>| hash(document) % 100 < percent;
        let kept: Documents = all.iter().filter(is_kept).cloned().collect();
        let others: Documents = all.iter().filter(|it| !is_kept(it)).cloned().collect();
        let got = learner.call(split, (all.clone(), percent))?;
        if got != (others.clone(), kept.clone()) {
            let reveal = format!("{percent} percent of {all:?}: got {got:?}");
            return Err(Miss::failed(told_of_sides(&all, &got, (&others, &kept))).revealing(reveal));
        }
    }
    Ok(())
}

fn told_of_sides(
    all: &Documents,
    (training, validation): &(Documents, Documents),
    (others, kept): (&Documents, &Documents),
) -> &'static str {
    let sorted = |lists: [&Documents; 2]| {
        let mut sorted = lists.map(|it| it.as_slice()).concat();
        sorted.sort_unstable();
        sorted
    };
    let mut every = all.clone();
    every.sort_unstable();
    if (training, validation) == (kept, others) {
        "the two sides of `split` are exchanged: which of them comes first?"
    } else if training.len() + validation.len() > all.len() {
        "`split` has documents on both sides. What is for validation is not for training"
    } else if sorted([training, validation]) != every {
        "the two sides of `split` together are not the documents that came in: none is lost, cut or changed"
    } else if training.iter().any(|it| !it.is_empty() && validation.contains(it)) {
        "`split` has copies of a document on both sides. Equal documents have the same fingerprint"
    } else if sorted([training, &Vec::new()]) == sorted([others, &Vec::new()]) {
        "`split` has the right documents on each side, in another order"
    } else {
        "`split` has other documents for validation. Those are, whose fingerprint modulo 100 is below the \
         percentage"
    }
}

fn packed(learner: &mut Learner) -> Outcome {
    for count in [3, 1, 0, 12, 9] {
        // No document has the last of all tokens, nor a token that is made sure of.
        for end in [65_535, 300] {
            let mut all = documents(learner, count);
            all.iter_mut().flatten().filter(|token| **token == end).for_each(|token| *token = 7);
            let got = learner.call(pack, (all.clone(), end))?;
            let mut want = Vec::new();
            all.iter().for_each(|document| want.extend(document.iter().copied().chain([end])));
            if got == want {
                continue;
            }
            let without = |tokens: &[u16]| -> Vec<u16> {
                tokens.iter().copied().filter(|token| *token != end).collect()
            };
            let ends = |tokens: &[u16]| tokens.iter().filter(|token| **token == end).count();
            let message = if without(&got) != without(&want) {
                "the tokens of `pack` are not those of the documents, one behind the other"
            } else if ends(&got) < ends(&want) {
                "`pack` has fewer ends of text than documents: one stands behind each, the last one and an empty \
                 one too"
            } else if ends(&got) > ends(&want) {
                "`pack` has more ends of text than documents: one stands behind each"
            } else {
                "`pack` has as many ends of text as documents, in other places: one stands behind each"
            };
            let reveal = format!("{all:?}, end {end}: got {got:?}");
            return Err(Miss::failed(message).revealing(reveal));
        }
    }
    Ok(())
}

fn bytes(learner: &mut Learner) -> Outcome {
    let mut lists =
        vec![vec![258], vec![513], vec![], vec![0, 1, 255, 256, 257, 32_767, 32_768, 65_535]];
    for count in [3, 40, 500] {
        lists.push(tokens(learner, count, 65_536));
    }
    for tokens in lists {
        let got = learner.call(to_bytes, (tokens.clone(),))?;
        let want = low_bytes_first(&tokens);
        if got == want {
            continue;
        }
        let swapped = |bytes: &[u8]| -> Vec<u8> {
            bytes.chunks(2).flat_map(|pair| pair.iter().rev().copied()).collect()
        };
        let message = if got.len() != want.len() {
            "`to_bytes` does not give two bytes for each token"
        } else if swapped(&got) == want {
            "`to_bytes` has the two bytes of each token in the other order"
        } else {
            "`to_bytes` gives other bytes"
        };
        return Err(Miss::failed(message).revealing(format!("{tokens:?}: got {got:?}")));
    }
    Ok(())
}

fn parts(learner: &mut Learner) -> Outcome {
    for (length, start, count) in [
        (10, 3, 4),
        (10, 0, 10),
        (10, 9, 1),
        (10, 10, 0),
        (0, 0, 0),
        (300, 120, 130),
        (300, 299, 1),
        (40, 1, 33),
        (5, 2, 2),
        // As many as the first time.
        (12, 7, 4),
    ] {
        let all = tokens(learner, length, 65_536);
        let got = learner.call(read_tokens, (low_bytes_first(&all), start, count))?;
        if got == all[start..start + count] {
            continue;
        }
        let swapped: Vec<_> = got.iter().map(|token| token.swap_bytes()).collect();
        let message = if got.len() != count {
            format!("`read_tokens` gives {} tokens, where {count} are asked for", got.len())
        } else if swapped == all[start..start + count] {
            "`read_tokens` takes the first byte of each token for the higher one".to_owned()
        } else {
            "`read_tokens` gives other tokens. Where does token `start` begin, if each has two bytes?".to_owned()
        };
        return Err(Miss::failed(message).revealing(format!("{all:?}: got {got:?}")));
    }
    Ok(())
}

/// X and Y of the windows that begin there.
fn windows(tokens: &[u16], starts: &[usize], time: usize) -> [Array2<usize>; 2] {
    [0, 1].map(|ahead| {
        Array2::from_shape_fn((starts.len(), time), |(row, t)| {
            usize::from(tokens[starts[row] + t + ahead])
        })
    })
}

/// Compares a batch with the windows that begin there.
fn compare(
    function: &str,
    tokens: &[u16],
    (starts, time): (&[usize], usize),
    [x, y]: [&Array2<usize>; 2],
) -> Outcome {
    let [want_x, want_y] = windows(tokens, starts, time);
    same_shape(&format!("X of `{function}`"), x.shape(), want_x.shape())?;
    same_shape(&format!("Y of `{function}`"), y.shape(), want_y.shape())?;
    if (x, y) == (&want_x, &want_y) {
        return Ok(());
    }
    let reveal = format!("{tokens:?}: expected starts {starts:?}, got X\n{x}\nY\n{y}");
    let message = if *x == want_x && *y == want_x {
        "has Y = X: each token is its own target. Which one stands behind it?"
    } else if *x == want_x {
        "has the right inputs, and not the tokens that stand behind them"
    } else if is_list(tokens, x) {
        "has rows of the text that begin in other places"
    } else {
        "has rows in X that are no part of the text"
    };
    Err(Miss::failed(format!("`{function}` {message}")).revealing(reveal))
}

/// Whether each row is a part of the text.
fn is_list(tokens: &[u16], x: &Array2<usize>) -> bool {
    let text: Vec<_> = tokens.iter().map(|token| usize::from(*token)).collect();
    x.ncols() > 0
        && x.outer_iter().all(|row| text.windows(x.ncols()).any(|part| row.iter().eq(part)))
}

/// So many random places, and the state of the generator behind them.
fn drawn(mut state: u64, count: usize, places: usize) -> (Vec<usize>, u64) {
    let mut starts = Vec::new();
    for _ in 0..count {
        let (number, behind) = next(state);
        state = behind;
        starts.push((number % places as u64) as usize);
    }
    (starts, state)
}

fn random(learner: &mut Learner) -> Outcome {
    for (length, batch, time) in [
        (10, 3, 4),
        (12, 3, 4),
        (30, 130, 5),
        (5, 2, 4),
        (200, 4, 33),
        (500, 3, 130),
        (9, 2, 1),
        (12, 1, 3),
        (8, 0, 3),
        (3000, 5, 2),
    ] {
        let all = tokens(learner, length, 65_536);
        let state = learner.rng().u64(..);
        let arguments = (low_bytes_first(&all), batch, time, state);
        let (x, y, after) = learner.call(random_batch_from, arguments)?;
        let (starts, want_state) = drawn(state, batch, length - time);
        if after != want_state {
            return Err(Miss::failed(format!(
                "`random_batch` does not leave the generator as it is after {batch} random numbers: one for each row"
            )));
        }
        compare("random_batch", &all, (&starts, time), [&x, &y]).map_err(|miss| {
            if !miss.message.contains("other places") {
                return miss;
            }
            let message = format!(
                "{}: a row begins at its random number modulo the number of places. How many places are there?",
                miss.message
            );
            Miss { message, ..miss }
        })?;
    }
    Ok(())
}

fn count(learner: &mut Learner) -> Outcome {
    for (tokens, time) in [
        (10, 4),
        (9, 4),
        (8, 4),
        (5, 4),
        (4, 4),
        (1, 4),
        (0, 4),
        (2, 1),
        (1000, 7),
        (1001, 10),
        (150, 149),
        ((1 << 40) + 1, 1024),
        (33_554_433, 33_554_433),
    ] {
        let got = learner.call(window_count, (tokens, time))?;
        let mut want = 0;
        // So many at a time, where there are many.
        for stride in [1 << 20, 1 << 10, 1] {
            while (want + stride) * time < tokens {
                want += stride;
            }
        }
        if got == want {
            continue;
        }
        let message = if got > want {
            "`window_count` has a window that has no token left for its last target"
        } else {
            "`window_count` leaves out a window that has all its targets"
        };
        let reveal = format!("{tokens} tokens, T = {time}: got {got}, expected {want}");
        return Err(Miss::failed(message).revealing(reveal));
    }
    Ok(())
}

fn epochs(learner: &mut Learner) -> Outcome {
    for (length, time, batches) in [
        (13, 4, &[1, 1, 1, 1, 1, 1, 1][..]),
        (33, 4, &[3, 3, 3, 3, 3]),
        (101, 5, &[7, 13, 0, 45, 1]),
        (1300, 7, &[150, 20, 40]),
        (300, 140, &[1, 2, 5]),
        (6, 5, &[2, 2]),
        // More than five epochs in one batch.
        (13, 4, &[1, 17, 2]),
    ] {
        let all = tokens(learner, length, 65_536);
        let last = learner.rng().u64(..1 << 40);
        for (seed, epoch) in [(learner.rng().u64(..), last), (u64::MAX - 1, 0), (3, 5), (8, 5)] {
            let start = Position { epoch, window: 0 };
            train(learner, &all, (time, batches), seed, start)?;
        }
    }
    Ok(())
}

/// One batch after the other, from a position on.
fn train(
    learner: &mut Learner,
    all: &[u16],
    (time, batches): (usize, &[usize]),
    seed: u64,
    start: Position,
) -> Outcome {
    let count = (all.len() - 1) / time;
    let mut at = start;
    for batch in batches {
        let arguments = (low_bytes_first(all), *batch, time, seed, at.clone());
        let (x, y, got) = learner.call(next_batch, arguments)?;
        let mut starts = Vec::new();
        for _ in 0..*batch {
            let order = shuffled(count, seed.wrapping_add(at.epoch));
            starts.push(order[at.window] * time);
            at.window += 1;
            if at.window == count {
                at = Position { epoch: at.epoch + 1, window: 0 };
            }
        }
        compare("next_batch", all, (&starts, time), [&x, &y]).map_err(|miss| {
            if !miss.message.contains("other places") {
                return miss;
            }
            let message = format!("{}: {}", miss.message, told_of_order(&x, all, (count, time)));
            Miss { message, ..miss }
        })?;
        if (got.epoch, got.window) != (at.epoch, at.window) {
            return Err(Miss::failed(
                "`next_batch` gives the right windows and another position behind them. After the last window of \
                 an epoch comes window 0 of the next one",
            ));
        }
    }
    Ok(())
}

/// What is wrong with an order of windows.
fn told_of_order(x: &Array2<usize>, all: &[u16], (count, time): (usize, usize)) -> &'static str {
    let is_window = |row: ndarray::ArrayView1<usize>| {
        (0..count).any(|window| {
            let part = all[window * time..].iter().take(time).map(|token| usize::from(*token));
            row.iter().copied().eq(part)
        })
    };
    if x.outer_iter().all(is_window) {
        "they are windows of an epoch, and not those whose turn it is. Look at the seed of the epoch, at the position, \
         and at what becomes of a batch that an epoch cannot fill"
    } else {
        "the windows of an epoch lie side by side, and window w begins at token w·T"
    }
}

/// A call that does not fit, and what it would be to take it.
fn refused<T>(result: Result<T, Miss>, function: &str, what: &str) -> Outcome {
    panics(result, || {
        format!("`{function}` takes {what}, and gives an answer. Which condition would you assert?")
    })
}

fn unfit(learner: &mut Learner) -> Outcome {
    let all = tokens(learner, 15, 65_536);
    let bytes = low_bytes_first(&all);
    let start = Position { epoch: 0, window: 0 };
    for (documents, end) in
        [(vec![vec![5, 6], vec![7]], 7), (vec![vec![0]], 0), (vec![vec![1, 2, 3], vec![]], 2)]
    {
        let what = "an end of text that is within a document";
        refused(learner.call(pack, (documents, end)), "pack", what)?;
    }
    for (from, count) in [(0, 16), (15, 1), (16, 0), (7, 9), (usize::MAX, 2), (2, usize::MAX)] {
        let got = learner.call(read_tokens, (bytes.clone(), from, count));
        refused(got, "read_tokens", "a part that is not within the file")?;
    }
    let odd = bytes[..29].to_vec();
    let what = "an odd number of bytes";
    refused(learner.call(read_tokens, (odd.clone(), 0, 3)), "read_tokens", what)?;
    for batch in [2, 0] {
        let got = learner.call(random_batch_from, (odd.clone(), batch, 3, 1));
        refused(got, "random_batch", what)?;
    }
    refused(learner.call(next_batch, (odd, 2, 3, 1, start.clone())), "next_batch", what)?;
    for time in [15, 16, 200] {
        let what = "a file without room for a window and its last target";
        for batch in [2, 0] {
            let got = learner.call(random_batch_from, (bytes.clone(), batch, time, 1));
            refused(got, "random_batch", what)?;
        }
        let got = learner.call(next_batch, (bytes.clone(), 2, time, 1, start.clone()));
        refused(got, "next_batch", what)?;
    }
    let got = learner.call(random_batch_from, (vec![], 2, 4, 1));
    refused(got, "random_batch", "an empty file")?;
    refused(learner.call(next_batch, (vec![], 2, 4, 1, start)), "next_batch", "an empty file")?;
    for window in [3, 4, usize::MAX] {
        let behind = Position { epoch: 1, window };
        let got = learner.call(next_batch, (bytes.clone(), 2, 4, 1, behind));
        refused(got, "next_batch", "a position behind the last window of its epoch")?;
    }
    for tokens in [0, 1, 10] {
        let got = learner.call(window_count, (tokens, 0));
        refused(got, "window_count", "windows of no token")?;
    }
    Ok(())
}

/// The tokens of the large file, and how many windows are asked for at once.
const LARGE: usize = 1 << 20;
const WINDOWS: usize = 10_000;

/// To read the windows takes a tenth of the limit of processor time, and to go through the file for each of them more than
/// ten times the limit.
fn large(learner: &mut Learner) -> Outcome {
    let all = tokens(learner, LARGE, 65_536);
    let (bytes, state) = (low_bytes_first(&all), learner.rng().u64(..));
    let drawn = drawn(state, WINDOWS, LARGE - 1).0;
    let got = learner.call(random_batch_from, (bytes.clone(), WINDOWS, 1, state));
    let (x, y, _) = got.map_err(too_slow)?;
    same_windows("random_batch", [x, y] == windows(&all, &drawn, 1))?;
    let time = 20;
    let order = shuffled((LARGE - 1) / time, 7);
    let starts: Vec<_> = order[..WINDOWS].iter().map(|window| window * time).collect();
    let start = Position { epoch: 0, window: 0 };
    let got = learner.call(next_batch, (bytes, WINDOWS, time, 7, start));
    let (x, y, _) = got.map_err(too_slow)?;
    same_windows("next_batch", [x, y] == windows(&all, &starts, time))
}

/// The file is too large to be shown, as `compare` does.
fn same_windows(function: &str, same: bool) -> Outcome {
    match same {
        true => Ok(()),
        false => Err(Miss::failed(format!("`{function}` gives other windows of a large file"))),
    }
}

fn too_slow(miss: Miss) -> Miss {
    miss.asking_if_slow(
        "Is the whole file read for each window? A window needs the two bytes of each of its own tokens",
    )
}
