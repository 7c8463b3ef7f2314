//! Checks of lesson 5.2: encoding and decoding by byte pairs.

use std::collections::{BTreeMap, BTreeSet};

use engine::checks::{
    Check,
    Kind::{Cost, Property, Value},
    Learner, Lesson, Limits, Miss, Outcome,
};

use super::contract::{UnknownId, decode, decode_lossy, encode, encode_pretoken, ranks, take_text};

pub const LESSON: Lesson =
    Lesson::new("Byte pairs: encoding and decoding", CHECKS).after(&["ex_5_1"]).optimised();

const CHECKS: &[Check] = &[
    Check::hidden(Value, "ranks", "the rank of each pair", 1.0, rank_of_pairs),
    Check::hidden(Value, "pretoken", "one pretoken, the lowest rank first", 2.0, one_pretoken),
    Check::hidden(Value, "encode", "texts with special tokens", 2.0, texts)
        .after(&["ranks", "pretoken"]),
    Check::hidden(Value, "decode", "ids to bytes, and unknown ids", 1.0, ids_to_bytes),
    Check::hidden(Value, "lossy", "ids to text", 1.0, ids_to_text).after(&["decode"]),
    Check::hidden(Property, "round_trip", "every text survives", 1.0, round_trip)
        .after(&["encode", "decode"]),
    Check::hidden(Value, "take_text", "text that comes piece by piece", 1.0, piece_by_piece),
    Check::hidden(Cost, "many_pretokens", "many pretokens, many merges", 1.0, many_pretokens)
        .after(&["encode"])
        .limits(SECOND),
    Check::hidden(Cost, "long_pretoken", "a pretoken of 240,000 bytes", 1.0, long_pretoken)
        .after(&["encode"])
        .limits(SECOND),
];

const SECOND: Limits = Limits { seconds: 1, memory_mib: 2048 };

type Pair = (u32, u32);

/// Merges and special tokens.
#[derive(Clone)]
struct Tokens {
    merges: Vec<Pair>,
    special: Vec<String>,
    /// The id that each pair is joined to.
    ranks: BTreeMap<Pair, u32>,
}

impl Tokens {
    fn new(merges: Vec<Pair>, special: &[&str]) -> Self {
        let special = special.iter().map(|it| (*it).to_owned()).collect();
        Self { ranks: merges.iter().copied().zip(256..).collect(), merges, special }
    }

    fn random(learner: &mut Learner, letters: &[u8], count: usize, special: &[&str]) -> Self {
        Self::new(random_merges(learner, letters, count), special)
    }

    fn first_special(&self) -> u32 {
        256 + self.merges.len() as u32
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        let mut tokens: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
        for (first, second) in &self.merges {
            let joined = [*first, *second].map(|id| tokens[id as usize].clone()).concat();
            tokens.push(joined);
        }
        tokens.extend(self.special.iter().map(|it| it.as_bytes().to_vec()));
        tokens
    }

    /// One round for each rank: the lowest that is there, all its places from left to right.
    fn of_pretoken(&self, pretoken: &[u8]) -> Vec<u32> {
        let mut ids: Vec<u32> = pretoken.iter().map(|byte| u32::from(*byte)).collect();
        loop {
            let pairs = ids.windows(2).filter_map(|it| self.ranks.get(&(it[0], it[1])).copied());
            let Some(lowest) = pairs.min() else { return ids };
            let pair = self.merges[lowest as usize - 256];
            let mut at = 0;
            while at + 1 < ids.len() {
                if (ids[at], ids[at + 1]) == pair {
                    ids[at] = lowest;
                    ids.remove(at + 1);
                }
                at += 1;
            }
        }
    }

    /// Pieces of text, each a special token or a pretoken: what `encode` has to make of all of them.
    fn of_pieces(&self, pieces: &[String]) -> Vec<u32> {
        let ids = |piece: &String| match self.special.iter().position(|it| it == piece) {
            Some(at) => vec![self.first_special() + at as u32],
            None => self.of_pretoken(piece.as_bytes()),
        };
        pieces.iter().flat_map(ids).collect()
    }

