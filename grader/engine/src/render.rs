//! Renderers: each turns the report into one form, and does nothing else.

mod annotations;
mod csv;
mod focus;
mod gradescope;
mod harmless;
mod html;
mod json;
mod junit;
mod listing;
mod markdown;
mod overview;
mod page;
mod points;
#[cfg(test)]
mod specimen;
mod terminal;

use crate::report::CheckReport;

pub use self::{
    annotations::annotations,
    csv::{cell, csv},
    gradescope::{HiddenChecks, gradescope},
    harmless::harmless,
    html::{html, html_with},
    json::json,
    junit::junit,
    markdown::markdown,
    page::page,
    points::points,
    terminal::{View, WIDTH, terminal},
};
pub(crate) use self::{
    focus::focus,
    overview::{Row, checks, missing, next, next_by_keys, overview},
    terminal::wrapped,
};

fn of(score: f64, max_score: f64) -> String {
    format!("{score} / {max_score}")
}

/// Why a check did not pass, and what explains it; empty where it passed.
fn reason(check: &CheckReport) -> String {
    let diagnosis = check.diagnosis.as_ref();
    let diagnosis = diagnosis.map(|it| format!("{}: {}", it.mistake, it.explanation));
    let parts = [check.message.clone(), check.revealed.clone(), diagnosis.unwrap_or_default()];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    harmless(&parts.join("\n"))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::report::Report;

    /// What hostile text is made of.
    const PIECES: &str = "word| |\n|\t|\r|\r\n|\\|\"|'|,|;|é|∂L/∂w|👩\u{200d}🔬|\0|\u{7}|\u{8}|\u{7f}|\u{85}|\
        \u{9b}31m|\u{1b}[2J|\u{1b}]0;title\u{7}|\u{ad}|\u{200b}|\u{2028}|\u{202e}|\u{2066}|\u{feff}|\
        \u{e0041}|::error::x|::|##|[|##[error]|##vso[task.complete]|##teamcity[x]|<script>|=1+1|```|~~~|@user|[a](b)|%0A|]]>";

    fn hostile(random: &mut fastrand::Rng) -> String {
        let pieces: Vec<&str> = PIECES.split('|').collect();
        let mut text = String::new();
        for _ in 0..random.usize(..30) {
            text += pieces[random.usize(..pieces.len())];
            text += &"x".repeat(random.usize(..90) * random.usize(..2));
        }
        text
    }

    /// What a terminal, a CI system or a reader could be misled by, other than our own styles.
    fn steers(text: &str) -> bool {
        let begins = |line: &str| line.trim_start().starts_with("::");
        let misleads = |it: char| match it {
            '\n' | '\t' => false,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
            _ => it.is_control(),
        };
        let within = ["##[", "##vso[", "##teamcity["].iter().any(|command| text.contains(command));
        text.contains(misleads) || within || text.lines().any(begins)
    }

    /// The report without the styles that the grader gives it.
    fn plain(report: &Report) -> String {
        let styles =
            ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];
        styles.iter().fold(terminal(report, View::FULL), |text, style| text.replace(style, ""))
    }

    #[test]
    fn no_text_of_a_learner_steers_what_shows_a_report() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..250 {
            let report = specimen::report(&hostile(&mut random));
            let json = json(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
            for text in [json, html(&report), csv(&report).unwrap(), markdown(&report)] {
                assert!(!steers(&text), "{text:?}");
                assert_eq!(strip_str(&text).to_string(), text, "is written as it is");
            }
            let hidden = HiddenChecks::Visible;
            for text in [junit(&report).unwrap(), gradescope(&report, hidden).unwrap()] {
                assert!(!steers(&text), "{text:?}");
            }
            let commands = annotations(&report);
            assert!(commands.lines().all(|line| line.starts_with("::error file=")), "{commands:?}");
            assert!(!steers(&commands.replace("::error file=", "")), "{commands:?}");
            assert!(!steers(&plain(&report)), "{:?}", plain(&report));
        }
    }
}
