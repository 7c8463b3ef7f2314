//! One lesson for a learner who works on it.

use super::{
    of,
    terminal::{GOOD, Page},
};
use crate::report::{CheckReport, LessonReport, Verdict};

/// What passes in one line, and what does not in full.
pub fn focus(report: &LessonReport, width: usize, explain: bool) -> String {
    let mut page = Page::new(width);
    page.heading(report);
    if report.stopped_by().is_none() {
        let is_passed = |check: &&CheckReport| check.verdict == Verdict::Passed;
        let (passed, others): (Vec<_>, Vec<_>) = report.as_read().into_iter().partition(is_passed);
        if !passed.is_empty() {
            let points = passed.iter().map(|check| check.points).sum();
            page.line(&passing(passed.len(), others.len()), "", &of(points, points), GOOD);
        }
        page.checks(&others, explain);
    }
    page.prints(&report.output);
    page.text
}

fn passing(passed: usize, others: usize) -> String {
    match (passed, others) {
        (1, 0) => "  ✓ the check passes".to_owned(),
        (_, 0) => format!("  ✓ all {passed} checks pass"),
        (1, _) => "  ✓ 1 check passes".to_owned(),
        _ => format!("  ✓ {passed} checks pass"),
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::render::specimen;

    #[test]
    fn what_passes_is_one_line() {
        let mut report = specimen::report("wrong").lessons.remove(0);
        let shown = |report: &LessonReport| strip_str(&focus(report, 80, false)).to_string();
        report.checks[0].verdict = Verdict::Passed;
        let page = shown(&report);
        assert!(page.contains("✓ 1 check passes") && !page.contains("check one"), "{page}");
        report.checks.iter_mut().for_each(|check| check.verdict = Verdict::Passed);
        let page = shown(&report);
        assert!(page.contains(&format!("✓ all {} checks pass", report.checks.len())), "{page}");
    }
}
