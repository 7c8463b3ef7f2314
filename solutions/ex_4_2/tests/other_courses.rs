//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_4_2::{AdamW, Moments};
use gradcheck::random;
use ndarray::{Array1, Array2, ArrayD, array};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// A linear layer of three inputs and two outputs learns (x₁ + x₂, −x₃) from one sample in each step: the
/// weights after a thousand steps.
macro_rules! trained {
    ($($of:ident)::*) => {{
        let mut w = random((2, 3), 1).mapv(|it: f64| it as f32);
        let inputs = random((1000, 3), 2).mapv(|it: f64| (0.5 + 0.5 * it) as f32);
        let zeros = || vec![ArrayD::zeros(vec![2, 3])];
        let mut moments = Moments { steps: 0, m: zeros(), s: zeros() };
        let settings = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 };
        for x in inputs.outer_iter() {
            let g = gradient(&w, &x.to_owned());
            let parameters = vec![w.view_mut().into_dyn()];
            $($of)::*::adamw_step(parameters, &[g.view()], &mut moments, &settings, 1e-3);
        }
        w
    }};
}

/// dL/dW of the sum of the squared errors.
fn gradient(w: &Array2<f32>, x: &Array1<f32>) -> ArrayD<f32> {
    let errors = w.dot(x) - array![x[0] + x[1], -x[2]];
    Array2::from_shape_fn(w.dim(), |(i, k)| 2.0 * errors[i] * x[k]).into_dyn()
}

macro_rules! all_trained {
    ($($name:ident)*) => { [$((stringify!($name), trained!(wrong::$name))),*] };
}

/// The names of the variants whose text has this.
fn variants_with(text: &str) -> Vec<&'static str> {
    let modules = include_str!("../wrong.rs").split("\npub mod ").skip(1);
    modules.filter(|it| it.contains(text)).map(|it| it.split(' ').next().unwrap()).collect()
}

#[test]
fn a_thousand_steps_and_a_tolerance() {
    let all = all_trained!(
        l2_not_decoupled decay_after_step decay_without_rate steps_from_zero no_bias_correction squares_not_corrected
        epsilon_inside_root epsilon_scaled_by_correction squares_of_the_mean
        root_missing steps_counted_per_tensor
    );
    let mut names = variants_with("adamw!(");
    names.extend(variants_with("fn adamw_step"));
    assert_eq!(all.each_ref().map(|(name, _)| *name)[..], names);
    let right = trained!(ex_4_2);
    let near = |(found, wanted): (&f32, &f32)| (found - wanted).abs() <= 1e-4 + 1e-5 * wanted.abs();
    let accepted = all.iter().filter(|(_, it)| it.iter().zip(&right).all(near));
    let accepted: Vec<_> = accepted.map(|(name, _)| *name).collect();
    other_courses::compare("4.2 A thousand steps of AdamW", &accepted);
}

/// Five gradients of ones, which are far above the limit.
macro_rules! clipped {
    ($($of:ident)::*) => {{
        let mut gradients = [(); 5].map(|()| ArrayD::<f64>::ones(vec![5, 5]));
        let views = gradients.iter_mut().map(|it| it.view_mut()).collect();
        $($of)::*::clip_global_norm(views, 1e-2);
        gradients
    }};
}

macro_rules! all_clipped {
    ($($name:ident)*) => { [$((stringify!($name), clipped!(wrong::$name))),*] };
}

#[test]
fn gradients_that_are_always_too_long() {
    let all = all_clipped!(
        clip_per_tensor clip_always clip_by_value returns_norm_after sum_of_norms
        infinity_clipped squares_in_single
    );
    assert_eq!(all.each_ref().map(|(name, _)| *name)[..], variants_with("fn clip_global_norm"));
    let right = clipped!(ex_4_2);
    let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() <= 1e-6 + 1e-7 * wanted;
    let agree = |found: &[ArrayD<f64>; 5]| {
        found.iter().zip(&right).all(|(found, wanted)| found.iter().zip(wanted).all(near))
    };
    let accepted = all.iter().filter(|(_, it)| agree(it));
    let accepted: Vec<_> = accepted.map(|(name, _)| *name).collect();
    other_courses::compare("4.2 Gradients that are always too long", &accepted);
}
