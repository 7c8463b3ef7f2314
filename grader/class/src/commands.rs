//! What each command does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZero,
    path::Path,
    thread::available_parallelism,
};

use engine::{
    Course, Depth, Ending, Options, checks::Lesson, fresh_seed, hash, render::harmless, sandbox,
};
use jiff::Timestamp;
use miette::{Context, IntoDiagnostic, miette};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{
    batch::{self, Done},
    cli::{self, Amend, Book, Cli, Command, OfLearner, One},
    export,
    gradebook::{Amendment, Attempt, Gradebook},
    marks::Marks,
    merge,
    overview::Overview,
    partition::Partition,
    roster::Roster,
    settings::{Assignment, Settings},
    submissions::{Claims, Submissions},
};

pub fn run(course: &'static Course, cli: &Cli) -> miette::Result<Ending> {
    match &cli.command {
        Command::Grader(command) => engine::run(course, command, &cli.common),
        Command::Batch(command) => batch(course, command, &cli.common),
        Command::Merge(command) => merge(course, command),
        Command::Export(book) => Class::find(course, book)?.export().map(|()| Ending::Complete),
        Command::Amend(command) => amend(course, command),
        Command::Learner(command) => learner(course, &command.what),
        Command::Clean(book) => {
            let removed = Class::find(course, book)?.book.clean()?;
            anstream::println!("{removed} grades that belonged to nobody are gone.");
            Ok(Ending::Complete)
        }
    }
}

/// A class with its gradebook.
struct Class<'a> {
    course: &'static Course,
    settings: Settings,
    roster: Roster,
    book: Gradebook,
    out: &'a Path,
}

impl<'a> Class<'a> {
    /// A class that has been graded.
    fn find(course: &'static Course, book: &'a Book) -> miette::Result<Self> {
        let (settings, roster) = read(course, book)?;
        let found = Gradebook::find(&book.place())?;
        Ok(Self { course, settings, roster, book: found, out: &book.out })
    }

    /// A class whose gradebook is made where there is none.
    fn begin(course: &'static Course, book: &'a Book) -> miette::Result<Self> {
        let (settings, roster) = read(course, book)?;
        is_made(&book.out)?;
        let open = Gradebook::open(&book.place())?;
        Ok(Self { course, settings, roster, book: open, out: &book.out })
    }

    /// Writes every table and page.
    fn export(&mut self) -> miette::Result<()> {
        let course = self.course;
        self.tell_left_out()?;
        let max = |id: &str| course.lesson(id).map_or(0.0, Lesson::max_score);
        let marks = Marks::of(&self.settings, &self.roster, &max, &mut self.book)?;
        let overview = Overview::of(&marks, &mut self.book)?;
        export::all(self.out, &marks, &overview, &mut self.book)?;
        let out = self.out.display();
        anstream::eprintln!(
            "The gradebook is in {out}/gradebook.csv, the class at a glance in {out}/class.html."
        );
        Ok(())
    }
}

impl Class<'_> {
    /// Names what is in the gradebook and in no table, since course.toml or the roster has it no more.
    fn tell_left_out(&mut self) -> miette::Result<()> {
        for id in self.book.begun_all()?.keys().filter(|id| self.settings.assignment(id).is_none())
        {
            anstream::eprintln!(
                "left out: the gradebook has grades of {id:?}, and course.toml has no such assignment"
            );
        }
        for id in self.book.learners()?.iter().filter(|id| self.roster.learner(id).is_none()) {
            anstream::eprintln!(
                "left out: the gradebook has grades of {id:?}, and the roster has no such id"
            );
        }
        Ok(())
    }
}

fn read(course: &'static Course, book: &Book) -> miette::Result<(Settings, Roster)> {
    let settings = Settings::read(&book.class, course)?;
    let roster = Roster::read(&settings.roster)?;
    Ok((settings, roster))
}

fn is_made(folder: &Path) -> miette::Result<()> {
    let made = fs::create_dir_all(folder).into_diagnostic();
    made.wrap_err_with(|| format!("failed to make the folder {}", folder.display()))
}

