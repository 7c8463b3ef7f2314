//! Renderers: each turns the report into one form, and does nothing else.

mod json;
mod terminal;

pub use json::json;
pub use terminal::terminal;
