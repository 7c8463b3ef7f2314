//! Correct variants of lesson 6.3. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// W₁ and W₃ one below the other, so that one product makes both factors, as libraries do it.
pub mod both_in_one_product {
    pub use ex_6_3::*;
    use ndarray::{Array2, Axis, NdFloat, concatenate};

    pub fn swiglu<F: NdFloat>(
        x: &Array2<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, SwigluCache<F>) {
        assert!(w1.shape() == w3.shape() && w2.nrows() == x.ncols());
        let both = concatenate(Axis(0), &[w1.view(), w3.view()]).unwrap();
        let factors = x.dot(&both.t());
        let (a, c) = factors.view().split_at(Axis(1), w1.nrows());
        let (a, c) = (a.to_owned(), c.to_owned());
        let gate = a.mapv(|a| a / (F::one() + (-a).exp()));
        ((gate * &c).dot(&w2.t()), SwigluCache { x: x.to_owned(), a, c })
    }

    pub fn swiglu_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &SwigluCache<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
        let hidden = w1.nrows();
        let gate = ex_4_3::silu(&cache.a);
        let dh = dy.dot(w2);
        let da = ex_4_3::silu_backward(&(&dh * &cache.c), &cache.a);
        let dc = &dh * &gate;
        let d = concatenate(Axis(1), &[da.view(), dc.view()]).unwrap();
        let both = concatenate(Axis(0), &[w1.view(), w3.view()]).unwrap();
        let dw = d.t().dot(&cache.x);
        let (dw1, dw3) = dw.view().split_at(Axis(0), hidden);
        let dw2 = (&gate * &cache.c).t().dot(dy).reversed_axes();
        (d.dot(&both), dw1.to_owned(), dw2, dw3.to_owned())
    }
}

/// Number by number.
pub mod loops {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn hidden_width(width: usize, multiple: usize) -> usize {
        assert_ne!(multiple, 0);
        let mut hidden = 0;
        while 3 * hidden < 8 * width {
            hidden += multiple;
        }
        hidden
    }

    fn product<F: NdFloat>(x: &Array2<F>, w: &Array2<F>) -> Array2<F> {
        let mut y = Array2::zeros((x.nrows(), w.nrows()));
        for ((row, column), y) in y.indexed_iter_mut() {
            for k in 0..x.ncols() {
                *y += x[[row, k]] * w[[column, k]];
            }
        }
        y
    }

    pub fn swiglu<F: NdFloat>(
        x: &Array2<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, SwigluCache<F>) {
        assert!(w1.dim() == w3.dim() && w2.ncols() == w1.nrows() && w2.nrows() == w1.ncols());
        let (a, c) = (product(x, w1), product(x, w3));
        let mut h = a.clone();
        for (h, c) in h.iter_mut().zip(&c) {
            *h = *h * *c / (F::one() + (-*h).exp());
        }
        (product(&h, w2), SwigluCache { x: x.clone(), a, c })
    }
}

/// The block layer by layer in place, with the sums the other way round.
pub mod in_place {
    use ex_6_2::{Heads, multi_head, multi_head_backward};
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn block<F: NdFloat>(
        x: &Array2<F>,
        weights: &Block<F>,
        heads: &Heads,
        epsilon: f64,
        batch: usize,
    ) -> (Array2<F>, BlockCache<F>) {
        let mut stream = x.clone();
        let (row, norm1) = norm(&stream, &weights.norm1, epsilon);
        let (branch, attention) = multi_head(&row, &weights.attention, heads, batch);
        assert!(branch.shape() == stream.shape());
        stream += &branch;
        let (row, norm2) = norm(&stream, &weights.norm2, epsilon);
        let (branch, feed_forward) = feed_forward(&row, &weights.feed_forward);
        assert!(branch.shape() == stream.shape());
        stream += &branch;
        (stream, BlockCache { norm1, attention, norm2, feed_forward })
    }

    pub fn block_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &BlockCache<F>,
        weights: &Block<F>,
        heads: &Heads,
        gradients: &mut Block<F>,
    ) -> Array2<F> {
        let mut stream = dy.clone();
        let (layer, sums) = (&weights.feed_forward, &mut gradients.feed_forward);
        let branch = feed_forward_backward(&stream, &cache.feed_forward, layer, sums);
        stream += &norm_backward(&branch, &cache.norm2, &weights.norm2, &mut gradients.norm2);
        let (layer, sums) = (&weights.attention, &mut gradients.attention);
        let branch = multi_head_backward(&stream, &cache.attention, layer, heads, sums);
        stream += &norm_backward(&branch, &cache.norm1, &weights.norm1, &mut gradients.norm1);
        stream
    }
}

/// The slope of SiLU from SiLU itself: s + σ·(1 − s).
pub mod slope_from_value {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat, Zip};

    pub fn swiglu_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &SwigluCache<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
        let SwigluCache { x, a, c } = cache;
        let mut dh = w2.t().dot(&dy.t()).reversed_axes();
        let (mut da, mut h) = (a.clone(), a.clone());
        Zip::from(&mut dh).and(&mut da).and(&mut h).and(c).for_each(|dh, da, h, &c| {
            let sigma = F::one() / (F::one() + (-*da).exp());
            let silu = *da * sigma;
            *da = *dh * c * (sigma + silu * (F::one() - sigma));
            *dh *= silu;
            *h = silu * c;
        });
        (da.dot(w1) + dh.dot(w3), da.t().dot(x), dy.t().dot(&h), dh.t().dot(x))
    }
}
