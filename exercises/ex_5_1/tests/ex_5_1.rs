//! The visible tests of lesson 5.1.

use std::collections::HashMap;

use ex_5_1::{
    Tokeniser, TrainError, best_pair, count_pairs, count_pretokens, merge, pretokens,
    split_at_special, train, vocabulary,
};
use rstest::rstest;

/// Panics with both values, where they differ.
#[track_caller]
fn assert_same<T: PartialEq + std::fmt::Debug>(what: &str, yours: &T, expected: &T) {
    assert!(yours == expected, "{what}\n\nexpected: {expected:?}\n   yours: {yours:?}\n");
}

fn special(tokens: &[&str]) -> Vec<String> {
    tokens.iter().map(|it| (*it).to_owned()).collect()
}

/// Some merges, each as the text of its two tokens.
#[track_caller]
fn merges(text: &str, count: usize) -> Vec<(String, String)> {
    let tokeniser = train(text, 256 + count, &[]).expect("256 tokens and more are enough");
    let tokens = vocabulary(&tokeniser);
    let shown = |id: u32| String::from_utf8_lossy(&tokens[id as usize]).into_owned();
    tokeniser.merges.iter().map(|(a, b)| (shown(*a), shown(*b))).collect()
}

/// The lines of the brief.
fn lines() -> String {
    [("low\n", 5), ("lower\n", 2), ("widest\n", 3), ("newest\n", 6)]
        .map(|(line, count)| line.repeat(count))
        .concat()
}

/// The brief's table, as the test prints it.
const TABLE: &str = "\
256: s + t
257: e + st
258: o + w
259: l + ow
260: w + est
261: n + e
262: ne + west
263: w + i";

#[test]
fn the_example_prints_its_table() {
    let merges = merges(&lines(), 8);
    let row = |(at, (a, b)): (usize, &(String, String))| format!("{}: {a} + {b}", 256 + at);
    let yours = merges.iter().enumerate().map(row).collect::<Vec<_>>().join("\n");
    assert!(yours == TABLE, "the table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n");
}

#[rstest]
#[case::between("ab<end>cd<end>", &["<end>"], &["ab", "<end>", "cd", "<end>"])]
#[case::none("ab<en", &["<end>"], &["ab<en"])]
#[case::one_after_the_other("<end><end>", &["<end>"], &["<end>", "<end>"])]
#[case::the_longest("a<end><end>b<end>", &["<end>", "<end><end>"], &["a", "<end><end>", "b", "<end>"])]
#[case::the_first_place("xabcx", &["bcx", "ab"], &["x", "ab", "cx"])]
#[case::beside_letters_of_two_bytes("éé|é", &["|"], &["éé", "|", "é"])]
#[case::nothing("", &["<end>"], &[])]
fn a_text_is_split_at_special_tokens(
    #[case] text: &str,
    #[case] tokens: &[&str],
    #[case] expected: &[&str],
) {
    let yours = split_at_special(text, &special(tokens));
    assert_same(&format!("{text:?} at {tokens:?}"), &yours.as_slice(), &expected);
}

#[rstest]
#[case("How are you?", &["How", " are", " you", "?"])]
#[case("in 1969, it's", &["in", " 1969", ",", " it", "'s"])]
#[case("we'll, IT'S", &["we", "'ll", ",", " IT", "'", "S"])]
#[case("a   b", &["a", "  ", " b"])]
#[case("a\n\nb\tc", &["a", "\n", "\n", "b", "\t", "c"])]
#[case("two  \n", &["two", "  \n"])]
#[case("x-=1.5e3", &["x", "-=", "1", ".", "5", "e", "3"])]
#[case(" 'so' 's", &[" '", "so", "'", " '", "s"])]
#[case("'tis a 'really", &["'t", "is", " a", " '", "really"])]
#[case("Ünïcode 字母 १२३ 🙃!", &["Ünïcode", " 字母", " १२३", " 🙃!"])]
#[case("", &[])]
fn a_text_is_cut_into_pretokens(#[case] text: &str, #[case] expected: &[&str]) {
    assert_same(&format!("the pretokens of {text:?}"), &pretokens(text).as_slice(), &expected);
}

#[test]
fn pretokens_are_counted_once_each() {
    let yours = count_pretokens("a b b<end> b b b<end>", &special(&["<end>"]));
    assert_same("the counts", &yours, &HashMap::from([("a", 1), (" b", 5)]));
}

#[test]
fn pairs_count_as_often_as_their_words() {
    let yours = count_pairs(&[(vec![1, 1, 1, 2], 10), (vec![2, 1, 2], 3), (vec![7], 50)]);
    assert_same("the counts", &yours, &HashMap::from([((1, 1), 20), ((1, 2), 13), ((2, 1), 3)]));
}

