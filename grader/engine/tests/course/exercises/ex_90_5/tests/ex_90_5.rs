//! The visible tests of lesson 90.5.

use ex_90_5::{encode, merge, most_frequent, unit};
use ndarray::array;

#[test]
fn a_unit_vector_has_the_type_of_its_elements() {
    assert_eq!(unit(&array![3.0_f64, 4.0]), array![0.6, 0.8]);
    assert_eq!(unit(&array![3.0_f32, 4.0]), array![0.6, 0.8]);
    assert_eq!(unit(&array![0.0_f32]), array![0.0]);
}

#[test]
fn the_smallest_of_the_most_frequent_bytes_wins() {
    assert_eq!(most_frequent(b"hello l"), Some(b'l'));
    assert_eq!(most_frequent(b"ba"), Some(b'a'));
    assert_eq!(most_frequent(b""), None);
}

#[test]
fn pairs_are_merged_from_the_left() {
    assert_eq!(merge(b"aaab", (b'a', b'a'), b'X'), b"Xab");
}

#[test]
fn a_text_becomes_token_ids() {
    assert_eq!(encode("a z"), Ok(array![0, 26, 25]));
    assert_eq!(encode("no!"), Err("no".to_owned()));
}
