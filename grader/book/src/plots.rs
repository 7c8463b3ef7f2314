//! Plots, drawn from the course's own functions: the solutions of its lessons, and its gradient checker.

mod activations;
mod chart;
mod differences;
mod error_map;
mod roofline;
mod training;

use std::path::Path;

/// A plot as a figure in one line.
///
/// # Errors
/// When there is no plot of this name, or what it is drawn from is not there.
pub fn drawn(name: &str, root: &Path) -> Result<String, String> {
    match name {
        "activations" => Ok(activations::side_by_side()),
        "error-map" => Ok(error_map::drawn()),
        "gradcheck-error" => Ok(differences::of_the_lesson()),
        "loss-curves" => Ok(training::loss_curves()),
        "moons-boundary" => Ok(training::moons()),
        "roofline" => roofline::drawn(root),
        "second-derivative-error" => Ok(differences::of_the_second_derivative()),
        "tanh" => Ok(activations::tanh()),
        "xor-boundary" => Ok(training::xor()),
        _ => Err(format!("unknown plot {name}: there are {}", NAMES.join(", "))),
    }
}

/// The names of all plots.
const NAMES: [&str; 9] = [
    "activations",
    "error-map",
    "gradcheck-error",
    "loss-curves",
    "moons-boundary",
    "roofline",
    "second-derivative-error",
    "tanh",
    "xor-boundary",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        NAMES.iter().map(|name| drawn(name, root).unwrap()).collect()
    }

    #[test]
    fn every_plot_is_a_figure_in_one_line_in_colours_of_the_page() {
        let plots = all();
        for (name, plot) in NAMES.iter().zip(&plots) {
            assert!(
                plot.starts_with("<figure class=\"plot\"><svg role=\"img\" aria-label="),
                "{name}"
            );
            assert!(plot.contains("<figcaption>") && !plot.contains('\n'), "{name}");
            assert!(!plot.contains("=\"#"), "{name} has a colour of its own");
            assert!(plot.len() < 60_000, "{name}: {} bytes", plot.len());
        }
        assert_eq!(plots, all(), "the same again");
    }
}
