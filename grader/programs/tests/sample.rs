//! `./x sample` from end to end, with a small model.

#![cfg(unix)]

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME"))));
    command.args(arguments).current_dir(folder);
    command
}

/// A sampling from the model of the folder, with further options.
fn sampling(folder: &Path, more: &[&str]) -> Command {
    let options = ["sample", "--model", "model"];
    command(&[&options[..], more].concat(), folder)
}

fn message(output: &Output) -> String {
    // Messages are wrapped to the width of a page.
    let text = String::from_utf8_lossy(&output.stderr);
    text.split_whitespace().filter(|it| *it != "│").collect::<Vec<_>>().join(" ")
}

fn run(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", message(&output));
    output
}

/// A text that the model writes.
fn text(folder: &Path, more: &[&str]) -> String {
    String::from_utf8(run(sampling(folder, more)).stdout).unwrap()
}

/// A folder with a corpus, and a model of some steps.
fn model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let document = |k: usize| format!("Document {k} has {} cats\nand {} dogs.", k * k, k % 3);
    let text: Vec<_> = (0..40).map(document).collect();
    fs::write(folder.path().join("text"), text.join("\n<|endoftext|>\n")).unwrap();
    let options = "train --text text --vocabulary 260 --out model --width 8 --heads 2 --layers 1 --context 8 --steps 30";
    run(command(&options.split(' ').collect::<Vec<_>>(), folder.path()));
    folder
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let folder = model();
    let of = |seed: &str| text(folder.path(), &["Document 1", "--seed", seed]);
    let one = of("1");
    assert!(one.starts_with("Document 1") && one.ends_with('\n'), "{one:?}");
    assert_eq!(one, of("1"));
    assert_ne!(one, of("2"));
}

/// A temperature of 0 needs no random number, and where all are equal nothing is cut by chance.
#[test]
fn the_ends_of_the_temperature() {
    let folder = model();
    let of = |more: &[&str]| text(folder.path(), &[&["Document", "--tokens", "20"], more].concat());
    let likely = of(&["--temperature", "0"]);
    assert_eq!(likely, of(&["--temperature", "0", "--seed", "5"]));
    assert_eq!(likely, of(&["--top-k", "1"]));
    assert_eq!(likely, of(&["--top-p", "0"]));
    assert_ne!(likely, of(&["--temperature", "inf"]));
}

/// The context of 8 is full many times over.
#[test]
fn a_text_is_as_long_as_wanted() {
    let folder = model();
    let output = run(sampling(folder.path(), &["Document 1", "--tokens", "60", "--top-k", "3"]));
    let said = message(&output);
    let count: usize = said
        .split_once(" tokens, ")
        .and_then(|(before, _)| before.split_whitespace().last()?.parse().ok())
        .unwrap();
    assert!(count <= 60, "{said}");
    assert!(count < 20 || said.contains("the last 4 were read anew each time"), "{said}");
}

/// Every byte is a token, so that there is no character that the tokeniser does not know.
#[test]
fn any_text_is_a_beginning() {
    let folder = model();
    for beginning in ["猫", "é", "<|endoftext|>"] {
        let written = text(folder.path(), &[beginning, "--tokens", "3"]);
        assert!(written.starts_with(beginning), "{written:?}");
    }
    // The model begins a document, and a text is UTF-8.
    text(folder.path(), &[]);
    let mut latin = sampling(folder.path(), &[]);
    let output = latin.arg(OsStr::from_bytes(b"H\xe4user")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(message(&output).contains("UTF-8"), "{}", message(&output));
}

#[test]
fn a_reader_who_has_enough_is_no_failure() {
    let folder = model();
    let mut command = sampling(folder.path(), &["--tokens", "100000", "--temperature", "inf"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", message(&output));
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = model();
    let folder = folder.path();
    let refused = |more: &[&str]| {
        let output = sampling(folder, more).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", message(&output));
        assert!(output.stdout.is_empty());
        message(&output)
    };
    for (options, expected) in [
        (&["--temperature", "-1"][..], "a number from 0 on, or inf"),
        (&["--temperature", "NaN"], "a number from 0 on, or inf"),
        (&["--top-k", "0"], "at least 1"),
        (&["--top-p", "-0.1"], "a number from 0 to 1"),
        (&["--top-p", "1.5"], "a number from 0 to 1"),
        (&["--tokens", "0"], "at least 1"),
        (&["--model", "nowhere"], "failed to find a model in nowhere"),
        (&["nine byte"], "failed to read a text of 9 tokens: the model has a context of 8"),
    ] {
        let said = refused(options);
        assert!(said.contains(expected), "{options:?}: {said}");
    }
}

#[test]
fn a_damaged_model_is_named() {
    let folder = model();
    let folder = folder.path();
    let path = folder.join("model/last.safetensors");
    let whole = fs::read(&path).unwrap();
    let said = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let output = sampling(folder, &[]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", message(&output));
        message(&output)
    };
    for length in [0, 100, whole.len() - 1] {
        let said = said(&whole[..length]);
        assert!(said.contains("it is no whole file of tensors"), "{length} bytes: {said}");
    }
    for (from, to, expected) in [
        (r#""layers":"1""#, r#""layers":"2""#, "a size"),
        (r#""heads":"2""#, r#""heads":"x""#, "the text `heads`"),
        (r#""special":"["#, r#""special":"]"#, "the text `special`"),
        ("model.embedding", "model.embeddinx", "the array `model.embedding`"),
        (r#""version":"1""#, r#""version":"9""#, "the version"),
    ] {
        let said = said(&replaced(&whole, from, to));
        assert!(said.contains(expected) && said.contains("is missing or does not fit"), "{said}");
    }
}

/// The file with a text of its header replaced by another one that is as long.
fn replaced(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = file.windows(from.len()).position(|it| it == from.as_bytes()).unwrap();
    let mut file = file.to_vec();
    file[at..at + to.len()].copy_from_slice(to.as_bytes());
    file
}
