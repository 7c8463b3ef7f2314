//! Checks of lesson 5.1: training a byte-pair tokeniser.

use std::{cmp::Reverse, collections::BTreeMap};

use engine::checks::{
    Check,
    Kind::{Cost, Property, Value},
    Learner, Lesson, Limits, Miss, Outcome,
};

use super::contract::{
    Tokeniser, TrainError, best_pair, count_pairs, count_pretokens, merge, pretokens,
    split_at_special, train, vocabulary,
};

pub const LESSON: Lesson = Lesson::new("Byte pairs: training a tokeniser", CHECKS).optimised();

const CHECKS: &[Check] = &[
    Check::hidden(Value, "special", "texts split at special tokens", 1.0, special_tokens),
    Check::hidden(Value, "pretokens", "texts cut into pretokens", 2.0, cut_texts),
    Check::hidden(Value, "pretoken_counts", "pretokens are counted", 1.0, pretoken_counts)
        .after(&["special", "pretokens"]),
    Check::hidden(Value, "pair_counts", "pairs are counted", 1.0, pair_counts),
    Check::hidden(Value, "best_pair", "the best pair, and ties", 1.0, best_pairs),
    Check::hidden(Value, "merge", "a pair becomes one token", 1.0, merged_ids),
    Check::hidden(Value, "vocabulary", "the bytes of every token", 1.0, vocabularies),
    Check::hidden(Value, "train", "the merges of random texts", 2.0, trained).after(PARTS),
    Check::hidden(Property, "refused", "what cannot be trained is refused", 1.0, refused),
    Check::hidden(Cost, "large_text", "800 merges of a megabyte of text", 1.0, large_text)
        .after(&["train"])
        .limits(Limits { seconds: 3, memory_mib: 2048 }),
];

/// What goes into training.
const PARTS: &[&str] =
    &["special", "pretokens", "pretoken_counts", "pair_counts", "best_pair", "merge"];

type Pair = (u32, u32);

/// What random texts are made of: each class of characters, of one to four bytes, and what joins them.
const SNIPPETS: [&str; 44] = [
    "a",
    "b",
    "c",
    "ab",
    "Zoë",
    "ßtraße",
    "हिन्दी",
    "字母",
    "Ⅷ",
    "ª",
    "0",
    "7",
    "42",
    "½",
    "१२",
    "²",
    ".",
    ",",
    "!?",
    "—",
    "🙃",
    "👩‍🔬",
    "_",
    "'",
    "'s",
    "'t",
    "'m",
    "'d",
    "'re",
    "'ve",
    "'ll",
    "'S",
    "'RE",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u{a0}",
    "\u{3000}",
    "\0",
    "´",
];

fn random_text(learner: &mut Learner, snippets: &[&str], count: usize) -> String {
    let rng = learner.rng();
    (0..count).map(|_| snippets[rng.usize(..snippets.len())]).collect()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|it| (*it).to_owned()).collect()
}