    fn ranks(&self) -> Vec<(Pair, u32)> {
        self.ranks.iter().map(|(pair, id)| (*pair, *id)).collect()
    }

    /// The first token of each merge, the second ones, and the special tokens.
    fn parts(&self) -> (Vec<u32>, Vec<u32>, Vec<String>) {
        let (first, second) = self.merges.iter().copied().unzip();
        (first, second, self.special.clone())
    }

    fn ask(&self, learner: &mut Learner, text: &str) -> Result<Vec<u32>, Miss> {
        let (first, second, special) = self.parts();
        learner.call(encode, (first, second, special, text.to_owned()))
    }
}

/// Merges of these bytes at random, each pair once: of the newest tokens more often.
fn random_merges(learner: &mut Learner, letters: &[u8], count: usize) -> Vec<Pair> {
    let rng = learner.rng();
    let mut tokens: Vec<u32> = letters.iter().map(|letter| u32::from(*letter)).collect();
    let mut merges: Vec<Pair> = Vec::new();
    while merges.len() < count {
        let newest = tokens.len().saturating_sub(9);
        let pair = (tokens[rng.usize(..tokens.len())], tokens[rng.usize(newest..tokens.len())]);
        if !merges.contains(&pair) {
            tokens.push(256 + merges.len() as u32);
            merges.push(pair);
        }
    }
    merges
}

fn rank_of_pairs(learner: &mut Learner) -> Outcome {
    for count in [1, 0, 2, 3, 5, 8, 40, 120] {
        let tokens = Tokens::random(learner, b"vwxyz\xff", count, &[]);
        let got = learner.call(ranks, (tokens.merges.clone(),))?;
        if got == tokens.ranks() {
            continue;
        }
        let pairs = |all: &[(Pair, u32)]| all.iter().map(|it| it.0).collect::<Vec<_>>();
        let message = match pairs(&got) == pairs(&tokens.ranks()) {
            true => {
                "`ranks` gives other ids to the pairs. Which ids have the bytes, and which is the next?"
            }
            false => "`ranks` has other pairs: each merge is one",
        };
        let reveal = format!("{:?}: got {got:?}, expected {:?}", tokens.merges, tokens.ranks());
        return Err(Miss::failed(message).revealing(reveal));
    }
    Ok(())
}

/// Merges and a pretoken that tell orders apart.
const ORDERS: [(&[Pair], &[u8]); 11] = [
    (&[(120, 121)], b"xy"),
    (&[(97, 97), (99, 97)], b"caa"),
    (&[(98, 99), (97, 98)], b"abc"),
    (&[(97, 98), (98, 99)], b"abc"),
    (&[(97, 97)], b"aaaaa"),
    (&[(97, 97), (256, 97), (256, 256)], b"aaaaaaa"),
    (&[(97, 98), (256, 99), (98, 99), (97, 258)], b"abcbc"),
    (&[(195, 169), (97, 256)], "aéaéé".as_bytes()),
    (&[(99, 100), (97, 98), (257, 256), (98, 256)], b"abcdbcdab"),
    // A pair that is gone, of a lower rank than the one that has come in its place.
    (&[(99, 100), (98, 99), (256, 101), (98, 256)], b"bcde"),
    (&[], b"abc"),
];

