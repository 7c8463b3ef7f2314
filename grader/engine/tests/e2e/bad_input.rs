//! Odd, broken and hostile submissions: each its own verdict, and nothing else is lost.

use std::fs;

use rstest::rstest;
use serde_json::Value;

use crate::support::{
    Submission, changed, check, command, course, grader, is_full, messages, program, report,
    solution, verdicts,
};

/// Grades ex_90_1 with `text` beside a sound lesson, which must not suffer.
fn graded(text: impl AsRef<[u8]>) -> Value {
    let submission = Submission::empty().with("ex_90_1", text).with_solution("ex_90_5");
    let (mut report, _) = submission.grade(&["ex_90_1", "ex_90_5"]);
    assert!(is_full(&report["lessons"][1]), "the sound lesson suffered: {report:#}");
    report["lessons"][0].take()
}

/// Within the crate, where the grader calls, nothing is private.
#[rstest]
#[case::function("ex_90_1", "pub fn forward", "fn forward", "`forward` has to be `pub`")]
#[case::function_of_the_crate(
    "ex_90_1",
    "pub fn forward",
    "pub(crate) fn forward",
    "`forward` has to be `pub`"
)]
#[case::function_over_a_precision("ex_90_5", "pub fn unit", "fn unit", "`unit` has to be `pub`")]
#[case::structure("ex_90_1", "pub struct Forward", "struct Forward", "`Forward` has to be `pub`")]
#[case::field("ex_90_1", "pub dz: f64", "dz: f64", "every field of `Gradients` has to be `pub`")]
#[case::tuple_structure("ex_90_4", "pub struct Cube", "struct Cube", "`Cube` has to be `pub`")]
#[case::layer("ex_90_4", "pub trait Layer", "trait Layer", "`Layer` has to be `pub`")]
fn what_is_not_public_is_told(
    #[case] lesson: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] says: &str,
) {
    let lesson = Submission::empty().with_change(lesson, from, to).grade_one(lesson);
    assert_eq!(lesson["verdict"], "compile_error", "{lesson:#}");
    let messages = messages(&lesson);
    assert!(messages.contains(says) && messages.contains("The lesson expects"), "{messages}");
    assert!(!messages.contains("gradlings_"), "{messages}");
}

#[test]
fn a_path_that_the_compiler_would_take_apart_is_told_from_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let submission = folder.path().join("a=b/c=d/mine");
    fs::create_dir_all(submission.join("ex_90_1/src")).unwrap();
    fs::write(submission.join("ex_90_1/src/lib.rs"), "fn f() -> f64 { true }").unwrap();
    let path = submission.to_str().unwrap();
    let report = report(&grader(&["grade", "ex_90_1", "--format=json", "--submission", path]));
    let messages = messages(&report["lessons"][0]);
    assert!(messages.contains("--> mine/ex_90_1/src/lib.rs:1:17"), "{messages}");
}

/// The solution of ex_90_1 with `statement` at the start of its forward pass.
fn forward_with(statement: &str) -> String {
    changed("ex_90_1", "let z =", &format!("{statement}\nlet z ="))
}