/// The pieces of a text: at each step the first match, and of these the longest.
fn split(text: &str, special: &[String]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let first = |rest: &str| {
        let found =
            special.iter().filter_map(|it| Some((rest.find(it.as_str())?, Reverse(it.len()))));
        found.min()
    };
    while let Some((at, Reverse(length))) = first(rest) {
        pieces.extend([&rest[..at], &rest[at..at + length]]);
        rest = &rest[at + length..];
    }
    pieces.push(rest);
    pieces.into_iter().filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// Lists of special tokens: one that begins like another, one in another, several that begin alike.
const SPECIAL: [&[&str]; 7] = [
    &["|", "||"],
    &["<end>"],
    &["<end><end>", "<end>", "<e"],
    &["ab", "bcx", "b"],
    &["é", "aé", "字"],
    &["'s", " "],
    &[],
];

const AROUND_SPECIAL: [&str; 12] =
    ["|", "||", "<end>", "<end>", "<e", "a", "b", "bcx", "é", "字", "'s", " "];

/// Special tokens that reach into each other, begin alike, or stand side by side.
const TOUCHING: [(&str, &[&str]); 6] = [
    ("abcx", SPECIAL[3]),
    ("x<end><end><end>", SPECIAL[2]),
    ("<e<end", SPECIAL[2]),
    ("aéé字é", SPECIAL[4]),
    ("|||", SPECIAL[0]),
    ("it's a", SPECIAL[5]),
];

fn special_tokens(learner: &mut Learner) -> Outcome {
    ask_split(learner, "x||", SPECIAL[0])?;
    for (text, tokens) in TOUCHING {
        ask_split(learner, text, tokens)?;
    }
    for tokens in SPECIAL {
        for count in [0, 1, 2, 3, 5, 8, 13, 21, 34] {
            let text = random_text(learner, &AROUND_SPECIAL, count);
            ask_split(learner, &text, tokens)?;
        }
    }
    Ok(())
}

fn ask_split(learner: &mut Learner, text: &str, tokens: &[&str]) -> Outcome {
    let special = owned(tokens);
    let got = learner.call(split_at_special, (text.to_owned(), special.clone()))?;
    let want = split(text, &special);
    if got == want {
        return Ok(());
    }
    let is_special = |piece: &&String| special.contains(piece);
    let message = match () {
        () if got.concat() != text => {
            "the pieces of `split_at_special`, one after the other, are not the text. Special tokens are \
             pieces too"
        }
        () if got.iter().any(String::is_empty) => {
            "`split_at_special` gives an empty piece: between special tokens that touch there is nothing"
        }
        () if got.iter().filter(is_special).map(String::len).sum::<usize>()
            < want.iter().filter(is_special).map(String::len).sum::<usize>() =>
        {
            "`split_at_special` leaves out a special token, or takes a shorter one where a longer one \
             begins at the same place"
        }
        () => {
            "`split_at_special` cuts at other places. Which special token begins first in what is left of \
             the text?"
        }
    };
    Err(Miss::failed(message)
        .revealing(format!("{text:?} at {tokens:?}: got {got:?}, expected {want:?}")))
}

/// The pretokens of a text: at each place the first rule that gives some characters.
fn cut(text: &str) -> Vec<String> {
    let mut rest: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let others = rest.split_off(first_rule(&rest).1);
        found.push(rest.into_iter().collect());
        rest = others;
    }
    found
}

/// Which rule counts at the start of a text, and for how many characters.
fn first_rule(text: &[char]) -> (&'static str, usize) {
    for ending in ["'s", "'t", "'m", "'d", "'re", "'ve", "'ll"] {
        if text.iter().take(ending.len()).copied().eq(ending.chars()) {
            return ("an ending", ending.len());
        }
    }
    let space = usize::from(text[0] == ' ');
    for (name, class) in CLASSES {
        let run = text[space..].iter().take_while(|c| class(**c)).count();
        if run > 0 {
            return (name, space + run);
        }
    }
    match text.iter().take_while(|c| c.is_whitespace()).count() {
        run if run > 1 && run < text.len() => ("white space", run - 1),
        run => ("white space", run),
    }
}

/// A class of characters with its name.
type Class = (&'static str, fn(char) -> bool);

const CLASSES: [Class; 3] = [
    ("letters", char::is_alphabetic),
    ("numbers", |c| c.is_numeric() && !c.is_alphabetic()),
    ("other characters", |c| !c.is_alphanumeric() && !c.is_whitespace()),
];

/// Texts in which each rule decides, whatever the seed.
const TEXTS: [&str; 18] = [
    " a",
    "it's we'll they're I'd",
    "IT'S '' 's 're",
    "a   b \n c",
    "  \n",
    "a\n\n\nb",
    "a\u{a0}b\u{3000} c",
    "Zoë ßtraße",
    "हिन्दी में",
    "字母表",
    "x1y22 33½Ⅷª²",
    "a-b--c -- d",
    "\tx\t y",
    " ",
    "",
    "🙃🙃 👩‍🔬\r\n",
    // An apostrophe of another kind, and an accent that is a character of its own.
    "it’s we’ll",
    "e\u{301}a",
];

fn cut_texts(learner: &mut Learner) -> Outcome {
    for text in TEXTS {
        ask_pretokens(learner, text)?;
    }
    for count in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144] {
        for _ in 0..4 {
            let text = random_text(learner, &SNIPPETS, count);
            ask_pretokens(learner, &text)?;
        }
    }
    Ok(())
}

