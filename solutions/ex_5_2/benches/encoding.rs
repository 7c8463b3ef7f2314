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

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use ex_5_1::{Tokeniser, train};
use ex_5_2::{decode, encode};

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

struct HuggingFace {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// How many ids, and a sum that tells them and their order.
type Mark = (usize, u64);

fn mark(ids: &[u32]) -> Mark {
    (ids.len(), ids.iter().zip((0..1009).cycle()).map(|(id, k)| u64::from(*id) * k).sum())
}

impl HuggingFace {
    fn start(text: &Path, merges: &Path) -> Option<Self> {
        let mut child = Command::new(env::var_os("PYTHON")?)
            .args(["-c", SCRIPT])
            .args([text, merges])
            .env("RAYON_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("PYTHON names an interpreter");
        let asks = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Some(Self { child, asks, answers })
    }

    fn encode(&mut self) -> (f64, Mark) {
        writeln!(self.asks).expect("`tokenizers` is installed there");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers in text");
        let mut words = line.split_whitespace();
        let mut next = || words.next().expect("`tokenizers` is installed there");
        let seconds = next().parse().expect("a number");
        (seconds, (next().parse().expect("a number"), next().parse().expect("a number")))
    }
}

impl Drop for HuggingFace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The course's pages, again and again up to a megabyte.
fn course() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["docs", "exercises", "solutions"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let mut long = text.repeat(1_000_000_usize.div_ceil(text.len()));
    let end = (0..=1_000_000).rev().find(|end| long.is_char_boundary(*end)).unwrap_or(0);
    long.truncate(end);
    long
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|it| it == "md") => files.push(path),
            false => (),
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
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
    let named = env::args().skip(1).find(|it| !it.starts_with("--"));
    let text = named.map_or_else(course, |path| fs::read_to_string(path).expect("a text in UTF-8"));
    let files = ["text", "merges"].map(|name| env::temp_dir().join(format!("encoding-{name}.txt")));
    fs::write(&files[0], &text).expect("the temporary folder can be written");
    println!("{} bytes\n\n| merges | ids | encode | tokenizers | ratio | decode |", text.len());
    println!("|---|---|---|---|---|---|");
    for merges in MERGES {
        let tokeniser = train(&text, 256 + merges, &[]).expect("256 tokens and more are enough");
        fs::write(&files[1], written(&tokeniser)).expect("the temporary folder can be written");
        let mut rival = HuggingFace::start(&files[0], &files[1]);
        let mut times: [Vec<f64>; 3] = Default::default();
        let ids = encode(&tokeniser, &text);
        for _ in 0..ROUNDS {
            times[0].push(seconds(|| encode(&tokeniser, &text)).0);
            if let Some(rival) = &mut rival {
                let (seconds, found) = rival.encode();
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
