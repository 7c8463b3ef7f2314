//! Solution of lesson 5.1: training a byte-pair tokeniser.

use std::{
    collections::{BinaryHeap, HashMap, HashSet},
    rc::Rc,
};

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

/// How many tokens are single bytes.
const BYTES: usize = 256;

/// Cuts a text before and after each special token in it. What is left between two of them is a piece,
/// unless it is empty. At the first place where a special token begins, the longest counts, and the search
/// goes on after it.
pub fn split_at_special<'t>(text: &'t str, special: &[String]) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        // UTF-8 has no match that begins within a character.
        let here = &text.as_bytes()[at..];
        let found = special.iter().filter(|it| here.starts_with(it.as_bytes()));
        match found.map(String::len).max() {
            Some(length) if length > 0 => {
                pieces.extend([&text[start..at], &text[at..at + length]]);
                at += length;
                start = at;
            }
            _ => at += 1,
        }
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Cuts a text into pretokens.
pub fn pretokens(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (first, others) = rest.split_at(first_pretoken(rest));
        found.push(first);
        rest = others;
    }
    found
}

const ENDINGS: [&str; 7] = ["'s", "'t", "'m", "'d", "'re", "'ve", "'ll"];

/// How many bytes the first pretoken of a text has.
fn first_pretoken(text: &str) -> usize {
    if let Some(ending) = ENDINGS.iter().find(|ending| text.starts_with(**ending)) {
        return ending.len();
    }
    let word = text.strip_prefix(' ').unwrap_or(text);
    match word.chars().next().map(Class::of) {
        Some(class) if class != Class::Space => text.len() - word.len() + run(word, class),
        _ => white_space(text),
    }
}

/// How many bytes of white space a text that begins with it has for its first pretoken: the last
/// character is left to what follows, unless it is the only one.
fn white_space(text: &str) -> usize {
    let all = run(text, Class::Space);
    let last = text[..all].chars().next_back().map_or(0, char::len_utf8);
    if all == text.len() || all == last { all } else { all - last }
}

/// How many bytes at the start of a text are characters of this class.
fn run(text: &str, class: Class) -> usize {
    text.find(|c| Class::of(c) != class).unwrap_or(text.len())
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Letter,
    Number,
    Space,
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            _ if c.is_alphabetic() => Self::Letter,
            _ if c.is_numeric() => Self::Number,
            _ if c.is_whitespace() => Self::Space,
            _ => Self::Other,
        }
    }
}

/// How often each pretoken comes in a text. Special tokens are none.
pub fn count_pretokens<'t>(text: &'t str, special: &[String]) -> HashMap<&'t str, usize> {
    let mut counts = HashMap::new();
    let pieces = split_at_special(text, special);
    for piece in pieces.into_iter().filter(|piece| !special.iter().any(|it| it == piece)) {
        for pretoken in pretokens(piece) {
            *counts.entry(pretoken).or_default() += 1;
        }
    }
    counts
}

/// How often each pair of neighbours comes. A word is a list of ids and how often it comes. Each place
/// counts: (a, a) comes twice in a, a, a.
pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> HashMap<(u32, u32), usize> {
    let mut counts = HashMap::new();
    for (ids, count) in words {
        for pair in ids.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += count;
        }
    }
    counts
}

/// The pair that comes most often. Of several it is the one whose first token has the greatest bytes, and
/// of these the one whose second token has. `vocabulary` has the bytes of every id.
pub fn best_pair(
    counts: &HashMap<(u32, u32), usize>,
    vocabulary: &[Vec<u8>],
) -> Option<(u32, u32)> {
    let bytes = |id: u32| &vocabulary[id as usize];
    let best = counts.iter().max_by_key(|((a, b), count)| (**count, bytes(*a), bytes(*b)));
    best.map(|(pair, _)| *pair)
}

/// Puts `new` in the place of each `pair`, from left to right: of a, a, a the first two become one.
pub fn merge(ids: &[u32], pair: (u32, u32), new: u32) -> Vec<u32> {
    let mut merged = Vec::with_capacity(ids.len());
    let mut rest = ids;
    while let Some((first, others)) = rest.split_first() {
        let is_pair = *first == pair.0 && others.first() == Some(&pair.1);
        merged.push(if is_pair { new } else { *first });
        rest = if is_pair { &others[1..] } else { others };
    }
    merged
}

/// The bytes of every token, in the order of their ids.
pub fn vocabulary(tokeniser: &Tokeniser) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    for (first, second) in &tokeniser.merges {
        tokens.push([&*tokens[*first as usize], &*tokens[*second as usize]].concat());
    }
    tokens.extend(tokeniser.special.iter().map(|it| it.as_bytes().to_vec()));
    tokens
}

/// Trains a tokeniser of `size` tokens on a text, or of fewer where no pair is left.
///
/// # Errors
/// When the size or the special tokens are none to train with.
pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
    let merges = size.checked_sub(BYTES + special.len()).ok_or(TrainError::TooSmall)?;
    if special.iter().any(String::is_empty) {
        return Err(TrainError::EmptySpecial);
    }
    if special.iter().collect::<HashSet<_>>().len() < special.len() {
        return Err(TrainError::RepeatedSpecial);
    }
    let mut trainer = Trainer::new(&count_pretokens(text, special));
    Ok(Tokeniser { merges: trainer.merges(merges), special: special.to_vec() })
}

