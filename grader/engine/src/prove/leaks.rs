//! Hidden numbers in messages.

use crate::report::{CheckReport, Visibility};

/// A number in the message of a hidden check that is a hidden one.
pub fn shown_value(check: &CheckReport) -> Option<&str> {
    if check.visibility == Visibility::Visible {
        return None;
    }
    let hidden: Vec<_> = long_numbers(&check.revealed).collect();
    long_numbers(&check.message).find(|value| hidden.contains(value))
}

/// The numbers in a text that have too many digits to be there by chance.
fn long_numbers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|it: char| !it.is_ascii_digit() && !"+-.e".contains(it));
    let digits = |word: &str| {
        let mantissa = word.split('e').next().unwrap_or_default();
        mantissa.bytes().filter(u8::is_ascii_digit).count()
    };
    words.filter(move |word| digits(word) >= 4 && word.parse::<f64>().is_ok())
}
