//! Correct variants of lesson 5.1. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

use std::collections::HashMap;

type Two = (u32, u32);

/// An index from each pair to the words that hold it, and a search through all pairs for the best one.
pub mod index_of_words {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        ex_5_1::train("", size, special)?;
        let ids = |word: &str| word.bytes().map(u32::from).collect();
        let counts = count_pretokens(text, special);
        let mut words: Vec<(Vec<u32>, usize)> =
            counts.into_iter().map(|(word, count)| (ids(word), count)).collect();
        let mut tokens = vocabulary(&Tokeniser::default());
        let (mut counts, mut places) = (count_pairs(&words), HashMap::<Two, Vec<usize>>::new());
        for (at, (ids, _)) in words.iter().enumerate() {
            for pair in ids.windows(2) {
                places.entry((pair[0], pair[1])).or_default().push(at);
            }
        }
        let mut merges = Vec::new();
        while merges.len() < size - 256 - special.len()
            && let Some(pair) = best_pair(&counts, &tokens)
        {
            let new = tokens.len() as u32;
            tokens.push([&*tokens[pair.0 as usize], &*tokens[pair.1 as usize]].concat());
            merges.push(pair);
            for at in places.remove(&pair).unwrap_or_default() {
                let (ids, count) = &mut words[at];
                let merged = merge(ids, pair, new);
                if merged.len() == ids.len() {
                    continue;
                }
                for old in ids.windows(2) {
                    *counts.entry((old[0], old[1])).or_default() -= *count;
                }
                for pair in merged.windows(2) {
                    *counts.entry((pair[0], pair[1])).or_default() += *count;
                    if pair.contains(&new) {
                        places.entry((pair[0], pair[1])).or_default().push(at);
                    }
                }
                *ids = merged;
            }
            counts.retain(|_, count| *count > 0);
        }
        Ok(Tokeniser { merges, special: special.to_vec() })
    }
}

/// Sets in order in the place of hash maps and the heap: the best pair is the last of a `BTreeSet`.
pub mod ordered_sets {
    use std::{
        collections::{BTreeMap, BTreeSet},
        rc::Rc,
    };

    use super::*;
    pub use ex_5_1::*;

    type Entry = (usize, Rc<[u8]>, Rc<[u8]>, Two);

    struct Pairs {
        counts: BTreeMap<Two, usize>,
        places: BTreeMap<Two, BTreeSet<usize>>,
        order: BTreeSet<Entry>,
        tokens: Vec<Rc<[u8]>>,
    }

    impl Pairs {
        fn new(words: &[(Vec<u32>, usize)]) -> Self {
            let counts: BTreeMap<_, _> = count_pairs(words).into_iter().collect();
            let mut places: BTreeMap<Two, BTreeSet<usize>> = BTreeMap::new();
            for (at, (ids, _)) in words.iter().enumerate() {
                for pair in ids.windows(2) {
                    places.entry((pair[0], pair[1])).or_default().insert(at);
                }
            }
            let tokens = vocabulary(&Tokeniser::default()).into_iter().map(Rc::from).collect();
            let mut pairs = Self { counts, places, order: BTreeSet::new(), tokens };
            pairs.order =
                pairs.counts.iter().map(|(pair, count)| pairs.entry(*pair, *count)).collect();
            pairs
        }

        fn entry(&self, pair: Two, count: usize) -> Entry {
            let [a, b] = [pair.0, pair.1].map(|id| Rc::clone(&self.tokens[id as usize]));
            (count, a, b, pair)
        }

        fn change(&mut self, pair: Two, change: impl FnOnce(&mut usize)) {
            let count = self.counts.entry(pair).or_default();
            let before = *count;
            change(count);
            let now = *count;
            self.order.remove(&self.entry(pair, before));
            if now > 0 {
                self.order.insert(self.entry(pair, now));
            }
        }

        fn add(&mut self, ids: &[u32], count: usize, at: usize) {
            for pair in ids.windows(2).map(|it| (it[0], it[1])) {
                self.change(pair, |it| *it += count);
                self.places.entry(pair).or_default().insert(at);
            }
        }

        fn take(&mut self, ids: &[u32], count: usize) {
            for pair in ids.windows(2).map(|it| (it[0], it[1])) {
                self.change(pair, |it| *it -= count);
            }
        }
    }

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        ex_5_1::train("", size, special)?;
        let counts = count_pretokens(text, special).into_iter();
        let mut words: Vec<(Vec<u32>, usize)> =
            counts.map(|(word, count)| (word.bytes().map(u32::from).collect(), count)).collect();
        let mut pairs = Pairs::new(&words);
        let mut merges = Vec::new();
        while merges.len() < size - 256 - special.len() {
            let Some((.., pair)) = pairs.order.last().cloned() else { break };
            let new = pairs.tokens.len() as u32;
            let [a, b] = [pair.0, pair.1].map(|id| &*pairs.tokens[id as usize]);
            pairs.tokens.push([a, b].concat().into());
            merges.push(pair);
            for at in pairs.places.remove(&pair).unwrap_or_default() {
                let (ids, count) = &mut words[at];
                pairs.take(ids, *count);
                *ids = merge(ids, pair, new);
                pairs.add(ids, *count, at);
            }
        }
        Ok(Tokeniser { merges, special: special.to_vec() })
    }
}

