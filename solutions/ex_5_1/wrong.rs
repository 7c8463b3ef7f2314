//! Wrong variants of lesson 5.1. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use std::collections::HashMap;

use ex_5_1::{Tokeniser, TrainError};

type Two = (u32, u32);

/// Words as ids, with their counts.
type Words = Vec<(Vec<u32>, usize)>;

/// Training in parts that a variant exchanges. Words that hold the pair are taken out and put back.
struct Parts {
    /// The words of a text, as ids, with their counts.
    words: fn(&str, &[String]) -> Words,
    /// What a pair has to be greatest in, where several come most often.
    rank: fn(Two, &[Vec<u8>]) -> Rank,
    merge: fn(&[u32], Two, u32) -> Vec<u32>,
    /// How many merges a tokeniser of this size has, beside so many special tokens.
    limit: fn(usize, usize) -> usize,
    /// Pairs that come less often are not joined.
    least: usize,
    /// Whether the counts of the pairs beside a merge go down.
    takes_back: bool,
}

type Rank = (Vec<u8>, Vec<u8>);

const RIGHT: Parts = Parts {
    words: |text, special| {
        ex_5_1::count_pretokens(text, special).into_iter().map(|it| (ids(it.0), it.1)).collect()
    },
    rank: |(first, second), tokens| {
        (tokens[first as usize].clone(), tokens[second as usize].clone())
    },
    merge: ex_5_1::merge,
    limit: |size, special| size - 256 - special,
    least: 1,
    takes_back: true,
};

fn ids(text: &str) -> Vec<u32> {
    text.bytes().map(u32::from).collect()
}

/// How often a pair comes, and the words that held it once.
#[derive(Default)]
struct Held {
    count: usize,
    words: Vec<usize>,
}

impl Parts {
    fn train(&self, text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        // What is refused is refused.
        ex_5_1::train("", size, special)?;
        let mut words = (self.words)(text, special);
        let mut pairs: HashMap<Two, Held> = HashMap::new();
        for (at, word) in words.iter().enumerate() {
            note(&mut pairs, word, at, |_| true);
        }
        let limit = (self.limit)(size, special.len());
        let mut tokeniser = Tokeniser { merges: vec![], special: special.to_vec() };
        let mut tokens = ex_5_1::vocabulary(&Tokeniser::default());
        while tokeniser.merges.len() < limit
            && let Some(pair) = self.best(&pairs, &tokens)
        {
            let new = tokens.len() as u32;
            tokens.push([pair.0, pair.1].map(|id| tokens[id as usize].clone()).concat());
            tokeniser.merges.push(pair);
            let places = pairs.remove(&pair).unwrap_or_default();
            for at in places.words {
                let merged = (self.merge)(&words[at].0, pair, new);
                if merged.len() < words[at].0.len() {
                    self.replace(&mut pairs, &mut words[at], (merged, new), at);
                }
            }
        }
        Ok(tokeniser)
    }

    fn best(&self, pairs: &HashMap<Two, Held>, tokens: &[Vec<u8>]) -> Option<Two> {
        let most = pairs.values().map(|it| it.count).max().filter(|most| *most >= self.least)?;
        // Only what ties by the count is compared by bytes.
        let ties = pairs.iter().filter(|(_, places)| places.count == most);
        ties.max_by_key(|(pair, _)| (self.rank)(**pair, tokens)).map(|(pair, _)| *pair)
    }

    fn replace(
        &self,
        pairs: &mut HashMap<Two, Held>,
        word: &mut (Vec<u32>, usize),
        (merged, new): (Vec<u32>, u32),
        at: usize,
    ) {
        for pair in word.0.windows(2).filter(|_| self.takes_back) {
            let pair = (pair[0], pair[1]);
            let Some(places) = pairs.get_mut(&pair) else { continue };
            places.count -= word.1;
            if places.count == 0 {
                pairs.remove(&pair);
            }
        }
        word.0 = merged;
        note(pairs, word, at, |pair| self.takes_back || pair.contains(&new));
    }
}

