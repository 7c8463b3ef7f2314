//! The command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::render::HiddenChecks;

/// Grades the lessons of a course: hidden checks, gradient checks, honest verdicts.
#[derive(Debug, Parser)]
#[command(name = "grader", bin_name = "grader", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// The folder of the course, with exercises/ and solutions/; by default where the grader was built.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) workspace: Option<PathBuf>,
    /// When to use colours.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,
}

/// What a grader does.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)]
pub enum Command {
    /// Grade a submission.
    Grade(Grade),
    /// Write a report that was kept as JSON in another form.
    Render(Render),
    /// List the lessons: what is done, open and locked. Of a named lesson, list the checks.
    List(Lessons),
    /// Name the lesson to do next, with its files and commands.
    Next,
    /// Grade a lesson each time that you save it.
    Watch(Current),
    /// Read the brief of a lesson.
    Brief(Current),
    /// Read the hints of a lesson, one each time.
    Hint(Current),
    /// Begin a lesson anew; a copy is kept of what you wrote.
    Reset(Named),
    /// Read the solution of a lesson that is done, with its derivation.
    Solution(Named),
    /// For instructors: make the learner's repository, without solutions.
    Handout(Handout),
    /// Bring an updated course into a clone or a handout: what you wrote stays.
    Sync(Sync),
    /// For authors: start a new lesson.
    New(New),
    /// For authors: prove that lessons are sound (stub, solution, variants, visible tests, mutants).
    Prove(Prove),
    /// For authors: compare the tables in README and briefs with the lessons, or write them.
    Tables(Tables),
    /// For instructors: pack the course for a platform that grades elsewhere.
    #[command(subcommand)]
    Package(Package),
    /// For instructors: make a key that reports are signed with.
    NewKey(NewKey),
    /// For instructors: check that a report is what the grader wrote.
    VerifyReport(VerifyReport),
}

#[derive(Debug, Args)]
pub struct Grade {
    #[command(flatten)]
    pub lessons: Lessons,
    /// The folder that holds the learner's ex_*/src/lib.rs, or a .zip, .tar or .tar.gz file of it; the
    /// course's exercises by default.
    #[arg(long, value_name = "PATH")]
    pub submission: Option<PathBuf>,
    #[command(flatten)]
    pub written: Written,
    /// The seed that hidden inputs are drawn from: 0 if not given, and a fresh random number with
    /// --record.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Official grading: require the full sandbox and draw a fresh random seed.
    #[arg(long, conflicts_with = "insecure")]
    pub record: bool,
    /// Sign the report with this secret key; the signature goes beside it.
    #[arg(long, value_name = "KEY", requires_all = ["record", "output"])]
    pub sign: Option<PathBuf>,
    /// Grade without a sandbox, which the report says: for code that you would run yourself.
    #[arg(long, conflicts_with = "sign")]
    pub insecure: bool,
    /// Run lessons that build on others on your own earlier lessons, unscored.
    #[arg(long, conflicts_with = "record")]
    pub own: bool,
    /// Show hidden inputs and expected values.
    #[arg(long)]
    pub reveal: bool,
    /// Show every lesson in full, and not only the first one that is not finished.
    #[arg(long)]
    pub all: bool,
    /// Also say what the code computes, as a formula, where the grader has found it out.
    #[arg(long)]
    pub explain: bool,
    /// Do not look for what explains wrong answers: faster, where nobody reads the messages.
    #[arg(long, conflicts_with = "explain")]
    pub no_diagnosis: bool,
}

/// How a report is written, and where.
#[derive(Debug, Args)]
pub struct Written {
    /// How the report is written; by default as the ending of --output says (.json, .html, .csv, .md, .xml),
    /// or as text for a terminal.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// With --format gradescope: when learners see the hidden checks and what their code printed.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = HiddenChecks::Visible)]
    pub hidden_checks: HiddenChecks,
}

#[derive(Debug, Args)]
pub struct Render {
    /// The report, as `grade --format json` wrote it.
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    #[command(flatten)]
    pub written: Written,
}