#[rstest]
#[case::crlf(solution("ex_90_1").replace('\n', "\r\n"))]
#[case::byte_order_mark(format!("\u{feff}{}", solution("ex_90_1")))]
#[case::no_newline_at_the_end(solution("ex_90_1").trim_end().to_owned())]
#[case::comment_at_the_end(solution("ex_90_1") + "// done")]
#[case::own_main(solution("ex_90_1") + "fn main() { println!(\"{:?}\", forward(1.0, 2.0, 3.0, 4.0)); }")]
#[case::imported_main(solution("ex_90_1") + "mod demo { pub fn main() {} } pub use demo::main;")]
#[case::crates_by_other_names(
    solution("ex_90_1") + "extern crate ndarray as nd; extern crate self as me;"
)]
#[case::names_of_the_grader(forward_with(
    "let (gradlings_wire, learner, wire, engine) = (0, 0, 0, 0);"
))]
#[case::modules_named_like_the_grader(
    solution("ex_90_1") + "mod gradlings_wire { pub fn serve() {} } mod wire {} mod learner {} mod contract {}"
)]
#[case::unit_tests(
    solution("ex_90_1") + "#[cfg(test)] mod tests { use rand::Rng; unsafe fn f() {} } #[cfg(test)] mod more;"
)]
#[case::readme_as_documentation("#![doc = include_str!(\"../README.md\")]\n".to_owned() + &solution("ex_90_1"))]
#[case::readme_by_cargo(
    "#![doc = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/README.md\"))]\n".to_owned()
        + &solution("ex_90_1")
)]
#[case::items_of_a_module(
    format!("mod all {{ {}\n}} pub use all::{{Forward, Gradients, backward, forward}};", solution("ex_90_1"))
)]
#[case::items_by_other_names(
    solution("ex_90_1").replace("pub fn forward", "fn no_more() {} mod inner { use super::*; pub fn ahead")
        .replace("/// The backward pass", "} pub use inner::ahead as forward;\n/// The backward pass")
)]
#[case::items_of_a_macro({
    let items = solution("ex_90_1").replacen("//!", "//", 1);
    format!("macro_rules! items {{ ($($t:tt)*) => {{ $($t)* }}; }} items! {{ {items}\n}}")
})]
#[case::megabytes_printed(forward_with("print!(\"{}\", \"x\".repeat(1 << 20));"))]
fn what_rust_accepts_is_graded(#[case] text: String) {
    let lesson = graded(text);
    assert_eq!(lesson["verdict"], "passed", "{lesson:#}");
    assert!(lesson["output"].as_str().unwrap().len() < 64 << 10);
}

#[rstest]
#[case::empty("", "compile_error", "pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward")]
#[case::syntax_error("pub fn forward( {", "compile_error", "ex_90_1/src/lib.rs:1")]
#[case::unclosed_comment("fn f() {} /*", "compile_error", "unterminated block comment")]
#[case::attribute_at_the_end(solution("ex_90_1") + "#[cfg(any())]", "compile_error", "expected item")]
#[case::doc_comment_at_the_end(solution("ex_90_1") + "/// For main.", "compile_error", "expected item")]
#[case::open_macro_at_the_end(
    solution("ex_90_1") + "macro_rules! eat { ($($t:tt)*) => {}; } eat! {",
    "compile_error",
    "unclosed delimiter"
)]
#[case::nul_byte("fn f() {}\0", "compile_error", "ex_90_1/src/lib.rs:1")]
#[case::type_error("fn f() -> f64 { true }", "compile_error", "ex_90_1/src/lib.rs:1:17")]
#[case::fences(
    format!("Here you are:\n```rust\n{}```\n", solution("ex_90_1")),
    "compile_error",
    "ex_90_1/src/lib.rs:2: this line is the fence of a Markdown code block"
)]
#[case::foreign_crate(
    "use rand::Rng;",
    "compile_error",
    "`rand` is not a module of yours, nor a crate that is there: the graded code of this lesson may use std"
)]
#[case::unsafe_code("fn f() { unsafe {} }", "rejected", "ex_90_1/src/lib.rs:1: `unsafe`")]
#[case::not_utf8(b"// caf\xe9", "rejected", "not UTF-8")]
fn what_cannot_be_graded_says_why(
    #[case] text: impl AsRef<[u8]>,
    #[case] verdict: &str,
    #[case] says: &str,
) {
    let lesson = graded(text);
    assert_eq!(lesson["verdict"], verdict, "{lesson:#}");
    assert!(messages(&lesson).contains(says), "{}", messages(&lesson));
}

#[rstest]
#[case::missing_function(&[("pub fn backward", "pub fn backwards")], "`backward` is missing")]
#[case::changed_signature(
    &[("backward(x: f64, w: f64", "backward(w: f32, x: f64"), ("forward(x, w, b, y)", "forward(x, w.into(), b, y)")],
    "`backward` has changed"
)]
#[case::another_meaning_of_a_type(&[("/// The forward pass", "type f64 = f32;\n/// The forward pass")], "written alike")]
#[case::missing_field(
    &[("    /// dL/dz.\n    pub dz: f64,\n", ""), ("Gradients { dz, dw, db }", "Gradients { dw, db }")],
    "`Gradients` has changed"
)]
fn a_misfit_is_explained_by_the_signature_that_is_expected(
    #[case] changes: &[(&str, &str)],
    #[case] says: &str,
) {
    let mut text = solution("ex_90_1");
    for (from, to) in changes {
        assert!(text.contains(from), "the text to change is gone: {from}");
        text = text.replace(from, to);
    }
    let lesson = graded(text);
    let messages = messages(&lesson);
    assert_eq!(lesson["verdict"], "compile_error");
    assert!(messages.contains(says) && messages.contains("The lesson expects"), "{messages}");
    assert!(!messages.contains("gradlings_"), "{messages}");
}

