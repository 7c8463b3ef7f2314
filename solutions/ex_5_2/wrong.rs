//! Wrong variants of lesson 5.2. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use std::collections::HashMap;

use ex_5_1::{Tokeniser, pretokens, split_at_special, vocabulary};

type Map = HashMap<(u32, u32), u32>;

fn bytes_as_ids(bytes: &[u8]) -> Vec<u32> {
    bytes.iter().map(|byte| u32::from(*byte)).collect()
}

/// Joins one pair after the other: the one that `choose` takes of the places with their ranks.
fn joined(
    map: &Map,
    pretoken: &[u8],
    choose: impl Fn(&[(usize, u32)]) -> Option<(usize, u32)>,
) -> Vec<u32> {
    let mut ids = bytes_as_ids(pretoken);
    loop {
        let pairs = ids.windows(2).enumerate();
        let places: Vec<_> =
            pairs.filter_map(|(at, it)| Some((at, *map.get(&(it[0], it[1]))?))).collect();
        let Some((at, id)) = choose(&places) else { return ids };
        ids.splice(at..at + 2, [id]);
    }
}

/// Your `ranks` counts from 0. Those are the ids of bytes: which id has the first merge?
pub mod ranks_from_zero {
    use super::*;
    pub use ex_5_2::*;

    pub fn ranks(merges: &[(u32, u32)]) -> Map {
        merges.iter().copied().zip(0..).collect()
    }
}

/// Your `encode_pretoken` takes the longest token that fits, from left to right. Training did not look at
/// lengths: which pair was joined first there?
pub mod greedy_longest {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode_pretoken(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        let mut merges: Vec<_> = ranks.iter().collect();
        merges.sort_unstable_by_key(|(_, id)| **id);
        let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        for ((a, b), _) in merges {
            tokens.push([&*tokens[*a as usize], &*tokens[*b as usize]].concat());
        }
        let (mut ids, mut rest) = (Vec::new(), pretoken);
        while !rest.is_empty() {
            let fits = tokens.iter().enumerate().filter(|(_, token)| rest.starts_with(token));
            let Some((id, token)) = fits.max_by_key(|(_, token)| token.len()) else { return ids };
            ids.push(id as u32);
            rest = &rest[token.len()..];
        }
        ids
    }
}

/// Your `encode_pretoken` joins the leftmost pair that has a rank, whichever it is. Which of all pairs comes
/// first?
pub mod leftmost_first {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode_pretoken(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        super::joined(ranks, pretoken, |places| places.first().copied())
    }
}

/// Your `encode_pretoken` joins the pair of the highest rank first. A low rank was merged early: in which
/// order did training join?
pub mod highest_rank_first {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode_pretoken(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        super::joined(ranks, pretoken, |places| places.iter().copied().max_by_key(|it| it.1))
    }
}

/// Your `encode_pretoken` takes the rightmost place of several. In a, a, a training joined the first two.
pub mod rightmost_place_first {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode_pretoken(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        super::joined(ranks, pretoken, |places| {
            places.iter().copied().min_by_key(|(at, id)| (*id, std::cmp::Reverse(*at)))
        })
    }
}

/// Your `encode_pretoken` joins the pairs of bytes and stops. What it makes has neighbours too: do these have
/// a rank?
pub mod joins_bytes_alone {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode_pretoken(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        let is_byte = |id: u32| id < 256;
        let of_bytes = ranks.iter().filter(|((a, b), _)| is_byte(*a) && is_byte(*b));
        let of_bytes: Map = of_bytes.map(|(pair, id)| (*pair, *id)).collect();
        ex_5_2::encode_pretoken(&of_bytes, pretoken)
    }
}

/// `encode` in parts that a variant exchanges.
struct Encoder {
    split: for<'t> fn(&'t str, &[String]) -> Vec<&'t str>,
    cut: fn(&str) -> Vec<&str>,
    bytes: fn(&str) -> Vec<u8>,
    /// The id of the first special token, for so many merges.
    first_special: fn(usize) -> u32,
}

const ENCODER: Encoder = Encoder {
    split: split_at_special,
    cut: pretokens,
    bytes: |text| text.as_bytes().to_vec(),
    first_special: |merges| 256 + merges as u32,
};

impl Encoder {
    fn encode(&self, tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        let Tokeniser { merges, special } = tokeniser;
        let ranks = ex_5_2::ranks(merges);
        let mut ids = Vec::new();
        for piece in (self.split)(text, special) {
            match special.iter().position(|it| it == piece) {
                Some(at) => ids.push((self.first_special)(merges.len()) + at as u32),
                None => {
                    ids.extend((self.cut)(piece).into_iter().flat_map(|pretoken| {
                        ex_5_2::encode_pretoken(&ranks, &(self.bytes)(pretoken))
                    }))
                }
            }
        }
        ids
    }
}

/// Your `encode` takes special tokens for text, and gives ids to their parts. The model would never see the
/// sign that it was trained with: where is the text split?
pub mod special_is_text {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        Encoder { split: |text, _| vec![text], ..ENCODER }.encode(tokeniser, text)
    }
}

