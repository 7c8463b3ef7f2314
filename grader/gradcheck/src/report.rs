use std::fmt;

use ndarray::ArrayD;

use crate::Structure;

/// How many coordinates the table shows.
const SHOWN: usize = 8;

/// The width of the column that says where.
const AT: usize = 24;

const HEADINGS: &str =
    "at                              analytic         numeric     bound   analy/num";

const UNDECIDED: &str =
    "bound inf: near this point the loss is not finite, jumps, or is mostly noise.
Check the forward pass first, or move the point away from the jump.";

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub(crate) coordinates: Vec<Coordinate>,
    pub(crate) wrong_shapes: Vec<WrongShape>,
    pub(crate) forward_passes: usize,
}

/// One coordinate of one gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinate {
    /// The argument's name.
    pub argument: String,
    /// The index in the argument.
    pub index: Vec<usize>,
    /// The gradient that was claimed.
    pub analytic: f64,
    /// The gradient by finite differences.
    pub numeric: f64,
    /// How far the two may be apart; infinite where finite differences cannot tell.
    pub tolerance: f64,
}

/// A gradient that does not have the shape of its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongShape {
    /// The argument's name.
    pub argument: String,
    /// The argument's shape.
    pub value: Vec<usize>,
    /// The gradient's shape.
    pub gradient: Vec<usize>,
}

impl Coordinate {
    /// True when the two gradients agree. What is not finite agrees with nothing.
    pub fn passed(&self) -> bool {
        !self.is_undecided() && (self.analytic - self.numeric).abs() <= self.tolerance
    }

    fn is_undecided(&self) -> bool {
        !self.tolerance.is_finite()
    }

    /// How many tolerances the two are apart; infinite for what is not a number.
    fn excess(&self) -> f64 {
        let excess = (self.analytic - self.numeric).abs() / self.tolerance;
        if excess.is_nan() { f64::INFINITY } else { excess }
    }
}

impl Report {
    /// True when every gradient has its argument's shape and every coordinate agrees.
    pub fn passed(&self) -> bool {
        self.wrong_shapes.is_empty() && self.failures().next().is_none()
    }

    /// Every coordinate that was compared, in order.
    pub fn coordinates(&self) -> &[Coordinate] {
        &self.coordinates
    }

    /// The coordinates that do not agree.
    pub fn failures(&self) -> impl Iterator<Item = &Coordinate> {
        self.coordinates.iter().filter(|coordinate| !coordinate.passed())
    }

    /// The gradients that do not have the shape of their argument.
    pub fn wrong_shapes(&self) -> &[WrongShape] {
        &self.wrong_shapes
    }

    /// The names of the arguments whose gradient is wrong in shape or value, each once.
    pub fn wrong_arguments(&self) -> Vec<&str> {
        let shapes = self.wrong_shapes.iter().map(|wrong| wrong.argument.as_str());
        let mut names: Vec<_> =
            shapes.chain(self.failures().map(|it| it.argument.as_str())).collect();
        names.dedup();
        names
    }

    /// The simple form, if there is one, in which this argument's gradient differs from the numeric.
    pub fn structure(&self, argument: &str) -> Option<Structure> {
        let of_argument = self.coordinates.iter().filter(|it| it.argument == argument);
        let coordinates: Vec<_> = of_argument.collect();
        // Coordinates are in row-major order: the last one tells the shape.
        let shape: Vec<_> = coordinates.last()?.index.iter().map(|last| last + 1).collect();
        let array = |part: fn(&Coordinate) -> f64| {
            ArrayD::from_shape_vec(shape.clone(), coordinates.iter().map(|it| part(it)).collect())
        };
        Structure::of(&array(|it| it.analytic).ok()?, &array(|it| it.numeric).ok()?)
    }

    /// How often the loss was computed.
    pub fn forward_passes(&self) -> usize {
        self.forward_passes
    }

    /// Ends a test when a gradient is wrong.
    ///
    /// # Panics
    /// With the table of the worst coordinates.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passed(), "gradient check failed\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for WrongShape { argument, value, gradient } in &self.wrong_shapes {
            writeln!(
                f,
                "dL/d{argument} has shape {gradient:?}; it needs {value:?}, as {argument} has"
            )?;
        }
        let mut worst: Vec<_> = self.failures().collect();
        worst.sort_by(|one, other| other.excess().total_cmp(&one.excess()));
        let (wrong, all) = (worst.len(), self.coordinates.len());
        writeln!(f, "{wrong} of {all} coordinates disagree with finite differences")?;
        if wrong > 0 {
            writeln!(f, "{HEADINGS}")?;
        }
        for coordinate in worst.iter().take(SHOWN) {
            writeln!(f, "{coordinate}")?;
        }
        if worst.iter().any(|coordinate| coordinate.is_undecided()) {
            writeln!(f, "{UNDECIDED}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = format!("{:?}", self.index);
        // A long name gives way: the index is what tells the rows apart.
        let name = AT.saturating_sub(index.len());
        let at = format!("{:.name$}{index}", self.argument);
        let ratio = self.analytic / self.numeric;
        // In full where a factor, a sign or a missing mean can be read off it.
        let ratio = if (1e-3..1e4).contains(&ratio.abs()) {
            format!("{ratio:.4}")
        } else {
            format!("{ratio:.1e}")
        };
        let Self { analytic, numeric, tolerance, .. } = self;
        write!(f, "{at:<AT$.AT$} {analytic:>15.7e} {numeric:>15.7e} {tolerance:>9.1e} {ratio:>10}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coordinate(analytic: f64, numeric: f64, tolerance: f64) -> Coordinate {
        let argument = "a_name_that_is_longer_than_its_column".to_owned();
        Coordinate { argument, index: vec![12, 345], analytic, numeric, tolerance }
    }

    #[test]
    fn nothing_that_is_not_finite_passes() {
        assert!(coordinate(1.0, 1.0, 0.0).passed());
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!coordinate(odd, 1.0, 1.0).passed());
            assert!(!coordinate(1.0, odd, 1.0).passed());
            assert!(!coordinate(odd, odd, 1.0).passed());
            assert!(!coordinate(1.0, 1.0, odd).passed());
        }
    }

    #[test]
    fn the_table_shows_the_worst_eight_in_eighty_columns() {
        let off = [1.0, 2.0, f64::NAN, -1.2345678e-300, 5.0, 1e300, 7.0, 8.0, 9.0, 1.5];
        let coordinates = off.map(|analytic| coordinate(analytic, 1.0 + 1e-9, 1e-12)).to_vec();
        let table = Report { coordinates, ..Report::default() }.to_string();
        let rows: Vec<_> = table.lines().filter(|line| line.contains("[12, 345]")).collect();
        assert_eq!(rows.len(), 8, "{table}");
        assert!(rows[0].contains("NaN") && rows[1].contains("e300"), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    }

    #[test]
    fn an_undecided_coordinate_is_explained() {
        let coordinates = vec![coordinate(1.0, 1.0, f64::INFINITY)];
        let report = Report { coordinates, ..Report::default() };
        assert!(report.to_string().contains("bound inf"), "{report}");
    }
}
