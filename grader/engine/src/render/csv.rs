use serde::Serialize;

use super::harmless;
use crate::report::{CheckReport, Kind, LessonReport, Report, Verdict};

/// Where a spreadsheet may begin a new cell, if it takes another character than the comma as the
/// separator.
const SEPARATORS: [char; 3] = [';', '\t', '\n'];
/// What begins a formula; the wide ones as well, where East Asian text is read.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// One check, with what is to be known of its grading.
#[derive(Serialize)]
struct Row {
    submission: String,
    submission_sha256: String,
    lesson: String,
    check: String,
    title: String,
    kind: Kind,
    points: f64,
    score: f64,
    verdict: Verdict,
    mistake: String,
    message: String,
    sandbox: String,
    record: bool,
    seed: u64,
    revealed: String,
}

/// The report as comma-separated values in UTF-8, a header and one row a check. No text in it is
/// taken for a formula.
pub fn csv(report: &Report) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for lesson in &report.lessons {
        for check in &lesson.checks {
            table.serialize(row(report, lesson, check))?;
        }
    }
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(report: &Report, lesson: &LessonReport, check: &CheckReport) -> Row {
    Row {
        submission: cell(&report.submission),
        submission_sha256: cell(&report.submission_sha256),
        lesson: cell(&lesson.id),
        check: cell(&check.id),
        title: cell(&check.title),
        kind: check.kind,
        points: check.points,
        score: check.score,
        verdict: check.verdict,
        mistake: cell(check.diagnosis.as_ref().map_or("", |diagnosis| &diagnosis.mistake)),
        message: cell(&check.message),
        sandbox: cell(&report.sandbox),
        record: report.record,
        seed: report.seed,
        revealed: cell(&check.revealed),
    }
}

/// Text that stays text: an apostrophe stands before what a spreadsheet would calculate.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for part in harmless(text).split_inclusive(SEPARATORS) {
        let start = part.trim_start_matches(|character: char| {
            character.is_whitespace() && character != '\t' || character == '"'
        });
        if start.starts_with(FORMULAS) || start.starts_with('\t') {
            cell.push('\'');
        }
        cell.push_str(part);
    }
    cell
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;

    use super::*;
    use crate::render::specimen;

    const COLUMNS: usize = 15;
    const NUMBERS: [usize; 3] = [6, 7, 13];
    const HOSTILE: [&str; 9] = [
        "=HYPERLINK(\"http://x\")",
        "+1",
        "-1+1",
        "@SUM(1)",
        " \n\u{3000}＝1",
        "\t=1",
        "\r=1",
        "a;=1+1;\"\"=1",
        "a\n=1\n\"\t@x",
    ];

    /// The cells, row by row, as a program reads them that separates with `separator`.
    fn cells(text: &str, separator: u8) -> Vec<Vec<String>> {
        let mut reader = ReaderBuilder::new();
        reader.delimiter(separator).has_headers(false).flexible(separator != b',');
        let rows = reader.from_reader(text.as_bytes()).into_records();
        rows.map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn is_formula(cell: &str) -> bool {
        let begins = |character| "=+-@＝＋－＠".contains(character);
        cell.starts_with(['\t', '\r']) || cell.trim_start().starts_with(begins)
    }

    #[test]
    fn no_text_is_a_formula_for_any_separator() {
        for hostile in HOSTILE {
            let text = csv(&specimen::report(hostile)).unwrap();
            for separator in *b",;\t" {
                let cells = cells(&text, separator);
                let formula = cells.iter().flatten().find(|cell| is_formula(cell));
                assert_eq!(formula, None, "{hostile:?} {}", char::from(separator));
            }
        }
    }

    #[test]
    fn a_row_is_a_check_whatever_its_text() {
        for hostile in HOSTILE {
            let rows = cells(&csv(&specimen::report(hostile)).unwrap(), b',');
            assert_eq!(rows.len(), 1 + 3, "{hostile:?}");
            assert!(rows.iter().all(|row| row.len() == COLUMNS), "{hostile:?}");
            for row in &rows[1..] {
                assert!(NUMBERS.iter().all(|&at| row[at].parse::<f64>().is_ok()), "{row:?}");
            }
        }
    }

    #[test]
    fn innocent_text_is_read_back() {
        let innocent = "z = w·x + b, \"or\" so\nsecond line; 1 - 1";
        let rows = cells(&csv(&specimen::report(innocent)).unwrap(), b',');
        assert_eq!((rows[0][0].as_str(), rows[0][10].as_str()), ("submission", "message"));
        assert_eq!((rows[2][0].as_str(), rows[2][10].as_str()), (innocent, innocent));
        assert_eq!(rows[2][5..9], ["gradient", "2.0", "0.0", "failed"]);
    }
}
