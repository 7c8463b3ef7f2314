//! `./x corpus` and `./x windows` from end to end, on small texts.

#![cfg(unix)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

const END: &str = "<|endoftext|>";

fn program(arguments: &[&str], folder: &Path) -> Output {
    let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    // Messages are wrapped to the width of a page.
    let text = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it)).concat();
    text.split_whitespace().filter(|it| *it != "│").collect::<Vec<_>>().join(" ")
}

fn run(arguments: &[&str], folder: &Path) -> String {
    let output = program(arguments, folder);
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// What the program says when it refuses.
fn refused(arguments: &[&str], folder: &Path) -> String {
    let output = program(arguments, folder);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    said(&output)
}

/// 40 documents; the last ten are copies of the first.
fn documents() -> Vec<String> {
    let document =
        |k: usize| format!("Document {k} has {} cats\nand {} höhere dogs.", k * k, k % 3);
    (0..30).chain(0..10).map(document).collect()
}

/// A folder with a text, and a corpus made of it.
fn corpus() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), documents().join(&format!("\n{END}\n"))).unwrap();
    make(folder.path(), "text");
    folder
}

fn make(folder: &Path, text: &str) -> String {
    let options = ["--vocabulary", "300", "--validation", "30", "--context", "16", "--out", "out"];
    run(&[&["corpus", "--text", text], &options[..]].concat(), folder)
}

/// The bytes of each token, from the record alone.
fn vocabulary(folder: &Path) -> Vec<Vec<u8>> {
    let record: Value =
        serde_json::from_slice(&fs::read(folder.join("out/corpus.json")).unwrap()).unwrap();
    let mut tokens: Vec<_> = (0..=255).map(|byte| vec![byte]).collect();
    for pair in record["merges"].as_array().unwrap() {
        let part = |k: usize| tokens[pair[k].as_u64().unwrap() as usize].clone();
        tokens.push([part(0), part(1)].concat());
    }
    tokens.push(END.into());
    tokens
}

/// The documents of a file of tokens.
fn decoded(folder: &Path, name: &str) -> Vec<String> {
    let vocabulary = vocabulary(folder);
    let bytes = fs::read(folder.join("out").join(name)).unwrap();
    let tokens = bytes.chunks(2).map(|it| usize::from(it[0]) + 256 * usize::from(it[1]));
    let bytes: Vec<_> = tokens.flat_map(|token| vocabulary[token].clone()).collect();
    let text = String::from_utf8(bytes).unwrap();
    text.strip_suffix(END).unwrap().split(END).map(str::to_owned).collect()
}

fn counts(documents: Vec<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    documents.into_iter().for_each(|it| *counts.entry(it).or_default() += 1);
    counts
}

#[test]
fn every_document_is_in_one_of_the_files_with_its_copies() {
    let folder = corpus();
    let [training, validation] =
        ["training.bin", "validation.bin"].map(|name| counts(decoded(folder.path(), name)));
    assert!(training.keys().all(|document| !validation.contains_key(document)));
    let both: BTreeMap<_, _> = training.into_iter().chain(validation).collect();
    assert_eq!(both, counts(documents()));
}

#[test]
fn the_summary_counts_what_is_in_the_files() {
    let folder = corpus();
    let said = make(folder.path(), "text");
    for (purpose, name) in [("training", "training.bin"), ("validation", "validation.bin")] {
        let documents = decoded(folder.path(), name);
        let bytes: usize = documents.iter().map(String::len).sum();
        let tokens = fs::metadata(folder.path().join("out").join(name)).unwrap().len() / 2;
        let ratio = bytes as f64 / tokens as f64;
        let windows = (tokens - 1) / 16;
        let row = format!("{purpose} {} {bytes} {tokens} {ratio:.2} {windows}", documents.len());
        assert!(said.contains(&row), "{row}: {said}");
    }
    assert!(said.contains("256 bytes, 43 merges and <|endoftext|>"), "{said}");
}

#[test]
fn batches_go_on_where_they_stopped() {
    let folder = corpus();
    let batch = |options: &str| {
        let options = format!("windows --corpus out --batch 3 --context 16 --seed 7 {options}");
        run(&options.split_whitespace().collect::<Vec<_>>(), folder.path())
    };
    let (begun, next) = split_at(&batch("--count 1"), "The next batch:");
    let (resumed, last) = split_at(&batch(&format!("{next} --count 30")), "The next batch:");
    assert_eq!(format!("{begun} {resumed} The next batch: {last}"), batch("--count 31"));
    assert!(!last.contains("--epoch 0"), "no epoch ended: {last}");
}

