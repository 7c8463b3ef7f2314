//! Correct variants of lesson 6.2. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// One product for queries, keys and values, whose weights are stacked.
pub mod packed {
    use ex_5_6::{rope, rope_backward};
    use ex_6_1::{BatchCache, attention_batch, attention_batch_backward};
    pub use ex_6_2::*;
    use ndarray::{Array2, Array3, Array4, Axis, NdFloat, concatenate, s};

    pub struct MultiHeadCache<F: NdFloat> {
        x: Array2<F>,
        parts: [Array3<F>; 3],
        weights: BatchCache<F>,
        merged: Array2<F>,
    }

    /// [Wq; Wk; Wv].
    fn stacked<F: NdFloat>(Attention { q, k, v, .. }: &Attention<F>) -> Array2<F> {
        concatenate(Axis(0), &[q.w.view(), k.w.view(), v.w.view()]).unwrap()
    }

    fn positions(heads: &Heads, time: usize) -> Option<(Vec<usize>, f64)> {
        heads.rope.map(|base| ((0..time).collect(), base))
    }

    fn flat<F: NdFloat>(x: &Array4<F>, times: usize) -> Array3<F> {
        let (batch, heads, time, width) = x.dim();
        Array3::from_shape_fn((batch * heads * times, time, width), |(n, t, i)| {
            x[[n / (heads * times), n % (heads * times) / times, t, i]]
        })
    }

    fn sum<F: NdFloat>(x: &Array3<F>, batch: usize, times: usize) -> Array4<F> {
        let (all, time, width) = x.dim();
        let heads = all / batch / times;
        let mut sum = Array4::zeros((batch, heads, time, width));
        for (n, part) in x.outer_iter().enumerate() {
            let mut of_batch = sum.index_axis_mut(Axis(0), n / (heads * times));
            let mut of_head = of_batch.index_axis_mut(Axis(0), n % (heads * times) / times);
            of_head += &part;
        }
        sum
    }

    pub fn multi_head<F: NdFloat>(
        x: &Array2<F>,
        weights: &Attention<F>,
        heads: &Heads,
        batch: usize,
    ) -> (Array2<F>, MultiHeadCache<F>) {
        let Attention { q, k, v, .. } = weights;
        let mut all = x.dot(&stacked(weights).t());
        let mut start = 0;
        let mut next = |layer: &Linear<F>, heads: usize| {
            let end = start + layer.w.nrows();
            let mut part = all.slice_mut(s![.., start..end]);
            if let Some(b) = &layer.b {
                assert_eq!(b.len(), end - start);
                part += b;
            }
            start = end;
            split(&part.to_owned(), batch, heads)
        };
        let mut queries = next(q, heads.heads);
        let [mut keys, values] = [next(k, heads.kv_heads), next(v, heads.kv_heads)];
        assert_eq!(heads.heads % heads.kv_heads, 0);
        if let Some((positions, base)) = positions(heads, queries.dim().2) {
            queries = rope(&queries, &positions, base);
            keys = rope(&keys, &positions, base);
        }
        let times = heads.heads / heads.kv_heads;
        let parts = [flat(&queries, 1), flat(&keys, times), flat(&values, times)];
        let (o, cache) = attention_batch(&parts[0], &parts[1], &parts[2], true);
        let merged = merge(&sum(&o, batch, 1));
        let y = linear(&merged, &weights.o);
        (y, MultiHeadCache { x: x.clone(), parts, weights: cache, merged })
    }

    pub fn multi_head_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &MultiHeadCache<F>,
        weights: &Attention<F>,
        heads: &Heads,
        gradients: &mut Attention<F>,
    ) -> Array2<F> {
        let [q, k, v] = &cache.parts;
        let batch = q.dim().0 / heads.heads;
        let d_merged = linear_backward(dy, &cache.merged, &weights.o, &mut gradients.o);
        let d_o = flat(&split(&d_merged, batch, heads.heads), 1);
        let (dq, dk, dv) = attention_batch_backward(&d_o, q, k, v, &cache.weights);
        let times = heads.heads / heads.kv_heads;
        let (mut dq, mut dk) = (sum(&dq, batch, 1), sum(&dk, batch, times));
        if let Some((positions, base)) = positions(heads, dq.dim().2) {
            dq = rope_backward(&dq, &positions, base);
            dk = rope_backward(&dk, &positions, base);
        }
        let parts = [merge(&dq), merge(&dk), merge(&sum(&dv, batch, times))];
        let all = concatenate(Axis(1), &parts.each_ref().map(|it| it.view())).unwrap();
        let Attention { q, k, v, .. } = gradients;
        for (layer, part) in [q, k, v].into_iter().zip(&parts) {
            layer.w += &part.t().dot(&cache.x);
            if let Some(b) = &mut layer.b {
                *b += &part.sum_axis(Axis(0));
            }
        }
        all.dot(&stacked(weights))
    }
}

/// Head by head, with the columns of each cut out of the matrices, and the attention of one head.
pub mod by_heads {
    use ex_5_6::{rope, rope_backward};
    use ex_6_1::{AttentionCache, attention, attention_backward};
    pub use ex_6_2::*;
    use ndarray::{Array2, Axis, NdFloat, s};

    struct One<F: NdFloat> {
        inputs: [Array2<F>; 3],
        cache: AttentionCache<F>,
    }

    pub struct MultiHeadCache<F: NdFloat> {
        x: Array2<F>,
        all: Vec<One<F>>,
        merged: Array2<F>,
        batch: usize,
    }

    type Turn<F> = fn(&ndarray::Array4<F>, &[usize], f64) -> ndarray::Array4<F>;

