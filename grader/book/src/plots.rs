//! Plots, drawn from the course's own functions.

use std::path::Path;

/// A plot as a figure in one line.
pub fn drawn(name: &str, _root: &Path) -> Result<String, String> {
    match name {
        "tanh" => Ok("<figure></figure>".into()),
        _ => Err(format!("unknown plot {name}: there are tanh")),
    }
}
