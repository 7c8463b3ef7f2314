//! `./x` on machines of every kind: it runs a copy of the script with a cargo, a compiler and a package
//! manager that only take notes.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// Builds a grader that says how it was called, where the configuration wants it.
const CARGO: &str = r#"
echo "$* panic=${CARGO_PROFILE_DEV_PANIC-} target=${CARGO_BUILD_TARGET-}" >> "$NOTES/cargo"
case $* in *programs*) echo 'warning: of a learner' >&2 ;; esac
sleep 0.2
folder=${CONFIGURED:-${CARGO_TARGET_DIR:-$PWD/target}}/debug
mkdir -p "$folder"
printf '#!/bin/sh\necho "$PWD: $*"\n' > "$folder/grader"
chmod +x "$folder/grader"
echo '{"reason":"compiler-artifact","executable":null}'
printf '{"reason":"compiler-artifact","executable":"%s"}\n' "$folder/grader"
"#;

/// Says its version, and where it was asked.
const RUSTC: &str = r#"
pwd >> "$NOTES/rustc"
echo "rustc ${RUSTC_VERSION:-99.0.0} (of a test)"
"#;

const NO_OPENBLAS: &str = "exit 1";
const NOTES: &str = r#"echo "$0 $*" >> "$NOTES/installed""#;

/// A workspace of nothing but `x`, and the programs that it finds.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["course/exercises", "course/solutions", "course/grader", "bin", "notes"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        let x = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("x");
        fs::copy(x, machine.path("course/x")).unwrap();
        fs::write(machine.path("course/Cargo.toml"), "rust-version = \"1.95\"\n").unwrap();
        fs::write(machine.path("course/Cargo.lock"), "").unwrap();
        let programs = [
            ("cargo", CARGO),
            ("rustc", RUSTC),
            ("cc", NO_OPENBLAS),
            ("apt-get", NOTES),
            ("sudo", NOTES),
        ];
        for (name, text) in programs {
            let file = machine.path("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        // As the script sees it: the folder for drafts may be a link.
        fs::canonicalize(self.folder.path()).unwrap().join(name)
    }

    /// `./x grade`, which a test may start elsewhere and otherwise.
    fn grade(&self) -> Command {
        self.x("grade", "course/x")
    }

    /// A command of the script, by this path.
    fn x(&self, command: &str, script: &str) -> Command {
        let mut x = Command::new(self.path(script));
        x.current_dir(self.path("course")).env_clear().env("NOTES", self.path("notes"));
        x.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        x.arg(command).stdout(Stdio::piped()).stderr(Stdio::piped());
        x
    }

    fn notes(&self, name: &str) -> String {
        fs::read_to_string(self.path("notes").join(name)).unwrap_or_default()
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// The grader was started by `./x grade` in this folder.
fn assert_graded(machine: &Machine, output: &Output, folder: &str) {
    let folder = machine.path(folder);
    let wanted =
        format!("{}: --workspace {} grade", folder.display(), machine.path("course").display());
    assert!(output.status.success() && said(output).contains(&wanted), "{}", said(output));
}

#[test]
fn runs_that_start_together_build_once() {
    let machine = Machine::new();
    let runs = [(); 4].map(|()| machine.grade().spawn().unwrap());
    for run in runs {
        assert_graded(&machine, &run.wait_with_output().unwrap(), "course");
    }
    assert_eq!(machine.notes("cargo").lines().count(), 1, "{}", machine.notes("cargo"));
}

#[test]
fn the_grader_is_found_where_cargo_puts_it() {
    let configured = Machine::new();
    let output = configured.grade().env("CONFIGURED", configured.path("elsewhere")).output();
    assert_graded(&configured, &output.unwrap(), "course");
    for variable in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        let machine = Machine::new();
        let output = machine.grade().env(variable, machine.path("elsewhere")).output().unwrap();
        assert_graded(&machine, &output, "course");
        assert!(machine.path("elsewhere/gradlings/grader").exists(), "{variable}");
        assert!(!machine.path("course/target").exists(), "{variable}");
    }
}

/// They are built each time, and start where `./x` was started: the files that they are given are there.
#[test]
fn programs_run_what_a_learner_wrote_or_the_solutions() {
    let machine = Machine::new();
    for (option, package) in [("--text=a", "programs"), ("--reference", "reference")] {
        let mut x = machine.x("corpus", "course/x");
        let output = x.arg(option).current_dir(machine.path("notes")).output().unwrap();
        let started = format!("{}: corpus {option}\n", machine.path("notes").display());
        assert!(said(&output).starts_with(&started), "{}", said(&output));
        assert!(!said(&output).contains("warning"), "{}", said(&output));
        let notes = machine.notes("cargo");
        let built = format!("build --quiet --profile programs --package {package} ");
        assert!(notes.lines().last().unwrap().starts_with(&built), "{notes}");
    }
}

/// The programs take none of its words.
#[test]
fn every_command_of_the_grader_reaches_it() {
    let help = Command::new(env!("CARGO_BIN_EXE_grader")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).and_then(|it| it.split("Options:").next());
    let words = commands.unwrap().lines().filter_map(|line| line.split_whitespace().next());
    // Those for a class are in another build of it.
    let of_a_class = ["batch", "merge", "export", "amend", "learner", "clean"];
    let machine = Machine::new();
    for word in words.chain(of_a_class) {
        let output = machine.x(word, "course/x").output().unwrap();
        let wanted = format!("--workspace {} {word}\n", machine.path("course").display());
        assert!(said(&output).contains(&wanted), "{word}: {}", said(&output));
    }
}

#[test]
fn a_program_that_cannot_be_built_is_not_run() {
    let machine = Machine::new();
    fs::write(
        machine.path("bin/cargo"),
        "#!/bin/sh\necho 'error: no such function' >&2; exit 101\n",
    )
    .unwrap();
    let output = machine.x("corpus", "course/x").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).ends_with("error: no such function\n"), "{}", said(&output));
}

