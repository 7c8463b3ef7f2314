//! Everything that is known of a class: who handed in what, what it is worth, and what an instructor
//! amended.
//!
//! A grade belongs to a copy of a lesson and not to a learner: who hands in the same file shares it.

use std::collections::BTreeMap;

use engine::report::LessonReport;
use serde::Serialize;

use crate::{
    database::{Cell, Database, DatabaseError, Place, Row},
    similarity::Fingerprints,
};

/// The version of the tables.
const VERSION: &str = "1";

/// The tables. What is `graded` has a row in `grade` of that key, unless it is open.
const TABLES: [&str; 8] = [
    "CREATE TABLE IF NOT EXISTS book (entry TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS assignment (id TEXT PRIMARY KEY, seed BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS attempt (
        assignment TEXT, learner TEXT, submission TEXT, received TEXT,
        PRIMARY KEY (assignment, learner, submission))",
    "CREATE TABLE IF NOT EXISTS work (
        assignment TEXT, learner TEXT, submission TEXT, lesson TEXT,
        content TEXT NOT NULL, fingerprint TEXT NOT NULL, graded TEXT NOT NULL, problem TEXT,
        PRIMARY KEY (assignment, learner, submission, lesson))",
    // Beside `work`, since a batch that is killed changes that one before it has told of it.
    "CREATE TABLE IF NOT EXISTS told (
        assignment TEXT, learner TEXT, submission TEXT, lesson TEXT,
        content TEXT NOT NULL, fingerprint TEXT NOT NULL, graded TEXT NOT NULL, problem TEXT,
        PRIMARY KEY (assignment, learner, submission, lesson))",
    "CREATE TABLE IF NOT EXISTS grade (
        graded TEXT PRIMARY KEY, lesson TEXT NOT NULL, score DOUBLE PRECISION NOT NULL,
        max_score DOUBLE PRECISION NOT NULL, report TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS amendment (
        assignment TEXT, learner TEXT, lesson TEXT, item TEXT,
        points DOUBLE PRECISION NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL, made TEXT NOT NULL,
        PRIMARY KEY (assignment, learner, lesson, item))",
    // What was handed in leaves no more than this here.
    "CREATE TABLE IF NOT EXISTS likeness (
        lesson TEXT, content TEXT, fingerprints TEXT NOT NULL, PRIMARY KEY (lesson, content))",
];

/// The works that people were told the grades of.
const TOLD: &str = "told";

/// The content under which the fingerprints of a lesson's stub are kept.
const STUB: &str = "stub";

/// An open gradebook.
pub struct Gradebook {
    database: Box<dyn Database>,
}

/// Why a gradebook is of no use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum GradebookError {
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Database(#[from] DatabaseError),
    /// There is none.
    #[error("failed to find a gradebook: there is none in {0}")]
    #[diagnostic(help("`grader batch` makes it: name the folder that you gave as --out then"))]
    Missing(Place),
    /// A later grader wrote it.
    #[error(
        "failed to open the gradebook: its tables have version {found}, and this grader knows {VERSION}"
    )]
    #[diagnostic(help("a newer grader wrote it: use that one; nothing was changed"))]
    Newer { found: String },
    /// A report in it cannot be read.
    #[error("failed to read the report {graded} in the gradebook: {source}")]
    #[diagnostic(help(
        "the file is damaged: bring back a copy of it, or grade into another folder with --out"
    ))]
    Report { graded: String, source: serde_json::Error },
}

/// What a learner handed in, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Whose it is.
    pub learner: String,
    /// The name of its folder or archive.
    pub submission: String,
    /// When it came, in UTC, as far as that is known.
    pub received: Option<String>,
}

/// What was handed in for one lesson of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Work {
    /// Whose it is.
    pub learner: String,
    /// The attempt.
    pub submission: String,
    /// The lesson.
    pub lesson: String,
    /// The hash of the copy, or of the reason why there is none.
    pub content: String,
    /// What the verdict depends on besides.
    pub fingerprint: String,
    /// The key of its grade.
    pub graded: String,
    /// Why it is not graded yet.
    pub problem: Option<String>,
}

/// What a copy of a lesson is worth.
#[derive(Debug, Clone)]
pub struct Grade {
    /// Its key.
    pub graded: String,
    /// Everything that was found out.
    pub report: LessonReport,
}

