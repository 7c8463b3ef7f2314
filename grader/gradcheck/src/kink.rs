use crate::{
    derivative::{Estimate, Search},
    noise::{Noise, neighbour},
    trial::{RATIO, Scheme, Site, Trial},
};

/// How many times the error bound two slopes must differ at the shortest step that can tell them
/// apart.
const APART: f64 = 8.0;

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

impl Slope {
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        (self.value - other.value).abs() > self.error + other.error
    }
}

impl Kink {
    /// The number between the two slopes that is nearest to `claimed`, and how far that may be off:
    /// every number between them is a subgradient.
    pub(crate) fn nearest(&self, claimed: f64) -> Slope {
        let (left, right) = (self.left.value, self.right.value);
        let value = claimed.max(left.min(right)).min(left.max(right));
        Slope { value, error: self.left.error.max(self.right.error) }
    }

    fn estimate(self) -> Estimate {
        let (left, right) = (self.left, self.right);
        let half = (right.value - left.value).abs() / 2.0;
        let error = half + left.error.max(right.error);
        let value = left.value / 2.0 + right.value / 2.0;
        Estimate { value, error, evaluations: 0, kink: Some(self), bound: error }
    }
}

/// The derivative at a point where `central` differences are undecided or bent.
pub(crate) fn judge(mut f: impl FnMut(f64) -> f64, site: &Site, central: &Search) -> Estimate {
    let site = &with_noise_of_both_sides(&mut f, site);
    let sides = [Scheme::Left, Scheme::Right].map(|scheme| side(&mut f, site, scheme, central));
    let [left, right] = sides.each_ref().map(|side| confirmed(&mut f, site, &side.best));
    if !(sides.iter().all(Search::is_resolved) && left.contradicts(&right)) {
        return central.estimate();
    }
    let height = (right.value - left.value).abs();
    let site = &with_rounding_of_x(site, left.value.abs().max(right.value.abs()));
    let step = telling(site, height);
    let mut persists =
        |side: &Search| Trial::new(&mut f, site, side.best.scheme, step).agrees(&side.best);
    if sides.iter().all(&mut persists) {
        return Kink { left, right }.estimate();
    }
    // It is near the point, not at it, or it is a jump.
    let near = Search::run(&mut f, site, Scheme::Central, step);
    if near.best.error() <= height {
        near.estimate()
    } else {
        Estimate { error: f64::INFINITY, bound: f64::INFINITY, ..central.estimate() }
    }
}

/// The noise may differ from side to side as the slopes do: where a ReLU is zero it has none.
fn with_noise_of_both_sides(mut f: impl FnMut(f64) -> f64, site: &Site) -> Site {
    let towards_zero = |distance| f(site.x - (neighbour(site.x, distance) - site.x));
    let noise = Noise::of(site.precision, towards_zero).deviation;
    // total_cmp, for max would forget a NaN.
    let larger = if noise.total_cmp(&site.noise).is_gt() { noise } else { site.noise };
    Site { noise: larger, ..*site }
}

/// The derivative to one side. What `central` saw of f counts too: a side on which f is zero is as
/// certain as any.
fn side(f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme, central: &Search) -> Search {
    let first = site.precision.first_step * site.x.abs().max(1.0);
    let mut search = Search::run(f, site, scheme, first);
    search.magnitude = search.magnitude.max(central.magnitude);
    search
}

/// A slope whose bound holds what a shorter step says. In a one-sided difference the terms in h²
/// and h³ may cancel at one step, and its truncation then looks smaller than it is.
fn confirmed(f: impl FnMut(f64) -> f64, site: &Site, best: &Trial) -> Slope {
    let again = Trial::new(f, site, best.scheme, best.step * RATIO);
    let error = best.error() + again.error() + (best.value - again.value).abs();
    Slope { value: best.value, error }
}

/// Very near a point where f is zero, the rounding of x inside of f is most of its noise.
fn with_rounding_of_x(site: &Site, slope: f64) -> Site {
    Site { noise: site.noise.max(site.precision.epsilon * site.x.abs() * slope), ..*site }
}

/// The shortest step at which round-off leaves slopes apart that differ by the `height` of a kink.
fn telling(site: &Site, height: f64) -> f64 {
    let shortest = site.precision.shortest_step * site.x.abs();
    let (per_step, _) = Scheme::Left.round_off();
    shortest.max(APART * per_step * site.error(site.value.abs()) / height)
}
