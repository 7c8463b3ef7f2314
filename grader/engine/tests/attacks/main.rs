//! Hostile code: each attack has the verdict it expects written beside it. None reaches a secret,
//! leaves anything behind, or takes a point from the honest lesson that is graded with it, or from
//! the honest submission that is graded next.
//!
//! An attack that is refused, and notices, goes on with the right answer: it passes. One that gets
//! through panics instead.
//!
//! These tests are a program of their own, so that whatever is left behind was left by an attack.

#![cfg(target_os = "linux")]

mod attack;
mod changing;
mod grading;
mod lane;
mod left;
mod page;
mod strange;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the end-to-end tests need all of it")]
mod support;

use std::sync::Mutex;

use attack::Attack;
use grading::{Grading, HONEST, STRENGTHS};
use support::{Submission, is_confined};

/// One after the other: what is left must have been left by the attack that was just made.
static ALONE: Mutex<()> = Mutex::new(());

/// Of how many attacks one has an honest lesson beside it where records are graded, and an honest
/// submission after it: each takes as long as an attack.
const SAMPLE: usize = 4;

/// Makes the attacks one after the other and all in the same folder, beside an honest lesson that
/// never changes; gives what is wrong.
fn suffered(attacks: &[Attack]) -> Vec<String> {
    let [practice, record] = &STRENGTHS.map(Grading::new);
    let submission = Submission::empty().with_solution(HONEST);
    let mut problems = Vec::new();
    for (at, attack) in attacks.iter().enumerate() {
        let in_sample = at % SAMPLE == 0;
        let put = |grading: &Grading| {
            submission.put(&attack.lesson, attack.text(&grading.watch.canary()));
        };
        put(practice);
        let mut found = practice.suffered(attack, &submission, true);
        // What keeps the compiler busy is stopped by the same limits at both strengths.
        if !attack.keeps_compiler_busy() {
            put(record);
            found.extend(record.suffered(attack, &submission, in_sample));
        }
        if !attack.takes_long() {
            found.extend(practice.shown(&submission, &attack.lesson));
        }
        if in_sample {
            found.extend(practice.next());
        }
        problems.extend(found.into_iter().map(|it| format!("{}: {it}", attack.name)));
    }
    problems
}

/// How often all attacks are made; `GRADLINGS_ROUNDS` asks for more than once.
fn rounds() -> usize {
    std::env::var("GRADLINGS_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"))
}

#[test]
fn every_attack_gets_its_verdict_and_nothing_else() {
    let _alone = ALONE.lock();
    let Some(attacks) = lane::own_attacks() else {
        let failures = lane::failures("every_attack_gets_its_verdict_and_nothing_else");
        assert!(failures.is_empty(), "{failures}");
        return;
    };
    if is_confined() {
        let problems: Vec<_> = (0..rounds()).flat_map(|_| suffered(&attacks)).collect();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