/// An instructor's decision on one check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amendment {
    /// Whose check.
    pub learner: String,
    /// Of which lesson.
    pub lesson: String,
    /// Which check.
    pub check: String,
    /// What it is worth now.
    pub points: f64,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub author: String,
    /// When, in UTC.
    pub made: String,
}

impl Gradebook {
    /// Opens a gradebook, or makes an empty one.
    ///
    /// # Errors
    /// When the database cannot be written, or a newer grader has written it.
    pub fn open(place: &Place) -> Result<Self, GradebookError> {
        let mut book = Self { database: place.open()? };
        if !book.is_made()? {
            book.make()?;
        }
        Ok(book)
    }

    /// Opens a gradebook that there is.
    ///
    /// # Errors
    /// When there is none, and as for [`Gradebook::open`].
    pub fn find(place: &Place) -> Result<Self, GradebookError> {
        let missing = || GradebookError::Missing(place.clone());
        // A file that is not there would be made.
        if !place.is_there() {
            return Err(missing());
        }
        let mut book = Self { database: place.open()? };
        if book.is_made()? { Ok(book) } else { Err(missing()) }
    }

    /// True where there are tables. It writes nothing: those of a newer grader are not ours to change.
    fn is_made(&mut self) -> Result<bool, GradebookError> {
        let version = self.ask("SELECT value FROM book WHERE entry = 'version'", &[]);
        let version = version.ok().and_then(|rows| rows.into_iter().next());
        match version.map(|row| first(row).into_text()) {
            Some(found) if found != VERSION => Err(GradebookError::Newer { found }),
            version => Ok(version.is_some()),
        }
    }

    fn make(&mut self) -> Result<(), GradebookError> {
        self.at_once(|book| {
            TABLES.iter().try_for_each(|table| book.write(table, &[]))?;
            book.tell("version", VERSION)
        })
    }

