//! End-to-end tests: they drive the real binary on real submissions.

mod alternatives;
mod bad_input;
mod command_line;
mod gallery;
mod grade;
mod hostile_worker;
mod mutants;
mod proof;
mod report;
mod submission;
mod together;
mod variants;
