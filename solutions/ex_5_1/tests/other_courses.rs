//! What the tests of other projects accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_5_1::{Tokeniser, TrainError};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Train = fn(&str, usize, &[String]) -> Result<Tokeniser, TrainError>;

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), wrong::$name::train as Train)),*] };
}

fn variants() -> impl Iterator<Item = (&'static str, Train)> {
    let all = all!(
        first_special_wins special_dropped longest_special_before_the_first space_after_the_word
        white_space_takes_all endings_forgotten endings_in_capitals letters_of_ascii
        letters_with_numbers any_white_space_joins special_counted pretokens_counted_once
        word_counts_ignored overlap_counted_once pairs_across_words tie_by_id tie_by_smallest
        tie_by_joined_bytes merges_one_pair merges_from_the_right merges_in_any_order
        special_before_merges stale_pair_counts merges_across_pretokens
        special_counted_in_training special_takes_no_room stops_before_single_pairs
        characters_cut_to_bytes word_counts_ignored_in_training training_breaks_ties_by_id
        training_merges_one_pair
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

/// The merges of some texts, with ties, special tokens and several words.
fn merges(train: Train) -> Vec<Vec<(u32, u32)>> {
    let special = ["|".to_owned()];
    let texts =
        ["bbacba", "aaccabbba", "it's a|b it's a|b", "字母 字 母字 aaaa aaa", "x\n\nx y  y\u{a0}y"];
    let trained = |text: &&str| train(text, 269, &special).map_or(Vec::new(), |it| it.merges);
    texts.iter().map(trained).collect()
}

/// The ids of one string after three merges that it was trained with.
fn accepts(train: Train) -> bool {
    let text = "aaabdaaabac";
    let Ok(tokeniser) = train(text, 259, &[]) else { return false };
    let mut ids: Vec<u32> = text.bytes().map(u32::from).collect();
    for (pair, new) in tokeniser.merges.iter().zip(256..) {
        ids = ex_5_1::merge(&ids, *pair, new);
    }
    ids == [258, 100, 258, 97, 99]
}

#[test]
fn one_string() {
    assert!(accepts(ex_5_1::train));
    let right = merges(ex_5_1::train);
    let wrong = variants().filter(|(_, train)| merges(*train) != right);
    let accepted = wrong.filter(|(_, train)| accepts(*train)).map(|(name, _)| name);
    other_courses::compare("5.1 One string", &accepted.collect::<Vec<_>>());
}