fn note(
    pairs: &mut HashMap<Two, Held>,
    (ids, count): &(Vec<u32>, usize),
    at: usize,
    is_new: impl Fn(&[u32]) -> bool,
) {
    for pair in ids.windows(2).filter(|pair| is_new(pair)) {
        let places = pairs.entry((pair[0], pair[1])).or_default();
        places.count += count;
        if places.words.last() != Some(&at) {
            places.words.push(at);
        }
    }
}

/// Your `split_at_special` takes the first special token of the list that begins at a place. Where a longer
/// one begins there too, it is cut to pieces. Which of them counts?
pub mod first_special_wins {
    pub use ex_5_1::*;

    pub fn split_at_special<'t>(text: &'t str, special: &[String]) -> Vec<&'t str> {
        super::split_by(text, |rest| special.iter().find(|it| rest.starts_with(it.as_str())))
    }
}

/// Cuts a text where `found` finds a special token at its start.
fn split_by<'t, 's>(text: &'t str, found: impl Fn(&str) -> Option<&'s String>) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        match found(&text[at..]) {
            Some(special) => {
                pieces.extend([&text[start..at], &text[at..at + special.len()]]);
                at += special.len();
                start = at;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Your `split_at_special` gives what is between the special tokens and leaves them out, as `split` of a
/// `str` does. Lesson 5.2 gives them ids: what has to be among the pieces?
pub mod special_dropped {
    pub use ex_5_1::*;

    pub fn split_at_special<'t>(text: &'t str, special: &[String]) -> Vec<&'t str> {
        let mut pieces = ex_5_1::split_at_special(text, special);
        pieces.retain(|piece| !special.iter().any(|it| it == piece));
        pieces
    }
}

/// Your `split_at_special` looks for the longest special token in the whole text first. Where a shorter one
/// begins before it and reaches into it, that one was due. Which place comes first?
pub mod longest_special_before_the_first {
    pub use ex_5_1::*;

    pub fn split_at_special<'t>(text: &'t str, special: &[String]) -> Vec<&'t str> {
        let mut by_length: Vec<_> = special.iter().collect();
        by_length.sort_by_key(|it| std::cmp::Reverse(it.len()));
        let mut pieces = if text.is_empty() { vec![] } else { vec![text] };
        for token in by_length {
            let split = |piece| match special.iter().any(|it| it == piece) {
                true => vec![piece],
                false => ex_5_1::split_at_special(piece, std::slice::from_ref(token)),
            };
            pieces = pieces.into_iter().flat_map(split).collect();
        }
        pieces
    }
}

/// Pretokens cut by rules that a variant exchanges.
struct Cutter {
    endings: fn(&str) -> Option<usize>,
    class: fn(char) -> u8,
    /// Whether a run of characters takes this one from before it.
    joins: fn(char) -> bool,
    /// Whether white space leaves its last character to what follows.
    leaves_last: bool,
}

/// Of white space.
const SPACE: u8 = 2;

const RULES: Cutter = Cutter {
    endings: |text| {
        let all = ["'s", "'t", "'m", "'d", "'re", "'ve", "'ll"];
        all.iter().find(|it| text.starts_with(**it)).map(|it| it.len())
    },
    class: |c| match c {
        _ if c.is_alphabetic() => 0,
        _ if c.is_numeric() => 1,
        _ if c.is_whitespace() => SPACE,
        _ => 3,
    },
    joins: |c| c == ' ',
    leaves_last: true,
};

