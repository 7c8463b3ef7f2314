//! What is built for a lesson: the learner's worker, the worker of its variants, and the libraries of
//! the lessons that it builds on.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use contract::{Contract, NAMES};

use crate::{
    checks::Lesson,
    compile::{Built, CompileError, Job, Links, Product},
    grading::{Depth, GradeError, Grader, Options},
    intake::{Files, Rejection, Sources, Submission},
    report::Verdict,
    scan::{Body, Reader, Scan},
    variants::{self, Variant},
    worker::{Budget, Program},
    workspace::Workspace,
};

/// The folder of other versions of a solution, beside it.
const BESIDE: &str = "versions";

/// What a learner handed in for one lesson.
#[derive(Clone, Copy)]
pub struct Handed<'a> {
    pub submission: &'a Submission,
    /// Where the submission lies, as it was named.
    pub path: &'a Path,
    pub sources: &'a Sources,
    pub scan: &'a Scan,
    /// The lesson's folder, as the learner knows it.
    pub display_path: &'a str,
}

/// Why a lesson has no worker, as its report says it.
pub struct NoWorker {
    pub verdict: Verdict,
    pub message: String,
}

/// Builds with the kit of a grader, under the options of one run.
#[derive(Clone, Copy)]
pub struct Builds<'a> {
    pub grader: &'a Grader,
    pub options: Options,
}

impl NoWorker {
    fn compile_error(message: String) -> Self {
        Self { verdict: Verdict::CompileError, message }
    }
}

impl<'a> Builds<'a> {
    /// The learner's worker.
    pub fn worker(
        &self,
        lesson: &'static Lesson,
        handed: Handed,
    ) -> Result<Result<Built, NoWorker>, GradeError> {
        let links = match self.links(lesson, handed)? {
            Ok(links) => links,
            Err(no_worker) => return Ok(Err(no_worker)),
        };
        let entry = lesson.contract.worker(&[]);
        let slot = self.slot(lesson, lesson.id, handed.path)?;
        let job = self.handed_job(lesson, handed, &slot, Product::Worker(&entry), &links);
        if !handed.scan.readable {
            let complaints = job.complaints(&self.grader.kit);
            let complaints = complaints.map_err(GradeError::of(lesson))?;
            let message = complaints.unwrap_or_else(|| UNREADABLE.to_owned());
            let message = fenced(handed).unwrap_or_default() + &message;
            return Ok(Err(NoWorker::compile_error(message)));
        }
        self.run(&job).map(|built| built.map_err(NoWorker::compile_error))
    }

    /// The learner's worker once more, with the lines that it was compiled from.
    pub fn worker_with_lines(&self, lesson: &'static Lesson, handed: Handed) -> Option<Built> {
        self.worker_again(lesson, handed, "lines", true)
    }

    /// The learner's worker once more, with a panic in place of these blocks.
    pub fn worker_without(
        &self,
        lesson: &'static Lesson,
        handed: Handed,
        left_out: &[Body],
    ) -> Option<Built> {
        let mut left_out: Vec<_> = left_out.iter().collect();
        // From the last to the first: what is replaced moves what follows.
        left_out.sort_by_key(|body| Reverse(body.bytes.start));
        let without = |sources: Sources, body: &&Body| {
            sources.with_block(&body.path, body.bytes.clone(), "{ ::core::panic!() }")
        };
        let sources = left_out.iter().try_fold(handed.sources.clone(), without)?;
        self.worker_again(lesson, Handed { sources: &sources, ..handed }, "without", false)
    }

    /// The learner's worker once more, in a slot of its own beside the first.
    fn worker_again(
        &self,
        lesson: &'static Lesson,
        handed: Handed,
        slot: &str,
        lines: bool,
    ) -> Option<Built> {
        let links = self.links(lesson, handed).ok()?.ok()?;
        let entry = lesson.contract.worker(&[]);
        let slot = self.slot(lesson, lesson.id, handed.path).ok()?.join(slot);
        fs::create_dir_all(&slot).ok()?;
        let job = self.handed_job(lesson, handed, &slot, Product::Worker(&entry), &links);
        Job { lines, ..job }.run(&self.grader.kit).ok()
    }

