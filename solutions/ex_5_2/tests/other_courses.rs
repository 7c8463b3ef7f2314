//! What the tests of other projects accept of this lesson's wrong variants, for `docs/other-courses.md`.

use std::collections::HashMap;

use ex_5_1::{Tokeniser, pretokens, split_at_special, train};
use ex_5_2::UnknownId;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Map = HashMap<(u32, u32), u32>;

/// What a variant encodes and decodes with.
#[derive(Clone, Copy)]
struct Functions {
    ranks: fn(&[(u32, u32)]) -> Map,
    encode_pretoken: fn(&Map, &[u8]) -> Vec<u32>,
    encode: fn(&Tokeniser, &str) -> Vec<u32>,
    decode: fn(&Tokeniser, &[u32]) -> Result<String, UnknownId>,
}

macro_rules! functions {
    ($($of:ident)::*) => {
        Functions {
            ranks: $($of)::*::ranks,
            encode_pretoken: $($of)::*::encode_pretoken,
            encode: $($of)::*::encode,
            decode: $($of)::*::decode_lossy,
        }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), functions!(wrong::$name))),*] };
}

fn variants() -> impl Iterator<Item = (&'static str, Functions)> {
    let all = all!(
        ranks_from_zero greedy_longest leftmost_first highest_rank_first rightmost_place_first
        joins_bytes_alone special_is_text special_left_out special_before_merges
        merges_across_pretokens characters_cut_to_bytes unknown_ids_left_out special_not_decoded
        place_for_id text_of_each_token broken_bytes_left_out begun_characters_taken all_waits
        broken_bytes_wait taken_bytes_stay
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

impl Functions {
    /// The ids of a text by the variant's own parts, which its `encode` would be made of.
    fn by_parts(self, tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        let ranks = (self.ranks)(&tokeniser.merges);
        let first_special = 256 + tokeniser.merges.len() as u32;
        let encoded = |piece: &str| match tokeniser.special.iter().position(|it| it == piece) {
            Some(at) => vec![first_special + at as u32],
            None => {
                let pretokens = pretokens(piece).into_iter();
                pretokens.flat_map(|it| (self.encode_pretoken)(&ranks, it.as_bytes())).collect()
            }
        };
        split_at_special(text, &tokeniser.special).into_iter().flat_map(encoded).collect()
    }

    fn comes_back(self, tokeniser: &Tokeniser, text: &str) -> bool {
        let both = [(self.encode)(tokeniser, text), self.by_parts(tokeniser, text)];
        both.iter().all(|ids| (self.decode)(tokeniser, ids).as_deref() == Ok(text))
    }

    /// Four texts without a merge, the ids of one string, and a text after 64 merges, with special tokens and
    /// without.
    fn is_accepted(self) -> bool {
        let page = include_str!("../../../exercises/ex_5_2/README.md");
        let texts = ["", "!", "well, hello… (여보세요) x86 🦙", page];
        let string = "aaabdaaabac";
        let of_string = train(string, 259, &[]).unwrap();
        let special = ["<end>", "<end><end>", "<start>"].map(str::to_owned).to_vec();
        let merges = train(page, 320, &[]).unwrap().merges;
        let of_page =
            [vec![], special].map(|special| Tokeniser { merges: merges.clone(), special });
        texts.iter().all(|text| self.comes_back(&Tokeniser::default(), text))
            && self.by_parts(&of_string, string) == [258, 100, 258, 97, 99]
            && self.comes_back(&of_string, string)
            && of_page.iter().all(|tokeniser| self.comes_back(tokeniser, page))
    }

    /// What it answers where the variants differ.
    fn answers(self) -> (Vec<Vec<u32>>, Vec<Result<String, UnknownId>>) {
        let merges = vec![(97, 97), (99, 97), (256, 97), (195, 169), (33, 97)];
        let tokeniser = Tokeniser { merges, special: vec!["|".to_owned(), "||".to_owned()] };
        let texts = ["caa", "aaaaa", "a a ca|é||", "aaac", "!a caaa"];
        let encoded = texts.iter().map(|text| (self.encode)(&tokeniser, text));
        let by_parts = texts.iter().map(|text| self.by_parts(&tokeniser, text));
        let ids = [&[195, 169, 99][..], &[261, 195], &[262, 300]];
        let decoded = ids.iter().map(|ids| (self.decode)(&tokeniser, ids));
        (encoded.chain(by_parts).collect(), decoded.collect())
    }
}

#[test]
fn a_text_that_comes_back() {
    let right = functions!(ex_5_2);
    assert!(right.is_accepted());
    let wrong = variants().filter(|(_, it)| it.answers() != right.answers());
    let accepted = wrong.filter(|(_, it)| it.is_accepted()).map(|(name, _)| name);
    other_courses::compare("5.2 A text that comes back", &accepted.collect::<Vec<_>>());
}
