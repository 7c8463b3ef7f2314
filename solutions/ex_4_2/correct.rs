//! Correct variants of lesson 4.2. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Whole arrays, as the formulas are written: both corrected means are arrays.
pub mod whole_arrays {
    pub use ex_4_2::*;
    use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, NdFloat};

    fn number<F: NdFloat>(value: f64) -> F {
        F::from(value).unwrap()
    }

    pub fn adamw_step<F: NdFloat>(
        parameters: Vec<ArrayViewMutD<'_, F>>,
        gradients: &[ArrayViewD<'_, F>],
        moments: &mut Moments<F>,
        settings: &AdamW,
        rate: f64,
    ) {
        assert!((0.0..f64::INFINITY).contains(&rate));
        assert!(parameters.len() == gradients.len());
        assert!(moments.m.len() == gradients.len() && moments.s.len() == gradients.len());
        let AdamW { beta1, beta2, epsilon, decay } = *settings;
        moments.steps += 1;
        let corrections = [beta1, beta2].map(|beta| 1.0 - beta.powi(moments.steps as i32));
        let [of_m, of_s] = corrections.map(number::<F>);
        for (at, mut w) in parameters.into_iter().enumerate() {
            let g = &gradients[at];
            assert!(w.shape() == g.shape() && w.shape() == moments.m[at].shape());
            assert!(w.shape() == moments.s[at].shape());
            let m = &moments.m[at] * number::<F>(beta1) + g * number::<F>(1.0 - beta1);
            let s = &moments.s[at] * number::<F>(beta2) + (g * g) * number::<F>(1.0 - beta2);
            let root = (&s / of_s).mapv(F::sqrt) + number::<F>(epsilon);
            let step = (&m / of_m) / root;
            let decayed = &w * number::<F>(rate * decay);
            w -= &decayed;
            w.scaled_add(-number::<F>(rate), &step);
            (moments.m[at], moments.s[at]) = (m, s);
        }
    }

    pub fn momentum_step<F: NdFloat>(
        parameters: Vec<ArrayViewMutD<'_, F>>,
        gradients: &[ArrayViewD<'_, F>],
        velocity: &mut [ArrayD<F>],
        settings: &Momentum,
        rate: f64,
    ) {
        assert!((0.0..f64::INFINITY).contains(&rate));
        assert!(parameters.len() == gradients.len() && parameters.len() == velocity.len());
        let mu = number::<F>(settings.mu);
        for ((mut w, g), v) in parameters.into_iter().zip(gradients).zip(velocity) {
            assert!(w.shape() == g.shape() && w.shape() == v.shape());
            *v = &*v * mu + g;
            let step = if settings.nesterov { &*v * mu + g } else { v.clone() };
            w.scaled_add(-number::<F>(rate), &step);
        }
    }

    pub fn clip_global_norm<F: NdFloat>(mut gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        assert!(max.is_sign_positive() && !max.is_nan());
        let squares = |of: &ArrayViewMutD<F>| of.mapv(|it| it.to_f64().unwrap().powi(2)).sum();
        let norm = gradients.iter().map(squares).sum::<f64>().sqrt();
        let factor = if norm.is_finite() && norm > 0.0 { (max / norm).min(1.0) } else { 1.0 };
        gradients.iter_mut().for_each(|it| *it *= number::<F>(factor));
        norm
    }

    /// ½(1 + cos x) is cos²(x/2).
    pub fn warmup_cosine(t: usize, max: f64, min: f64, warmup: usize, total: usize) -> f64 {
        let wave = total.checked_sub(warmup).expect("a warm-up that ends in time");
        match t {
            _ if t >= total => min,
            _ if t < warmup => max / warmup as f64 * t as f64,
            _ => {
                let half = std::f64::consts::FRAC_PI_2 * (t - warmup) as f64 / wave as f64;
                min + (max - min) * half.cos().powi(2)
            }
        }
    }
}

/// Everything in the precision of the parameters, also what is the same for all of them.
pub mod in_one_precision {
    pub use ex_4_2::*;
    use ndarray::{ArrayViewD, ArrayViewMutD, NdFloat};

    pub fn adamw_step<F: NdFloat>(
        parameters: Vec<ArrayViewMutD<'_, F>>,
        gradients: &[ArrayViewD<'_, F>],
        moments: &mut Moments<F>,
        settings: &AdamW,
        rate: f64,
    ) {
        assert!(rate >= 0.0 && !rate.is_infinite());
        assert_eq!(
            [gradients.len(), moments.m.len(), moments.s.len()],
            [parameters.len(); 3],
            "one of each"
        );
        let AdamW { beta1, beta2, epsilon, decay } = *settings;
        let all = [beta1, beta2, epsilon, decay, rate].map(|it| F::from(it).unwrap());
        let [beta1, beta2, epsilon, decay, rate] = all;
        moments.steps += 1;
        let t = moments.steps as i32;
        let states = moments.m.iter_mut().zip(&mut moments.s);
        for ((mut w, g), (m, s)) in parameters.into_iter().zip(gradients).zip(states) {
            assert!([g.shape(), m.shape(), s.shape()] == [w.shape(); 3], "one shape");
            m.zip_mut_with(g, |m, &g| *m += (g - *m) * (F::one() - beta1));
            s.zip_mut_with(g, |s, &g| *s = *s * beta2 + g * g * (F::one() - beta2));
            w *= F::one() - rate * decay;
            ndarray::azip!((w in &mut w, &m in &*m, &s in &*s) {
                let mean = m / (F::one() - beta1.powi(t));
                let root = (s / (F::one() - beta2.powi(t))).sqrt();
                *w -= rate * mean / (root + epsilon);
            });
        }
    }
}

/// Number by number through iterators, and a norm that is put together from the norms of the tensors.
pub mod by_elements {
    pub use ex_4_2::*;
    use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, NdFloat};

    pub fn momentum_step<F: NdFloat>(
        mut parameters: Vec<ArrayViewMutD<'_, F>>,
        gradients: &[ArrayViewD<'_, F>],
        velocity: &mut [ArrayD<F>],
        &Momentum { mu, nesterov }: &Momentum,
        rate: f64,
    ) {
        assert!(rate >= 0.0 && rate.is_finite(), "no rate");
        assert!(gradients.len() == parameters.len() && velocity.len() == parameters.len());
        let (mu, rate) = (F::from(mu).unwrap(), F::from(rate).unwrap());
        for tensor in 0..parameters.len() {
            let (w, g) = (&mut parameters[tensor], &gradients[tensor]);
            let v = &mut velocity[tensor];
            assert_eq!((w.shape(), w.shape()), (g.shape(), v.shape()));
            for ((w, g), v) in w.iter_mut().zip(g.iter()).zip(v.iter_mut()) {
                *v = *v * mu + *g;
                *w -= rate * *v;
                if nesterov {
                    // g + μ·v is v + g − (1 − μ)·v: the second part.
                    *w -= rate * (*g + mu * *v - *v);
                }
            }
        }
    }

    pub fn clip_global_norm<F: NdFloat>(gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
        if max.is_nan() || max < 0.0 {
            panic!("no limit");
        }
        let norm = |of: &ArrayViewMutD<F>| {
            of.iter().map(|it| it.to_f64().unwrap()).map(|it| it * it).sum::<f64>().sqrt()
        };
        let all = gradients.iter().map(norm).fold(0.0, f64::hypot);
        if all > max && all < f64::INFINITY {
            for mut gradient in gradients {
                for it in gradient.iter_mut() {
                    *it = F::from(it.to_f64().unwrap() / all * max).unwrap();
                }
            }
        }
        all
    }
}