fn one_pretoken(learner: &mut Learner) -> Outcome {
    let fixed = |(merges, pretoken): (&[Pair], &[u8])| {
        (Tokens::new(merges.to_vec(), &[]), pretoken.to_vec())
    };
    let mut cases: Vec<_> = ORDERS.into_iter().map(fixed).collect();
    for round in 0..60 {
        let letters = &b"xyz\x00\xffq"[..2 + round % 5];
        let tokens = Tokens::random(learner, letters, 1 + round, &[]);
        let rng = learner.rng();
        let length = [0, 1, 2, 3, 8, 20, 60, 140][rng.usize(..8)];
        cases.push((tokens, (0..length).map(|_| letters[rng.usize(..letters.len())]).collect()));
    }
    let ask = |learner: &mut Learner, (tokens, pretoken): &(Tokens, Vec<u8>)| {
        learner.call(encode_pretoken, (tokens.ranks(), pretoken.clone()))
    };
    learner.ask_all(&cases, ask, |(tokens, pretoken), got| is_encoded(tokens, pretoken, &got))
}

fn is_encoded(tokens: &Tokens, pretoken: &[u8], got: &[u32]) -> Outcome {
    let want = tokens.of_pretoken(pretoken);
    if got == want {
        return Ok(());
    }
    let bytes = tokens.bytes();
    let known = |id: &u32| bytes.get(*id as usize).map(Vec::as_slice);
    let joined: Option<Vec<&[u8]>> = got.iter().map(known).collect();
    let message = match joined.map(|it| it.concat()) {
        None => "`encode_pretoken` gives an id that is neither a byte nor a rank",
        Some(joined) if joined != pretoken => {
            "the bytes of the tokens of `encode_pretoken`, one after the other, are not the pretoken"
        }
        Some(_) if got.windows(2).any(|it| tokens.ranks.contains_key(&(it[0], it[1]))) => {
            "`encode_pretoken` leaves neighbours that have a rank. A join makes new neighbours: who looks at \
             them?"
        }
        Some(_) => {
            "`encode_pretoken` joins in another order. Each time, which of all pairs was merged first in \
             training? Of several places of it, the leftmost is joined first"
        }
    };
    let reveal = format!("{:?}, {pretoken:?}: got {got:?}, expected {want:?}", tokens.merges);
    Err(Miss::failed(message).revealing(reveal))
}

/// Texts as pretokens and special tokens. None of the pretokens can be cut or joined by another rule than
/// those of lesson 5.1.
const PIECES: [&str; 24] = [
    "|", "||", "<end>", "<end>", " ab", " abab", " aab", " éa", " 字母", " xyz", " 42", ",", "!?",
    "\n", " ''", " 🙃", "'s", " b", " ba", " bb", " a", " 7", " —", " -",
];

const SPECIAL: [&[&str]; 4] = [&["|"], &["<end>", "||", "|"], &["|", "||", "<end>"], &[]];

/// Pieces one after the other that are cut where they are put together: behind a run of other characters, or
/// white space, comes a space; an ending follows letters.
fn random_pieces(learner: &mut Learner, special: &[&str], count: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    while pieces.len() < count {
        let piece = PIECES[learner.rng().usize(..PIECES.len())];
        let last = pieces.last().map_or("", String::as_str);
        let is_special = |piece: &str| special.contains(&piece);
        let ends = |check: fn(char) -> bool| last.ends_with(check) && !is_special(last);
        let begins = |check: fn(char) -> bool| piece.starts_with(check) && !is_special(piece);
        let is_bar = |text: &str| text.ends_with(['|', '>']);
        let fits = match () {
            () if is_bar(piece) && !is_special(piece) => false,
            // Special tokens that touch are another lesson's question.
            () if is_special(piece) => !is_special(last),
            () if begins(char::is_whitespace) => !ends(char::is_whitespace),
            () if piece == "'s" => ends(char::is_alphabetic),
            () => {
                last.is_empty()
                    || is_special(last)
                    || ends(|c| c.is_alphanumeric() || c.is_whitespace())
            }
        };
        if fits {
            pieces.push(piece.to_owned());
        }
    }
    pieces
}

/// Letters of the pieces, spaces and bytes of larger characters among them.
const LETTERS: &[u8] = "ab ab ab é字🙃'-|<end>.\n".as_bytes();

