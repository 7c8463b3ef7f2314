use std::fmt;

use ndarray::ArrayD;

use crate::Structure;

/// How many coordinates the table shows.
const SHOWN: usize = 8;

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
    /// How far the two may be apart.
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
    /// True when the two gradients agree. NaN agrees with nothing.
    pub fn passed(&self) -> bool {
        (self.analytic - self.numeric).abs() <= self.tolerance && self.tolerance.is_finite()
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
                "dL/d{argument} has shape {gradient:?}, but {argument} has shape {value:?}"
            )?;
        }
        let mut worst: Vec<_> = self.failures().collect();
        worst.sort_by(|one, other| other.excess().total_cmp(&one.excess()));
        let (wrong, all) = (worst.len(), self.coordinates.len());
        writeln!(f, "{wrong} of {all} coordinates disagree with finite differences")?;
        if !worst.is_empty() {
            writeln!(
                f,
                "{:<14} {:>15} {:>15} {:>10} {:>10}",
                "at", "analytic", "numeric", "tolerance", "ratio"
            )?;
        }
        for it in worst.into_iter().take(SHOWN) {
            let at = format!("{}{:?}", it.argument, it.index);
            let ratio = it.analytic / it.numeric;
            writeln!(
                f,
                "{at:<14} {:>15.8e} {:>15.8e} {:>10.1e} {ratio:>10.4}",
                it.analytic, it.numeric, it.tolerance,
            )?;
        }
        Ok(())
    }
}
