//! What lessons can ask for beyond plain functions, one ability after the other.

use std::process::Output;

use rstest::rstest;
use serde_json::Value;

use crate::support::{Submission, check, grader, is_full, messages, verdicts};

/// Grades a lesson with one change.
fn graded(lesson: &str, from: &str, to: &str) -> Value {
    Submission::empty().with_change(lesson, from, to).grade_one(lesson)
}

/// The verdict of a check, and the wrong variant that is named.
fn outcome<'a>(lesson: &'a Value, id: &str) -> [&'a str; 2] {
    let check = check(lesson, id);
    [&check["verdict"], &check["diagnosis"]["mistake"]].map(|it| it.as_str().unwrap_or_default())
}

#[test]
fn arrays_arrive_in_the_memory_order_that_they_have() {
    let blind = "Array2::from_shape_vec(x.dim(), x.as_slice_memory_order().unwrap().to_vec()).unwrap().dot(w)";
    let lesson = graded("ex_90_2", "x.dot(w)", blind);
    assert_eq!(outcome(&lesson, "product"), ["failed", "memory_order_assumed"], "{lesson:#}");
    let lesson = graded("ex_90_2", "x.dot(w)", "drop(x.as_slice().unwrap()); x.dot(w)");
    assert_eq!(outcome(&lesson, "product")[0], "panicked", "{lesson:#}");
}

#[rstest]
#[case::dropped(
    "1.0, gradient);",
    "1.0, &mut gradient.clone());",
    "accumulate",
    "gradient_dropped"
)]
#[case::replaced("1.0, gradient);", "0.0, gradient);", "accumulate", "gradient_replaced")]
#[case::beside_a_result("    norm\n", "    norm.min(most)\n", "clip", "norm_after_clipping")]
fn what_is_changed_in_place_comes_back(
    #[case] from: &str,
    #[case] to: &str,
    #[case] id: &str,
    #[case] mistake: &str,
) {
    let lesson = graded("ex_90_2", from, to);
    assert_eq!(outcome(&lesson, id), ["failed", mistake], "{lesson:#}");
}

#[test]
fn calls_of_a_closure_are_counted() {
    let lesson = graded("ex_90_3", "let ahead =", "f(x);\nlet ahead =");
    assert_eq!(verdicts(&lesson), ["passed", "passed", "failed", "passed", "passed"], "{lesson:#}");
    assert!(messages(&lesson).contains("called f 6 times for 2 coordinates"), "{lesson:#}");
    let lesson = graded("ex_90_3", "if f(middle) < 0.0", "if f(middle) < 0.0 && f(low) < 0.0");
    assert_eq!(check(&lesson, "root")["verdict"], "failed", "{lesson:#}");
}

#[test]
fn a_panic_in_a_function_that_is_given_a_closure_is_the_learners() {
    let lesson =
        graded("ex_90_3", "let ahead =", "assert!(f(&point) < 0.0, \"mine\");\nlet ahead =");
    let message = messages(&lesson);
    assert_eq!(check(&lesson, "gradient")["verdict"], "panicked", "{lesson:#}");
    assert!(message.contains("ex_90_3/src/lib.rs:") && message.contains("mine"), "{message}");
}

#[rstest]
#[case::cache("(x.powi(3), x.clone())", "(x.powi(3), Array1::ones(x.len()))", "cube", "")]
#[case::derivative("3.0 * x.pow2() * dy", "x.pow2() * dy", "cube", "three_missing")]
#[case::chain(
    "self.first.backward(first, &self.second.backward(second, dy))",
    "{ let _ = first; self.second.backward(second, dy) }",
    "chain",
    "first_layer_skipped"
)]
fn layers_are_built_and_used_by_the_adapter(
    #[case] from: &str,
    #[case] to: &str,
    #[case] id: &str,
    #[case] mistake: &str,
) {
    let lesson = graded("ex_90_4", from, to);
    assert_eq!(outcome(&lesson, id), ["failed", mistake], "{lesson:#}");
    assert_eq!(check(&lesson, "scale")["verdict"], "passed");
}

#[test]
fn what_the_adapter_misses_is_told() {
    let lesson = graded("ex_90_4", "Cube", "Cubic");
    assert_eq!(lesson["verdict"], "compile_error");
    assert!(messages(&lesson).contains("Cube"), "{lesson:#}");
    assert!(!messages(&lesson).contains("gradlings_wire"), "{lesson:#}");
}

#[test]
fn single_precision_is_single() {
    let at_least =
        "if size_of::<A>() == 4 { return x.mapv(|x| x / (norm * A::from(1.0001).unwrap())) }";
    let lesson = graded("ex_90_5", "if norm ==", &format!("{at_least}\nif norm =="));
    assert_eq!(check(&lesson, "unit")["verdict"], "failed", "{lesson:#}");
    assert!(messages(&lesson).contains("in f32"), "{lesson:#}");
}