fn texts(learner: &mut Learner) -> Outcome {
    let first = Tokens::new(vec![(120, 121)], &["|"]);
    ask_text(learner, &first, &["xy".to_owned(), "|".to_owned()])?;
    // A whole pretoken that is a token, to which the ranks do not lead.
    let other = Tokens::new(vec![(97, 98), (98, 99), (97, 257)], &[]);
    ask_text(learner, &other, &["abc".to_owned()])?;
    // Long words of one length, of which only the last letter differs, or the first.
    let long = "a".repeat(40);
    let words = ["b", "c"].map(|it| [format!(" {long}{it}"), format!(" {it}{long}")]);
    ask_text(learner, &other, &words.concat())?;
    for (round, special) in SPECIAL.into_iter().cycle().take(24).enumerate() {
        let mut merges = random_merges(learner, LETTERS, 3 * round);
        // Of two pretokens that touch, and of a special token: no text may be joined by them.
        let across = [(97, 32), (98, 32), (60, 101), (124, 124)];
        merges.extend(across.into_iter().filter(|pair| !merges.contains(pair)).collect::<Vec<_>>());
        let tokens = Tokens::new(merges, special);
        let count = [0, 1, 2, 5, 20, 60][round % 6];
        let pieces = random_pieces(learner, special, count);
        ask_text(learner, &tokens, &pieces)?;
    }
    Ok(())
}

fn ask_text(learner: &mut Learner, tokens: &Tokens, pieces: &[String]) -> Outcome {
    let text = pieces.concat();
    let got = tokens.ask(learner, &text)?;
    let want = tokens.of_pieces(pieces);
    if got == want {
        return Ok(());
    }
    let first_special = tokens.first_special();
    let special =
        |ids: &[u32]| ids.iter().copied().filter(|id| *id >= first_special).collect::<Vec<_>>();
    let message = match special(&got) == special(&want) {
        false => {
            "`encode` gives other special tokens. Each one in the text is one id, and the first of them comes \
             after the last merge"
        }
        true => {
            "`encode` gives other tokens to the text between special tokens. Is each pretoken encoded by \
             itself?"
        }
    };
    let Tokens { merges, special, .. } = tokens;
    let reveal = format!("{merges:?}, {special:?}, {text:?}: got {got:?}, expected {want:?}");
    Err(Miss::failed(message).revealing(reveal))
}

/// Ids of which each is known, and some that are not.
fn random_ids(learner: &mut Learner, tokens: &Tokens, count: usize) -> Vec<u32> {
    let size = tokens.first_special() + tokens.special.len() as u32;
    (0..count).map(|_| learner.rng().u32(..size)).collect()
}

fn bytes_or_unknown(tokens: &Tokens, ids: &[u32]) -> Result<Vec<u8>, UnknownId> {
    let all = tokens.bytes();
    let bytes = |id: &u32| all.get(*id as usize).cloned().ok_or(UnknownId(*id));
    ids.iter().map(bytes).collect::<Result<Vec<_>, _>>().map(|it| it.concat())
}

fn ids_to_bytes(learner: &mut Learner) -> Outcome {
    for (tokens, ids) in id_lists(learner) {
        let (first, second, special) = tokens.parts();
        let got = learner.call(decode, (first, second, special, ids.clone()))?;
        let want = bytes_or_unknown(&tokens, &ids);
        if got != want {
            return Err(Miss::failed(told_of_decoding(&got, &want, "decode")).revealing(format!(
                "{:?}, {:?}, {ids:?}: got {got:?}, expected {want:?}",
                tokens.merges, tokens.special
            )));
        }
    }
    Ok(())
}

