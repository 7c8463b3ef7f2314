//! The Rust that the brief, the page and the derivation show, and the numbers that they state.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    str,
};

use ex_5_1::{Tokeniser, pretokens, train, vocabulary};
use ex_5_2::{UnknownId, decode, decode_lossy, encode, encode_pretoken, ranks, take_text};

type Map = HashMap<(u32, u32), u32>;

/// The tokeniser of the brief.
fn tokeniser() -> Tokeniser {
    let merges =
        vec![(116, 104), (256, 101), (32, 257), (105, 110), (97, 116), (32, 99), (261, 260)];
    Tokeniser { merges, special: ["<end>", "<end><end>"].map(String::from).to_vec() }
}

/// The merges of "aaaca".
fn of_aaaca() -> Map {
    let tokeniser = train("aaaca", 258, &[]).expect("258 is enough");
    assert_eq!(tokeniser.merges, [(97, 97), (99, 97)]);
    ranks(&tokeniser.merges)
}

/// The id that a pair is joined to, and where it begins.
type Place = (u32, usize);

/// The plain loop, with a rule for the place that is joined.
fn plain(ranks: &Map, pretoken: &[u8], choose: fn(&[Place]) -> Option<Place>) -> Vec<u32> {
    let mut ids: Vec<u32> = pretoken.iter().map(|byte| u32::from(*byte)).collect();
    loop {
        let pairs = ids.windows(2).enumerate();
        let places: Vec<_> =
            pairs.filter_map(|(at, it)| Some((*ranks.get(&(it[0], it[1]))?, at))).collect();
        let Some((id, at)) = choose(&places) else { return ids };
        ids.splice(at..at + 2, [id]);
    }
}

fn leftmost(places: &[Place]) -> Option<Place> {
    places.first().copied()
}

fn lowest(places: &[Place]) -> Option<Place> {
    places.iter().min().copied()
}

#[test]
fn the_tables_of_the_brief() {
    let tokeniser = tokeniser();
    let text = "The cat in the hat<end>";
    assert_eq!(pretokens("The cat in the hat"), ["The", " cat", " in", " the", " hat"]);
    let ids = encode(&tokeniser, text);
    assert_eq!(ids, [84, 104, 101, 262, 32, 259, 258, 32, 104, 260, 263]);
    assert_eq!((ids.len(), text.len() - "<end>".len()), (11, 18));
    let map = ranks(&[(97, 98), (98, 99)]);
    assert_eq!(encode_pretoken(&map, b"abc"), [256, 99]);
}

#[test]
fn rules_that_look_as_good() {
    let map = of_aaaca();
    assert_eq!(encode_pretoken(&map, b"caa"), [99, 256]);
    assert_eq!(plain(&map, b"caa", leftmost), [257, 97]);
    assert_eq!(plain(&map, b"caa", lowest), [99, 256]);
    // Of the tokens that "caa" begins with, "ca" is the longest.
    assert!(b"caa".starts_with(b"ca") && !b"caa".starts_with(b"aa"));
}

#[test]
fn the_rust_of_the_brief_computes_what_its_python_does() {
    let names = ["a", "b"];
    assert_eq!(names.iter().zip(5..).collect::<Vec<_>>(), [(&"a", 5), (&"b", 6)]);
    let (keys, values) = (names.into_iter(), [1, 2]);
    let map: HashMap<_, _> = keys.zip(values).collect();
    let (key, list, k) = ("b", ["a"], 7);
    assert_eq!((map.get(&key), list.get(k)), (Some(&2), None));
    let mut ids = vec![1, 2, 3];
    assert_eq!(ids.windows(2).enumerate().next_back(), Some((1, &[2, 3][..])));
    let (k, new) = (1, 9);
    ids.splice(k..k + 2, [new]);
    assert_eq!(ids, [1, 9]);
    let mut heap = BinaryHeap::from([Reverse(2), Reverse(1)]);
    assert_eq!(heap.pop(), Some(Reverse(1)));
    let unknown =
        |id: u32| -> Result<u8, UnknownId> { Ok(*[7].get(id as usize).ok_or(UnknownId(id))?) };
    assert_eq!((unknown(0), unknown(1)), (Ok(7), Err(UnknownId(1))));
    for (b, broken) in [(b"a\xffb", Some(1)), (b"a\xf0\x9f", None)] {
        let error = str::from_utf8(b).unwrap_err();
        assert_eq!((error.valid_up_to(), error.error_len()), (1, broken));
    }
    let mut pending = vec![1, 2, 3];
    pending.drain(..2);
    assert_eq!(pending, [3]);
}

