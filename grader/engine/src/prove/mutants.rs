//! Mutants of a solution must lose points, or be excused.
//!
//! What came of a mutant is kept, by the hash of all that it depends on.

use std::{collections::BTreeMap, fmt, fs, io, path::PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    mutation::{Mutant, Mutants},
    sample::Sample,
    submissions::{self, Submissions},
};
use crate::{
    author::Excused,
    builds::Builds,
    grading::{Depth, GradeError},
    hash::hash,
    report::Verdict,
    workspace,
};

/// How many mutants of a lesson are graded unless all are asked for.
const SAMPLE: Sample = Sample { one_in: 12, at_most: 10 };

/// After so many mutants what came of them is kept: all of a lesson's take long, and a run may be interrupted.
const KEPT_TOGETHER: usize = 64;

/// How many mutants the compiler reads in one call.
const SIEVED_TOGETHER: usize = 32;

/// What came of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It does not compile.
    Unviable,
    /// It lost points.
    Failed,
    /// It earned every point.
    Survived,
}

/// What came of the mutants of a lesson, by their descriptions.
#[derive(Debug, Default)]
pub struct Fates(Vec<(String, Fate)>);

impl Fates {
    pub fn count(&self, fate: Fate) -> usize {
        self.0.iter().filter(|(_, found)| *found == fate).count()
    }

    /// How many compile.
    pub fn viable(&self) -> usize {
        self.0.len() - self.count(Fate::Unviable)
    }

    /// Mutants that survived, each with its excuse where it has one; an excuse is good for one.
    pub fn survivors(&self, excused: &[Excused]) -> Vec<(&str, Option<Excused>)> {
        let mut excuses = excused.to_vec();
        let survivors = self.0.iter().filter(|(_, fate)| *fate == Fate::Survived);
        let mut excuse = |mutant: &str| {
            let found = excuses.iter().position(|it| it.fits(mutant));
            found.map(|at| excuses.remove(at))
        };
        survivors.map(|(mutant, _)| (mutant.as_str(), excuse(mutant))).collect()
    }
}

impl fmt::Display for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [failed, survived] = [Fate::Failed, Fate::Survived].map(|fate| self.count(fate));
        write!(
            f,
            "of {} mutants {} are viable, {failed} failed and {survived} survived",
            self.0.len(),
            self.viable(),
        )
    }
}

/// Grades mutants of a lesson's solution: all, or samples until some mutants of them compile.
pub fn fates(submissions: &Submissions, all: bool) -> Result<Fates, GradeError> {
    let Submissions { grader, lesson, .. } = submissions;
    let failed = GradeError::of(lesson);
    let folder = grader.workspace.solution(lesson.id);
    let solution = fs::read_to_string(folder.join("src/lib.rs")).map_err(&failed)?;
    let mutants = Mutants::of(&solution);
    let numbers: Vec<_> = mutants.numbers().collect();
    let draws = if all { vec![numbers] } else { SAMPLE.draws(&numbers).collect() };
    let mut kept = Kept::open(submissions).map_err(&failed)?;
    let mut fates = Fates::default();
    for draw in draws {
        let drawn = draw.into_iter().map(|it| mutants.mutant(it)).collect();
        fates.0.extend(kept.fates_of(drawn)?);
        if fates.viable() > 0 {
            break;
        }
    }
    Ok(fates)
}

/// The name under which a fate is kept: two changes of one statement may have the same description.
fn key(mutant: &Mutant) -> String {
    format!("{} {}", mutant.description, &hash([&mutant.text])[..8])
}

/// Whether each of some mutants is known not to compile. Most do not, and a call of the compiler for each would
/// take most of the time.
fn broken(submissions: &Submissions, mutants: &[&Mutant]) -> Result<Vec<bool>, GradeError> {
    let &Submissions { grader, lesson, .. } = submissions;
    let builds = Builds { grader, options: submissions::options(Depth::FirstMiss) };
    let texts: Vec<_> = mutants.iter().map(|it| it.text.as_str()).collect();
    let broken = builds.broken(lesson, &texts)?;
    Ok((0..mutants.len()).map(|at| broken.contains(&at)).collect())
}

fn fate(submissions: &Submissions, mutant: &Mutant) -> Result<Fate, GradeError> {
    let options = submissions::options(Depth::FirstMiss);
    let (report, _) = submissions.grade(&mutant.text, options)?;
    Ok(match report.verdict {
        Verdict::Passed => Fate::Survived,
        Verdict::CompileError => Fate::Unviable,
        _ => Fate::Failed,
    })
}

/// Fates of earlier runs.
struct Kept<'a> {
    submissions: &'a Submissions<'a>,
    file: PathBuf,
    fates: BTreeMap<String, Fate>,
}

impl<'a> Kept<'a> {
    fn open(submissions: &'a Submissions) -> io::Result<Self> {
        let Submissions { grader, lesson, .. } = submissions;
        let parts = [grader.kit.key().to_owned(), grader.fingerprint(lesson)?];
        let name = format!("{}-{}.json", lesson.id, &hash(parts)[..16]);
        let file = grader.workspace.cache().join("mutants").join(name);
        let fates = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Self { submissions, file, fates: fates.unwrap_or_default() })
    }

    /// What came of the mutants: graded unless that is known.
    fn fates_of(&mut self, mutants: Vec<Mutant>) -> Result<Vec<(String, Fate)>, GradeError> {
        let is_new = |mutant: &&Mutant| !self.fates.contains_key(&key(mutant));
        let new: Vec<_> = mutants.iter().filter(is_new).collect();
        for some in new.chunks(KEPT_TOGETHER) {
            let broken =
                some.par_chunks(SIEVED_TOGETHER).map(|some| broken(self.submissions, some));
            let broken = broken.collect::<Result<Vec<_>, GradeError>>()?.concat();
            let fates = some.par_iter().zip(broken).map(|(mutant, is_broken)| {
                let fate = if is_broken { Fate::Unviable } else { fate(self.submissions, mutant)? };
                Ok((key(mutant), fate))
            });
            self.fates.extend(fates.collect::<Result<Vec<_>, GradeError>>()?);
            self.write().map_err(GradeError::of(self.submissions.lesson))?;
        }
        let known = |mutant: Mutant| {
            let fate = self.fates[&key(&mutant)];
            (mutant.description, fate)
        };
        Ok(mutants.into_iter().map(known).collect())
    }

    fn write(&self) -> io::Result<()> {
        workspace::replace(&self.file, &serde_json::to_vec_pretty(&self.fates)?)
    }
}
