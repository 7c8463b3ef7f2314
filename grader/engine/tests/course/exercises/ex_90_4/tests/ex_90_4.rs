//! The visible tests of lesson 90.4.

use ex_90_4::{Chain, Cube, Layer, Scale};
use ndarray::array;

#[test]
fn a_scale_multiplies_both_ways() {
    let layer = Scale::new(2.0);
    let (y, cache) = layer.forward(&array![1.0, -3.0]);
    assert_eq!(y, array![2.0, -6.0]);
    assert_eq!(layer.backward(&cache, &array![5.0, 1.0]), array![10.0, 2.0]);
}

#[test]
fn a_cube_remembers_its_input() {
    let (y, cache) = Cube.forward(&array![2.0, -1.0]);
    assert_eq!(y, array![8.0, -1.0]);
    assert_eq!(Cube.backward(&cache, &array![1.0, 2.0]), array![12.0, 6.0]);
}

#[test]
fn a_chain_goes_back_in_reverse() {
    let chain = Chain { first: Scale::new(2.0), second: Cube };
    let (y, cache) = chain.forward(&array![1.0]);
    assert_eq!(y, array![8.0]);
    assert_eq!(chain.backward(&cache, &array![1.0]), array![24.0]);
}