#[test]
fn what_the_brief_counts() {
    assert_eq!(5_u64 * 5 / 2, 12);
    assert_eq!(240_000_u64.pow(2) / 2, 28_800_000_000);
    assert_eq!(40_000 * 20_000, 800_000_000);
}

/// The numbers of `page.md` and `derivation.md`.
mod page {
    use super::*;

    #[test]
    fn two_words_joined_step_by_step() {
        let tokeniser = tokeniser();
        let map = ranks(&tokeniser.merges);
        let ranks_of = |ids: &[u32]| {
            ids.windows(2).filter_map(|it| map.get(&(it[0], it[1])).copied()).collect::<Vec<_>>()
        };
        assert_eq!(ranks_of(&[32, 116, 104, 97, 116]), [256, 260]);
        assert_eq!(ranks_of(&[32, 256, 97, 116]), [260]);
        assert_eq!(encode_pretoken(&map, b" that"), [32, 256, 260]);
        assert_eq!(plain(&map, b" that", leftmost), [32, 256, 260]);
        assert_eq!(ranks_of(&[32, 104, 97, 116]), [260]);
        assert_eq!(encode_pretoken(&map, b" hat"), [32, 104, 260]);
    }

    /// All words of 2 to 8 letters from a and c.
    #[test]
    fn how_often_the_rule_matters() {
        let map = of_aaaca();
        let (mut all, mut other) = (0, 0);
        for length in 2..=8 {
            for number in 0..1 << length {
                let letter = |at| if number >> at & 1 == 0 { b'a' } else { b'c' };
                let word: Vec<u8> = (0..length).map(letter).collect();
                all += 1;
                other += usize::from(encode_pretoken(&map, &word) != plain(&map, &word, leftmost));
            }
        }
        assert_eq!((all, other), (508, 290));
    }

    #[test]
    fn a_text_in_pieces() {
        let mut pending = Vec::new();
        for (comes, text, left) in
            [(&b"\xf0\x9f"[..], "", 2), (b"\x99", "", 3), (b"\x83", "🙃", 0), (b"a", "a", 0)]
        {
            pending.extend(comes);
            assert_eq!((take_text(&mut pending).as_str(), pending.len()), (text, left));
        }
        let alone = "🙃".bytes().map(|byte| decode_lossy(&tokeniser(), &[u32::from(byte)]));
        assert_eq!(alone.collect::<Result<String, _>>(), Ok("\u{fffd}".repeat(4)));
    }

    #[test]
    fn the_answers_are_what_the_page_says() {
        let tokeniser = tokeniser();
        let ids = |text| encode(&tokeniser, text);
        assert_eq!((ids("th"), ids("e"), ids("the")), (vec![256], vec![101], vec![257]));
        assert_eq!(decode(&tokeniser, &[116, 104]), Ok(b"th".to_vec()));
        assert_eq!((ids(" cat"), ids("cat")), (vec![262], vec![99, 260]));
        assert_eq!(vocabulary(&tokeniser)[262], b" cat");
    }

    #[test]
    fn numbers_of_the_page() {
        let ids = 1e6 / 2.3;
        assert_eq!((ids / 1e3_f64).round() * 1e3, 435_000.0);
        assert_eq!(format!("{:.2} {:.2}", 4.0 * ids / 1e6, 2.0 * ids / 1e6), "1.74 0.87");
        assert_eq!((1 << 16, 1e9 / 50.0), (65_536, 20e6));
        assert_eq!((6e8 / 1e8, 312e12 / 6e8), (6.0, 520_000.0));
    }

    #[test]
    fn how_much_work_it_is() {
        let n = 240_000_f64;
        assert_eq!(format!("{:.1}", n * (n - 1.0) / 2.0 / 1e9), "28.8");
        assert_eq!(format!("{:.1}", 3.0 * n * (3.0 * n).log2() / 1e6), "14.0");
        assert_eq!(5 * 4 / 2, 10);
    }
}