    /// The worker of the variants that the solution's `file` declares, and the variants; `None` where
    /// the course holds no such file.
    pub fn variants(
        &self,
        lesson: &'static Lesson,
        file: &str,
    ) -> Result<Option<(Built, Vec<Variant>)>, GradeError> {
        let folder = self.grader.workspace.solution(lesson.id);
        let Ok(text) = fs::read_to_string(folder.join(file)) else { return Ok(None) };
        let variants = variants::variants(&text);
        let display_path = folder.display().to_string();
        let sources = self.solution(lesson)?.with(file, &text);
        let entry = variants_entry(lesson, file, &variants);
        let slot = self.slot(lesson, lesson.id, &folder.join(file))?;
        let links = self.reference_links(lesson)?;
        let product = Product::Worker(&entry);
        let built = self.run(&self.job(lesson, &sources, &display_path, &slot, product, &links))?;
        let built = built.map_err(|messages| GradeError::unsound(lesson, file, messages))?;
        Ok(Some((built, variants)))
    }

    /// Which of these versions of a solution do not compile, by their places, as far as the compiler tells
    /// when it reads them all as modules of the solution's crate.
    pub fn broken(
        &self,
        lesson: &'static Lesson,
        versions: &[&str],
    ) -> Result<BTreeSet<usize>, GradeError> {
        let (solution, links) = (self.solution(lesson)?, self.reference_links(lesson)?);
        let mut broken = BTreeSet::new();
        loop {
            let left = (0..versions.len()).filter(|at| !broken.contains(at));
            let left: Vec<_> = left.map(|at| (at, versions[at])).collect();
            let told = self.told_broken(lesson, &solution, &links, &left)?;
            if told.is_empty() {
                return Ok(broken);
            }
            // Errors of one kind may hide those of another until they are gone.
            broken.extend(told);
        }
    }

    /// The places of those versions in which the compiler finds errors in one call.
    fn told_broken(
        &self,
        lesson: &'static Lesson,
        solution: &Sources,
        links: &Links,
        versions: &[(usize, &str)],
    ) -> Result<Vec<usize>, GradeError> {
        let file = |at: usize| format!("{at}.rs");
        let path = |at: usize| format!("src/{BESIDE}/{}", file(at));
        let module = |at: usize| format!("#[path = \"{BESIDE}/{}\"] mod {NAMES}{at};", file(at));
        let with = |all: Sources, (at, text): &(usize, &str)| all.with(&path(*at), text);
        let sources = versions.iter().fold(solution.clone(), with);
        let modules: String = versions.iter().map(|(at, _)| module(*at)).collect();
        let product = Product::Check(&modules);
        let job = self.job(lesson, &sources, lesson.id, Path::new(""), product, links);
        let found = job.broken_files(&self.grader.kit).map_err(GradeError::of(lesson))?;
        let places = versions.iter().map(|(at, _)| *at);
        Ok(places.filter(|at| found.contains(&file(*at))).collect())
    }

    /// How a worker is started.
    pub fn program(&self, built: &Built) -> Program {
        let libraries = self.grader.kit.libraries().to_vec();
        let (path, sandbox) = (built.path.clone(), self.options.sandbox);
        let budget = Arc::new(Budget::of(self.grader.requests.clone()));
        Program { path, libraries, sandbox, budget }
    }

    /// The libraries of the lessons that a learner's code builds on: the references, so that an old
    /// mistake costs its own lesson only, or the learner's own, where asked for or in a handout.
    fn links(
        &self,
        lesson: &'static Lesson,
        handed: Handed,
    ) -> Result<Result<Links, NoWorker>, GradeError> {
        if !self.options.own && self.grader.workspace.has_solutions() {
            return self.reference_links(lesson).map(Ok);
        }
        self.linked(lesson, &mut |earlier, links| self.own_library(earlier, handed, links))
    }

