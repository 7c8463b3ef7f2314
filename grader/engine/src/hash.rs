//! Hashes: names of copies and builds, and the seeds of checks.

use sha2::{Digest, Sha256};

/// The SHA-256 of the parts, in hexadecimal digits. Each part goes in after its length: no text can
/// pass for the end of one part and the start of another.
pub fn hash<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.as_ref().len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The seed of one check: different checks draw different numbers from one seed.
pub fn derive_seed(seed: u64, lesson: &str, check: &str) -> u64 {
    let digest = Sha256::digest(format!("{seed} {lesson} {check}"));
    u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
        assert_ne!(hash(["ab"]), hash(["ab", ""]));
        assert_eq!(hash(["a", "b"]), hash(["a", "b"]));
    }

    #[test]
    fn numbers_depend_on_seed_lesson_and_check() {
        let seeds = [
            derive_seed(0, "a", "b"),
            derive_seed(1, "a", "b"),
            derive_seed(0, "b", "b"),
            derive_seed(0, "a", "c"),
        ];
        assert!((1..4).all(|at| !seeds[..at].contains(&seeds[at])));
        assert_eq!(derive_seed(0, "a", "b"), seeds[0]);
    }
}
