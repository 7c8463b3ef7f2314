//! The derivative of a function of one variable, with its error bound.

pub(crate) mod derivative;
pub(crate) mod noise;
pub(crate) mod search;
pub(crate) mod sides;
pub(crate) mod trial;