#[rstest]
#[case::panic("panic!(\"no idea\");", "panicked", "ex_90_1/src/lib.rs:")]
#[case::long_panic("panic!(\"{}\", \"x\".repeat(1 << 27));", "panicked", "more bytes")]
#[case::exit("std::process::exit(0);", "stopped_early", "exited with code 0")]
#[case::abort("std::process::abort();", "crashed", "signal")]
#[case::memory(
    "let v: Vec<f64> = Vec::with_capacity(1 << 40); drop(v);",
    "out_of_memory",
    "2048 MiB): it asked for 8388608 MiB more"
)]
#[case::stack("fn f(x: f64) -> f64 { f(x + 1.0) + x } print!(\"{}\", f(x));", "crashed", "stack")]
#[case::gigabyte(
    "for _ in 0..1 << 10 { print!(\"{}\", \"x\".repeat(1 << 20)); }",
    "stopped_early",
    "64 MiB"
)]
fn code_that_does_not_return_gets_its_own_verdict(
    #[case] statement: &str,
    #[case] verdict: &str,
    #[case] says: &str,
) {
    let lesson = graded(forward_with(statement));
    assert!(verdicts(&lesson).contains(&verdict), "{lesson:#}");
    assert_eq!(lesson["score"], 0.0);
    assert!(messages(&lesson).contains(says), "{}", messages(&lesson));
}

