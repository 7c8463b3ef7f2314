//! Pages, opened in a browser as a person opens them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    browser::{Browser, LOOKS},
    support::{Submission, changed, command, course, grader, program, solution},
};

const HOSTILE: &str = "</pre></td></title></style><script>document.title = ''</script>\
    <img src=https://example.org/x onerror=alert(1)>\u{202e}\u{1b}[2J";

/// A folder with the pages to look at.
struct Pages {
    folder: TempDir,
}

impl Pages {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a report, and the page that the grader makes of it.
    fn render(&self, name: &str, report: &Value) -> PathBuf {
        let file = self.path(&format!("{name}.json"));
        fs::write(&file, report.to_string()).unwrap();
        let page = self.path(&format!("{name}.html"));
        let [file, written] = [&file, &page].map(|it| it.to_str().unwrap());
        let output = grader(&["render", file, "--output", written]);
        assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
        page
    }
}

/// Nothing is wrong with a page, however it is looked at.
#[track_caller]
fn assert_right(browser: &mut Browser, page: &Path) {
    let name = page.file_stem().unwrap().to_str().unwrap();
    for look in LOOKS {
        let found = browser.examine(page, look);
        browser.picture(&format!("{name}-{}-{}-{}", look.width, look.scheme, look.media));
        assert!(found.is_empty(), "{name}, {look:?}: {found:#?}");
    }
}

/// A report with everything that a page draws: a map of a gradient, a curve, a diagnosis, prints.
fn mistaken() -> Value {
    let added = "general_mat_mul(1.0, &x.t(), dy, 1.0, gradient);";
    let wrong = format!("{added} gradient[[0, 0]] += 1.0; println!(\"{{gradient}}\");");
    let submission = Submission::empty()
        .with("ex_90_2", changed("ex_90_2", added, &wrong))
        .with_change("ex_90_1", "let db = dz;", "let db = dz * b;");
    let (mut report, _) = submission.grade(&["ex_90_1", "ex_90_2"]);
    let maps = report.pointer("/lessons/1/checks/2/maps/0/rows");
    assert_eq!(maps, Some(&json!(["█··", "···", "···"])), "{report:#}");
    let points: Vec<_> = (0..200).map(|epoch| json!([epoch, 1.0 / f64::from(epoch + 1)])).collect();
    report["lessons"][0]["checks"][0]["curve"] = json!({ "title": "moons", "points": points });
    let cells = ["·", "░", "▒", "█", "!"];
    let row = |at: usize| (0..64).map(|column| cells[(at + column / 7) % 5]).collect::<String>();
    let rows: Vec<_> = (0..24).map(row).collect();
    let map = json!({ "gradient": "dL/dW", "shape": [48, 128], "pooled": [2, 2], "rows": rows });
    report["lessons"][1]["checks"][2]["maps"].as_array_mut().unwrap().push(map);
    report
}

/// The same, in the words of a learner who wants to be read as something else.
fn hostile(report: &Value) -> Value {
    let mut report = report.clone();
    report["submission"] = json!(HOSTILE.repeat(3));
    for lesson in report["lessons"].as_array_mut().unwrap() {
        lesson["output"] = json!(format!("{HOSTILE}{}\n", "x".repeat(3000)).repeat(9));
        for check in lesson["checks"].as_array_mut().unwrap() {
            check["verdict"] = json!("failed");
            check["message"] = json!(HOSTILE.repeat(20));
            check["formula"] = json!("y".repeat(3000));
            check["place"] = json!({ "file": HOSTILE, "line": 4_000_000_000_u32 });
            check["diagnosis"] = json!({ "mistake": HOSTILE, "explanation": "z".repeat(3000) });
        }
    }
    report
}

/// As many lessons, every third of them passed.
fn course_of(report: &Value, lessons: usize) -> Value {
    let mut report = report.clone();
    let one = report["lessons"][1].clone();
    let lesson = |at: usize| {
        let mut lesson = one.clone();
        lesson["id"] = json!(format!("ex_{}_{}", 1 + at / 4, 1 + at % 4));
        if at.is_multiple_of(3) {
            (lesson["verdict"], lesson["score"]) = (json!("passed"), lesson["max_score"].clone());
        }
        lesson
    };
    report["lessons"] = (0..lessons).map(lesson).collect();
    report
}

