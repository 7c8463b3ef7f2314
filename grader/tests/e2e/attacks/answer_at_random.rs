// Gives another answer at every call.
// verdict: failed
// says: the same call gives another answer
// z: w * x + b + noise()

use std::hash::{BuildHasher, RandomState};

fn noise() -> f64 {
    1.0 + (RandomState::new().hash_one(1) >> 11) as f64 / (1_u64 << 53) as f64
}

fn attack() {}
