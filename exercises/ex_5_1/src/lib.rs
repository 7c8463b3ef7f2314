//! Lesson 5.1: training a byte-pair tokeniser. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use std::collections::{HashMap, HashSet};

/// A tokeniser. The ids of its tokens are: 0 to 255 for the bytes, then one for each merge, then one for
/// each special token, both in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokeniser {
    /// The two tokens that each merge joins. Both have smaller ids than the token that the merge makes.
    pub merges: Vec<(u32, u32)>,
    /// The special tokens, as they stand in a text.
    pub special: Vec<String>,
}

/// Why no tokeniser is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainError {
    /// The size has no room for the 256 bytes and the special tokens.
    TooSmall,
    /// A special token is empty, and would be found everywhere.
    EmptySpecial,
    /// A special token is named twice, and would have two ids.
    RepeatedSpecial,
}

/// Cuts a text before and after each special token in it. What is left between two of them is a piece,
/// unless it is empty. At the first place where a special token begins, the longest counts, and the search
/// goes on after it. No special token is empty.
#[allow(unused_variables)]
pub fn split_at_special<'t>(text: &'t str, special: &[String]) -> Vec<&'t str> {
    todo!("go through the text: does a special token begin here, and which is the longest?")
}

/// Cuts a text into pretokens, by the three rules of the brief.
#[allow(unused_variables)]
pub fn pretokens(text: &str) -> Vec<&str> {
    todo!(
        "write a function that gives the length of the first pretoken, and cut it off until nothing is left"
    )
}

/// How often each pretoken comes in a text. Special tokens are none.
#[allow(unused_variables)]
pub fn count_pretokens<'t>(text: &'t str, special: &[String]) -> HashMap<&'t str, usize> {
    todo!("split at the special tokens, leave them out, and count the pretokens of each piece")
}

/// How often each pair of neighbours comes. A word is a list of ids, and how often it comes. Each place
/// counts: (a, a) comes twice in a, a, a.
#[allow(unused_variables)]
pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> HashMap<(u32, u32), usize> {
    todo!("add up the words' counts, for each pair of neighbours in them")
}

/// The pair that comes most often. Of several it is the one whose first token has the greatest bytes, and
/// of these the one whose second token has. `vocabulary` has the bytes of every id. None where there is no
/// pair.
#[allow(unused_variables)]
pub fn best_pair(
    counts: &HashMap<(u32, u32), usize>,
    vocabulary: &[Vec<u8>],
) -> Option<(u32, u32)> {
    todo!("what has a pair to be greatest in, first, second and third?")
}

/// Puts `new` in the place of each `pair`, from left to right: of a, a, a the first two become one.
#[allow(unused_variables)]
pub fn merge(ids: &[u32], pair: (u32, u32), new: u32) -> Vec<u32> {
    todo!("take one id after the other, or two where they are the pair")
}

/// The bytes of every token, in the order of their ids.
#[allow(unused_variables)]
pub fn vocabulary(tokeniser: &Tokeniser) -> Vec<Vec<u8>> {
    todo!(
        "begin with the bytes; what are the bytes of a merge, when those of its two tokens are known?"
    )
}

/// Trains a tokeniser of `size` tokens on a text, or of fewer where no pair is left.
///
/// # Errors
/// When the size or the special tokens are none to train with.
#[allow(unused_variables)]
pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
    todo!(
        "count the pretokens once; then, for each merge, choose the best pair and put it together"
    )
}