fn ask_pretokens(learner: &mut Learner, text: &str) -> Outcome {
    let got = learner.call(pretokens, (text.to_owned(),))?;
    let want = cut(text);
    if got == want {
        return Ok(());
    }
    let message = match got.concat() == text {
        false => "the pretokens, one after the other, are not the text: no character may be lost"
            .to_owned(),
        true => told_of_pretoken(&got, &want),
    };
    Err(Miss::failed(message).revealing(format!("{text:?}: got {got:?}, expected {want:?}")))
}

/// What is wrong with the first pretoken that differs.
fn told_of_pretoken(got: &[String], want: &[String]) -> String {
    let same = got.iter().zip(want).take_while(|(got, want)| got == want).count();
    let rest: Vec<char> = want[same..].concat().chars().collect();
    let (rule, due) = first_rule(&rest);
    let taken = got.get(same).map_or(0, |it| it.chars().count());
    let how = if taken < due { "too short" } else { "too long" };
    let with_space = match rest[0] == ' ' && rule != "white space" {
        true => " after a space",
        false => "",
    };
    format!("a pretoken of {rule}{with_space} is {how}")
}

/// How often each comes.
fn tally<K: Ord>(items: impl IntoIterator<Item = (K, usize)>) -> Vec<(K, usize)> {
    let mut counts = BTreeMap::new();
    for (item, count) in items {
        *counts.entry(item).or_insert(0) += count;
    }
    counts.into_iter().collect()
}

fn pretokens_of(text: &str, special: &[String]) -> Vec<(String, usize)> {
    let pieces = split(text, special);
    let plain = pieces.iter().filter(|piece| !special.contains(piece));
    tally(plain.flat_map(|piece| cut(piece)).map(|pretoken| (pretoken, 1)))
}

fn pretoken_counts(learner: &mut Learner) -> Outcome {
    for (at, tokens) in [&["|"], SPECIAL[2], SPECIAL[5], SPECIAL[6]].into_iter().enumerate() {
        let special = owned(tokens);
        for count in [2, 10, 40, 400, 1000] {
            let [text, more] =
                [&AROUND_SPECIAL, &SNIPPETS[..]].map(|it| random_text(learner, it, count / 2));
            let text = if at == 0 && count == 2 { "a|a".to_owned() } else { text + &more };
            let got = learner.call(count_pretokens, (text.clone(), special.clone()))?;
            same_pretokens(&text, &special, &got)?;
        }
    }
    // Counts of hundreds.
    let text = "it's|".repeat(300);
    let got = learner.call(count_pretokens, (text.clone(), owned(&["|"])))?;
    same_pretokens(&text, &owned(&["|"]), &got)
}

fn same_pretokens(text: &str, special: &[String], got: &[(String, usize)]) -> Outcome {
    let want = pretokens_of(text, special);
    let names =
        |counts: &[(String, usize)]| counts.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
    let message = match () {
        () if got == want => return Ok(()),
        () if got == pretokens_of(text, &[]) => {
            "`count_pretokens` counts special tokens, or parts of them, as text"
        }
        () if names(got) == names(&want) => {
            "`count_pretokens` has the right pretokens with other counts. Each one counts as often as it \
             comes in the whole text"
        }
        () => {
            "`count_pretokens` has other pretokens. Is each piece between special tokens cut by itself?"
        }
    };
    Err(Miss::failed(message).revealing(format!("{text:?}: got {got:?}, expected {want:?}")))
}

fn pairs_of(words: &[(Vec<u32>, usize)]) -> Vec<(Pair, usize)> {
    tally(
        words
            .iter()
            .flat_map(|(ids, count)| (1..ids.len()).map(|at| ((ids[at - 1], ids[at]), *count))),
    )
}

