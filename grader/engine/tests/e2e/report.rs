//! The JSON report keeps its published form.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Submission, changed, grader, is_confined, root, solution};

fn schema() -> Value {
    let file = root().join("docs/report.schema.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn conforms(report: &Value) -> bool {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is sound");
    validator.is_valid(report)
}

#[test]
fn reports_conform_to_the_published_schema() {
    let mistaken = changed("ex_90_1", "let db = dz;", "let db = dz * b;");
    let added = "general_mat_mul(1.0, &x.t(), dy, 1.0, gradient);";
    let mapped = changed("ex_90_2", added, &format!("{added} gradient[[0, 0]] += 1.0;"));
    let submissions = [
        Submission::empty(),
        Submission::empty().with_solution("ex_90_1"),
        Submission::empty().with("ex_90_1", mistaken),
        Submission::empty().with("ex_90_1", "syntax error"),
        Submission::empty().with("ex_90_1", "unsafe fn f() {}"),
        Submission::empty().with("ex_90_2", mapped),
    ];
    for submission in submissions {
        let (report, _) = submission.grade(&["ex_90_1", "ex_90_2"]);
        assert!(conforms(&report), "{report:#}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let (report, _) = Submission::empty().with_solution("ex_90_1").grade(&["ex_90_1"]);
    let changed = |pointer: &str, value: Value| {
        let mut changed = report.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    assert!(!conforms(&changed("/schema_version", json!(2))));
    assert!(!conforms(&changed("/lessons/0/verdict", json!("excellent"))));
    assert!(!conforms(&changed("/lessons/0/checks/0/kind", json!("guess"))));
    assert!(!conforms(&changed("/score", json!("10"))));
    assert!(!conforms(&json!({})));
}

#[test]
fn a_report_names_what_was_graded_and_how() {
    let first = Submission::empty().with_solution("ex_90_1");
    let (report, _) = first.grade(&["ex_90_1"]);
    assert_eq!(report["submission"], first.path());
    let sandboxes = ["landlock+seccomp", "landlock", "seccomp", "none"];
    assert!(sandboxes.iter().any(|sandbox| report["sandbox"] == *sandbox), "{}", report["sandbox"]);
    let backend = if cfg!(feature = "openblas") { "openblas" } else { "ndarray" };
    assert_eq!(report["gemm_backend"], backend);
    let second = Submission::empty().with("ex_90_1", solution("ex_90_1") + "\n");
    assert_ne!(report["submission_sha256"], second.grade(&["ex_90_1"]).0["submission_sha256"]);
}

#[test]
fn a_signed_report_is_believed_until_a_byte_of_it_changes() {
    if !is_confined() {
        return;
    }
    let submission = Submission::empty().with_solution("ex_90_1");
    let at = |name: &str| format!("{}/{name}", submission.path());
    let (report, key, public) = (at("report.json"), at("key"), at("key.pub"));
    let verify = || grader(&["verify-report", &report, "--key", &public]).status.code();
    assert_eq!(grader(&["new-key", &key]).status.code(), Some(0));
    assert_eq!(grader(&["new-key", &key]).status.code(), Some(2), "a key is never overwritten");
    let grade = ["grade", "ex_90_1", "--submission", submission.path(), "--format", "json"];
    let signed = ["--record", "--output", &report, "--sign", &key];
    let insecure = grader(&[&grade[..], &signed[..], &["--insecure"]].concat());
    let said = String::from_utf8_lossy(&insecure.stderr);
    assert!(insecure.status.code() == Some(2) && said.contains("cannot be used with"), "{said}");
    let with_public = ["--record", "--output", &report, "--sign", &public];
    let early = grader(&[&grade[..], &with_public].concat());
    let said = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(early.status.code() == Some(2) && said.contains("holds no secret key"), "{said}");
    assert!(!fs::exists(&report).unwrap(), "nothing is graded that cannot be signed");
    assert_eq!(grader(&[&grade[..], &signed[..]].concat()).status.code(), Some(0));
    assert_eq!(verify(), Some(0));

    let honest = fs::read_to_string(&report).unwrap();
    fs::write(&report, honest.replace("\"score\": 1.0", "\"score\": 9.0")).unwrap();
    assert_eq!(verify(), Some(2), "the score was changed");
    fs::write(&report, &honest).unwrap();
    assert_eq!(verify(), Some(0));
    assert_eq!(grader(&["new-key", &at("other")]).status.code(), Some(0));
    let other = grader(&["verify-report", &report, "--key", &at("other.pub")]);
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(2) && said.contains("not what was signed"), "{said}");
    let not_a_key = grader(&["verify-report", &report, "--key", &report]);
    assert!(String::from_utf8_lossy(&not_a_key.stderr).contains("failed to read a key"));
}

/// The graded formats beside JSON, made of the report that was kept.
#[test]
fn a_kept_report_is_written_in_other_forms_and_ends_like_its_grading() {
    let submission =
        Submission::empty().with_change("ex_90_1", "let db = dz;", "panic!(\"100 %\")");
    let report = format!("{}/report.json", submission.path());
    let grade = ["grade", "ex_90_1", "--submission", submission.path()];
    let graded = grader(&[&grade[..], &["--output", &report]].concat());
    assert_eq!(graded.status.code(), Some(1));
    for format in ["junit", "markdown", "github", "github-points", "gradescope", "csv"] {
        let kept = grader(&["render", &report, "--format", format]);
        let direct = grader(&[&grade[..], &["--format", format]].concat());
        let said = String::from_utf8_lossy(&kept.stdout);
        assert_eq!(said, String::from_utf8_lossy(&direct.stdout), "{format}");
        assert!(said.len() > 40 && kept.status.code() == Some(1), "{format}: {said}");
    }
    let file = format!("{}/ex_90_1/src/lib.rs", submission.path());
    let source = fs::read_to_string(&file).unwrap();
    let line = 1 + source.lines().position(|line| line.contains("panic!")).unwrap();
    let annotations = grader(&["render", &report, "--format", "github"]);
    let annotations = String::from_utf8_lossy(&annotations.stdout).into_owned();
    let place = format!("::error file={file},line={line},title=ex_90_1%3A ");
    assert!(annotations.starts_with(&place) && annotations.contains("100 %25"), "{annotations}");
}

#[test]
fn a_report_holds_the_line_that_a_lesson_stopped_at() {
    let places = |text: String| {
        let lesson = Submission::empty().with("ex_90_1", text).grade_one("ex_90_1");
        let checks = lesson["checks"].as_array().unwrap().clone();
        checks.into_iter().map(|mut check| check["place"].take()).collect::<Vec<_>>()
    };
    let line_of = |text: &str, part: &str| {
        let line = 1 + text.lines().position(|line| line.contains(part)).unwrap();
        json!({ "file": "src/lib.rs", "line": line })
    };
    for instead in ["let db = nothing;", "let db: f64 = unsafe { dz };"] {
        let text = changed("ex_90_1", "let db = dz;", instead);
        let place = line_of(&text, instead);
        assert!(places(text).iter().all(|it| *it == place), "{instead}");
    }
    let panics = changed("ex_90_1", "let db = dz;", "let db = [dz][z.to_bits() as usize];");
    let place = line_of(&panics, "to_bits");
    assert!(places(panics).contains(&place));
    let wrong = changed("ex_90_1", "let db = dz;", "let db = dz * b;");
    assert!(places(wrong).iter().all(Value::is_null));
}

#[test]
fn the_ending_of_a_file_says_how_it_is_written() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let at = |name: &str| format!("{}/{name}", submission.path());
    let report = at("report.json");
    let grade = ["grade", "ex_90_1", "--submission", submission.path(), "--output", &report];
    assert_eq!(grader(&grade).status.code(), Some(0));
    for (name, start) in [("a.xml", "<?xml"), ("a.md", "## 6 / 6 points"), ("a.html", "<!DOCTYPE")]
    {
        let written = grader(&["render", &report, "--output", &at(name)]);
        assert_eq!(written.status.code(), Some(0), "{name}");
        let text = fs::read_to_string(at(name)).unwrap();
        assert!(text.starts_with(start), "{name}: {text}");
    }
}

#[test]
fn what_is_no_report_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    fs::write(&file, "{\"score\": 10}").unwrap();
    let output = grader(&["render", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("it is no report"), "{said}");
    let output = grader(&["render", "/nowhere/b.json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("/nowhere/b.json"), "{said}");
}
