//! Correct variants of lesson 3.4. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_3_3::{Layer, mse};
use ndarray::{Array2, ArrayD, ArrayViewMutD, Axis};

/// Loops by index, and batches that are cut by hand.
pub mod by_index {
    use super::*;
    pub use ex_3_4::*;

    pub fn shuffle(n: usize, rng: &mut Rng) -> Vec<usize> {
        let mut order = Vec::new();
        for i in 0..n {
            order.push(i);
        }
        let mut i = n;
        while i >= 2 {
            let j = usize::try_from(rng.next_u64() % i as u64).expect("j is below n");
            (order[i - 1], order[j]) = (order[j], order[i - 1]);
            i -= 1;
        }
        order
    }

    pub fn batches(order: &[usize], size: usize) -> Vec<Vec<usize>> {
        let mut batches: Vec<Vec<usize>> = Vec::new();
        for (at, sample) in order.iter().enumerate() {
            if at % size == 0 {
                batches.push(Vec::new());
            }
            batches.last_mut().expect("a batch was begun").push(*sample);
        }
        batches
    }

    pub fn sgd_step(
        mut parameters: Vec<ArrayViewMutD<'_, f64>>,
        gradients: &[ArrayD<f64>],
        rate: f64,
    ) {
        for at in 0..parameters.len() {
            parameters[at] -= &(&gradients[at] * rate);
        }
    }
}

/// The samples are put in order once an epoch, and batches are slices of them.
pub mod gathered {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        let mut rng = Rng::new(settings.seed);
        let loss = |network: &_| of_all(network, x, y);
        let mut curve = vec![loss(network)];
        for epoch in 0..settings.epochs {
            let order = shuffle(x.nrows(), &mut rng);
            let [xs, ys] = [x, y].map(|it| it.select(Axis(0), &order));
            let parts = xs.axis_chunks_iter(Axis(0), settings.batch);
            for (x, y) in parts.zip(ys.axis_chunks_iter(Axis(0), settings.batch)) {
                let (o, cache) = network.forward(&x.to_owned());
                let gradients = network.backward(&cache, &mse(&o, &y.to_owned()).1).1;
                sgd_step(network.parameters_mut(), &gradients, settings.rate);
            }
            match loss(network) {
                within if within <= settings.limit => curve.push(within),
                _ => return Err(Diverged { epoch: epoch + 1 }),
            }
        }
        Ok(curve)
    }

    fn of_all<L: Layer>(network: &L, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
        let (o, _) = network.forward(x);
        mse(&o, y).0
    }
}

/// Iterators from end to end: the curve is collected, and the first error ends it.
pub mod collected {
    use super::*;
    pub use ex_3_4::*;

    pub fn sgd_step(parameters: Vec<ArrayViewMutD<'_, f64>>, gradients: &[ArrayD<f64>], rate: f64) {
        parameters.into_iter().zip(gradients).for_each(|(mut parameter, gradient)| {
            parameter.zip_mut_with(gradient, |parameter, gradient| *parameter -= rate * gradient);
        });
    }

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        let mut rng = Rng::new(settings.seed);
        let before = mse(&network.forward(x).0, y).0;
        let epoch = |epoch| {
            let order = shuffle(x.nrows(), &mut rng);
            order.chunks(settings.batch).for_each(|rows| {
                let [x, y] = [x, y].map(|it| it.select(Axis(0), rows));
                let (o, cache) = network.forward(&x);
                let (_, gradients) = network.backward(&cache, &mse(&o, &y).1);
                sgd_step(network.parameters_mut(), &gradients, settings.rate);
            });
            let loss = mse(&network.forward(x).0, y).0;
            if loss.is_nan() || loss > settings.limit { Err(Diverged { epoch }) } else { Ok(loss) }
        };
        std::iter::once(Ok(before)).chain((1..=settings.epochs).map(epoch)).collect()
    }
}
