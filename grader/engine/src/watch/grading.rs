//! The thread that grades, one lesson after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use super::Event;
use crate::{
    checks::Lesson,
    commands::{default_submission, learner::Notes},
    grading::{Grader, Options},
    report::{LessonReport, Report, Verdict},
};

/// What was asked of the thread.
pub struct Asked {
    requests: Sender<Request>,
    count: usize,
}

struct Request {
    lesson: &'static Lesson,
    number: usize,
}

/// What came of a request.
pub struct Graded {
    number: usize,
    /// The report, or why there is none.
    pub outcome: Result<Report, String>,
    /// What there is to keep.
    pub notes: Notes,
}

/// Starts the thread.
pub fn start(grader: Arc<Grader>, options: Options, events: Sender<Event>) -> Asked {
    let (requests, received) = channel();
    thread::spawn(move || serve(&grader, options, &received, &events));
    Asked { requests, count: 0 }
}

impl Asked {
    pub fn ask(&mut self, lesson: &'static Lesson) {
        self.count += 1;
        // The thread ends with the program.
        let _ = self.requests.send(Request { lesson, number: self.count });
    }

    /// True unless something was asked for since.
    pub fn is_last(&self, graded: &Graded) -> bool {
        graded.number == self.count
    }
}

fn serve(grader: &Grader, options: Options, requests: &Receiver<Request>, events: &Sender<Event>) {
    while let Ok(first) = requests.recv() {
        let Request { lesson, number } = requests.try_iter().last().unwrap_or(first);
        let notes = Notes::default();
        let outcome = outcome(grader, lesson, options, &notes);
        if events.send(Event::Graded(Graded { number, outcome, notes })).is_err() {
            return;
        }
    }
}

/// Grades; a fault of the grader's costs one grading only.
fn outcome(
    grader: &Grader,
    lesson: &'static Lesson,
    options: Options,
    notes: &Notes,
) -> Result<Report, String> {
    let exercises = default_submission(&grader.workspace);
    let grade = || grader.grade(&[lesson], &exercises, options, |it, copy| notes.take(it, copy));
    match catch_unwind(AssertUnwindSafe(grade)) {
        Ok(graded) => graded.map_err(|error| format!("{:?}\n", miette::Report::from(error))),
        Err(_) => Err(format!("failed to grade {}: the grader panicked\n", lesson.id)),
    }
}

impl Graded {
    /// The lesson's part of the report.
    pub fn lesson(&self) -> Option<&LessonReport> {
        self.outcome.as_ref().ok()?.lessons.first()
    }

    /// The lesson's id; empty where there is no report.
    pub fn id(&self) -> &str {
        self.lesson().map_or("", |lesson| lesson.id.as_str())
    }

    /// True when every point was earned.
    pub fn is_done(&self) -> bool {
        self.lesson().is_some_and(|lesson| lesson.verdict == Verdict::Passed)
    }
}
