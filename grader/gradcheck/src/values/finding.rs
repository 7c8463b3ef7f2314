use std::fmt;

use ndarray::{ArrayD, Dimension};

use super::argument::Argument;
use crate::real::Real;

/// What a check found beside coordinates that disagree. Each fails the check, and each says what to
/// do next.
///
/// ```
/// use gradcheck::{Finding, check_loss};
/// use ndarray::{Array1, array};
///
/// let mut calls = 0.0;
/// let counting = |x: &Array1<f64>| {
///     calls += 1.0;
///     x.sum() + calls
/// };
/// let report = check_loss(("x", &array![1.0, 2.0], &array![1.0, 1.0]), counting);
/// assert!(matches!(report.findings()[0], Finding::ForwardVaries { .. }));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// A gradient does not have the shape of its argument.
    WrongShape(WrongShape),
    /// The backward pass returned more or fewer gradients than there are inputs.
    WrongCount {
        /// How many it returned.
        gradients: usize,
        /// How many inputs there are.
        inputs: usize,
    },
    /// Two arguments have the same name, by which a report tells them apart.
    SameName(String),
    /// The forward pass gave two losses for the same input.
    ForwardVaries {
        /// The first loss.
        first: f64,
        /// The second loss.
        second: f64,
    },
    /// The backward pass gave two gradients for the same input and upstream gradient.
    BackwardVaries {
        /// The input whose gradient it was.
        argument: String,
        /// The first coordinate that differed.
        index: Vec<usize>,
    },
    /// The forward pass gave outputs of another count or shape near the point.
    OutputsVary,
    /// The forward pass changed what it was given.
    InputModified {
        /// The argument's name.
        argument: String,
        /// The first coordinate that was changed; none where the shape was.
        index: Option<Vec<usize>>,
    },
    /// An argument is NaN or infinite at the point itself.
    InputNotFinite {
        /// The argument's name.
        argument: String,
        /// The first such coordinate.
        index: Vec<usize>,
        /// The value there.
        value: f64,
    },
    /// The loss is NaN or infinite.
    LossNotFinite {
        /// The first coordinate whose steps make it so; none where it is so at the point itself.
        moved: Option<(String, Vec<usize>)>,
    },
    /// An output of the forward pass is NaN or infinite.
    OutputNotFinite {
        /// Which output, from 0.
        output: usize,
        /// The first such coordinate in it.
        index: Vec<usize>,
        /// The value there.
        value: f64,
    },
    /// A claimed gradient is NaN or infinite.
    GradientNotFinite {
        /// The argument's name.
        argument: String,
        /// The first such coordinate.
        index: Vec<usize>,
        /// The value there.
        value: f64,
    },
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
    /// The gradient's transpose is right.
    pub transposed: bool,
}

impl WrongShape {
    pub(crate) fn of<F>(argument: &Argument<F>) -> Self {
        Self {
            argument: argument.name().to_owned(),
            value: argument.shape().to_vec(),
            gradient: argument.gradient.shape().to_vec(),
            transposed: false,
        }
    }
}

impl Finding {
    /// The argument whose claimed gradient is at fault, if it is one's.
    pub fn gradient(&self) -> Option<&str> {
        match self {
            Self::WrongShape(WrongShape { argument, .. })
            | Self::BackwardVaries { argument, .. }
            | Self::GradientNotFinite { argument, .. } => Some(argument),
            _ => None,
        }
    }

    /// The first coordinate of an argument that is not finite.
    pub(crate) fn of_input<F: Real>(argument: &Argument<F>) -> Option<Self> {
        let (index, value) = first_not_finite(&argument.input.value)?;
        Some(Self::InputNotFinite { argument: argument.name().to_owned(), index, value })
    }

    /// The first coordinate of an argument's gradient that is not finite.
    pub(crate) fn of_gradient<F: Real>(argument: &Argument<F>) -> Option<Self> {
        let (index, value) = first_not_finite(&argument.gradient)?;
        Some(Self::GradientNotFinite { argument: argument.name().to_owned(), index, value })
    }
}

/// The first element that is NaN or infinite.
pub(crate) fn first_not_finite<F: Real>(array: &ArrayD<F>) -> Option<(Vec<usize>, f64)> {
    let mut elements = array.indexed_iter().map(|(index, it)| (index, it.to_f64()));
    let (index, value) = elements.find(|(_, value)| !value.is_finite())?;
    Some((index.slice().to_vec(), value))
}