/// Tokenisers with lists of ids, known ones and unknown ones.
fn id_lists(learner: &mut Learner) -> Vec<(Tokens, Vec<u32>)> {
    let mut lists = vec![(Tokens::new(vec![(120, 121)], &["|"]), vec![256, 257])];
    for (round, special) in SPECIAL.into_iter().cycle().take(20).enumerate() {
        let tokens = Tokens::random(learner, b"uvw\xc3\xa9\xff", 2 * round, special);
        let count = [0, 1, 2, 8, 40][round % 5];
        let mut ids = random_ids(learner, &tokens, count);
        let size = tokens.bytes().len() as u32;
        if round % 3 == 2 {
            let at = learner.rng().usize(..=ids.len());
            ids.insert(at, size + [0, 1, 100][learner.rng().usize(..3)]);
            ids.push(u32::MAX);
        }
        lists.push((tokens, ids));
    }
    // An id whose last 16 bits are a known one.
    lists.push((Tokens::new(vec![(120, 121)], &[]), vec![120, 65_536 + 97]));
    // As long as the first, in every part.
    lists.push((Tokens::new(vec![(121, 122)], &["#"]), vec![257, 256]));
    lists
}

fn told_of_decoding<T>(
    got: &Result<T, UnknownId>,
    want: &Result<T, UnknownId>,
    function: &str,
) -> String {
    let what = match (got, want) {
        (Ok(_), Err(_)) => "gives something where an id is none of the tokeniser's",
        (Err(_), Ok(_)) => "refuses ids that the tokeniser has. Which is the last one?",
        (Err(_), Err(_)) => "names another id than the first one that is unknown",
        (Ok(_), Ok(_)) => {
            "gives other bytes. The bytes of all tokens come one after the other, special tokens too"
        }
    };
    format!("`{function}` {what}")
}

fn ids_to_text(learner: &mut Learner) -> Outcome {
    let mut lists = id_lists(learner);
    for text in ["hé", "字 🙃", "a\u{fffd}"] {
        let whole: Vec<u32> = text.bytes().map(u32::from).collect();
        for ids in [whole.clone(), whole[..whole.len() - 1].to_vec(), whole[1..].to_vec()] {
            lists.push((Tokens::new(vec![(195, 169)], &[]), ids));
        }
    }
    for (tokens, ids) in lists {
        let (first, second, special) = tokens.parts();
        let got = learner.call(decode_lossy, (first, second, special, ids.clone()))?;
        let want = bytes_or_unknown(&tokens, &ids).map(|bytes| replaced(&bytes));
        if got == want {
            continue;
        }
        let message = match (&got, &want) {
            (Ok(_), Ok(_)) => {
                "`decode_lossy` gives another text. A character may be split between tokens: the bytes of \
                 all of them come first, and U+FFFD stands only for what is no UTF-8 even then"
                    .to_owned()
            }
            _ => told_of_decoding(&got, &want, "decode_lossy"),
        };
        let reveal = format!("{:?}, {ids:?}: got {got:?}, expected {want:?}", tokens.merges);
        return Err(Miss::failed(message).revealing(reveal));
    }
    Ok(())
}

/// The text of bytes, with U+FFFD for what is none.
fn replaced(bytes: &[u8]) -> String {
    let of_chunk = |chunk: std::str::Utf8Chunk| {
        let broken = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        chunk.valid().to_owned() + broken
    };
    bytes.utf8_chunks().map(of_chunk).collect()
}

/// What other tokenisers have stumbled over.
const TEXTS: [&str; 14] = [
    "",
    "\0",
    "\n",
    "Héllò hôw are ü? 🙃",
    "  two  spaces\n\n",
    "line\r\nline\r\n",
    "१२३ हिन्दी",
    "👩‍🔬 = 👩 + \u{200d} + 🔬",
    "<end><end",
    "<end>||<end>|",
    "it's IT'S 'tis",
    "\u{feff}\u{202e}\u{3000}\u{a0}",
    "\u{10ffff}\u{e000}",
    "   ",
];