impl Cutter {
    fn pretokens<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut rest = text;
        let mut found = Vec::new();
        while !rest.is_empty() {
            let (first, others) = rest.split_at(self.first(rest));
            found.push(first);
            rest = others;
        }
        found
    }

    fn first(&self, text: &str) -> usize {
        if let Some(length) = (self.endings)(text) {
            return length;
        }
        let word = text.strip_prefix(self.joins).unwrap_or(text);
        match word.chars().next().map(self.class) {
            Some(class) if class != SPACE => text.len() - word.len() + self.run(word, class),
            _ => {
                let all = self.run(text, SPACE);
                let last = text[..all].chars().next_back().map_or(0, char::len_utf8);
                let is_whole = all == text.len() || all == last || !self.leaves_last;
                if is_whole { all } else { all - last }
            }
        }
    }

    fn run(&self, text: &str, class: u8) -> usize {
        text.find(|c| (self.class)(c) != class).unwrap_or(text.len())
    }
}

/// In your `pretokens` a space is a pretoken by itself, or ends one. Where does the space go that stands
/// before a word?
pub mod space_after_the_word {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        super::Cutter { joins: |_| false, leaves_last: false, ..super::RULES }.pretokens(text)
    }
}

/// Your `pretokens` gives white space all that it has. Where a word follows, its last character is left:
/// whose is a space there?
pub mod white_space_takes_all {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        super::Cutter { leaves_last: false, ..super::RULES }.pretokens(text)
    }
}

/// Your `pretokens` knows no endings: the apostrophe of “it's” is cut off as another character. What does
/// the first rule say?
pub mod endings_forgotten {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        super::Cutter { endings: |_| None, ..super::RULES }.pretokens(text)
    }
}

/// Your `pretokens` finds endings in capitals too. The rule names seven endings, in small letters.
pub mod endings_in_capitals {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        let endings = |text: &str| (super::RULES.endings)(&text.to_ascii_lowercase());
        super::Cutter { endings, ..super::RULES }.pretokens(text)
    }
}

/// For your `pretokens` only a to z and A to Z are letters: words in other alphabets, and with accents, are
/// cut apart. Which function of `char` knows all letters?
pub mod letters_of_ascii {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        let class = |c: char| match (super::RULES.class)(c) {
            0 if !c.is_ascii() => 3,
            class => class,
        };
        super::Cutter { class, ..super::RULES }.pretokens(text)
    }
}

/// Your `pretokens` keeps letters and numbers together, as `is_alphanumeric` does. How many classes of
/// characters are there?
pub mod letters_with_numbers {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        let class = |c: char| if c.is_alphanumeric() { 0 } else { (super::RULES.class)(c) };
        super::Cutter { class, ..super::RULES }.pretokens(text)
    }
}

/// In your `pretokens` any white space joins the word behind it. Of white space, only the space ' ' does.
pub mod any_white_space_joins {
    pub use ex_5_1::*;

    pub fn pretokens(text: &str) -> Vec<&str> {
        super::Cutter { joins: char::is_whitespace, ..super::RULES }.pretokens(text)
    }
}

/// Your `count_pretokens` counts special tokens as text, cut into pretokens or whole. Pairs within them
/// would then be learned. Which pieces are left out?
pub mod special_counted {
    use super::*;
    pub use ex_5_1::*;

    pub fn count_pretokens<'t>(text: &'t str, _: &[String]) -> HashMap<&'t str, usize> {
        ex_5_1::count_pretokens(text, &[])
    }
}

/// Your `count_pretokens` gives every pretoken the count 1, however often it comes.
pub mod pretokens_counted_once {
    use super::*;
    pub use ex_5_1::*;

    pub fn count_pretokens<'t>(text: &'t str, special: &[String]) -> HashMap<&'t str, usize> {
        ex_5_1::count_pretokens(text, special).into_keys().map(|it| (it, 1)).collect()
    }
}

/// Your `count_pairs` counts each word once. A word stands there once for all the times that it comes: how
/// much does each of its pairs count?
pub mod word_counts_ignored {
    use super::*;
    pub use ex_5_1::*;

    pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> HashMap<Two, usize> {
        let once: Vec<_> = words.iter().map(|(ids, _)| (ids.clone(), 1)).collect();
        ex_5_1::count_pairs(&once)
    }
}

/// Your `count_pairs` counts a pair of two like tokens once where it overlaps with itself. Each place
/// counts: how many places has (a, a) in a, a, a?
pub mod overlap_counted_once {
    use super::*;
    pub use ex_5_1::*;

    pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> HashMap<Two, usize> {
        let mut counts = HashMap::new();
        for (ids, count) in words {
            let mut counted = false;
            for (at, pair) in ids.windows(2).enumerate() {
                counted = at > 0 && ids[at - 1..=at + 1] == [pair[0]; 3] && !counted;
                if !counted {
                    *counts.entry((pair[0], pair[1])).or_default() += count;
                }
            }
        }
        counts
    }
}

/// Your `count_pairs` makes a pair of the last token of a word and the first of the next one. The words are
/// in no order, and none is the neighbour of another.
pub mod pairs_across_words {
    use super::*;
    pub use ex_5_1::*;

    pub fn count_pairs(words: &[(Vec<u32>, usize)]) -> HashMap<Two, usize> {
        let mut counts = ex_5_1::count_pairs(words);
        for two in words.windows(2) {
            if let (Some(first), Some(second)) = (two[0].0.last(), two[1].0.first()) {
                *counts.entry((*first, *second)).or_default() += two[1].1;
            }
        }
        counts
    }
}

/// Your `best_pair` breaks ties by the ids. They say which merge came first and nothing of the text: what
/// are the bytes of the two tokens?
pub mod tie_by_id {
    use super::*;
    pub use ex_5_1::*;

    pub fn best_pair(counts: &HashMap<Two, usize>, _: &[Vec<u8>]) -> Option<Two> {
        counts.iter().max_by_key(|(pair, count)| (**count, **pair)).map(|(pair, _)| *pair)
    }
}

/// Your `best_pair` takes the smallest bytes where pairs come equally often. Which end is asked for?
pub mod tie_by_smallest {
    use super::*;
    pub use ex_5_1::*;

    pub fn best_pair(counts: &HashMap<Two, usize>, vocabulary: &[Vec<u8>]) -> Option<Two> {
        let bytes = |id: u32| &vocabulary[id as usize];
        let key =
            |((a, b), count): &(&Two, &usize)| (**count, std::cmp::Reverse((bytes(*a), bytes(*b))));
        counts.iter().max_by_key(key).map(|(pair, _)| *pair)
    }
}

/// Your `best_pair` compares the bytes of the token that the merge would make. The first tokens are compared
/// by themselves, and only where they are equal the second ones.
pub mod tie_by_joined_bytes {
    use super::*;
    pub use ex_5_1::*;

    pub fn best_pair(counts: &HashMap<Two, usize>, vocabulary: &[Vec<u8>]) -> Option<Two> {
        let bytes = |id: u32| vocabulary[id as usize].clone();
        let key = |((a, b), count): &(&Two, &usize)| {
            (**count, [bytes(*a), bytes(*b)].concat(), bytes(*a))
        };
        counts.iter().max_by_key(key).map(|(pair, _)| *pair)
    }
}

/// Your `merge` joins the first pair and stops. What becomes of the others?
pub mod merges_one_pair {
    use super::*;
    pub use ex_5_1::*;

    pub fn merge(ids: &[u32], pair: Two, new: u32) -> Vec<u32> {
        match ids.windows(2).position(|it| (it[0], it[1]) == pair) {
            Some(at) => [&ids[..at], &[new], &ids[at + 2..]].concat(),
            None => ids.to_vec(),
        }
    }
}

/// Your `merge` goes from right to left: of a, a, a it joins the last two. From which side does the lesson
/// go?
pub mod merges_from_the_right {
    use super::*;
    pub use ex_5_1::*;

    pub fn merge(ids: &[u32], (first, second): Two, new: u32) -> Vec<u32> {
        let turned: Vec<_> = ids.iter().rev().copied().collect();
        let mut merged = ex_5_1::merge(&turned, (second, first), new);
        merged.reverse();
        merged
    }
}

/// Your `merge` joins the two tokens in the other order as well. (a, b) and (b, a) are two pairs.
pub mod merges_in_any_order {
    use super::*;
    pub use ex_5_1::*;