/// Ids from few to many, and large ones.
fn random_ids(learner: &mut Learner, length: usize) -> Vec<u32> {
    let rng = learner.rng();
    let kinds = [2, 5, 1000][rng.usize(..3)];
    let least = [0, 200, 20_000_001][rng.usize(..3)];
    (0..length).map(|_| least + rng.u32(..kinds)).collect()
}

fn pair_counts(learner: &mut Learner) -> Outcome {
    for words in [1, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55] {
        let mut word = |_| {
            let length = learner.rng().usize(2..8);
            let count = [1, 3, 250, 16_777_217][learner.rng().usize(..4)];
            (random_ids(learner, length), count)
        };
        let mut words: Vec<_> = (0..words).map(&mut word).collect();
        if words.len() > 2 {
            // The last one comes more often than 32 bits count.
            words.extend([(vec![], 4), (vec![7], 5), (vec![8, 8, 8, 8, 8], 5_000_000_001)]);
        }
        let got = learner.call(count_pairs, (words.clone(),))?;
        same_pairs(&words, &got)?;
    }
    Ok(())
}

fn same_pairs(words: &[(Vec<u32>, usize)], got: &[(Pair, usize)]) -> Outcome {
    let want = pairs_of(words);
    let kinds = |counts: &[(Pair, usize)]| counts.iter().map(|it| it.0).collect::<Vec<_>>();
    let message = match () {
        () if got == want => return Ok(()),
        () if kinds(got) == kinds(&want) => {
            "`count_pairs` has the right pairs with other counts. Each place counts, as often as its word \
             comes"
        }
        () if want.iter().all(|it| got.contains(it)) => {
            "`count_pairs` has pairs that are none. Only neighbours within a word are a pair"
        }
        () => "`count_pairs` has other pairs: what are the neighbours in each word?",
    };
    Err(Miss::failed(message).revealing(format!("{words:?}: got {got:?}, expected {want:?}")))
}

/// The best of some pairs, by one comparison after the other.
fn best_of(counts: &[(Pair, usize)], tokens: &[Vec<u8>]) -> Option<Pair> {
    let mut left = counts.to_vec();
    let most = left.iter().map(|it| it.1).max()?;
    left.retain(|it| it.1 == most);
    let first = |it: &(Pair, usize)| tokens[it.0.0 as usize].clone();
    let second = |it: &(Pair, usize)| tokens[it.0.1 as usize].clone();
    let greatest = left.iter().map(first).max()?;
    left.retain(|it| first(it) == greatest);
    left.into_iter().max_by_key(second).map(|it| it.0)
}

/// Pairs with their counts, and the bytes of every id.
type Choice = (Vec<(Pair, usize)>, Vec<Vec<u8>>);

fn best_pairs(learner: &mut Learner) -> Outcome {
    let few = ["b", "a", "ab"].map(|it| it.as_bytes().to_vec()).to_vec();
    let mut choices = vec![(vec![((0, 1), 9), ((1, 2), 2)], few.clone()), (vec![], few)];
    for size in [2, 3, 5, 10, 20, 120, 300] {
        for round in 0..6 {
            let tokens = distinct_tokens(learner, size);
            let mut counts = random_counts(learner, size);
            // The best one stands first, second, or anywhere.
            if round % 3 < 2 {
                let best = best_of(&counts, &tokens);
                counts.sort_by_key(|it| Some(it.0) != best);
            }
            if round % 3 == 1 && counts.len() > 1 {
                counts.swap(0, 1);
            }
            choices.push((counts, tokens));
        }
    }
    let ask = |learner: &mut Learner, choice: &Choice| learner.call(best_pair, choice.clone());
    learner.ask_all(&choices, ask, is_best)
}

/// Counts of some pairs of so many ids, of which many are equal.
fn random_counts(learner: &mut Learner, size: usize) -> Vec<(Pair, usize)> {
    let rng = learner.rng();
    let high = [1, 150, 16_777_217][rng.usize(..3)];
    let mut counts = BTreeMap::new();
    for _ in 0..size.min(40) {
        let pair = (rng.u32(..size as u32), rng.u32(..size as u32));
        counts.insert(pair, high + rng.usize(..2));
    }
    counts.into_iter().collect()
}

