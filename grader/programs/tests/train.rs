//! `./x train` from end to end, on a small text and with a small model.

#![cfg(unix)]

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME"))));
    command.args(arguments).current_dir(folder);
    command
}

fn said(output: &Output) -> String {
    // Messages are wrapped to the width of a page.
    let text = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it)).concat();
    text.split_whitespace().filter(|it| *it != "│").collect::<Vec<_>>().join(" ")
}

/// A folder with a text, and a corpus made of it.
fn corpus() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let document = |k: usize| format!("Document {k} has {} cats\nand {} dogs.", k * k, k % 3);
    let text: Vec<_> = (0..40).map(document).collect();
    fs::write(folder.path().join("text"), text.join("\n<|endoftext|>\n")).unwrap();
    let options = "corpus --text text --vocabulary 260 --validation 30 --context 8 --out corpus";
    let output = command(&words(options), folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    folder
}

fn words(options: &str) -> Vec<&str> {
    options.split_whitespace().collect()
}

/// A training of a small model, with further options.
fn training(folder: &Path, options: &str) -> Command {
    let small = "train --width 8 --heads 2 --layers 1 --context 8 --batch 5 --micro 2 --every 3";
    command(&words(&format!("{small} --deterministic {options}")), folder)
}

/// A training on the corpus in the folder `out`.
fn of_corpus(folder: &Path, out: &str, options: &str) -> Command {
    training(folder, &format!("--corpus corpus --out {out} {options}"))
}

fn succeeds(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    said(&output)
}

/// The log of a training, and the numbers of its checkpoint: the texts in the header have no order.
fn result(folder: &Path, out: &str) -> (String, Vec<u8>) {
    let file = fs::read(folder.join(out).join("last.safetensors")).unwrap();
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let log = fs::read_to_string(folder.join(out).join("log.csv")).unwrap();
    (log, file[8 + header..].to_vec())
}

#[test]
fn the_loss_falls_and_is_written_down() {
    let folder = corpus();
    let said = succeeds(of_corpus(folder.path(), "out", "--steps 60 --rate 0.02"));
    let wanted = "After step 60: last.safetensors, log.csv and curve.svg are in out.";
    assert!(said.contains(wanted) && said.contains("step 60: validation"), "{said}");
    let (log, _) = result(folder.path(), "out");
    let losses: Vec<f64> = log
        .lines()
        .filter_map(|line| line.strip_prefix("step,")?.split(',').nth(1)?.parse().ok())
        .collect();
    assert_eq!(losses.len(), 60);
    // At first all of 260 tokens are alike.
    assert!((losses[0] - 260_f64.ln()).abs() < 0.1, "{}", losses[0]);
    assert!(losses[59] < 0.8 * losses[0], "{}", losses[59]);
    assert!(fs::read_to_string(folder.path().join("out/curve.svg")).unwrap().starts_with("<svg"));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = corpus();
    for threads in [1, 2, 5] {
        let options = format!("--steps 6 --threads {threads}");
        succeeds(of_corpus(folder.path(), &format!("of_{threads}"), &options));
    }
    assert!(result(folder.path(), "of_1") == result(folder.path(), "of_2"));
    assert!(result(folder.path(), "of_1") == result(folder.path(), "of_5"));
}

