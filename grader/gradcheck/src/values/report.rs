use std::{collections::BTreeSet, fmt};

use ndarray::ArrayD;

use super::{
    argument::Argument,
    coordinate::{Coordinate, Undecided, Verdict},
    direction::Direction,
    finding::Finding,
    heat_map::HeatMap,
    structure::Structure,
};

/// How many coordinates the table shows.
const SHOWN: usize = 8;

const HEADINGS: &str = "yours: what your code gives; numeric: finite differences of the loss;
bound: how far the two may be apart; quotient: yours / numeric
at                                 yours         numeric     bound   quotient";

const NOT_TOGETHER: &str =
    "What lies between its slopes and is wrong is so beside the others: near by no gradient, nor a mean of
some, has them all. A tie hands its gradient to one of the tied values, or shares it out.";

const NEAR_BY: &str =
    "What does not lie between its slopes and is right is a mean of gradients near by, where other kinks
are taken from another side.";

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "a report that nobody asserts or reads lets every gradient pass"]
pub struct Report {
    pub(crate) coordinates: Vec<Coordinate>,
    pub(crate) directions: Vec<Direction>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) structures: Vec<(String, Structure)>,
    pub(crate) forward_passes: usize,
    pub(crate) tolerates_undecided: bool,
}

impl Report {
    /// True when nothing was found and every coordinate and direction that was compared agrees. What
    /// is [undecided](Self::undecided) does not, unless the checker
    /// [tolerates](crate::Checker::tolerate_undecided) it.
    #[must_use = "a verdict that nobody reads lets every gradient pass"]
    pub fn passed(&self) -> bool {
        let passes = |verdict| match verdict {
            Verdict::Agrees => true,
            Verdict::Undecided(_) => self.tolerates_undecided,
            Verdict::Disagrees => false,
        };
        self.findings.is_empty() && self.verdicts().all(passes)
    }

    /// True when something is wrong for certain: nothing that is merely undecided.
    #[must_use = "a verdict that nobody reads lets every gradient pass"]
    pub fn failed(&self) -> bool {
        !self.findings.is_empty() || self.verdicts().any(|it| it == Verdict::Disagrees)
    }

    fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        self.compared().map(|(_, verdict)| verdict)
    }

    /// The argument and the verdict of all that was compared.
    fn compared(&self) -> impl Iterator<Item = (&str, Verdict)> {
        let directions = self.directions.iter().map(|it| (it.argument.as_str(), it.verdict));
        directions.chain(self.coordinates.iter().map(|it| (it.argument.as_str(), it.verdict)))
    }

    /// Every coordinate that was compared, in order; where directions were, only wrong ones.
    pub fn coordinates(&self) -> &[Coordinate] {
        &self.coordinates
    }

    /// The coordinates that do not agree.
    pub fn failures(&self) -> impl Iterator<Item = &Coordinate> {
        self.coordinates.iter().filter(|coordinate| coordinate.verdict == Verdict::Disagrees)
    }

    /// The coordinates of which finite differences cannot tell whether they are right. That is
    /// neither a pass nor a failure of the gradient.
    pub fn undecided(&self) -> impl Iterator<Item = &Coordinate> {
        self.coordinates.iter().filter(|it| matches!(it.verdict, Verdict::Undecided(_)))
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
        let directions = self.directions.iter().filter(|it| it.verdict == Verdict::Disagrees);
        let failures = self.failures().map(|it| it.argument.as_str());
        each_once(findings.chain(failures).chain(directions.map(|it| it.argument.as_str())))
    }

    /// The names of the arguments whose gradient agrees everywhere: nothing of them is undecided.
    pub fn right_arguments(&self) -> Vec<&str> {
        let open = self.compared().filter(|(_, verdict)| *verdict != Verdict::Agrees);
        let open: Vec<_> = open.map(|(name, _)| name).chain(self.wrong_arguments()).collect();
        let mut names = each_once(self.compared().map(|(name, _)| name));
        names.retain(|name| !open.contains(name));
        names
    }

    /// The simple form, if there is one, in which this argument's gradient differs from the numeric.
    pub fn structure(&self, argument: &str) -> Option<&Structure> {
        self.structures.iter().find(|(name, _)| name == argument).map(|(_, structure)| structure)
    }

    /// What the [structure](Self::structure) says of an argument's gradient, in words.
    pub fn told_structure(&self, argument: &str) -> Option<String> {
        let structure = self.structure(argument)?;
        let numbers = self.coordinates.iter().filter(|it| it.argument == argument).count();
        let directions = self.directions.iter().any(|it| it.argument == argument);
        let told = match numbers == 1 && !directions {
            true => structure.to_string(),
            false => format!("{structure:#}"),
        };
        Some(told)
    }

    /// The claimed and the numeric gradient of an argument, where it has been compared and is wrong:
    /// every coordinate in its shape, or its derivatives in random directions.
    pub(crate) fn sides<F>(&self, argument: &Argument<F>) -> Option<(ArrayD<f64>, ArrayD<f64>)> {
        let directions = self.directions.iter().filter(|it| it.argument == argument.name());
        let directions: Vec<_> = directions.map(|it| (it.analytic, it.numeric)).collect();
        let coordinates = self.coordinates.iter().filter(|it| it.argument == argument.name());
        let coordinates: Vec<_> = coordinates.map(|it| (it.analytic, it.numeric)).collect();
        let (shape, pairs) = match directions.len() {
            0 => (argument.shape(), coordinates),
            count => (&[count][..], directions),
        };
        let (analytic, numeric) = pairs.into_iter().unzip();
        let array = |numbers| ArrayD::from_shape_vec(shape, numbers).ok();
        self.wrong_arguments().contains(&argument.name()).then_some(())?;
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
        write_table(f, &worst)?;
        self.write_undecided(f)?;
        self.write_kinks(f)?;
        self.write_heat_maps(f)
    }
}

