//! For authors: proves that a lesson is sound, without being told anything about it.

mod blanks;
pub mod boundary;
mod leaks;
mod mutants;
mod mutation;
mod parameters;
mod sample;
pub mod submissions;
mod trial;
mod visible;

use std::{
    cmp::Reverse,
    fmt, fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use leaks::shown_value;
use mutants::{Fate, Fates};
use parameters::ParameterNames;
use rayon::prelude::*;
use submissions::Submissions;
use trial::{Ending, Endings, Trials};
use visible::{Tests, VisibleTests};

use crate::{
    author::{Example, Examples, Excused},
    builds::{Builds, solution},
    checks::{Lesson, Subject},
    diagnosis,
    grading::{Depth, GradeError, Grader, Options},
    plan::Plan,
    report::{CheckReport, Kind, LessonReport, Verdict, Visibility},
    sandbox::Sandbox,
    scan::Scan,
    tables::{self, gallery},
    variants::Variant,
    worker::Program,
};

/// A solution passes, and a wrong variant fails and is named, whatever the seed; these are tried: each on
/// the solution, and on a wrong variant one of them, in turn, unless all are asked for.
const SEEDS: Range<u64> = 0..4;

/// A lesson has at least this many wrong variants.
const MIN_WRONG_VARIANTS: usize = 5;

/// A lesson has at least this many correct variants, besides those in loops.
const MIN_CORRECT_VARIANTS: usize = 3;

/// What a brief, the hints and the derivation are called.
const TEXTS: [&str; 3] =
    ["exercises/{id}/README.md", "exercises/{id}/hints.md", "solutions/{id}/derivation.md"];

/// How much is proven.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Leaves out the stubs of exercises that a learner has begun to solve.
    pub skip_edited: bool,
    /// Grades every mutant and every wrong variant with every seed, and not a sample.
    pub all: bool,
}

/// Proves each lesson and tells what holds and what does not; true when everything holds.
pub fn prove(
    grader: &Grader,
    lessons: &[&'static Lesson],
    extent: Extent,
) -> Result<bool, GradeError> {
    let plan = Plan::read(&grader.workspace).map_err(GradeError::Plan)?;
    let blanks = |lesson: &&'static Lesson| (*lesson, blanks::blanks(&grader.workspace, lesson.id));
    let (complete, blank): (Vec<_>, Vec<_>) =
        lessons.iter().map(blanks).partition(|(_, blanks)| blanks.is_empty());
    let mut complete: Vec<_> = complete.into_iter().map(|(lesson, _)| lesson).collect();
    // The longest ones first, and each core takes the next: none waits while the last one is proven.
    complete.sort_by_key(|lesson| Reverse((lesson.optimised, length_of_solution(grader, lesson))));
    let tests = VisibleTests::run(grader, &complete, extent)?;
    let gallery = fs::read_to_string(grader.workspace.root().join(gallery::PAGE)).ok();
    let prove = |lesson: &&'static Lesson| {
        let (problems, notes) = (Vec::new(), Vec::new());
        let gallery = gallery.as_deref();
        let submissions = Submissions::of(grader, lesson);
        let plan = &plan;
        let proof = Proof { grader, lesson, plan, submissions, gallery, problems, notes };
        let proven = proof.all(&tests, extent)?;
        // Each as soon as it is known: a course takes minutes.
        print!("{proven}");
        Ok(proven.problems.is_empty())
    };
    let proven: Result<Vec<bool>, GradeError> = complete.iter().par_bridge().map(prove).collect();
    let mut sound = grader.course.left_out.is_empty() && blank.is_empty();
    for (id, why) in grader.course.left_out {
        println!("{id}: left out: {why}");
    }
    for (lesson, blanks) in blank {
        blanks.iter().for_each(|blank| println!("{}: {blank}", lesson.id));
    }
    sound &= proven?.into_iter().all(|it| it);
    for page in tables::stale(grader, lessons)? {
        sound = false;
        println!("{page}");
    }
    Ok(sound)
}

