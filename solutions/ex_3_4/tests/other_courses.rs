//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_3_3::{Linear, Sequential, Tanh};
use ex_3_4::Settings;
use gradcheck::random;
use ndarray::{Array1, Array2, Axis};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// Two inputs, eight hidden tanh neurons, one output.
fn network() -> Sequential<Linear, Sequential<Tanh, Linear>> {
    let layer = |w: Array2<f64>| {
        let d_out = w.nrows();
        Linear::new(w, Array1::zeros(d_out))
    };
    Sequential(layer(random((8, 2), 1)), Sequential(Tanh, layer(random((1, 8), 2))))
}

/// Whether the loss is lower at the end than at the start, of 50 samples of a product of two numbers.
macro_rules! the_loss_falls {
    ($($of:ident)::*) => {{
        let x: Array2<f64> = random((50, 2), 3);
        let y = x.map_axis(Axis(1), |x| x[0] * x[1]).insert_axis(Axis(1));
        let settings = Settings { epochs: 30, batch: 8, rate: 0.2, seed: 1, limit: 1e6 };
        let curve = $($of)::*::fit(&mut network(), &x, &y, &settings);
        curve.is_ok_and(|curve| curve[curve.len() - 1] < curve[0])
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), the_loss_falls!(wrong::$name))),*] };
}

#[test]
fn a_loss_that_falls() {
    assert!(the_loss_falls!(ex_3_4));
    let all = all!(
        shuffle_swaps_with_any shuffle_never_fixed last_batch_dropped uphill targets_not_shuffled
        same_order_every_epoch never_shuffled loss_of_last_batch mean_of_batch_losses nan_accepted
    );
    let names = all.map(|(name, _)| name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    let accepted = all.into_iter().filter(|(_, falls)| *falls).map(|(name, _)| name);
    other_courses::compare("3.4 A loss that falls", &accepted.collect::<Vec<_>>());
}
