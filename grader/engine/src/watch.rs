//! Grades a lesson each time that it is saved.
//!
//! Three threads tell the one that shows things what happens: one that sees saves, one that grades, one that
//! reads keys. Gradings never run at once: one that is under way is given up for the next save. Points are
//! shown as soon as they are known, and what explains mistakes when it is found.

mod grading;
mod keys;
mod saves;
mod screen;

use std::{
    io::{IsTerminal, stdin, stdout},
    ops::ControlFlow,
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
};

use grading::{Asked, Graded};
use keys::Key;
use screen::Screen;

use crate::{
    checks::Lesson,
    commands::{
        Ending, columns,
        learner::{Learner, brief_of, next_hint},
        print,
    },
    grading::{Grader, Options},
    render,
    report::LessonReport,
};

/// What the thread that shows things hears of.
enum Event {
    /// The files of these lessons were saved.
    Saved(Vec<String>),
    Graded(Graded),
    Key(Key),
    /// The terminal has another size.
    Resized,
    /// The program was told to end.
    Stop,
    /// Saves are not seen any more.
    Blind(String),
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum WatchError {
    #[error("failed to watch {path}: {reason}")]
    #[diagnostic(help("`./x grade LESSON` grades without watching"))]
    Watch { path: String, reason: String },
    #[error("failed to use the terminal")]
    Terminal(#[source] std::io::Error),
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    /// The last grading; every other view leads back to it.
    Report,
    Brief,
    Hint,
    List,
}

struct Watch<'a> {
    learner: Learner<'a>,
    /// The lesson that keys are about.
    lesson: &'static Lesson,
    asked: Asked,
    last: Option<Graded>,
    view: View,
    hint: String,
    /// What is said below the view, until something else happens.
    notice: String,
    explain: bool,
    /// Where the output is no terminal, there is none, and reports follow each other.
    screen: Option<Screen>,
}

/// Watches the exercises until the learner quits.
///
/// # Errors
/// When the exercises cannot be watched, or the terminal cannot be used.
pub fn watch(
    learner: Learner,
    lesson: &'static Lesson,
    grader: Grader,
    options: Options,
) -> miette::Result<Ending> {
    let (sender, events) = channel();
    let _watcher = saves::see(&learner.workspace.exercises(), sender.clone())?;
    let asked = grading::start(Arc::new(grader), options, sender.clone());
    let is_terminal = stdin().is_terminal() && stdout().is_terminal();
    let screen = is_terminal.then(Screen::enter).transpose().map_err(WatchError::Terminal)?;
    if screen.is_some() {
        keys::read(sender).map_err(WatchError::Terminal)?;
    }
    let (view, explain) = (View::Report, false);
    let (hint, notice) = (String::new(), String::new());
    let watch = Watch { learner, lesson, asked, last: None, view, hint, notice, explain, screen };
    watch.run(&events)
}

impl Watch<'_> {
    fn run(mut self, events: &Receiver<Event>) -> miette::Result<Ending> {
        self.ask(self.lesson)?;
        while let Ok(event) = events.recv() {
            if self.take(event)?.is_break() {
                break;
            }
        }
        Ok(Ending::Complete)
    }