/// Distinct bytes, of which many begin alike, in no order.
fn distinct_tokens(learner: &mut Learner, count: usize) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    while tokens.len() < count {
        let rng = learner.rng();
        let length = rng.usize(1..4 + count / 50);
        let token: Vec<_> = (0..length).map(|_| b"ab\xff\x00"[rng.usize(..4)]).collect();
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    tokens
}

fn is_best((counts, tokens): &Choice, got: Option<Pair>) -> Outcome {
    let want = best_of(counts, tokens);
    if got == want {
        return Ok(());
    }
    let count = |pair: Option<Pair>| counts.iter().find(|it| Some(it.0) == pair).map(|it| it.1);
    let message = match (count(got), count(want)) {
        (None, _) => "`best_pair` gives no pair, or one that is not among the counts",
        (_, None) => "`best_pair` gives a pair where there is none",
        (Some(got), Some(want)) if got < want => {
            "`best_pair` gives a pair that comes less often than another"
        }
        _ => {
            "`best_pair` breaks a tie the wrong way. Of the pairs that come most often, the one whose first \
             token has the greatest bytes is asked for, and of these the one whose second token has"
        }
    };
    let reveal = format!("{counts:?}, {tokens:?}: got {got:?}, expected {want:?}");
    Err(Miss::failed(message).revealing(reveal))
}

/// The pair is joined from left to right, by an index.
fn joined(ids: &[u32], pair: Pair, new: u32) -> Vec<u32> {
    let mut joined = Vec::new();
    let mut at = 0;
    while at < ids.len() {
        let is_pair = at + 1 < ids.len() && (ids[at], ids[at + 1]) == pair;
        joined.push(if is_pair { new } else { ids[at] });
        at += if is_pair { 2 } else { 1 };
    }
    joined
}

fn merged_ids(learner: &mut Learner) -> Outcome {
    for length in [3, 0, 1, 2, 3, 4, 5, 5, 8, 8, 13, 13, 21, 34, 55, 89, 144] {
        let ids = random_ids(learner, length);
        let any = |learner: &mut Learner| match ids.len() {
            0 => learner.rng().u32(..9),
            length => ids[learner.rng().usize(..length)],
        };
        let (first, second) = (any(learner), any(learner));
        for pair in [(first, second), (second, first), (first, first)] {
            let new = [300, 70_000, 16_777_217][learner.rng().usize(..3)];
            let got = learner.call(merge, (ids.clone(), pair, new))?;
            let want = joined(&ids, pair, new);
            if got != want {
                let reveal = format!("{ids:?}, {pair:?} as {new}: got {got:?}, expected {want:?}");
                return Err(Miss::failed(told_of_merge(&got, &want, pair)).revealing(reveal));
            }
        }
    }
    Ok(())
}

fn told_of_merge(got: &[u32], want: &[u32], (first, second): Pair) -> &'static str {
    match () {
        () if got.windows(2).any(|it| it == [first, second]) => {
            "`merge` leaves a pair as it is: each one is put together"
        }
        () if got.len() == want.len() && first == second => {
            "`merge` puts a token together with the wrong one of two like it. It goes from left to right, so \
             that of three the first two become one"
        }
        () if got.len() < want.len() => "`merge` loses tokens that are no part of the pair",
        () => {
            "`merge` gives other tokens: `new` stands in the place of each pair, and all else stays"
        }
    }
}

fn bytes_of(tokeniser: &Tokeniser) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = (0..256).map(|byte| vec![byte as u8]).collect();
    for (first, second) in &tokeniser.merges {
        let mut token = tokens[*first as usize].clone();
        token.extend(&tokens[*second as usize]);
        tokens.push(token);
    }
    tokens.extend(tokeniser.special.iter().map(|it| it.clone().into_bytes()));
    tokens
}