    fn reference_links(&self, lesson: &'static Lesson) -> Result<Links, GradeError> {
        let mut reference =
            |earlier, links: &Links| self.reference(earlier, links).map(Ok::<_, NoWorker>);
        let linked = self.linked(lesson, &mut reference)?;
        linked.map_err(|no_worker| GradeError::unsound(lesson, "src/lib.rs", no_worker.message))
    }

    /// Builds the lessons that a lesson names, and before each those that it names in turn.
    fn linked(
        &self,
        lesson: &'static Lesson,
        build: &mut BuildLibrary,
    ) -> Result<Result<Links, NoWorker>, GradeError> {
        let mut linked = Links::default();
        for id in lesson.contract.lessons {
            let Some(earlier) = self.grader.course.lesson(id) else {
                return Err(GradeError::NoEarlierLesson { lesson: lesson.id, earlier: id });
            };
            let links = match self.linked(earlier, build)? {
                Ok(links) => links,
                Err(no_worker) => return Ok(Err(no_worker)),
            };
            match build(earlier, &links)? {
                Ok(library) => linked.named.push((earlier.id, Arc::new(library))),
                Err(no_worker) => return Ok(Err(no_worker)),
            }
            linked.others.extend(links.named.into_iter().map(|(_, built)| built));
            linked.others.extend(links.others);
        }
        Ok(Ok(linked))
    }

    /// The reference solution of an earlier lesson, as a library.
    fn reference(&self, earlier: &'static Lesson, links: &Links) -> Result<Built, GradeError> {
        let folder = self.grader.workspace.solution(earlier.id);
        let sources = self.solution(earlier)?;
        let slot = self.slot(earlier, &format!("{}-library", earlier.id), &folder)?;
        let Contract { impls, instances, .. } = earlier.contract;
        let entry = [impls, instances].concat();
        let product = Product::Library(&entry);
        let job = self.job(earlier, &sources, earlier.id, &slot, product, links);
        let built = self.run(&job)?;
        built.map_err(|messages| GradeError::unsound(earlier, "src/lib.rs", messages))
    }

    /// What the learner handed in for an earlier lesson, as a library.
    fn own_library(
        &self,
        earlier: &'static Lesson,
        handed: Handed,
        links: &Links,
    ) -> Result<Result<Built, NoWorker>, GradeError> {
        let display_path = handed.path.join(earlier.id).display().to_string();
        let of_own = |message: String| format!("your own {} is not ready: {message}", earlier.id);
        let taken = self.taken(earlier, handed.submission, &display_path)?;
        let (sources, scan) = match taken {
            Ok(taken) => taken,
            Err(rejection) => {
                let message = of_own(rejection.to_string());
                return Ok(Err(NoWorker { verdict: rejection.verdict(), message }));
            }
        };
        if let Some(reason) = scan.rejection(&display_path) {
            return Ok(Err(NoWorker { verdict: Verdict::Rejected, message: of_own(reason) }));
        }
        let slot = self.slot(earlier, &format!("{}-library", earlier.id), handed.path)?;
        let handed =
            Handed { sources: &sources, scan: &scan, display_path: &display_path, ..handed };
        let built = self.run(&self.handed_job(earlier, handed, &slot, library(earlier), links))?;
        Ok(built.map_err(|messages| NoWorker::compile_error(of_own(messages))))
    }

