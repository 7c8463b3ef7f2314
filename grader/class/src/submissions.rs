//! What was handed in: which files there are, when they came, and whose they are.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    roster::{Learner, Roster},
    settings::Assignment,
};

/// The table in a folder of submissions that says when each came.
const TIMES: &str = "received.csv";

/// The end of 1980, in seconds since 1970: archives without times have that of their format's first day.
const FIRST_SECOND: i64 = 347_155_200;

/// How many folders deep the lessons of a submission may lie.
const MAX_NESTING: usize = 4;

/// How the names of archives end.
const ARCHIVES: [&str; 4] = [".zip", ".tar.gz", ".tgz", ".tar"];

/// One submission, as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name of its folder or archive.
    pub name: String,
    /// What is opened: the folder that holds the lessons, or the archive.
    pub path: PathBuf,
    /// When it came, as far as that is known.
    pub received: Option<Timestamp>,
}

/// Everything that was handed in.
#[derive(Debug, Default)]
pub struct Submissions {
    /// By name.
    pub found: Vec<Found>,
    /// What lies there and is no submission, and why it is none.
    pub passed_over: Vec<String>,
    /// Times that a clock got wrong.
    pub doubtful: Vec<String>,
}

/// Why there is nothing to grade.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SubmissionsError {
    /// A folder cannot be read.
    #[error("failed to read the submissions in {path}")]
    #[diagnostic(help("give a folder with a folder or an archive for each submission"))]
    Read { path: PathBuf, source: io::Error },
    /// The table of times is wrong.
    #[error("failed to understand {path}: {reason}")]
    #[diagnostic(help(
        "its columns are submission,received, with times such as 2026-11-30T23:59:00+01:00"
    ))]
    Times { path: PathBuf, reason: String },
}

#[derive(Debug, Deserialize)]
struct Row {
    submission: String,
    received: String,
}

impl Submissions {
    /// Finds the submissions in folders: each folder and each archive in them is one.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn find(folders: &[PathBuf]) -> Result<Self, SubmissionsError> {
        let mut all = Self::default();
        for folder in folders {
            all.add(folder)?;
        }
        all.found.sort_by(|one, other| one.name.cmp(&other.name).then(one.path.cmp(&other.path)));
        Ok(all)
    }

    fn add(&mut self, folder: &Path) -> Result<(), SubmissionsError> {
        let unreadable = |source| SubmissionsError::Read { path: folder.to_owned(), source };
        let times = times(&folder.join(TIMES))?;
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Ok(name) = entry.file_name().into_string() else {
                let name = entry.file_name().display().to_string();
                self.passed_over.push(format!("{name}: its name is not UTF-8"));
                continue;
            };
            // The type of a link is that of the link: what it leads to was not handed in.
            let kind = entry.file_type().map_err(unreadable)?;
            let is_archive = ARCHIVES.iter().any(|ending| name.to_lowercase().ends_with(ending));
            let named = times.get(&name).copied();
            if let Some(time) = named.filter(|&time| time > Timestamp::now()) {
                let doubt =
                    format!("{name} is received at {time}, as {TIMES} says: that is in the future");
                self.doubtful.push(doubt);
            }
            match () {
                () if name == TIMES || name.starts_with('.') => {}
                () if kind.is_dir() => {
                    let path = root(&entry.path());
                    self.found.push(Found { name, path, received: named });
                }
                () if kind.is_file() && is_archive => {
                    let received = named.or_else(|| self.written(&entry.path(), &name));
                    self.found.push(Found { name, path: entry.path(), received });
                }
                () => self.passed_over.push(format!("{name}: neither a folder nor an archive")),
            }
        }
        Ok(())
    }

    /// When an archive was written, as the file system knows it, where that can be.
    fn written(&mut self, archive: &Path, name: &str) -> Option<Timestamp> {
        let time = Timestamp::try_from(archive.metadata().ok()?.modified().ok()?).ok()?;
        // Before zip archives knew of time, or not yet: a clock was wrong, or a copy lost the time.
        if time.as_second() > FIRST_SECOND && time <= Timestamp::now() {
            return Some(time);
        }
        self.doubtful.push(format!(
            "{name} is of {time}, as its file says, which is no time to hand in; it counts as on time unless \
             {TIMES} says when it came"
        ));
        None
    }
}

/// The folder of a submission that holds its lessons: of a whole repository that of its exercises. Where there
/// is nothing but one folder, as in an archive that was unpacked, it is looked for in that one.
fn root(folder: &Path) -> PathBuf {
    let mut root = folder.to_owned();
    for _ in 0..MAX_NESTING {
        let folders = folders(&root);
        let inner = folders.iter().find(|it| it.ends_with("exercises"));
        match (inner, folders.as_slice()) {
            (Some(inner), _) => root.clone_from(inner),
            (None, [only]) if !is_lesson(only) => root.clone_from(only),
            _ => break,
        }
    }
    root
}

