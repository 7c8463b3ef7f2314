use std::fmt;

use ndarray::ArrayD;

use crate::{Argument, Direction, Finding, HeatMap, Kink, Structure};

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
    pub(crate) directions: Vec<Direction>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) structures: Vec<(String, Structure)>,
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
    /// The gradient by finite differences; at a kink, the subgradient nearest to what was claimed.
    pub numeric: f64,
    /// How far the two may be apart; infinite where finite differences cannot tell.
    pub tolerance: f64,
    /// The slopes to both sides, where they differ.
    pub kink: Option<Kink>,
}

impl Coordinate {
    /// True when the two gradients agree. What is not finite agrees with nothing.
    pub fn passed(&self) -> bool {
        !self.is_undecided() && (self.analytic - self.numeric).abs() <= self.tolerance
    }

    fn is_undecided(&self) -> bool {
        !self.tolerance.is_finite()
    }

    /// What the slopes to both sides say of the claimed gradient.
    fn write_kink(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Kink { left, right }) = self.kink else { return Ok(()) };
        let word = if self.passed() { "lies" } else { "does not lie" };
        writeln!(
            f,
            "{}{:?} is at a kink: {:.4e} {word} between the slopes {:.4e} (left) and {:.4e} (right)",
            self.argument, self.index, self.analytic, left.value, right.value
        )
    }

    /// The difference beside the larger of the two; zero where they agree, NaN where there is none.
    pub(crate) fn relative_error(&self) -> f64 {
        let larger = self.analytic.abs().max(self.numeric.abs());
        match () {
            () if self.passed() => 0.0,
            () if self.is_undecided() => f64::NAN,
            () => (self.analytic - self.numeric).abs() / larger,
        }
    }

    /// How many tolerances the two are apart; infinite for what is not a number.
    fn excess(&self) -> f64 {
        let excess = (self.analytic - self.numeric).abs() / self.tolerance;
        if excess.is_nan() { f64::INFINITY } else { excess }
    }
}