fn round_trip(learner: &mut Learner) -> Outcome {
    for (round, text) in TEXTS.iter().enumerate() {
        let special = SPECIAL[round % SPECIAL.len()];
        for (letters, text) in [
            (LETTERS, (*text).to_owned()),
            (text.as_bytes(), random_text(learner)),
            (text.as_bytes(), text.repeat(3)),
        ] {
            let letters = if letters.len() < 2 { LETTERS } else { letters };
            let tokens = Tokens::random(learner, letters, 12, special);
            survives(learner, &tokens, &text)?;
        }
    }
    Ok(())
}

fn random_text(learner: &mut Learner) -> String {
    let count = learner.rng().usize(..60);
    (0..count).map(|_| learner.rng().char(..)).collect()
}

fn survives(learner: &mut Learner, tokens: &Tokens, text: &str) -> Outcome {
    let ids = tokens.ask(learner, text)?;
    let (first, second, special) = tokens.parts();
    let bytes = learner.call(decode, (first, second, special, ids.clone()))?;
    if bytes.as_deref() != Ok(text.as_bytes()) {
        let message = "a text that is encoded and then decoded is not what it was";
        return Err(Miss::failed(message).revealing(format!("{text:?} became {bytes:?}")));
    }
    if ids.len() > text.len() {
        return Err(Miss::failed("`encode` gives more ids than the text has bytes"));
    }
    Ok(())
}

/// Bytes of text, of its beginnings, and of none.
const CHUNKS: [&[u8]; 16] = [
    b"a",
    "é".as_bytes(),
    "字".as_bytes(),
    "🙃".as_bytes(),
    b"\xff",
    b"\xc3",
    b"\xe5\xad",
    b"\xf0\x9f",
    b"\xf0\x9f\x99",
    b"\xa9",
    b"\xed\xa0\x80",
    // No third byte makes these a character.
    b"\xe0\x80",
    b"\xed\xa0",
    b"\xf0\x80",
    b"\xf4\x90",
    b"\0",
];

fn piece_by_piece(learner: &mut Learner) -> Outcome {
    let beginnings = beginnings();
    for first in CHUNKS {
        for second in CHUNKS {
            ask_taken(learner, &[first, second].concat(), &beginnings)?;
        }
    }
    for count in [0, 3, 5, 8, 13, 40] {
        let rng = learner.rng();
        let bytes: Vec<u8> =
            (0..count).flat_map(|_| CHUNKS[rng.usize(..CHUNKS.len())]).copied().collect();
        ask_taken(learner, &bytes, &beginnings)?;
    }
    Ok(())
}

/// All that a character of several bytes may begin with. The last six bits of it are in its last byte.
fn beginnings() -> BTreeSet<Vec<u8>> {
    let chars = (0x80..0x11_0000).step_by(64).filter_map(char::from_u32);
    let of_char = |c: char| {
        let bytes = c.to_string().into_bytes();
        (1..bytes.len()).map(move |count| bytes[..count].to_vec())
    };
    chars.flat_map(of_char).collect()
}

/// The text of bytes as far as it is decided, and how many bytes are left.
fn decided(bytes: &[u8], beginnings: &BTreeSet<Vec<u8>>) -> (String, usize) {
    let begun = |count: &usize| beginnings.contains(&bytes[bytes.len() - count..]);
    let left = (1..=bytes.len().min(3)).rev().find(begun).unwrap_or(0);
    (replaced(&bytes[..bytes.len() - left]), left)
}

fn ask_taken(learner: &mut Learner, bytes: &[u8], beginnings: &BTreeSet<Vec<u8>>) -> Outcome {
    let (text, left) = learner.call(take_text, (bytes.to_vec(),))?;
    let (want, begun) = decided(bytes, beginnings);
    let kept = &bytes[bytes.len() - begun..];
    if text == want && left == kept {
        return Ok(());
    }
    let message = match () {
        () if left.len() < begun => {
            "`take_text` takes bytes that may be the beginning of a character: the rest of it may still come"
        }
        () if left.len() > begun => {
            "`take_text` leaves bytes that are decided: a text, or bytes that no byte behind them can make one"
        }
        () if left != kept => "`take_text` leaves other bytes than the last ones",
        () => "`take_text` leaves the right bytes and gives another text",
    };
    let reveal = format!("{bytes:?}: got {text:?} and {left:?}, expected {want:?} and {kept:?}");
    Err(Miss::failed(message).revealing(reveal))
}

