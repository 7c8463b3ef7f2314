/// The place of a symbol in its lesson's list.
pub type SymbolId = usize;

/// A name in a lesson's formulas.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// As the formulas spell it.
    pub name: String,
    /// As a sentence spells it: `dL/dW`, `the loss`.
    pub shown: String,
    /// What it stands for.
    pub domain: Domain,
}

/// What a symbol stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// A real number of either sign.
    Real,
    /// A positive number between two bounds.
    Positive(f64, f64),
    /// A whole number between two bounds.
    Whole(f64, f64),
    /// An array, with the length of each axis.
    Array(Vec<Length>),
    /// The length of an axis.
    Dimension,
    /// One of the variants of an enum of the lesson.
    Choice(Vec<String>),
    /// A function of one number.
    FunctionOfNumber,
    /// A function of a vector.
    FunctionOfVector,
    /// What a step computes.
    Step,
}

impl Domain {
    /// True for functions among the arguments.
    #[must_use]
    pub fn is_function(&self) -> bool {
        matches!(self, Self::FunctionOfNumber | Self::FunctionOfVector)
    }
}

/// The length of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Always the same.
    Fixed(usize),
    /// That of a dimension.
    Of(SymbolId),
}

impl Symbol {
    /// As a formula spells it.
    #[must_use]
    pub fn letter(&self) -> &str {
        match self.name.as_str() {
            "loss" => "L",
            name if self.shown.contains(' ') => name,
            _ => &self.shown,
        }
    }
}
