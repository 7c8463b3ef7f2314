//! Wrong variants of lesson 4.2. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_4_2::{AdamW, Moments, Momentum};
use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, NdFloat, Zip};

/// One number of one parameter, and what the step knows besides.
struct One<'a> {
    w: f64,
    g: f64,
    m: f64,
    s: f64,
    /// The number of the step, from 1.
    t: f64,
    rate: f64,
    of: &'a AdamW,
}

impl One<'_> {
    /// The means after the step.
    fn means(&self, g: f64) -> [f64; 2] {
        let AdamW { beta1, beta2, .. } = self.of;
        [beta1 * self.m + (1.0 - beta1) * g, beta2 * self.s + (1.0 - beta2) * g * g]
    }

    /// By what the means are too small at step `t`.
    fn corrections(&self, t: f64) -> [f64; 2] {
        [self.of.beta1, self.of.beta2].map(|beta| 1.0 - beta.powf(t))
    }

    /// What Adam takes off, by these means.
    fn taken(&self, [m, s]: [f64; 2]) -> f64 {
        let [of_m, of_s] = self.corrections(self.t);
        self.rate * (m / of_m) / ((s / of_s).sqrt() + self.of.epsilon)
    }

    fn decayed(&self) -> f64 {
        self.w * (1.0 - self.rate * self.of.decay)
    }
}

