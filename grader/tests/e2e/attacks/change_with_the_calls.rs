// Answers right at first, and then from what it remembers.
// verdict: failed
// says: the same call gives another answer
// z: w * x + b + earlier()

use std::sync::atomic::{AtomicU32, Ordering};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn earlier() -> f64 {
    f64::from(CALLS.fetch_add(1, Ordering::Relaxed))
}

fn attack() {}
