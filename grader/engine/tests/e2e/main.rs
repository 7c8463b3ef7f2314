//! End-to-end tests: they drive the grader of the tiny course on real submissions.

mod abilities;
mod bad_input;
// The test of the book asks more of it.
#[path = "../support/browser.rs"]
#[allow(dead_code)]
mod browser;
mod clone;
mod command_line;
mod diagnosis;
mod elsewhere;
#[path = "../support/fragments.rs"]
mod fragments;
mod grade;
mod handout;
mod hostile_worker;
mod learner;
mod lesson;
mod machine;
mod pages;
mod progress;
mod report;
mod slot;
#[path = "../support/mod.rs"]
mod support;
mod sync;
#[path = "../support/terminal.rs"]
mod terminal;
mod together;
mod watch;