#[test]
fn an_infinite_loop_costs_only_the_checks_that_run_into_it() {
    let text = changed("ex_90_1", "let dw =", "while a < f64::INFINITY {}\nlet dw =");
    let line = |what: &str| 1 + text.lines().position(|line| line.contains(what)).unwrap();
    let [called, looped] = [line("pub fn backward"), line("while a <")];
    let lesson = graded(text);
    let verdicts = verdicts(&lesson);
    assert_eq!(verdicts[..2], ["passed", "passed"]);
    assert!(verdicts[2..].iter().all(|verdict| *verdict == "timed_out"), "{lesson:#}");
    let message = lesson["checks"][2]["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("`backward` (src/lib.rs:{called}) was stopped: ")));
    assert!(message.ends_with(&format!("`while` loop at src/lib.rs:{looped} end?")), "{message}");
}

/// What a lesson 90.2 gets whose `product` begins with this statement, and the statement's line.
fn with_product_that_asserts(statement: &str) -> (Value, usize) {
    let text = changed("ex_90_2", "    x.dot(w)", &format!("    {statement}\n    x.dot(w)"));
    let line = 1 + text.lines().position(|line| line.contains(statement)).unwrap();
    (Submission::empty().with("ex_90_2", text).grade_one("ex_90_2"), line)
}

#[test]
fn a_panic_costs_no_check_that_does_not_run_into_it() {
    let (lesson, _) = with_product_that_asserts("assert!(x.nrows() > 1);");
    assert_eq!(verdicts(&lesson)[0], "panicked", "{lesson:#}");
    assert!(verdicts(&lesson)[1..].iter().all(|verdict| *verdict == "passed"), "{lesson:#}");
}

#[test]
fn a_check_that_runs_into_the_panic_of_another_says_so() {
    let (lesson, line) = with_product_that_asserts("assert!(x.is_empty());");
    let verdicts = verdicts(&lesson);
    assert_eq!([verdicts[0], verdicts[4]], ["panicked", "skipped"], "{lesson:#}");
    let message = lesson["checks"][4]["message"].as_str().unwrap();
    assert!(message.starts_with("this could not run: `product` panics at "), "{message}");
    let place = format!("ex_90_2/src/lib.rs:{line}, see “Y in both memory orders”");
    assert!(message.ends_with(&place), "{message}");
}

#[test]
fn what_is_not_written_in_a_helper_is_named_with_its_line() {
    let text = changed("ex_90_1", "let dw =", "let dw = helper();\nlet dw =");
    let text = format!("{text}\nfn helper() -> f64 {{\n    todo!(\"the helper\")\n}}\n");
    let line = text.lines().count() - 1;
    let submission = Submission::empty().with("ex_90_1", text);
    let lesson = submission.grade_one("ex_90_1");
    let says = format!(
        "`backward` needs `helper`, which is not written yet ({}/ex_90_1/src/lib.rs:{line}). The \
         next step: the helper",
        submission.path()
    );
    assert!(messages(&lesson).contains(&says), "{}", messages(&lesson));
}

/// One check at a time: which of them are first does not depend on the number of cores.
#[test]
fn checks_that_wait_for_ever_wait_less_after_the_second() {
    let text = forward_with("std::thread::sleep(std::time::Duration::from_secs(1_000_000));");
    let submission = Submission::empty().with("ex_90_1", text);
    let mut grader = command(program(), course());
    grader.env("RAYON_NUM_THREADS", "1").args(["grade", "ex_90_1", "--format=json"]);
    let report = report(&grader.args(["--submission", submission.path()]).output().unwrap());
    let lesson = &report["lessons"][0];
    let times = messages(lesson);
    let count = |time: &str| times.matches(&format!("more than {time} by the clock")).count();
    assert_eq!((count("5 s"), count("1 s")), (2, verdicts(lesson).len() - 2), "{lesson:#}");
}

#[rstest]
#[case::product("let _ = x.dot(x);")]
#[case::slice("let _ = x.slice(ndarray::s![..1000, ..]);")]
#[case::own("let _ = x[[1000, 0]];")]
fn a_panic_inside_of_a_crate_names_the_learners_line(#[case] statement: &str) {
    let sound = solution("ex_90_2");
    let line = sound.lines().position(|line| line.contains("x.dot(w)")).unwrap() + 1;
    let text = changed("ex_90_2", "x.dot(w)", &format!("{statement} x.dot(w)"));
    let lesson = Submission::empty().with("ex_90_2", text).grade_one("ex_90_2");
    let messages = messages(&lesson);
    assert_eq!(lesson["checks"][0]["verdict"], "panicked", "{lesson:#}");
    assert!(messages.contains(&format!("ex_90_2/src/lib.rs:{line}: ")), "{messages}");
    assert!(!messages.contains("/registry/"), "{messages}");
}

#[test]
fn the_compiler_does_not_tell_where_crates_are_kept() {
    let submission =
        Submission::empty().with_change("ex_90_2", "dy.sum_axis(Axis(0))", "dy.sum_axis(0)");
    let messages = messages(&submission.grade_one("ex_90_2"));
    assert!(messages.contains(" ndarray-") && !messages.contains("/registry/"), "{messages}");
}

#[test]
fn what_is_too_long_to_answer_is_said_to_be() {
    let submission = Submission::empty().with_change(
        "ex_90_2",
        "    x.dot(w)",
        "    Array2::zeros((4096, 4096))",
    );
    let lesson = submission.grade_one("ex_90_2");
    let product = check(&lesson, "product");
    assert_eq!(product["verdict"], "protocol_error", "{lesson:#}");
    assert!(product["message"].as_str().unwrap().contains("more than 64 MiB"), "{lesson:#}");
}

#[test]
fn nan_everywhere_earns_nothing() {
    let lesson = graded(changed("ex_90_1", "b + w * x", "f64::NAN * (w + x + b)"));
    assert_eq!(lesson["score"], 0.0, "{lesson:#}");
    assert!(messages(&lesson).contains("is NaN"));
}

#[test]
fn a_wrong_shape_is_told_as_a_shape() {
    let submission = Submission::empty().with_change(
        "ex_90_2",
        "dy.sum_axis(Axis(0))",
        "if true { return Array1::zeros(dy.len()) } dy.sum_axis(Axis(0))",
    );
    let lesson = submission.grade_one("ex_90_2");
    assert_eq!(lesson["verdict"], "failed", "{lesson:#}");
    assert!(messages(&lesson).contains("has shape"), "{}", messages(&lesson));
}

#[test]
fn printed_verdicts_earn_nothing() {
    let text = forward_with("println!(\"test result: ok. 100 passed\"); let b = b + 1.0;");
    assert_eq!(graded(text)["checks"][0]["verdict"], "failed");
}

#[test]
fn helpers_may_lie_in_modules() {
    let text = changed("ex_90_1", "b + w * x", "helpers::affine(x, w, b)");
    let submission = Submission::empty().with("ex_90_1", text + "mod helpers;");
    let write = |file: &str, text: &str| {
        let file = format!("{}/ex_90_1/src/{file}", submission.path());
        fs::create_dir_all(std::path::Path::new(&file).parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write("helpers/mod.rs", "mod a; #[path = \"own name.rs\"] mod b; pub use a::affine;");
    write(
        "helpers/a.rs",
        "pub fn affine(x: f64, w: f64, b: f64) -> f64 { super::b::add(b, w * x) }",
    );
    write("helpers/own name.rs", "pub fn add(a: f64, b: f64) -> f64 { a + b }");
    write("helpers/draft.rs", "unsafe fn broken( {");
    assert!(is_full(&submission.grade_one("ex_90_1")));
    write("helpers/a.rs", "pub fn affine(x: f64, w: f64, b: f64) -> f64 {\n    unsafe { x } }");
    let messages = messages(&submission.grade_one("ex_90_1"));
    assert!(messages.contains("ex_90_1/src/helpers/a.rs:2: `unsafe`"), "{messages}");
}

/// What overflows the stack of the grader's own parser.
#[rstest]
#[case::closures("let _ = ", "|a,|", "0;", 20_000)]
#[case::conditions("", "if true && ", "true {}", 10_000)]
#[case::parentheses("let _ = ", "(", "0", 20_000)]
#[case::negations("let _ = ", "!", "true;", 100_000)]
fn what_cannot_be_parsed_costs_its_own_lesson_only(
    #[case] before: &str,
    #[case] nested: &str,
    #[case] after: &str,
    #[case] times: usize,
) {
    let closing = if nested == "(" { ")".repeat(times) + ";" } else { String::new() };
    let lesson = graded(forward_with(&format!("{before}{}{after}{closing}", nested.repeat(times))));
    assert_eq!(lesson["verdict"], "compile_error", "{lesson:#}");
    assert_eq!(lesson["score"], 0.0);
}

#[rstest]
#[case::above("", "exercises/ex_90_1/src/lib.rs: please give --submission ")]
#[case::below("exercises/ex_90_1", "src/lib.rs: please give --submission ")]
#[case::far_below("exercises/ex_90_1/src", "lib.rs: please give --submission ")]
#[case::file("exercises/ex_90_1/src/lib.rs", "please give the folder that holds ex_*/src/lib.rs")]
fn a_folder_near_the_right_one_is_told(#[case] given: &str, #[case] says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let right = folder.path().join("exercises");
    fs::create_dir_all(right.join("ex_90_1/src")).unwrap();
    fs::write(right.join("ex_90_1/src/lib.rs"), solution("ex_90_1")).unwrap();
    let given = folder.path().join(given);
    let flags = ["--format=json", "--submission", given.to_str().unwrap()];
    let report = report(&grader(&[&["grade", "ex_90_1"], &flags[..]].concat()));
    let messages = messages(&report["lessons"][0]);
    assert!(messages.contains(says), "{messages}");
    let names_right = messages.contains(&format!("--submission {}", right.display()));
    assert!(names_right || !says.contains("--submission"), "{messages}");
}

/// A tar file with one file in it.
fn tar(path: &str, text: &str) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_size(text.len() as u64);
    header.set_cksum();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append(&header, text.as_bytes()).unwrap();
    archive.into_inner().unwrap()
}

#[rstest]
#[case::sound("ex_90_1/src/lib.rs", "passed", "")]
#[case::in_a_folder("mine/ex_90_1/src/lib.rs", "passed", "")]
#[case::of_windows("mine\\ex_90_1\\src\\lib.rs", "passed", "")]
#[case::too_deep("src/lib.rs", "not_implemented", "There is src/lib.rs: please pack the folder")]
#[case::leads_elsewhere("../ex_90_1/src/lib.rs", "rejected", "outside the submission")]
#[case::another_lesson("ex_90_2/src/lib.rs", "not_implemented", "nothing was handed in")]
fn an_archive_is_graded_like_a_folder(
    #[case] path: &str,
    #[case] verdict: &str,
    #[case] says: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handed-in.tar");
    fs::write(&file, tar(path, &solution("ex_90_1"))).unwrap();
    let file = file.to_str().unwrap();
    let report = report(&grader(&["grade", "ex_90_1", "--format=json", "--submission", file]));
    let lesson = &report["lessons"][0];
    assert_eq!(lesson["verdict"], verdict, "{report:#}");
    assert!(messages(lesson).contains(says), "{report:#}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something was unpacked");
}
