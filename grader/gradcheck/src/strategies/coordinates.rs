//! Every coordinate on its own.

use super::{
    line::{Differentiate, Line, Point, index_of},
    screening,
};
use crate::{
    real::Real,
    values::{
        argument::Argument,
        coordinate::{Comparison, Coordinate, Scale},
        slope::Estimate,
    },
};

/// Compares one argument's gradient coordinate by coordinate; says how often the loss was computed.
pub(crate) fn compare<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
) -> (Vec<Coordinate>, usize) {
    let (settled, screened) = screening::settle(loss, point, (at, argument));
    let open = settled.iter().enumerate().filter(|(_, it)| it.is_none());
    let lines: Vec<_> = open.map(|(offset, _)| Line::Coordinate { argument: at, offset }).collect();
    let mut looked_at =
        loss.along(point, &lines, screening::enough::<F>(settled.len())).into_iter();
    let numeric: Vec<_> =
        settled.into_iter().filter_map(|it| it.or_else(|| looked_at.next())).collect();
    let scale = Scale::of(numeric.iter(), const { &F::PRECISION });
    let compared = argument.gradient.iter().zip(&numeric).enumerate();
    let coordinates = compared.map(|(offset, (claimed, estimate))| {
        coordinate(argument, offset, claimed.to_f64(), estimate, &scale)
    });
    (coordinates.collect(), screened + numeric.iter().map(|it| it.evaluations).sum::<usize>())
}

/// The two gradients side by side in one coordinate.
pub(crate) fn coordinate<F: Real>(
    argument: &Argument<F>,
    offset: usize,
    analytic: f64,
    estimate: &Estimate,
    scale: &Scale,
) -> Coordinate {
    let Comparison { numeric, tolerance, verdict } =
        Comparison::new(analytic, estimate, scale, const { &F::PRECISION });
    Coordinate {
        argument: argument.name().to_owned(),
        index: index_of(offset, argument.shape()),
        analytic,
        numeric,
        tolerance,
        kink: estimate.kink,
        verdict,
    }
}
