//! The compiler's messages, as a learner can use them.

use std::collections::BTreeSet;

use crate::report::Place;

/// What rustc says when its stack is full, before many lines of its own inner life.
const OVERFLOW: &str = "rustc interrupted by SIGSEGV";
const NESTED: &str = "rustc ran out of stack. Is something nested hundreds of levels deep, or does a macro \
    or a type contain itself?";

/// What rustc says when a crate's root has a second function that makes it a program.
const TWO_MAINS: &str = "the name `main` is defined multiple times";

/// How rustc begins to name a crate that it was not given; the name and a grave accent follow.
const NO_CRATE: [&str; 2] = ["unresolved module or unlinked crate `", "can't find crate for `"];
/// What it then adds, which is right under Cargo alone.
const ADD_IT: &str = "= help: you might be missing a crate named";

/// How rustc begins to say that what should be handed on to others is not public; the name follows, and one
/// of the reasons.
const NOT_HANDED_ON: [&str; 2] = ["error[E0364]: `", "error[E0365]: `"];
const NOT_PUBLIC: [&str; 2] = ["` is private", "` is only public within the crate"];

/// Where rustc says that the sources of the standard library are, before a folder of its version.
const STANDARD_LIBRARY: &str = "/rustc/";

/// How a file beside `src` is named that belongs to the crate.
const BESIDE_ITS_ROOT: &str = "/src/../";

/// Where cargo keeps the sources of crates, before a folder for each registry.
const REGISTRIES: &str = "/registry/src/";

/// True when the crate has a `main` of its own, or imports one.
pub fn tell_of_two_mains(text: &str) -> bool {
    text.contains(TWO_MAINS)
}

/// The items that have to be public and are not.
pub fn private_items(text: &str) -> Vec<&str> {
    each_once(text.lines().filter_map(|line| {
        let named = NOT_HANDED_ON.iter().find_map(|start| line.strip_prefix(start))?;
        NOT_PUBLIC.iter().find_map(|reason| Some(named.split_once(reason)?.0))
    }))
}

/// What was stopped for the time that it took.
pub fn stopped_after(seconds: u64) -> String {
    format!(
        "rustc was stopped after {seconds} s. Is there a constant or a macro that does not end?"
    )
}

/// What was stopped for the files that it wrote.
pub fn wrote_too_much(bytes: u64) -> String {
    let mib = bytes >> 20;
    format!(
        "rustc was stopped: it wrote more than {mib} MiB. Does a constant, a type or a macro grow \
         without bound?"
    )
}

/// The first line below this folder that rustc points at.
pub fn place_told(text: &str, folder: &str) -> Option<Place> {
    text.lines().find_map(|line| {
        let path = line.trim_start().strip_prefix("--> ")?.strip_prefix(folder)?;
        let mut parts = path.strip_prefix('/')?.split(':');
        let (file, line) = (parts.next()?, parts.next()?.parse().ok()?);
        // A learner's macro can make rustc say anything.
        Some(Place { file: file.to_owned(), line }).filter(Place::is_within)
    })
}

/// The names of the files in which rustc found errors, where it told each in a line.
pub fn broken_files(text: &str) -> BTreeSet<String> {
    let file = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (path, message) = (parts.next()?, parts.nth(2)?);
        message.starts_with(" error").then(|| path.rsplit('/').next().unwrap_or(path).to_owned())
    };
    text.lines().filter_map(file).collect()
}

/// What rustc wrote about a crate that may use `crates` beside std and ndarray.
pub fn readable(text: &str, crates: &[&str]) -> String {
    if text.contains(OVERFLOW) {
        return NESTED.to_owned();
    }
    let text = with_short_paths(text);
    let missing = missing_crates(&text);
    if missing.is_empty() {
        return text;
    }
    let notes = missing.iter().map(|name| {
        format!(
            "`{name}` is not a module of yours, nor a crate that is there: the graded code of this \
             lesson may use {}.\n",
            listed(crates)
        )
    });
    notes.chain(["\n".to_owned(), without_advice(&text)]).collect()
}

/// The crates that rustc misses, each once.
fn missing_crates(text: &str) -> Vec<&str> {
    each_once(text.lines().filter_map(|line| {
        let named = NO_CRATE.iter().find_map(|start| line.split_once(start));
        Some(named?.1.split_once('`')?.0)
    }))
}

fn each_once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

fn listed(crates: &[&str]) -> String {
    let mut names = vec!["std", "ndarray"];
    names.extend(crates.iter().filter(|name| **name != "ndarray"));
    let last = names.pop().unwrap_or_default();
    format!("{} and {last}", names.join(", "))
}

