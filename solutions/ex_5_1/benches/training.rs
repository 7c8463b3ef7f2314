//! Training beside Hugging Face's `tokenizers`: the same text, the same pretokens, as many merges.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_5_1 [-- FILE]
//! ```
//!
//! `PYTHON` is an interpreter that has `tokenizers`; without it only the lesson's trainer is measured. The
//! text is FILE, or else the course's own pages, repeated up to a megabyte. The two take turns, each on one
//! thread, and medians are told. They break ties differently, and have to leave as many tokens but for one in
//! a hundred.

use std::{env, fs, time::Instant};

use ex_5_1::{Tokeniser, train, vocabulary};
use rival::{Rival, median};

#[path = "../../megabyte.rs"]
mod megabyte;
#[path = "../../rival.rs"]
mod rival;

const ROUNDS: usize = 11;
const MERGES: [usize; 3] = [500, 2000, 8000];

/// The rules of the lesson as a regular expression, and merges of bytes.
const SCRIPT: &str = r#"
import sys, time
from tokenizers import Tokenizer, Regex, models, pre_tokenizers, trainers
path, merges = sys.argv[1], int(sys.argv[2])
text = open(path, encoding="utf-8", newline="").read()
rules = r"'(?:s|t|m|d|re|ve|ll)| ?\p{Alphabetic}+| ?\p{N}+| ?[^\s\p{Alphabetic}\p{N}]+|\s+(?!\S)|\s+"
for _ in sys.stdin:
    it = Tokenizer(models.BPE())
    it.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(rules), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    trainer = trainers.BpeTrainer(
        vocab_size=256 + merges, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    start = time.perf_counter()
    it.train_from_iterator([text], trainer)
    print(time.perf_counter() - start, it.get_vocab_size(), len(it.encode(text).ids), flush=True)
"#;

/// Trains once: seconds, the size of the vocabulary, and how many tokens the text has then.
fn train_there(rival: &mut Rival) -> (f64, usize, usize) {
    let answer = rival.ask("");
    let mut words = answer.split_whitespace();
    let mut next = || words.next().expect("`tokenizers` is installed there");
    let seconds = next().parse().expect("a number");
    let [size, tokens] = [next(), next()].map(|it| it.parse().expect("a number"));
    (seconds, size, tokens)
}

/// How many tokens a text has that was trained with: each merge was counted when it was made.
fn tokens(text: &str, tokeniser: &Tokeniser) -> usize {
    let all = vocabulary(tokeniser);
    let ids = ex_5_1::count_pretokens(text, &[]);
    let merged = |word: &str| {
        let mut word: Vec<u32> = word.bytes().map(u32::from).collect();
        for (at, pair) in tokeniser.merges.iter().enumerate() {
            word = ex_5_1::merge(&word, *pair, 256 + at as u32);
        }
        assert!(word.iter().all(|id| (*id as usize) < all.len()));
        word.len()
    };
    ids.into_iter().map(|(word, count)| merged(word) * count).sum()
}

fn main() {
    let text = megabyte::text();
    let file = env::temp_dir().join("training.txt");
    fs::write(&file, &text).expect("the temporary folder can be written");
    println!("{} bytes\n\n| merges | lesson | tokenizers | ratio | tokens left |", text.len());
    println!("|---|---|---|---|---|");
    for merges in MERGES {
        let mut rival = Rival::start(SCRIPT, &[file.as_os_str(), merges.to_string().as_ref()], 1);
        let mut times: [Vec<f64>; 2] = Default::default();
        let mut trained = Tokeniser::default();
        let mut left = None;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            trained = train(&text, 256 + merges, &[]).expect("256 tokens and more are enough");
            times[0].push(start.elapsed().as_secs_f64());
            if let Some(rival) = &mut rival {
                let (seconds, size, tokens) = train_there(rival);
                times[1].push(seconds);
                left = Some((size, tokens));
            }
        }
        let own = (256 + trained.merges.len(), tokens(&text, &trained));
        if let Some((size, tokens)) = left {
            // Ties may be broken otherwise, which moves the count a little.
            assert_eq!(size, own.0, "the rivals make as many tokens");
            assert!(tokens.abs_diff(own.1) * 100 < own.1, "{tokens} tokens, and {} here", own.1);
        }
        let [lesson, rival] = times.map(median);
        println!("| {merges} | {lesson:.3} s | {rival:.3} s | {:.2} | {} |", lesson / rival, own.1);
    }
    let _ = fs::remove_file(file);
}
