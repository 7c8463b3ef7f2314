//! Puts the parts of a class together that several machines graded.

use std::path::{Path, PathBuf};

use crate::{
    batch::versions,
    cli::Book,
    database::Place,
    gradebook::{Gradebook, GradebookError},
    partition::Partition,
    settings::{Assignment, Settings},
};

/// What has to be the same in all parts.
const SAME: [&str; 3] = ["sandbox", "record", "gemm_backend"];

/// Parts do not fit together.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum MergeError {
    /// A gradebook failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Gradebook(#[from] GradebookError),
    /// There is no part.
    #[error("failed to find a part of a class in {0}: there is no {file}", file = Book::FILE)]
    #[diagnostic(help("a part is the --out of `grader batch --partition`"))]
    NoPart(PathBuf),
    /// Two parts are the same one, or of different partitions.
    #[error("failed to merge: {0}")]
    #[diagnostic(help("nothing was merged: give each part once, and all of them"))]
    Parts(String),
    /// Parts were graded differently.
    #[error("failed to merge: {one} and {other} were graded with different {what}")]
    #[diagnostic(help("nothing was merged: grade one of them once more, as the other one"))]
    Mixed { one: PathBuf, other: PathBuf, what: String },
}

/// A part of a class.
struct Part {
    folder: PathBuf,
    book: Gradebook,
    partition: Partition,
}

/// Reads all parts into one gradebook.
///
/// # Errors
/// When a part is missing, there twice, or graded differently; then nothing is merged.
pub fn merge(
    folders: &[PathBuf],
    settings: &Settings,
    book: &mut Gradebook,
) -> Result<(), MergeError> {
    let mut parts: Vec<_> =
        folders.iter().map(|folder| Part::open(folder)).collect::<Result<_, _>>()?;
    are_complete(&parts)?;
    for entry in SAME {
        let told = |book: &mut Gradebook| book.told(entry).map(Option::unwrap_or_default);
        let value = are_alike(&mut parts, entry, told)?;
        book.tell(entry, &value)?;
    }
    book.tell("partition", &Partition::WHOLE.to_string())?;
    for assignment in &settings.assignments {
        let versions = versions(assignment.id());
        let told = |book: &mut Gradebook| book.told(&versions);
        if let Some(version) = are_alike(&mut parts, "versions of the course", told)? {
            book.tell(&versions, &version)?;
        }
        let seed = are_alike(&mut parts, "seeds", |book| book.seed(assignment.id(), 0))?;
        let seed = u32::try_from(seed).unwrap_or_default();
        book.seed(assignment.id(), seed)?;
        for part in &mut parts {
            part.copy(assignment, book)?;
        }
    }
    Ok(())
}

impl Part {
    fn open(folder: &Path) -> Result<Self, MergeError> {
        // A gradebook that is not there would be made.
        if !folder.join(Book::FILE).is_file() {
            return Err(MergeError::NoPart(folder.to_owned()));
        }
        let mut book = Gradebook::open(&Place::in_folder(folder, Book::FILE))?;
        let partition = book.told("partition")?.and_then(|text| text.parse().ok());
        let partition = partition.ok_or_else(|| MergeError::NoPart(folder.to_owned()))?;
        Ok(Self { folder: folder.to_owned(), book, partition })
    }

    fn copy(
        &mut self,
        assignment: &Assignment,
        into: &mut Gradebook,
    ) -> Result<(), GradebookError> {
        let id = assignment.id();
        into.at_once(|into| {
            self.book.attempts(id)?.iter().try_for_each(|it| into.add_attempt(id, it))?;
            self.book.amendments(id)?.iter().try_for_each(|it| into.amend(id, it))?;
            for work in self.book.works(id)? {
                into.add_work(id, &work)?;
                if let Some(grade) = self.book.grade(&work.graded)? {
                    into.add_grade(&grade)?;
                }
            }
            for lesson in assignment.lessons() {
                let (all, stub) = self.book.likenesses(lesson)?;
                into.add_likeness(lesson, None, &stub)?;
                all.iter().try_for_each(|(it, all)| into.add_likeness(lesson, Some(it), all))?;
            }
            Ok(())
        })
    }
}

/// Each part of one partition is there, and once.
fn are_complete(parts: &[Part]) -> Result<(), MergeError> {
    let wanted = parts.first().map_or(0, |part| part.partition.parts());
    for (at, part) in parts.iter().enumerate() {
        let same = parts[..at].iter().find(|it| it.partition == part.partition);
        if let Some(same) = same {
            let (one, other) = (same.folder.display(), part.folder.display());
            let both = format!("{one} and {other} are both part {}", part.partition);
            return Err(MergeError::Parts(both));
        }
        if part.partition.parts() != wanted {
            let (one, other) = (parts[0].folder.display(), part.folder.display());
            return Err(MergeError::Parts(format!(
                "{one} is part {}, and {other} is part {}",
                parts[0].partition, part.partition
            )));
        }
    }
    let missing =
        Partition::all(wanted).filter(|it| parts.iter().all(|part| part.partition != *it));
    let missing: Vec<_> = missing.map(|it| it.to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(MergeError::Parts(format!("missing: {}", missing.join(", "))))
}

/// What all parts say, if they say the same.
fn are_alike<T: PartialEq>(
    parts: &mut [Part],
    what: &str,
    told: impl Fn(&mut Gradebook) -> Result<T, GradebookError>,
) -> Result<T, MergeError> {
    let (first, others) =
        parts.split_first_mut().expect("there is a part: the arguments ask for one");
    let value = told(&mut first.book)?;
    for part in others {
        if told(&mut part.book)? != value {
            let (one, other) = (first.folder.clone(), part.folder.clone());
            return Err(MergeError::Mixed { one, other, what: what.to_owned() });
        }
    }
    Ok(value)
}