#[derive(Debug, Subcommand)]
pub enum Package {
    /// An autograder for Gradescope. It holds the solutions: keep it to yourself.
    Gradescope(Gradescope),
}

#[derive(Debug, Args)]
pub struct Gradescope {
    #[command(flatten)]
    pub lessons: Lessons,
    /// Where the archive goes.
    #[arg(long, value_name = "FILE.zip")]
    pub out: PathBuf,
    /// The seed that hidden inputs are drawn from, for everyone; a fresh random number if not given.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// When learners see the hidden checks and what their code printed.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = HiddenChecks::Visible)]
    pub hidden_checks: HiddenChecks,
}

#[derive(Debug, Args)]
pub struct Handout {
    /// The folder to make; it must be new or empty.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The lessons to hand out, such as ex_2_2; all of them when none is named. Those that they build on come
    /// along.
    #[arg(long, value_name = "LESSON", num_args = 1..)]
    pub lessons: Vec<String>,
    /// Hand out files as they are, also where git has others.
    #[arg(long)]
    pub allow_dirty: bool,
}

#[derive(Debug, Args)]
pub struct Sync {
    /// The folder of the new handout. In a clone, the branch to take from; by default the one that the course
    /// comes from.
    #[arg(long, value_name = "DIR or BRANCH")]
    pub from: Option<String>,
}

#[derive(Debug, Args)]
pub struct NewKey {
    /// Where the secret key goes; the public one goes beside it, with `.pub` at the end.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct VerifyReport {
    /// The report; its signature lies beside it, with `.sig` at the end.
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// The public key.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

#[derive(Debug, Args)]
pub struct Prove {
    #[command(flatten)]
    pub lessons: Lessons,
    /// Leave out the stubs of exercises that a learner has begun to solve.
    #[arg(long)]
    pub skip_edited: bool,
    /// Grade every mutant of the solutions and wrong variants with every seed, and not a sample.
    #[arg(long)]
    pub mutants: bool,
}

#[derive(Debug, Args)]
pub struct New {
    /// The lesson's id, such as ex_9_1.
    pub id: String,
    /// Its title, as the brief will have it.
    pub title: String,
}

#[derive(Debug, Args)]
pub struct Tables {
    #[command(flatten)]
    pub lessons: Lessons,
    /// Write what differs, instead of naming it.
    #[arg(long)]
    pub write: bool,
}

#[derive(Debug, Args)]
pub struct Lessons {
    /// The lessons, such as ex_2_2; all of them when none is named.
    #[arg(value_name = "LESSON")]
    pub lessons: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Current {
    /// The lesson, such as ex_2_2; the next to do when none is named.
    #[arg(value_name = "LESSON")]
    pub lesson: Option<String>,
}

#[derive(Debug, Args)]
pub struct Named {
    /// The lesson, such as ex_2_2.
    #[arg(value_name = "LESSON")]
    pub lesson: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Text for a person at a terminal.
    Terminal,
    /// All of it, for programs.
    Json,
    /// A page for a person with a browser.
    Html,
    /// A table with one row a check, for spreadsheets.
    Csv,
    /// JUnit's XML, for CI systems.
    Junit,
    /// Markdown, for the summary of a job.
    Markdown,
    /// Commands of GitHub's workflows: an annotation beside the line of each mistake.
    Github,
    /// For the reporter of GitHub Classroom's autograder: JSON in Base64.
    GithubPoints,
    /// Gradescope's results.json.
    Gradescope,
}

impl Written {
    /// How the report is written.
    pub fn format(&self) -> Format {
        let ending = self.output.as_deref().and_then(Path::extension);
        let of_ending = ending.and_then(|it| match it.to_str()? {
            "json" => Some(Format::Json),
            "html" => Some(Format::Html),
            "csv" => Some(Format::Csv),
            "md" => Some(Format::Markdown),
            "xml" => Some(Format::Junit),
            _ => None,
        });
        self.format.or(of_ending).unwrap_or(Format::Terminal)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::AlwaysAnsi,
            Color::Never => Self::Never,
        }
    }
}