    /// Does several things at once: all of them, or none.
    ///
    /// # Errors
    /// When the database fails, or `work` does.
    pub fn at_once<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, GradebookError>,
    ) -> Result<T, GradebookError> {
        self.database.begin()?;
        match work(self) {
            Ok(done) => {
                self.database.execute("COMMIT", &[])?;
                Ok(done)
            }
            Err(error) => {
                // What it says is the reason; the rest was not written in any case.
                let _ = self.database.execute("ROLLBACK", &[]);
                Err(error)
            }
        }
    }

    /// An entry about the gradebook itself.
    pub fn told(&mut self, entry: &str) -> Result<Option<String>, GradebookError> {
        let rows = self.ask("SELECT value FROM book WHERE entry = $1", &[entry.into()])?;
        Ok(rows.into_iter().next().map(|row| first(row).into_text()))
    }

    /// Writes an entry about the gradebook itself.
    pub fn tell(&mut self, entry: &str, value: &str) -> Result<(), GradebookError> {
        self.write(
            "INSERT INTO book (entry, value) VALUES ($1, $2)
             ON CONFLICT (entry) DO UPDATE SET value = excluded.value",
            &[entry.into(), value.into()],
        )
    }

    /// The seed of an assignment; where it has none yet, it is `proposed` from now on.
    pub fn seed(&mut self, assignment: &str, proposed: u32) -> Result<u32, GradebookError> {
        self.write(
            "INSERT INTO assignment (id, seed) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            &[assignment.into(), i64::from(proposed).into()],
        )?;
        // Of two graders that start at once, the first has decided.
        Ok(self.begun(assignment)?.unwrap_or(proposed))
    }

    /// The seed of an assignment that has begun to be graded.
    pub fn begun(&mut self, assignment: &str) -> Result<Option<u32>, GradebookError> {
        Ok(self.begun_all()?.remove(assignment))
    }

    /// The assignments that have begun to be graded, with their seeds.
    pub fn begun_all(&mut self) -> Result<BTreeMap<String, u32>, GradebookError> {
        let rows = self.ask("SELECT id, seed FROM assignment", &[])?;
        let assignment = |row: Row| {
            let mut cells = Cells(row.into_iter());
            let id = cells.text();
            Some((id, u32::try_from(cells.0.next()?.integer()).ok()?))
        };
        Ok(rows.into_iter().filter_map(assignment).collect())
    }

    /// The ids of those who have handed something in.
    pub fn learners(&mut self) -> Result<Vec<String>, GradebookError> {
        let rows = self.ask("SELECT DISTINCT learner FROM attempt ORDER BY learner", &[])?;
        Ok(rows.into_iter().map(|row| first(row).into_text()).collect())
    }

    /// Writes an attempt.
    pub fn add_attempt(
        &mut self,
        assignment: &str,
        attempt: &Attempt,
    ) -> Result<(), GradebookError> {
        let Attempt { learner, submission, received } = attempt;
        self.write(
            "INSERT INTO attempt (assignment, learner, submission, received) VALUES ($1, $2, $3, $4)
             ON CONFLICT (assignment, learner, submission) DO UPDATE SET received = excluded.received",
            &[
                assignment.into(),
                learner.as_str().into(),
                submission.as_str().into(),
                received.as_deref().into(),
            ],
        )
    }

    /// The attempts at an assignment, by learner and name.
    pub fn attempts(&mut self, assignment: &str) -> Result<Vec<Attempt>, GradebookError> {
        let rows = self.ask(
            "SELECT learner, submission, received FROM attempt WHERE assignment = $1
             ORDER BY learner, submission",
            &[assignment.into()],
        )?;
        Ok(rows.into_iter().map(attempt).collect())
    }

    /// Writes what was handed in for one lesson.
    pub fn add_work(&mut self, assignment: &str, work: &Work) -> Result<(), GradebookError> {
        self.write(
            "INSERT INTO work
             (assignment, learner, submission, lesson, content, fingerprint, graded, problem)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (assignment, learner, submission, lesson) DO UPDATE SET
             content = excluded.content, fingerprint = excluded.fingerprint,
             graded = excluded.graded, problem = excluded.problem",
            &[
                assignment.into(),
                work.learner.as_str().into(),
                work.submission.as_str().into(),
                work.lesson.as_str().into(),
                work.content.as_str().into(),
                work.fingerprint.as_str().into(),
                work.graded.as_str().into(),
                work.problem.as_deref().into(),
            ],
        )
    }

    /// What was handed in for an assignment, by learner, submission and lesson.
    pub fn works(&mut self, assignment: &str) -> Result<Vec<Work>, GradebookError> {
        self.works_in("work", assignment)
    }

    /// The works of an assignment whose grades people were last told.
    pub fn told_works(&mut self, assignment: &str) -> Result<Vec<Work>, GradebookError> {
        self.works_in(TOLD, assignment)
    }

    fn works_in(&mut self, table: &str, assignment: &str) -> Result<Vec<Work>, GradebookError> {
        let question = format!(
            "SELECT learner, submission, lesson, content, fingerprint, graded, problem FROM {table}
             WHERE assignment = $1 ORDER BY learner, submission, lesson"
        );
        let rows = self.ask(&question, &[assignment.into()])?;
        Ok(rows.into_iter().map(work).collect())
    }

    /// Keeps which grades people have been told: who has another one next time has moved.
    pub fn tell_works(&mut self, assignment: &str) -> Result<(), GradebookError> {
        let statement = format!(
            "INSERT INTO {TOLD}
             (assignment, learner, submission, lesson, content, fingerprint, graded, problem)
             SELECT assignment, learner, submission, lesson, content, fingerprint, graded, problem
             FROM work WHERE assignment = $1 AND graded IN (SELECT graded FROM grade)
             ORDER BY learner, submission, lesson
             ON CONFLICT (assignment, learner, submission, lesson) DO UPDATE SET
             content = excluded.content, fingerprint = excluded.fingerprint,
             graded = excluded.graded, problem = excluded.problem"
        );
        self.write(&statement, &[assignment.into()])
    }

    /// Says why what has this key is not graded; takes it back with `None`.
    pub fn set_problem(
        &mut self,
        graded: &str,
        problem: Option<&str>,
    ) -> Result<(), GradebookError> {
        self.write(
            "UPDATE work SET problem = $1 WHERE graded = $2",
            &[problem.into(), graded.into()],
        )
    }

    /// Writes a grade.
    pub fn add_grade(&mut self, grade: &Grade) -> Result<(), GradebookError> {
        let Grade { graded, report } = grade;
        let text = serde_json::to_string(report);
        let text = text.map_err(|source| unreadable(graded, source))?;
        self.write(
            "INSERT INTO grade (graded, lesson, score, max_score, report) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (graded) DO UPDATE SET
             score = excluded.score, max_score = excluded.max_score, report = excluded.report",
            &[
                graded.as_str().into(),
                report.id.as_str().into(),
                report.score.into(),
                report.max_score.into(),
                text.as_str().into(),
            ],
        )
    }

    /// Writes the fingerprints of a copy of a lesson, or of its stub.
    pub fn add_likeness(
        &mut self,
        lesson: &str,
        content: Option<&str>,
        fingerprints: &Fingerprints,
    ) -> Result<(), GradebookError> {
        let numbers: Vec<_> = fingerprints.iter().map(u64::to_string).collect();
        self.write(
            "INSERT INTO likeness (lesson, content, fingerprints) VALUES ($1, $2, $3)
             ON CONFLICT (lesson, content) DO UPDATE SET fingerprints = excluded.fingerprints",
            &[lesson.into(), content.unwrap_or(STUB).into(), numbers.join(" ").as_str().into()],
        )
    }

    /// The fingerprints of the copies of a lesson, by their contents, and those of its stub.
    pub fn likenesses(
        &mut self,
        lesson: &str,
    ) -> Result<(BTreeMap<String, Fingerprints>, Fingerprints), GradebookError> {
        let question = "SELECT content, fingerprints FROM likeness WHERE lesson = $1";
        let rows = self.ask(question, &[lesson.into()])?;
        let likeness = |row: Row| {
            let mut cells = Cells(row.into_iter());
            let content = cells.text();
            let numbers = cells.text();
            (content, numbers.split(' ').filter_map(|it| it.parse().ok()).collect())
        };
        let mut all: BTreeMap<String, Fingerprints> = rows.into_iter().map(likeness).collect();
        let stub = all.remove(STUB).unwrap_or_default();
        Ok((all, stub))
    }

    /// What the works of an assignment are worth, by key: points, and how many there could be.
    pub fn scores(
        &mut self,
        assignment: &str,
    ) -> Result<BTreeMap<String, (f64, f64)>, GradebookError> {
        let rows = self.ask(
            "SELECT DISTINCT grade.graded, score, max_score FROM grade
             JOIN work ON work.graded = grade.graded WHERE work.assignment = $1",
            &[assignment.into()],
        )?;
        let score = |row: Row| {
            let mut cells = Cells(row.into_iter());
            (cells.text(), (cells.real(), cells.real()))
        };
        Ok(rows.into_iter().map(score).collect())
    }

    /// The grade of this key.
    pub fn grade(&mut self, graded: &str) -> Result<Option<Grade>, GradebookError> {
        let rows = self.ask("SELECT report FROM grade WHERE graded = $1", &[graded.into()])?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let report = serde_json::from_str(&first(row).into_text());
        let report = report.map_err(|source| unreadable(graded, source))?;
        Ok(Some(Grade { graded: graded.to_owned(), report }))
    }

    /// Writes an amendment.
    pub fn amend(&mut self, assignment: &str, it: &Amendment) -> Result<(), GradebookError> {
        self.write(
            "INSERT INTO amendment (assignment, learner, lesson, item, points, reason, author, made)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (assignment, learner, lesson, item) DO UPDATE SET points = excluded.points,
             reason = excluded.reason, author = excluded.author, made = excluded.made",
            &[
                assignment.into(),
                it.learner.as_str().into(),
                it.lesson.as_str().into(),
                it.check.as_str().into(),
                it.points.into(),
                it.reason.as_str().into(),
                it.author.as_str().into(),
                it.made.as_str().into(),
            ],
        )
    }

    /// Removes an amendment.
    pub fn take_back(&mut self, assignment: &str, it: &Amendment) -> Result<(), GradebookError> {
        let Amendment { learner, lesson, check, .. } = it;
        self.write(
            "DELETE FROM amendment WHERE assignment = $1 AND learner = $2 AND lesson = $3 AND item = $4",
            &[
                assignment.into(),
                learner.as_str().into(),
                lesson.as_str().into(),
                check.as_str().into(),
            ],
        )
    }

    /// The amendments to an assignment, by learner, lesson and check.
    pub fn amendments(&mut self, assignment: &str) -> Result<Vec<Amendment>, GradebookError> {
        let rows = self.ask(
            "SELECT learner, lesson, item, points, reason, author, made FROM amendment
             WHERE assignment = $1 ORDER BY learner, lesson, item",
            &[assignment.into()],
        )?;
        Ok(rows.into_iter().map(amendment).collect())
    }

    /// Removes an attempt. Its grades stay: whose it is now shares them.
    pub fn withdraw(
        &mut self,
        assignment: &str,
        learner: &str,
        submission: &str,
    ) -> Result<(), GradebookError> {
        for table in [TOLD, "work", "attempt"] {
            let statement = format!(
                "DELETE FROM {table} WHERE assignment = $1 AND learner = $2 AND submission = $3"
            );
            self.write(&statement, &[assignment.into(), learner.into(), submission.into()])?;
        }
        Ok(())
    }

    /// Removes a learner, and the grades that were theirs alone.
    pub fn forget(&mut self, learner: &str) -> Result<u64, GradebookError> {
        let mut removed = 0;
        for table in ["amendment", TOLD, "work", "attempt"] {
            let statement = format!("DELETE FROM {table} WHERE learner = $1");
            removed += self.database.execute(&statement, &[learner.into()])?;
        }
        self.clean()?;
        Ok(removed)
    }

    /// Gives a learner another id, everywhere.
    pub fn rename(&mut self, learner: &str, name: &str) -> Result<u64, GradebookError> {
        let mut renamed = 0;
        for table in ["amendment", TOLD, "work", "attempt"] {
            let statement = format!("UPDATE {table} SET learner = $1 WHERE learner = $2");
            renamed += self.database.execute(&statement, &[name.into(), learner.into()])?;
        }
        Ok(renamed)
    }

    /// Removes grades that belong to nobody any more; gives how many.
    pub fn clean(&mut self) -> Result<u64, GradebookError> {
        let statement = "DELETE FROM grade WHERE graded NOT IN (SELECT graded FROM work)
             AND graded NOT IN (SELECT graded FROM told)";
        let removed = self.database.execute(statement, &[])?;
        let statement = "DELETE FROM likeness WHERE content <> $1 AND content NOT IN (SELECT content FROM work)";
        self.database.execute(statement, &[STUB.into()])?;
        Ok(removed)
    }

    fn ask(&mut self, question: &str, cells: &[Cell]) -> Result<Vec<Row>, GradebookError> {
        Ok(self.database.query(question, cells)?)
    }

    fn write(&mut self, statement: &str, cells: &[Cell]) -> Result<(), GradebookError> {
        self.database.execute(statement, cells)?;
        Ok(())
    }
}

