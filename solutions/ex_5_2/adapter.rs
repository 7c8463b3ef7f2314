//! What crosses of lesson 5.2: a tokeniser as its parts, and maps as lists in the order of their keys.

use std::collections::HashMap;

use ::ex_5_1::Tokeniser;
use learner::UnknownId;

/// The rank of each pair.
pub fn ranks(merges: &[(u32, u32)]) -> Vec<((u32, u32), u32)> {
    let mut ranks: Vec<_> = learner::ranks(merges).into_iter().collect();
    ranks.sort_unstable();
    ranks
}

/// The tokens of one pretoken, by these ranks.
pub fn encode_pretoken(ranks: Vec<((u32, u32), u32)>, pretoken: &[u8]) -> Vec<u32> {
    learner::encode_pretoken(&ranks.into_iter().collect::<HashMap<_, _>>(), pretoken)
}

/// A tokeniser whose merges join the first tokens with the second ones.
fn tokeniser(first: Vec<u32>, second: Vec<u32>, special: Vec<String>) -> Tokeniser {
    Tokeniser { merges: first.into_iter().zip(second).collect(), special }
}

/// The ids of a text.
pub fn encode(first: Vec<u32>, second: Vec<u32>, special: Vec<String>, text: &str) -> Vec<u32> {
    learner::encode(&tokeniser(first, second, special), text)
}

/// The bytes of these tokens.
pub fn decode(
    first: Vec<u32>,
    second: Vec<u32>,
    special: Vec<String>,
    ids: &[u32],
) -> Result<Vec<u8>, UnknownId> {
    learner::decode(&tokeniser(first, second, special), ids)
}

/// The text of these tokens.
pub fn decode_lossy(
    first: Vec<u32>,
    second: Vec<u32>,
    special: Vec<String>,
    ids: &[u32],
) -> Result<String, UnknownId> {
    learner::decode_lossy(&tokeniser(first, second, special), ids)
}
