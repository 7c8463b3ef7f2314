//! Correct variants of lesson 6.1. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Whole arrays, with the softmax of lesson 4.4: hidden scores are −∞, and each head is copied out.
pub mod whole_arrays {
    use ex_4_4::{softmax, softmax_backward};
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, Axis, NdFloat, Zip, stack};

    fn root<F: NdFloat>(q: &Array2<F>) -> F {
        F::from(q.ncols()).unwrap().sqrt()
    }

    pub fn attention<F: NdFloat>(
        q: &Array2<F>,
        k: &Array2<F>,
        v: &Array2<F>,
        causal: bool,
    ) -> (Array2<F>, AttentionCache<F>) {
        let mut scores = q.dot(&k.t()) / root(q);
        if causal {
            let mask = mask(q.nrows(), k.nrows());
            Zip::from(&mut scores).and(&mask).for_each(|score, is_seen| {
                if !is_seen {
                    *score = F::neg_infinity();
                }
            });
        }
        let a = softmax(&scores);
        (a.dot(v), AttentionCache { a })
    }

    pub fn attention_backward<F: NdFloat>(
        d_o: &Array2<F>,
        q: &Array2<F>,
        k: &Array2<F>,
        v: &Array2<F>,
        AttentionCache { a }: &AttentionCache<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>) {
        let d_products = softmax_backward(&d_o.dot(&v.t()), a) / root(q);
        (d_products.dot(k), d_products.t().dot(q), a.t().dot(d_o))
    }

    pub fn attention_batch<F: NdFloat>(
        q: &Array3<F>,
        k: &Array3<F>,
        v: &Array3<F>,
        causal: bool,
    ) -> (Array3<F>, BatchCache<F>) {
        let heads = q.dim().0;
        assert!(k.dim().0 == heads && v.dim().0 == heads);
        let of = |of: &Array3<F>, head| of.index_axis(Axis(0), head).to_owned();
        let all: Vec<_> = (0..heads)
            .map(|head| attention(&of(q, head), &of(k, head), &of(v, head), causal))
            .collect();
        if all.is_empty() {
            let shape = |of: &Array3<F>| (0, q.dim().1, of.dim().2);
            let a = Array3::zeros((0, q.dim().1, k.dim().1));
            return (Array3::zeros(shape(v)), BatchCache { a });
        }
        let o: Vec<_> = all.iter().map(|(o, _)| o.view()).collect();
        let a: Vec<_> = all.iter().map(|(_, cache)| cache.a.view()).collect();
        (stack(Axis(0), &o).unwrap(), BatchCache { a: stack(Axis(0), &a).unwrap() })
    }
}

/// 1 is added to the scores of the keys that may be seen: a shift of a whole row changes nothing.
pub mod mask_plus_one {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, NdFloat};

    pub fn attention<F: NdFloat>(
        q: &Array2<F>,
        k: &Array2<F>,
        v: &Array2<F>,
        causal: bool,
    ) -> (Array2<F>, AttentionCache<F>) {
        let mut scores = q.dot(&k.t()) / F::from(q.ncols()).unwrap().sqrt();
        if causal {
            let added = |is_seen: &bool| if *is_seen { F::one() } else { F::neg_infinity() };
            scores += &mask(q.nrows(), k.nrows()).map(added);
        }
        let a = softmax(&scores);
        (a.dot(v), AttentionCache { a })
    }
}

/// The row's own term from the outputs: Σ a·dL/da is the dot product of the output with dL/dO.
pub mod term_of_the_outputs {
    pub use ex_6_1::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn attention_backward<F: NdFloat>(
        d_o: &Array2<F>,
        q: &Array2<F>,
        k: &Array2<F>,
        v: &Array2<F>,
        cache: &AttentionCache<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>) {
        let a = &cache.a;
        let term = (a.dot(v) * d_o).sum_axis(Axis(1)).insert_axis(Axis(1));
        let d_scores = a * &(d_o.dot(&v.t()) - &term);
        let scale = F::one() / F::from(q.ncols()).unwrap().sqrt();
        (d_scores.dot(k) * scale, d_scores.t().dot(q) * scale, a.t().dot(d_o))
    }
}

/// Query by query and key by key, in plain loops; four digits by hand.
pub mod by_elements {
    pub use ex_6_1::*;
    use ndarray::{Array2, NdFloat};

    pub fn weights() -> [f64; 3] {
        [0.2447, 0.09, 0.6652]
    }

    pub fn output() -> [f64; 2] {
        [-0.4205, 0.8453]
    }

    pub fn d_scores() -> [f64; 3] {
        [0.902, -0.0282, -0.8739]
    }

    pub fn mask(queries: usize, keys: usize) -> Array2<bool> {
        let before = keys.checked_sub(queries).expect("a key for each query");
        let mut mask = Array2::from_elem((queries, keys), false);
        for t in 0..queries {
            for key in 0..=before + t {
                mask[[t, key]] = true;
            }
        }
        mask
    }

    pub fn attention<F: NdFloat>(
        q: &Array2<F>,
        k: &Array2<F>,
        v: &Array2<F>,
        causal: bool,
    ) -> (Array2<F>, AttentionCache<F>) {
        let ((queries, d), (keys, e)) = (q.dim(), v.dim());
        assert!(k.dim() == (keys, d) && (!causal || keys >= queries));
        let mut a = Array2::zeros((queries, keys));
        let mut o = Array2::zeros((queries, e));
        for t in 0..queries {
            let seen = if causal { keys - queries + t + 1 } else { keys };
            let mut max = F::neg_infinity();
            for key in 0..seen {
                let mut score = F::zero();
                for i in 0..d {
                    score += q[[t, i]] * k[[key, i]];
                }
                a[[t, key]] = score / F::from(d).unwrap().sqrt();
                max = max.max(a[[t, key]]);
            }
            let mut sum = F::zero();
            for key in 0..seen {
                a[[t, key]] = (a[[t, key]] - max).exp();
                sum += a[[t, key]];
            }
            for key in 0..seen {
                a[[t, key]] /= sum;
                for i in 0..e {
                    o[[t, i]] += a[[t, key]] * v[[key, i]];
                }
            }
        }
        (o, AttentionCache { a })
    }

    pub fn attention_backward<F: NdFloat>(
        d_o: &Array2<F>,
        q: &Array2<F>,
        k: &Array2<F>,
        v: &Array2<F>,
        cache: &AttentionCache<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>) {
        let (queries, keys) = cache.a.dim();
        let (mut dq, mut dk) = (Array2::zeros(q.dim()), Array2::zeros(k.dim()));
        let mut dv = Array2::zeros(v.dim());
        let root = F::from(q.ncols()).unwrap().sqrt();
        for t in 0..queries {
            let mut da = vec![F::zero(); keys];
            let mut term = F::zero();
            for key in 0..keys {
                for i in 0..v.ncols() {
                    da[key] += d_o[[t, i]] * v[[key, i]];
                    dv[[key, i]] += cache.a[[t, key]] * d_o[[t, i]];
                }
                term += cache.a[[t, key]] * da[key];
            }
            for key in 0..keys {
                let ds = cache.a[[t, key]] * (da[key] - term) / root;
                for i in 0..q.ncols() {
                    dq[[t, i]] += ds * k[[key, i]];
                    dk[[key, i]] += ds * q[[t, i]];
                }
            }
        }
        (dq, dk, dv)
    }
}
