//! The composite action's way, script by script, as its `action.yml` runs them: with a learner's repository in
//! a temporary folder, and the files that GitHub's runner gives to a step.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

const GRADER: &str = env!("CARGO_BIN_EXE_grader");
const HOSTILE: &str = "::error file=x::owned\\n##[set-output name=score]99\\n[a](http://x) @all";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What a step wrote to standard output.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A runner, in the folder that it checked a learner's repository out to.
struct Runner {
    folder: TempDir,
}

impl Runner {
    fn new() -> Self {
        let runner = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(runner.path("learner/exercises")).unwrap();
        fs::create_dir(runner.path("temp")).unwrap();
        runner.answer(&format!("exec {GRADER} --workspace {} \"$@\"", root().display()));
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts these lines of a shell in the place of the script that grades.
    fn answer(&self, lines: &str) {
        let x = self.path("x");
        fs::write(&x, format!("#!/bin/sh\n{lines}\n")).unwrap();
        fs::set_permissions(x, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn hand_in(&self, lesson: &str, from: &str, to: &str) {
        let solution = root().join("solutions").join(lesson).join("src/lib.rs");
        let text = fs::read_to_string(solution).unwrap();
        assert!(text.contains(from), "{from}");
        let file = self.path("learner/exercises").join(lesson).join("src/lib.rs");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text.replace(from, to)).unwrap();
    }

    fn script(&self, name: &str, environment: &[(&str, &str)]) -> Command {
        let mut script = Command::new(root().join(".github/actions/grade").join(name));
        script.current_dir(self.path("learner")).env("RUNNER_TEMP", self.path("temp"));
        script.env("X", self.path("x")).env_remove("GRADER");
        for file in ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
            script.env(file, self.path(file));
        }
        script.envs(environment.iter().copied()).stderr(Stdio::inherit());
        script
    }

    /// The step “Grade” of these lessons, with nothing else chosen.
    fn grade(&self, lessons: &str, record: &str) -> Output {
        let inputs = [("SUBMISSION", "exercises"), ("LESSONS", lessons), ("RECORD", record)];
        self.script("grade.sh", &[&inputs[..], &[("SEED", "")]].concat()).output().unwrap()
    }

    fn report(&self) -> String {
        let output = self.script("report.sh", &[("ANNOTATE", "true")]).output().unwrap();
        assert!(output.status.success());
        said(&output)
    }

    /// Puts a program where `owner/course@v1` is released, and gives the server's address and its SHA-256.
    fn release(&self, program: &[u8]) -> (String, String) {
        let system = ["-s", "-m"].map(|option| {
            let output = Command::new("uname").arg(option).output().unwrap();
            said(&output).trim().to_owned()
        });
        let release = self.path("server/owner/course/releases/download/v1");
        fs::create_dir_all(&release).unwrap();
        let file = release.join(format!("grader-{}-{}", system[0].to_lowercase(), system[1]));
        fs::write(&file, program).unwrap();
        let sum = Command::new("sha256sum").arg(file).output().unwrap();
        (format!("file://{}", self.path("server").display()), said(&sum)[..64].to_owned())
    }

    fn written(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_default()
    }
}

/// The lines that GitHub's runner obeys: those that no `stop-commands` covers.
fn commands(log: &str) -> Vec<&str> {
    let (mut commands, mut stopped) = (Vec::new(), None);
    for line in log.lines().map(str::trim_start) {
        match stopped {
            Some(token) if line == format!("::{token}::") => stopped = None,
            Some(_) => (),
            None => {
                stopped = line.strip_prefix("::stop-commands::");
                let obeys = line.starts_with("::") || line.contains("##[");
                if obeys && stopped.is_none() {
                    commands.push(line);
                }
            }
        }
    }
    assert_eq!(stopped, None, "commands are obeyed again in the end");
    commands
}

#[test]
fn a_mistaken_and_hostile_submission_is_graded_and_steers_nothing() {
    let runner = Runner::new();
    let lesson = "ex_2_2";
    runner.hand_in(
        lesson,
        "let db = dz;",
        &format!("let db = {{ println!(\"{HOSTILE}\"); dz * b }};"),
    );
    let graded = runner.grade(lesson, "false");
    assert!(graded.status.success(), "points that are missing are no failure: {}", said(&graded));
    assert_eq!(commands(&said(&graded)), [""; 0]);

    let log = runner.report();
    let annotations = commands(&log);
    let file = format!("::error file=exercises/{lesson}/src/lib.rs,line=");
    assert!(annotations.len() == 1 && annotations[0].starts_with(&file), "{log}");
    let summary = runner.written("GITHUB_STEP_SUMMARY");
    assert!(summary.starts_with("## 7 / 10 points\n"), "{summary}");
    assert!(
        summary.contains("bias_gradient_times_b") && summary.contains("\\u{3a}:error"),
        "{summary}"
    );
    let outputs = runner.written("GITHUB_OUTPUT");
    let mut lines = outputs.lines();
    assert_eq!(
        lines.by_ref().take(3).collect::<Vec<_>>(),
        ["score=7.0", "max-score=10.0", "complete=false"]
    );
    assert!(lines.next().unwrap().starts_with("points=eyJ") && lines.next().is_none(), "{outputs}");
    assert!(fs::metadata(runner.path("temp/gradlings/report.json")).unwrap().len() > 1000);
}

/// A learner's push: the handout with its own action, and a grader that was released.
#[test]
fn a_handout_is_graded_by_the_action_that_is_in_it() {
    let runner = Runner::new();
    // Its place is the same in every run, so that what learner code is linked against is built once.
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let handout = tmp.join("pushed");
    let _ = fs::remove_dir_all(&handout);
    let mut made = Command::new(GRADER);
    made.current_dir(root()).args(["handout", "--allow-dirty", "--lessons", "ex_1_1", "--out"]);
    assert!(made.arg(&handout).output().unwrap().status.success());
    let file = handout.join("exercises/ex_1_1/src/lib.rs");
    fs::copy(root().join("solutions/ex_1_1/src/lib.rs"), file).unwrap();

    let (server, sum) = runner.release(&fs::read(GRADER).unwrap());
    let step = |script: &str, inputs: &[(&str, &str)]| {
        let mut step = Command::new(handout.join(".github/actions/grade").join(script));
        let of_runner = runner.script(script, inputs);
        step.envs(of_runner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        step.env("X", "./x").env("CARGO_TARGET_DIR", tmp.join("pushed-target"));
        let environment = runner.written("GITHUB_ENV");
        if let Some(grader) = environment.trim_end().strip_prefix("GRADER=") {
            step.env("GRADER", grader);
        }
        step.current_dir(&handout).output().unwrap()
    };
    let release =
        [("RELEASE", "owner/course@v1"), ("SHA256", &sum), ("GITHUB_SERVER_URL", &server)];
    assert!(step("fetch.sh", &release).status.success());
    let inputs = [("SUBMISSION", "exercises"), ("LESSONS", ""), ("RECORD", "false"), ("SEED", "")];
    let graded = step("grade.sh", &inputs);
    assert!(graded.status.success(), "{}", String::from_utf8_lossy(&graded.stderr));
    assert!(step("report.sh", &[("ANNOTATE", "true")]).status.success());
    let outputs = runner.written("GITHUB_OUTPUT");
    assert!(outputs.starts_with("score=10.0\nmax-score=10.0\ncomplete=true\n"), "{outputs}");
    let official = [("SUBMISSION", "exercises"), ("LESSONS", ""), ("RECORD", "true"), ("SEED", "")];
    assert_eq!(step("grade.sh", &official).status.code(), Some(2), "practice is never official");
}

/// What a learner's workspace lets cargo print is covered too.
#[test]
fn a_grader_that_prints_commands_is_not_obeyed() {
    let runner = Runner::new();
    runner.answer("echo '::set-output name=score::99'; echo '::stop-commands::mine'; exit 2");
    let graded = runner.grade("ex_1_1", "false");
    assert_eq!((graded.status.code(), commands(&said(&graded))), (Some(2), Vec::new()));
    assert_eq!(runner.report(), "");
    assert!(runner.written("GITHUB_STEP_SUMMARY").starts_with("## Nothing was graded\n"));
    assert_eq!(runner.written("GITHUB_OUTPUT"), "", "no score is no zero");
}

#[test]
fn where_not_everything_was_graded_there_is_no_score() {
    let runner = Runner::new();
    runner.hand_in("ex_1_1", "", "");
    assert!(runner.grade("ex_1_1", "false").status.success());
    let report = runner.path("temp/gradlings/report.json");
    let text = fs::read_to_string(&report).unwrap();
    fs::write(&report, text.replacen("\"passed\"", "\"not_graded\"", 2)).unwrap();
    runner.report();
    let outputs = runner.written("GITHUB_OUTPUT");
    assert!(outputs.starts_with("score=\nmax-score=10.0\ncomplete=false\n"), "{outputs}");
}

#[test]
fn a_strange_input_is_refused() {
    let runner = Runner::new();
    assert_eq!(runner.grade("ex_1_1", "yes").status.code(), Some(2));
    assert_eq!(runner.grade("ex_99_9", "false").status.code(), Some(2));
}

#[test]
fn a_released_grader_is_run_only_if_it_is_the_one_that_was_pinned() {
    let runner = Runner::new();
    let (server, sum) = runner.release(b"#!/bin/sh\necho hello\n");
    let fetch = |release: &str, sum: &str| {
        let inputs = [("RELEASE", release), ("SHA256", sum), ("GITHUB_SERVER_URL", &server)];
        runner.script("fetch.sh", &inputs).output().unwrap().status.code()
    };
    for wrong in [("owner/course@v1", &"0".repeat(64)), ("owner/course@v1", &String::new())] {
        assert_eq!(fetch(wrong.0, wrong.1), Some(2), "{wrong:?}");
    }
    for strange in ["owner/course@v2", "owner/course", "../../etc@v1", "owner/course@v1;ls"] {
        assert_eq!(fetch(strange, &sum), Some(2), "{strange}");
    }
    assert_eq!(runner.written("GITHUB_ENV"), "");
    assert_eq!(fetch("owner/course@v1", &sum), Some(0));
    let environment = runner.written("GITHUB_ENV");
    let fetched = environment.trim_end().strip_prefix("GRADER=").unwrap();
    assert_eq!(said(&Command::new(fetched).output().unwrap()), "hello\n");
}

fn learners(runner: &Runner, list: &str) -> (Option<i32>, String) {
    let _ = fs::remove_file(runner.path("GITHUB_OUTPUT"));
    let input = runner.path("list");
    fs::write(&input, list).unwrap();
    let mut script = runner.script("learners.sh", &[]);
    let output = script.stdin(fs::File::open(input).unwrap()).output().unwrap();
    (output.status.code(), runner.written("GITHUB_OUTPUT"))
}

#[test]
fn the_points_of_a_class_are_collected_and_nobody_is_left_out() {
    let runner = Runner::new();
    let (ended, outputs) = learners(&runner, "# a class\r\no/ann\r\no/bob\n\no/cyd \n");
    assert_eq!(ended, Some(0));
    let list = outputs.trim_end().strip_prefix("learners=").unwrap();
    let parsed: serde_json::Value = serde_json::from_str(list).unwrap();
    assert_eq!(parsed[2]["repository"], "o/cyd");
    assert_eq!(parsed[0]["artifact"], "report-o+ann");
    for (name, verdict) in [("ann", "passed"), ("bob", "not_graded")] {
        let folder = runner.path("learner/reports").join(format!("report-o+{name}"));
        fs::create_dir_all(&folder).unwrap();
        let report = format!(
            "{{\n  \"score\": 3.5,\n  \"max_score\": 9.0,\n  \"lessons\": [\n    {{\n      \"verdict\": \"{verdict}\",\n"
        );
        fs::write(folder.join("report.json"), report).unwrap();
    }
    let collected = runner.script("collect.sh", &[("LEARNERS", list)]).arg("reports").status();
    assert!(collected.unwrap().success());
    let grades = runner.written("learner/grades.csv");
    let rows: Vec<_> = grades.lines().skip(1).collect();
    assert_eq!(rows, ["o/ann,3.5,9.0,graded", "o/bob,,9.0,not all graded", "o/cyd,,,not graded"]);
    let summary = runner.written("GITHUB_STEP_SUMMARY");
    assert!(summary.contains("| `o/ann` | 3.5 / 9.0 | graded |\n"), "{summary}");
}

#[test]
fn a_list_of_learners_that_cannot_be_right_is_refused() {
    let runner = Runner::new();
    let many: String = (0..257).map(|at| format!("o/{at}\n")).collect();
    for wrong in ["", "\n# none\n", "o/a;b\n", "a\n", "o/a\no/a\n", "$(x)/y\n", &many] {
        let (ended, outputs) = learners(&runner, wrong);
        assert_eq!((ended, outputs.as_str()), (Some(2), ""), "{wrong}");
    }
}

/// Every script of the action is one that a step runs, or a workflow.
#[test]
fn the_scripts_that_were_tested_are_those_that_run() {
    let action = root().join(".github/actions/grade");
    let workflows = root().join(".github/workflows/grade-class.yml");
    let texts = [action.join("action.yml"), workflows].map(|it| fs::read_to_string(it).unwrap());
    for entry in fs::read_dir(action).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let runs = texts.iter().any(|text| text.contains(&format!("/{name}")));
        assert!(runs || name == "action.yml", "{name}");
    }
}
