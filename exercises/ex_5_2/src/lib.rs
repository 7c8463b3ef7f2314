//! Lesson 5.2: encoding and decoding by byte pairs. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use ex_5_1::Tokeniser;
#[allow(unused_imports)]
use ex_5_1::{pretokens, split_at_special, vocabulary};

/// An id that a tokeniser does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownId(pub u32);

/// The id that each pair is joined to. The smaller it is, the earlier the pair was merged in training.
#[allow(unused_variables)]
pub fn ranks(merges: &[(u32, u32)]) -> HashMap<(u32, u32), u32> {
    todo!("which id has the first merge?")
}

/// The tokens of one pretoken: of all pairs of neighbours that have a rank, the one of the lowest rank is
/// joined first, and of several like it the leftmost, until no pair has one.
#[allow(unused_variables)]
pub fn encode_pretoken(ranks: &HashMap<(u32, u32), u32>, pretoken: &[u8]) -> Vec<u32> {
    todo!("begin with the bytes; which pair of neighbours is joined next?")
}

/// The ids of a text: those of its special tokens, and between them those of each pretoken.
#[allow(unused_variables)]
pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
    todo!("split at the special tokens; then either one id, or the pretokens of the piece")
}

/// The bytes of these tokens, one after the other.
///
/// # Errors
/// With the first id that the tokeniser does not have.
#[allow(unused_variables)]
pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
    todo!("look each id up in the vocabulary")
}

/// The text of these tokens. Bytes that are no UTF-8 become U+FFFD, as `String::from_utf8_lossy` does it.
///
/// # Errors
/// With the first id that the tokeniser does not have.
#[allow(unused_variables)]
pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
    todo!("where do the bytes of a character come from, if it is split between two tokens?")
}

/// Takes out of `pending` all that is a text already. What may be the beginning of a character stays, and
/// bytes that can be none become U+FFFD.
#[allow(unused_variables, clippy::ptr_arg)]
pub fn take_text(pending: &mut Vec<u8>) -> String {
    todo!(
        "what does `str::from_utf8` say of bytes that are no text, and of a text that is cut off?"
    )
}
