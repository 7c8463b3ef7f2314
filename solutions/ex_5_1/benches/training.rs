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

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use ex_5_1::{Tokeniser, train, vocabulary};

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

struct HuggingFace {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl HuggingFace {
    fn start(text: &Path, merges: usize) -> Option<Self> {
        let mut child = Command::new(env::var_os("PYTHON")?)
            .args(["-c", SCRIPT])
            .arg(text)
            .arg(merges.to_string())
            .env("RAYON_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("PYTHON names an interpreter");
        let asks = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Some(Self { child, asks, answers })
    }

    /// Trains once: seconds, the size of the vocabulary, and how many tokens the text has then.
    fn train(&mut self) -> (f64, usize, usize) {
        writeln!(self.asks).expect("`tokenizers` is installed there");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers in text");
        let mut words = line.split_whitespace();
        let mut next = || words.next().expect("`tokenizers` is installed there");
        let seconds = next().parse().expect("a number");
        let [size, tokens] = [next(), next()].map(|it| it.parse().expect("a number"));
        (seconds, size, tokens)
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
    let named = env::args().skip(1).find(|it| !it.starts_with("--"));
    let text = named.map_or_else(course, |path| fs::read_to_string(path).expect("a text in UTF-8"));
    let file = env::temp_dir().join("training.txt");
    fs::write(&file, &text).expect("the temporary folder can be written");
    println!("{} bytes\n\n| merges | lesson | tokenizers | ratio | tokens left |", text.len());
    println!("|---|---|---|---|---|");
    for merges in MERGES {
        let mut rival = HuggingFace::start(&file, merges);
        let mut times: [Vec<f64>; 2] = Default::default();
        let mut trained = Tokeniser::default();
        let mut left = None;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            trained = train(&text, 256 + merges, &[]).expect("256 tokens and more are enough");
            times[0].push(start.elapsed().as_secs_f64());
            if let Some(rival) = &mut rival {
                let (seconds, size, tokens) = rival.train();
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