fn vocabularies(learner: &mut Learner) -> Outcome {
    // Twice the same numbers of tokens, too; those of the first ones at the end.
    let specials = [0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 2];
    for (count, special) in [1, 0, 2, 3, 5, 8, 13, 5, 34, 34, 34, 0].into_iter().zip(specials) {
        let any_merge = |at: u32| {
            let rng = learner.rng();
            // Of the newest, too, so that tokens grow.
            (rng.u32(..256 + at), if at > 0 && rng.bool() { 255 + at } else { rng.u32(..256) })
        };
        let merges = (0..count).map(any_merge).collect();
        let tokeniser = Tokeniser { merges, special: owned(SPECIAL[special]) };
        let got = learner.call(vocabulary, (tokeniser.clone(),))?;
        let want = bytes_of(&tokeniser);
        let lengths: Vec<_> = want.iter().map(Vec::len).collect();
        if (got.lengths.len(), &got.lengths, got.bytes) == (want.len(), &lengths, want.concat()) {
            continue;
        }
        let message = match got.lengths.iter().zip(&lengths).position(|(got, want)| got != want) {
            _ if got.lengths.len() != want.len() => {
                "`vocabulary` has another number of tokens: 256 bytes, all merges, all special tokens"
            }
            Some(..256) => "`vocabulary` does not begin with the 256 bytes, one each",
            _ => {
                "`vocabulary` gives other bytes to a token. After the bytes come the merges, each made of \
                 its first and then its second token, and then the special tokens"
            }
        };
        return Err(Miss::failed(message).revealing(format!("{tokeniser:?}")));
    }
    Ok(())
}

/// A trainer that counts all pairs anew for each merge.
struct Plain {
    words: Vec<(Vec<u32>, usize)>,
    tokens: Vec<Vec<u8>>,
}

impl Plain {
    fn new(counts: Vec<(String, usize)>) -> Self {
        let ids = |word: String| word.bytes().map(u32::from).collect();
        let words = counts.into_iter().map(|(word, count)| (ids(word), count)).collect();
        Self { words, tokens: bytes_of(&Tokeniser { merges: vec![], special: vec![] }) }
    }

    fn join(&mut self, pair: Pair) {
        let new = self.tokens.len() as u32;
        for (ids, _) in &mut self.words {
            *ids = joined(ids, pair, new);
        }
        self.tokens.push([pair.0, pair.1].map(|id| self.tokens[id as usize].clone()).concat());
    }

    fn merges(mut self, limit: usize) -> Vec<Pair> {
        let mut merges = Vec::new();
        while merges.len() < limit
            && let Some(pair) = best_of(&pairs_of(&self.words), &self.tokens)
        {
            self.join(pair);
            merges.push(pair);
        }
        merges
    }
}

/// A text, the size of the tokeniser, and its special tokens.
struct Training {
    text: String,
    size: usize,
    special: Vec<String>,
}

impl Training {
    fn new(text: impl Into<String>, merges: usize, special: &[&str]) -> Self {
        Self { text: text.into(), size: 256 + merges + special.len(), special: owned(special) }
    }

    fn call(&self, learner: &mut Learner) -> Result<Result<Tokeniser, TrainError>, Miss> {
        learner.call(train, (self.text.clone(), self.size, self.special.clone()))
    }

    fn limit(&self) -> usize {
        self.size - 256 - self.special.len()
    }

    fn ask(&self, learner: &mut Learner) -> Outcome {
        let got = self.call(learner)?;
        let counts = pretokens_of(&self.text, &self.special);
        let merges = Plain::new(counts.clone()).merges(self.limit());
        let want = Tokeniser { merges, special: self.special.clone() };
        let message = match &got {
            Ok(got) if *got == want => return Ok(()),
            Ok(got) if got.special != want.special => {
                "the tokeniser of `train` does not have the special tokens that it was given"
                    .to_owned()
            }
            Ok(got) => told_of_merges(&got.merges, &want.merges, Plain::new(counts)),
            Err(_) => "`train` refuses what can be trained with".to_owned(),
        };
        let Self { text, size, special } = self;
        let reveal = format!("{text:?}, {size}, {special:?}: got {got:?}, expected {want:?}");
        Err(Miss::failed(message).revealing(reveal))
    }
}