/// The assignment of this name; the only one where none is named.
fn assignment<'a>(settings: &'a Settings, id: Option<&str>) -> miette::Result<&'a Assignment> {
    let names: Vec<_> = settings.assignments.iter().map(Assignment::id).collect();
    match (id, settings.assignments.as_slice()) {
        (Some(id), _) => settings.assignment(id).ok_or_else(|| {
            miette!("failed to find the assignment {id:?}: there are {}", names.join(", "))
        }),
        (None, [only]) => Ok(only),
        (None, _) => Err(miette!(
            "failed to choose an assignment: name one of {} with --assignment",
            names.join(", ")
        )),
    }
}

fn batch(
    course: &'static Course,
    command: &cli::Batch,
    common: &engine::Common,
) -> miette::Result<Ending> {
    let confinement = sandbox(!command.insecure, command.insecure)?;
    let (settings, roster) = read(course, &command.book)?;
    tell_strangers(&settings, &roster);
    let assignment = assignment(&settings, command.assignment.as_deref())?;
    let submissions = Submissions::find(&command.submissions)?;
    let mut claims = Claims::of(assignment, &roster, &submissions);
    let partition = command.partition.unwrap_or(Partition::WHOLE);
    is_shareable(assignment, partition, &command.book)?;
    let tell = |what: &str, all: &[String]| {
        // Names of files may be anything.
        all.iter()
            .for_each(|it| anstream::eprintln!("{what}: {}", harmless(it).replace('\n', "␊")));
    };
    tell("passed over", &submissions.passed_over);
    tell("doubtful", &submissions.doubtful);
    tell("not graded", &claims.unclear);
    let lessons = course.chosen(assignment.lessons())?;
    if command.dry_run {
        claims.attempts.retain(|attempt| partition.holds(attempt.learner.party()));
        tell_plan(assignment, &claims);
        return Ok(Ending::Complete);
    }
    let mut class = Class::begin(course, &command.book)?;
    let book = &mut class.book;
    withdraw(book, assignment, &claims)?;
    claims.attempts.retain(|attempt| partition.holds(attempt.learner.party()));
    // A fresh seed has 32 bits.
    let fresh = || u32::try_from(fresh_seed()).unwrap_or_default();
    let seed = book.seed(assignment.id(), assignment.seed.unwrap_or_else(fresh))?;
    is_the_same(assignment, seed)?;
    let seed = u64::from(seed);
    let record = !command.insecure;
    let (incremental, reveal, own, depth) = (false, false, false, Depth::Diagnosed);
    let options = Options { sandbox: confinement, record, incremental, seed, reveal, own, depth };
    let grader = common.grader(course)?;
    grader.may_record()?;
    tell_how(book, &options, partition)?;
    let batch = batch::Batch {
        grader: &grader,
        assignment: assignment.id(),
        lessons: &lessons,
        options,
        folder: &command.book.out,
    };
    let done = gradings_at_once()?.install(|| batch.run(book, &claims.attempts))?;
    tell_done(assignment, &done);
    book.tell_works(assignment.id())?;
    let is_whole = done.open.is_empty() && claims.unclear.is_empty();
    class.export()?;
    Ok(if is_whole { Ending::Complete } else { Ending::Failed })
}

/// Twice as many gradings as processors: half of the time a grading waits for the kernel, which makes and
/// removes namespaces.
fn gradings_at_once() -> miette::Result<ThreadPool> {
    let processors = available_parallelism().map_or(1, NonZero::get);
    let pool = ThreadPoolBuilder::new().num_threads(2 * processors).build();
    pool.into_diagnostic().wrap_err("failed to start threads")
}

fn tell_plan(assignment: &Assignment, claims: &Claims) {
    let (attempts, lessons) = (claims.attempts.len(), assignment.lessons().len());
    anstream::println!("{}: {attempts} attempts at {lessons} lessons", assignment.id());
    for it in &claims.attempts {
        anstream::println!("{}  {}", it.learner.id, it.submission.path.display());
    }
}