    fn take(&mut self, event: Event) -> miette::Result<ControlFlow<()>> {
        match event {
            Event::Saved(lessons) => self.saved(&lessons)?,
            // Something was saved since.
            Event::Graded(graded) if !self.asked.is_last(&graded) => (),
            // Where reports follow each other, one of a grading is enough.
            Event::Graded(Graded { is_explained: false, .. }) if self.screen.is_none() => (),
            Event::Graded(graded) => self.graded(graded)?,
            Event::Key(Key::Quit) | Event::Stop => return Ok(ControlFlow::Break(())),
            Event::Key(key) => self.key(key)?,
            Event::Resized => self.draw()?,
            Event::Blind(reason) => {
                let path = self.learner.workspace.exercises().display().to_string();
                return Err(WatchError::Watch { path, reason }.into());
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Grades the lesson that was saved; the one that keys are about, where several were.
    fn saved(&mut self, lessons: &[String]) -> miette::Result<()> {
        let is_saved = |lesson: &&'static Lesson| lessons.iter().any(|id| id == lesson.id);
        let here = std::iter::once(self.lesson).chain(self.learner.here.iter().copied());
        match here.into_iter().find(is_saved) {
            Some(lesson) => self.ask(lesson),
            None => Ok(()),
        }
    }

    fn ask(&mut self, lesson: &'static Lesson) -> miette::Result<()> {
        self.lesson = lesson;
        self.asked.ask(lesson);
        self.notice = format!("grading {} …", lesson.id);
        match &mut self.screen {
            Some(screen) => screen.draw(&self.notice),
            None => Ok(()),
        }
        .map_err(|error| WatchError::Terminal(error).into())
    }

    fn graded(&mut self, mut graded: Graded) -> miette::Result<()> {
        let before = self.last.take().filter(|before| graded.explains(before));
        graded.took = before.as_ref().map_or(graded.took, |before| before.took);
        self.notice = match graded.notes.write(self.learner.workspace) {
            Ok(found) => {
                self.learner.progress = found.progress;
                self.told(&graded)
            }
            Err(error) => error.to_string(),
        };
        let is_done = graded.is_done();
        if let Some(next) = self.learner.next().filter(|_| is_done) {
            self.lesson = next;
        }
        self.last = Some(graded);
        if before.is_some() {
            return self.draw();
        }
        self.view = View::Report;
        self.show()
    }

    /// What is said of a grading below its report.
    fn told(&self, graded: &Graded) -> String {
        let took = format!("graded in {:.2} s", graded.took.as_secs_f64());
        match self.learner.locked(self.lesson) {
            _ if !graded.is_explained => {
                format!("{took}; looking for what explains the mistakes …")
            }
            Some(locked) => format!("{took}; {locked}"),
            None => took,
        }
    }

    fn key(&mut self, key: Key) -> miette::Result<()> {
        if !matches!(key, Key::Scroll(_)) {
            self.notice.clear();
        }
        match key {
            Key::Hint => {
                let (hint, is_last) = next_hint(self.learner.workspace, self.lesson)?;
                let then = if is_last { "the first hint again" } else { "the next hint" };
                (self.hint, self.view) = (hint, View::Hint);
                self.notice = format!("h: {then}");
            }
            Key::Explain => self.explain(),
            Key::List => self.turn_to(View::List),
            Key::Brief => self.turn_to(View::Brief),
            Key::Back => self.view = View::Report,
            Key::Run => return self.ask(self.lesson),
            Key::Next => return self.next(),
            Key::Scroll(lines) => {
                self.screen.iter_mut().for_each(|screen| screen.scroll(lines));
                return self.draw();
            }
            Key::Quit => (),
        }
        self.show()
    }

    /// Turns to a view, or back from it.
    fn turn_to(&mut self, view: View) {
        self.view = if self.view == view { View::Report } else { view };
    }

    /// Shows the formulas of the learner's code, or hides them again.
    fn explain(&mut self) {
        self.explain = !self.explain;
        self.view = View::Report;
        let report = self.last.as_ref().and_then(|graded| graded.outcome.as_ref().ok());
        let has_formulas = report.is_some_and(LessonReport::has_formulas);
        self.notice = match (self.explain, has_formulas) {
            (true, true) => "explain is on: the report shows what your code computes",
            (true, false) => {
                "explain is on: of a wrong answer, the report shows what your code computes, where \
                 the grader finds it out"
            }
            (false, _) => "explain is off",
        }
        .to_owned();
    }

    /// Goes on to the lesson that follows one that is done, or to another that is open.
    fn next(&mut self) -> miette::Result<()> {
        let shown = self.last.as_ref().and_then(|graded| graded.outcome.as_ref().ok());
        if shown.is_some_and(|report| report.id != self.lesson.id) {
            return self.ask(self.lesson);
        }
        let at = self.learner.here.iter().position(|it| it.id == self.lesson.id);
        let (before, after) = self.learner.here.split_at(at.unwrap_or_default());
        let others = after.iter().skip(1).chain(before).copied();
        match others.into_iter().find(|lesson| self.learner.is_open(lesson)) {
            Some(lesson) => self.ask(lesson),
            None => {
                self.notice = match self.learner.next() {
                    Some(lesson) => format!("no other lesson is open until {} is done", lesson.id),
                    None => "every lesson is done".to_owned(),
                };
                self.draw()
            }
        }
    }

    /// Shows the view from its beginning.
    fn show(&mut self) -> miette::Result<()> {
        let text = self.text()?;
        match &mut self.screen {
            Some(screen) => screen.show(&text, &self.notice, self.view != View::Report),
            None => return print(&format!("{text}\n")),
        }
        .map_err(|error| WatchError::Terminal(error).into())
    }

    /// Shows the view as it is now.
    fn draw(&mut self) -> miette::Result<()> {
        let text = self.text()?;
        let mut screen = self.screen.iter_mut();
        let is_aside = self.view != View::Report;
        let drawn = screen.try_for_each(|screen| screen.redraw(&text, &self.notice, is_aside));
        drawn.map_err(|error| WatchError::Terminal(error).into())
    }

    fn text(&self) -> miette::Result<String> {
        Ok(match self.view {
            View::Brief => brief_of(self.learner.workspace, self.lesson)?,
            View::Hint => self.hint.clone(),
            View::List => self.learner.overview(),
            View::Report => self.report(),
        })
    }

    fn report(&self) -> String {
        let Some(graded) = &self.last else { return String::new() };
        let lesson = match &graded.outcome {
            Ok(lesson) => lesson,
            Err(reason) => return reason.clone(),
        };
        let report = render::focus(lesson, columns(), self.explain);
        if !graded.is_done() {
            return report;
        }
        let next = if self.screen.is_some() { render::next_by_keys } else { render::next };
        let following = match self.learner.next() {
            Some(lesson) => next(&self.learner.row(lesson), columns()),
            None => "Every lesson is done.\n".to_owned(),
        };
        let solution = match self.learner.workspace.has_solutions() {
            true => format!("The solution and its walk-through: ./x solution {}\n", lesson.id),
            false => String::new(),
        };
        format!("{report}\n{solution}{following}")
    }
}
