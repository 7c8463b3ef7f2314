//! Correct variants of lesson 5.2. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

use std::collections::HashMap;

type Map = HashMap<(u32, u32), u32>;

/// Few bytes by a search for the lowest rank, many by a set in order; no memory of earlier pretokens.
pub mod short_and_long {
    use std::collections::{BTreeMap, BTreeSet};

    use ex_5_1::{Tokeniser, pretokens, split_at_special};

    use super::*;
    pub use ex_5_2::*;

    pub fn encode_pretoken(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        if pretoken.len() < 100 { short(ranks, pretoken) } else { long(ranks, pretoken) }
    }

    fn short(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        let mut ids: Vec<u32> = pretoken.iter().map(|byte| u32::from(*byte)).collect();
        loop {
            let pairs = ids.windows(2).enumerate();
            let lowest =
                pairs.filter_map(|(at, it)| Some((*ranks.get(&(it[0], it[1]))?, at))).min();
            let Some((id, at)) = lowest else { return ids };
            ids[at] = id;
            ids.remove(at + 1);
        }
    }

    fn long(ranks: &Map, pretoken: &[u8]) -> Vec<u32> {
        let mut ids: BTreeMap<usize, u32> =
            pretoken.iter().enumerate().map(|(at, byte)| (at, u32::from(*byte))).collect();
        let rank = |ids: &BTreeMap<usize, u32>, at: usize| {
            let mut from = ids.range(at..);
            let pair = (*from.next()?.1, *from.next()?.1);
            ranks.get(&pair).map(|id| (*id, at))
        };
        let mut pairs: BTreeSet<_> = (0..pretoken.len()).filter_map(|at| rank(&ids, at)).collect();
        while let Some((id, at)) = pairs.pop_first() {
            let before = ids.range(..at).next_back().map(|it| *it.0);
            let Some(second) = ids.range(at + 1..).next().map(|it| *it.0) else { continue };
            for start in [before, Some(second)].into_iter().flatten() {
                if let Some(gone) = rank(&ids, start) {
                    pairs.remove(&gone);
                }
            }
            ids.insert(at, id);
            ids.remove(&second);
            let new = [before, Some(at)].into_iter().flatten().filter_map(|at| rank(&ids, at));
            pairs.extend(new);
        }
        ids.into_values().collect()
    }

    pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        let ranks = ranks(&tokeniser.merges);
        let special: HashMap<&str, u32> = tokeniser
            .special
            .iter()
            .map(String::as_str)
            .zip(256 + tokeniser.merges.len() as u32..)
            .collect();
        let pieces = split_at_special(text, &tokeniser.special).into_iter();
        let ids = |piece| match special.get(piece) {
            Some(id) => vec![*id],
            None => pretokens(piece)
                .into_iter()
                .flat_map(|pretoken| encode_pretoken(&ranks, pretoken.as_bytes()))
                .collect(),
        };
        pieces.flat_map(ids).collect()
    }
}

/// Iterators that are collected into results, and chunks of UTF-8.
pub mod collected {
    use ex_5_1::{Tokeniser, vocabulary};

    pub use ex_5_2::*;

    pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
        let tokens = vocabulary(tokeniser);
        let bytes = |id: &u32| match tokens.get(*id as usize) {
            Some(bytes) => Ok(bytes.as_slice()),
            None => Err(UnknownId(*id)),
        };
        ids.iter().map(bytes).collect::<Result<Vec<_>, _>>().map(|it| it.concat())
    }

    pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
        let mut text = String::new();
        for chunk in decode(tokeniser, ids)?.utf8_chunks() {
            text += chunk.valid();
            if !chunk.invalid().is_empty() {
                text.push('\u{fffd}');
            }
        }
        Ok(text)
    }

    pub fn take_text(pending: &mut Vec<u8>) -> String {
        let (mut text, mut taken) = (String::new(), 0);
        for chunk in pending.utf8_chunks() {
            text += chunk.valid();
            taken += chunk.valid().len();
            let is_last = taken + chunk.invalid().len() == pending.len();
            let is_begun = is_last
                && std::str::from_utf8(chunk.invalid()).is_err_and(|it| it.error_len().is_none());
            if !chunk.invalid().is_empty() && !is_begun {
                text.push('\u{fffd}');
                taken += chunk.invalid().len();
            }
        }
        *pending = pending.split_off(taken);
        text
    }
}

/// Bytes for ids that are computed when they are asked for, by recursion; ranks by a loop.
pub mod recursion {
    use ex_5_1::Tokeniser;

    use super::*;
    pub use ex_5_2::*;

    pub fn ranks(merges: &[(u32, u32)]) -> Map {
        let mut map = HashMap::with_capacity(merges.len());
        for (at, pair) in merges.iter().enumerate() {
            map.insert(*pair, 256 + at as u32);
        }
        map
    }

    fn push(tokeniser: &Tokeniser, id: u32, bytes: &mut Vec<u8>) -> Option<()> {
        let Ok(byte) = u8::try_from(id) else {
            let at = id as usize - 256;
            match tokeniser.merges.get(at) {
                Some((a, b)) => {
                    push(tokeniser, *a, bytes)?;
                    push(tokeniser, *b, bytes)?;
                }
                None => {
                    let special = tokeniser.special.get(at - tokeniser.merges.len())?;
                    bytes.extend(special.as_bytes());
                }
            }
            return Some(());
        };
        bytes.push(byte);
        Some(())
    }

    pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
        let mut bytes = Vec::new();
        for id in ids {
            push(tokeniser, *id, &mut bytes).ok_or(UnknownId(*id))?;
        }
        Ok(bytes)
    }
}
