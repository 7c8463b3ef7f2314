//! Where a gradient is wrong, as a report keeps and draws it.

use gradcheck::HeatMap;
use serde::{Deserialize, Serialize};

/// How many maps of one check are kept.
const MAX_MAPS: usize = 6;

/// Where the learner's gradient of one argument differs from finite differences, and how much, in five
/// steps. The difference itself would give the expected value away: a learner knows their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorMap {
    /// Such as `dL/dW`.
    pub gradient: String,
    /// Its rows and columns; a vector is one row.
    pub shape: [usize; 2],
    /// The rows and columns that one cell stands for: it shows the worst of them.
    pub pooled: [usize; 2],
    /// A line for each row, and a symbol of [`HeatMap::LEGEND`] for each cell.
    pub rows: Vec<String>,
}

impl ErrorMap {
    /// The maps of the arguments whose gradient is wrong in some cells and not in all alike.
    pub fn of(report: &gradcheck::Report) -> Box<[Self]> {
        let map = |name| Some(Self::new(name, &report.heat_map(name)?));
        let maps = report.wrong_arguments().into_iter().filter_map(map);
        maps.filter(Self::has_a_pattern).take(MAX_MAPS).collect()
    }

    fn new(argument: &str, map: &HeatMap) -> Self {
        let gradient = format!("dL/d{argument}");
        Self { gradient, shape: map.shape(), pooled: map.pooled(), rows: map.rows() }
    }

    fn has_a_pattern(&self) -> bool {
        let mut cells = self.rows.iter().flat_map(|row| row.chars());
        let first = cells.next();
        cells.any(|cell| Some(cell) != first)
    }

    /// In words: what is drawn, and how much of it is wrong.
    pub fn told(&self) -> String {
        let [rows, columns] = self.shape;
        let right = HeatMap::LEGEND[0].0;
        let cells = || self.rows.iter().flat_map(|row| row.chars());
        let (wrong, all) = (cells().filter(|cell| *cell != right).count(), cells().count());
        let told =
            format!("{} ({rows} × {columns}): wrong in {wrong} of {all} cells", self.gradient);
        match self.pooled {
            [1, 1] => told,
            [rows, columns] => format!("{told}, each the worst of {rows} × {columns} coordinates"),
        }
    }
}

#[cfg(test)]
mod tests {
    use gradcheck::{check_loss, random};
    use ndarray::{Array1, Array2};

    use super::*;

    fn square(w: &Array2<f64>) -> f64 {
        w.mapv(|w| w * w).sum()
    }

    #[test]
    fn a_wrong_row_is_shown_without_a_value() {
        let w: Array2<f64> = random((3, 4), 1);
        let mut dw = 2.0 * &w;
        dw.row_mut(1).fill(0.0);
        let report = check_loss(("W", &w, &dw), square);
        let maps = ErrorMap::of(&report);
        assert_eq!(maps[0].rows, ["····", "████", "····"]);
        assert_eq!(maps[0].told(), "dL/dW (3 × 4): wrong in 4 of 12 cells");
    }

    #[test]
    fn what_is_wrong_everywhere_alike_has_no_map() {
        let w: Array2<f64> = random((3, 4), 1);
        assert!(ErrorMap::of(&check_loss(("W", &w, &(8.0 * &w)), square)).is_empty());
        assert!(ErrorMap::of(&check_loss(("W", &w, &(2.0 * &w)), square)).is_empty());
    }

    #[test]
    fn a_map_is_bounded_however_large_the_gradient() {
        let w: Array1<f64> = random(900, 1);
        let mut dw = 2.0 * &w;
        dw[899] = f64::NAN;
        let report = check_loss(("w", &w, &dw), |w: &Array1<f64>| w.mapv(|w| w * w).sum());
        let maps = ErrorMap::of(&report);
        let [map] = &*maps else { panic!("{maps:?}") };
        assert_eq!((map.rows.len(), map.rows[0].chars().count()), (1, 60));
        assert!(
            map.rows[0].ends_with("·!") && map.told().ends_with("the worst of 1 × 15 coordinates")
        );
    }
}
