//! Looks for the step with the smallest error.

use super::trial::{CHANGE, Scheme, Site, Trial};

/// How many steps are tried at most: enough to shorten one from 1e6 to 1e-6 and find the best there.
const TRIALS: usize = 8;

/// What several trials came to.
pub(crate) struct Search {
    pub best: Trial,
    /// The first in which f was finite.
    pub widest: Trial,
    /// A shorter step said less than a longer one, and not for the noise of f: f jumps near by, or
    /// turns so often that the longer one agreed with itself by accident.
    pub rough: bool,
}

/// How many times as large its error must be for a shorter step to have said less.
const LESS: f64 = 16.0;

/// How many times its round-off a truncation must be to be no noise.
const NO_NOISE: f64 = 1000.0;

/// Tries several steps: first one near ε^⅕ of x, or of 1 where that is larger, then those to
/// which the one before led.
pub(crate) fn run(mut f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme) -> Search {
    let precision = site.precision;
    let (x, first) = (site.x.abs(), precision.first_step);
    let (shortest, longest) = (precision.shortest_step * x, precision.longest_step * x.max(1.0));
    let mut trial = Trial::new(&mut f, site, scheme, first * x.max(1.0));
    let mut search = Search { best: trial, widest: trial, rough: false };
    if x > 0.0 && x < first && !search.is_enough(site) {
        // The domain may end within that step: at 0, as that of a logarithm.
        search.keep(Trial::new(&mut f, site, scheme, first * x), site);
        trial = search.best;
    }
    for _ in 2..TRIALS {
        if search.is_enough(site) {
            break;
        }
        let wanted = trial.next_step().clamp(shortest, longest);
        // The best step is found, unless a much shorter one contradicts it.
        let found = (0.5..2.0).contains(&(wanted / trial.step));
        let step = if found { (trial.step * CHANGE.0).max(shortest) } else { wanted };
        let next = Trial::new(&mut f, site, scheme, step);
        let better = search.keep(next, site);
        if (!better && found) || next.is_bent_like(&trial) {
            break;
        }
        trial = next;
    }
    search
}

impl Search {
    fn is_enough(&self, site: &Site) -> bool {
        self.best.is_enough(site.enough)
    }

    /// Keeps a trial that is better than the best, and says so.
    fn keep(&mut self, trial: Trial, site: &Site) -> bool {
        let better = trial.beats(&self.best);
        if better {
            self.best = trial;
        }
        if !self.widest.error().is_finite() {
            self.widest = trial;
        }
        self.rough = if better { false } else { self.rough || self.is_rough_beside(&trial, site) };
        better
    }

    fn is_rough_beside(&self, trial: &Trial, site: &Site) -> bool {
        let said_less = trial.step < self.best.step && trial.error() > LESS * self.best.error();
        let noise = trial.round_off * trial.step + site.rounding_of_x(self.widest.steepness());
        said_less && trial.truncation * trial.step > NO_NOISE * noise
    }
}