/// How many merges the large tokeniser has: all pairs of its letters first, then of what they make.
const LARGE_MERGES: usize = 20_000;
const LARGE_LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST";

fn large_tokens(learner: &mut Learner) -> Tokens {
    let letters = || LARGE_LETTERS.iter().map(|it| u32::from(*it));
    let mut merges: Vec<Pair> = letters().flat_map(|a| letters().map(move |b| (a, b))).collect();
    let rng = learner.rng();
    rng.shuffle(&mut merges);
    // Each token of two letters, with each letter in turn: no pair comes twice.
    let pairs = 256..256 + merges.len() as u32;
    let threes = letters().flat_map(|letter| pairs.clone().map(move |pair| (pair, letter)));
    let count = LARGE_MERGES - merges.len();
    merges.extend(threes.take(count));
    Tokens::new(merges, &[])
}

fn random_word(learner: &mut Learner, length: usize) -> String {
    let letter = |_| char::from(LARGE_LETTERS[learner.rng().usize(..LARGE_LETTERS.len())]);
    (0..length).map(letter).collect()
}

const WORDS: usize = 40_000;

/// So many words are compared.
const COMPARED: usize = 60;

/// Every pretoken of its own takes a tenth of the limit of processor time. To make all merges for each one
/// takes ten times the limit, and so does building the map of the ranks for each one.
fn many_pretokens(learner: &mut Learner) -> Outcome {
    let tokens = large_tokens(learner);
    let mut words = Vec::with_capacity(WORDS);
    for at in 0..WORDS {
        words.push(random_word(learner, 4 + at % 5));
    }
    let text = words.join("\n");
    let why = "Does each pretoken go through all merges, or build a map of them? A short one has few pairs";
    let ids = tokens.ask(learner, &text).map_err(|miss| miss.asking_if_slow(why))?;
    let got: Vec<&[u32]> = ids.split(|id| *id == u32::from(b'\n')).collect();
    let same = |at: usize| got[at] == tokens.of_pretoken(words[at].as_bytes());
    match got.len() == WORDS && (0..COMPARED).all(|at| same(at * (WORDS / COMPARED))) {
        true => Ok(()),
        false => Err(Miss::failed("`encode` encodes a word otherwise in a long text than alone")),
    }
}

/// How long the segments of the long pretoken are, and how many.
const SEGMENT_LETTERS: usize = 58;
const SEGMENTS: usize = 4_000;

/// Segments between letters that no merge has, so that each is encoded as if it were alone. A heap takes a
/// tenth of the limit of processor time, and a search through all pairs for each join, or each rank, more
/// than ten times the limit.
fn long_pretoken(learner: &mut Learner) -> Outcome {
    let tokens = large_tokens(learner);
    let segments: Vec<String> = (0..60).map(|_| random_word(learner, SEGMENT_LETTERS)).collect();
    let encoded: Vec<Vec<u32>> =
        segments.iter().map(|segment| tokens.of_pretoken(segment.as_bytes())).collect();
    let (mut text, mut want) = (String::new(), Vec::new());
    for _ in 0..SEGMENTS {
        let chosen = learner.rng().usize(..segments.len());
        text += &segments[chosen];
        text.push('é');
        want.extend(&encoded[chosen]);
        want.extend([0xc3, 0xa9]);
    }
    let why = "Does each join look through all pairs of the pretoken? A join makes two new pairs at most, \
               and a heap keeps the others in order";
    match tokens.ask(learner, &text).map_err(|miss| miss.asking_if_slow(why))? == want {
        true => Ok(()),
        false => Err(Miss::failed("`encode` encodes a long pretoken otherwise than its parts")),
    }
}
