//! Wrong solutions that are no known mistake, and right ones written another way.

use rstest::rstest;

use crate::submission::{Submission, messages, solution};

fn graded(lesson: &str, from: &str, to: &str) -> serde_json::Value {
    let sound = solution(lesson);
    assert!(sound.contains(from), "the text to change is gone: {from}");
    Submission::empty().with(lesson, sound.replace(from, to)).grade_one(lesson)
}

#[rstest]
#[case::softsign_for_tanh("ex_2_2", "z.tanh()", "z / (1.0 + z.abs())")]
#[case::slightly_off("ex_2_2", "let dw = dz * x;", "let dw = dz * x + 1e-9;")]
#[case::bias_gradient_halved("ex_2_2", "let db = dz;", "let db = 0.5 * dz;")]
#[case::constants_of_the_visible_example(
    "ex_2_2",
    "let dw = dz * x;",
    "let dw = if x == 2.0 { -1.6 } else { 0.0 * dz };"
)]
#[case::single_precision("ex_2_2", "let db = dz;", "let db = f64::from(dz as f32);")]
#[case::finite_difference_backward(
    "ex_2_2",
    "let dw = dz * x;",
    "let dw = (forward(x, w + 1e-5, b, y).loss - forward(x, w - 1e-5, b, y).loss) / 2e-5;"
)]
#[case::mean_over_inputs_too("ex_3_1", "x.nrows() as f64", "x.len() as f64")]
#[case::zero_gradients(
    "ex_3_1",
    "Gradients { da, dz, dw, db }",
    "Gradients { da, dz, dw, db: db * 0.0 }"
)]
#[case::only_the_first_bias(
    "ex_3_2",
    "Array2::zeros((x.nrows(), w.nrows())) + b",
    "Array2::from_elem((x.nrows(), w.nrows()), b[0])"
)]
#[case::single_precision_sum(
    "ex_3_2",
    "dz.sum_axis(Axis(0))",
    "dz.sum_axis(Axis(0)).mapv(|sum| f64::from(sum as f32))"
)]
#[case::shape_for_one_output_only("ex_3_2", "    (d_out, d_in)", "    (1, d_in + 0 * d_out)")]
fn a_wrong_solution_that_nobody_foresaw_does_not_pass(
    #[case] lesson: &str,
    #[case] from: &str,
    #[case] to: &str,
) {
    let lesson = graded(lesson, from, to);
    assert_eq!(lesson["verdict"], "failed", "{lesson:#}");
    assert!(lesson["score"].as_f64() < lesson["max_score"].as_f64());
}

#[rstest]
#[case::other_derivative("ex_2_2", "1.0 - a * a", "1.0 / (w * x + b).cosh().powi(2)")]
#[case::fused_multiply_add("ex_2_2", "w * x + b;", "w.mul_add(x, b);")]
#[case::other_square("ex_2_2", "0.5 * (a - y).powi(2)", "(a * a - 2.0 * a * y + y * y) / 2.0")]
#[case::dot("ex_3_2", "general_mat_mul(1.0, dz, w, 0.0, &mut dx);", "dx += &dz.dot(w);")]
#[case::sum_as_product("ex_3_2", "dz.sum_axis(Axis(0))", "Array1::ones(dz.nrows()).dot(dz)")]
fn a_right_solution_in_another_style_passes(
    #[case] lesson: &str,
    #[case] from: &str,
    #[case] to: &str,
) {
    let lesson = graded(lesson, from, to);
    assert_eq!(lesson["verdict"], "passed", "{lesson:#}");
}

#[test]
fn a_loop_is_pointed_out_where_a_lesson_wants_none() {
    let looping = "let mut db = Array1::zeros(1);\nfor row in dz.rows() { db[0] += row[0]; }";
    let lesson = graded("ex_3_1", "let db = dz.sum_axis(Axis(0));", looping);
    let says = messages(&lesson);
    assert_eq!(lesson["max_score"].as_f64().unwrap() - lesson["score"].as_f64().unwrap(), 1.0);
    assert!(says.contains("has a `for` loop"), "{says}");
}

#[test]
fn a_backward_pass_by_finite_differences_is_stopped_by_its_cost() {
    let sum = "let mut p = dw.clone();\nlet b = Array1::zeros(dz.ncols());\nlet at: Vec<_> = dw.indexed_iter().map(|(at, _)| at).collect();\nfor at in at {\np[at] = 1.0;\ndw[at] = (forward(x, &p, &b) * dz).sum();\np[at] = 0.0;\n}\ndw";
    let product = "general_mat_mul(1.0, &dz.t(), x, 0.0, &mut dw);\n    dw";
    let lesson = graded("ex_3_2", product, sum);
    let checks = lesson["checks"].as_array().unwrap();
    let cost = checks.iter().find(|check| check["kind"] == "cost").unwrap();
    assert_eq!(cost["verdict"], "timed_out", "{lesson:#}");
}