/// Without the advice to add crates, and the empty line before it.
fn without_advice(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        if !line.trim_start().starts_with(ADD_IT) {
            lines.push(line);
        } else if lines.last().is_some_and(|line: &&str| line.trim() == "|") {
            lines.pop();
        }
    }
    lines.join("\n")
}

/// Messages that name the files of crates as `ndarray-0.17.2/src/…`, and not the folder that this
/// machine keeps them in; those of the standard library as `library/core/src/…`.
fn with_short_paths(text: &str) -> String {
    let short = |line: &str| {
        let starts = [REGISTRIES, STANDARD_LIBRARY];
        let (before, after) = starts.iter().find_map(|start| line.split_once(start))?;
        let (indent, _) = before.rsplit_once(' ')?;
        Some(format!("{indent} {}", after.split_once('/')?.1))
    };
    let short = |line| short(line).unwrap_or_else(|| line.replace(BESIDE_ITS_ROOT, "/"));
    let lines = text.lines().map(short);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_crates_are_named_without_their_folder() {
        let note = "note: method defined here\n --> /home/me/.cargo/registry/src/host-1f/a-1.0/src/b.rs:2:1";
        assert_eq!(with_short_paths(note), "note: method defined here\n --> a-1.0/src/b.rs:2:1");
        assert_eq!(with_short_paths(" --> mine/src/lib.rs:1:1"), " --> mine/src/lib.rs:1:1");
        let beside = " --> solutions/ex_1_1/src/../wrong.rs:1:1";
        assert_eq!(with_short_paths(beside), " --> solutions/ex_1_1/wrong.rs:1:1");
        let note = " ::: /rustc/598076/library/core/src/ops/arith.rs:361:0";
        assert_eq!(with_short_paths(note), " ::: library/core/src/ops/arith.rs:361:0");
    }

    #[test]
    fn the_first_line_of_the_learners_own_that_is_pointed_at_is_the_place() {
        let place = |text| place_told(text, "exercises/ex_1_1").map(|it| (it.file, it.line));
        let text = "error: no\n --> a-1.0/src/b.rs:2:1\n  --> exercises/ex_1_1/src/a/b.rs:7:5";
        assert_eq!(place(text), Some(("src/a/b.rs".to_owned(), 7)));
        for elsewhere in [
            " --> exercises/ex_1_11/src/lib.rs:7:5",
            " --> exercises/ex_1_1/../ex_1_2/src/lib.rs:7:5",
            " --> exercises/ex_1_1/src/lib.rs:0:5",
            "7 | // --> exercises/ex_1_1/src/lib.rs:7:5",
            "exercises/ex_1_1/src/lib.rs:7:5",
        ] {
            assert_eq!(place(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_file_with_an_error_is_told_from_one_without() {
        let text = "\
ex_1_1/src/a/3.rs:1:26: error[E0308]: mismatched types: expected `f64`, found `Array1<f64>`
ex_1_1/src/a/3.rs:1:90: error: cannot find macro `assert_eq` in this scope
ex_1_1/src/a/4.rs:2:1: warning: unused: error
error: aborting due to 2 previous errors";
        assert_eq!(broken_files(text), ["3.rs".to_owned()].into());
    }

    #[test]
    fn what_is_not_public_is_named_once() {
        let text = "\
error[E0364]: `forward` is private, and cannot be re-exported
error[E0364]: `Forward` is only public within the crate, and cannot be re-exported outside
error[E0364]: `forward` is private, and cannot be re-exported
error[E0365]: `Layer` is private, and cannot be re-exported
error[E0603]: function `helper` is private";
        assert_eq!(private_items(text), ["forward", "Forward", "Layer"]);
    }

    #[test]
    fn a_missing_crate_is_named_once_beside_those_that_are_there() {
        let message = "error[E0432]: unresolved import `rand`
  |     ^^^^ use of unresolved module or unlinked crate `rand`
  |
  = help: you might be missing a crate named `rand`
  |     ^^^^ use of unresolved module or unlinked crate `rand`";
        let text = readable(message, &["ndarray", "fastrand"]);
        assert!(text.starts_with("`rand` is not a module of yours"), "{text}");
        assert!(text.contains("may use std, ndarray and fastrand.\n\nerror[E0432]"), "{text}");
        assert!(
            text.ends_with(
                "`rand`\n  |     ^^^^ use of unresolved module or unlinked crate `rand`"
            )
        );
        assert_eq!(readable("error: expected `;`", &[]), "error: expected `;`");
    }
}
