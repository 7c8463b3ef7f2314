//! The roofline of the linear layer's GEMM, from what was measured.

use std::{fs, path::Path};

use ex_1_2::intensity;
use plotters::prelude::*;

use super::chart::{Axis, Chart, INK, Line, PENS, label};

/// Where the measured numbers are stated.
const PAGE: &str = "docs/performance.md";
const SECTION: &str = "\n## The roofline of a GEMM\n";

/// What was measured.
#[derive(Debug, PartialEq)]
struct Measured {
    /// GFLOP/s of the largest product.
    peak: f64,
    /// GB/s of memory.
    memory: f64,
    /// Samples at once, and GFLOP/s.
    layers: Vec<(usize, f64)>,
    /// Inputs and outputs of the layer.
    width: usize,
}

pub fn drawn(root: &Path) -> Result<String, String> {
    let text = fs::read_to_string(root.join(PAGE))
        .map_err(|error| format!("failed to read {PAGE}: {error}"))?;
    let measured = Measured::of(&text)
        .ok_or_else(|| format!("{PAGE} does not state the roofline of a GEMM"))?;
    Ok(measured.drawn())
}

impl Measured {
    /// Reads the table: rows of `| what | number |`.
    fn of(page: &str) -> Option<Self> {
        let (_, section) = page.split_once(SECTION)?;
        let section = section.split("\n## ").next()?;
        let rows = section.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
            Some((cells.next()?, cells.next()?.split(' ').next()?.parse::<f64>().ok()?))
        });
        let rows: Vec<_> = rows.collect();
        let of = |what: &str| rows.iter().find(|(it, _)| *it == what).map(|(_, number)| *number);
        let layer = |(what, number): &(&str, f64)| {
            let (batch, _) = what.split_once(" × ")?;
            Some((batch.parse().ok()?, *number))
        };
        let layers: Vec<_> = rows.iter().filter_map(layer).collect();
        let (_, width) = rows.iter().find_map(|(what, _)| what.split_once(" → "))?;
        let width = width.split(',').next()?.parse().ok()?;
        (!layers.is_empty()).then_some(())?;
        Some(Self { peak: of("peak")?, memory: of("memory")?, layers, width })
    }

    fn drawn(&self) -> String {
        let x = Axis::log("FLOPs per byte", -1, 3);
        let y = Axis::log("GFLOP/s", -1, 2);
        let roof = |intensity: f64| self.peak.min(self.memory * intensity);
        let ridge = self.peak / self.memory;
        let corners = [0.1, ridge, 999.0].map(|at| (at, roof(at))).into();
        let lines = [Line {
            label: "the roof",
            points: corners,
            pen: PENS[0],
            label_at: (60.0, self.peak * 1.35),
        }];
        let caption = format!(
            "The forward product of a layer of {width} inputs and outputs in f64, on one thread. The roof is what the \
             machine's memory ({memory} GB/s) and arithmetic ({peak} GFLOP/s) allow, the circles what ndarray's own \
             GEMM reached, with B samples at once. What was measured stands on the page about performance.",
            width = self.width,
            memory = self.memory,
            peak = self.peak,
        );
        let name = "GFLOP/s over FLOPs per byte: the roof rises with the bandwidth of memory up to a corner and is \
                    flat beyond it; larger batches are further to the right and higher";
        let chart = Chart { name, caption, size: (600, 400), x, y };
        chart.drawn(&lines, |plane| {
            for (batch, reached) in &self.layers {
                let at = intensity(*batch, self.width, self.width, 8, 0.0);
                let place = (chart.x.place(at), chart.y.place(*reached));
                let circle = Circle::new(place, 5, PENS[1].filled());
                plane.draw_series(std::iter::once(circle)).expect("a drawing in memory");
                label(plane, &format!("B = {batch}"), (place.0, place.1 - 0.16), INK);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_read_from_its_table() {
        let page = "# P\n\n## The roofline of a GEMM\n\n| what | measured |\n|---|---|\n| peak | 20.5 GFLOP/s |\n\
                    | memory | 9 GB/s |\n| 1 × 2048 → 2048, f64 | 1.5 GFLOP/s |\n\n## Next\n\n| peak | 1 |\n";
        let expected = Measured { peak: 20.5, memory: 9.0, layers: vec![(1, 1.5)], width: 2048 };
        assert_eq!(Measured::of(page), Some(expected));
        assert_eq!(Measured::of("# P\n"), None);
    }
}