/// Takes attempts back that turn out to be those of others: the roster has changed.
fn withdraw(book: &mut Gradebook, assignment: &Assignment, claims: &Claims) -> miette::Result<()> {
    let mut owners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for it in &claims.attempts {
        owners.entry(&it.submission.name).or_default().insert(&it.learner.id);
    }
    for Attempt { learner, submission, .. } in book.attempts(assignment.id())? {
        let owners = owners.get(submission.as_str());
        if owners.is_some_and(|owners| !owners.contains(learner.as_str())) {
            book.withdraw(assignment.id(), &learner, &submission)?;
            anstream::println!("withdrawn: {submission} does not belong to {learner} any more");
        }
    }
    Ok(())
}

/// Names those who have an extension and are on no row.
fn tell_strangers(settings: &Settings, roster: &Roster) {
    let learners = &roster.learners;
    for id in settings.extended() {
        if !learners.iter().any(|it| it.id == id || it.team == id) {
            anstream::eprintln!(
                "course.toml gives {id:?} an extension, and the roster has no {id:?}"
            );
        }
    }
}

/// Machines that do not ask each other need one seed from elsewhere.
fn is_shareable(assignment: &Assignment, partition: Partition, book: &Book) -> miette::Result<()> {
    if partition.parts() > 1 && book.db.is_none() && assignment.seed.is_none() {
        return Err(miette!(
            help = "in course.toml, with a number that learners do not know: seed = 123456",
            "failed to grade a part of {}: all parts need the same seed, and it has none",
            assignment.id()
        ));
    }
    Ok(())
}

/// A gradebook keeps the seed that it began with.
fn is_the_same(assignment: &Assignment, seed: u32) -> miette::Result<()> {
    match assignment.seed {
        Some(asked) if asked != seed => Err(miette!(
            help = "take the seed out of course.toml, or begin another gradebook with --out",
            "failed to grade {} with the seed {asked}: its gradebook began with another one, and the same \
             file has to get the same grade",
            assignment.id()
        )),
        _ => Ok(()),
    }
}

/// Writes down what every report of the gradebook says.
fn tell_how(book: &mut Gradebook, options: &Options, partition: Partition) -> miette::Result<()> {
    book.tell("sandbox", &options.sandbox.name())?;
    book.tell("record", &options.record.to_string())?;
    book.tell("gemm_backend", engine::wire::GEMM_BACKEND)?;
    book.tell("partition", &partition.to_string())?;
    Ok(())
}

fn tell_done(assignment: &Assignment, done: &Done) {
    let Done { works, known, graded, open, moved, empty } = done;
    anstream::println!(
        "{}: {works} lessons handed in; of their distinct copies {graded} graded, {known} known already",
        assignment.id()
    );
    empty.iter().for_each(|it| anstream::println!("nothing to grade: {}", harmless(it)));
    moved.iter().for_each(|it| anstream::println!("moved: {it}"));
    open.iter().for_each(|it| anstream::println!("open: {it}"));
}

fn merge(course: &'static Course, command: &cli::Merge) -> miette::Result<Ending> {
    merge::is_no_part(&command.book.out, &command.parts)?;
    let mut class = Class::begin(course, &command.book)?;
    merge::merge(&command.parts, &class.settings, &command.book.out, &mut class.book)?;
    class.export()?;
    Ok(Ending::Complete)
}

fn amend(course: &'static Course, command: &Amend) -> miette::Result<Ending> {
    let mut class = Class::find(course, &command.book)?;
    let assignment = assignment(&class.settings, command.assignment.as_deref())?;
    let Amend { learner, lesson, check, .. } = command;
    if class.roster.learner(learner).is_none() {
        return Err(miette!("failed to find the learner {learner:?}: the roster has no such id"));
    }
    let graded = assignment.lessons().contains(lesson).then(|| course.lesson(lesson)).flatten();
    let graded =
        graded.ok_or_else(|| miette!("failed to find {lesson:?} in {}", assignment.id()))?;
    let known: Vec<_> = graded.checks.iter().map(|it| it.id).collect();
    let found = graded.checks.iter().find(|it| it.id == check).ok_or_else(|| {
        miette!("failed to find the check {check:?}: {lesson} has {}", known.join(", "))
    })?;
    let id = assignment.id().to_owned();
    match amendment(command, found.points)? {
        Some(amendment) => class.book.amend(&id, &amendment)?,
        None => take_back(&mut class.book, &id, command)?,
    }
    class.export()?;
    Ok(Ending::Complete)
}