#[test]
fn reports_look_right_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let pages = Pages::new();
    let right = Submission::empty().with_solution("ex_90_1").grade(&["ex_90_1"]).0;
    let broken = changed("ex_90_1", "let db = dz;", "let db: bool = dz * missing;");
    let broken = Submission::empty().with("ex_90_1", broken).grade(&["ex_90_1"]).0;
    let mistaken = mistaken();
    for (name, report) in [
        ("right", &right),
        ("broken", &broken),
        ("mistaken", &mistaken),
        ("hostile", &hostile(&mistaken)),
        ("twelve", &course_of(&mistaken, 12)),
    ] {
        assert_right(&mut browser, &pages.render(name, report));
    }
}

#[test]
fn the_page_of_a_class_looks_right_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let pages = Pages::new();
    let settings = "name = \"Tiny\"\nroster = \"roster.csv\"\n\n[[assignment]]\nid = \"week-1\"\n\
        lessons = [\"ex_90_1\"]\nseed = 7\n";
    fs::write(pages.path("course.toml"), settings).unwrap();
    fs::write(pages.path("roster.csv"), format!("id,name\nada,Ada\nbob,{HOSTILE:?}\ncy,Cy\n"))
        .unwrap();
    let wrong = changed("ex_90_1", "let db = dz;", "let db = b * dz;");
    for (learner, text) in [("ada", solution("ex_90_1")), ("bob", wrong)] {
        let src = pages.path("in").join(learner).join("ex_90_1/src");
        fs::create_dir_all(&src).unwrap();
        fs::write(src.join("lib.rs"), text).unwrap();
    }
    let mut batch = command(program(), pages.folder.path());
    batch.arg("--workspace").arg(course()).args(["batch", "--class", "course.toml", "in"]);
    let output = batch.args(["--out", "out", "--insecure"]).output().unwrap();
    assert!(pages.path("out/class.html").exists(), "{}", String::from_utf8_lossy(&output.stderr));
    for page in ["out/class.html", "out/reports/week-1/bob.html"] {
        assert_right(&mut browser, &pages.path(page));
    }
}

/// The test of the tests above: each fault is found.
#[test]
fn the_browser_finds_what_is_wrong_with_a_page() {
    let Some(mut browser) = Browser::start() else { return };
    let pages = Pages::new();
    let [phone, .., paper] = LOOKS;
    let found = |browser: &mut Browser, body: &str, look| {
        let page = pages.path("faulty.html");
        let head = "<!DOCTYPE html><html lang=en>\
            <meta name=viewport content='width=device-width'><title>faulty</title><h1>Faulty</h1>";
        fs::write(&page, format!("{head}{body}")).unwrap();
        browser.examine(&page, look).join("\n")
    };
    assert_eq!(found(&mut browser, "<p>Nothing is wrong here.</p>", phone), "");
    let folded = found(&mut browser, "<details><summary>x</summary><p>y</p></details>", paper);
    assert!(folded.contains("closed details are not printed"), "{folded}");
    for (body, fault) in [
        ("<script>throw Error('no')</script>", "exception: "),
        ("<script>console.log('no')</script>", "console: "),
        ("<img alt='' src='http://127.0.0.1:9/x'>", "request: \"http://127.0.0.1:9/x\""),
        ("<div style='width: 500px'>wide</div>", "overflow as it opens: "),
        (
            "<details><div style='width: 500px'>wide</div></details>",
            "overflow with all details open",
        ),
        ("<p style='color: #888'>quiet</p>", "contrast 3.54 < 4.5: <p> quiet"),
        ("<div style='background: #fff8'><p style='color: #00000080'>x</p></div>", "contrast 3.9"),
        ("<h3>deep</h3>", "h3 follows h1"),
        ("<h1>second</h1>", "headings: 1,1"),
        ("<table><tr><td>x</td></tr></table>", "a table has no header"),
        ("<table><thead><tr><th>x</th></tr></thead></table>", "a header has no scope: x"),
        ("<svg></svg>", "a drawing has no name"),
        ("<p id=a>x</p><p id=a>x</p>", "the id a is there twice"),
        ("<a href='#b'>x</a>", "a link to nowhere: #b"),
    ] {
        let all = found(&mut browser, body, phone);
        assert!(all.contains(fault), "{fault}: {all}");
    }
}