/// The first element in which two arrays of one shape differ, in any bit.
pub(crate) fn first_difference<F: Real>(one: &ArrayD<F>, other: &ArrayD<F>) -> Option<Vec<usize>> {
    let mut pairs = one.indexed_iter().zip(other);
    let differs = |one: F, other: F| one.to_f64().to_bits() != other.to_f64().to_bits();
    let ((index, _), _) = pairs.find(|((_, one), other)| differs(**one, **other))?;
    Some(index.slice().to_vec())
}

/// A name that an earlier argument has.
pub(crate) fn same_name<F>(arguments: &[Argument<F>]) -> Option<Finding> {
    let mut later = arguments.iter().enumerate();
    let twice =
        later.find(|(at, one)| arguments[..*at].iter().any(|it| it.name() == one.name()))?;
    Some(Finding::SameName(twice.1.name().to_owned()))
}

/// The first array that is another than before.
pub(crate) fn first_modified<F: Real>(
    arguments: &[Argument<F>],
    before: &[ArrayD<F>],
    after: &[ArrayD<F>],
) -> Option<Finding> {
    let mut pairs = arguments.iter().zip(before.iter().zip(after));
    pairs.find_map(|(argument, (before, after))| {
        let index = match before.shape() == after.shape() {
            true => Some(first_difference(before, after)?),
            false => None,
        };
        Some(Finding::InputModified { argument: argument.name().to_owned(), index })
    })
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongShape(WrongShape { argument, value, gradient, transposed }) => {
                write!(
                    f,
                    "dL/d{argument} has shape {gradient:?}; it needs {value:?}, as {argument} has"
                )?;
                if *transposed { write!(f, "; its transpose is right") } else { Ok(()) }
            }
            Self::WrongCount { gradients, inputs } => write!(
                f,
                "the backward pass returned {gradients} gradients for {inputs} inputs.\n\
                 Return one gradient for each input, in the order of the inputs."
            ),
            Self::SameName(name) => write!(
                f,
                "two arguments are named {name}.\n\
                 Give each a name of its own: the report tells them apart by it."
            ),
            Self::ForwardVaries { first, second } => write!(
                f,
                "the forward pass gave {first:e} and then {second:e} for the same input.\n\
                 Draw its random numbers once, or from a seed, and let it keep nothing between calls."
            ),
            Self::BackwardVaries { argument, index } => write!(
                f,
                "the backward pass gave two values of dL/d{argument} at {index:?} for the same input.\n\
                 Let it begin each gradient at zero, and draw random numbers from a seed."
            ),
            Self::OutputsVary => write!(
                f,
                "the forward pass gave outputs of another count or shape near the point.\n\
                 Let the shapes of the outputs depend on the shapes of the inputs alone."
            ),
            Self::InputModified { argument, index: Some(index) } => write!(
                f,
                "the forward pass changed its input {argument} at {index:?}.\n\
                 Let it work on a copy: the backward pass needs the input as it was."
            ),
            Self::InputModified { argument, index: None } => write!(
                f,
                "the forward pass changed the shape of its input {argument}.\n\
                 Let it work on a copy: the backward pass needs the input as it was."
            ),
            Self::InputNotFinite { argument, index, value } => write!(
                f,
                "{argument} is {value} at {index:?}, before the forward pass begins.\n\
                 Choose a point of finite numbers."
            ),
            Self::LossNotFinite { moved: None } => write!(
                f,
                "the loss is not finite at the point itself.\n\
                 Look in the forward pass for ln(0), 0/0, or exp of a large number."
            ),
            Self::LossNotFinite { moved: Some((argument, index)) } => write!(
                f,
                "the loss is not finite near the point, first where {argument} moves at {index:?}.\n\
                 Choose a point inside the domain, or look for ln(0), 0/0, or exp of a large number."
            ),
            Self::OutputNotFinite { output, index, value } => write!(
                f,
                "output {output} of the forward pass is {value} at {index:?}.\n\
                 Look in the forward pass for ln(0), 0/0, or exp of a large number."
            ),
            Self::GradientNotFinite { argument, index, value } => write!(
                f,
                "the claimed dL/d{argument} is {value} at {index:?}, the first of its coordinates.\n\
                 Look in the backward pass for a division by zero or exp of a large number."
            ),
        }
    }
}
