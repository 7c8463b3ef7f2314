use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use crate::requests::Requests;

/// How long all calls of a check may take by the clock, as a multiple of its processor time: a busy
/// machine does not fail an honest submission.
const CLOCK_FACTOR: u64 = 5;

/// How many checks of a lesson may take that long.
const LONG_CHECKS: u64 = 2;

/// How much a worker may answer in all its calls together: the grader remembers them for the diagnosis.
pub const MAX_ANSWERED_BYTES: usize = 64 << 20;

/// How much all workers of a lesson may answer before each is held to less.
const MAX_LESSON_BYTES: usize = 2 * MAX_ANSWERED_BYTES;

/// What a worker may answer then: a check of an honest lesson needs a tenth of it.
const SHORT_BYTES: usize = 8 << 20;

/// What the workers of a lesson use together. Once it is spent, each of them may use less, and still all
/// that an honest check needs: what one check wastes, no other check pays for.
#[derive(Debug, Default)]
pub struct Budget {
    waited_ms: AtomicU64,
    answered: AtomicUsize,
    requests: Requests,
}

impl Budget {
    /// Of a lesson whose grading is given up when somebody asks for the next.
    pub fn of(requests: Requests) -> Self {
        Self { requests, ..Self::default() }
    }

    /// True when nobody waits for what the workers answer.
    pub fn is_overtaken(&self) -> bool {
        self.requests.is_overtaken()
    }

    pub fn wait(&self, waited: Duration) {
        self.waited_ms.fetch_add(waited.as_millis() as u64, Relaxed);
    }

    pub fn answer(&self, bytes: usize) {
        self.answered.fetch_add(bytes, Relaxed);
    }

    /// True when the workers of a lesson, each with so much processor time, have kept the grader waiting
    /// for so long that it asks nothing more that no verdict depends on.
    pub fn is_spent(&self, seconds: u64) -> bool {
        let is_used_up =
            self.waited_ms.load(Relaxed) >= 1000 * LONG_CHECKS * CLOCK_FACTOR * seconds;
        is_used_up || self.is_overtaken()
    }

    /// How long the calls of a check may take by the clock, with so much processor time.
    pub fn timeout(&self, seconds: u64) -> Duration {
        Duration::from_secs(if self.is_spent(seconds) { seconds } else { CLOCK_FACTOR * seconds })
    }

    /// How much a worker may answer, in bytes.
    pub fn max_answered(&self) -> usize {
        if self.answered.load(Relaxed) > MAX_LESSON_BYTES {
            SHORT_BYTES
        } else {
            MAX_ANSWERED_BYTES
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_checks_may_take_long_and_the_others_have_their_processor_time() {
        let budget = Budget::default();
        budget.wait(Duration::from_millis(19_999));
        assert_eq!((budget.is_spent(2), budget.timeout(2)), (false, Duration::from_secs(10)));
        budget.wait(Duration::from_millis(1));
        assert_eq!((budget.is_spent(2), budget.timeout(2)), (true, Duration::from_secs(2)));
    }

    #[test]
    fn nothing_more_is_asked_when_nobody_waits() {
        let requests = Requests::default();
        let budget = Budget::of(requests.clone());
        assert!(!budget.is_spent(2));
        requests.make();
        assert!(budget.is_spent(2));
    }

    #[test]
    fn after_much_that_was_answered_a_worker_may_answer_less() {
        let budget = Budget::default();
        budget.answer(MAX_LESSON_BYTES);
        assert_eq!(budget.max_answered(), MAX_ANSWERED_BYTES);
        budget.answer(1);
        assert_eq!(budget.max_answered(), SHORT_BYTES);
    }
}