/// True for the folder of a lesson, and for what lies in one.
fn is_lesson(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name == "src" || name.starts_with("ex_") || folder.join("src").is_dir()
}

/// The folders in a folder, without links, hidden ones, and what macOS adds to archives.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |it: &fs::DirEntry| {
        let name = it.file_name();
        let is_hidden = name.to_string_lossy().starts_with('.') || name == "__MACOSX";
        it.file_type().is_ok_and(|it| it.is_dir()) && !is_hidden
    };
    entries.filter(is_folder).map(|it| it.path()).collect()
}

fn times(path: &Path) -> Result<BTreeMap<String, Timestamp>, SubmissionsError> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text.map_err(|source| SubmissionsError::Read { path: path.to_owned(), source })?,
    };
    let wrong = |reason| SubmissionsError::Times { path: path.to_owned(), reason };
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(&text[..]);
    let row = |row: Result<Row, csv::Error>| {
        let Row { submission, received } = row.map_err(|error| wrong(error.to_string()))?;
        match received.parse() {
            Ok(time) => Ok((submission, time)),
            Err(_) => Err(wrong(format!("{received:?}, of {submission}, is no point in time"))),
        }
    };
    table.deserialize().map(row).collect()
}

/// What is graded of a learner.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Whose it is.
    pub learner: &'a Learner,
    /// What was handed in.
    pub submission: &'a Found,
}

/// Whose submissions are whose.
#[derive(Debug, Default)]
pub struct Claims<'a> {
    /// By learner, in the order of the roster, and then in the order in which they came.
    pub attempts: Vec<Attempt<'a>>,
    /// What is not graded before the instructor has looked at it, and why.
    pub unclear: Vec<String>,
}

impl<'a> Claims<'a> {
    /// Gives each submission to those whom the roster names.
    pub fn of(assignment: &Assignment, roster: &'a Roster, submissions: &'a Submissions) -> Self {
        let mut claims = Self::default();
        let mut owned: BTreeMap<&str, Vec<&'a Found>> = BTreeMap::new();
        for submission in &submissions.found {
            match claimed(roster, submission) {
                Ok(owners) => {
                    owners.iter().for_each(|it| owned.entry(&it.id).or_default().push(submission));
                }
                Err(why) => claims.unclear.push(why),
            }
        }
        for learner in &roster.learners {
            let Some(mut theirs) = owned.remove(learner.id.as_str()) else { continue };
            theirs.sort_by_key(|it| (it.received, &it.name));
            match counted(assignment, &learner.id, &theirs) {
                Ok(counted) => {
                    let attempt = |&submission: &&'a Found| Attempt { learner, submission };
                    claims.attempts.extend(counted.iter().map(attempt));
                }
                Err(why) => claims.unclear.push(why),
            }
        }
        claims
    }
}

/// The owners of a submission: one learner, or one team.
fn claimed<'a>(roster: &'a Roster, submission: &Found) -> Result<Vec<&'a Learner>, String> {
    let name = &submission.name;
    let owners = roster.owners(name);
    let Some(first) = owners.first() else {
        let advice = if is_of_one(submission) {
            "it looks like a lesson; give the folder that holds a folder for each submission"
        } else {
            "add a row, or a pattern to one"
        };
        return Err(format!("{name} belongs to nobody on the roster: {advice}"));
    };
    match owners.iter().find(|it| it.id != first.id && !it.is_with(first)) {
        Some(other) => {
            let (first, other) = (&first.id, &other.id);
            Err(format!("{name} belongs to {first} and to {other}: make their patterns narrower"))
        }
        None => Ok(owners),
    }
}

/// True for what a single submission holds, as where its folder was given instead of the folder of all.
fn is_of_one(submission: &Found) -> bool {
    submission.name == "exercises" || submission.path.join("src/lib.rs").is_file()
}