/// What is wrong with the first merge that differs; `plain` has made none yet.
fn told_of_merges(got: &[Pair], want: &[Pair], mut plain: Plain) -> String {
    let same = got.iter().zip(want).take_while(|(got, want)| got == want).count();
    want[..same].iter().for_each(|pair| plain.join(*pair));
    let place = match same {
        0 => "the first merge".to_owned(),
        1 => "after one right merge, the next".to_owned(),
        _ => format!("after {same} right merges, the next"),
    };
    let counts: BTreeMap<_, _> = pairs_of(&plain.words).into_iter().collect();
    let how = match got.get(same).map(|pair| counts.get(pair)) {
        None => "is missing. Training ends where the size is reached or no pair is left",
        Some(_) if same == want.len() => {
            "is one too many. How many merges have room beside 256 bytes and the special tokens, and which \
             pairs are left?"
        }
        Some(None) => {
            "joins two tokens that are no neighbours in a pretoken any more. Which pairs come and go where a \
             pair is put together?"
        }
        Some(Some(count)) if *count < counts[&want[same]] => {
            "joins a pair that comes less often than another. Which counts change with each merge, and in \
             which words?"
        }
        Some(Some(_)) => "joins a pair that comes as often as the right one: see the rule for ties",
    };
    format!("of `train`, {place} {how}")
}

/// Texts that tell trainers apart, with the numbers of their merges.
const TRAININGS: [(&str, usize, &[&str]); 12] = [
    ("ab", 1, &["|"]),
    ("bbacba", 5, &[]),
    ("aaccabbba", 8, &[]),
    ("aaabdaaabac", 9, &[]),
    ("aaaaaaa aaa aaaaa", 20, &[]),
    ("ab|cab|cab|c", 4, &["|"]),
    ("<end><end>ab<end>ba", 3, &["<end>", "<end><end>"]),
    ("aé éa éé aé 字母 字 母字", 12, &[]),
    ("it's it's a's s's we'll", 12, &[]),
    ("x\n\nx\n\ny  y  y", 6, &[]),
    ("", 3, &[]),
    ("a b c", 0, &["<end>"]),
];

fn trained(learner: &mut Learner) -> Outcome {
    for (text, merges, special) in TRAININGS {
        Training::new(text, merges, special).ask(learner)?;
    }
    // Few letters: ties, and pairs that overlap.
    for round in 0..48 {
        let letters = &["a", "b", "ab", "c", " "][..2 + round % 4];
        let count = learner.rng().usize(1..40);
        let text = random_text(learner, letters, count);
        Training::new(text, 1 + round % 24, &[]).ask(learner)?;
    }
    for special in [SPECIAL[2], SPECIAL[5], SPECIAL[6]] {
        let text =
            random_text(learner, &SNIPPETS, 150) + &random_text(learner, &AROUND_SPECIAL, 100);
        Training::new(text, 30, special).ask(learner)?;
    }
    Ok(())
}

fn refused(learner: &mut Learner) -> Outcome {
    use TrainError::{EmptySpecial, RepeatedSpecial, TooSmall};
    let cases: [(usize, &[&str], Option<TrainError>); 12] = [
        (0, &[], Some(TooSmall)),
        (255, &[], Some(TooSmall)),
        (256, &[], None),
        (256, &["|"], Some(TooSmall)),
        (257, &["|"], None),
        (258, &["|", "<end>", "x"], Some(TooSmall)),
        (300, &[""], Some(EmptySpecial)),
        (300, &["|", "<end>", ""], Some(EmptySpecial)),
        (300, &["|", "|"], Some(RepeatedSpecial)),
        (300, &["x", "|", "<end>", "|"], Some(RepeatedSpecial)),
        (300, &["|", "||"], None),
        (usize::MAX, &["|", "||"], None),
    ];
    for (size, special, want) in cases {
        let training = Training { text: "a|b|ab".to_owned(), size, special: owned(special) };
        let got = training.call(learner)?.err();
        if got != want {
            let why = match want {
                None => "`train` refuses a size and special tokens that are fit to train with",
                Some(TooSmall) => {
                    "`train` does not say `TooSmall` where 256 bytes and the special tokens have no room"
                }
                Some(EmptySpecial) => {
                    "`train` does not say `EmptySpecial` where a special token is empty"
                }
                Some(RepeatedSpecial) => {
                    "`train` does not say `RepeatedSpecial` where a special token is named twice"
                }
            };
            return Err(
                Miss::failed(why).revealing(format!("size {size}, {special:?}: got {got:?}"))
            );
        }
    }
    Ok(())
}

