//! Files that change while they are graded: what was taken is what is scanned, compiled and named.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::Value;

use crate::{
    ALONE,
    support::{Submission, solution},
};

const GRADINGS: usize = 10;

/// An honest text, and one that goes on after it.
fn texts() -> [String; 2] {
    let honest = solution("ex_90_1");
    let hostile = honest.clone() + &"fn hostile() { unsafe {} }\n".repeat(1_000);
    [honest, hostile]
}

/// What a text is worth, and its hash.
fn outcome(submission: &Submission) -> [Value; 2] {
    let (mut report, _) = submission.grade(&["ex_90_1"]);
    [report["lessons"][0]["verdict"].take(), report["submission_sha256"].take()]
}

/// What came of gradings during which `change` puts the texts into the file, all the time.
fn outcomes(change: fn(&str, &str)) -> Vec<[Value; 2]> {
    let texts = texts();
    let submission = Submission::empty().with("ex_90_1", &texts[0]);
    let file = format!("{}/ex_90_1/src/lib.rs", submission.path());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                texts.iter().for_each(|text| change(&file, text));
            }
        });
        let outcomes = (0..GRADINGS).map(|_| outcome(&submission)).collect();
        stop.store(true, Ordering::Relaxed);
        outcomes
    })
}

#[test]
fn a_file_that_is_replaced_is_graded_as_one_or_the_other() {
    let _alone = ALONE.lock();
    let known = texts().map(|text| outcome(&Submission::empty().with("ex_90_1", text)));
    let replace = |file: &str, text: &str| {
        fs::write(format!("{file}.draft"), text).unwrap();
        fs::rename(format!("{file}.draft"), file).unwrap();
    };
    for outcome in outcomes(replace) {
        assert!(known.contains(&outcome), "{outcome:?} is none of {known:?}");
    }
}

#[test]
fn a_file_that_is_overwritten_passes_as_a_whole_or_not_at_all() {
    let _alone = ALONE.lock();
    let honest = outcome(&Submission::empty().with_solution("ex_90_1"));
    for outcome in outcomes(|file, text| fs::write(file, text).unwrap()) {
        assert!(outcome == honest || outcome[0] != "passed", "{outcome:?} is not {honest:?}");
    }
}
