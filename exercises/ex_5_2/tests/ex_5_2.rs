//! The visible tests of lesson 5.2.

use std::collections::HashMap;

use ex_5_1::{Tokeniser, vocabulary};
use ex_5_2::{UnknownId, decode, decode_lossy, encode, encode_pretoken, ranks, take_text};
use rstest::rstest;

/// Panics with both values, where they differ.
#[track_caller]
fn assert_same<T: PartialEq + std::fmt::Debug>(what: &str, yours: &T, expected: &T) {
    assert!(yours == expected, "{what}\n\nexpected: {expected:?}\n   yours: {yours:?}\n");
}

fn special(tokens: &[&str]) -> Vec<String> {
    tokens.iter().map(|it| (*it).to_owned()).collect()
}

/// The tokeniser of the brief.
fn tokeniser() -> Tokeniser {
    let merges =
        vec![(116, 104), (256, 101), (32, 257), (105, 110), (97, 116), (32, 99), (261, 260)];
    Tokeniser { merges, special: special(&["<end>", "<end><end>"]) }
}

/// The ids of a text and the text of each, as the test prints them.
fn table(text: &str) -> String {
    let tokeniser = tokeniser();
    let ids = encode(&tokeniser, text);
    let tokens = vocabulary(&tokeniser);
    let row = |id: u32| format!("{id}: {:?}", String::from_utf8_lossy(&tokens[id as usize]));
    ids.into_iter().map(row).collect::<Vec<_>>().join("\n")
}

/// The brief's table, as the test prints it.
const TABLE: &str = "\
84: \"T\"
104: \"h\"
101: \"e\"
262: \" cat\"
32: \" \"
259: \"in\"
258: \" the\"
32: \" \"
104: \"h\"
260: \"at\"
263: \"<end>\"";

#[test]
fn the_example_prints_its_table() {
    let yours = table("The cat in the hat<end>");
    assert!(yours == TABLE, "the table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n");
}

#[test]
fn ranks_are_ids() {
    let expected = HashMap::from([((97, 98), 256), ((256, 99), 257), ((5, 5), 258)]);
    assert_same("the ranks", &ranks(&[(97, 98), (256, 99), (5, 5)]), &expected);
    assert_same("no merges", &ranks(&[]), &HashMap::new());
}

/// The merges of "aaaca" are a + a and c + a.
#[rstest]
#[case("caa", &[99, 256])]
#[case("caaa", &[99, 256, 97])]
#[case("aca", &[97, 257])]
#[case("aaaaa", &[256, 256, 97])]
#[case("xyz", &[120, 121, 122])]
#[case("a", &[97])]
#[case("", &[])]
fn the_lowest_rank_comes_first(#[case] text: &str, #[case] expected: &[u32]) {
    let ranks = ranks(&[(97, 97), (99, 97)]);
    let yours = encode_pretoken(&ranks, text.as_bytes());
    assert_same(&format!("the tokens of {text:?}"), &yours.as_slice(), &expected);
}

#[test]
fn merges_build_on_merges() {
    let ranks = ranks(&[(97, 98), (99, 100), (256, 257), (258, 258)]);
    let yours = encode_pretoken(&ranks, b"abcdabcdab");
    assert_same("the tokens", &yours, &vec![259, 256]);
}

#[rstest]
#[case::no_text("", &[])]
#[case::special_tokens("<end>the<end>", &[263, 257, 263])]
#[case::the_longest("<end><end><end>", &[264, 263])]
#[case::not_quite("<end", &[60, 101, 110, 100])]
#[case::no_merge_across_pretokens("th e th", &[256, 32, 101, 32, 256])]
#[case::bytes("é", &[195, 169])]
fn a_text_is_encoded(#[case] text: &str, #[case] expected: &[u32]) {
    let yours = encode(&tokeniser(), text);
    assert_same(&format!("the ids of {text:?}"), &yours.as_slice(), &expected);
}

#[test]
fn ids_are_decoded() {
    let yours = decode(&tokeniser(), &[258, 262, 263, 0, 255]);
    assert_same("the bytes", &yours, &Ok(b" the cat<end>\x00\xff".to_vec()));
    assert_same("no ids", &decode(&tokeniser(), &[]), &Ok(vec![]));
}

#[test]
fn an_unknown_id_is_an_error() {
    let last = decode(&tokeniser(), &[264]);
    assert_same("the last id", &last, &Ok(b"<end><end>".to_vec()));
    let yours = decode(&tokeniser(), &[97, 265, 1000]);
    assert_same("265 is the first unknown one", &yours, &Err(UnknownId(265)));
    let yours = decode_lossy(&tokeniser(), &[97, u32::MAX]);
    assert_same("the largest id", &yours, &Err(UnknownId(u32::MAX)));
}

#[rstest]
#[case::a_character_of_two_tokens(&[104, 195, 169], "hé")]
#[case::a_broken_one(&[104, 195, 104], "h\u{fffd}h")]
#[case::cut_off(&[240, 159, 153], "\u{fffd}")]
fn a_text_is_put_together_from_all_bytes(#[case] ids: &[u32], #[case] expected: &str) {
    let yours = decode_lossy(&tokeniser(), ids);
    assert_same(&format!("the text of {ids:?}"), &yours, &Ok(expected.to_owned()));
}

#[rstest]
#[case(b"abc", "abc", b"")]
#[case::the_start_of_a_character(b"ab\xc3", "ab", b"\xc3")]
#[case::three_of_four_bytes(b"\xf0\x9f\x99", "", b"\xf0\x9f\x99")]
#[case::bytes_that_are_no_character(b"a\xffb\xc3c", "a\u{fffd}b\u{fffd}c", b"")]
#[case::both(b"\xff\xf0\x9f", "\u{fffd}", b"\xf0\x9f")]
#[case::nothing(b"", "", b"")]
fn a_text_is_taken_as_far_as_it_is_one(
    #[case] bytes: &[u8],
    #[case] expected: &str,
    #[case] left: &[u8],
) {
    let mut pending = bytes.to_vec();
    let yours = take_text(&mut pending);
    assert_same("the text", &yours.as_str(), &expected);
    assert_same("what stays", &pending.as_slice(), &left);
}

/// What other tokenisers have stumbled over.
const TEXTS: [&str; 10] = [
    "",
    "\0",
    "Héllò hôw are ü? 🙃",
    "  two  spaces\n\n",
    "line\r\nline\r\n",
    "१२३ हिन्दी",
    "👩‍🔬 = 👩 + \u{200d} + 🔬",
    "<end><end",
    "fn main() {\n    println!(\"it's\");\n}\n",
    "\u{feff}\u{202e}",
];

#[test]
fn every_text_survives() {
    let tokeniser = tokeniser();
    for text in TEXTS {
        let ids = encode(&tokeniser, text);
        assert!(ids.len() <= text.len(), "{text:?} has more ids than bytes: {ids:?}");
        let yours = decode_lossy(&tokeniser, &ids);
        assert_same("decoded after encoding", &yours, &Ok(text.to_owned()));
        let (mut pending, mut streamed) = (Vec::new(), String::new());
        for id in ids {
            pending.extend(decode(&tokeniser, &[id]).expect("the id is of this tokeniser"));
            streamed += &take_text(&mut pending);
        }
        assert_same("taken token by token", &streamed.as_str(), &text);
    }
}
