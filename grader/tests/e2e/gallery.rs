//! The gallery of messages: wrong submissions that the lessons' mistakes do not foresee, or that
//! combine two, and what their authors read.
//!
//! `docs/gallery.md` is what the grader says of them today. After a change of wording:
//!
//! ```text
//! GRADLINGS_GALLERY=write cargo test -p grader --test e2e gallery
//! ```

use std::{fmt::Write, fs};

use crate::submission::{Submission, root, solution};

/// A wrong submission: the lesson, what is wrong, and the changes to the solution.
type Picture = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const PICTURES: [Picture; 20] = [
    (
        "ex_2_1",
        "tanh′ taken as 1 − a",
        &[("0.560_042_923_933_28,\n    }\n}\n\n/// dL/dw", "0.383_035_6,\n    }\n}\n\n/// dL/dw")],
    ),
    ("ex_2_1", "a sign of y lost in the loss", &[("0.253_555_422_832_04", "0.022_496_8")]),
    ("ex_2_2", "another squashing function", &[("z.tanh()", "z / (1.0 + z.abs())")]),
    ("ex_2_2", "1 + a² for 1 − a²", &[("1.0 - a * a", "1.0 + a * a")]),
    (
        "ex_2_2",
        "the 2 of the square kept in dL/da",
        &[("let da = a - y;", "let da = 2.0 * (a - y);")],
    ),
    ("ex_2_2", "the weight in the place of the input", &[("let dw = dz * x;", "let dw = dz * w;")]),
    (
        "ex_2_2",
        "two bugs: no ½ in the loss, and no x in dL/dw",
        &[("0.5 * (a - y)", "(a - y)"), ("let dw = dz * x;", "let dw = dz;")],
    ),
    (
        "ex_2_2",
        "two bugs: no bias in z, and dL/db times b",
        &[("w * x + b", "w * x"), ("let db = dz;", "let db = dz * b;")],
    ),
    (
        "ex_2_4",
        "the distance of the central difference doubled",
        &[("/ (2.0 * epsilon)\n}\n\n/// The gradient", "/ (4.0 * epsilon)\n}\n\n/// The gradient")],
    ),
    (
        "ex_2_4",
        "a baseline call for every parameter",
        &[("        let ahead = f(&point);", "        f(theta);\n        let ahead = f(&point);")],
    ),
    ("ex_2_4", "a large central step", &[("f64::EPSILON.cbrt()", "1e-2")]),
    (
        "ex_2_4",
        "two bugs: the sides swapped, and the error by the sum",
        &[
            (
                "(f(theta + epsilon) - f(theta)) / epsilon\n}\n\n/// The central",
                "(f(theta) - f(theta + epsilon)) / epsilon\n}\n\n/// The central",
            ),
            ("analytic.abs().max(numeric.abs())", "analytic.abs() + numeric.abs()"),
        ],
    ),
    (
        "ex_3_1",
        "no bias",
        &[(
            "Array2::zeros((x.nrows(), w.nrows())) + b",
            "Array2::zeros((x.nrows(), w.nrows())) + 0.0 * b",
        )],
    ),
    ("ex_3_1", "the absolute error for the squared one", &[("(&a - y).pow2()", "(&a - y).abs()")]),
    (
        "ex_3_1",
        "dL/db averaged once more",
        &[("dz.sum_axis(Axis(0))", "dz.mean_axis(Axis(0)).unwrap()")],
    ),
    (
        "ex_3_1",
        "two bugs: no mean in the loss, and 1 + A²",
        &[
            (".sum() / x.nrows() as f64", ".sum()"),
            ("(1.0 - forward.a.pow2())", "(1.0 + forward.a.pow2())"),
        ],
    ),
    (
        "ex_3_2",
        "the bias subtracted",
        &[("(x.nrows(), w.nrows())) + b", "(x.nrows(), w.nrows())) - b")],
    ),
    ("ex_3_2", "dL/dX doubled", &[("general_mat_mul(1.0, dz, w", "general_mat_mul(2.0, dz, w")]),
    (
        "ex_3_2",
        "dL/dW summed over one sample only",
        &[(
            "general_mat_mul(1.0, &dz.t(), x, 0.0, &mut dw);",
            "general_mat_mul(1.0, &dz.slice(ndarray::s![..1, ..]).t(), &x.slice(ndarray::s![..1, ..]), 0.0, &mut dw);",
        )],
    ),
    (
        "ex_3_2",
        "two bugs: dL/dW with the wrong sign, and dL/db a mean",
        &[
            ("general_mat_mul(1.0, &dz.t()", "general_mat_mul(-1.0, &dz.t()"),
            ("dz.sum_axis(Axis(0))", "dz.mean_axis(Axis(0)).unwrap()"),
        ],
    ),
];