fn started(folder: &Path, out: &str, options: &str) -> Child {
    let mut command = of_corpus(folder, out, options);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Again and again it is killed, each time somewhat later, until it comes to its end.
#[test]
fn a_training_that_is_killed_goes_on() {
    let folder = corpus();
    let steps = "--steps 60";
    succeeds(of_corpus(folder.path(), "whole", steps));
    let mut kills = 0;
    loop {
        let mut child = started(folder.path(), "killed", steps);
        thread::sleep(Duration::from_millis(30 + 7 * kills));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 2, "it was killed {kills} times");
    assert!(result(folder.path(), "killed") == result(folder.path(), "whole"));
}

/// Waits until a training has written a checkpoint.
fn wait_for_checkpoint(folder: &Path, out: &str, child: &mut Child) {
    let began = Instant::now();
    while !folder.join(out).join("last.safetensors").exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "there is no checkpoint");
        assert!(child.try_wait().unwrap().is_none(), "the training has ended");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_training_that_is_told_to_end_saves_its_last_step() {
    let folder = corpus();
    let steps = "--steps 60";
    succeeds(of_corpus(folder.path(), "whole", steps));
    for signal in ["INT", "TERM"] {
        let mut child = started(folder.path(), signal, steps);
        wait_for_checkpoint(folder.path(), signal, &mut child);
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let told = said(&output);
        let goes_on = "The same command goes on from there, to step 60.";
        assert!(output.status.success() && told.contains(goes_on), "{told}");
        let step = told.split("After step ").nth(1).unwrap().split(':').next().unwrap();
        let told = succeeds(of_corpus(folder.path(), signal, steps));
        assert!(told.contains(&format!("It goes on after step {step}.")), "{step}: {told}");
        assert!(result(folder.path(), signal) == result(folder.path(), "whole"));
    }
}

#[test]
fn a_text_is_made_a_corpus_of() {
    let folder = corpus();
    let on = |text: &str, steps: usize| {
        let options = format!("--text {text} --vocabulary 260 --out out --steps {steps}");
        training(folder.path(), &options)
    };
    succeeds(on("text", 3));
    assert!(folder.path().join("out/corpus/corpus.json").is_file());
    let told = succeeds(on("text", 6));
    assert!(told.contains("It goes on after step 3.") && told.contains("After step 6:"), "{told}");
    let other = fs::read_to_string(folder.path().join("text")).unwrap().replace("cats", "mice");
    fs::write(folder.path().join("other"), other).unwrap();
    let told = refused(on("other", 9));
    assert!(told.contains("failed to go on from out/last.safetensors: its tokeniser"), "{told}");
    fs::write(folder.path().join("empty"), " \n").unwrap();
    assert!(refused(on("empty", 9)).contains("failed to find any text in empty"));
    fs::write(folder.path().join("short"), "A cat.").unwrap();
    assert!(refused(on("short", 9)).contains("have no window of 8 and its last target"));
}

#[test]
fn a_full_disk_costs_nothing_that_was_saved() {
    let folder = corpus();
    succeeds(of_corpus(folder.path(), "out", "--steps 3"));
    let path = folder.path().join("out/last.safetensors");
    let before = fs::read(&path).unwrap();
    // No file may grow beyond a block, as on a disk that is full.
    let command = of_corpus(folder.path(), "out", "--steps 9");
    let line: Vec<_> = [command.get_program()].into_iter().chain(command.get_args()).collect();
    let line = line.join(std::ffi::OsStr::new(" ")).into_string().unwrap();
    let mut full = Command::new("sh");
    full.args(["-c", &format!("ulimit -f 1; trap '' XFSZ; exec {line}")]);
    full.current_dir(folder.path());
    let told = refused(full);
    let wanted = "what was saved before is as it was. Make room";
    assert!(told.contains("failed to write out/") && told.contains(wanted), "{told}");
    assert!(fs::read(&path).unwrap() == before);
    let told = succeeds(of_corpus(folder.path(), "out", "--steps 9"));
    assert!(told.contains("It goes on after step 3."), "{told}");
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 3);
}

#[test]
fn a_loss_that_is_no_number_is_not_saved() {
    let folder = corpus();
    succeeds(of_corpus(folder.path(), "out", "--steps 3"));
    let before = result(folder.path(), "out");
    let told = refused(of_corpus(folder.path(), "out", "--steps 60 --rate 3e38"));
    assert!(
        told.contains("failed to go on at step 5: the weights `embedding` are not finite"),
        "{told}"
    );
    assert!(told.contains("the last good checkpoint is as it was"), "{told}");
    assert!(result(folder.path(), "out") == before);
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = corpus();
    let refused = |options: &str| refused(of_corpus(folder.path(), "out", options));
    assert!(refused("--steps 1 --warmup 2").contains("a warm-up of 2 steps"));
    assert!(refused("--rate NaN").contains("failed to use NaN as --rate"));
    assert!(refused("--width 6").contains("failed to share 6 columns among 2 heads"));
    assert!(refused("--context 5000").contains("the text for training has"));
    succeeds(of_corpus(folder.path(), "out", "--steps 3"));
    let said = refused("--style llama");
    assert!(said.contains("its style is gpt2, and not llama"), "{said}");
    let path = folder.path().join("out/last.safetensors");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..100]).unwrap();
    assert!(refused("").contains("it is no whole file of tensors"));
    fs::remove_dir_all(folder.path().join("corpus")).unwrap();
    assert!(refused("").contains("failed to find a corpus"));
}
