//! The numbers of the brief: what parameters and caches hold.

use ex_3_3::{Layer, Linear, Sequential, Tanh};
use ndarray::{Array1, Array2};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[test]
fn caches_grow_with_the_batch_and_parameters_do_not() {
    let linear = |d_in, d_out| Linear::new(Array2::zeros((d_out, d_in)), Array1::zeros(d_out));
    let network = Sequential(linear(784, 256), Sequential(Tanh, linear(256, 10)));
    let parameters: usize = network.parameters().iter().map(|it| it.len()).sum();
    assert_eq!((parameters, 8 * parameters), (203_530, 1_628_240));
    let cached = |samples| {
        let (_, (x, (a, inputs))) = network.forward(&Array2::zeros((samples, 784)));
        x.len() + a.len() + inputs.len()
    };
    assert_eq!((cached(32), 8 * cached(32)), (41_472, 331_776));
    assert!(cached(157) < parameters && cached(158) > parameters);
    assert_eq!(2 * 32 * (784 * 256 + 256 * 10), 13_008_896, "FLOPs of the products, forward");
}

struct Pair(f64, f64);

impl Pair {
    fn sum(&self) -> f64 {
        self.0 + self.1
    }
}

#[test]
fn the_rust_of_the_brief_does_what_it_says() {
    let linear = || Linear::new(Array2::zeros((2, 2)), Array1::zeros(2));
    let (a, b, c) = (linear(), Tanh, linear());
    assert_eq!(Sequential(a, Sequential(b, c)).parameters().len(), 4);
    let (w, b) = (Array2::<f64>::zeros((2, 3)), Array1::<f64>::zeros(2));
    let mut p = vec![w.view().into_dyn(), b.view().into_dyn()];
    let q = p.clone();
    p.extend(q);
    assert_eq!(p.len(), 4);
    let pair = (1.0, 2.0);
    let (first, second) = pair;
    assert_eq!(Pair(first, second).sum(), 3.0);
}
