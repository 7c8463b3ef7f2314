//! The Rust that the brief, the page and the derivation show, and the numbers that they state.

use std::collections::{BinaryHeap, HashMap};

use ex_5_1::{
    Tokeniser, best_pair, count_pairs, count_pretokens, merge, pretokens, train, vocabulary,
};

type Pair = (u32, u32);
type Words = Vec<(Vec<u32>, usize)>;

/// Distinct pretokens as bytes, with their counts.
fn words(text: &str) -> Words {
    let ids = |word: &str| word.bytes().map(u32::from).collect();
    let counts = count_pretokens(text, &[]).into_iter();
    let mut words: Words = counts.map(|(word, count)| (ids(word), count)).collect();
    words.sort_unstable();
    words
}

fn lines() -> String {
    [("low\n", 5), ("lower\n", 2), ("widest\n", 3), ("newest\n", 6)]
        .map(|(line, count)| line.repeat(count))
        .concat()
}

/// One merge after the other, as the brief tells them.
struct Steps {
    words: Words,
    tokens: Vec<Vec<u8>>,
}

impl Steps {
    fn new(text: &str) -> Self {
        Self { words: words(text), tokens: vocabulary(&Tokeniser::default()) }
    }

    fn tokens_left(&self) -> usize {
        self.words.iter().map(|(ids, count)| ids.len() * count).sum()
    }

    fn distinct(&self) -> usize {
        self.words.iter().map(|(ids, _)| ids.len()).sum()
    }

    fn pairs(&self) -> usize {
        self.words.iter().map(|(ids, _)| ids.len().saturating_sub(1)).sum()
    }

    /// The pairs by their texts, with their counts.
    fn counts(&self) -> HashMap<String, usize> {
        let text = |id: u32| String::from_utf8_lossy(&self.tokens[id as usize]).into_owned();
        let counts = count_pairs(&self.words).into_iter();
        counts.map(|((a, b), count)| (format!("{} + {}", text(a), text(b)), count)).collect()
    }

    /// Joins the best pair, and gives its text with its count.
    fn join(&mut self) -> Option<(String, usize)> {
        let counts = count_pairs(&self.words);
        let pair: Pair = best_pair(&counts, &self.tokens)?;
        let [a, b] = [pair.0, pair.1].map(|id| self.tokens[id as usize].clone());
        let told = format!("{} + {}", String::from_utf8_lossy(&a), String::from_utf8_lossy(&b));
        let new = self.tokens.len() as u32;
        self.tokens.push([a, b].concat());
        self.words.iter_mut().for_each(|(ids, _)| *ids = merge(ids, pair, new));
        Some((told, counts[&pair]))
    }

    /// The words as the page writes them.
    fn shown(&self) -> Vec<String> {
        let text = |id: &u32| String::from_utf8_lossy(&self.tokens[*id as usize]).into_owned();
        let word =
            |(ids, _): &(Vec<u32>, usize)| ids.iter().map(text).collect::<Vec<_>>().join(" ");
        self.words.iter().map(word).collect()
    }
}

#[test]
fn the_table_of_the_brief() {
    let mut steps = Steps::new(&lines());
    assert_eq!((steps.tokens_left(), steps.counts()["e + s"]), (95, 9));
    for (told, count, left) in [
        ("s + t", 9, 86),
        ("e + st", 9, 77),
        ("o + w", 7, 70),
        ("l + ow", 7, 63),
        ("w + est", 6, 57),
        ("n + e", 6, 51),
        ("ne + west", 6, 45),
        ("w + i", 3, 42),
    ] {
        assert_eq!(steps.join(), Some((told.to_owned(), count)));
        assert_eq!(steps.tokens_left(), left);
        assert!(!steps.counts().contains_key("e + s"));
    }
}

#[test]
fn how_much_the_brief_counts() {
    let mut steps = Steps::new(&lines());
    assert_eq!((steps.distinct(), steps.pairs()), (21, 16));
    let (mut merges, mut looked_at) = (0, 0);
    loop {
        looked_at += steps.pairs();
        if steps.join().is_none() {
            break;
        }
        merges += 1;
    }
    assert_eq!((merges, looked_at, steps.distinct()), (12, 88, 5));
    assert_eq!(21 - steps.distinct(), 16);
    assert_eq!(800.0 * 1.2e6, 9.6e8);
}