/// The submissions that count as attempts: the first ones, where it is known which came first.
fn counted<'a, 'b>(
    assignment: &Assignment,
    id: &str,
    theirs: &'b [&'a Found],
) -> Result<&'b [&'a Found], String> {
    let allowed = assignment.attempts;
    let in_order = theirs.iter().all(|it| it.received.is_some());
    if theirs.len() <= allowed || in_order {
        return Ok(&theirs[..theirs.len().min(allowed)]);
    }
    let names: Vec<_> = theirs.iter().map(|it| it.name.as_str()).collect();
    Err(format!(
        "{id} has {} submissions ({}) where {allowed} may be graded, and nothing says which came first: \
         {TIMES} can say it, or take the others away",
        theirs.len(),
        names.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("ada/exercises/ex_1_1")).unwrap();
        fs::create_dir_all(folder.path().join("bob/ex_1_1")).unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join("cy.zip"), "").unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("dee")).unwrap();
        folder
    }

    fn names(found: &[Found]) -> Vec<&str> {
        found.iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn folders_and_archives_are_submissions_and_links_are_not() {
        let folder = folder();
        let all = Submissions::find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(&all.found), ["ada", "bob", "cy.zip"]);
        assert!(all.found[0].path.ends_with("ada/exercises"));
        assert!(all.found[1].path.ends_with("bob"));
        assert!(all.found[1].received.is_none() && all.found[2].received.is_some());
        assert_eq!(all.passed_over.len(), 2, "{:?}", all.passed_over);
    }

    #[test]
    fn lessons_are_found_where_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let found = |path: &str, root_of: &str| {
            let submission = folder.path().join(path.split('/').next().unwrap());
            fs::create_dir_all(folder.path().join(path)).unwrap();
            assert_eq!(root(&submission), folder.path().join(root_of), "{path}");
        };
        found("flat/ex_1_1/src", "flat");
        found("repository/exercises/ex_1_1/src", "repository/exercises");
        found("unpacked/neurons-main/exercises/ex_1_1/src", "unpacked/neurons-main/exercises");
        found("unpacked/__MACOSX/neurons-main", "unpacked/neurons-main/exercises");
        found("twice/exercises/exercises/ex_1_1/src", "twice/exercises/exercises");
        found("two/a/ex_1_1/src", "two/a");
        found("two/b/ex_1_1/src", "two");
    }

    #[test]
    fn a_table_says_when_they_came() {
        let folder = folder();
        let time = "2026-11-30T23:59:00+01:00";
        let write = |text: &str| fs::write(folder.path().join(TIMES), text).unwrap();
        write(&format!("submission,received\nbob,{time}\ncy.zip,{time}\n"));
        let all = Submissions::find(&[folder.path().to_owned()]).unwrap();
        let times: Vec<_> = all.found[1..].iter().map(|it| it.received.unwrap()).collect();
        assert!(times.iter().all(|it| it.to_string() == "2026-11-30T22:59:00Z"), "{times:?}");
        write("submission,received\nbob,yesterday\n");
        let error = Submissions::find(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("received.csv") && error.contains("yesterday"), "{error}");
    }

    #[test]
    fn a_time_that_a_clock_got_wrong_is_no_time() {
        let folder = folder();
        let archive = fs::File::create(folder.path().join("cy.zip")).unwrap();
        let far = std::time::Duration::from_secs(40_000_000_000);
        for time in [std::time::UNIX_EPOCH, std::time::UNIX_EPOCH + far] {
            archive.set_modified(time).unwrap();
            let all = Submissions::find(&[folder.path().to_owned()]).unwrap();
            assert_eq!(all.found[2].received, None);
            assert!(all.doubtful[0].contains("cy.zip is of "), "{:?}", all.doubtful);
        }
        let times = "submission,received\ncy.zip,2999-01-01T00:00:00Z\n";
        fs::write(folder.path().join(TIMES), times).unwrap();
        let all = Submissions::find(&[folder.path().to_owned()]).unwrap();
        assert!(all.found[2].received.is_some());
        assert!(all.doubtful[0].contains("that is in the future"), "{:?}", all.doubtful);
    }

    fn found(name: &str, received: Option<&str>) -> Found {
        let received = received.map(|it| it.parse().unwrap());
        Found { name: name.to_owned(), path: name.into(), received }
    }

    fn claims(found: Vec<Found>, attempts: usize) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roster.csv");
        fs::write(&file, "id,name,team,submission\na,A,,\nb,B,,[ab]*\nc,C,red,\nd,D,red,\n")
            .unwrap();
        let roster = Roster::read(&file).unwrap();
        let text = format!("id = \"w\"\nlessons = [\"ex_1_1\"]\nattempts = {attempts}\n");
        let assignment: Assignment = toml::from_str(&text).unwrap();
        let submissions = Submissions { found, ..Submissions::default() };
        let claims = Claims::of(&assignment, &roster, &submissions);
        let attempt = |it: &Attempt| format!("{} {}", it.learner.id, it.submission.name);
        (claims.attempts.iter().map(attempt).collect(), claims.unclear)
    }

    #[test]
    fn what_belongs_to_nobody_or_to_two_is_told() {
        let (attempts, unclear) = claims(["a", "b", "c", "e"].map(|it| found(it, None)).into(), 1);
        assert_eq!(attempts, ["b b", "c c", "d c"]);
        assert!(unclear[0].contains("a belongs to a and to b"), "{unclear:?}");
        assert!(unclear[1].contains("e belongs to nobody"), "{unclear:?}");
    }

    #[test]
    fn the_first_attempts_count_where_their_order_is_known() {
        let [early, late] = [Some("2026-11-01T00:00:00Z"), Some("2026-11-02T00:00:00Z")];
        let two = vec![found("c.zip", late), found("c_1.zip", early)];
        assert_eq!(claims(two.clone(), 1).0, ["c c_1.zip", "d c_1.zip"]);
        assert_eq!(claims(two, 2).0.len(), 4);
        let (attempts, unclear) = claims(vec![found("c", None), found("c_1", late)], 1);
        assert!(attempts.is_empty());
        assert!(unclear[0].contains("c has 2 submissions (c, c_1)"), "{unclear:?}");
    }
}