    fn turned<F: NdFloat>(x: Array2<F>, heads: &Heads, by: Turn<F>) -> Array2<F> {
        let Some(base) = heads.rope else { return x };
        let positions: Vec<_> = (0..x.nrows()).collect();
        let all = x.insert_axis(Axis(0)).insert_axis(Axis(0));
        by(&all, &positions, base).remove_axis_twice()
    }

    trait Inner<F> {
        fn remove_axis_twice(self) -> Array2<F>;
    }

    impl<F: NdFloat> Inner<F> for ndarray::Array4<F> {
        fn remove_axis_twice(self) -> Array2<F> {
            self.index_axis_move(Axis(0), 0).index_axis_move(Axis(0), 0)
        }
    }

    pub fn multi_head<F: NdFloat>(
        x: &Array2<F>,
        weights: &Attention<F>,
        heads: &Heads,
        batch: usize,
    ) -> (Array2<F>, MultiHeadCache<F>) {
        assert!(batch > 0 && x.nrows().is_multiple_of(batch));
        assert!(heads.kv_heads > 0 && heads.heads.is_multiple_of(heads.kv_heads));
        let (time, width) = (x.nrows() / batch, weights.q.w.nrows() / heads.heads);
        let [q, k, v] = [&weights.q, &weights.k, &weights.v].map(|layer| linear(x, layer));
        let mut merged = Array2::zeros(q.dim());
        let mut all = Vec::new();
        for b in 0..batch {
            for head in 0..heads.heads {
                let group = head / (heads.heads / heads.kv_heads);
                let part = |of: &Array2<F>, at: usize| {
                    let columns = s![b * time..(b + 1) * time, at * width..(at + 1) * width];
                    of.slice(columns).to_owned()
                };
                let q = turned(part(&q, head), heads, rope);
                let k = turned(part(&k, group), heads, rope);
                let v = part(&v, group);
                let (o, cache) = attention(&q, &k, &v, true);
                let place = s![b * time..(b + 1) * time, head * width..(head + 1) * width];
                merged.slice_mut(place).assign(&o);
                all.push(One { inputs: [q, k, v], cache });
            }
        }
        let y = linear(&merged, &weights.o);
        (y, MultiHeadCache { x: x.clone(), all, merged, batch })
    }

    pub fn multi_head_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &MultiHeadCache<F>,
        weights: &Attention<F>,
        heads: &Heads,
        gradients: &mut Attention<F>,
    ) -> Array2<F> {
        let time = cache.x.nrows() / cache.batch;
        let width = weights.q.w.nrows() / heads.heads;
        let d_merged = linear_backward(dy, &cache.merged, &weights.o, &mut gradients.o);
        let shape = |layer: &Linear<F>| (cache.x.nrows(), layer.w.nrows());
        let mut dq = Array2::zeros(shape(&weights.q));
        let mut dk = Array2::zeros(shape(&weights.k));
        let mut dv = Array2::zeros(shape(&weights.v));
        for (n, One { inputs: [q, k, v], cache }) in cache.all.iter().enumerate() {
            let (b, head) = (n / heads.heads, n % heads.heads);
            let group = head / (heads.heads / heads.kv_heads);
            let place = |at: usize| s![b * time..(b + 1) * time, at * width..(at + 1) * width];
            let d_o = d_merged.slice(place(head)).to_owned();
            let (of_q, of_k, of_v) = attention_backward(&d_o, q, k, v, cache);
            let mut part = dq.slice_mut(place(head));
            part += &turned(of_q, heads, rope_backward);
            let mut part = dk.slice_mut(place(group));
            part += &turned(of_k, heads, rope_backward);
            let mut part = dv.slice_mut(place(group));
            part += &of_v;
        }
        let mut dx = linear_backward(&dq, &cache.x, &weights.q, &mut gradients.q);
        dx += &linear_backward(&dk, &cache.x, &weights.k, &mut gradients.k);
        dx + linear_backward(&dv, &cache.x, &weights.v, &mut gradients.v)
    }
}

/// Index by index, and layers as plain products.
pub mod by_indices {
    pub use ex_6_2::*;
    use ndarray::{Array2, Array4, Axis, NdFloat};

    pub fn linear<F: NdFloat>(x: &Array2<F>, Linear { w, b }: &Linear<F>) -> Array2<F> {
        let y = x.dot(&w.t());
        b.as_ref().map_or(y.clone(), |b| y + b)
    }

    pub fn linear_backward<F: NdFloat>(
        dy: &Array2<F>,
        x: &Array2<F>,
        weights: &Linear<F>,
        gradients: &mut Linear<F>,
    ) -> Array2<F> {
        gradients.w = &gradients.w + &dy.t().dot(x);
        gradients.b = gradients.b.as_ref().map(|b| {
            assert_eq!(b.len(), dy.ncols());
            b + &dy.sum_axis(Axis(0))
        });
        dy.dot(&weights.w)
    }

    pub fn split<F: NdFloat>(x: &Array2<F>, batch: usize, heads: usize) -> Array4<F> {
        let (rows, width) = x.dim();
        assert_eq!((rows % batch, width % heads), (0, 0));
        let (time, width) = (rows / batch, width / heads);
        Array4::from_shape_fn((batch, heads, time, width), |(b, h, t, i)| {
            x[[b * time + t, h * width + i]]
        })
    }

    pub fn merge<F: NdFloat>(x: &Array4<F>) -> Array2<F> {
        let (batch, heads, time, width) = x.dim();
        let mut rows = Array2::zeros((batch * time, heads * width));
        for ((b, h, t, i), it) in x.indexed_iter() {
            rows[[b * time + t, h * width + i]] = *it;
        }
        rows
    }
}
