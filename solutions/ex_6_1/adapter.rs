//! What crosses of lesson 6.1: the mask, as ones and zeros, and attention that hides nothing.

use ndarray::Array2;

/// 1 where a query may see a key.
pub fn mask_of_ones(queries: usize, keys: usize) -> Array2<u8> {
    learner::mask(queries, keys).mapv(u8::from)
}

/// A and O where every query sees every key, for the formulas.
pub fn all_seen(q: &Array2<f64>, k: &Array2<f64>, v: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let (o, cache) = learner::attention(q, k, v, false);
    (cache.a, o)
}