/// The first of these coordinates.
fn write_table(f: &mut fmt::Formatter<'_>, coordinates: &[&Coordinate]) -> fmt::Result {
    if !coordinates.is_empty() {
        writeln!(f, "{HEADINGS}")?;
    }
    coordinates.iter().take(SHOWN).try_for_each(|coordinate| writeln!(f, "{coordinate}"))
}

impl Report {
    /// The coordinates and directions that cannot be judged, by the reason.
    fn write_undecided(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = |verdict| match verdict {
            Verdict::Undecided(reason) => Some(reason),
            _ => None,
        };
        let reasons: BTreeSet<Undecided> = self.verdicts().filter_map(reason).collect();
        for reason in reasons {
            let verdict = Verdict::Undecided(reason);
            let coordinates: Vec<_> =
                self.coordinates.iter().filter(|it| it.verdict == verdict).collect();
            let directions = self.directions.iter().filter(|it| it.verdict == verdict).count();
            let what = match (coordinates.len(), directions) {
                (0, count) => format!("{count} random directions are"),
                (1, _) => "1 coordinate is".to_owned(),
                (count, _) => format!("{count} coordinates are"),
            };
            writeln!(f, "{what} undecided: {reason}")?;
            write_table(f, &coordinates)?;
        }
        Ok(())
    }

    /// What the wrong coordinates of each argument have in common, and which arguments are right.
    fn write_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, _) in &self.structures {
            let told = self.told_structure(name).unwrap_or_default();
            writeln!(f, "dL/d{name} {told}")?;
        }
        let right = self.right_arguments();
        if !right.is_empty() && !self.wrong_arguments().is_empty() {
            writeln!(f, "right: dL/d{}", right.join(", dL/d"))?;
        }
        Ok(())
    }

    /// The first kinks, wrong ones before others.
    fn write_kinks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinks: Vec<_> = self.kinks().collect();
        kinks.sort_by_key(|it| it.passed());
        kinks.iter().take(SHOWN).try_for_each(|coordinate| coordinate.write_kink(f))?;
        if kinks.len() > SHOWN {
            writeln!(f, "and {} more at kinks", kinks.len() - SHOWN)?;
        }
        let any = |verdict, between| {
            kinks.iter().any(|it| it.verdict == verdict && it.is_between() == between)
        };
        if any(Verdict::Disagrees, true) {
            writeln!(f, "{NOT_TOGETHER}")?;
        }
        if any(Verdict::Agrees, false) { writeln!(f, "{NEAR_BY}") } else { Ok(()) }
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
        if self.directions.is_empty() && self.coordinates.is_empty() {
            // Findings say why nothing was compared.
            return Ok(());
        }
        if self.directions.is_empty() {
            let all = self.coordinates.len();
            return writeln!(f, "{wrong} of {all} coordinates disagree with finite differences");
        }
        let all = self.directions.len();
        let off = self.directions.iter().filter(|it| !it.passed()).count();
        writeln!(f, "{off} of {all} random directions disagree with finite differences")?;
        if off > 0 {
            writeln!(f, "wrong coordinates that were found: {wrong}; there may be more")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn coordinate(analytic: f64, numeric: f64, tolerance: f64) -> Coordinate {
        let argument = "a_name_that_is_longer_than_its_column".to_owned();
        let verdict = match tolerance.is_finite() {
            true => Verdict::Disagrees,
            false => Verdict::Undecided(Undecided::NotSmooth),
        };
        let index = vec![12, 345];
        Coordinate { argument, index, analytic, numeric, tolerance, kink: None, verdict }
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
        let ends = |line: &str, word: &str| line.find(word).map(|at| at + word.len());
        let heading = table.lines().find(|line| line.starts_with("at ")).unwrap();
        assert_eq!(ends(heading, "yours"), ends(rows[2], "9.0000000e0"), "{table}");
        assert_eq!(ends(heading, "quotient").unwrap(), rows[2].len(), "{table}");
    }

    #[test]
    fn an_undecided_coordinate_is_explained() {
        let coordinates = vec![coordinate(1.0, 1.0, f64::INFINITY)];
        let report = Report { coordinates, ..Report::default() };
        assert!(report.to_string().contains("1 coordinate is undecided: near this"), "{report}");
    }
}
