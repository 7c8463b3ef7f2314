//! Every lesson is sound, and a lesson that is not is found out.
//!
//! A course goes wrong in silence: a stub that fails for the wrong reason, a solution that no
//! longer earns its points, a mistake that slips through. `grader prove` looks at every lesson
//! without being told its name; here it runs on the workspace as it is, and on spoiled copies.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::submission::{grader, root};

#[test]
fn every_lesson_is_sound() {
    // Learners run this as well; what they have begun to solve is no stub any more.
    let output = grader(&["prove", "--skip-edited"]);
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let folders = fs::read_dir(root().join("exercises")).unwrap().count();
    assert_eq!(text.matches(": sound").count(), folders, "{text}");
}

/// What is spoiled: the file, a text in it, what takes its place, and the problem to be found.
const SPOILED: [(&str, &str, &str, &str); 7] = [
    (
        "exercises/ex_2_2/src/lib.rs",
        "/// The forward pass",
        "fn unused() {}\n/// The forward pass",
        "the stub does not compile without warnings",
    ),
    (
        "exercises/ex_2_2/src/lib.rs",
        "todo!(\"compute",
        "return Forward { z: w * x + b, a: (w * x + b).tanh(), loss: y };\ntodo!(\"compute",
        "the stub is not unwritten work",
    ),
    (
        "exercises/ex_2_2/src/lib.rs",
        "pub fn backward(x: f64, w: f64, b: f64, y: f64)",
        "pub fn backward(x: f64, w: f64, b: f64, y: f32)",
        "stub and solution differ",
    ),
    (
        "exercises/ex_2_2/tests/ex_2_2.rs",
        "/// Nine decimals",
        "#[test]\nfn idle() {}\n/// Nine decimals",
        "1 visible tests pass on the stub",
    ),
    (
        "solutions/ex_2_2/src/lib.rs",
        "let db = dz;",
        "let db = dz * b;",
        "the solution does not pass",
    ),
    (
        "solutions/ex_2_2/src/mistakes.rs",
        "Gradients { db: right.dz * b, ..right }",
        "Gradients { db: right.dz * b.powi(0), ..right }",
        "the mistake `bias_gradient_times_b` passes every hidden check",
    ),
    (
        "solutions/ex_2_2/src/mistakes.rs",
        "Gradients { dw: right.dz, ..right }",
        "Gradients { db: right.dz * b, ..right }",
        "the mistake `input_missing_in_dw` is diagnosed as `bias_gradient_times_b`",
    ),
];

#[test]
fn what_is_not_sound_is_found_out() {
    let copy = copy();
    for (file, from, to, problem) in SPOILED {
        let file = copy.join(file);
        let sound = fs::read_to_string(&file).unwrap();
        assert!(sound.contains(from), "the text to spoil is gone: {from}");
        fs::write(&file, sound.replacen(from, to, 1)).unwrap();
        let (text, code) = prove(&copy);
        fs::write(&file, sound).unwrap();
        assert_eq!(code, Some(1), "{problem}: {text}");
        assert!(text.contains(problem), "{problem}: {text}");
    }
}

/// A copy of the workspace that can be spoiled; its target folder is kept from run to run.
fn copy() -> PathBuf {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spoiled");
    fs::create_dir_all(&copy).unwrap();
    for part in ["Cargo.toml", "Cargo.lock", "grader", "exercises", "solutions", ".cargo"] {
        let status = Command::new("cp").arg("-R").arg(root().join(part)).arg(&copy).status();
        assert!(status.unwrap().success());
    }
    copy
}

fn prove(workspace: &Path) -> (String, Option<i32>) {
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
    grader.current_dir(workspace).args(["prove", "ex_2_2"]);
    let output = grader.env("CARGO_TARGET_DIR", workspace.join("target")).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.code())
}