/// How large the large text is. Its short words are distinct, mostly. What updates the counts of neighbours
/// alone takes a twelfth of the limit of processor time; with an index of words, and a search through all pairs
/// or sets in order, it is a fifth; what counts all pairs anew for each merge takes three times the limit and more.
const LARGE_MERGES: usize = 800;
const OTHER_LINES: usize = 21;

/// How often the words of the small text come in the large one.
const SMALL_COUNTS: [usize; 24] = [
    90, 130, 170, 210, 250, 290, 330, 370, 410, 450, 490, 530, 570, 610, 650, 690, 730, 770, 810,
    850, 890, 930, 970, 1010,
];

/// A small text of known merges lies within a large one that has no letter with it in common: its merges
/// are among those of the large one, in their order.
fn large_text(learner: &mut Learner) -> Outcome {
    let small: Vec<_> =
        SMALL_COUNTS.map(|count| (random_text(learner, &["a", "b", "c", "d"], 6), count)).to_vec();
    let text = mixed_with(learner, &small);
    let size = 256 + LARGE_MERGES;
    let why = "Does each merge go through the whole text again? A merge changes the counts of the pairs \
               beside it alone: where are they?";
    let trained = learner.call(train, (text, size, vec![]));
    let trained = trained.map_err(|miss| miss.asking_if_slow(why))?;
    let Ok(trained) = trained else {
        return Err(Miss::failed("`train` refuses what can be trained with"));
    };
    if trained.merges.len() != LARGE_MERGES {
        return Err(Miss::failed("`train` makes too few merges of a large text, or too many"));
    }
    let plain = Plain::new(tally(small));
    let (want, tokens) = (plain.merges(LARGE_MERGES), bytes_of(&trained));
    let own: Vec<_> =
        tokens[256..].iter().filter(|it| it.iter().all(|it| b"abcd".contains(it))).collect();
    let want = bytes_of(&Tokeniser { merges: want, special: vec![] });
    match own.iter().copied().eq(want[256..].iter().take(own.len())) && own.len() > 9 {
        true => large_counts(learner),
        false => {
            Err(Miss::failed("`train` makes other merges of a large text than of a part of it"))
        }
    }
}

/// Of two pretokens one comes once more than the other, and more often than 16 bits count.
fn large_counts(learner: &mut Learner) -> Outcome {
    const OFTEN: usize = 1 << 16;
    let text = " a".repeat(OFTEN) + &" z".repeat(OFTEN - 1);
    let got = learner.call(train, (text, 257, vec![]))?;
    match got.is_ok_and(|it| it.merges == [(32, 97)]) {
        true => Ok(()),
        false => Err(Miss::failed(
            "of two pairs that come tens of thousands of times, `train` does not join the one that comes more often. \
             How far do your counts go?",
        )),
    }
}

/// These words as often as they come, a line each, and after each line some of other letters.
fn mixed_with(learner: &mut Learner, small: &[(String, usize)]) -> String {
    let rng = learner.rng();
    let letters: Vec<u8> = (b'e'..=b'z').chain(b'A'..=b'Z').collect();
    let mut text = String::new();
    for (word, count) in small {
        for _ in 0..*count {
            text += word;
            text.push('\n');
            for _ in 0..OTHER_LINES {
                let length = if rng.bool() && rng.bool() { 4 } else { 3 };
                let mut letter = || char::from(letters[rng.usize(..letters.len())]);
                (0..length).for_each(|_| text.push(letter()));
                text.push('\n');
            }
        }
    }
    text
}