    /// A job on what a learner handed in, which official grading builds afresh.
    fn handed_job<'b>(
        &self,
        lesson: &'b Lesson,
        handed: Handed<'b>,
        slot: &'b Path,
        product: Product<'b>,
        links: &'b Links,
    ) -> Job<'b> {
        let job = self.job(lesson, handed.sources, handed.display_path, slot, product, links);
        let Options { record, incremental, .. } = self.options;
        Job { items: &handed.scan.items, afresh: record, incremental, ..job }
    }

    fn job<'b>(
        &self,
        lesson: &'b Lesson,
        sources: &'b Sources,
        display_path: &'b str,
        slot: &'b Path,
        product: Product<'b>,
        links: &'b Links,
    ) -> Job<'b> {
        // Nobody edits a solution and waits for it.
        let (lines, afresh, incremental) = (false, false, false);
        let Options { sandbox, depth, .. } = self.options;
        // A solution is what its own items are compared with.
        let items = lesson.contract.items;
        Job {
            lesson,
            sources,
            items,
            display_path,
            slot,
            product,
            links,
            lines,
            sandbox,
            afresh,
            incremental,
            is_told: depth != Depth::FirstMiss,
        }
    }

    /// Runs a job; gives the compiler's messages where the sources are to blame.
    fn run(&self, job: &Job) -> Result<Result<Built, String>, GradeError> {
        match job.run(&self.grader.kit) {
            Ok(built) => Ok(Ok(built)),
            Err(CompileError::Learner(messages)) => Ok(Err(messages)),
            Err(CompileError::Grader(source)) => Err(GradeError::of(job.lesson)(source)),
        }
    }

    /// What was handed in for a lesson, and what is known of it before it is compiled.
    pub fn taken(
        &self,
        lesson: &Lesson,
        submission: &Submission,
        display_path: &str,
    ) -> Result<Result<(Sources, Scan), Rejection>, GradeError> {
        let files = match submission.files(lesson.id, display_path) {
            Ok(files) => files,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let reader = Reader::Confined(self.options.sandbox);
        Scan::take(&files, reader).map_err(GradeError::of(lesson))
    }

    fn solution(&self, lesson: &Lesson) -> Result<Sources, GradeError> {
        Ok(solution(&self.grader.workspace, lesson)?.0)
    }

    fn slot(&self, lesson: &Lesson, build: &str, origin: &Path) -> Result<PathBuf, GradeError> {
        self.grader.workspace.slot(build, origin).map_err(GradeError::of(lesson))
    }
}

/// A library whose types cross as part of those of later lessons: a conversion belongs to the crate that
/// declares the type.
fn library(lesson: &'static Lesson) -> Product<'static> {
    Product::Library(lesson.contract.impls)
}

/// The sources of a solution, and what is known of them.
pub fn solution(workspace: &Workspace, lesson: &Lesson) -> Result<(Sources, Scan), GradeError> {
    let folder = workspace.solution(lesson.id);
    let files = Files::of_folder(&folder, &folder.display().to_string());
    let taken = Scan::take(&files, Reader::Here).map_err(GradeError::of(lesson))?;
    taken.map_err(|rejection| GradeError::unsound(lesson, "src/lib.rs", rejection.to_string()))
}

type BuildLibrary<'a> =
    dyn FnMut(&'static Lesson, &Links) -> Result<Result<Built, NoWorker>, GradeError> + 'a;

const UNREADABLE: &str = "the compiler accepts this file, but the grader cannot read it, so that it \
    cannot be graded. Does it use very new syntax, or is something nested extremely deep?";

/// What to do about the fence of a Markdown code block, where a file has one. rustc says of it no more
/// than that an unknown token begins there.
fn fenced(handed: Handed) -> Option<String> {
    let is_fence = |line: &str| ["```", "~~~"].iter().any(|it| line.trim_start().starts_with(it));
    let (path, line) =
        handed.sources.files().iter().find_map(|file| {
            Some((file.path.display(), file.text.lines().position(is_fence)? + 1))
        })?;
    let display_path = handed.display_path;
    Some(format!(
        "{display_path}/{path}:{line}: this line is the fence of a Markdown code block. Please leave out \
         the fences, and what is written around them: what remains is the code.\n\n"
    ))
}

/// The items that turn the solution's crate into the worker of the variants in `file`, which names the
/// solution by the lesson's id.
fn variants_entry(lesson: &Lesson, file: &str, variants: &[Variant]) -> String {
    let path = |variant: &Variant| format!("crate::variants::{}", variant.name);
    let paths: Vec<_> = variants.iter().map(path).collect();
    let names = variants.iter().map(|variant| variant.name.as_str());
    let served: Vec<_> = names.zip(paths.iter().map(String::as_str)).collect();
    let worker = lesson.contract.worker(&served);
    // Beside `src`, as in the solution: an error in it names the file and the line.
    format!("extern crate self as {}; #[path = \"../{file}\"] mod variants; {worker}", lesson.id)
}