impl Report {
    /// True when nothing was found and every coordinate and direction that was compared agrees.
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
            && self.failures().next().is_none()
            && self.directions.iter().all(Direction::passed)
    }

    /// Every coordinate that was compared, in order; where directions were, only wrong ones.
    pub fn coordinates(&self) -> &[Coordinate] {
        &self.coordinates
    }

    /// The coordinates that do not agree.
    pub fn failures(&self) -> impl Iterator<Item = &Coordinate> {
        self.coordinates.iter().filter(|coordinate| !coordinate.passed())
    }

    /// The random directions that were compared: four for each argument of a large problem.
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// What was found beside coordinates that disagree.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The coordinates where the loss has a kink, whether or not the claimed gradient lies between
    /// the slopes to both sides.
    pub fn kinks(&self) -> impl Iterator<Item = &Coordinate> {
        self.coordinates.iter().filter(|coordinate| coordinate.kink.is_some())
    }

    /// The names of the arguments whose gradient is wrong in shape or value, each once.
    pub fn wrong_arguments(&self) -> Vec<&str> {
        let findings = self.findings.iter().filter_map(Finding::gradient);
        let directions = self.directions.iter().filter(|it| !it.passed());
        let failures = self.failures().map(|it| it.argument.as_str());
        each_once(findings.chain(failures).chain(directions.map(|it| it.argument.as_str())))
    }

    /// The simple form, if there is one, in which this argument's gradient differs from the numeric.
    pub fn structure(&self, argument: &str) -> Option<&Structure> {
        self.structures.iter().find(|(name, _)| name == argument).map(|(_, structure)| structure)
    }

    /// The claimed and the numeric gradient of an argument, where it has been compared and is wrong:
    /// every coordinate in its shape, or its derivatives in random directions.
    pub(crate) fn sides<F>(&self, argument: &Argument<F>) -> Option<(ArrayD<f64>, ArrayD<f64>)> {
        let directions = self.directions.iter().filter(|it| it.argument == argument.name);
        let directions: Vec<_> = directions.map(|it| (it.analytic, it.numeric)).collect();
        let coordinates = self.coordinates.iter().filter(|it| it.argument == argument.name);
        let coordinates: Vec<_> = coordinates.map(|it| (it.analytic, it.numeric)).collect();
        let (shape, pairs) = match directions.len() {
            0 => (argument.value.shape(), coordinates),
            count => (&[count][..], directions),
        };
        let (analytic, numeric) = pairs.into_iter().unzip();
        let array = |numbers| ArrayD::from_shape_vec(shape, numbers).ok();
        self.wrong_arguments().contains(&&*argument.name).then_some(())?;
        Some((array(analytic)?, array(numeric)?))
    }

    /// A map of a matrix's or vector's coordinates that shows where its gradient is wrong; none of
    /// other arrays, and none where only random directions were compared.
    pub fn heat_map(&self, argument: &str) -> Option<HeatMap> {
        if self.directions.iter().any(|it| it.argument == argument) {
            return None;
        }
        let coordinates = self.coordinates.iter().filter(|it| it.argument == argument);
        HeatMap::of(&coordinates.collect::<Vec<_>>())
    }

    /// The names of all arguments that were compared, each once.
    fn arguments(&self) -> Vec<&str> {
        let directions = self.directions.iter().map(|it| it.argument.as_str());
        let coordinates = self.coordinates.iter().map(|it| it.argument.as_str());
        each_once(directions.chain(coordinates))
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
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let mut worst: Vec<_> = self.failures().collect();
        worst.sort_by(|one, other| other.excess().total_cmp(&one.excess()));
        self.write_counts(f, worst.len())?;
        self.write_arguments(f)?;
        if !worst.is_empty() {
            writeln!(f, "{HEADINGS}")?;
        }
        for coordinate in worst.iter().take(SHOWN) {
            writeln!(f, "{coordinate}")?;
        }
        if worst.iter().any(|coordinate| coordinate.is_undecided()) {
            writeln!(f, "{UNDECIDED}")?;
        }
        for coordinate in self.kinks().take(SHOWN) {
            coordinate.write_kink(f)?;
        }
        self.write_heat_maps(f)
    }
}

impl Report {
    /// What the wrong coordinates of each argument have in common, and which arguments are right.
    fn write_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = self.wrong_arguments();
        for (name, structure) in &self.structures {
            writeln!(f, "dL/d{name} {structure:#}")?;
        }
        let right: Vec<_> = self.arguments().into_iter().filter(|it| !wrong.contains(it)).collect();
        if !right.is_empty() && !wrong.is_empty() {
            writeln!(f, "right: dL/d{}", right.join(", dL/d"))?;
        }
        Ok(())
    }

    /// The maps of the wrong matrices, where one says more than the table.
    fn write_heat_maps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crowded =
            |name: &&str| self.failures().filter(|it| it.argument == *name).count() > SHOWN;
        for name in self.wrong_arguments().into_iter().filter(crowded) {
            if let Some(map) = self.heat_map(name).filter(HeatMap::is_matrix) {
                writeln!(f, "{map}")?;
            }
        }
        Ok(())
    }

    fn write_counts(&self, f: &mut fmt::Formatter<'_>, wrong: usize) -> fmt::Result {
        if self.directions.is_empty() {
            let all = self.coordinates.len();
            return writeln!(f, "{wrong} of {all} coordinates disagree with finite differences");
        }
        let all = self.directions.len();
        let off = self.directions.iter().filter(|it| !it.passed()).count();
        writeln!(f, "{off} of {all} random directions disagree with finite differences")?;
        if off > 0 {
            writeln!(f, "{wrong} wrong coordinates were found; there may be more")?;
        }
        Ok(())
    }
}

fn each_once<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
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
        Coordinate { argument, index: vec![12, 345], analytic, numeric, tolerance, kink: None }
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
