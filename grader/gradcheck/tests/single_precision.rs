//! Functions of f32, checked in the precision that they have.

use gradcheck::{Argument, check, check_backward, random};
use ndarray::{Array2, ArrayD, Ix2};

fn single(array: Array2<f64>) -> Array2<f32> {
    array.mapv(|x| x as f32)
}

fn matrix(array: &ArrayD<f32>) -> Array2<f32> {
    array.clone().into_dimensionality::<Ix2>().unwrap()
}

fn forward(at: &[ArrayD<f32>]) -> Vec<ArrayD<f32>> {
    vec![matrix(&at[0]).dot(&matrix(&at[1]).t()).mapv(f32::tanh).into_dyn()]
}

fn backward(at: &[ArrayD<f32>], upstream: &[ArrayD<f32>], factor: f32) -> Vec<ArrayD<f32>> {
    let (x, w) = (matrix(&at[0]), matrix(&at[1]));
    let a = x.dot(&w.t()).mapv(f32::tanh);
    let dz = matrix(&upstream[0]) * a.mapv(|a| 1.0 - a * a);
    vec![dz.dot(&w).into_dyn(), (factor * dz.t().dot(&x)).into_dyn()]
}

#[test]
fn a_layer_in_single_precision_is_judged_rightly() {
    for seed in 0..20 {
        let inputs = [
            ("X", single(random((8, 20), seed)).into_dyn()),
            ("W", single(random((10, 20), 100 + seed)).into_dyn()),
        ];
        let report = |factor| {
            let backward = |at: &[_], upstream: &[_]| backward(at, upstream, factor);
            check_backward(forward, backward, &inputs, seed)
        };
        report(1.0).assert();
        let wrong = report(1.01);
        assert_eq!(wrong.wrong_arguments(), ["W"], "{wrong}");
        assert!(report(-1.0).failures().count() > 190);
    }
}

#[test]
fn scales_are_judged_rightly_in_single_precision_too() {
    for scale in [1e-12_f32, 1e-3, 1.0, 1e6, 1e12] {
        let x = single(random((3, 4), 1));
        let loss = |at: &[ArrayD<f32>]| scale * at[0].mapv(f32::sin).sum();
        let gradient = x.mapv(|x| scale * x.cos());
        check(loss, &[Argument::new("x", &x, &gradient)]).assert();
        let wrong = Argument::new("x", &x, &gradient.mapv(|it| 1.02 * it));
        assert!(!check(loss, &[wrong]).passed(), "{scale}");
    }
}
