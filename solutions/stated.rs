//! For the tests of briefs: numbers as a text prints them.

/// A number as the text prints it.
#[track_caller]
pub fn assert_stated(found: f64, stated: &str) {
    let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
    assert_eq!(format!("{:.decimals$}", found + 0.0), stated);
}

/// Several of them.
#[allow(dead_code, reason = "some texts print single numbers")]
#[track_caller]
pub fn assert_all_stated<const N: usize>(found: impl IntoIterator<Item = f64>, stated: [&str; N]) {
    let found: Vec<_> = found.into_iter().collect();
    assert_eq!(found.len(), N);
    found.into_iter().zip(stated).for_each(|(found, stated)| assert_stated(found, stated));
}