#[test]
fn the_gallery_shows_what_the_grader_says() {
    let gallery: String = PICTURES.iter().map(picture).collect();
    let page = root().join("docs/gallery.md");
    let text = fs::read_to_string(&page).unwrap_or_default();
    let (preface, shown) = text.split_once("\n## ").unwrap_or((&text, ""));
    if std::env::var("GRADLINGS_GALLERY").is_ok_and(|value| value == "write") {
        fs::write(&page, format!("{}\n{gallery}", preface.trim_end())).unwrap();
        return;
    }
    assert_eq!(format!("\n## {shown}"), gallery);
}

#[test]
fn no_message_of_a_hidden_check_shows_an_input_or_an_expected_value() {
    let mut seen = 0;
    for picture in &PICTURES {
        let submission = submission(picture);
        let (plain, revealed) = (submission.grade_one(picture.0), submission.reveal_one(picture.0));
        let checks = plain["checks"].as_array().unwrap().iter();
        for (plain, revealed) in checks.zip(revealed["checks"].as_array().unwrap()) {
            let message = plain["message"].as_str().unwrap();
            let hidden = revealed["message"].as_str().unwrap().replacen(message, "", 1);
            if plain["visibility"] == "hidden" {
                let values = numbers(&hidden);
                seen += values.len();
                assert!(!values.iter().any(|value| message.contains(value)), "{message}\n{hidden}");
            }
        }
    }
    assert!(seen > 100, "the revealed texts hold numbers to look for");
}

/// The numbers in a text that are too long to be there by chance.
fn numbers(text: &str) -> Vec<&str> {
    let words = text.split(|it: char| !it.is_ascii_digit() && !"+-.e".contains(it));
    words.filter(|word| word.len() >= 5 && word.parse::<f64>().is_ok()).collect()
}

fn submission((lesson, title, changes): &Picture) -> Submission {
    let mut text = solution(lesson);
    for (from, to) in *changes {
        assert!(text.contains(from), "{title}: the text to change is gone");
        text = text.replacen(from, to, 1);
    }
    Submission::empty().with(lesson, text)
}

/// One submission and its messages, as Markdown.
fn picture(picture: &Picture) -> String {
    let (lesson, title, _) = picture;
    let report = submission(picture).grade_one(lesson);
    assert_eq!(report["verdict"], "failed", "{title}: {report:#}");
    let mut page = format!("\n## {lesson}: {title}\n\n");
    for check in report["checks"].as_array().unwrap() {
        let string = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        if !["passed", "skipped"].contains(&check["verdict"].as_str().unwrap()) {
            let (name, message) = (string(&check["title"]), string(&check["message"]));
            let _ = writeln!(page, "- **{name}**: {}", message.replace('\n', "\n      "));
        }
        if !check["diagnosis"].is_null() {
            let diagnosis = &check["diagnosis"];
            let (mistake, why) = (string(&diagnosis["mistake"]), string(&diagnosis["explanation"]));
            let _ = writeln!(page, "  - `{mistake}`: {why}");
        }
    }
    page
}
