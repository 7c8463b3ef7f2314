//! The compiler's messages, as a learner can use them.

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

/// Where cargo keeps the sources of crates, before a folder for each registry.
const REGISTRIES: &str = "/registry/src/";

/// True when the crate has a `main` of its own, or imports one.
pub fn tell_of_two_mains(text: &str) -> bool {
    text.contains(TWO_MAINS)
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
    let mut missing = Vec::new();
    let names = text.lines().filter_map(|line| {
        let named = NO_CRATE.iter().find_map(|start| line.split_once(start));
        Some(named?.1.split_once('`')?.0)
    });
    for name in names {
        if !missing.contains(&name) {
            missing.push(name);
        }
    }
    missing
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
/// machine keeps them in.
fn with_short_paths(text: &str) -> String {
    let short = |line: &str| {
        let (before, registry) = line.split_once(REGISTRIES)?;
        let (indent, _) = before.rsplit_once(' ')?;
        Some(format!("{indent} {}", registry.split_once('/')?.1))
    };
    let lines = text.lines().map(|line| short(line).unwrap_or_else(|| line.to_owned()));
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