/// Iterators in the place of indices: `find` and `min` for special tokens, `zip` and `fold` for counts,
/// `peekable` for merges.
pub mod iterators {
    use std::{cmp::Reverse, iter};

    use super::*;
    pub use ex_5_1::*;

    pub fn split_at_special<'t>(text: &'t str, special: &[String]) -> Vec<&'t str> {
        let found = special.iter().filter_map(|it| Some((text.find(&**it)?, Reverse(it.len()))));
        let mut pieces = match found.min() {
            None => vec![text],
            Some((at, Reverse(length))) => {
                let (token, rest) = text[at..].split_at(length);
                [vec![&text[..at], token], split_at_special(rest, special)].concat()
            }
        };
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> HashMap<Two, usize> {
        let pairs = words.iter().flat_map(|(ids, count)| {
            ids.iter().zip(ids.iter().skip(1)).map(|(a, b)| ((*a, *b), *count))
        });
        pairs.fold(HashMap::new(), |mut counts, (pair, count)| {
            counts.entry(pair).and_modify(|it| *it += count).or_insert(count);
            counts
        })
    }

    pub fn best_pair(counts: &HashMap<Two, usize>, vocabulary: &[Vec<u8>]) -> Option<Two> {
        let of = |id: u32| vocabulary[id as usize].as_slice();
        let mut pairs: Vec<_> = counts.iter().map(|(pair, count)| (*pair, *count)).collect();
        pairs.sort_by(|(left, one), (right, other)| {
            let by_first = of(left.0).cmp(of(right.0));
            one.cmp(other).then(by_first).then_with(|| of(left.1).cmp(of(right.1)))
        });
        pairs.pop().map(|(pair, _)| pair)
    }

    pub fn merge(ids: &[u32], (first, second): Two, new: u32) -> Vec<u32> {
        let mut ids = ids.iter().copied().peekable();
        iter::from_fn(|| {
            let id = ids.next()?;
            let joins = id == first && ids.next_if_eq(&second).is_some();
            Some(if joins { new } else { id })
        })
        .collect()
    }

    pub fn vocabulary(tokeniser: &Tokeniser) -> Vec<Vec<u8>> {
        fn bytes(tokeniser: &Tokeniser, id: u32) -> Vec<u8> {
            match (id as usize).checked_sub(256) {
                None => vec![id as u8],
                Some(at) => {
                    let (a, b) = tokeniser.merges[at];
                    [bytes(tokeniser, a), bytes(tokeniser, b)].concat()
                }
            }
        }
        let learned = (0..256 + tokeniser.merges.len() as u32).map(|id| bytes(tokeniser, id));
        learned.chain(tokeniser.special.iter().map(|it| it.clone().into_bytes())).collect()
    }
}

/// A list of characters and a state for pretokens, as a scanner of a compiler has it.
pub mod scanner {
    pub use ex_5_1::*;

    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Word,
        Digits,
        Space,
        Signs,
    }

    fn kind(c: char) -> Kind {
        if c.is_whitespace() {
            Kind::Space
        } else if c.is_alphabetic() {
            Kind::Word
        } else if c.is_numeric() {
            Kind::Digits
        } else {
            Kind::Signs
        }
    }

    pub fn pretokens(text: &str) -> Vec<&str> {
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let offset = |at: usize| chars.get(at).map_or(text.len(), |(offset, _)| *offset);
        let (mut found, mut at) = (Vec::new(), 0);
        while at < chars.len() {
            let end = end(&chars, at);
            found.push(&text[offset(at)..offset(end)]);
            at = end;
        }
        found
    }

    fn end(chars: &[(usize, char)], at: usize) -> usize {
        let c = |at: usize| chars.get(at).map(|(_, c)| *c);
        match (c(at), c(at + 1), c(at + 2)) {
            (Some('\''), Some('s' | 't' | 'm' | 'd'), _) => return at + 2,
            (Some('\''), Some('r' | 'v'), Some('e')) | (Some('\''), Some('l'), Some('l')) => {
                return at + 3;
            }
            _ => (),
        }
        let start = match c(at + 1) {
            Some(next) if c(at) == Some(' ') && kind(next) != Kind::Space => at + 1,
            _ => at,
        };
        let of_run = c(start).map(kind);
        let mut end = start + 1;
        while c(end).map(kind) == of_run {
            end += 1;
        }
        let gives_back = of_run == Some(Kind::Space) && end < chars.len() && end > at + 1;
        end - usize::from(gives_back)
    }
}
