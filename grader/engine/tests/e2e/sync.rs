//! An updated course comes into a learner's repository, and nothing of theirs is lost.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, process::Output};

use crate::{
    fragments::files,
    handout::{Course, Handout, said},
    support::{changed, solution},
};

const RECORD: &str = ".gradlings/handout.json";
const BEGUN: &str = "exercises/ex_90_1/src/lib.rs";

/// What a learner has and what comes: in lesson 90.1 the course changed a stub that is begun, the brief, the
/// visible tests and the hints, which the learner changed too; in 90.2 a stub that is not begun. 90.3 is new,
/// and 90.4 was taken out.
struct Update {
    learner: Handout,
    new: Handout,
}

impl Update {
    fn prepare() -> Self {
        let course = Course::copy();
        fs::write(course.path("ex_90_1/old.md"), "a page").unwrap();
        let learner = course.hand_out(&["ex_90_1", "ex_90_2", "ex_90_4"]);
        fs::remove_file(course.path("ex_90_1/old.md")).unwrap();
        let stub = "ex_90_1/src/lib.rs";
        course.change(stub, "b: f64, y: f64) -> Gradients", "y: f64, b: f64) -> Gradients");
        course.change(stub, "/// The forward pass for", "/// The first pass for");
        course.change("ex_90_1/README.md", "One neuron", "A single neuron");
        course.change("ex_90_1/hints.md", "## forward", "## the forward pass");
        course.change("ex_90_2/src/lib.rs", "one matrix product", "a product of matrices");
        let new = course.hand_out(&["ex_90_1", "ex_90_2", "ex_90_3"]);
        learner.put("ex_90_1", &solution("ex_90_1"));
        fs::write(learner.path("exercises/ex_90_1/src/mine.rs"), "// mine").unwrap();
        fs::write(learner.path("exercises/ex_90_1/hints.md"), "my notes").unwrap();
        Self { learner, new }
    }

    fn sync(&self) -> Output {
        self.learner.x(&["sync", "--from", self.new.root().to_str().unwrap()])
    }

    fn done(&self) -> String {
        let output = self.sync();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        said(&output)
    }

    fn refused(&self, reason: &str) {
        let output = self.sync();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(reason), "{reason}: {}", said(&output));
    }
}