/// A longer solution has more functions, and its proof takes longer, as a rule; longest takes what the
/// compiler optimises.
fn length_of_solution(grader: &Grader, lesson: &Lesson) -> u64 {
    let file = grader.workspace.solution(lesson.id).join("src/lib.rs");
    fs::metadata(file).map_or(0, |file| file.len())
}

/// How a proof grades.
pub fn options(seed: u64) -> Options {
    let sandbox = Sandbox::strongest();
    let (record, incremental, reveal, own) = (false, false, false, false);
    Options { sandbox, record, incremental, seed, reveal, own, depth: Depth::Diagnosed }
}

struct Proof<'a> {
    grader: &'a Grader,
    lesson: &'static Lesson,
    plan: &'a Plan,
    submissions: Submissions<'a>,
    /// The page with what the grader says of every lesson's examples, where there is one.
    gallery: Option<&'a str>,
    problems: Vec<String>,
    /// What is worth knowing, and no problem.
    notes: Vec<String>,
}

/// What a proof found.
struct Proven {
    lesson: &'static Lesson,
    summary: String,
    problems: Vec<String>,
    notes: Vec<String>,
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.lesson.id;
        if self.problems.is_empty() {
            writeln!(f, "{id}: sound ({})", self.summary)?;
        }
        self.problems.iter().chain(&self.notes).try_for_each(|line| writeln!(f, "{id}: {line}"))
    }
}

