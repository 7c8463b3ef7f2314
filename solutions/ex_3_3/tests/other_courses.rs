//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_3_3::Layer;
use gradcheck::random;
use ndarray::{Array1, Array2, ArrayD};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// One forward pass, then the backward pass that belongs to it: dL/dX and the gradients of W and b, with a
/// random upstream gradient.
fn gradients(layer: &impl Layer) -> (Array2<f64>, Vec<ArrayD<f64>>) {
    let (x, dz): (Array2<f64>, _) = (random((10, 6), 1), random((10, 5), 2));
    let (_, cache) = layer.forward(&x);
    layer.backward(&cache, &dz)
}

fn parameters() -> (Array2<f64>, Array1<f64>) {
    (random((5, 6), 3), random(5, 4))
}

fn agree(
    (dx, own): &(Array2<f64>, Vec<ArrayD<f64>>),
    right: &(Array2<f64>, Vec<ArrayD<f64>>),
) -> bool {
    let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() <= 1e-2 * wanted.abs();
    let mut all = own.iter().zip(&right.1);
    dx.iter().zip(&right.0).all(near)
        && all.all(|(a, b)| a.shape() == b.shape() && a.iter().zip(b).all(near))
}

macro_rules! gradients_of_linear {
    ($($name:ident)*) => {{
        let (w, b) = parameters();
        [$((stringify!($name), gradients(&wrong::$name::Linear::new(w.clone(), b.clone())))),*]
    }};
}

/// The variants of `Linear`.
#[test]
fn one_forward_pass_then_one_backward() {
    let found = gradients_of_linear!(
        linear_cache_is_output bias_gradient_listed_first bias_not_listed cache_overwritten
        gradients_accumulated
    );
    let file = include_str!("../wrong.rs");
    let modules = file.split("pub mod ").filter(|it| it.contains("pub struct Linear"));
    let names = found.each_ref().map(|(name, _)| *name);
    assert!(modules.map(|it| it.split(' ').next().unwrap()).eq(names));
    let (w, b) = parameters();
    let right = gradients(&ex_3_3::Linear::new(w, b));
    let accepted = found.iter().filter(|(_, it)| agree(it, &right)).map(|(name, _)| *name);
    other_courses::compare(
        "3.3 One forward pass, then one backward",
        &accepted.collect::<Vec<_>>(),
    );
}
