//! The thread that grades, one lesson after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::Event;
use crate::{
    checks::Lesson,
    commands::{default_submission, learner::Notes},
    grading::{Grader, Options},
    report::{LessonReport, Verdict},
    requests::Requests,
};

/// What is asked of the thread.
pub struct Asked {
    requests: Requests,
    queue: Sender<Request>,
}

struct Request {
    lesson: &'static Lesson,
    number: usize,
    made: Instant,
}

/// What came of a request.
pub struct Graded {
    number: usize,
    /// The report, or why there is none.
    pub outcome: Result<LessonReport, String>,
    /// What there is to keep.
    pub notes: Notes,
    /// Whether mistakes are explained; they are in what comes later, where not.
    pub is_explained: bool,
    /// From the request to the points.
    pub took: Duration,
}

/// Starts the thread.
pub fn start(grader: Arc<Grader>, options: Options, events: Sender<Event>) -> Asked {
    let (queue, received) = channel();
    let requests = grader.requests.clone();
    thread::spawn(move || serve(&grader, options, &received, &events));
    Asked { requests, queue }
}

impl Asked {
    /// Asks for a grading; one that is under way is given up.
    pub fn ask(&self, lesson: &'static Lesson) {
        let (number, made) = (self.requests.make(), Instant::now());
        // The thread ends with the program.
        let _ = self.queue.send(Request { lesson, number, made });
    }

    /// True unless something was asked for since.
    pub fn is_last(&self, graded: &Graded) -> bool {
        self.requests.is_last(graded.number)
    }
}

fn serve(grader: &Grader, options: Options, queue: &Receiver<Request>, events: &Sender<Event>) {
    while let Ok(first) = queue.recv() {
        let request = queue.try_iter().last().unwrap_or(first);
        grader.requests.serve(request.number);
        let scored = |report: &LessonReport| {
            let notes = Notes::default();
            let _ = events.send(Event::Graded(request.graded(Ok(report.clone()), notes, false)));
        };
        let notes = Notes::default();
        let outcome = outcome(grader, request.lesson, options, &scored, &notes);
        if events.send(Event::Graded(request.graded(outcome, notes, true))).is_err() {
            return;
        }
    }
}

impl Request {
    fn graded(
        &self,
        outcome: Result<LessonReport, String>,
        notes: Notes,
        is_explained: bool,
    ) -> Graded {
        Graded { number: self.number, outcome, notes, is_explained, took: self.made.elapsed() }
    }
}

/// Grades; a fault of the grader's costs one grading only.
fn outcome(
    grader: &Grader,
    lesson: &'static Lesson,
    options: Options,
    scored: &(dyn Fn(&LessonReport) + Sync),
    notes: &Notes,
) -> Result<LessonReport, String> {
    let exercises = default_submission(&grader.workspace);
    let done = |report: &LessonReport, copy: &str| notes.take(report, copy);
    let grade = || grader.grade_in_steps(&[lesson], &exercises, options, scored, done);
    match catch_unwind(AssertUnwindSafe(grade)) {
        Ok(graded) => graded
            .map(|mut report| report.lessons.remove(0))
            .map_err(|error| format!("{:?}\n", miette::Report::from(error))),
        Err(_) => Err(format!("failed to grade {}: the grader panicked\n", lesson.id)),
    }
}

impl Graded {
    /// True for what explains the mistakes of this grading.
    pub fn explains(&self, before: &Self) -> bool {
        self.number == before.number
    }

    /// True when every point was earned.
    pub fn is_done(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|report| report.verdict == Verdict::Passed)
    }
}
