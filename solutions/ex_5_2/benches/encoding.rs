//! Encoding beside Hugging Face's `tokenizers`, with the same merges: the same ids, and the time.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_5_2 [-- FILE]
//! ```
//!
//! `PYTHON` is an interpreter that has `tokenizers`; without it only the lesson's encoder is measured. The
//! text is FILE, or else the course's own pages, repeated up to a megabyte. The two take turns, each on one
//! thread and without words that it remembers of earlier rounds, and medians are told. The library notes the
//! place of each token in the text as well.

use std::{env, fs, time::Instant};

use ex_5_1::{Tokeniser, train};
use ex_5_2::{decode, encode};
use rival::{Rival, median};

#[path = "../../megabyte.rs"]
mod megabyte;
#[path = "../../rival.rs"]
mod rival;

const ROUNDS: usize = 11;
const MERGES: [usize; 3] = [500, 2000, 8000];

/// The rules of lesson 5.1 as a regular expression, and its merges with their ids.
const SCRIPT: &str = r#"
import sys, time
from tokenizers import Tokenizer, Regex, models, pre_tokenizers
text = open(sys.argv[1], encoding="utf-8", newline="").read()
own = [*range(33, 127), *range(161, 173), *range(174, 256)]
others = [b for b in range(256) if b not in own]
letters = {b: chr(b) for b in own} | {b: chr(256 + n) for n, b in enumerate(others)}
tokens, merges = [letters[b] for b in range(256)], []
for line in open(sys.argv[2]):
    a, b = (tokens[int(id)] for id in line.split())
    merges.append((a, b))
    tokens.append(a + b)
vocabulary = {token: id for id, token in enumerate(tokens)}
rules = r"'(?:s|t|m|d|re|ve|ll)| ?\p{Alphabetic}+| ?\p{N}+| ?[^\s\p{Alphabetic}\p{N}]+|\s+(?!\S)|\s+"
for _ in sys.stdin:
    it = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    it.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(rules), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    start = time.perf_counter()
    ids = it.encode(text).ids
    seconds = time.perf_counter() - start
    print(seconds, len(ids), sum(id * (k % 1009) for k, id in enumerate(ids)), flush=True)
"#;

/// How many ids, and a sum that tells them and their order.
type Mark = (usize, u64);

fn mark(ids: &[u32]) -> Mark {
    (ids.len(), ids.iter().zip((0..1009).cycle()).map(|(id, k)| u64::from(*id) * k).sum())
}

fn encode_there(rival: &mut Rival) -> (f64, Mark) {
    let answer = rival.ask("");
    let mut words = answer.split_whitespace();
    let mut next = || words.next().expect("`tokenizers` is installed there");
    let seconds = next().parse().expect("a number");
    (seconds, (next().parse().expect("a number"), next().parse().expect("a number")))
}

fn seconds<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed().as_secs_f64(), result)
}

/// The merges, a line each, for the library.
fn written(tokeniser: &Tokeniser) -> String {
    tokeniser.merges.iter().map(|(a, b)| format!("{a} {b}\n")).collect()
}

fn main() {
    let text = megabyte::text();
    let files = ["text", "merges"].map(|name| env::temp_dir().join(format!("encoding-{name}.txt")));
    fs::write(&files[0], &text).expect("the temporary folder can be written");
    println!("{} bytes\n\n| merges | ids | encode | tokenizers | ratio | decode |", text.len());
    println!("|---|---|---|---|---|---|");
    for merges in MERGES {
        let tokeniser = train(&text, 256 + merges, &[]).expect("256 tokens and more are enough");
        fs::write(&files[1], written(&tokeniser)).expect("the temporary folder can be written");
        let mut rival = Rival::start(SCRIPT, &files, 1);
        let mut times: [Vec<f64>; 3] = Default::default();
        let ids = encode(&tokeniser, &text);
        for _ in 0..ROUNDS {
            times[0].push(seconds(|| encode(&tokeniser, &text)).0);
            if let Some(rival) = &mut rival {
                let (seconds, found) = encode_there(rival);
                assert_eq!(found, mark(&ids), "the rivals give the same ids");
                times[1].push(seconds);
            }
            let (seconds, bytes) = seconds(|| decode(&tokeniser, &ids));
            assert!(bytes.is_ok_and(|bytes| bytes == text.as_bytes()), "the text comes back");
            times[2].push(seconds);
        }
        let [own, rival, back] = times.map(|times| 1e3 * median(times));
        println!(
            "| {merges} | {} | {own:.1} ms | {rival:.1} ms | {:.2} | {back:.1} ms |",
            ids.len(),
            own / rival,
        );
    }
    files.iter().for_each(|file| drop(fs::remove_file(file)));
}
