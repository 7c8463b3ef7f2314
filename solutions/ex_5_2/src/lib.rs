//! Solution of lesson 5.2: encoding and decoding by byte pairs.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    str,
};

use ex_5_1::{Tokeniser, pretokens, split_at_special, vocabulary};

/// An id that a tokeniser does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownId(pub u32);

/// The id of the first merge.
const FIRST_MERGE: u32 = 256;

/// The id that each pair is joined to. The smaller it is, the earlier the pair was merged in training.
pub fn ranks(merges: &[(u32, u32)]) -> HashMap<(u32, u32), u32> {
    merges.iter().copied().zip(FIRST_MERGE..).collect()
}

/// The tokens of one pretoken: of all pairs of neighbours that have a rank, the one of the lowest rank is
/// joined first, and of several like it the leftmost, until no pair has one.
pub fn encode_pretoken(ranks: &HashMap<(u32, u32), u32>, pretoken: &[u8]) -> Vec<u32> {
    let mut row = Row::new(pretoken);
    let mut pairs: BinaryHeap<_> =
        (0..pretoken.len()).filter_map(|at| row.candidate(ranks, at)).collect();
    while let Some(Reverse((id, at))) = pairs.pop() {
        // What stood here may have been joined with something else since.
        if row.rank(ranks, at) == Some(id) {
            let before = row.join(at, id);
            pairs.extend(
                [before, Some(at)].into_iter().flatten().filter_map(|at| row.candidate(ranks, at)),
            );
        }
    }
    row.ids.into_iter().flatten().collect()
}

/// Tokens, of which each knows its neighbours.
struct Row {
    /// None where a token has become part of the one before it.
    ids: Vec<Option<u32>>,
    before: Vec<Option<usize>>,
    after: Vec<usize>,
}

/// A pair by the id that it is joined to and the place where it begins, the lowest first.
type Candidate = Reverse<(u32, usize)>;

impl Row {
    fn new(bytes: &[u8]) -> Self {
        Self {
            ids: bytes.iter().map(|byte| Some(u32::from(*byte))).collect(),
            before: (0..bytes.len()).map(|at| at.checked_sub(1)).collect(),
            after: (1..=bytes.len()).collect(),
        }
    }

    /// The id that the pair at this place is joined to, if there is a pair and it has a rank.
    fn rank(&self, ranks: &HashMap<(u32, u32), u32>, at: usize) -> Option<u32> {
        let second = self.ids.get(self.after[at])?;
        ranks.get(&(self.ids[at]?, (*second)?)).copied()
    }

    fn candidate(&self, ranks: &HashMap<(u32, u32), u32>, at: usize) -> Option<Candidate> {
        self.rank(ranks, at).map(|id| Reverse((id, at)))
    }

    /// Joins the pair that begins at this place, and gives the place before it.
    fn join(&mut self, at: usize, id: u32) -> Option<usize> {
        let second = self.after[at];
        let behind = self.after[second];
        self.ids[at] = Some(id);
        self.ids[second] = None;
        self.after[at] = behind;
        if let Some(before) = self.before.get_mut(behind) {
            *before = Some(at);
        }
        self.before[at]
    }
}

/// The ids of a text: those of its special tokens, and between them those of each pretoken.
pub fn encode(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
    let Tokeniser { merges, special } = tokeniser;
    let ranks = ranks(merges);
    let first_special = FIRST_MERGE + merges.len() as u32;
    let mut known: HashMap<&str, Vec<u32>> = HashMap::new();
    let mut ids = Vec::new();
    for piece in split_at_special(text, special) {
        if let Some(at) = special.iter().position(|it| it == piece) {
            ids.push(first_special + at as u32);
            continue;
        }
        for pretoken in pretokens(piece) {
            let encoded = known.entry(pretoken);
            ids.extend(&*encoded.or_insert_with(|| encode_pretoken(&ranks, pretoken.as_bytes())));
        }
    }
    ids
}

/// The bytes of these tokens, one after the other.
///
/// # Errors
/// With the first id that the tokeniser does not have.
pub fn decode(tokeniser: &Tokeniser, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
    let tokens = vocabulary(tokeniser);
    let mut bytes = Vec::new();
    for id in ids {
        bytes.extend(tokens.get(*id as usize).ok_or(UnknownId(*id))?);
    }
    Ok(bytes)
}

/// The text of these tokens. Bytes that are no UTF-8 become U+FFFD, as `String::from_utf8_lossy` does it.
///
/// # Errors
/// With the first id that the tokeniser does not have.
pub fn decode_lossy(tokeniser: &Tokeniser, ids: &[u32]) -> Result<String, UnknownId> {
    decode(tokeniser, ids).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Takes out of `pending` all that is a text already. What may be the beginning of a character stays, and
/// bytes that can be none become U+FFFD.
pub fn take_text(pending: &mut Vec<u8>) -> String {
    let mut text = String::new();
    loop {
        let (valid, broken) = match str::from_utf8(pending) {
            Ok(all) => (all.len(), None),
            Err(error) => (error.valid_up_to(), error.error_len()),
        };
        text += &String::from_utf8_lossy(&pending[..valid]);
        pending.drain(..valid + broken.unwrap_or(0));
        if broken.is_none() {
            return text;
        }
        text.push(char::REPLACEMENT_CHARACTER);
    }
}