type Pair = (u32, u32);

/// The distinct pretokens as tokens in a row, and the pairs among them.
struct Trainer {
    slots: Vec<Slot>,
    pairs: HashMap<Pair, Places>,
    candidates: BinaryHeap<Candidate>,
    vocabulary: Vec<Rc<[u8]>>,
}

/// A token, and where its neighbours are.
struct Slot {
    /// Its id; none at the ends of pretokens, and where the token has become part of the one before.
    id: Option<u32>,
    before: usize,
    after: usize,
    /// How often its pretoken comes.
    count: usize,
}

/// Where a pair is, or was when its younger token was made: no later merge brings these two together. So
/// the places are in order, and the count never grows once all have been found.
#[derive(Default)]
struct Places {
    count: usize,
    starts: Vec<usize>,
}

/// A pair with the count that it had once, in the order of the best.
type Candidate = (usize, Rc<[u8]>, Rc<[u8]>, Pair);

impl Trainer {
    fn new(pretokens: &HashMap<&str, usize>) -> Self {
        let ids = pretokens.iter().flat_map(|(pretoken, count)| {
            let ids = pretoken.bytes().map(|byte| Some(u32::from(byte)));
            ids.chain([None]).map(|id| (id, *count))
        });
        let slot = |(at, (id, count))| Slot { id, before: at, after: at + 2, count };
        // The row begins with an end too, so that every token has neighbours.
        let end = Slot { id: None, before: 0, after: 1, count: 0 };
        let slots: Vec<_> = [end].into_iter().chain(ids.enumerate().map(slot)).collect();
        let vocabulary = (0..=u8::MAX).map(|byte| Rc::from([byte])).collect();
        let (pairs, candidates) = (HashMap::new(), BinaryHeap::new());
        let mut trainer = Self { slots, pairs, candidates, vocabulary };
        let all = 0..trainer.slots.len() - 1;
        let found = all.filter_map(|at| trainer.found(at)).collect();
        trainer.propose(found);
        trainer
    }

    /// The best merges, each made before the next is chosen.
    fn merges(&mut self, limit: usize) -> Vec<Pair> {
        let mut merges = Vec::new();
        while merges.len() < limit
            && let Some((count, .., pair)) = self.candidates.pop()
        {
            match self.pairs.get(&pair).map_or(0, |it| it.count) {
                0 => (),
                now if now < count => self.propose(vec![pair]),
                _ => {
                    self.merge(pair);
                    merges.push(pair);
                }
            }
        }
        merges
    }

    /// Joins a pair wherever it is, and looks at the neighbours of these places alone.
    fn merge(&mut self, pair: Pair) {
        let new = self.vocabulary.len() as u32;
        let [first, second] = [pair.0, pair.1].map(|id| &*self.vocabulary[id as usize]);
        self.vocabulary.push([first, second].concat().into());
        let places = self.pairs.remove(&pair).unwrap_or_default();
        let mut found = Vec::new();
        for at in places.starts {
            let next = self.slots[at].after;
            // The place may have gone to the pair before it, or to an earlier merge.
            if self.slots[at].id != Some(pair.0) || self.slots[next].id != Some(pair.1) {
                continue;
            }
            let (before, after) = (self.slots[at].before, self.slots[next].after);
            self.lose(before);
            self.lose(next);
            self.slots[at].id = Some(new);
            self.slots[at].after = after;
            self.slots[after].before = at;
            self.slots[next].id = None;
            found.extend([before, at].into_iter().filter_map(|at| self.found(at)));
        }
        self.propose(found);
    }

    /// The pair that begins in a slot, unless a pretoken begins or ends there.
    fn pair(&self, at: usize) -> Option<Pair> {
        let Slot { id, after, .. } = self.slots[at];
        Some((id?, self.slots.get(after)?.id?))
    }

    /// Notes the pair that begins in a slot, and gives it where it is the first of its kind.
    fn found(&mut self, at: usize) -> Option<Pair> {
        let pair = self.pair(at)?;
        let count = self.slots[at].count;
        let places = self.pairs.entry(pair).or_default();
        places.count += count;
        places.starts.push(at);
        (places.starts.len() == 1).then_some(pair)
    }

    /// Takes back the pair that begins in a slot.
    fn lose(&mut self, at: usize) {
        let Some(pair) = self.pair(at) else { return };
        let count = self.slots[at].count;
        if let Some(places) = self.pairs.get_mut(&pair) {
            places.count -= count;
        }
    }

    /// Enters pairs among the candidates, with the counts that they have now.
    fn propose(&mut self, pairs: Vec<Pair>) {
        for pair in pairs {
            let [first, second] =
                [pair.0, pair.1].map(|id| Rc::clone(&self.vocabulary[id as usize]));
            let count = self.pairs[&pair].count;
            self.candidates.push((count, first, second, pair));
        }
    }
}
