//! Checks of lesson 90.5: numbers of two widths, text and bytes.

use engine::checks::{
    Check, Kind::Value, Learner, Lesson, Miss, Outcome, all_close, same_shape, within,
};
use ndarray::Array1;

use super::contract::{encode, merge, most_frequent, unit, unit_f32};

pub const LESSON: Lesson = Lesson::new(
    "Numbers of two widths, text and bytes",
    &[
        Check::hidden(Value, "unit", "unit vectors in both widths", 2.0, units),
        Check::hidden(Value, "most_frequent", "the most frequent byte", 1.0, most_frequent_byte),
        Check::hidden(Value, "merge", "merged pairs", 1.0, merged),
        Check::hidden(Value, "encode", "token ids", 1.0, encoded),
    ],
);

fn units(learner: &mut Learner) -> Outcome {
    for length in [1, 4, 40] {
        let scale = 10_f64.powf(learner.uniform(-3.0, 3.0));
        let x: Array1<f64> = learner.array(length, -scale, scale);
        in_both_widths(learner, &x)?;
    }
    in_both_widths(learner, &Array1::zeros(3))
}

fn in_both_widths(learner: &mut Learner, x: &Array1<f64>) -> Outcome {
    let norm = |x: &Array1<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    let wide = learner.call(unit, (x.clone(),))?;
    all_close("a unit vector in f64", &wide, &(x / norm(x)), &Array1::ones(x.len()))?;
    let narrow = x.mapv(|x| x as f32);
    let got = learner.call(unit_f32, (narrow.clone(),))?;
    same_shape("a unit vector in f32", got.shape(), x.shape())?;
    let x = narrow.mapv(f64::from);
    let want = &x / norm(&x);
    let mut pairs = got.iter().zip(&want);
    // A sum of 40 squares in f32 is right to within 40 roundings.
    let tolerance = 40.0 * f64::from(f32::EPSILON);
    pairs.try_for_each(|(got, want)| {
        within("an element of a unit vector in f32", f64::from(*got), *want, tolerance)
    })
}

/// Bytes of a small alphabet, so that pairs and ties are frequent.
fn bytes(learner: &mut Learner, length: usize) -> Vec<u8> {
    (0..length).map(|_| b"ab\x00\xff"[learner.rng().usize(..4)]).collect()
}

fn most_frequent_byte(learner: &mut Learner) -> Outcome {
    for length in 0..12 {
        let bytes = bytes(learner, length);
        let count = |byte: &u8| bytes.iter().filter(|it| *it == byte).count();
        let want = (0..=255).rev().max_by_key(count).filter(|_| length > 0);
        if learner.call(most_frequent, (bytes.clone(),))? != want {
            return Err(Miss::failed("`most_frequent` gives another byte"));
        }
    }
    Ok(())
}

fn merged(learner: &mut Learner) -> Outcome {
    for length in 0..12 {
        let (bytes, by) = (bytes(learner, length), learner.rng().u8(..));
        let pair = [(b'a', b'a'), (b'a', b'b'), (0, 255)][learner.rng().usize(..3)];
        let mut want = Vec::new();
        for byte in &bytes {
            // A merged byte is no longer the first of a pair, whatever its value.
            match want.last() {
                Some((last, false)) if (*last, *byte) == pair => {
                    *want.last_mut().unwrap() = (by, true)
                }
                _ => want.push((*byte, false)),
            }
        }
        let want: Vec<u8> = want.into_iter().map(|(byte, _)| byte).collect();
        if learner.call(merge, (bytes, pair, by))? != want {
            return Err(Miss::failed("`merge` gives other bytes"));
        }
    }
    Ok(())
}

/// Looks at the first id without asking whether there is one: a check with a bug.
fn encoded(learner: &mut Learner) -> Outcome {
    let ids = learner.call(encode, ("hello world".to_owned(),))?;
    if ids.as_ref().map(|ids| ids[0]) != Ok(7) {
        return Err(Miss::failed("`encode` gives another id for the first letter"));
    }
    let want = [7, 4, 11, 11, 14, 26, 22, 14, 17, 11, 3];
    if ids != Ok(Array1::from(want.to_vec())) {
        return Err(Miss::failed("`encode` gives other ids"));
    }
    for text in ["größe", "A", "a\n"] {
        let valid = |letter: &char| letter.is_ascii_lowercase() || *letter == ' ';
        let want: String = text.chars().take_while(valid).collect();
        if learner.call(encode, (text.to_owned(),))? != Err(want) {
            return Err(Miss::failed("`encode` gives another error"));
        }
    }
    Ok(())
}