impl Proof<'_> {
    fn all(mut self, tests: &VisibleTests, extent: Extent) -> Result<Proven, GradeError> {
        self.texts();
        self.prerequisites();
        self.contract()?;
        let stub = if tests.edited.contains(&self.lesson.id) {
            "stub edited, NOT PROVEN"
        } else {
            self.stub(tests.stubs.of_lesson(self.lesson))?;
            "stub"
        };
        self.solution(tests.solutions.of_lesson(self.lesson))?;
        let correct = self.correct_variants()?;
        let wrong = self.wrong_variants(extent)?;
        let examples = self.examples()?;
        let mutants = self.all_mutants(&examples, extent)?;
        let summary = format!(
            "{stub}, solution, {wrong} wrong and {correct} correct variants, {} examples, {mutants}",
            examples.examples.len(),
        );
        let Self { lesson, problems, notes, .. } = self;
        Ok(Proven { lesson, summary, problems, notes })
    }

    /// Tries the mutants, which takes longest, and says what came of them. Where something else is wrong,
    /// they would only repeat it.
    fn all_mutants(&mut self, examples: &Examples, extent: Extent) -> Result<String, GradeError> {
        if !self.problems.is_empty() {
            self.notes.push("mutants were not tried: first mend what is above".to_owned());
            return Ok(String::new());
        }
        let fates = self.mutants(examples, extent)?;
        let endings = self.boundary(examples, extent)?;
        if extent.all {
            self.notes.push(format!("{fates}; {endings}"));
            self.idle_excuses(&examples.excused, &fates, &endings);
        }
        Ok(format!(
            "{} of {} viable mutants and {} of {} at the boundary failed",
            fates.count(Fate::Failed),
            fates.viable(),
            endings.count(Ending::Failed),
            endings.0.len(),
        ))
    }

    /// Notes the excuses of which no mutant has need.
    fn idle_excuses(&mut self, excuses: &[Excused], fates: &Fates, endings: &Endings) {
        let of_code = fates.survivors(&[]).into_iter().map(|(mutant, _)| mutant.to_owned());
        let at_boundary = endings.survivors().map(|(mutant, _)| mutant.to_string());
        let survivors: Vec<_> = of_code.chain(at_boundary).collect();
        let is_idle = |excuse: &&Excused| !survivors.iter().any(|mutant| excuse.fits(mutant));
        for excuse in excuses.iter().filter(is_idle) {
            self.notes.push(format!("no mutant needs the excuse for {:?}", excuse.mutant));
        }
    }

    fn expect(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(problem());
        }
    }

    /// Brief, hints and derivation are there.
    fn texts(&mut self) {
        for file in TEXTS.map(|file| file.replace("{id}", self.lesson.id)) {
            let text = fs::read_to_string(self.grader.workspace.root().join(&file));
            let is_there = text.is_ok_and(|text| !text.trim().is_empty());
            self.expect(is_there, || format!("{file} is missing or empty"));
        }
    }

    /// Every prerequisite is a lesson of the course, or one that it plans.
    fn prerequisites(&mut self) {
        for id in self.lesson.prerequisites {
            let is_known = self.grader.course.lesson(id).is_some() || self.plan.has(id);
            self.expect(is_known, || {
                format!("the prerequisite {id} is neither a lesson nor planned in docs/course.toml")
            });
        }
    }

    /// Stub and solution have the same public items.
    fn contract(&mut self) -> Result<(), GradeError> {
        let items = |folder: PathBuf| -> Result<Vec<_>, GradeError> {
            let text = fs::read_to_string(folder.join("src/lib.rs"));
            let items = Scan::of_text(&text.map_err(|source| self.failed(source))?).items;
            let mut items: Vec<_> = items.into_iter().map(|it| (it.name, it.types)).collect();
            items.sort();
            Ok(items)
        };
        let stub = items(self.grader.workspace.exercise(self.lesson.id))?;
        let solution = items(self.grader.workspace.solution(self.lesson.id))?;
        let only_in = |one: &[_], other: &[(_, _)]| -> Vec<String> {
            let only = one.iter().filter(|item| !other.contains(item));
            only.map(|(name, types): &(std::borrow::Cow<str>, _)| format!("`{name}`: {types}"))
                .collect()
        };
        self.expect(stub == solution, || {
            format!(
                "stub and solution differ in their public functions or types\n  stub: {}\n  solution: {}",
                only_in(&stub, &solution).join(", "),
                only_in(&solution, &stub).join(", "),
            )
        });
        Ok(())
    }

    /// The solution earns every point, whatever the seed, and passes the visible tests.
    fn solution(&mut self, tests: Tests) -> Result<(), GradeError> {
        for seed in SEEDS {
            // What is answered again answers alike with one seed as with all.
            let depth = if seed == SEEDS.start { Depth::Diagnosed } else { Depth::Once };
            let options = Options { depth, ..options(seed) };
            let report = self.graded(&self.grader.workspace.solutions(), options)?;
            for check in report.checks.iter().filter(|check| check.verdict != Verdict::Passed) {
                let (id, word, message) = (&check.id, check.verdict.word(), &check.message);
                self.problems.push(format!(
                    "the solution does not pass `{id}` with seed {seed} ({word}): {message}"
                ));
            }
        }
        let sound = tests.failed() == 0 && tests.passed() > 0;
        self.expect(sound, || format!("the visible tests fail on the solution:\n{}", tests.text));
        Ok(())
    }

    /// Every wrong variant loses points in a hidden check, and is diagnosed by its own name.
    fn wrong_variants(&mut self, extent: Extent) -> Result<usize, GradeError> {
        let builds = Builds { grader: self.grader, options: options(0) };
        let Some((built, variants)) = builds.variants(self.lesson, "wrong.rs")? else {
            self.problems.push("there is no wrong.rs beside the solution's src".to_owned());
            return Ok(0);
        };
        let program = builds.program(&built);
        self.expect(variants.len() >= MIN_WRONG_VARIANTS, || {
            format!(
                "there are {} wrong variants; a lesson has at least {MIN_WRONG_VARIANTS}",
                variants.len()
            )
        });
        let (_, scan) = solution(&self.grader.workspace, self.lesson)?;
        self.formulas(
            "the solution",
            &Subject { program: &program, variant: None, scan: &scan, mutant: None },
        );
        for (variant, only) in variants.iter().zip(SEEDS.cycle()) {
            let seeds = if extent.all { SEEDS } else { only..only + 1 };
            for seed in seeds {
                let options = Options { depth: Depth::Explained, ..options(seed) };
                let report = self.variant(&program, &variant.name, &scan, options)?;
                self.wrong_variant(variant, &report);
            }
        }
        self.problems.dedup();
        Ok(variants.len())
    }

    /// Right code computes what the lesson's formulas say: else a diagnosis would be false.
    fn formulas(&mut self, whose: &str, subject: &Subject) {
        let file = format!("solutions/{}/formulas.rs", self.lesson.id);
        match diagnosis::disagreements(self.lesson, subject) {
            Ok(steps) => self.expect(steps.is_empty(), || {
                format!("{whose} does not agree with {file} in {}", steps.join(", "))
            }),
            Err(error) => self.problems.push(format!("{file}: {error}")),
        }
    }

    fn wrong_variant(&mut self, variant: &Variant, report: &LessonReport) {
        let Variant { name, explanation } = variant;
        let mut missed = report.checks.iter().filter(|check| check.verdict != Verdict::Passed);
        let hidden = missed.clone().any(|check| check.visibility == Visibility::Hidden);
        let diagnoses: Vec<_> =
            missed.by_ref().filter_map(|check| check.diagnosis.as_ref()).collect();
        let wrong = diagnoses.iter().find(|diagnosis| diagnosis.mistake != *name);
        let named = !diagnoses.is_empty();
        let wrong = wrong.map(|diagnosis| diagnosis.mistake.clone());
        self.expect(!explanation.is_empty(), || {
            format!("the wrong variant `{name}` has no explanation")
        });
        self.expect(hidden, || format!("the wrong variant `{name}` passes every hidden check"));
        self.expect(!hidden || named, || {
            format!(
                "the wrong variant `{name}` is failed but not diagnosed: within the lesson's precision \
                 its answers equal the solution's, or it differs only where a check stops first. \
                 Numbers below 1e-3 are compared as if they were 1e-3: try larger ones, or a smaller \
                 `.precision(…)`"
            )
        });
        if let Some(wrong) = wrong {
            self.problems.push(format!("the wrong variant `{name}` is diagnosed as `{wrong}`"));
        }
    }

    /// Correct variants keep their points; those in loops lose the checks of form, and no others.
    fn correct_variants(&mut self) -> Result<usize, GradeError> {
        let builds = Builds { grader: self.grader, options: options(0) };
        let file = self.grader.workspace.solution(self.lesson.id).join("correct.rs");
        let mut styles = Vec::new();
        if let Some((built, variants)) = builds.variants(self.lesson, "correct.rs")? {
            let program = builds.program(&built);
            let text = fs::read_to_string(&file).map_err(|source| self.failed(source))?;
            let (_, solution) = solution(&self.grader.workspace, self.lesson)?;
            for Variant { name, .. } in variants {
                let scan = variant_scan(solution.clone(), &text, &name);
                let report = self.variant(&program, &name, &scan, options(0))?;
                self.correct_variant(&name, &report);
                let subject =
                    Subject { program: &program, variant: Some(&name), scan: &scan, mutant: None };
                self.formulas(&format!("the correct variant `{name}`"), &subject);
                styles.push(name);
            }
        }
        for (name, text) in self.whole_variants()? {
            let options = submissions::options(Depth::Diagnosed);
            let (report, _) = self.submissions.grade(&text, options)?;
            self.correct_variant(&name, &report);
            styles.push(name);
        }
        let plain = styles.iter().filter(|name| !is_in_loops(name)).count();
        self.expect(plain >= MIN_CORRECT_VARIANTS, || {
            format!(
                "there are {plain} correct variants besides those in loops; a lesson has at least \
                 {MIN_CORRECT_VARIANTS}"
            )
        });
        Ok(styles.len())
    }

    fn correct_variant(&mut self, name: &str, report: &LessonReport) {
        let is_right = |check: &CheckReport| {
            check.verdict == Verdict::Passed || (is_in_loops(name) && check.kind == Kind::Source)
        };
        for check in report.checks.iter().filter(|check| !is_right(check)) {
            let (id, message) = (&check.id, &check.message);
            self.problems.push(format!("the correct variant `{name}` fails `{id}`: {message}"));
        }
        let mut of_form =
            report.checks.iter().filter(|check| check.kind == Kind::Source).peekable();
        let unnoticed = of_form.peek().is_some() && of_form.all(|it| it.verdict == Verdict::Passed);
        self.expect(!(is_in_loops(name) && unnoticed), || {
            format!("the correct variant `{name}` passes the checks of the source's form")
        });
    }

    /// Correct variants that are whole files: their names and texts.
    fn whole_variants(&self) -> Result<Vec<(String, String)>, GradeError> {
        let folder = self.grader.workspace.solution(self.lesson.id).join("correct");
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let read = |path: PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(path).map_err(|source| self.failed(source))?;
            Ok((name, text))
        };
        paths.into_iter().map(read).collect()
    }

    /// Every example of a wrong submission loses points, and no message shows what is hidden.
    fn examples(&mut self) -> Result<Examples, GradeError> {
        let folder = self.grader.workspace.solution(self.lesson.id);
        let examples = match Examples::read(&folder.join("examples.toml")) {
            Ok(examples) => examples,
            Err(problem) => {
                self.problems.push(problem);
                return Ok(Examples::default());
            }
        };
        let solution = fs::read_to_string(folder.join("src/lib.rs"));
        let solution = solution.map_err(|source| self.failed(source))?;
        let mut pictures = String::new();
        for example in &examples.examples {
            match example.text(&solution) {
                Ok(text) => pictures += &self.example(example, &text)?,
                Err(problem) => {
                    self.problems.push(format!("example “{}”: {problem}", example.title))
                }
            }
        }
        let shown = self.gallery.map(|page| gallery::shown(page, self.lesson.id));
        if let Some(shown) = shown.filter(|shown| *shown != pictures) {
            self.problems.push(tables::differs(gallery::PAGE, &shown, &pictures));
        }
        Ok(examples)
    }

    /// Grades one example; gives its picture for the gallery.
    fn example(&mut self, example: &Example, text: &str) -> Result<String, GradeError> {
        let title = &example.title;
        let options = Options { reveal: true, ..submissions::options(Depth::Explained) };
        let (report, folder) = self.submissions.grade(text, options)?;
        self.expect(report.verdict != Verdict::CompileError, || {
            format!("the example “{title}” does not compile: {}", report.checks[0].message)
        });
        self.expect(report.score < report.max_score, || {
            format!("the example “{title}” earns every point")
        });
        let said: String = report.checks.iter().map(said).collect();
        for words in example.told.iter().filter(|words| !said.contains(words.as_str())) {
            self.problems.push(format!("the example “{title}” is not told “{words}”, but:{said}"));
        }
        for check in &report.checks {
            self.expect(shown_value(check).is_none(), || {
                format!("the message of `{}` shows a hidden value: {}", check.id, check.message)
            });
        }
        Ok(gallery::picture(example, &report, &folder))
    }

    /// Mutants of the solution lose points, or are excused.
    fn mutants(&mut self, examples: &Examples, extent: Extent) -> Result<Fates, GradeError> {
        let fates = mutants::fates(&self.submissions, extent.all)?;
        for (mutant, excuse) in fates.survivors(&examples.excused) {
            match excuse {
                Some(excuse) if extent.all => {
                    self.notes.push(format!("excused: {mutant}: {}", excuse.because));
                }
                Some(_) => (),
                None => self
                    .problems
                    .push(format!("a mutant of the solution earns every point: {mutant}")),
            }
        }
        Ok(fates)
    }

    /// What changes an argument or a result on its way loses points, or is excused; an excuse for one that
    /// computes the same has to hold on wide calls.
    fn boundary(&mut self, examples: &Examples, extent: Extent) -> Result<Endings, GradeError> {
        let builds = Builds { grader: self.grader, options: options(0) };
        // The solution answers there as well.
        let Some((built, _)) = builds.variants(self.lesson, "wrong.rs")? else {
            return Ok(Endings::default());
        };
        let program = builds.program(&built);
        let file = self.grader.workspace.solution(self.lesson.id).join("src/lib.rs");
        let text = fs::read_to_string(file).map_err(|source| self.failed(source))?;
        let names = ParameterNames::of(&text);
        let endings = Trials::new(self.lesson, program)
            .and_then(|trials| trials.endings(extent.all, |function| names.of_function(function)));
        let endings = endings.map_err(|source| self.failed(source))?;
        for (mutant, ending) in endings.survivors() {
            self.survivor(&mutant.to_string(), *ending, examples, extent);
        }
        Ok(endings)
    }

    /// A boundary mutant that earned every point.
    fn survivor(&mut self, mutant: &str, ending: Ending, examples: &Examples, extent: Extent) {
        let fits = |it: &&Excused| (it.differs || ending == Ending::Equal) && it.fits(mutant);
        let how = match ending {
            Ending::Equal => "as the solution does",
            _ => "and answers wide calls otherwise",
        };
        match examples.excused.iter().find(fits) {
            None => self
                .problems
                .push(format!("a mutant at the boundary earns every point ({how}): {mutant}")),
            Some(excuse) if extent.all => {
                self.notes.push(format!("excused ({how}): {mutant}: {}", excuse.because));
            }
            Some(_) => (),
        }
    }

    /// The stub compiles without a warning, and is unwritten work to every check and every visible
    /// test.
    fn stub(&mut self, tests: Tests) -> Result<(), GradeError> {
        let report = self.graded(&self.grader.workspace.exercises(), options(0))?;
        for check in report.checks.iter().filter(|check| check.verdict != Verdict::NotImplemented) {
            let (id, word, message) = (&check.id, check.verdict.word(), &check.message);
            self.problems.push(format!(
                "check `{id}` on the untouched stub gave {word}; expected not implemented: {message}"
            ));
        }
        self.expect(!tests.has_warnings(), || {
            format!("the stub does not compile without warnings:\n{}", tests.text)
        });
        self.expect(tests.failed() > 0, || {
            format!("the visible tests do not fail on the stub:\n{}", tests.text)
        });
        let passed = tests.passed();
        self.expect(passed == 0, || {
            format!("{passed} visible tests pass on the stub:\n{}", tests.text)
        });
        self.expect(tests.failed() <= tests.unwritten(), || {
            format!("visible tests fail on the stub without reaching a `todo!`:\n{}", tests.text)
        });
        Ok(())
    }

    fn graded(&self, submission: &Path, options: Options) -> Result<LessonReport, GradeError> {
        let mut report = self.grader.grade(&[self.lesson], submission, options, |_, _| ())?;
        Ok(report.lessons.remove(0))
    }

    fn variant(
        &self,
        program: &Program,
        name: &str,
        scan: &Scan,
        options: Options,
    ) -> Result<LessonReport, GradeError> {
        // What others of the file have used is not this one's.
        let program = Program { budget: Arc::default(), ..program.clone() };
        let subject = Subject { program: &program, variant: Some(name), scan, mutant: None };
        self.grader.grade_subject(self.lesson, &subject, options)
    }

    fn failed(&self, source: io::Error) -> GradeError {
        GradeError::of(self.lesson)(source)
    }
}

/// What the scan finds in the module of a variant, as if it was the root of the crate, and in what its
/// file has beside its variants, added to what it finds in the solution.
fn variant_scan(solution: Scan, text: &str, name: &str) -> Scan {
    use quote::ToTokens as _;
    let mut scan = solution;
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    for item in items {
        let text = match item {
            syn::Item::Mod(module) if module.ident == name => {
                let (_, items) = module.content.unwrap_or_default();
                items.iter().map(|item| item.to_token_stream().to_string()).collect()
            }
            syn::Item::Mod(_) => continue,
            item => item.to_token_stream().to_string(),
        };
        scan.functions.extend(Scan::of_text(&text).functions);
    }
    scan
}

fn is_in_loops(name: &str) -> bool {
    name.starts_with("loops")
}

/// All that is said of a check.
fn said(check: &CheckReport) -> String {
    let explanation = check.diagnosis.as_ref().map_or("", |it| it.explanation.as_str());
    match check.verdict {
        Verdict::Passed | Verdict::Skipped => String::new(),
        _ => format!("\n  {} {} {explanation}", check.message, check.formula),
    }
}