#[test]
fn the_pretokens_of_the_brief() {
    assert_eq!(pretokens("in 1969, it's"), ["in", " 1969", ",", " it", "'s"]);
    assert_eq!(pretokens("a   b"), ["a", "  ", " b"]);
    assert_eq!(pretokens("IT'S"), ["IT", "'", "S"]);
    assert_eq!(pretokens("हिन्दी").len(), 3);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_python_does() {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let (key, n) = ("a", 3);
    *counts.entry(key).or_default() += n;
    assert_eq!(counts["a"], 3);
    let ids = [1, 2, 3];
    assert_eq!(ids.windows(2).collect::<Vec<_>>(), [[1, 2], [2, 3]]);
    let fruits = ["fig", "banana"];
    assert_eq!(fruits.iter().max_by_key(|it| it.len()), Some(&"banana"));
    let name = "fig";
    assert!((n, name) > (2, "pear"));
    let text = "é";
    assert_eq!(text.bytes().collect::<Vec<_>>(), [0xc3, 0xa9]);
    let c = text.chars().next_back().expect("a character");
    assert_eq!(c.len_utf8(), 2);
    let (a, b) = (vec![1], vec![2]);
    assert_eq!([&*a, &*b].concat(), [1, 2]);
    let mut heap = BinaryHeap::new();
    heap.push((1, "a"));
    heap.push((2, "b"));
    assert_eq!(heap.pop(), Some((2, "b")));
    let text = "aab";
    assert_eq!(text.find(|c: char| c != 'a'), Some(2));
    assert!(b"ab"[..] > b"a"[..] && b"b"[..] > b"ab"[..], "as slices compare");
}

/// The numbers of `page.md` and `derivation.md`.
mod page {
    use super::*;

    #[test]
    fn banana_bandana() {
        let mut steps = Steps::new("banana bandana");
        assert_eq!(steps.shown(), ["  b a n d a n a", "b a n a n a"]);
        for (told, count, left, shown) in [
            ("a + n", 4, 10, ["  b an d an a", "b an an a"]),
            ("b + an", 2, 8, ["  ban d an a", "ban an a"]),
            ("an + a", 2, 6, ["  ban d ana", "ban ana"]),
            ("d + ana", 1, 5, ["  ban dana", "ban ana"]),
        ] {
            assert_eq!(steps.join(), Some((told.to_owned(), count)));
            assert_eq!(
                (steps.tokens_left(), steps.shown()),
                (left, shown.map(String::from).to_vec())
            );
        }
    }

    #[test]
    fn what_the_first_merge_changes() {
        let table = |counts: HashMap<String, usize>| {
            let mut rows: Vec<_> = counts.into_iter().collect();
            rows.sort();
            rows.iter().map(|(pair, count)| format!("{pair} {count}")).collect::<Vec<_>>()
        };
        let mut steps = Steps::new("banana bandana");
        let before = ["  + b 1", "a + n 4", "b + a 2", "d + a 1", "n + a 3", "n + d 1"];
        assert_eq!(table(steps.counts()), before);
        steps.join();
        let after = ["  + b 1", "an + a 2", "an + an 1", "an + d 1", "b + an 2", "d + an 1"];
        assert_eq!(table(steps.counts()), after);
        steps.join();
        assert_eq!(steps.counts()["an + a"], 2);
        steps.join();
        let tied = ["  + ban 1", "ban + ana 1", "ban + d 1", "d + ana 1"];
        assert_eq!(table(steps.counts()), tied);
    }

    #[test]
    fn the_rust_of_the_page() {
        let words = [(b"banana".map(u32::from).to_vec(), 1)];
        let counts = count_pairs(&words);
        assert_eq!(counts[&(u32::from(b'n'), u32::from(b'a'))], 2);
    }

    #[test]
    fn rules_for_ties() {
        let told = |text| {
            let mut steps = Steps::new(text);
            [0; 3].map(|_| steps.join().expect("a pair is left").0)
        };
        assert_eq!(told("bbacba"), ["b + a", "c + ba", "ba + cba"]);
    }

    /// Of the tokens of the lines.
    #[test]
    fn a_token_is_a_tree() {
        let tokens = vocabulary(&train(&lines(), 263, &[]).expect("263 is enough"));
        let shown = |id: usize| String::from_utf8_lossy(&tokens[id]).into_owned();
        assert_eq!([262, 261, 260, 257, 256].map(shown), ["newest", "ne", "west", "est", "st"]);
    }

    #[test]
    fn eight_like_tokens() {
        let ids = vec![97; 8];
        assert_eq!(count_pairs(&[(ids.clone(), 1)])[&(97, 97)], 7);
        assert_eq!(merge(&ids, (97, 97), 256), [256; 4]);
    }

    #[test]
    fn numbers_of_the_page() {
        assert_eq!((50_257 * 768, 256 * 768), (38_597_376, 196_608));
        assert_eq!((3 * 3, 100 * 3), (9, 300));
        assert_eq!(size_of::<(Option<u32>, usize, usize, usize)>(), 32);
    }

    /// No character begins with a byte that is a later one of another.
    #[test]
    fn a_match_of_bytes_is_one_of_characters() {
        for c in ['a', 'é', '字', '🙃'] {
            let bytes = c.to_string().into_bytes();
            assert!(bytes[0] & 0xc0 != 0x80 && bytes[1..].iter().all(|byte| byte & 0xc0 == 0x80));
        }
    }
}
