//! Learner text that steers nothing which shows it: no terminal, no CI system, no reader's eye.

use std::fmt::{Display, Write};

/// `text` in which every character that could steer is spelled out, such as `\u{1b}`.
pub fn harmless(text: &str) -> String {
    spell_out(text, char::escape_unicode)
}

/// The same, for a format that has its own way to spell a character.
pub fn spell_out<S: Display>(text: &str, spell: impl Fn(char) -> S) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut before = '\n';
    for (at, character) in text.char_indices() {
        if steers(character) || begins_command(before, &text[at..]) {
            let _ = write!(harmless, "{}", spell(character));
        } else {
            harmless.push(character);
        }
        before = character;
    }
    harmless
}

/// Controls, and what Unicode says not to show (`Default_Ignorable_Code_Point`): bidirectional
/// controls reorder a line, tags and variation selectors hide text in it, and comparisons that follow
/// a language skip them all, so that `:\u{200b}:` can be read as `::`. The parts of some emoji are
/// among them.
fn steers(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// True where a CI system could find a command: GitHub's `::error` and `##[error]`, Azure's
/// `##vso[…]`, TeamCity's `##teamcity[…]`.
fn begins_command(before: char, rest: &str) -> bool {
    // A renderer may wrap or indent a line at any space, and `##` is looked for within lines too.
    let word = rest.strip_prefix("##").map(|word| word.trim_start_matches(char::is_alphabetic));
    before.is_whitespace() && rest.starts_with("::") || word.is_some_and(|end| end.starts_with('['))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn escapes_and_bidi_controls_are_spelled_out() {
        assert_eq!(harmless("a\u{1b}[2Jb\n\tc\u{202e}d"), "a\\u{1b}[2Jb\n\tc\\u{202e}d");
    }

    #[test]
    fn every_character_that_unicode_calls_a_control_or_invisible_is_spelled_out() {
        let steers =
            r"^[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{fff9}-\x{fffb}--\n\t]$";
        let steers = Regex::new(steers).unwrap();
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            assert_eq!(harmless(&text) != text, steers.is_match(&text), "{character:?}");
        }
    }

    #[test]
    fn commands_to_a_ci_system_are_spelled_out() {
        assert_eq!(
            harmless("::error::x\n  ::set-output"),
            "\\u{3a}:error::x\n  \\u{3a}:set-output"
        );
        assert_eq!(harmless("a ##[error]b"), "a \\u{23}#[error]b");
        assert_eq!(harmless("##vso[x]###teamcity[x]"), "\\u{23}#vso[x]#\\u{23}#teamcity[x]");
        let innocent = "std::f64::consts, a#[b], ## a heading [1]";
        assert_eq!(harmless(innocent), innocent);
    }
}
