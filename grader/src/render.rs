//! Renderers: each turns the report into one form, and does nothing else.

mod harmless;
mod json;
#[cfg(test)]
mod specimen;
mod terminal;

pub use self::{harmless::harmless, json::json, terminal::terminal};

fn of(score: f64, max_score: f64) -> String {
    format!("{score} / {max_score}")
}
