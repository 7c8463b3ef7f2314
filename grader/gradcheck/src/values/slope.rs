//! Slopes of a function of one variable: what finite differences give.

/// A slope with its error bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// The slope.
    pub value: f64,
    /// How far it may be from the true one.
    pub error: f64,
}

/// A point where a function is continuous and its slope jumps: ReLU at 0, a tie of a maximum, the
/// edge of a clipped range.
///
/// ```
/// let kink = gradcheck::derivative(|x: f64| x.max(0.1 * x), 0.0).kink.expect("a leaky ReLU at 0");
/// assert!((kink.left.value - 0.1).abs() <= kink.left.error);
/// assert!((kink.right.value - 1.0).abs() <= kink.right.error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kink {
    /// The derivative from the left.
    pub left: Slope,
    /// The derivative from the right.
    pub right: Slope,
}

/// A derivative found by finite differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The derivative; at a kink, the mean of the slopes to both sides.
    pub value: f64,
    /// How far it may be from the true one, truncation and round-off; at a kink, from any of its
    /// subgradients. Infinite where the differences say nothing, because f is not finite or jumps.
    pub error: f64,
    /// How often f was evaluated.
    pub evaluations: usize,
    /// The slopes to both sides, where they differ.
    pub kink: Option<Kink>,
    /// How much f changes near the point for each unit of x, or f itself for its whole scale: an
    /// error that is no small part of it leaves nothing to learn.
    pub(crate) scale: f64,
    /// Whether f did not change at all near the point, and hardly further away.
    pub(crate) flat: bool,
}

impl Slope {
    /// True when no slope is within both bounds.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        (self.value - other.value).abs() > self.error + other.error
    }
}

impl Kink {
    /// The number between the two slopes that is nearest to `claimed`, and how far that may be off:
    /// every number between them is a subgradient.
    pub(crate) fn nearest(&self, claimed: f64) -> Slope {
        let (left, right) = (self.left, self.right);
        let (low, high) = (left.value.min(right.value), left.value.max(right.value));
        let value = claimed.max(low).min(high);
        let part = (value - left.value) / self.height();
        Slope { value, error: (1.0 - part) * left.error + part * right.error }
    }

    /// How far the two slopes are apart, and to which side the larger one is.
    pub(crate) fn height(&self) -> f64 {
        self.right.value - self.left.value
    }
}

impl Estimate {
    /// Of a point where nothing can be learnt.
    pub(crate) fn unknown(value: f64) -> Self {
        Self { value, error: f64::INFINITY, evaluations: 0, kink: None, scale: 0.0, flat: false }
    }

    pub(crate) fn of(Slope { value, error }: Slope) -> Self {
        let error = if error.is_finite() { error } else { f64::INFINITY };
        Self { value, error, evaluations: 0, kink: None, scale: 0.0, flat: false }
    }

    pub(crate) fn of_kink(kink: Kink) -> Self {
        let value = kink.left.value / 2.0 + kink.right.value / 2.0;
        let error = kink.height().abs() / 2.0 + kink.left.error.max(kink.right.error);
        Self { value, error, evaluations: 0, kink: Some(kink), scale: 0.0, flat: false }
    }

    /// What a function of this value shows of its scale at x: not more than one, for an offset is no
    /// scale.
    pub(crate) fn scale_of(value: f64, x: f64) -> f64 {
        value.abs().min(1.0) / x.abs().max(1.0)
    }

    /// What a claimed derivative is to be compared with: at a kink, the nearest subgradient.
    pub(crate) fn nearest(&self, claimed: f64) -> Slope {
        match &self.kink {
            Some(kink) => kink.nearest(claimed),
            None => Slope { value: self.value, error: self.error },
        }
    }
}
