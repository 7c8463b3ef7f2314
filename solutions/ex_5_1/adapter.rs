//! What crosses of lesson 5.1: owned texts, and maps as lists in the order of their keys.

use std::collections::HashMap;

use learner::Tokeniser;

/// The pieces of a text.
pub fn split_at_special(text: &str, special: &[String]) -> Vec<String> {
    owned(learner::split_at_special(text, special))
}

/// The pretokens of a text.
pub fn pretokens(text: &str) -> Vec<String> {
    owned(learner::pretokens(text))
}

fn owned(pieces: Vec<&str>) -> Vec<String> {
    pieces.into_iter().map(str::to_owned).collect()
}

/// The pretokens of a text with their counts.
pub fn count_pretokens(text: &str, special: &[String]) -> Vec<(String, usize)> {
    let counts = learner::count_pretokens(text, special);
    in_order(counts.into_iter().map(|(pretoken, count)| (pretoken.to_owned(), count)))
}

/// The pairs with their counts.
pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> Vec<((u32, u32), usize)> {
    in_order(learner::count_pairs(words).into_iter())
}

fn in_order<K: Ord>(counts: impl Iterator<Item = (K, usize)>) -> Vec<(K, usize)> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_unstable();
    counts
}

/// The best of some pairs with their counts.
pub fn best_pair(counts: Vec<((u32, u32), usize)>, vocabulary: &[Vec<u8>]) -> Option<(u32, u32)> {
    learner::best_pair(&counts.into_iter().collect::<HashMap<_, _>>(), vocabulary)
}

/// The bytes of all tokens, one after the other.
pub struct Vocabulary {
    /// How many bytes each token has.
    pub lengths: Vec<usize>,
    /// Their bytes.
    pub bytes: Vec<u8>,
}

/// The bytes of every token.
pub fn vocabulary(tokeniser: &Tokeniser) -> Vocabulary {
    let tokens = learner::vocabulary(tokeniser);
    Vocabulary { lengths: tokens.iter().map(Vec::len).collect(), bytes: tokens.concat() }
}
