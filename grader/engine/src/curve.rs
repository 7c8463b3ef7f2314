//! A loss over the epochs or the steps of a training, as a report keeps and draws it.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// How many points of a curve are kept at most.
const MAX_POINTS: usize = 200;

/// From the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The loss over the epochs or the steps of one training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What was trained on.
    pub title: String,
    /// What is counted between two losses: epochs, as in reports of a time that knew no other, or steps.
    #[serde(default = "epochs")]
    pub unit: String,
    /// Numbers of epochs or steps, ascending, and the loss after each: at least two. Losses that are not finite are
    /// left out.
    #[serde(deserialize_with = "two_or_more")]
    pub points: Vec<(usize, f64)>,
}

impl Curve {
    /// The losses after 0, 1, 2 and more of this unit: of a long training, those at equal distances, and the last.
    /// `None` where fewer than two are finite.
    pub fn of(title: &str, unit: &str, losses: &[f64]) -> Option<Self> {
        let step = losses.len().saturating_sub(1).div_ceil(MAX_POINTS - 1).max(1);
        let is_kept = |at: usize| at.is_multiple_of(step) || at + 1 == losses.len();
        let all = losses.iter().copied().enumerate();
        let points: Vec<_> = all.filter(|(at, loss)| is_kept(*at) && loss.is_finite()).collect();
        (points.len() > 1).then(|| Self { title: title.to_owned(), unit: unit.to_owned(), points })
    }

    /// In words: where it begins and ends.
    pub fn told(&self) -> String {
        let [(_, first), (count, last)] = [self.points[0], self.points[self.points.len() - 1]];
        let [first, last] = [first, last].map(shown);
        format!("loss on {}: from {first} to {last} in {count} {}", self.title, self.unit)
    }

    /// As bars, at most one for each of these columns.
    pub fn bars(&self, columns: usize) -> String {
        let places = self.places();
        let columns = columns.clamp(1, places.len());
        let height = |column: usize| places[column * (places.len() - 1) / (columns - 1).max(1)][1];
        let level = |column: usize| (height(column) * BARS.len() as f64) as usize;
        (0..columns).map(|column| BARS[level(column).min(BARS.len() - 1)]).collect()
    }

    /// Every point in a square of side 1 with the origin at the lower left.
    pub fn places(&self) -> Vec<[f64; 2]> {
        let last = self.points.len() - 1;
        let ends = [self.points[0].0 as f64, self.points[last].0 as f64];
        let losses = self.range();
        let place = |(at, loss): &(usize, f64)| [share(ends, *at as f64), share(losses, *loss)];
        self.points.iter().map(place).collect()
    }

    /// The smallest and the largest loss.
    pub fn range(&self) -> [f64; 2] {
        let losses = || self.points.iter().map(|(_, loss)| *loss);
        [losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max)]
    }
}

/// The unit of a curve in a report that does not name it.
fn epochs() -> String {
    "epochs".to_owned()
}

/// The points of a curve in a report that is read back.
fn two_or_more<'de, D: Deserializer<'de>>(report: D) -> Result<Vec<(usize, f64)>, D::Error> {
    let points = Vec::deserialize(report)?;
    if points.len() < 2 {
        return Err(D::Error::custom("a loss curve has at least two points"));
    }
    Ok(points)
}

/// Where a value lies between two others, from 0 to 1.
fn share([low, high]: [f64; 2], value: f64) -> f64 {
    // Halves: the difference of two large numbers may not be finite.
    let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    if share.is_finite() { share } else { 0.0 }
}

/// A loss with three digits.
pub fn shown(loss: f64) -> String {
    let decimals = 2.0 - loss.abs().log10().floor();
    match loss.abs() {
        0.0 => "0".to_owned(),
        size if (1e-3..1e3).contains(&size) => format!("{loss:.*}", decimals as usize),
        _ => format!("{loss:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_drawn_from_its_start_to_its_end() {
        let curve = Curve::of("XOR", "epochs", &[8.0, 4.0, 2.0, 1.0, 0.0]).unwrap();
        assert_eq!(curve.bars(80), "█▅▃▂▁");
        assert_eq!(curve.bars(2), "█▁");
        assert_eq!(curve.bars(0), "█");
        assert_eq!(curve.told(), "loss on XOR: from 8.00 to 0 in 4 epochs");
        assert_eq!(curve.places().last(), Some(&[1.0, 0.0]));
    }

    #[test]
    fn a_long_curve_keeps_its_ends() {
        for steps in [199, 200, 201, 1999, 2000, 12_345] {
            let losses: Vec<_> = (0..=steps).map(|step| 1.0 / (step as f64 + 1.0)).collect();
            let curve = Curve::of("moons", "steps", &losses).unwrap();
            assert!(curve.told().ends_with(&format!(" in {steps} steps")), "{}", curve.told());
            let Curve { points, .. } = curve;
            assert!(points.len() <= MAX_POINTS + 1 && points.len() >= MAX_POINTS / 2, "{steps}");
            assert_eq!([points[0].0, points[points.len() - 1].0], [0, steps]);
        }
    }

    #[test]
    fn a_curve_that_is_read_back_has_two_points() {
        let read = |points: &str| {
            let text = format!(r#"{{"title": "XOR", "points": [{points}]}}"#);
            serde_json::from_str::<Curve>(&text).map_err(|error| error.to_string())
        };
        let curve = read("[0, 1.0], [3, 0.5]").unwrap();
        assert_eq!(curve.bars(9), "█▁");
        assert_eq!(curve.told(), "loss on XOR: from 1.00 to 0.500 in 3 epochs");
        for points in ["", "[0, 1.0]"] {
            assert!(read(points).unwrap_err().contains("at least two points"), "{points}");
        }
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let curve = Curve::of("XOR", "epochs", &[1.0, f64::INFINITY, f64::MAX, f64::NAN]).unwrap();
        assert_eq!(curve.points, [(0, 1.0), (2, f64::MAX)]);
        assert_eq!(curve.bars(9), "▁█");
        assert_eq!(Curve::of("XOR", "epochs", &[f64::NAN, 1.0]), None);
        assert_eq!(Curve::of("XOR", "epochs", &[]), None);
    }

    #[test]
    fn a_loss_has_three_digits() {
        let losses = [0.042_51, 0.5, 123.4, 1e-3, 9.99e-4, 1234.0, f64::MAX];
        let said = ["0.0425", "0.500", "123", "0.00100", "9.99e-4", "1.23e3", "1.80e308"];
        assert_eq!(losses.map(shown), said);
    }

    #[test]
    fn a_flat_curve_lies_at_the_bottom() {
        assert_eq!(Curve::of("XOR", "epochs", &[0.5; 3]).unwrap().bars(9), "▁▁▁");
        assert_eq!(Curve::of("XOR", "epochs", &[-f64::MAX, f64::MAX]).unwrap().bars(9), "▁█");
    }
}