/// What is decided on a check of so many points; none where a decision is taken back.
fn amendment(command: &Amend, most: f64) -> miette::Result<Option<Amendment>> {
    let Amend { learner, lesson, check, points, reason, by, .. } = command;
    let (Some(points), Some(reason), Some(by)) = (points, reason, by) else { return Ok(None) };
    if !(0.0..=most).contains(points) {
        return Err(miette!("failed to amend {check}: it is worth from 0 to {most}"));
    }
    if reason.trim().is_empty() || by.trim().is_empty() {
        return Err(miette!("failed to amend {check}: say why, and who decides"));
    }
    Ok(Some(Amendment {
        learner: learner.clone(),
        lesson: lesson.clone(),
        check: check.clone(),
        points: *points,
        reason: reason.clone(),
        author: by.clone(),
        made: Timestamp::now().strftime("%Y-%m-%d").to_string(),
    }))
}

/// Takes a decision back, and says what it was.
fn take_back(book: &mut Gradebook, assignment: &str, command: &Amend) -> miette::Result<()> {
    let Amend { learner, lesson, check, .. } = command;
    let is_meant =
        |it: &Amendment| it.learner == *learner && it.lesson == *lesson && it.check == *check;
    let Some(it) = book.amendments(assignment)?.into_iter().find(is_meant) else {
        return Err(miette!("failed to take back: nothing was decided on {check} of {learner}"));
    };
    book.take_back(assignment, &it)?;
    let Amendment { points, reason, author, made, .. } = it;
    anstream::println!(
        "taken back: {points} for {check} of {learner}, {reason} ({author}, {made})"
    );
    Ok(())
}

fn learner(course: &'static Course, what: &OfLearner) -> miette::Result<Ending> {
    let (OfLearner::Export(One { book, learner })
    | OfLearner::Anonymise(One { book, learner })
    | OfLearner::Delete(One { book, learner })) = what;
    let mut class = Class::find(course, book)?;
    let changed = match what {
        OfLearner::Export(_) => {
            anstream::println!("{}", known(&mut class, learner)?);
            return Ok(Ending::Complete);
        }
        OfLearner::Anonymise(_) => {
            // Random: an id is guessed and hashed in no time.
            let name = format!("learner-{}", &hash([&fresh_seed().to_string(), learner])[..8]);
            let changed = class.book.rename(learner, &name)?;
            if changed > 0 {
                anstream::println!("{learner} is {name} in the gradebook from now on.");
            }
            changed
        }
        OfLearner::Delete(_) => class.book.forget(learner)?,
    };
    if changed == 0 {
        return Err(miette!("failed to find {learner:?}: the gradebook knows nothing of this id"));
    }
    // What was written of the learner before is replaced or removed.
    class.export()?;
    anstream::eprintln!(
        "The roster and the submissions are yours to change. Then `grader export`."
    );
    Ok(Ending::Complete)
}

/// Everything that is known of a learner, as JSON.
fn known(class: &mut Class, learner: &str) -> miette::Result<String> {
    let ids: Vec<_> = class.settings.assignments.iter().map(|it| it.id().to_owned()).collect();
    let mut assignments = serde_json::Map::new();
    for id in ids {
        let book = &mut class.book;
        let attempts: Vec<_> =
            book.attempts(&id)?.into_iter().filter(|it| it.learner == learner).collect();
        let works: Vec<_> =
            book.works(&id)?.into_iter().filter(|it| it.learner == learner).collect();
        let amendments: Vec<_> =
            book.amendments(&id)?.into_iter().filter(|it| it.learner == learner).collect();
        let mut reports = Vec::new();
        for work in &works {
            reports.extend(book.grade(&work.graded)?.map(|grade| grade.report));
        }
        let known = serde_json::json!({
            "attempts": attempts, "works": works, "amendments": amendments, "reports": reports,
        });
        assignments.insert(id, known);
    }
    serde_json::to_string_pretty(&assignments).into_diagnostic()
}