#[test]
fn cargo_builds_for_this_machine_and_panics_unwind() {
    let machine = Machine::new();
    let mut grade = machine.grade();
    grade.env("CARGO_PROFILE_DEV_PANIC", "abort").env("CARGO_BUILD_TARGET", "wasm32-wasip1");
    assert_graded(&machine, &grade.output().unwrap(), "course");
    let notes = machine.notes("cargo");
    assert!(notes.ends_with("panic=unwind target=\n"), "{notes}");
}

#[test]
fn it_works_from_any_folder_and_through_links() {
    let machine = Machine::new();
    let output = machine.grade().current_dir(machine.path("course/exercises")).output().unwrap();
    assert_graded(&machine, &output, "course/exercises");
    fs::create_dir(machine.path("links")).unwrap();
    symlink("../course/x", machine.path("links/x")).unwrap();
    symlink(machine.path("links/x"), machine.path("bin/x")).unwrap();
    let output = machine.x("grade", "bin/x").current_dir(machine.path("notes")).output();
    assert_graded(&machine, &output.unwrap(), "notes");
}

#[test]
fn an_old_compiler_is_named_with_the_one_that_is_needed() {
    let machine = Machine::new();
    let output = machine.grade().env("RUSTC_VERSION", "1.85.1").output().unwrap();
    let message = said(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("needs Rust 1.95, you have 1.85.1"), "{message}");
    assert_eq!(machine.notes("cargo"), "");
}

/// A folder with a submission may hold a toolchain of its own.
#[test]
fn the_compiler_is_asked_in_the_workspace() {
    let machine = Machine::new();
    machine.grade().current_dir(machine.path("notes")).output().unwrap();
    assert_eq!(machine.notes("rustc").trim(), machine.path("course").to_str().unwrap());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let machine = Machine::new();
    let output = machine.grade().env("CARGO_TARGET_DIR", "/proc/nowhere").output().unwrap();
    let message = said(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("/proc/nowhere") && message.contains("CARGO_TARGET_DIR"), "{message}");
}

#[test]
fn nothing_is_installed_unless_asked_for() {
    let machine = Machine::new();
    let ends_well = |command| machine.x(command, "course/x").output().unwrap().status.success();
    assert!(ends_well("grade") && ends_well("test"));
    assert_eq!(machine.notes("installed"), "");
    assert!(!ends_well("setup"));
    assert!(
        machine.notes("installed").contains("libopenblas-dev"),
        "{}",
        machine.notes("installed")
    );
}
