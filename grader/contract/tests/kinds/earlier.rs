use ndarray::{Array1, NdFloat};

/// A layer of an earlier lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale<F: NdFloat> {
    /// Multiplies.
    pub factor: F,
    /// Is added, where there is one.
    pub shift: Option<Array1<F>>,
}

/// A layer of an earlier lesson, of one kind or another.
#[derive(Debug, Clone, PartialEq)]
pub enum Either<F: NdFloat> {
    /// Without numbers.
    Nothing,
    /// One that has a name.
    Scaled {
        /// The layer.
        scale: Scale<F>,
    },
}

/// Which the later lesson does not use.
#[derive(Debug, Clone, PartialEq)]
pub struct Unused {
    /// A number.
    pub x: f64,
}