fn unreadable(graded: &str, source: serde_json::Error) -> GradebookError {
    GradebookError::Report { graded: graded.to_owned(), source }
}

fn first(row: Row) -> Cell {
    row.into_iter().next().unwrap_or(Cell::Null)
}

/// The cells of a row, one after the other; beyond its end nothing.
struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    fn optional(&mut self) -> Option<String> {
        self.0.next().and_then(Cell::into_optional_text)
    }

    fn real(&mut self) -> f64 {
        self.0.next().map_or(f64::NAN, |cell| cell.real())
    }
}

fn attempt(row: Row) -> Attempt {
    let mut cells = Cells(row.into_iter());
    Attempt { learner: cells.text(), submission: cells.text(), received: cells.optional() }
}

fn work(row: Row) -> Work {
    let mut cells = Cells(row.into_iter());
    Work {
        learner: cells.text(),
        submission: cells.text(),
        lesson: cells.text(),
        content: cells.text(),
        fingerprint: cells.text(),
        graded: cells.text(),
        problem: cells.optional(),
    }
}

fn amendment(row: Row) -> Amendment {
    let mut cells = Cells(row.into_iter());
    Amendment {
        learner: cells.text(),
        lesson: cells.text(),
        check: cells.text(),
        points: cells.real(),
        reason: cells.text(),
        author: cells.text(),
        made: cells.text(),
    }
}