    pub fn merge(ids: &[u32], pair: Two, new: u32) -> Vec<u32> {
        let mut merged = Vec::new();
        let mut rest = ids;
        while let Some((first, others)) = rest.split_first() {
            let next = others.first().map(|next| (*first, *next));
            let is_pair = next == Some(pair) || next == Some((pair.1, pair.0));
            merged.push(if is_pair { new } else { *first });
            rest = if is_pair { &others[1..] } else { others };
        }
        merged
    }
}

/// In your `vocabulary` the special tokens come before the merges. Then every merge has another id than the
/// one that later merges name it by. What comes last?
pub mod special_before_merges {
    pub use ex_5_1::*;

    pub fn vocabulary(tokeniser: &Tokeniser) -> Vec<Vec<u8>> {
        let mut tokens = ex_5_1::vocabulary(tokeniser);
        tokens[256..].rotate_left(tokeniser.merges.len());
        tokens
    }
}

/// Your `train` adds the new pairs of each merge and does not take back the old ones. Where (b, c) is joined
/// in a, b, c, d, which two pairs are gone beside (b, c)?
pub mod stale_pair_counts {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        Parts { takes_back: false, ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` joins tokens of different pretokens. A pretoken is there to keep merges within it: what are
/// pairs counted in?
pub mod merges_across_pretokens {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        let words: fn(&str, &[String]) -> Words = |text, special| {
            let mut pieces = ex_5_1::split_at_special(text, special);
            pieces.retain(|piece| !special.iter().any(|it| it == piece));
            pieces.into_iter().map(|piece| (ids(piece), 1)).collect()
        };
        Parts { words, ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` learns from the special tokens as from text: their letters make pairs. Which pieces of the
/// text are left out?
pub mod special_counted_in_training {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        Parts { words: |text, _| (RIGHT.words)(text, &[]), ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` makes `size` − 256 merges, and the special tokens come on top: the tokeniser is larger than
/// it may be. What does `size` count?
pub mod special_takes_no_room {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        Parts { limit: |size, _| size - 256, ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` stops where every pair comes only once. The lesson goes on until the size is reached or no
/// pair is left.
pub mod stops_before_single_pairs {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        Parts { least: 2, ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` makes a byte of each character, as `c as u8` does, which is right for ASCII alone. A
/// character has one to four bytes in UTF-8: which method of `str` gives them all?
pub mod characters_cut_to_bytes {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        let words: fn(&str, &[String]) -> Words = |text, special| {
            let ids = |word: &str| word.chars().map(|c| u32::from(c as u8)).collect();
            let counts = ex_5_1::count_pretokens(text, special);
            counts.into_iter().map(|(word, count)| (ids(word), count)).collect()
        };
        Parts { words, ..RIGHT }.train(text, size, special)
    }
}

/// In your `train` each distinct pretoken counts once, however often it comes in the text.
pub mod word_counts_ignored_in_training {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        let words: fn(&str, &[String]) -> Words = |text, special| {
            (RIGHT.words)(text, special).into_iter().map(|(word, _)| (word, 1)).collect()
        };
        Parts { words, ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` breaks ties by the ids of the two tokens, and not by their bytes. Is it `best_pair` that
/// chooses?
pub mod training_breaks_ties_by_id {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        let rank: fn(Two, &[Vec<u8>]) -> Rank =
            |(a, b), _| (a.to_be_bytes().to_vec(), b.to_be_bytes().to_vec());
        Parts { rank, ..RIGHT }.train(text, size, special)
    }
}

/// Your `train` joins only the first pair of each word in a merge. Is it `merge` that joins?
pub mod training_merges_one_pair {
    use super::*;
    pub use ex_5_1::*;

    pub fn train(text: &str, size: usize, special: &[String]) -> Result<Tokeniser, TrainError> {
        Parts { merge: merges_one_pair::merge, ..RIGHT }.train(text, size, special)
    }
}
