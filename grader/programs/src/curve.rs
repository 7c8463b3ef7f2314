//! The loss curve of a training, as an SVG.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 44.0;

/// A curve of training losses and of validation losses, each a list of steps with the loss there.
pub fn svg(training: &[(usize, f64)], validation: &[(usize, f64)]) -> String {
    let all = || training.iter().chain(validation);
    let last = all().map(|it| it.0).max().unwrap_or(1).max(1) as f64;
    let most = all().map(|it| it.1).fold(0.0, f64::max).max(1e-9);
    let place = |&(step, loss): &(usize, f64)| {
        let x = MARGIN + (WIDTH - 2.0 * MARGIN) * step as f64 / last;
        let y = HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * loss / most;
        format!("{x:.1},{y:.1}")
    };
    let line = |points: &[(usize, f64)]| points.iter().map(place).collect::<Vec<_>>().join(" ");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    );
    for (points, colour) in [(training, "#999999"), (validation, "#c03000")] {
        let points = line(points);
        let _ = write!(svg, "<polyline fill=\"none\" stroke=\"{colour}\" points=\"{points}\"/>");
    }
    let bottom = HEIGHT - MARGIN / 3.0;
    let _ = writeln!(
        svg,
        "<text x=\"{MARGIN}\" y=\"{bottom}\">0</text><text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\">step {last}\
         </text><text x=\"4\" y=\"{MARGIN}\">{most:.2}</text><text x=\"{MARGIN}\" y=\"20\">loss: training gray, \
         validation red</text></svg>",
        WIDTH - MARGIN
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_its_place() {
        let svg = svg(&[(0, 4.0), (10, 2.0)], &[(10, 0.0)]);
        assert!(
            svg.contains("points=\"44.0,44.0 676.0,180.0\"")
                && svg.contains("points=\"676.0,316.0\"")
        );
        assert!(svg.contains(">4.00<") && svg.contains(">step 10"));
    }
}