#[test]
fn a_panic_in_a_check_costs_that_check_and_nobody_is_blamed() {
    let from = "text.char_indices().map(id).collect()";
    let submission =
        Submission::empty().with_change("ex_90_5", from, "Ok(Array1::zeros(text.len().min(0)))");
    let (report, code) = submission.grade(&["ex_90_5"]);
    let lesson = &report["lessons"][0];
    assert_eq!(verdicts(lesson), ["passed", "passed", "passed", "not_graded"], "{lesson:#}");
    assert!(messages(lesson).contains("a fault of the course"), "{lesson:#}");
    assert_eq!((lesson["score"].as_f64(), lesson["max_score"].as_f64()), (Some(4.0), Some(5.0)));
    assert_eq!(code, 2);
}

/// A learner whose gradient of lesson 90.1 is wrong, and whose lessons that build on it are right.
fn after_a_mistake() -> Submission {
    let submission = Submission::empty().with_change("ex_90_1", "let dw = x * dz;", "let dw = dz;");
    submission.with_solution("ex_91_1").with_solution("ex_91_2")
}

#[test]
fn an_old_mistake_costs_its_own_lesson_only() {
    let (report, _) = after_a_mistake().grade(&["ex_90_1", "ex_91_1", "ex_91_2"]);
    assert_eq!(report["lessons"][0]["verdict"], "failed");
    assert!(is_full(&report["lessons"][1]) && is_full(&report["lessons"][2]), "{report:#}");
    assert_eq!(report["own_stack"], false);
}

#[test]
fn the_learners_own_stack_is_graded_when_asked_for_and_not_scored() {
    let submission = after_a_mistake();
    let (report, code) = submission.grade(&["ex_91_1", "ex_91_2", "--own"]);
    assert_eq!(check(&report["lessons"][0], "mean_gradient")["verdict"], "failed", "{report:#}");
    assert_eq!(report["lessons"][1]["verdict"], "passed", "{report:#}");
    assert_eq!((&report["score"], &report["max_score"]), (&0.0.into(), &0.0.into()));
    assert_eq!((report["own_stack"].as_bool(), code), (Some(true), 1));
    let Output { stdout, .. } =
        grader(&["grade", "ex_91_1", "--own", "--submission", submission.path()]);
    let text = String::from_utf8(stdout).unwrap();
    assert!(text.contains("Your own stack"), "{text}");
    submission.put("ex_90_1", crate::support::solution("ex_90_1"));
    assert_eq!(submission.grade(&["ex_91_1", "--own"]).1, 0);
}

#[rstest]
#[case::missing(Submission::empty(), "not_implemented")]
#[case::rejected(Submission::empty().with("ex_90_1", "unsafe fn f() {}"), "rejected")]
#[case::broken(Submission::empty().with("ex_90_1", "fn f( {"), "compile_error")]
fn an_own_lesson_that_cannot_be_used_is_named(
    #[case] submission: Submission,
    #[case] verdict: &str,
) {
    let submission = submission.with_solution("ex_91_1");
    let (report, _) = submission.grade(&["ex_91_1", "--own"]);
    let lesson = &report["lessons"][0];
    assert_eq!(lesson["verdict"], verdict, "{lesson:#}");
    assert!(messages(lesson).contains("your own ex_90_1"), "{lesson:#}");
    assert!(is_full(&submission.grade_one("ex_91_1")));
}

#[test]
fn optimisation_belongs_to_the_lesson() {
    let print = "println!(\"debug: {}\", cfg!(debug_assertions));";
    let fast = graded("ex_91_2", "let mut parameters", &format!("{print}\nlet mut parameters"));
    let small = graded("ex_90_1", "let z =", &format!("{print}\nlet z ="));
    let printed = |lesson: &Value, text| lesson["output"].as_str().unwrap().contains(text);
    assert!(is_full(&fast) && printed(&fast, "debug: false"), "{fast:#}");
    assert!(is_full(&small) && printed(&small, "debug: true"), "{small:#}");
}

#[rstest]
#[case::time_of_the_check("while samples.nrows() == 200 {}", "long", "timed_out", "2 s")]
#[case::time_of_the_lesson("while samples.nrows() == 20 {}", "line", "timed_out", "4 s")]
#[case::memory_of_the_check(
    "std::hint::black_box(vec![1_u8; 700 << 20]);",
    "long",
    "out_of_memory",
    "512 MiB"
)]
#[case::memory_of_the_lesson(
    "if samples.nrows() == 20 { std::hint::black_box(vec![1_u8; 1400 << 20]); }",
    "line",
    "out_of_memory",
    "1024 MiB"
)]
fn limits_belong_to_the_lesson_and_to_the_check(
    #[case] statement: &str,
    #[case] id: &str,
    #[case] verdict: &str,
    #[case] says: &str,
) {
    let to = format!("{statement}\nlet mut parameters");
    let lesson = graded("ex_91_2", "let mut parameters", &to);
    let (check, first) = (check(&lesson, id), check(&lesson, "steps"));
    assert_eq!(
        (&check["verdict"], &first["verdict"]),
        (&verdict.into(), &"passed".into()),
        "{lesson:#}"
    );
    assert!(check["message"].as_str().unwrap().contains(says), "{lesson:#}");
}
