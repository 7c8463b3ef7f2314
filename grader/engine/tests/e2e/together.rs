//! Several graders at once, on one cache.

use std::thread;

use crate::support::{Submission, course, grader};

const ROUNDS: usize = 2;

/// Three spellings of one folder: the workers differ, because messages name files as the learner does.
#[test]
fn graders_do_not_disturb_each_other() {
    let absolute = course().join("solutions").display().to_string();
    let spellings = ["solutions", &absolute, "./solutions"];
    thread::scope(|scope| {
        for spelling in spellings {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    let output = grader(&["grade", "--submission", spelling]);
                    let text = String::from_utf8_lossy(&output.stdout);
                    assert_eq!(output.status.code(), Some(0), "{spelling}: {text}");
                }
            });
        }
        // Submissions that come and go: their slots are removed while others are in use.
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                let (report, _) = Submission::empty().with_solution("ex_90_1").grade(&["ex_90_1"]);
                assert_eq!(report["score"], report["max_score"], "{report:#}");
            }
        });
    });
}