#[rstest]
#[case::the_count(&[((0, 1), 3), ((1, 0), 2)], Some((0, 1)))]
#[case::the_first_token(&[((0, 2), 3), ((1, 0), 3)], Some((1, 0)))]
#[case::bytes_and_not_ids(&[((3, 0), 3), ((1, 0), 3)], Some((1, 0)))]
#[case::the_second_token(&[((0, 1), 3), ((0, 3), 3), ((0, 0), 3)], Some((0, 1)))]
#[case::a_longer_one_is_greater(&[((0, 0), 3), ((3, 0), 3)], Some((3, 0)))]
#[case::no_pair(&[], None)]
fn ties_have_a_rule(#[case] counts: &[((u32, u32), usize)], #[case] expected: Option<(u32, u32)>) {
    let vocabulary = [&b"a"[..], b"c", b"b", b"ab"].map(<[u8]>::to_vec);
    let counts = counts.iter().copied().collect();
    assert_same("the best pair", &best_pair(&counts, &vocabulary), &expected);
}

#[rstest]
#[case(&[5, 6, 5, 6, 6], &[9, 9, 6])]
#[case(&[6, 5], &[6, 5])]
#[case(&[], &[])]
fn a_pair_becomes_one(#[case] ids: &[u32], #[case] expected: &[u32]) {
    assert_same("5, 6 as 9", &merge(ids, (5, 6), 9).as_slice(), &expected);
}

#[test]
fn of_three_the_first_two_become_one() {
    assert_same("5, 5 as 9", &merge(&[5, 5, 5, 7, 5, 5, 5, 5], (5, 5), 9), &vec![9, 5, 7, 9, 9]);
}

#[test]
fn a_vocabulary_has_bytes_then_merges_then_special_tokens() {
    let merges = vec![(97, 98), (256, 256), (257, 99)];
    let tokens = vocabulary(&Tokeniser { merges, special: special(&["<end>", "é"]) });
    assert_same("how many tokens there are", &tokens.len(), &261);
    for (id, expected) in
        [(0, &b"\0"[..]), (97, b"a"), (255, b"\xff"), (256, b"ab"), (257, b"abab"), (258, b"ababc")]
    {
        assert_same(&format!("the bytes of {id}"), &&*tokens[id], &expected);
    }
    assert_same("the special tokens", &tokens[259..].concat(), &"<end>é".as_bytes().to_vec());
}

/// One text that tells rules for ties apart, and others.
#[rstest]
#[case("aaabdaaabac", &["a+a", "aa+a", "aaa+b"])]
#[case("bbacba", &["b+a", "c+ba", "ba+cba"])]
#[case("aaccabbba", &["b+b", "c+c", "cc+a"])]
#[case("aaaa", &["a+a", "aa+aa"])]
#[case("aaa aaa", &["a+a", "aa+a", " +aaa"])]
#[case("abc", &["b+c", "a+bc"])]
fn merges_are_those_of_the_rules(#[case] text: &str, #[case] expected: &[&str]) {
    let yours: Vec<_> =
        merges(text, expected.len()).iter().map(|(a, b)| format!("{a}+{b}")).collect();
    assert_same(&format!("the merges of {text:?}"), &yours, &special(expected));
}

#[test]
fn training_stops_where_no_pair_is_left() {
    let tokeniser = train("ab ab", 1000, &special(&["<end>"])).expect("1000 is enough");
    assert_same("how many merges there are", &tokeniser.merges.len(), &2);
    assert_same("no text, no merges", &merges("", 10), &vec![]);
}

#[test]
fn special_tokens_take_room_and_are_no_text() {
    let text = "<end>ab<end>ab<end>";
    let tokeniser = train(text, 260, &special(&["<end>"])).expect("260 is enough");
    assert_same("the merges", &tokeniser.merges, &vec![(97, 98)]);
    assert_same("the special tokens", &tokeniser.special, &special(&["<end>"]));
    let tokeniser = train("abcabc", 258, &special(&["<end>"])).expect("258 is enough");
    assert_same("how many merges have room", &tokeniser.merges.len(), &1);
}

#[rstest]
#[case::no_room_for_bytes(255, &[], TrainError::TooSmall)]
#[case::no_room_for_the_second(257, &["<a>", "<b>"], TrainError::TooSmall)]
#[case::empty(300, &["<a>", ""], TrainError::EmptySpecial)]
#[case::twice(300, &["<a>", "<b>", "<a>"], TrainError::RepeatedSpecial)]
fn what_cannot_be_trained_is_refused(
    #[case] size: usize,
    #[case] tokens: &[&str],
    #[case] expected: TrainError,
) {
    let yours = train("some text", size, &special(tokens));
    assert_same(&format!("size {size}, {tokens:?}"), &yours, &Err(expected));
    let enough = train("some text", 256, &[]).map(|it| it.merges.len());
    assert_same("256 tokens are enough", &enough, &Ok(0));
}