/// Your `encode` leaves special tokens out. Each of them is one id.
pub mod special_left_out {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        let first = (ENCODER.first_special)(tokeniser.merges.len());
        ENCODER.encode(tokeniser, text).into_iter().filter(|id| *id < first).collect()
    }
}

/// In your `encode` the special tokens have the ids behind the bytes. There the merges are: what comes before
/// the first special token?
pub mod special_before_merges {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        Encoder { first_special: |_| 256, ..ENCODER }.encode(tokeniser, text)
    }
}

/// Your `encode` joins across pretokens: a piece of text is encoded as a whole. What was training kept
/// within?
pub mod merges_across_pretokens {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        Encoder { cut: |text| vec![text], ..ENCODER }.encode(tokeniser, text)
    }
}

/// Your `encode` makes a byte of each character, as `c as u8` does. That is right for ASCII alone: how many
/// bytes has an “é”?
pub mod characters_cut_to_bytes {
    use super::*;
    pub use ex_5_2::*;

    pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        let bytes = |text: &str| text.chars().map(|c| c as u8).collect();
        Encoder { bytes, ..ENCODER }.encode(tokeniser, text)
    }
}

/// Your `decode` leaves ids out that the tokeniser does not have. Who hands in a wrong id gets a wrong text
/// and no word of it: what is `Err` for?
pub mod unknown_ids_left_out {
    use super::*;
    pub use ex_5_2::*;

    pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
        let tokens = vocabulary(tokeniser);
        Ok(ids.iter().filter_map(|id| tokens.get(*id as usize)).flatten().copied().collect())
    }

    pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
        decode(tokeniser, ids).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Your `decode` knows no special tokens. Their ids are the last ones, and their bytes those of their text.
pub mod special_not_decoded {
    use super::*;
    pub use ex_5_2::*;

    fn without_special(tokeniser: &Tokeniser) -> Tokeniser {
        Tokeniser { merges: tokeniser.merges.clone(), special: vec![] }
    }

    pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
        ex_5_2::decode(&without_special(tokeniser), ids)
    }

    pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
        ex_5_2::decode_lossy(&without_special(tokeniser), ids)
    }
}

/// Your `decode` names the place of an unknown id in the list. `UnknownId` holds the id itself.
pub mod place_for_id {
    use super::*;
    pub use ex_5_2::*;

    pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
        let is_unknown = |it: &UnknownId| ids.iter().position(|id| *id == it.0);
        ex_5_2::decode(tokeniser, ids)
            .map_err(|it| UnknownId(is_unknown(&it).unwrap_or_default() as u32))
    }
}

/// Your `decode_lossy` makes a text of each token and puts the texts together. Where a character is split
/// between tokens, neither has a text: what has to be put together first?
pub mod text_of_each_token {
    use super::*;
    pub use ex_5_2::*;

    pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
        let text = |id: &u32| ex_5_2::decode_lossy(tokeniser, &[*id]);
        ids.iter().map(text).collect::<Result<Vec<_>, _>>().map(|it| it.concat())
    }
}

/// Your `decode_lossy` leaves broken bytes out. U+FFFD shows that something was there.
pub mod broken_bytes_left_out {
    use super::*;
    pub use ex_5_2::*;

    pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
        decode(tokeniser, ids).map(|it| it.utf8_chunks().map(|chunk| chunk.valid()).collect())
    }
}

/// Your `take_text` takes everything at once, and makes U+FFFD of a character that is only begun. The next
/// token may bring the rest of it: how many bytes have to wait?
pub mod begun_characters_taken {
    pub use ex_5_2::*;

    pub fn take_text(pending: &mut Vec<u8>) -> String {
        let text = String::from_utf8_lossy(pending).into_owned();
        pending.clear();
        text
    }
}

/// Your `take_text` gives nothing as long as the last character is only begun. The text before it is whole
/// already: up to where, says `valid_up_to`.
pub mod all_waits {
    pub use ex_5_2::*;

    pub fn take_text(pending: &mut Vec<u8>) -> String {
        let before = pending.clone();
        let text = ex_5_2::take_text(pending);
        if pending.is_empty() {
            return text;
        }
        *pending = before;
        String::new()
    }
}

/// Your `take_text` waits at bytes that can be no character, whatever comes behind them: from then on it
/// gives nothing. What does `error_len` say of the two cases?
pub mod broken_bytes_wait {
    pub use ex_5_2::*;

    pub fn take_text(pending: &mut Vec<u8>) -> String {
        let valid = pending.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        let text = String::from_utf8_lossy(&pending[..valid]).into_owned();
        pending.drain(..valid);
        text
    }
}

/// Your `take_text` gives the text and leaves the bytes where they are, so that they come again with the
/// next call.
pub mod taken_bytes_stay {
    pub use ex_5_2::*;

    pub fn take_text(pending: &mut Vec<u8>) -> String {
        let before = pending.clone();
        let text = ex_5_2::take_text(pending);
        *pending = before;
        text
    }
}
