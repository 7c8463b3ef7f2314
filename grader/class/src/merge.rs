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
    /// A part would be lost in the whole.
    #[error("failed to merge into {0}: it is one of the parts")]
    #[diagnostic(help("nothing was merged: name a folder of its own with --out"))]
    IntoPart(PathBuf),
    /// Two parts are the same one, or of different partitions.
    #[error("failed to merge: {0}")]
    #[diagnostic(help("nothing was merged: give each part once, and all of them"))]
    Parts(String),
    /// Parts were graded differently.
    #[error("failed to merge: {one} and {other} were graded with different {what}")]
    #[diagnostic(help("nothing was merged: grade one of them once more, as the other one"))]
    Mixed { one: PathBuf, other: PathBuf, what: String },
    /// The whole began with another seed.
    #[error(
        "failed to merge {id}: the gradebook in {whole} began with another seed than the parts"
    )]
    #[diagnostic(help("name another folder with --out"))]
    OtherSeed { id: String, whole: PathBuf },
}

/// A part of a class.
struct Part {
    folder: PathBuf,
    book: Gradebook,
    partition: Partition,
}

/// The folder of the whole is none of the parts: a part has to stay one.
///
/// # Errors
/// When it is one of them, under whatever name.
pub fn is_no_part(out: &Path, parts: &[PathBuf]) -> Result<(), MergeError> {
    let whole = out.canonicalize().ok();
    let is_whole = |part: &&PathBuf| whole.is_some() && part.canonicalize().ok() == whole;
    let same = parts.iter().find(is_whole);
    same.map_or(Ok(()), |part| Err(MergeError::IntoPart(part.clone())))
}

/// Reads all parts into one gradebook.
///
/// # Errors
/// When a part is missing, there twice, or graded differently; then nothing is merged.
pub fn merge(
    folders: &[PathBuf],
    settings: &Settings,
    whole: &Path,
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
        // What no part has begun has no seed yet either.
        let seed = are_alike(&mut parts, "seeds", |book| book.begun(assignment.id()))?;
        let Some(seed) = seed else { continue };
        if book.seed(assignment.id(), seed)? != seed {
            let (id, whole) = (assignment.id().to_owned(), whole.to_owned());
            return Err(MergeError::OtherSeed { id, whole });
        }
        if let Some(version) = are_alike(&mut parts, "versions of the course", told)? {
            book.tell(&versions, &version)?;
        }
        for part in &mut parts {
            part.copy(assignment, book)?;
        }
    }
    Ok(())
}

impl Part {
    fn open(folder: &Path) -> Result<Self, MergeError> {
        let no_part = || MergeError::NoPart(folder.to_owned());
        let book = Gradebook::find(&Place::in_folder(folder, Book::FILE));
        let mut book = book.map_err(|error| match error {
            GradebookError::Missing(_) => no_part(),
            error => error.into(),
        })?;
        let partition = book.told("partition")?.and_then(|text| text.parse().ok());
        let partition = partition.ok_or_else(no_part)?;
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