fn split_at(text: &str, mark: &str) -> (String, String) {
    let (before, behind) = text.split_once(mark).unwrap();
    (before.trim().to_owned(), behind.trim().to_owned())
}

#[test]
fn the_course_has_a_text_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(&["corpus", "--vocabulary", "260", "--out", "out"], folder.path());
    let documents =
        [decoded(folder.path(), "training.bin"), decoded(folder.path(), "validation.bin")];
    let is_of_this_lesson = |it: &String| it.starts_with("# 5.3 · From documents to batches");
    assert_eq!(documents.concat().iter().filter(|it| is_of_this_lesson(it)).count(), 1, "{said}");
}

#[test]
fn a_text_without_marks_is_cut_at_empty_lines() {
    let folder = tempfile::tempdir().unwrap();
    let paragraphs: Vec<_> = (0..30).map(|k| format!("{k}{}", " and so on".repeat(200))).collect();
    fs::write(folder.path().join("text"), paragraphs.join("\n\n")).unwrap();
    make(folder.path(), "text");
    let files = ["training.bin", "validation.bin"].map(|name| decoded(folder.path(), name));
    assert_eq!(counts(files.concat()), counts(paragraphs));
}

#[test]
fn texts_that_make_no_corpus_are_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    write("latin", b"H\xe4user");
    write("empty", b" \n");
    write("short", b"A cat.");
    let corpus = |options: &[&str]| {
        let options = [&["corpus", "--out", "out"], options].concat();
        refused(&options, folder.path())
    };
    for (options, expected) in [
        (&["--text", "latin"][..], "failed to read latin: byte 1 is not UTF-8"),
        (&["--text", "empty"], "failed to find any text in empty"),
        (&["--text", "nowhere"], "failed to read nowhere"),
        (&["--text", "short"], "have no window of 256 and its last target"),
        (&["--vocabulary", "65537"], "65537 is not in 257..=65536"),
        (&["--vocabulary", "256"], "256 is not in 257..=65536"),
    ] {
        let said = corpus(options);
        assert!(said.contains(expected), "{options:?}: {said}");
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_corpus_that_cannot_be_written_leaves_the_old_one() {
    let folder = corpus();
    let read = |name: &str| fs::read(folder.path().join("out").join(name)).unwrap();
    let old = ["training.bin", "validation.bin", "corpus.json"].map(read);
    let options = "corpus --text text --validation 30 --context 16 --out";
    // No file may grow beyond a block, as on a disk that is full.
    let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
    let script = format!("ulimit -f 1; trap '' XFSZ; exec '{program}' {options} out");
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = self::said(&output);
    assert!(
        said.contains("failed to write out/training.bin") && said.contains("--out DIR"),
        "{said}"
    );
    assert_eq!(["training.bin", "validation.bin", "corpus.json"].map(read), old);
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 3);
    let options = format!("{options} text");
    let said = refused(&options.split_whitespace().collect::<Vec<_>>(), folder.path());
    assert!(said.contains("failed to write text"), "{said}");
}

#[test]
fn what_is_no_whole_corpus_is_not_read() {
    let folder = corpus();
    let batch = |options: &[&str]| {
        refused(&[&["windows", "--corpus", "out"], options].concat(), folder.path())
    };
    let said = batch(&["--window", "9999"]);
    assert!(said.contains("failed to begin with window 9999: an epoch of out has"), "{said}");
    fs::write(folder.path().join("out/validation.bin"), b"123").unwrap();
    let said = batch(&[]);
    assert!(said.contains("out/validation.bin: it has 3 bytes"), "{said}");
    fs::write(folder.path().join("out/corpus.json"), b"{}").unwrap();
    assert!(batch(&[]).contains("failed to read out/corpus.json"));
    fs::remove_file(folder.path().join("out/corpus.json")).unwrap();
    let said = batch(&[]);
    assert!(
        said.contains("failed to find a corpus in out") && said.contains("./x corpus"),
        "{said}"
    );
}

/// The other package, of the same sources, is another program.
#[test]
fn it_is_clear_whose_lessons_run() {
    let folder = corpus();
    let is_reference = env!("CARGO_PKG_NAME") == "reference";
    let whose = if is_reference { "the course's solutions" } else { "your own" };
    let said = make(folder.path(), "text");
    assert!(said.contains(&format!("Lessons 5.1 to 5.3: {whose}.")), "{said}");
    let asked = program(&["windows", "--corpus", "out", "--reference"], folder.path());
    assert_eq!(asked.status.success(), is_reference, "{}", self::said(&asked));
}
