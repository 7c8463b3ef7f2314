//! What a check is given, and what it gives.

pub(crate) mod argument;
pub(crate) mod coordinate;
pub(crate) mod direction;
pub(crate) mod finding;
pub(crate) mod finite_difference;
pub(crate) mod heat_map;
pub(crate) mod report;
pub(crate) mod slope;
pub(crate) mod structure;