/// What does not fit is refused as ever.
fn refuse<F: NdFloat>(
    parameters: &[ArrayViewMutD<'_, F>],
    gradients: &[ArrayViewD<'_, F>],
    moments: &Moments<F>,
    settings: &AdamW,
    rate: f64,
) {
    let mut copies: Vec<_> = parameters.iter().map(|it| it.to_owned()).collect();
    let views = copies.iter_mut().map(|it| it.view_mut()).collect();
    ex_4_2::adamw_step(views, gradients, &mut moments.clone(), settings, rate);
}

/// A step that gives m, s and w of each number.
fn each<F: NdFloat>(
    mut parameters: Vec<ArrayViewMutD<'_, F>>,
    gradients: &[ArrayViewD<'_, F>],
    moments: &mut Moments<F>,
    of: &AdamW,
    rate: f64,
    change: impl Fn(&One) -> [f64; 3],
) {
    refuse(&parameters, gradients, moments, of, rate);
    moments.steps += 1;
    let t = moments.steps as f64;
    for (at, w) in parameters.iter_mut().enumerate() {
        let (m, s) = (&mut moments.m[at], &mut moments.s[at]);
        Zip::from(w).and(&gradients[at]).and(m).and(s).for_each(|w, g, m, s| {
            let [now, g, old_m, old_s] = [*w, *g, *m, *s].map(double);
            let [m_next, s_next, w_next] =
                change(&One { w: now, g, m: old_m, s: old_s, t, rate, of });
            (*m, *s, *w) = (number(m_next), number(s_next), number(w_next));
        });
    }
}

fn double<F: NdFloat>(value: F) -> f64 {
    value.to_f64().unwrap()
}

fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).unwrap()
}

/// `adamw_step`, number by number.
macro_rules! adamw {
    (|$it:ident| $change:expr) => {
        pub fn adamw_step<F: ndarray::NdFloat>(
            parameters: Vec<ndarray::ArrayViewMutD<'_, F>>,
            gradients: &[ndarray::ArrayViewD<'_, F>],
            moments: &mut Moments<F>,
            settings: &AdamW,
            rate: f64,
        ) {
            super::each(parameters, gradients, moments, settings, rate, |$it| $change)
        }
    };
}

/// Your decay is a part of the gradient: λ·w goes through both means, and is divided by the root. That is a
/// penalty in the loss, and not the W of AdamW. Where do large gradients then weaken the decay?
pub mod l2_not_decoupled {
    pub use ex_4_2::*;

    adamw!(|it| {
        let means = it.means(it.g + it.of.decay * it.w);
        [means[0], means[1], it.w - it.taken(means)]
    });
}

/// Your decay takes its part of the parameter after Adam's step. The part is one of the parameter as it was
/// before: which of the two has to come first?
pub mod decay_after_step {
    pub use ex_4_2::*;

    adamw!(|it| {
        let means = it.means(it.g);
        let moved = it.w - it.taken(means);
        [means[0], means[1], moved * (1.0 - it.rate * it.of.decay)]
    });
}

/// Your decay takes λ of the parameter in each step, whatever the learning rate is. A warm-up or the end of a
/// schedule should weaken it as well: which factor is missing?
pub mod decay_without_rate {
    pub use ex_4_2::*;

    adamw!(|it| {
        let means = it.means(it.g);
        [means[0], means[1], it.w * (1.0 - it.of.decay) - it.taken(means)]
    });
}

/// Your corrections count the steps from 0: in the first step they divide by 1 − β⁰ = 0. How many gradients are
/// in the mean when the first step uses it?
pub mod steps_from_zero {
    pub use ex_4_2::*;

    adamw!(|it| {
        let means @ [m, s] = it.means(it.g);
        let [of_m, of_s] = it.corrections(it.t - 1.0);
        let taken = it.rate * (m / of_m) / ((s / of_s).sqrt() + it.of.epsilon);
        [means[0], means[1], it.decayed() - taken]
    });
}

/// Your step uses the means as they are. They started from 0, and are too small at first: with β₂ = 0.999, s is a
/// thousandth of g² in the first step. By what is each of them too small after t steps?
pub mod no_bias_correction {
    pub use ex_4_2::*;

    adamw!(|it| {
        let [m, s] = it.means(it.g);
        [m, s, it.decayed() - it.rate * m / (s.sqrt() + it.of.epsilon)]
    });
}

/// Your step corrects m, and uses s as it is. With β₂ = 0.999 its root is 31.6 times too small in the first step, which
/// is 31.6 times as long. Which of the two means started from 0?
pub mod squares_not_corrected {
    pub use ex_4_2::*;

    adamw!(|it| {
        let [m, s] = it.means(it.g);
        let [of_m, _] = it.corrections(it.t);
        [m, s, it.decayed() - it.rate * (m / of_m) / (s.sqrt() + it.of.epsilon)]
    });
}

/// Your ε is added under the root. Gradients near 0 are then divided by √ε, which is 10⁻⁴ for ε = 10⁻⁸. The
/// root comes first.
pub mod epsilon_inside_root {
    pub use ex_4_2::*;

    adamw!(|it| {
        let [m, s] = it.means(it.g);
        let [of_m, of_s] = it.corrections(it.t);
        [m, s, it.decayed() - it.rate * (m / of_m) / (s / of_s + it.of.epsilon).sqrt()]
    });
}

/// Your ε is added to the root of s before s is corrected, so that the correction makes it larger: by a factor of
/// 31.6 in the first step with β₂ = 0.999. To what is ε added?
pub mod epsilon_scaled_by_correction {
    pub use ex_4_2::*;

    adamw!(|it| {
        let [m, s] = it.means(it.g);
        let [of_m, of_s] = it.corrections(it.t);
        let length = it.rate * of_s.sqrt() / of_m;
        [m, s, it.decayed() - length * m / (s.sqrt() + it.of.epsilon)]
    });
}

/// Your s is a mean of squares of m. Where gradients change their sign, m is small and the step would be
/// long, just where nothing is certain. Squares of what?
pub mod squares_of_the_mean {
    pub use ex_4_2::*;

    adamw!(|it| {
        let [m, _] = it.means(it.g);
        let s = it.of.beta2 * it.s + (1.0 - it.of.beta2) * m * m;
        [m, s, it.decayed() - it.taken([m, s])]
    });
}

/// Your step divides by the mean of squares itself. Twice the loss would then make steps half as long. What has
/// the unit of a gradient?
pub mod root_missing {
    pub use ex_4_2::*;

    adamw!(|it| {
        let [m, s] = it.means(it.g);
        let [of_m, of_s] = it.corrections(it.t);
        [m, s, it.decayed() - it.rate * (m / of_m) / (s / of_s + it.of.epsilon)]
    });
}

/// Your count of steps goes up once for each tensor, so that the corrections of the second one are those of a
/// later step. How many steps does one call make?
pub mod steps_counted_per_tensor {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewD, ArrayViewMutD, NdFloat};

    pub fn adamw_step<F: NdFloat>(
        parameters: Vec<ArrayViewMutD<'_, F>>,
        gradients: &[ArrayViewD<'_, F>],
        moments: &mut Moments<F>,
        settings: &AdamW,
        rate: f64,
    ) {
        super::refuse(&parameters, gradients, moments, settings, rate);
        for (at, parameter) in parameters.into_iter().enumerate() {
            let [m, s] = [&moments.m, &moments.s].map(|it| vec![it[at].clone()]);
            let mut one = Moments { steps: moments.steps, m, s };
            let gradient = [gradients[at].view()];
            ex_4_2::adamw_step(vec![parameter], &gradient, &mut one, settings, rate);
            moments.steps = one.steps;
            (moments.m[at], moments.s[at]) = (one.m.remove(0), one.s.remove(0));
        }
    }
}

/// A step that gives v and w of each number from w, g and v.
fn moved<F: NdFloat>(
    parameters: Vec<ArrayViewMutD<'_, F>>,
    gradients: &[ArrayViewD<'_, F>],
    velocity: &mut [ArrayD<F>],
    (of, rate): (&Momentum, f64),
    change: impl Fn([f64; 3]) -> [f64; 2],
) {
    // What does not fit is refused as ever.
    let mut copies: Vec<_> = parameters.iter().map(|it| it.to_owned()).collect();
    let views = copies.iter_mut().map(|it| it.view_mut()).collect();
    ex_4_2::momentum_step(views, gradients, &mut velocity.to_vec(), of, rate);
    for ((w, g), v) in parameters.into_iter().zip(gradients).zip(velocity) {
        Zip::from(w).and(g).and(v).for_each(|w, g, v| {
            let [v_next, w_next] = change([*w, *g, *v].map(double));
            (*v, *w) = (number(v_next), number(w_next));
        });
    }
}

/// `momentum_step`, number by number.
macro_rules! momentum {
    (|$w:ident, $g:ident, $v:ident, $of:ident, $rate:ident| $change:expr) => {
        pub fn momentum_step<F: ndarray::NdFloat>(
            parameters: Vec<ndarray::ArrayViewMutD<'_, F>>,
            gradients: &[ndarray::ArrayViewD<'_, F>],
            velocity: &mut [ndarray::ArrayD<F>],
            $of: &Momentum,
            $rate: f64,
        ) {
            super::moved(parameters, gradients, velocity, ($of, $rate), |[$w, $g, $v]| $change)
        }
    };
}

/// Your step is the one of plain momentum, whatever `nesterov` says. Looking ahead takes one more term: where
/// would the new velocity carry the parameter?
pub mod nesterov_is_momentum {
    pub use ex_4_2::*;

    momentum!(|w, g, v, of, rate| {
        let v = of.mu * v + g;
        [v, w - rate * v]
    });
}

/// Your velocity is a running mean of the gradients: the new one has the weight 1 − μ. Momentum adds it whole, so
/// that steps become up to 1/(1 − μ) times as long.
pub mod velocity_is_a_mean {
    pub use ex_4_2::*;

    momentum!(|w, g, v, of, rate| {
        let v = of.mu * v + (1.0 - of.mu) * g;
        [v, w - rate * if of.nesterov { (1.0 - of.mu) * g + of.mu * v } else { v }]
    });
}

/// Your velocity has the learning rate in it. As long as the rate stays the same, parameters move as they
/// should; when a schedule changes it, old gradients keep their old rate. Where does η belong?
pub mod rate_in_velocity {
    pub use ex_4_2::*;

    momentum!(|w, g, v, of, rate| {
        let v = of.mu * v + rate * g;
        [v, w - if of.nesterov { rate * g + of.mu * v } else { v }]
    });
}

/// Your step uses the new velocity, and forgets it: the next step finds the old one. Which of the arrays does a step
/// change?
pub mod velocity_not_kept {
    pub use ex_4_2::*;

    momentum!(|w, g, v, of, rate| {
        let new = of.mu * v + g;
        [v, w - rate * if of.nesterov { g + of.mu * new } else { new }]
    });
}

/// The norm of all gradients, by the solution.
fn norm<F: NdFloat>(gradients: &mut [ArrayViewMutD<'_, F>]) -> f64 {
    ex_4_2::clip_global_norm(gradients.iter_mut().map(|it| it.view_mut()).collect(), f64::INFINITY)
}

fn scale<F: NdFloat>(gradients: Vec<ArrayViewMutD<'_, F>>, factor: f64) {
    gradients.into_iter().for_each(|mut it| it *= number::<F>(factor));
}

/// Your clipping looks at each tensor by itself. Long ones are shortened and short ones are not, so that all of them
/// together point in another direction. One norm, one factor.
pub mod clip_per_tensor {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(mut gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        let norm = super::norm(&mut gradients);
        if norm.is_finite() {
            for gradient in gradients {
                ex_4_2::clip_global_norm(vec![gradient], max);
            }
        }
        assert!(max >= 0.0);
        norm
    }
}

/// Your clipping gives all gradients the norm `max`, also those that are shorter. Near a minimum steps would never
/// become small. When is there something to clip?
pub mod clip_always {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(mut gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        assert!(max >= 0.0);
        let norm = super::norm(&mut gradients);
        if norm.is_finite() && norm > 0.0 && max.is_finite() {
            super::scale(gradients, max / norm);
        }
        norm
    }
}

/// Your clipping cuts each number at ±`max`. That changes the direction: large entries lose, and small ones do
/// not. All of them are multiplied by one factor.
pub mod clip_by_value {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(mut gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        assert!(max >= 0.0);
        let norm = super::norm(&mut gradients);
        if norm.is_finite() {
            let max = super::number::<F>(max);
            gradients.iter_mut().for_each(|it| it.mapv_inplace(|it| it.min(max).max(-max)));
        }
        norm
    }
}

/// Your `clip_global_norm` gives the norm that is left after clipping. That is never above the limit, and says
/// nothing about the gradients that came. Which norm would you like to see in a log?
pub mod returns_norm_after {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        let norm = ex_4_2::clip_global_norm(gradients, max);
        if norm.is_infinite() { norm } else { norm.min(max) }
    }
}

/// Your norm is the sum of the norms of the tensors. The norm of one long vector is the root of a sum of squares,
/// over all tensors.
pub mod sum_of_norms {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(mut gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        assert!(max >= 0.0);
        let norms = gradients.iter_mut().map(|it| super::norm(&mut [it.view_mut()]));
        let norm: f64 = norms.sum();
        if norm > max && norm.is_finite() {
            super::scale(gradients, max / norm);
        }
        norm
    }
}

/// Your clipping multiplies by 0 where the norm is infinite: finite gradients become 0, and the infinite one NaN,
/// which looks like a good step for all others. Such gradients stay as they are, so that the caller sees it.
pub mod infinity_clipped {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(mut gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        assert!(max >= 0.0);
        let norm = super::norm(&mut gradients);
        if norm > max {
            super::scale(gradients, max / norm);
        }
        norm
    }
}

/// Your sum of squares is one in the precision of the gradients. In f32 a gradient of 10²⁰ has a square that is
/// infinite, though its norm is not. In which precision is the sum safe?
pub mod squares_in_single {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewMutD, NdFloat};

    pub fn clip_global_norm<F: NdFloat>(gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        assert!(max >= 0.0);
        let add = |sum, gradient: &ArrayViewMutD<F>| gradient.fold(sum, |sum, &it| sum + it * it);
        let norm = super::double(gradients.iter().fold(F::zero(), add).sqrt());
        if norm > max && norm.is_finite() {
            super::scale(gradients, max / norm);
        }
        norm
    }
}

/// `warmup_cosine` with another rate; what does not fit is refused as ever.
macro_rules! schedule {
    (|$t:ident, $max:ident, $min:ident, $warmup:ident, $total:ident| $rate:expr) => {
        pub fn warmup_cosine(
            $t: usize,
            $max: f64,
            $min: f64,
            $warmup: usize,
            $total: usize,
        ) -> f64 {
            let right = ex_4_2::warmup_cosine($t, $max, $min, $warmup, $total);
            let other: Option<f64> = $rate;
            other.unwrap_or(right)
        }
    };
}

/// `min` and `max` with half a wave between them, at this part of the way.
fn wave(way: f64, max: f64, min: f64) -> f64 {
    min + 0.5 * (1.0 + (std::f64::consts::PI * way).cos()) * (max - min)
}

/// Your schedule is one step late: step 1 has the rate 0, and is lost. With which number does the first step come?
pub mod one_step_late {
    pub use ex_4_2::*;

    schedule!(|t, max, min, warmup, total| {
        let before = t.saturating_sub(1);
        Some(ex_4_2::warmup_cosine(before, max, min, warmup, total))
    });
}

/// Your warm-up has one step more than asked for: its line ends at `warmup` + 1. At which step is the rate `max`?
pub mod warmup_one_longer {
    pub use ex_4_2::*;

    schedule!(|t, max, min, warmup, total| {
        (t < warmup && t < total).then(|| max * (t + 1) as f64 / (warmup + 1) as f64)
    });
}

/// Your wave is divided by all steps, with those of the warm-up: at the last step it has not come down to `min`, and the
/// rate jumps. How many steps does the wave have for itself?
pub mod cosine_over_total {
    pub use ex_4_2::*;

    schedule!(|t, max, min, warmup, total| {
        (t >= warmup && t < total)
            .then(|| super::wave((t - warmup) as f64 / total as f64, max, min))
    });
}

/// Your rate rises again after the last step, because the wave goes on. A run that is continued would be torn away
/// from where it settled. What comes after the end?
pub mod schedule_rises_again {
    pub use ex_4_2::*;

    schedule!(|t, max, min, warmup, total| {
        (t > total && total > warmup)
            .then(|| super::wave((t - warmup) as f64 / (total - warmup) as f64, max, min))
    });
}
