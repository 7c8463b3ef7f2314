//! Ways to compare the gradient of a loss in many arrays: along lines, of which each is a function of
//! one variable.

pub(crate) mod coordinates;
pub(crate) mod difference;
pub(crate) mod directions;
pub(crate) mod line;
pub(crate) mod screening;
pub(crate) mod subgradient;