/// The contents of a repository.
fn contents(root: &Path) -> BTreeMap<String, String> {
    let name = |file: &Path| file.strip_prefix(root).unwrap().display().to_string();
    files(root).iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

/// What the learner wrote is there, and what they changed has a copy.
fn assert_nothing_lost(learner: &Handout) {
    assert_eq!(learner.text(BEGUN), solution("ex_90_1"));
    assert_eq!(learner.text("exercises/ex_90_1/src/mine.rs"), "// mine");
    assert_eq!(learner.text(".gradlings/kept/exercises/ex_90_1/hints.md"), "my notes");
}

#[test]
fn an_update_comes_and_what_the_learner_wrote_stays() {
    let update = Update::prepare();
    let (learner, told) = (&update.learner, update.done());
    assert_nothing_lost(learner);
    assert_eq!(learner.text(&format!("{BEGUN}.new")), update.new.text(BEGUN));
    for file in
        ["README.md", "hints.md", "tests/ex_90_1.rs"].map(|it| format!("exercises/ex_90_1/{it}"))
    {
        assert_eq!(learner.text(&file), update.new.text(&file));
    }
    for file in ["exercises/ex_90_2/src/lib.rs", "Cargo.toml", "Cargo.lock", "README.md", RECORD] {
        assert_eq!(learner.text(file), update.new.text(file), "{file}");
    }
    assert!(!learner.path("exercises/ex_90_1/old.md").exists());
    assert!(learner.path("exercises/ex_90_4/src/lib.rs").exists());
    for part in [
        "ex_90_3: new",
        "exercises/ex_90_1/README.md: updated",
        "exercises/ex_90_2/src/lib.rs: updated",
        "exercises/ex_90_1/hints.md: you had changed it; your version is .gradlings/kept/",
        "exercises/ex_90_1/old.md: removed",
        "ex_90_4: the course has it no more; it stays as it is",
        "the new file is exercises/ex_90_1/src/lib.rs.new \
         backward is declared otherwise: pub fn backward(x: f64, w: f64, y: f64, b: f64) -> Gradients \
         forward has another description",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("Gradients has") && !told.contains("not on record"), "{told}");
    assert_eq!(update.done(), "Everything is up to date.");
    let tested = learner.test("ex_90_2");
    assert!(said(&tested).contains("not yet implemented"), "{}", said(&tested));
}

#[test]
fn without_a_record_every_difference_is_the_learners() {
    let update = Update::prepare();
    fs::write(update.learner.path(RECORD), "{").unwrap();
    let told = update.done();
    assert!(told.contains("was not on record"), "{told}");
    assert_nothing_lost(&update.learner);
    let stub = "exercises/ex_90_2/src/lib.rs";
    assert_eq!(update.learner.text(&format!("{stub}.new")), update.new.text(stub));
    assert!(update.learner.path(".gradlings/kept/exercises/ex_90_1/README.md").exists());
    assert_eq!(update.done(), "Everything is up to date.");
}

/// The next run does the rest, and both together what one would have done.
#[test]
fn an_interrupted_update_is_finished_by_the_next() {
    let [whole, interrupted] = [Update::prepare(), Update::prepare()];
    whole.done();
    let obstacle = interrupted.learner.path("exercises/ex_90_2/README.md");
    fs::remove_file(&obstacle).unwrap();
    fs::create_dir(&obstacle).unwrap();
    interrupted.refused("README.md is not a regular file or folder");
    assert_nothing_lost(&interrupted.learner);
    fs::remove_dir(&obstacle).unwrap();
    fs::write(interrupted.learner.path(".gradlings/draft-of-a-killed-run"), "half").unwrap();
    interrupted.done();
    assert_nothing_lost(&interrupted.learner);
    let [one, other] = [&whole, &interrupted].map(|it| contents(it.learner.root()));
    let differs = |name: &&String| one.get(*name) != other.get(*name);
    assert_eq!(one.keys().chain(other.keys()).find(differs), None);
}

#[test]
fn a_second_version_of_ones_own_is_kept_beside_the_first() {
    let update = Update::prepare();
    update.done();
    let hints = "exercises/ex_90_1/hints.md";
    fs::write(update.learner.path(hints), "my second notes").unwrap();
    fs::write(update.new.path(hints), "the course's third").unwrap();
    assert!(update.done().contains(".gradlings/kept/exercises/ex_90_1/hints.md.2"));
    assert_nothing_lost(&update.learner);
    assert_eq!(
        update.learner.text(".gradlings/kept/exercises/ex_90_1/hints.md.2"),
        "my second notes"
    );
    assert_eq!(update.learner.text(hints), "the course's third");
}

/// Whoever brings a repository up to date need not be the one who made it.
#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("README.md");
    fs::write(&secret, "not to be touched").unwrap();
    let update = Update::prepare();
    let (file, folder) = ("exercises/ex_90_1/README.md", "exercises/ex_90_1");
    fs::remove_file(update.learner.path(file)).unwrap();
    symlink(&secret, update.learner.path(file)).unwrap();
    update.refused("README.md is not a regular file or folder");
    fs::remove_dir_all(update.learner.path(folder)).unwrap();
    symlink(outside.path(), update.learner.path(folder)).unwrap();
    update.refused("ex_90_1 is not a regular file or folder");
    assert_eq!(contents(outside.path()).into_values().collect::<Vec<_>>(), ["not to be touched"]);
}

#[test]
fn what_an_update_cannot_come_from_is_named() {
    let update = Update::prepare();
    let refused = |from: &Path, reason: &str| {
        let output = update.learner.x(&["sync", "--from", from.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(reason), "{reason}: {}", said(&output));
    };
    refused(update.learner.root(), "it is the folder to take from");
    refused(&update.learner.path("exercises"), "handout.json is missing or damaged");
    update.new.put("ex_90_2", &changed("ex_90_2", "most", "top"));
    refused(update.new.root(), "it is not the stub that was handed out");
    let whole = crate::support::grader(&["sync", "--from", update.new.root().to_str().unwrap()]);
    assert_eq!(whole.status.code(), Some(2));
    assert!(said(&whole).contains("it is the whole course"), "{}", said(&whole));
}
